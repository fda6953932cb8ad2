"""What was reported back on a levering, per aanleveraar."""

from __future__ import annotations

from collections.abc import Mapping

import sqlalchemy as sa

from lineage import tabellen as t
from lineage.ledger import Ledger, Rij, Stap, now
from lineage.leveringen import AFGEKEURD


def heeft_verslag(ledger: Ledger, levering_nr: int) -> bool:
    """Whether the reports on a levering were made."""
    return bool(ledger.rijen(sa.select(t.verslag.c.aanleveraar).where(t.verslag.c.levering_nr == levering_nr).limit(1)))


def doelen_van(ledger: Ledger, levering_nr: int) -> frozenset[str]:
    """The doelen for which a levering passed the door, under whatever toelating."""
    query = sa.select(t.doorgang.c.doel).where(t.doorgang.c.levering_nr == levering_nr).distinct()
    return frozenset(row["doel"] for row in ledger.rijen(query))


def afgekeurd_zonder_verslag(ledger: Ledger) -> list[Rij]:
    """The leveringen that were refused and of which nobody was told anything, in order of receipt."""
    c = t.levering.c
    told = sa.select(t.verslag.c.levering_nr)
    query = sa.select(t.levering).where(c.status == AFGEKEURD, c.levering_nr.not_in(told))
    return ledger.rijen(query.order_by(c.levering_nr))


def registreer(
    ledger: Ledger, levering_nr: int, aangenomen: Mapping[str, int], afgekeurd: Mapping[str, int], stap: Stap
) -> None:
    """Enters the reports on a levering, and the outcome row of making them."""
    with ledger.transactie() as connection:
        ledger.schrijf_stap(stap, connection)
        rows = [
            {
                "levering_nr": levering_nr,
                "aanleveraar": wie,
                "aangenomen": aangenomen[wie],
                "afgekeurd": afgekeurd[wie],
                "gemaakt_op": now(),
            }
            for wie in aangenomen
        ]
        if rows:
            connection.execute(t.verslag.insert(), rows)


def verslagen_van(ledger: Ledger, levering_nr: int) -> list[Rij]:
    """The reports on a levering, by aanleveraar."""
    v = t.verslag.c
    return ledger.rijen(sa.select(t.verslag).where(v.levering_nr == levering_nr).order_by(v.aanleveraar))
