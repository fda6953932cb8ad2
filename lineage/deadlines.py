"""By which day each product of each period was due, and whether that was met: entered ahead, judged afterwards."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import date, datetime

import sqlalchemy as sa

from lineage import tabellen as t
from lineage.ledger import Ledger, Rij, now

LEVER = "lever"


def deadlines(ledger: Ledger, product: str | None = None) -> list[Rij]:
    """All deadlines, or those of a product, by product and period."""
    d = t.deadline.c
    query = sa.select(t.deadline).order_by(d.product, d.periode)
    return ledger.rijen(query if product is None else query.where(d.product == product))


def stel(ledger: Ledger, product: str, dagen: Mapping[str, date]) -> None:
    """Enters the last day on time of periods of a product; one that was entered stays as it was."""
    d = t.deadline.c
    with ledger.transactie() as connection:
        known: set[str] = set(connection.execute(sa.select(d.periode).where(d.product == product)).scalars())
        rows = [
            {"product": product, "periode": periode, "uiterlijk": dag, "gesteld_op": now()}
            for periode, dag in sorted(dagen.items())
            if periode not in known
        ]
        if rows:
            connection.execute(t.deadline.insert(), rows)


def geleverd_op(ledger: Ledger, product: str, perioden: Collection[str]) -> dict[str, datetime]:
    """Per period when a delivery of it first ended for every recipient."""
    s = t.stap.c
    where = (s.soort == LEVER, s.status == "gelukt", s.product == product, s.periode.in_(perioden))
    query = sa.select(s.periode, sa.func.min(s.beeindigd_op).label("op")).where(*where).group_by(s.periode)
    return {row["periode"]: row["op"] for row in ledger.rijen(query)}


def haal(ledger: Ledger, product: str, periode: str, op: datetime) -> None:
    """Enters when a period of a product was with all its recipients."""
    _zet(ledger, product, periode, "gehaald_op", op)


def mis(ledger: Ledger, product: str, periode: str) -> None:
    """Enters that a period of a product was not with all its recipients in time: seen now."""
    _zet(ledger, product, periode, "gemist_op", now())


def _zet(ledger: Ledger, product: str, periode: str, kolom: str, op: datetime) -> None:
    d = t.deadline.c
    with ledger.transactie() as connection:
        where = (d.product == product, d.periode == periode, d[kolom].is_(None))
        connection.execute(t.deadline.update().where(*where).values({kolom: op}))
