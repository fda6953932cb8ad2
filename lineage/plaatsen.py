"""Where the records of a levering stand: in which of its files the records of a table begin.

A record is known by (levering, table, record number), and the numbers of a table run on from file to file. Of every
file only the number before its first record is kept, so that a file is found without reading anything.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from lineage import tabellen as t

if TYPE_CHECKING:
    from lineage.ledger import Ledger

Plaats = tuple[str, int, int]  # table, last record number before the file, number of the file


def leg_vast(connection: Connection, levering_nr: int, plaatsen: Sequence[Plaats]) -> None:
    """Enters where the tables that were read begin; what was entered for them before gives way."""
    p = t.record_plaats.c
    read = sorted({tabel for tabel, _, _ in plaatsen})
    connection.execute(t.record_plaats.delete().where(p.levering_nr == levering_nr, p.tabel.in_(read)))
    rows = [
        {"levering_nr": levering_nr, "tabel": tabel, "na_record": na, "bestand_nr": nr} for tabel, na, nr in plaatsen
    ]
    if rows:
        connection.execute(t.record_plaats.insert(), rows)


def zoek(ledger: Ledger, levering_nr: int, tabel: str, record_nr: int) -> tuple[int, int] | None:
    """The number of the file a record is in and its number within that file; None when that was never read."""
    p = t.record_plaats.c
    query = (
        sa.select(p.bestand_nr, p.na_record)
        .where(p.levering_nr == levering_nr, p.tabel == tabel, p.na_record < record_nr)
        .order_by(p.na_record.desc())
        .limit(1)
    )
    found = ledger.rijen(query)
    return (found[0]["bestand_nr"], record_nr - found[0]["na_record"]) if found else None
