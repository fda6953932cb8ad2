"""Many message files held against their schemas, in two processes when that pays.

jsonschema-rs and the JSON parser hold the interpreter while they work, so threads would not help a recipient of JSON;
processes help every format. Only places and names go to them and only problems come back. Their start costs about a
second of work each, so for little they are not started.
"""

from __future__ import annotations

import multiprocessing
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType

from message_formats.manifest import Rol
from message_formats.names import Formaat
from message_formats.validate import valideer
from schemas.berichten import find_bericht

PROCESSEN = 2
LOONT_VANAF = 32 << 20  # bytes: a second of work


@dataclass(frozen=True)
class Keuring:
    """A file to be validated, and as what."""

    pad: Path
    formaat: Formaat
    rol: Rol
    bericht: str
    versie: str

    def problemen(self) -> list[str]:
        """The problems of the file, as `valideer` names them."""
        return valideer(self.pad, self.formaat, find_bericht(self.bericht, self.versie), self.rol)


class Keurmeester:
    """Validates; a context that ends the processes it started."""

    def __init__(self, loont_vanaf: int = LOONT_VANAF) -> None:
        """From `loont_vanaf` bytes at a time on, processes are started."""
        self._loont_vanaf = loont_vanaf
        self._pool: ProcessPoolExecutor | None = None

    def keur(self, keuringen: Sequence[Keuring]) -> list[list[str]]:
        """The problems of each file, in the order of the files; one without problems may be sent."""
        sizes = [keuring.pad.stat().st_size for keuring in keuringen]
        if self._pool is None and (len(keuringen) < PROCESSEN or sum(sizes) < self._loont_vanaf):
            return [keuring.problemen() for keuring in keuringen]
        # The largest first, so that none is left for the end while the other process has nothing to do.
        order = sorted(range(len(sizes)), key=lambda number: -sizes[number])
        found = self._start().map(Keuring.problemen, [keuringen[number] for number in order])
        by_number = dict(zip(order, found, strict=True))
        return [by_number[number] for number in range(len(sizes))]

    def _start(self) -> ProcessPoolExecutor:
        if self._pool is None:
            # No forks of this process, which has burgerservicenummers in memory, and threads; but started by it, so
            # that what they take in time and memory counts as what it took.
            self._pool = ProcessPoolExecutor(PROCESSEN, multiprocessing.get_context("spawn"))
        return self._pool

    def __enter__(self) -> Keurmeester:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._pool is not None:
            self._pool.shutdown(cancel_futures=True)
