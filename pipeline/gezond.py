"""Whether an installation can work: each part is looked at without changing anything, and has a code when it cannot.

For the health checks of containers and for who comes in in the morning (`keten gezond`). A role asks only for the parts
it has: the one that shows figures has no key.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from pathlib import Path

from lineage.gezond import toestand
from lineage.ledger import now
from pipeline.instellingen import Instellingen
from schemas.fout import KetenFout

GIB = 1 << 30


class Onderdeel(StrEnum):
    """What is looked at."""

    GROOTBOEK = "grootboek"
    SLEUTEL = "sleutel"
    CERTIFICAAT = "certificaat"
    SCHIJF = "schijf"
    STAPPEN = "stappen"


@dataclass(frozen=True)
class Grenzen:
    """How much room there must be, and how long nothing may have been done."""

    vrij_gib: float
    stil: timedelta


@dataclass(frozen=True)
class Bevinding:
    """How a part is: `code` is None when all is well, `wijzer` says where."""

    onderdeel: Onderdeel
    code: str | None
    wijzer: str = ""


def onderzoek(instellingen: Instellingen, onderdelen: Collection[Onderdeel], grenzen: Grenzen) -> list[Bevinding]:
    """Looks at parts, in a fixed order."""
    found = []
    for onderdeel, kijk in _KIJKT.items():
        if onderdeel in onderdelen:
            try:
                kijk(instellingen, grenzen)
                found.append(Bevinding(onderdeel, None))
            except KetenFout as fout:
                found.append(Bevinding(onderdeel, fout.code, fout.wijzer))
    return found


def _grootboek(instellingen: Instellingen, _grenzen: Grenzen) -> None:
    how = toestand(instellingen.ledger_url)
    if not how.bereikbaar:
        raise KetenFout("G-GROOTBOEK")
    if not how.bijgewerkt:
        raise KetenFout("G-TABELLEN")


def _sleutel(instellingen: Instellingen, _grenzen: Grenzen) -> None:
    """The key can be read; what is derived here is used for nothing."""
    instellingen.hoofdsleutel.leid_af(b"signaalketen/gezond")


def _certificaat(instellingen: Instellingen, _grenzen: Grenzen) -> None:
    instellingen.certificaten.ondertekenaar(now())


def _schijf(instellingen: Instellingen, grenzen: Grenzen) -> None:
    for naam in ("data", "werkmap"):
        if shutil.disk_usage(_bestaand(instellingen.paden[naam])).free < grenzen.vrij_gib * GIB:
            raise KetenFout("G-SCHIJF", naam)


def _bestaand(folder: Path) -> Path:
    return next(each for each in (folder, *folder.parents) if each.exists())


def _stappen(instellingen: Instellingen, grenzen: Grenzen) -> None:
    """An installation in which nothing was ever done is new, not silent."""
    last = toestand(instellingen.ledger_url).laatste
    if last is not None and now() - last > grenzen.stil:
        raise KetenFout("G-STIL", last.strftime("%Y-%m-%d %H:%M UTC"))


_KIJKT: dict[Onderdeel, Callable[[Instellingen, Grenzen], None]] = {
    Onderdeel.GROOTBOEK: _grootboek,
    Onderdeel.SLEUTEL: _sleutel,
    Onderdeel.CERTIFICAAT: _certificaat,
    Onderdeel.SCHIJF: _schijf,
    Onderdeel.STAPPEN: _stappen,
}
