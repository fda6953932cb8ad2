"""Questions about leveringen and decisions on them: what was counted before, what is parked, what somebody decided."""

from __future__ import annotations

from collections.abc import Collection, Mapping

import sqlalchemy as sa

from lineage import tabellen as t
from lineage.afdrukken import vergeet
from lineage.ledger import Ledger, Rij, Stap, now
from lineage.vervanging import ONTVANGEN, herzie

GEPARKEERD, AFGEKEURD = "geparkeerd", "afgekeurd"
GETELD = "ontvangen"  # the reason under which the door counts all records of a table, whatever the doel
ONBEKEND = "onbekend"  # who delivered a record cannot be told from it


def vind(ledger: Ledger, levering_id: str) -> Rij | None:
    """The levering with this id."""
    found = ledger.rijen(sa.select(t.levering).where(t.levering.c.levering_id == levering_id))
    return found[0] if found else None


def alle(ledger: Ledger, status: str | None = None) -> list[Rij]:
    """All leveringen in order of receipt, or those with a status."""
    query = sa.select(t.levering).order_by(t.levering.c.levering_nr)
    return ledger.rijen(query if status is None else query.where(t.levering.c.status == status))


def besluiten(ledger: Ledger, levering_nr: int) -> list[Rij]:
    """What was decided on a levering, in order."""
    b = t.besluit.c
    return ledger.rijen(sa.select(t.besluit).where(b.levering_nr == levering_nr).order_by(b.besluit_nr))


def overlappend(ledger: Ledger, levering: Rij, tabellen: Collection[str]) -> list[str]:
    """Ids of leveringen that hold part of what a restating one restates, and more, or may do so.

    More is another table beside the shared ones, or records of an aanleveraar that one of the two does not name.
    """
    c, held = t.levering.c, ledger.tabellen_per_levering()
    query = sa.select(t.levering).where(
        c.bron == levering["bron"], c.periode == levering["periode"], c.status == ONTVANGEN
    )
    found = []
    for row in ledger.rijen(query):
        tables = held.get(row["levering_nr"], frozenset())
        parties = {row["aanleveraar"], levering["aanleveraar"]}
        partly = len(parties) == 1 and not tables <= set(tabellen)
        if tables & set(tabellen) and (partly or (len(parties) == 2 and None in parties)):
            found.append(row["levering_id"])
    return found


def geteld(ledger: Ledger) -> dict[tuple[int, str], int]:
    """How many records the door counted, per levering that counts and table."""
    query = (
        sa.select(t.levering.c.levering_nr, t.telling.c.tabel, sa.func.max(t.telling.c.aantal).label("aantal"))
        .join(t.stap, t.stap.c.onderwerp == t.levering.c.levering_id)
        .join(t.telling, t.telling.c.stap_nr == t.stap.c.stap_nr)
        .where(t.stap.c.soort == "deur", t.telling.c.doel == "", t.telling.c.reden == GETELD)
        .where(t.levering.c.status == ONTVANGEN)
        .group_by(t.levering.c.levering_nr, t.telling.c.tabel)
    )
    return {(row["levering_nr"], row["tabel"]): row["aantal"] for row in ledger.rijen(query)}


def goedgekeurd(ledger: Ledger) -> frozenset[int]:
    """The leveringen that somebody approved: they are not judged again."""
    query = sa.select(t.besluit.c.levering_nr).where(t.besluit.c.besluit == "goedgekeurd")
    return frozenset(row["levering_nr"] for row in ledger.rijen(query))


def parkeer(ledger: Ledger, levering: Rij, stap: Stap, wijzer: str, kapot: Mapping[int, str]) -> None:
    """Puts aside a levering after the door counted it, with the broken files; it has passed for no doel then."""
    nr, c, b = levering["levering_nr"], t.levering.c, t.levering_bestand.c
    with ledger.transactie() as connection:
        parked = t.levering.update().where(c.levering_nr == nr, c.status == ONTVANGEN)
        values = {"status": GEPARKEERD, "code": stap.code, "wijzer": wijzer or None}
        if not connection.execute(parked.values(values)).rowcount:
            return
        ledger.schrijf_stap(stap, connection)
        connection.execute(t.doorgang.delete().where(t.doorgang.c.levering_nr == nr))
        vergeet(connection, [f"lake/*/*/{nr:06d}-*.parquet"])
        for bestand_nr, code in kapot.items():
            where = (b.levering_nr == nr, b.bestand_nr == bestand_nr)
            connection.execute(t.levering_bestand.update().where(*where).values(code=code))
        herzie(connection, levering["bron"], levering["periode"])


def besluit(ledger: Ledger, levering: Rij, besluit: str, reden: str, door: str) -> bool:
    """Enters a decision (`goedgekeurd` or `afgekeurd`) on a parked levering; whether it still was parked.

    An approved levering counts from now on, with what it replaces; its code stays as the reason it was looked at.
    """
    nr, c = levering["levering_nr"], t.levering.c
    status = AFGEKEURD if besluit == AFGEKEURD else ONTVANGEN
    with ledger.transactie() as connection:
        decided = t.levering.update().where(c.levering_nr == nr, c.status == GEPARKEERD)
        if not connection.execute(decided.values(status=status)).rowcount:
            return False
        values = {"levering_nr": nr, "besluit": besluit, "reden": reden, "door": door, "op": now()}
        connection.execute(t.besluit.insert().values(values))
        herzie(connection, levering["bron"], levering["periode"])
    return True


def laatste_tellingen(ledger: Ledger, levering_id: str) -> dict[tuple[str, str, str], int]:
    """What the door counted the last time a levering passed, per (doel, table, reason)."""
    s = t.stap.c
    newest = sa.select(sa.func.max(s.stap_nr)).where(s.onderwerp == levering_id, s.soort == "deur").scalar_subquery()
    rows = ledger.rijen(sa.select(t.telling).where(t.telling.c.stap_nr == newest))
    return {(row["doel"], row["tabel"], row["reden"]): row["aantal"] for row in rows}
