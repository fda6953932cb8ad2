"""Runs a piece of work in a process of its own, so that its time and memory are known, and nobody else's."""

from __future__ import annotations

import os
import resource
import subprocess  # nosec B404 # runs stages of this program
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryFile
from typing import Any

from pydantic import BaseModel, ConfigDict

from pipeline.instellingen import Instellingen
from schemas.load import ROOT

CHECKOUT = ROOT.parent


class Opdracht(BaseModel):
    """What a process must do: the settings, a stage or limit by name, and what it is about."""

    model_config = ConfigDict(frozen=True)

    instellingen: dict[str, Any]
    naam: str
    over: tuple[str, ...] = ()
    bytes: int = 0  # for a limit that is about no files

    def laad(self) -> Instellingen:
        """The settings, as in the process that measures."""
        return Instellingen(**self.instellingen)


class Gedaan(BaseModel):
    """What a process did, in seconds by the clock and of its processors (those of processes it started included).

    `geheugen` is the most it held, in bytes; `opnieuw` are bytes of leveringen that had passed the door before;
    `bestanden` were read; `uitkomst` is compared with that of others who do the same, for `product`.
    """

    model_config = ConfigDict(frozen=True)

    seconden: float = 0.0
    processor: float = 0.0
    geheugen: int = 0
    rijen: int = 0
    bytes: int = 0
    opnieuw: int = 0
    bestanden: tuple[str, ...] = ()
    uitkomst: str = ""
    product: str = ""


@dataclass(frozen=True)
class Gemeten:
    """A process as seen from outside: all of its time, processor time, and memory of the largest in its tree."""

    gedaan: Gedaan
    looptijd: float
    processortijd: float
    geheugen: int


class ProcesMislukt(Exception):
    """A process that was measured did not end well; the message names its work and the last line it wrote."""


def meet(module: str, opdracht: Opdracht) -> Gemeten:
    """Runs `python -m <module>` with this as its input.

    Memory is the most that it, or one of the processes it started, held: it says so itself, because what Linux counts
    for a process that has ended (`wait4`) begins with what the process that started it held.

    Raises:
        ProcesMislukt: it ended with an error.
    """
    begin = time.perf_counter()
    command = [sys.executable, "-W", "ignore", "-m", module]
    with (
        TemporaryFile() as stderr,
        subprocess.Popen(  # noqa: S603  # nosec B603 # our own module, by this interpreter
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=stderr, cwd=CHECKOUT
        ) as proces,
    ):
        assert proces.stdin and proces.stdout
        proces.stdin.write(opdracht.model_dump_json().encode())
        proces.stdin.close()
        said = proces.stdout.read()
        _, status, gebruik = os.wait4(proces.pid, 0)
        proces.returncode = os.waitstatus_to_exitcode(status)
        stderr.seek(0)
        errors = stderr.read().decode(errors="replace").splitlines()
    if proces.returncode:
        raise ProcesMislukt(f"{_wat(opdracht)}: {errors[-1] if errors else proces.returncode}")
    gedaan = Gedaan.model_validate_json(said.splitlines()[-1])
    looptijd = time.perf_counter() - begin
    return Gemeten(gedaan, looptijd, gebruik.ru_utime + gebruik.ru_stime, gedaan.geheugen)


def _wat(opdracht: Opdracht) -> str:
    return f"{opdracht.naam} {opdracht.over[0]}" if len(opdracht.over) == 1 else opdracht.naam


class Klok:
    """Times the work of this process, from when it is made."""

    def __init__(self) -> None:
        self._begin, self._processor = time.perf_counter(), self._verbruikt()

    @staticmethod
    def _verbruikt() -> float:
        gebruik = [resource.getrusage(wie) for wie in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
        return sum(each.ru_utime + each.ru_stime for each in gebruik)

    def klaar(self, gedaan: Gedaan) -> Gedaan:
        """What was done, with the time it took."""
        seconden, processor = time.perf_counter() - self._begin, self._verbruikt() - self._processor
        return gedaan.model_copy(update={"seconden": seconden, "processor": processor, "geheugen": _meeste_geheugen()})


def _meeste_geheugen() -> int:
    """The most bytes of memory this process has held, or one that it started and that ended."""
    lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    own = next(int(line.split()[1]) for line in lines if line.startswith("VmHWM:"))
    return 1024 * max(own, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)


def antwoord(gedaan: Gedaan) -> None:
    """Says what was done; the last thing a measured process writes."""
    sys.stdout.write("\n" + gedaan.model_dump_json() + "\n")


def lees_opdracht() -> Opdracht:
    """What this process must do."""
    return Opdracht.model_validate_json(sys.stdin.buffer.read())
