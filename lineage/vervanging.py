"""Which leveringen of a period a restating (`vervangend`) one takes the place of.

A levering is `vervangen` when a later one that restates the same bron, period and aanleveraar holds all of its tables.
It follows from the leveringen that count, so it is worked out anew in every transaction that changes which those are:
a restating levering that is parked gives back what it took the place of.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from lineage import tabellen as t

ONTVANGEN, VERVANGEN, VERVANGEND = "ontvangen", "vervangen", "vervangend"


def herzie(connection: Connection, bron: str, periode: str) -> None:
    """Gives every levering of a bron and period that counts, or was replaced, the status it should have now."""
    c = t.levering.c
    query = sa.select(t.levering).where(c.bron == bron, c.periode == periode, c.status.in_([ONTVANGEN, VERVANGEN]))
    rows = [dict(row) for row in connection.execute(query.order_by(c.levering_nr)).mappings()]
    if not any(row["soort"] == VERVANGEND for row in rows):
        rows = [row for row in rows if row["status"] == VERVANGEN]
    held = {row["levering_nr"]: tabellen_van(connection, row["levering_nr"]) for row in rows}
    for index, row in enumerate(rows):
        replaced = any(_replaces(later, row, held) for later in rows[index + 1 :])
        status = VERVANGEN if replaced else ONTVANGEN
        if status != row["status"]:
            connection.execute(t.levering.update().where(c.levering_nr == row["levering_nr"]).values(status=status))


def _replaces(later: Mapping[str, Any], row: Mapping[str, Any], held: Mapping[int, frozenset[str]]) -> bool:
    same = later["aanleveraar"] == row["aanleveraar"]
    return later["soort"] == VERVANGEND and same and held[row["levering_nr"]] <= held[later["levering_nr"]]


def tabellen_van(connection: Connection, levering_nr: int) -> frozenset[str]:
    """The tables a levering may hold."""
    query = sa.select(t.levering_bestand.c.tabellen).where(t.levering_bestand.c.levering_nr == levering_nr)
    return frozenset(naam for row in connection.execute(query) for naam in row[0].split())
