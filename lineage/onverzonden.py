"""Outcome rows that were entered and of which nobody outside was told yet: entered with the row, gone when it was told.

A process that is killed between the two leaves them to whoever does the next step.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from lineage import tabellen as t

if TYPE_CHECKING:
    from lineage.ledger import Ledger

_O = t.onverzonden.c


def noteer(connection: Connection, stap_nr: int) -> None:
    """Enters that a row is still to be told of, in the transaction that enters the row."""
    connection.execute(t.onverzonden.insert().values(stap_nr=stap_nr))


def wachtend(ledger: Ledger) -> list[int]:
    """The numbers of those rows, in order."""
    return [row["stap_nr"] for row in ledger.rijen(sa.select(_O.stap_nr).order_by(_O.stap_nr))]


def lees(ledger: Ledger, stap_nr: int) -> tuple[dict[str, Any], dict[tuple[str, str, str], int]]:
    """A row as it was entered, and its counts by (doel, table, reason)."""
    (row,) = ledger.rijen(sa.select(t.stap).where(t.stap.c.stap_nr == stap_nr))
    counts = ledger.rijen(sa.select(t.telling).where(t.telling.c.stap_nr == stap_nr))
    return dict(row), {(each["doel"], each["tabel"], each["reden"]): each["aantal"] for each in counts}


def verzonden(ledger: Ledger, stap_nr: int) -> None:
    """Enters that a row was told of."""
    with ledger.transactie() as connection:
        connection.execute(t.onverzonden.delete().where(_O.stap_nr == stap_nr))
