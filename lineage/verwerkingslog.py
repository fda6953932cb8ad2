"""The segments of the processing log, each with the digest of the one before it.

A segment is entered in the transaction that makes its step true, so the log says neither more nor less than was done.
The order of the segments is that of their numbers; processes that write at the same time take turns.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from lineage import tabellen as t
from schemas.load import producten

BEGIN = "0" * 64


@dataclass(frozen=True)
class Logsegment:
    """A written segment: its name, which is that of its file too, and the kop in which its records end.

    `sleutelversie` is the version of the keys of the log that it is under.
    """

    naam: str
    records: int
    kop: str
    sleutelversie: int = 1


def neem_op(connection: Connection, segmenten: Iterable[Logsegment]) -> None:
    """Adds segments to the chain; the ledger has one writer at a time, so the last one stays the last."""
    table = t.verwerkingslog
    for segment in segmenten:
        last = sa.select(table.c.keten).order_by(table.c.segment_nr.desc()).limit(1)
        vorige = connection.execute(last).scalar() or BEGIN
        values = {"naam": segment.naam, "records": segment.records, "kop": segment.kop}
        entered = {
            **values,
            "vorige": vorige,
            "keten": schakel(vorige, values),
            "op": datetime.now(UTC).replace(microsecond=0),
            "sleutelversie": segment.sleutelversie,
        }
        connection.execute(table.insert().values(entered))


def schakel(vorige: str, segment: Mapping[str, Any]) -> str:
    """The digest over a segment and all before it."""
    text = "\n".join([vorige, segment["naam"], str(segment["records"]), segment["kop"]])
    return hashlib.sha256(text.encode()).hexdigest()


def alle_segmenten() -> sa.Select[Any]:
    """All segments in order."""
    return sa.select(t.verwerkingslog).order_by(t.verwerkingslog.c.segment_nr)


def eerste_breuk(segmenten: Sequence[Mapping[str, Any]]) -> str | None:
    """The name of the first segment that does not follow on the one before it; None when all do."""
    vorige = BEGIN
    for segment in segmenten:
        if segment["vorige"] != vorige or segment["keten"] != schakel(vorige, segment):
            return str(segment["naam"])
        vorige = segment["keten"]
    return None


def verwachte_handelingen() -> tuple[sa.Select[Any], sa.Select[Any]]:
    """What the ledger says was done and must therefore be logged: doorgangen, and deliveries that were made.

    A delivery of counts is about nobody.
    """
    d, u = t.doorgang.c, t.uitlevering.c
    doorgangen = sa.select(t.levering.c.levering_id, d.doel, d.toelating).join(t.levering)
    counts = [product.product for product in producten().values() if product.over == "aantallen"]
    geleverd = sa.select(u.run_id, u.ontvanger).where(u.status == "geleverd", u.aantal > 0, u.product.not_in(counts))
    return doorgangen, geleverd
