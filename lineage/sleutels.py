"""Which key versions there are of each doel: one is `actief`, those a rotation is leaving behind are `leesbaar`.

The keys themselves are nowhere near: a version is a number.
"""

from __future__ import annotations

from collections.abc import Collection

import sqlalchemy as sa

from lineage import tabellen as t
from lineage.ledger import Ledger, Rij, Stap, now

ACTIEF, LEESBAAR, VERVALLEN = "actief", "leesbaar", "vervallen"


def versies(ledger: Ledger, doel: str | None = None) -> list[Rij]:
    """The key versions of a doel, or of all, oldest first."""
    s = t.sleutelversie.c
    query = sa.select(t.sleutelversie).order_by(s.doel, s.versie)
    return ledger.rijen(query.where(s.doel == doel) if doel else query)


def actieve_versie(ledger: Ledger, doel: str) -> int:
    """The version under which pseudonyms are made; of a doel that has none yet it will be 1."""
    return next((int(row["versie"]) for row in versies(ledger, doel) if row["status"] == ACTIEF), 1)


def neem_in_gebruik(ledger: Ledger, doel: str) -> None:
    """Enters the first version of a doel that has none."""
    if not versies(ledger, doel):
        _voeg_toe(ledger, doel, 1)


def nieuwe_versie(ledger: Ledger, doel: str, stap: Stap | None = None) -> int:
    """Makes the next version the active one; the one before stays readable. With the outcome row of the step."""
    return _voeg_toe(ledger, doel, actieve_versie(ledger, doel) + 1, stap)


def laat_vervallen(ledger: Ledger, doel: str, behalve: Collection[int] = (), stap: Stap | None = None) -> list[int]:
    """Ends the versions that were still readable, but for those that something is still under, and says which.

    With the outcome row of the step that this ends.
    """
    s = t.sleutelversie.c
    readable = [row["versie"] for row in versies(ledger, doel) if row["status"] == LEESBAAR]
    ended = [versie for versie in readable if versie not in behalve]
    with ledger.transactie() as connection:
        changed = t.sleutelversie.update().where(s.doel == doel, s.versie.in_(ended))
        connection.execute(changed.values(status=VERVALLEN, sinds=now()))
        if stap is not None:
            ledger.schrijf_stap(stap, connection)
    return ended


def _voeg_toe(ledger: Ledger, doel: str, versie: int, stap: Stap | None = None) -> int:
    s = t.sleutelversie.c
    try:
        with ledger.transactie() as connection:
            values = {"doel": doel, "versie": versie, "status": ACTIEF, "sinds": now()}
            connection.execute(t.sleutelversie.insert().values(values))
            before = t.sleutelversie.update().where(s.doel == doel, s.versie < versie, s.status == ACTIEF)
            connection.execute(before.values(status=LEESBAAR, sinds=now()))
            if stap is not None:
                ledger.schrijf_stap(stap, connection)
    except sa.exc.IntegrityError:  # another process was first
        return actieve_versie(ledger, doel)
    return versie
