"""Writes the processing log, and holds it against the ledger.

A step writes its segment before it ends and enters it in the ledger in the transaction that ends it, so what was done
is logged once. A killed process leaves a segment that counts for nothing, and the step that is taken up again writes
its own.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import sqlalchemy as sa

from lineage import tabellen as t
from lineage import verwerkingslog as keten
from lineage.ledger import Rij, now
from lineage.sleutels import actieve_versie
from lineage.verwerkingslog import Logsegment
from pipeline.instellingen import Instellingen
from privacy import verwerkingslog_lezen
from privacy.betrokkenen import Betrokkenen, Nummers
from privacy.bsn import as_numbers
from privacy.pseudoniem import Pseudonimiseerder
from privacy.verwerkingslog import BETROKKENE, Handeling, Logsleutels, Segment, as_cijfers, bestand, schrijf_segment
from schemas.load import doelen

RESOURCE = f"signaalketen/{version('signaalketen')}"
LOGBOEK = "logboek"  # as the keys and the proofs of destruction call it
NOOIT = datetime(1970, 1, 1, tzinfo=UTC)


def activiteit(doel: str) -> str:
    """The id a doel has in the verwerkingenregister."""
    return doelen()[doel].verwerking


def _einde(begin: datetime) -> datetime:
    """Now, or when something began if the clock was put back meanwhile."""
    return max(begin, now())


@dataclass(frozen=True)
class Breuk:
    """Where the log is broken: a segment, and the record in it when one can be named."""

    segment: str
    record: int | None
    wat: str


@dataclass(frozen=True)
class Oordeel:
    """What checking the log gave. `kop` stands for everything: who notes it elsewhere can ask for it later."""

    segmenten: int
    records: int
    kop: str
    breuken: tuple[Breuk, ...]
    los: int  # files that count for nothing: of a step that is busy, or was killed


class Logboek:
    """The processing log of an installation."""

    def __init__(self, instellingen: Instellingen) -> None:
        self._instellingen = instellingen
        self.map = instellingen.map("logboek")
        self._sleutels: dict[int, Logsleutels] = {}

    def sleutels(self, versie: int) -> Logsleutels:
        """The keys of a version of the log, which no doel shares; what was logged stays under its version."""
        if versie not in self._sleutels:
            betrokkene, schakel, handeling = (
                self._instellingen.sleutelbos.sleutel(naam, None if versie == 1 else versie, "logboek")
                for naam in ("betrokkene", "schakel", "handeling")
            )
            self._sleutels[versie] = Logsleutels(Pseudonimiseerder(betrokkene), schakel, handeling)
        return self._sleutels[versie]

    def schrijf(self, werk: str, handelingen: Iterable[tuple[Handeling, Nummers]]) -> Logsegment:
        """Writes a segment about a piece of work; it counts once it is entered in the ledger.

        The same work taken up again, or done again later, is another segment.
        """
        naam = f"{werk}-{os.urandom(4).hex()}"
        versie = actieve_versie(self._instellingen.grootboek, LOGBOEK)
        segment = schrijf_segment(self.map, naam, handelingen, self.sleutels(versie))
        return Logsegment(naam, segment.records, segment.kop, versie)

    def deur(self, levering: Rij, doel: str, toelating: str, nummers: Nummers, begin: datetime) -> Logsegment:
        """Logs who was let in from a levering for a doel."""
        levering_id = levering["levering_id"]
        handeling = Handeling(
            levering_id,
            f"{doel}/{toelating}",
            f"toelaten {levering_id}",
            activiteit(doel),
            begin,
            _einde(begin),
            RESOURCE,
        )
        return self.schrijf(f"deur-{levering_id}-{doel}-{toelating[:12]}", [(handeling, nummers)])

    def lever(self, run: Rij, doel: str, begin: datetime, per_ontvanger: Mapping[str, Nummers]) -> Logsegment:
        """Logs about whom each of some recipients was told in a run."""
        run_id, eind = run["run_id"], _einde(begin)
        handelingen = [
            (Handeling(run_id, naar, f"leveren {run_id} {naar}", activiteit(doel), begin, eind, RESOURCE), nummers)
            for naar, nummers in per_ontvanger.items()
        ]
        return self.schrijf(f"lever-{run_id}-{next(iter(per_ontvanger))}", handelingen)

    def los(self, naam: str, onderwerp: str, begin: datetime, nummers: Nummers) -> Logsegment:
        """Logs a processing that is no step of the pipeline and is done anew every time: `inzage`, `correctie`."""
        handeling = Handeling(
            onderwerp,
            naam,
            f"{naam} {onderwerp}",
            f"urn:signaalketen:verwerking:{naam}:1",
            begin,
            _einde(begin),
            RESOURCE,
        )
        return self.schrijf(f"{naam}-{onderwerp}", [(handeling, nummers)])

    def betrokkenen_van(self, naam: str, onderwerp: str) -> Nummers:
        """Whom processings of this name were about, of which the subject begins so; nobody when that was purged."""
        found = Betrokkenen()
        for segment in self.segmenten():
            path = bestand(self.map, segment["naam"])
            if segment["naam"].startswith(f"{naam}-{onderwerp}") and path.exists():
                tokens = pq.read_table(path, columns=[BETROKKENE])[BETROKKENE].combine_chunks().drop_null()
                sleutels = self.sleutels(segment["sleutelversie"])
                found.voeg_toe(as_numbers(sleutels.betrokkene.ontsleutel(tokens))[0])
        return found.nummers()

    def segmenten(self) -> list[Rij]:
        """The segments that count, in order."""
        return self._instellingen.grootboek.rijen(keten.alle_segmenten())

    def aanwezig(self) -> Iterator[tuple[Path, int]]:
        """The files of segments that have not been purged, each with the version of the keys it is under."""
        for segment in self.segmenten():
            path = bestand(self.map, segment["naam"])
            if path.exists():
                yield path, segment["sleutelversie"]

    def zoek(self, nummers: Nummers) -> list[dict[str, Any]]:
        """Everything the log says about one person, whatever version of its keys that is under."""
        per_versie: dict[int, list[Path]] = {}
        for path, versie in self.aanwezig():
            per_versie.setdefault(versie, []).append(path)
        found: list[dict[str, Any]] = []
        for versie, paths in per_versie.items():
            token = self.sleutels(versie).betrokkene.versleutel(as_cijfers(nummers))[0].as_py()
            found += verwerkingslog_lezen.zoek(paths, token)
        return sorted(found, key=lambda record: (str(record["start_time"]), str(record["name"])))

    def handelingen(self) -> Iterator[tuple[Rij, dict[str, Any]]]:
        """Every handeling that was logged, with its segment."""
        for segment in self.segmenten():
            path = bestand(self.map, segment["naam"])
            if path.exists():
                rows = pq.read_table(path, filters=pa.compute.field("parent_span_id").is_null())
                yield from ((segment, row) for row in rows.to_pylist())

    def controleer(self, kop: str = "") -> Oordeel:
        """Goes over the whole log: every record, the chain of segments, and whether all that was done was logged.

        With `kop`, also whether the log was once what that kop stood for.
        """
        segmenten = self.segmenten()
        breuken = []
        if (naam := keten.eerste_breuk(segmenten)) is not None:
            breuken.append(Breuk(naam, None, "sluit niet aan op het vorige segment"))
        if kop and kop not in {segment["keten"] for segment in segmenten}:
            breuken.append(Breuk("einde", None, "de opgegeven kop komt niet voor"))
        gone = self._vernietigd(segmenten)
        for segment in segmenten:
            if segment["naam"] not in gone:
                breuken += self._breuken(segment)
        breuken += self._niet_gelogd(gone)
        last = segmenten[-1]["keten"] if segmenten else keten.BEGIN
        records = sum(segment["records"] for segment in segmenten)
        los = {path.stem for path in self.map.glob("*.parquet")} - {segment["naam"] for segment in segmenten}
        return Oordeel(len(segmenten), records, last, tuple(breuken), len(los))

    def _breuken(self, segment: Rij) -> Iterator[Breuk]:
        path = bestand(self.map, segment["naam"])
        if not path.exists():
            yield Breuk(segment["naam"], None, "ontbreekt")
            return
        written = Segment(path, segment["records"], segment["kop"])
        record = verwerkingslog_lezen.eerste_breuk(written, segment["naam"], self.sleutels(segment["sleutelversie"]))
        if record is not None:
            yield Breuk(segment["naam"], record, "klopt niet")

    def _niet_gelogd(self, gone: set[str]) -> Iterator[Breuk]:
        """What the ledger says was done and the log does not have."""
        about = {naam[start:end] for naam in gone for start, end in _delen(naam)}
        logged = {(row["trace_id"], row["span_id"]) for _, row in self.handelingen()}
        doorgangen, geleverd = map(self._instellingen.grootboek.rijen, keten.verwachte_handelingen())
        expected = [(row["levering_id"], f"{row['doel']}/{row['toelating']}") for row in doorgangen]
        expected += [(row["run_id"], row["ontvanger"]) for row in geleverd]
        for onderwerp, onderdeel in expected:
            handeling = Handeling(onderwerp, onderdeel, "", "", NOOIT, NOOIT, "")
            if (handeling.trace_id, handeling.span_id) not in logged and onderwerp not in about:
                yield Breuk(onderwerp, None, "is gedaan en staat niet in het logboek")

    def _vernietigd(self, segmenten: list[Rij]) -> set[str]:
        """Segments that were purged with proof: those of the months of which the log was destroyed."""
        v = t.vernietiging.c
        query = sa.select(v.onderwerp).where(v.dataset == LOGBOEK)
        months = {row["onderwerp"] for row in self._instellingen.grootboek.rijen(query)}
        return {segment["naam"] for segment in segmenten if f"{segment['op']:%Y-%m}" in months}


def _delen(naam: str) -> Iterator[tuple[int, int]]:
    """Where what a segment is about may stand in its name: behind the kind of step, up to any of the dashes."""
    start = naam.find("-") + 1
    yield from ((start, end) for end, letter in enumerate(naam) if letter == "-" and end > start)
