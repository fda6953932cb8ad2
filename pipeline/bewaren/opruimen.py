"""Step: destroy what has been kept long enough, with proof.

A month counts from its last day, whatever came of it and whenever it was received: the levering, the lake files, the
run and what was delivered of one month end together. Of each doel:

- before the minimum nothing goes;
- after it goes what nothing needs any more: lake files of a toelating that is not the present one of any open period
  and that no kept run was made from;
- after the maximum everything goes.

A period that is worked out from months that may be gone is *closed* before they go (`afgesloten`), so nothing becomes
due because of it. Leveringen as received hold burgerservicenummers and have a rule of their own: they go as soon as no
doel can have them pass again, the copy in the inbox goes a month after it was taken in, and so does a repeated run.
"""

from __future__ import annotations

import json
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property
from pathlib import Path

import sqlalchemy as sa

from lineage import tabellen as t
from lineage.ledger import Rij, Stap
from lineage.vernietiging import STAP, VERNIETIGD, schrijf_uitkomst, sluit_af
from lineage.verwerkingslog import alle_segmenten
from pipeline.bewaren.gebeurtenissen import vind_gebeurtenissen
from pipeline.bewaren.resten import vind_resten
from pipeline.bewaren.vernietig import Eenheid, alleen, plaatsen_van_levering, vernietig
from pipeline.instellingen import Instellingen
from pipeline.levering.inbox import MERK
from pipeline.logboek import LOGBOEK
from pipeline.periode import maand_erbij
from pipeline.retour.inbox import VERWERKT
from pipeline.retour.ongegrond import vernietig_ongegronde
from pipeline.sleutelrotatie import laat_logversies_vervallen
from pipeline.stand import Stand, lake_naam
from pipeline.storing import gecodeerd
from privacy.verwerkingslog import bestand
from schemas.doel import Doel
from schemas.load import doelen, producten
from schemas.register import register

ZONDER_DOEL_MAANDEN = 1  # how long raw data that no doel uses is kept, to mend a mistake


def oudste_periode(op: date, maanden: int) -> str:
    """The oldest month that is no more than `maanden` months old on a day; a month is 0 months old in the month after.

    On the last day of the month `maanden` months later it is kept; the day after it is older.
    """
    return maand_erbij(f"{op:%Y-%m}", -maanden)


def open_periode(doel: Doel, op: date) -> str:
    """The oldest month that can still be worked out on a day: all it looks back on is kept then."""
    return oudste_periode(op, doel.bewaartermijn.maximum_maanden - doel.terugkijken_maanden)


@dataclass(frozen=True)
class Opgeruimd:
    """What a purge destroyed: files per dataset, and how many ungrounded signals."""

    bestanden: dict[str, int]
    bewijzen: int


@gecodeerd
def ruim_op(instellingen: Instellingen, op: date) -> Opgeruimd:
    """Destroys all that is due on a day. Run again on that day it finds nothing to do.

    Raises:
        KetenFout: `V-BEZIG` when another process is at it.
    """
    files: Counter[str] = Counter()
    count = 0
    with alleen(instellingen):
        stap = Stap(STAP, "")
        sluit_af(instellingen.grootboek, {doel.doel: open_periode(doel, op) for doel in doelen().values()})
        for eenheid in te_vernietigen(instellingen, op):
            afdruk = vernietig(instellingen, eenheid)
            if afdruk is not None:
                files[eenheid.dataset] += afdruk.bestanden
                count += 1
        for dataset, afdruk in vernietig_ongegronde(instellingen):
            files[dataset] += afdruk.bestanden
            count += 1
        laat_logversies_vervallen(instellingen)
        schrijf_uitkomst(instellingen.grootboek, stap)
    return Opgeruimd(dict(files), count)


def te_vernietigen(instellingen: Instellingen, op: date) -> list[Eenheid]:
    """What is due for destruction on a day, ungrounded signals aside."""
    return list(_Opruiming(instellingen, op).eenheden())


class _Opruiming:
    """The ledger and the data folder held against the terms."""

    def __init__(self, instellingen: Instellingen, op: date) -> None:
        self.instellingen, self.op = instellingen, op
        self.root = instellingen.map()
        self.ledger = instellingen.grootboek
        self._needed_by: dict[str, frozenset[str]] = {}

    def eenheden(self) -> Iterator[Eenheid]:
        """All that is due; what goes back to what is made from it, so that a killed purge leaves no orphans."""
        for product in producten().values():
            yield from self._uitgeleverd(product.product, doelen()[product.doel])
            yield from self._runs(product.product, doelen()[product.doel])
        for doel in doelen().values():
            yield from self._lake(doel)
        yield from self._leveringen()
        yield from self._inbox()
        yield from self._retour()
        yield from self._herhalingen()
        yield from self._logboek()
        yield from vind_gebeurtenissen(self.instellingen, oudste_periode(self.op, register().gebeurtenissen.maanden))
        yield from vind_resten(self.instellingen, self.op)

    @cached_property
    def leveringen(self) -> list[Rij]:
        """All leveringen, whatever their status."""
        return self.ledger.rijen(sa.select(t.levering).order_by(t.levering.c.levering_nr))

    def _grens(self, doel: Doel) -> str:
        return oudste_periode(self.op, doel.bewaartermijn.maximum_maanden)

    def _grondslag(self, doel: Doel) -> str:
        termijn = doel.bewaartermijn
        term = f"ten hoogste {termijn.maximum_maanden} maanden"
        return f"doelprofiel {doel.doel} versie {doel.versie}, {term}: {termijn.bron}"

    def _uitgeleverd(self, product: str, doel: Doel) -> Iterator[Eenheid]:
        """Copies of what was sent, per product and month."""
        months = {path.name for path in self.instellingen.uitleveringen.glob(f"[!.]*/{product}/*")}
        for periode in sorted(month for month in months if month < self._grens(doel)):
            place = self._plaats(self.instellingen.uitleveringen, "[!.]*", product, periode)
            yield Eenheid(f"uitleveringen/{product}", periode, "bewaartermijn", self._grondslag(doel), (place,))

    def _runs(self, product: str, doel: Doel) -> Iterator[Eenheid]:
        """Runs in the ledger, and folders of runs that never came into it."""
        r = t.productrun.c
        known = self.ledger.rijen(sa.select(r.run_id, r.periode).where(r.product == product, r.status != VERNIETIGD))
        runs = {row["run_id"]: row["periode"] for row in known}
        folder = self.instellingen.map("runs", product)
        on_disk = {path.name: path.parent.name for path in folder.glob("*/[!.]*")}
        for run_id, periode in sorted((on_disk | runs).items()):
            if periode < self._grens(doel):
                place = self._plaats(folder, periode, run_id)
                entered = run_id if run_id in runs else None
                yield Eenheid(
                    f"runs/{product}", run_id, "bewaartermijn", self._grondslag(doel), (place,), run_id=entered
                )

    def _lake(self, doel: Doel) -> Iterator[Eenheid]:
        """Lake files of leveringen that are too old, and of a toelating that nothing needs."""
        folder, dataset = self.instellingen.lake / doel.doel, f"lake/{doel.doel}"
        names: dict[int, set[str]] = {}
        for path in folder.glob("*/[0-9]*.parquet"):
            names.setdefault(int(path.stem.partition("-")[0]), set()).add(path.stem)
        for levering in self.leveringen:
            nr, levering_id = levering["levering_nr"], levering["levering_id"]
            if nr in names and levering["periode"] < self._grens(doel):
                place = self._plaats(folder, "*", f"{nr:06d}-*.parquet")
                yield Eenheid(dataset, levering_id, "bewaartermijn", self._grondslag(doel), (place,))
            elif nr in names and levering["periode"] < oudste_periode(self.op, doel.bewaartermijn.minimum_maanden):
                for naam in sorted(names[nr] - self._needed(doel)):
                    if self._has_rested(folder.glob(f"*/{naam}.parquet")):
                        yield self._vervallen(doel, levering, naam)

    def _vervallen(self, doel: Doel, levering: Rij, naam: str) -> Eenheid:
        """Lake files that nothing needs, after the minimum."""
        toelating = naam.partition("-")[2]
        minimum = f"ouder dan {doel.bewaartermijn.minimum_maanden} maanden en door geen run of open periode gebruikt"
        return Eenheid(
            f"lake/{doel.doel}",
            f"{levering['levering_id']} {toelating}",
            "vervallen",
            f"doelprofiel {doel.doel} versie {doel.versie}, {minimum}",
            (self._plaats(self.instellingen.lake, doel.doel, "*", f"{naam}.parquet"),),
            doorgang=(levering["levering_nr"], doel.doel, toelating),
        )

    def _has_rested(self, paden: Iterator[Path]) -> bool:
        """Whether files are older than a day: a younger one may be of a passage that is going on."""
        yesterday = time.mktime((self.op - timedelta(days=1)).timetuple())
        return all(pad.stat().st_mtime < yesterday for pad in paden)

    def _needed(self, doel: Doel) -> frozenset[str]:
        """Names of the lake files that a run that is kept was made from, or that an open period would read."""
        if doel.doel not in self._needed_by:
            self._needed_by[doel.doel] = self._find_needed(doel)
        return self._needed_by[doel.doel]

    def _find_needed(self, doel: Doel) -> frozenset[str]:
        r, by_id = t.productrun.c, {row["levering_id"]: row for row in self.leveringen}
        found: set[str] = set()
        mine = [product.product for product in producten().values() if product.doel == doel.doel]
        query = sa.select(r.pins).where(r.product.in_(mine), r.status != VERNIETIGD)
        for row in self.ledger.rijen(query):
            pinned = json.loads(row["pins"])["leveringen"].items()
            found |= {lake_naam(by_id[levering_id], toelating) for levering_id, toelating in pinned}
        months = {row["periode"] for row in self.leveringen if row["periode"] >= open_periode(doel, self.op)}
        for stand in [Stand(self.instellingen, month) for month in sorted(months)] + [Stand(self.instellingen)]:
            found |= {lake_naam(lev, stand.toelating(lev, doel)) for lev in stand.leveringen_van(doel)}
        return frozenset(found)

    def _leveringen(self) -> Iterator[Eenheid]:
        """Leveringen as received, with the pointers to what was rejected in them."""
        tables = self.ledger.tabellen_per_levering()
        for levering in self.leveringen:
            if levering["status"] == VERNIETIGD:
                continue
            ground = self._niet_meer_nodig(levering, tables.get(levering["levering_nr"], frozenset()))
            if ground is None:
                continue
            places = tuple(plaatsen_van_levering(self.instellingen, levering))
            yield Eenheid(
                f"leveringen/{levering['bron']}",
                levering["levering_id"],
                "bewaartermijn",
                ground,
                places,
                levering_nr=levering["levering_nr"],
            )

    def _niet_meer_nodig(self, levering: Rij, tabellen: frozenset[str]) -> str | None:
        """Why a levering need not be kept as received, or None as long as a doel can have it pass again."""
        using = [doel for doel in doelen().values() if tabellen & {bron.tabel for bron in doel.bronnen}]
        received = f"{levering['ontvangen_op']:%Y-%m}"
        if not using or levering["status"] == "afgekeurd":
            if received < oudste_periode(self.op, ZONDER_DOEL_MAANDEN):
                return f"geen doel gebruikt deze levering ({ZONDER_DOEL_MAANDEN} maand na ontvangst)"
            return None
        last_use = {doel.doel: maand_erbij(levering["periode"], doel.terugkijken_maanden - 1) for doel in using}
        if any(last_use[doel.doel] >= open_periode(doel, self.op) for doel in using):
            return None
        return f"geen open periode van {', '.join(sorted(last_use))} ziet deze levering nog"

    def _inbox(self) -> Iterator[Eenheid]:
        """What bronnen put down and was taken in; the mark stays, so that it is not taken in again."""
        by_id = {row["levering_id"]: row for row in self.leveringen}
        for mark in sorted(self.instellingen.inbox.glob(f"*/*/{MERK}")):
            levering = by_id.get(mark.read_text(encoding="utf-8"))
            if levering is None or f"{levering['ontvangen_op']:%Y-%m}" >= oudste_periode(self.op, ZONDER_DOEL_MAANDEN):
                continue
            if not any(mark.parent.glob("[!.]*")):  # it went before
                continue
            place = self._plaats(mark.parent, "[!.]*")
            yield Eenheid(
                f"inbox/{levering['bron']}",
                f"{levering['levering_id']} {mark.parent.name}",
                "bewaartermijn",
                f"ontvangen en opgeslagen; de aangeboden kopie gaat na {ZONDER_DOEL_MAANDEN} maand",
                (place,),
            )

    def _retour(self) -> Iterator[Eenheid]:
        """Retourberichten that were taken in: what they said is in the ledger."""
        for folder in sorted(self.instellingen.map("landing", "retour").glob(f"*/{VERWERKT}")):
            old = oudste_periode(self.op, ZONDER_DOEL_MAANDEN)
            paths = [path for path in sorted(folder.iterdir()) if f"{_changed_on(path):%Y-%m}" < old]
            if paths:
                yield Eenheid(
                    "retour",
                    f"{folder.parent.name} {self.op}",
                    "bewaartermijn",
                    f"verwerkt; het bericht gaat na {ZONDER_DOEL_MAANDEN} maand",
                    tuple(self._plaats(path) for path in paths),
                )

    def _herhalingen(self) -> Iterator[Eenheid]:
        """Repeated runs: made to be looked at, and no older than the run itself may be."""
        r = t.productrun.c
        kept = {row["run_id"] for row in self.ledger.rijen(sa.select(r.run_id).where(r.status != VERNIETIGD))}
        old = oudste_periode(self.op, ZONDER_DOEL_MAANDEN)
        for folder in sorted(self.instellingen.map("herhalingen").glob("[!.]*")):
            if folder.name not in kept or f"{_changed_on(folder):%Y-%m}" < old:
                ground = f"herhaald om na te gaan; gaat na {ZONDER_DOEL_MAANDEN} maand of met de run zelf"
                yield Eenheid("herhalingen", folder.name, "bewaartermijn", ground, (self._plaats(folder),))

    def _logboek(self) -> Iterator[Eenheid]:
        """The processing log of a month, after a term of its own: the ledger keeps the chain it was part of."""
        termijn = register().verwerkingslog
        months: dict[str, list[str]] = {}
        for segment in self.ledger.rijen(alle_segmenten()):
            months.setdefault(f"{segment['op']:%Y-%m}", []).append(segment["naam"])
        for month in sorted(month for month in months if month < oudste_periode(self.op, termijn.maanden)):
            places = (self._plaats(bestand(self.instellingen.map(LOGBOEK), naam)) for naam in months[month])
            ground = f"verwerkingslog, {termijn.maanden} maanden: {termijn.bron}"
            yield Eenheid(LOGBOEK, month, "bewaartermijn", ground, tuple(places))

    def _plaats(self, folder: Path, *delen: str) -> str:
        return folder.joinpath(*delen).relative_to(self.root).as_posix()


def _changed_on(path: Path) -> date:
    return date.fromtimestamp(path.stat().st_mtime)
