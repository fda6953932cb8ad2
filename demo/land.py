"""Puts the country together: makes the world, block by block, and writes what each bron delivers, month after month.

The order of the result is the order of receipt: in each month first the populations, then the bronnen consulted for
them, then what comes late or is corrected. The same arguments give the same bytes. A country of several blocks
(`demo.blok`) is written by several processes, which hold a block each, whatever the size of the country; large tables
then come in a file per block, as parts of one levering.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import cached_property
from multiprocessing import get_context
from pathlib import Path

import numpy as np
import pyarrow as pa

from demo.blok import Blok, make_blokken
from demo.gemeente_bestanden import write_aanvragen, write_populatie, write_volgverzoeken
from demo.kalender import make_maanden, make_rng
from demo.schrijf import ASIDE, Terzijde
from demo.wereld import LAAT, Opzet, Wereld
from schemas.levering import LeveringManifest

PROCESSEN = 2

# What a levering is called, and what its manifest says; with UWV and DUO for answers and for bulk.
_OMSCHRIJVING = {
    "bijstandspopulatie": "Bijstandspopulatie van de gemeenten",
    "kwijtscheldingsaanvragen": "Aanvragen om kwijtschelding van gemeenten en waterschappen",
    "volgverzoeken": "Volgverzoeken van gemeenten",
    "jongeren": ("SuwiML-antwoorden van DUO over jongeren", "Onderwijsgegevens van jongeren, bulk"),
    "persoonslijsten": "Persoonslijsten in LO-BRP-elementnummers",
    "inkomsten": ("SuwiML-antwoorden van UWV over inkomsten", "Inkomsten uit de polisadministratie, bulk"),
    "voertuigen": "Voertuigbezit en voertuigen",
    "handelsregister": "Functionarissen en ondernemingen",
    "bijstandspopulatie-nagekomen": "Bijstandspopulatie die te laat kwam",
    "voertuigen-nagekomen": "Voertuigen die in de vorige maand ontbraken",
    "correcties": "Verbeterde inkomstenopgaven over de vorige maand en ingetrokken inkomstenverhoudingen",
}
_OP_TIJD = (
    ("gemeente", "bijstandspopulatie"),
    ("gemeente", "kwijtscheldingsaanvragen"),
    ("gemeente", "volgverzoeken"),
    ("duo", "jongeren"),
    ("brp", "persoonslijsten"),
    ("uwv", "inkomsten"),
    ("rdw", "voertuigen"),
    ("kvk", "handelsregister"),
)
BRONNEN = frozenset(bron for bron, _ in _OP_TIJD)
# How the rows of gemeenten become files; the random numbers of a month have the name of what is delivered.
_SCHRIJVERS: Mapping[str, tuple[Callable[[Path, pa.Table, np.random.Generator], None], str]] = {
    "bijstandspopulatie": (write_populatie, "populatie {}"),
    "bijstandspopulatie-nagekomen": (write_populatie, "populatie te laat"),
    "kwijtscheldingsaanvragen": (write_aanvragen, "aanvragen {}"),
    "volgverzoeken": (write_volgverzoeken, "volgverzoeken {}"),
}


@dataclass(frozen=True)
class Aanlevering:
    """A folder with files that a bron delivers: about `periode`, received in month `ontvangen` as number `volgorde`."""

    bron: str
    periode: str
    naam: str
    pad: Path
    ontvangen: str
    volgorde: int


@dataclass(frozen=True)
class _Gepland:
    """A levering to be made, about month `over`."""

    bron: str
    naam: str
    over: int
    volgorde: int


def maak_land(
    doel: Path, *, personen: int = 20_000, periode: str = "2026-03", maanden: int = 2, seed: int = 1
) -> list[Aanlevering]:
    """Writes the leveringen of a synthetic country to `<doel>/<bron>/<periode>-<naam>/`, in order of receipt.

    Args:
        doel: the landing area; folders that already hold what would be written are left alone.
        personen: how many persons live in the country.
        periode: the last month (YYYY-MM).
        maanden: how many consecutive months are delivered.
        seed: another number gives other persons.
    """
    land = Land(doel, Opzet(personen, tuple(make_maanden(periode, maanden)), seed))
    return [aanlevering for nummer in range(maanden) for aanlevering in land.write_maand(nummer)]


class Land:
    """A country of which months can be written one by one."""

    def __init__(self, doel: Path, opzet: Opzet) -> None:
        self.doel, self.opzet = doel, opzet
        self.blokken = make_blokken(opzet.personen, opzet.seed, opzet.maat)

    def write_maand(
        self, nummer: int, bronnen: Collection[str] = BRONNEN, *, ingepakt: bool = False
    ) -> list[Aanlevering]:
        """Writes what some bronnen deliver in a month, in order of receipt; `ingepakt` puts large files in zips."""
        gepland = [item for item in _plan(len(self.opzet.maanden))[nummer] if item.bron in bronnen]
        terzijde = {item.naam: Terzijde(self.doel, self._manifest(item)) for item in gepland}
        mappen = {naam: item.pad for naam, item in terzijde.items()}
        for naam, rijen in self._schrijf_blokken(gepland, mappen).items():
            schrijf, reeks = _SCHRIJVERS[naam]
            schrijf(mappen[naam], rijen.combine_chunks(), make_rng(self.opzet.seed, reeks.format(nummer)))
        for item in terzijde.values() if ingepakt else ():
            item.pak_in()
        result = [self._aanlevering(item, terzijde[item.naam].plaats(), nummer) for item in gepland]
        shutil.rmtree(self.doel / ASIDE, ignore_errors=True)
        return result

    def _schrijf_blokken(self, gepland: Sequence[_Gepland], mappen: Mapping[str, Path]) -> dict[str, pa.Table]:
        """Has every block written; gives the rows of gemeenten, per levering those of all blocks."""
        if len(self.blokken) == 1:
            return _schrijf(self._wereld, gepland, mappen)
        aantal = len(self.blokken)
        with ProcessPoolExecutor(min(PROCESSEN, aantal), get_context("spawn")) as pool:
            per_blok = list(
                pool.map(_schrijf_blok, [self.opzet] * aantal, self.blokken, [gepland] * aantal, [mappen] * aantal)
            )
        return {naam: pa.concat_tables([rijen[naam] for rijen in per_blok]) for naam in per_blok[0]}

    @cached_property
    def _wereld(self) -> Wereld:
        """Of a country that is one block, for all its months."""
        return Wereld(self.opzet, self.blokken[0])

    def _manifest(self, item: _Gepland) -> LeveringManifest:
        """What comes later is but part of its month."""
        tekst = _OMSCHRIJVING[item.naam]
        return LeveringManifest(
            bron=item.bron,
            periode=self.opzet.maanden[item.over].periode,
            naam=item.naam,
            volledig=item.naam != "correcties" and not item.naam.endswith(LAAT),
            omschrijving=tekst if isinstance(tekst, str) else tekst[self.opzet.bulk],
        )

    def _aanlevering(self, item: _Gepland, pad: Path, nummer: int) -> Aanlevering:
        over, ontvangen = self.opzet.maanden[item.over].periode, self.opzet.maanden[nummer].periode
        return Aanlevering(item.bron, over, item.naam, pad, ontvangen, item.volgorde)


def _plan(maanden: int) -> list[list[_Gepland]]:
    """Per month what is received, numbered in order of receipt."""
    per_maand = [list(_ontvangen_in(nummer)) for nummer in range(maanden)]
    volgorde = iter(range(1, 1 + sum(map(len, per_maand))))
    return [[_Gepland(*item, next(volgorde)) for item in maand] for maand in per_maand]


def _ontvangen_in(nummer: int) -> Iterator[tuple[str, str, int]]:
    """What comes on time, what was late in the first month, and what UWV corrects of the month before."""
    for bron, naam in _OP_TIJD:
        yield bron, naam, nummer
    if nummer == 1:
        yield "gemeente", "bijstandspopulatie-nagekomen", 0
        yield "rdw", "voertuigen-nagekomen", 0
    if nummer > 0:
        yield "uwv", "correcties", nummer


def _schrijf_blok(
    opzet: Opzet, blok: Blok, gepland: Sequence[_Gepland], mappen: Mapping[str, Path]
) -> dict[str, pa.Table]:
    """One of several blocks: its files get its number."""
    eigen = {naam: map_ / f"{blok.nummer:03d}" for naam, map_ in mappen.items()}
    for map_ in eigen.values():
        map_.mkdir()
    result = _schrijf(Wereld(opzet, blok), gepland, eigen)
    for map_ in eigen.values():
        for pad in map_.iterdir():
            pad.rename(map_.parent / f"{pad.stem}-{map_.name}{pad.suffix}")
        map_.rmdir()
    return result


def _schrijf(wereld: Wereld, gepland: Sequence[_Gepland], mappen: Mapping[str, Path]) -> dict[str, pa.Table]:
    rijen: dict[str, pa.Table] = {}
    for item in gepland:
        if item.naam in _SCHRIJVERS:
            rijen[item.naam] = wereld.rijen(item.naam, item.over)
        else:
            wereld.schrijf(item.naam, item.over, mappen[item.naam])
    return rijen
