"""Kills steps at their transitions and holds what comes of it against a run that nobody disturbed.

The chain of steps is done once per session, with the state before and after each kept; a kill is done on a copy of the
state before its step, and the step is then done again. What stands there must be what stands there otherwise.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import Any

from pipeline.bewaren.opruimen import ruim_op
from pipeline.instellingen import Instellingen
from tests.fault.opname import VOOR
from tests.fault.proces import Ploeg, kopieer, momenten
from tests.fault.stappen import KETEN, STAPPEN
from tests.fault.toestand import verschillen

Opgenomen = dict[str, Any]
ALLES = os.environ.get("KETEN_FOUTEN") == "alle"  # `make fouten`
Moment = tuple[str, int, str]  # a place, which of the changes there, and whether before or after it


@dataclass(frozen=True)
class Ongestoord:
    """The chain as it goes when nothing happens: what every step changed, and what stood there after it."""

    folder: Path

    @cached_property
    def klok(self) -> str:
        """The moment at which everything happens."""
        return (self.folder / "klok").read_text(encoding="utf-8")

    def voor(self, stap: str) -> Path:
        """The installation as it was before a step."""
        return self.folder / "voor" / stap

    def van(self, stap: str) -> Opgenomen:
        """What a step did."""
        found: Opgenomen = json.loads((self.folder / f"{stap}.json").read_text(encoding="utf-8"))
        return found


def doorloop(folder: Path) -> None:
    """Does the chain, and keeps what it is held against."""
    ploeg, data = Ploeg(folder), folder / "var"
    klok = datetime.now(UTC).replace(microsecond=0).isoformat()
    (folder / "klok").write_text(klok, encoding="utf-8")
    try:
        begun = ploeg.doe("begin", data, klok=klok)
        assert begun["status"] == 0, begun
        for schakel in KETEN:
            kopieer(data, folder / "voor" / schakel.naam)
            done = ploeg.doe(schakel.naam, data, klok=klok, opname=True, toestand=True)
            assert done["status"] == 0, (schakel.naam, done)
            (folder / f"{schakel.naam}.json").write_text(json.dumps(done), encoding="utf-8")
    finally:
        ploeg.sluit()


def gekozen(ongestoord: Ongestoord, stap: str, *, alles: bool = ALLES) -> list[Moment]:
    """The moments of a step to kill it at.

    Not all of them, each place is taken before its first change in the first step that comes there, and of every step
    its end: in `make check` each place is killed at in one step.
    """
    asked = momenten(ongestoord.van(stap)["overgangen"], vaak=STAPPEN[stap].vaak)
    if alles and not STAPPEN[stap].nieuw:
        return asked
    before = KETEN[: KETEN.index(STAPPEN[stap])]
    seen = {each["plaats"] for schakel in before if schakel.dood for each in ongestoord.van(schakel.naam)["overgangen"]}
    new = [moment for moment in asked if moment[0] not in seen and (alles or moment[1:] == (1, VOOR))]
    return new if asked[-1] in new else [*new, asked[-1]]


def dood_overal(
    ploeg: Ploeg, ongestoord: Ongestoord, stap: str, folder: Path, momenten: Sequence[Sequence[Moment]] | None = None
) -> int:
    """Kills a step at its moments, one by one, and has it done again each time; how often that was.

    With `momenten` only at those: at the first, and when it is done again at the next.
    """
    wrong, opgenomen = [], ongestoord.van(stap)
    asked = [[moment] for moment in gekozen(ongestoord, stap)] if momenten is None else momenten
    for moment in asked:
        data = kopieer(ongestoord.voor(stap), folder / "var")
        for each in moment:
            killed = ploeg.doe(stap, data, klok=ongestoord.klok, moment=each)
            assert killed["status"] == -signal.SIGKILL, (each, killed)
        left = rommel(data)
        again = ploeg.doe(stap, data, klok=ongestoord.klok, toestand=True)
        if again["status"] != 0:
            wrong.append(f"{moment}: {again.get('fout', again['status'])}")
            continue
        wrong += [f"{moment}: {verschil}" for verschil in verschillen(opgenomen["toestand"], again["toestand"])[:5]]
        wrong += [f"{moment}: {path} blijft liggen" for path in blijft_liggen(data, left)]
    assert not wrong, "\n".join(wrong)
    return len(asked)


def rommel(data: Path) -> set[Path]:
    """What a killed process left unfinished: files and folders whose name begins with a point."""
    return {
        path.relative_to(data)
        for path in data.rglob(".*")
        if not path.name.endswith(".slot") and not path.name.startswith(".ontvangen") and "ledger" not in path.parts
    }


def _houdt_iets(path: Path) -> bool:
    """Whether there is a file: an empty folder is no harm."""
    return path.is_file() or any(each.is_file() for each in path.rglob("*"))


def _verouder(data: Path, left: set[Path]) -> None:
    week = time.time() - 7 * 86400
    for path in left:
        for each in (data / path, *(data / path).rglob("*")):
            if each.exists():
                os.utime(each, (week, week))


def blijft_liggen(data: Path, left: set[Path]) -> list[Path]:
    """What of it is still there after the step was done again and, a week later, everything was cleared."""
    if not any((data / path).exists() for path in left):
        return []
    copy = kopieer(data, data.with_name("later"))
    _verouder(copy, left)
    ruim_op(Instellingen(data=copy), datetime.now(UTC).date())
    found = sorted(path for path in left if _houdt_iets(copy / path))
    shutil.rmtree(copy)
    return found
