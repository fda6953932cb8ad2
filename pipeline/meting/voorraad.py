"""A country with its earlier months stored, made once and kept: `<data>/benchmark/<naam>/`.

| folder | what it holds |
|---|---|
| `basis/` | an installation in which the earlier months went through the door and the last of them was delivered |
| `maand/` | the extracts of the month that is measured, as bronnen deliver them |
| `var/` | a copy of `basis/` on which a month is run; what is never written twice is linked |
| `klaar/` | an empty file for each part that was made, so that what was broken off goes on |

Earlier months hold what a run reads of them: of UWV and gemeenten every month; BRP, DUO, RDW and KvK, which tell every
month all that holds, from the last earlier month on.
Their files came in zips, because the landing area must keep it: plain, eleven months of a whole country would be 55 GB.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from demo.blok import LANDELIJK
from demo.kalender import make_maanden
from demo.land import BRONNEN, Aanlevering, Land
from demo.wereld import Opzet
from pipeline.demonstratie import bied_aan, volgorde_van_bronnen
from pipeline.instellingen import Instellingen
from pipeline.meting.proces import Opdracht, meet
from pipeline.meting.stap import DEUR, INNAME, SIGNALEN, UITLEVERING
from pipeline.proefketen import maak_proefketen
from schemas.load import producten

ELKE_MAAND = frozenset({"uwv", "gemeente"})
LINKS = ("landing", "lake", "logboek", "runs", "uitleveringen")  # files that are replaced and never changed
Meld = Callable[[str], None]

# Bytes per person, rounded up from what 1.75 and 17.5 million persons took: extracts of a month; in zips, those of the
# last earlier month and of one before it; what the lake and the processing log hold of the last months, passed twice,
# and of one before them; deliveries of two months; messages and tables in the making, and what a limit writes. Of
# opnames, from 0.3 million: those of a month of everything, and those of a month of what is received every month.
_MAAND, _LAATSTE, _ELKE_MAAND, _LAKE, _LAKE_EERDER, _GELEVERD, _ONDERHANDEN = 780, 160, 70, 360, 110, 1750, 500
_OPNAME, _OPNAME_EERDER = 130, 45


class TeWeinigSchijf(Exception):
    """There is not enough room on the disk; the message says how much is needed."""


@dataclass(frozen=True)
class Proef:
    """What is measured: a country, the month, how many months before it are stored."""

    personen: int
    periode: str
    eerder: int
    seed: int

    @property
    def naam(self) -> str:
        """The name of its folder."""
        return f"{self.personen}-{self.periode}-{self.eerder}-{self.seed}"

    @property
    def schijf(self) -> int:
        """Bytes on disk that it takes at most; the month stands there as delivered and as received."""
        every = _ELKE_MAAND + _OPNAME_EERDER + _LAKE_EERDER
        earlier = _LAATSTE + _OPNAME + self.eerder * every if self.eerder else 0
        return self.personen * (2 * _MAAND + _OPNAME + earlier + _LAKE + _GELEVERD + _ONDERHANDEN)


@dataclass(frozen=True)
class Voorraad:
    """The folders of a proef."""

    instellingen: Instellingen
    proef: Proef
    meld: Meld

    @property
    def map(self) -> Path:
        """The folder in which all of it stands."""
        return self.instellingen.map("benchmark", self.proef.naam)

    @property
    def basis(self) -> Instellingen:
        """The installation with the earlier months."""
        return self._installatie("basis")

    @property
    def werk(self) -> Instellingen:
        """The installation on which a month is run."""
        return self._installatie("var")

    def _installatie(self, naam: str) -> Instellingen:
        """An installation that keeps to itself, with the limits on memory and threads that are in force."""
        apart = dict.fromkeys(("sleutel", "certificatenmap", "geheimenmap", "werkmap", "pkcs11_pin"))
        values = {**self.instellingen.model_dump(mode="json"), **apart, "data": str(self.map / naam)}
        return Instellingen(
            **{**values, "ledger": "", "sleutelbron": "bestand", "ouder": "", "uitwisseling": "", "lakeadres": ""}
        )

    @cached_property
    def _land(self) -> Land:
        maanden = tuple(make_maanden(self.proef.periode, self.proef.eerder + 1))
        return Land(self.map / "land", Opzet(self.proef.personen, maanden, self.proef.seed, LANDELIJK))

    def ruimte(self) -> int:
        """The bytes that are still needed on the disk.

        Raises:
            TeWeinigSchijf: it has less.
        """
        self.map.mkdir(parents=True, exist_ok=True)
        found = (pad.stat() for pad in self.map.rglob("*") if pad.is_file())
        used = {each.st_ino: each.st_blocks * 512 for each in found}  # what is linked is there once
        needed = max(self.proef.schijf - sum(used.values()), 0)
        if needed > (free := shutil.disk_usage(self.map).free):
            raise TeWeinigSchijf(f"{needed / 1e9:.0f} GB nodig, {free / 1e9:.0f} GB vrij op {self.map}")
        return needed

    def maak(self) -> list[Aanlevering]:
        """Makes what is not there yet; gives what bronnen deliver in the month that is measured."""
        self._maak_eerder()
        return self._maak_maand()

    def _maak_eerder(self) -> None:
        basis = self.basis
        maak_proefketen(basis)
        for nummer, maand in enumerate(self._land.opzet.maanden[:-1]):
            with _Eenmaal(self.map, f"ontvangen-{maand.periode}") as nodig:
                if nodig:
                    self.meld(f"{maand.periode} maken en innemen")
                    laatste = nummer == self.proef.eerder - 1
                    offered = self._land.write_maand(nummer, BRONNEN if laatste else ELKE_MAAND, ingepakt=True)
                    bied_aan(basis, offered)
                    self._doe(basis, INNAME)
                    shutil.rmtree(basis.inbox)  # received is received; the disk is needed
                    shutil.rmtree(self.map / "land")
        if not self.proef.eerder:
            return
        for bron in leverende_bronnen():
            with _Eenmaal(self.map, f"deur-{bron}") as nodig:
                if nodig:
                    self.meld(f"eerdere maanden van {bron} door de deur")
                    self._doe(basis, DEUR, bron)
        vorige = self._land.opzet.maanden[-2].periode
        for product in producten():
            with _Eenmaal(self.map, f"geleverd-{product}") as nodig:
                if nodig:
                    self.meld(f"{product} over {vorige}")
                    self._doe(basis, SIGNALEN, product, vorige)
                    self._doe(basis, UITLEVERING, product)

    def _doe(self, instellingen: Instellingen, stap: str, *over: str) -> None:
        meet("pipeline.meting.stap", opdracht(instellingen, stap, *over))

    def _maak_maand(self) -> list[Aanlevering]:
        """The extracts of the last month; with the folders of an earlier time when it was made then."""
        nummer, land = self.proef.eerder, self._land
        with _Eenmaal(self.map, f"maand-{self.proef.periode}") as nodig:
            if nodig or not (self.map / "maand").exists():  # somebody may have made room with it
                self.meld(f"{self.proef.periode} maken")
                shutil.rmtree(self.map / "maand", ignore_errors=True)
                land.write_maand(nummer)
                land.doel.rename(self.map / "maand")
        return [
            Aanlevering(bron.name, pad.name[:7], pad.name[8:], pad, self.proef.periode, 0)
            for bron in sorted((self.map / "maand").iterdir())
            for pad in sorted(bron.iterdir())
        ]

    def zet_klaar(self, aanleveringen: Iterable[Aanlevering]) -> Instellingen:
        """A new copy of the earlier months, with the month in its inboxes."""
        werk, basis = self.werk, self.basis
        shutil.rmtree(werk.map(), ignore_errors=True)
        for source in sorted(basis.map().iterdir()):
            copy = os.link if source.name in LINKS else shutil.copy2
            shutil.copytree(source, werk.map(source.name), copy_function=copy, symlinks=True)
        bied_aan(werk, aanleveringen)
        return werk


class _Eenmaal:
    """Whether something is still to be done; it is marked as done unless an error ends it."""

    def __init__(self, folder: Path, naam: str) -> None:
        self._mark = folder / "klaar" / naam

    def __enter__(self) -> bool:
        return not self._mark.exists()

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if kind is None:
            self._mark.parent.mkdir(parents=True, exist_ok=True)
            self._mark.touch()


def leverende_bronnen() -> list[str]:
    """The bronnen of the country, in the order in which they pass the door."""
    first, rest = volgorde_van_bronnen()
    return [bron for bron in (*first, *rest) if bron in BRONNEN]


def opdracht(instellingen: Instellingen, naam: str, *over: str, grootte: int = 0) -> Opdracht:
    """A stage or limit to run in a process of its own."""
    return Opdracht(instellingen=instellingen.model_dump(mode="json"), naam=naam, over=over, bytes=grootte)
