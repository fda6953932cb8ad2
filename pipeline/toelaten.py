"""Step: pass leveringen through the door, for every doel that consults them.

A levering that already passed under its present toelating (see `pipeline.stand`) is left alone, and one whose
population has grown since passes again, so that a person who enters a population later is not missed.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.parquet as pq

from connectors.lees import LidOnbruikbaar, lees_bestand
from connectors.rijen import Bevinding, Nummers, Rijen, bundel
from lineage.ledger import Rij, Stap
from pipeline.instellingen import Instellingen
from pipeline.ontvang import landed
from pipeline.stand import PERSONEN, POPULATIE, VIA, Stand, lake_naam, rang
from privacy.deur import QUARANTAINE, Deur, Toegang
from schemas.fout import KetenFout
from schemas.load import bronnen, doelen


@dataclass(frozen=True)
class Doorgelaten:
    """The outcome for one levering: the doelen it passed for, and counts per (doel, table, reason)."""

    levering_id: str
    doelen: tuple[str, ...]
    tellingen: Mapping[tuple[str, str, str], int]


def toelaten(
    instellingen: Instellingen, *, bron: str | None = None, doel: str | None = None, tot_periode: str | None = None
) -> list[Doorgelaten]:
    """Passes every levering that has not passed under its present toelating, in order of receipt.

    Limited to one bron or one doel when given; as things stand at `tot_periode`, without it at the newest period.
    Nothing is done twice: called again it returns an empty list.
    """
    stand = Stand(instellingen, tot_periode)
    asked = {levering["levering_nr"] for levering in stand.leveringen if bron in (None, levering["bron"])}
    due = _due(stand, asked, [doel] if doel else list(doelen()))
    passes = [_Passage(instellingen, stand, levering, wanted) for levering, wanted in due]
    for passage in passes:
        passage.verwerk(POPULATIE)
    stand.population_known()
    for passage in passes:
        passage.verwerk(PERSONEN)
    for passage in passes:  # what hangs on an admitted record may have been received before it
        passage.verwerk(VIA)
        passage.leg_vast()
    return [Doorgelaten(p.levering["levering_id"], tuple(p.toelatingen), dict(p.stap.tellingen)) for p in passes]


def _due(stand: Stand, asked: Collection[int], naar: Collection[str]) -> list[tuple[Rij, dict[str, str]]]:
    """The leveringen asked for that must pass, each with its toelating per doel, in order of receipt.

    What their toelating counts on and has not passed itself goes along, whatever was asked: otherwise a passage would
    be recorded under a population that was not looked at, and the persons in it would be missed for good.
    """
    ledger = stand.instellingen.grootboek
    due: dict[int, tuple[Rij, dict[str, str]]] = {}
    for doel in map(doelen().__getitem__, naar):
        for levering in stand.leveringen_van(doel):
            nr, key = levering["levering_nr"], stand.toelating(levering, doel)
            if not ledger.heeft_doorgang(nr, doel.doel, key):
                due.setdefault(nr, (levering, {}))[1][doel.doel] = key
    chosen = [nr for nr in due if nr in asked]
    for nr in chosen:  # grows while it is walked
        levering, wanted = due[nr]
        needed = frozenset().union(*(stand.hangt_af_van(levering, doelen()[doel]) for doel in wanted))
        chosen += [other for other in due if other not in chosen and needed & stand.tabellen[other]]
    return [due[nr] for nr in sorted(chosen)]


class _Passage:
    """One levering on its way through the door."""

    def __init__(self, instellingen: Instellingen, stand: Stand, levering: Rij, toelatingen: dict[str, str]) -> None:
        self.instellingen, self.stand, self.levering, self.toelatingen = instellingen, stand, levering, toelatingen
        self.stap = Stap("deur", levering["levering_id"], None, levering["periode"])
        self._folder = instellingen.landing / levering["bron"] / levering["levering_id"]
        self._bestanden = instellingen.grootboek.bestanden(levering["levering_nr"])
        self._unusable: set[tuple[int, int | None]] = set()
        self._findings: dict[tuple[int, Bevinding], None] = {}
        self._quarantaine: list[pa.RecordBatch] = []

    def verwerk(self, beurt: int) -> None:
        """Passes the tables whose turn it is. A file that breaks off is left out, and the others are read anew."""
        toegangen = self._toegangen(beurt)
        while toegangen:
            try:
                self._lees(toegangen)
            except LidOnbruikbaar as fout:
                self._unusable.add((self._reading, fout.lid_nr))
                self._findings[self._reading, Bevinding(fout.code, lid_nr=fout.lid_nr)] = None
            except KetenFout as fout:
                self._unusable.add((self._reading, None))
                self._findings[self._reading, Bevinding(fout.code)] = None
            else:
                return

    def _toegangen(self, beurt: int) -> dict[str, list[Toegang]]:
        """Per table of this turn, how each doel admits its rows."""
        held = self.stand.tabellen[self.levering["levering_nr"]]
        result: dict[str, list[Toegang]] = {}
        for doel in map(doelen().__getitem__, self.toelatingen):
            for raadpleging in doel.bronnen:
                if raadpleging.tabel in held and rang(doel, raadpleging) == beurt:
                    toegang = Toegang(
                        doel.doel,
                        raadpleging,
                        self.stand.pseudonimiseerder(doel.doel),
                        self.stand.populatie(doel) if beurt == PERSONEN else None,
                        self.stand.sleutels(doel, raadpleging) if beurt == VIA else None,
                    )
                    result.setdefault(raadpleging.tabel, []).append(toegang)
        return result

    def _lees(self, toegangen: dict[str, list[Toegang]]) -> None:
        names = {doel: lake_naam(self.levering, toelating) for doel, toelating in self.toelatingen.items()}
        with Deur(self.instellingen.lake, self.levering["levering_nr"], names) as deur:
            for item in bundel(self._rows(toegangen)):
                deur.verwerk(item.batch, toegangen[item.tabel])
        for key, aantal in deur.uitkomst.tellingen.items():
            self.stap.tellingen[key] = self.stap.tellingen.get(key, 0) + aantal
        self._quarantaine += deur.uitkomst.quarantaine

    def _rows(self, tabellen: Collection[str]) -> Iterator[Rijen]:
        """The rows of the usable files, with record numbers that run on from file to file; findings are noted."""
        bron = bronnen()[self.levering["bron"]]
        wanted = {tabel.partition(".")[2] for tabel in tabellen}
        nummers = Nummers()
        for bestand in self._bestanden:
            self._reading = nr = bestand["bestand_nr"]
            if bestand["code"] or (nr, None) in self._unusable or not set(bestand["tabellen"].split()) & set(tabellen):
                continue
            skip = {lid for file, lid in self._unusable if file == nr}
            for item in nummers.volgt(lees_bestand(landed(self._folder, nr), bron, wanted, skip)):
                if isinstance(item, Bevinding):
                    self._findings[nr, item] = None
                else:
                    yield item

    def leg_vast(self) -> None:
        """Writes the quarantine and the outcome to the ledger; parks the levering when no file of it could be used."""
        for _, finding in self._findings:
            key = ("", finding.tabel or "bestand", finding.code)
            self.stap.tellingen[key] = self.stap.tellingen.get(key, 0) + finding.aantal
        self._write_quarantaine()
        broken = {
            nr: finding.code for nr, finding in self._findings if finding.code.startswith("B-") and not finding.lid_nr
        }
        usable = {bestand["bestand_nr"] for bestand in self._bestanden if not bestand["code"]} - broken.keys()
        if not usable:
            self.stap.status, self.stap.code = "geparkeerd", next(iter(broken.values()), "L-LEEG")
        self.instellingen.grootboek.registreer_doorgangen(
            self.levering["levering_nr"], self.toelatingen, broken, self.stap
        )

    def _write_quarantaine(self) -> None:
        """Pointers to what was rejected: (levering, table, record) or (levering, file, member), with the code."""
        nr = self.levering["levering_nr"]
        findings = [
            {
                "levering_nr": nr,
                "doel": None,
                "tabel": finding.tabel,
                "bestand_nr": bestand_nr,
                "lid_nr": finding.lid_nr,
                "record_nr": finding.record_nr,
                "code": finding.code,
            }
            for bestand_nr, finding in self._findings
        ]
        batches = [*self._quarantaine, *pa.Table.from_pylist(findings, schema=QUARANTAINE).to_batches()]
        if batches:
            passage = hashlib.sha256("\n".join(sorted(self.toelatingen.values())).encode()).hexdigest()[:12]
            path = self.instellingen.map("quarantaine", self.levering["levering_id"], f"{passage}.parquet")
            path.parent.mkdir(parents=True, exist_ok=True)
            aside = path.with_name(f".{path.name}.{os.getpid()}")
            pq.write_table(pa.Table.from_batches(batches, schema=QUARANTAINE), aside)
            aside.rename(path)
