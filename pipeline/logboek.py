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
from functools import cached_property
from importlib.metadata import version
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import sqlalchemy as sa

from lineage import tabellen as t
from lineage import verwerkingslog as keten
from lineage.ledger import Rij, now
from lineage.verwerkingslog import Logsegment
from pipeline.instellingen import Instellingen
from privacy import verwerkingslog_lezen
from privacy.betrokkenen import Betrokkenen, Nummers
from privacy.bsn import as_numbers
from privacy.pseudoniem import Pseudonimiseerder
from privacy.verwerkingslog import BETROKKENE, Handeling, Logsleutels, Segment, as_cijfers, bestand, schrijf_segment
from schemas.load import doelen

RESOURCE = f"signaalketen/{version('signaalketen')}"
NOOIT = datetime(1970, 1, 1, tzinfo=UTC)


def activiteit(doel: str) -> str:
    """The id a doel has in the verwerkingenregister."""
    return doelen()[doel].verwerking


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

    @cached_property
    def sleutels(self) -> Logsleutels:
        """The keys of the log, which no doel shares and which do not rotate: what was logged stays as it is."""
        betrokkene, schakel, handeling = (
            self._instellingen.sleutelbos.sleutel(naam, None, "logboek")
            for naam in ("betrokkene", "schakel", "handeling")
        )
        return Logsleutels(Pseudonimiseerder(betrokkene), schakel, handeling)

    def schrijf(self, werk: str, handelingen: Iterable[tuple[Handeling, Nummers]]) -> Logsegment:
        """Writes a segment about a piece of work; it counts once it is entered in the ledger.

        The same work taken up again, or done again later, is another segment.
        """
        naam = f"{werk}-{os.urandom(4).hex()}"
        segment = schrijf_segment(self.map, naam, handelingen, self.sleutels)
        return Logsegment(naam, segment.records, segment.kop)

    def deur(self, levering: Rij, doel: str, toelating: str, nummers: Nummers, begin: datetime) -> Logsegment:
        """Logs who was let in from a levering for a doel."""
        levering_id = levering["levering_id"]
        handeling = Handeling(
            levering_id, f"{doel}/{toelating}", f"toelaten {levering_id}", activiteit(doel), begin, now(), RESOURCE
        )
        return self.schrijf(f"deur-{levering_id}-{doel}-{toelating[:12]}", [(handeling, nummers)])

    def lever(self, run: Rij, doel: str, begin: datetime, per_ontvanger: Mapping[str, Nummers]) -> Logsegment:
        """Logs about whom each of some recipients was told in a run."""
        run_id, eind = run["run_id"], now()
        handelingen = [
            (Handeling(run_id, naar, f"leveren {run_id} {naar}", activiteit(doel), begin, eind, RESOURCE), nummers)
            for naar, nummers in per_ontvanger.items()
        ]
        return self.schrijf(f"lever-{run_id}-{next(iter(per_ontvanger))}", handelingen)

    def los(self, naam: str, onderwerp: str, begin: datetime, nummers: Nummers) -> Logsegment:
        """Logs a processing that is no step of the pipeline and is done anew every time: `inzage`, `correctie`."""
        handeling = Handeling(
            onderwerp, naam, f"{naam} {onderwerp}", f"urn:signaalketen:verwerking:{naam}:1", begin, now(), RESOURCE
        )
        return self.schrijf(f"{naam}-{onderwerp}", [(handeling, nummers)])

    def betrokkenen_van(self, naam: str, onderwerp: str) -> Nummers:
        """Whom processings of this name were about, of which the subject begins so; nobody when that was purged."""
        found = Betrokkenen()
        for segment in self.segmenten():
            path = bestand(self.map, segment["naam"])
            if segment["naam"].startswith(f"{naam}-{onderwerp}") and path.exists():
                tokens = pq.read_table(path, columns=[BETROKKENE])[BETROKKENE].combine_chunks().drop_null()
                found.voeg_toe(as_numbers(self.sleutels.betrokkene.ontsleutel(tokens))[0])
        return found.nummers()

    def segmenten(self) -> list[Rij]:
        """The segments that count, in order."""
        return self._instellingen.grootboek.rijen(keten.alle_segmenten())

    def zoek(self, nummers: Nummers) -> list[dict[str, Any]]:
        """Everything the log says about one person."""
        token = self.sleutels.betrokkene.versleutel(as_cijfers(nummers))[0].as_py()
        paths = (bestand(self.map, segment["naam"]) for segment in self.segmenten())
        return verwerkingslog_lezen.zoek([path for path in paths if path.exists()], token)

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
        gone = self._vernietigd()
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
        record = verwerkingslog_lezen.eerste_breuk(written, segment["naam"], self.sleutels)
        if record is not None:
            yield Breuk(segment["naam"], record, "klopt niet")

    def _niet_gelogd(self, gone: set[str]) -> Iterator[Breuk]:
        """What the ledger says was done and the log does not have."""
        logged = {(row["trace_id"], row["span_id"]) for _, row in self.handelingen()}
        doorgangen, geleverd = map(self._instellingen.grootboek.rijen, keten.verwachte_handelingen())
        expected = [(row["levering_id"], f"{row['doel']}/{row['toelating']}") for row in doorgangen]
        expected += [(row["run_id"], row["ontvanger"]) for row in geleverd]
        for onderwerp, onderdeel in expected:
            handeling = Handeling(onderwerp, onderdeel, "", "", NOOIT, NOOIT, "")
            if (handeling.trace_id, handeling.span_id) not in logged and not any(onderwerp in naam for naam in gone):
                yield Breuk(onderwerp, None, "is gedaan en staat niet in het logboek")

    def _vernietigd(self) -> set[str]:
        """Segments that were purged with proof."""
        v = t.vernietiging.c
        rows = self._instellingen.grootboek.rijen(sa.select(v.onderwerp).where(v.dataset == "logboek"))
        return {row["onderwerp"] for row in rows}
