"""Records somebody says are wrong: reported, in onderzoek, and how it ended. Pointers only, never a value."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from lineage import tabellen as t
from lineage.ledger import Ledger, Rij, Stap, now

IN_ONDERZOEK, HERSTELD, ONJUIST = "in_onderzoek", "hersteld", "onjuist"
UITKOMSTEN = (HERSTELD, ONJUIST)
# A record that was found to be right comes back; one that is looked into or was found to be wrong stays out.
BUITEN = (IN_ONDERZOEK, ONJUIST)


@dataclass(frozen=True)
class Gemerkt:
    """A record about which something was reported; `buiten` while it may not be used."""

    record_nr: int
    correctie_nr: int
    buiten: bool


def gemerkt(ledger: Ledger) -> dict[int, dict[str, tuple[Gemerkt, ...]]]:
    """Per levering and table the records about which anything was ever reported, in order of report.

    One that came back stays in it: what was worked out without it is not to be taken for what was worked out before.
    """
    c = t.correctie.c
    query = sa.select(c.levering_nr, c.tabel, c.record_nr, c.correctie_nr, c.status).order_by(c.correctie_nr)
    result: dict[int, dict[str, tuple[Gemerkt, ...]]] = {}
    for row in ledger.rijen(query):
        tables = result.setdefault(row["levering_nr"], {})
        found = Gemerkt(row["record_nr"], row["correctie_nr"], row["status"] in BUITEN)
        tables[row["tabel"]] = (*tables.get(row["tabel"], ()), found)
    return result


def correcties(ledger: Ledger, bron: str | None = None) -> list[Rij]:
    """All corrections with their levering, oldest first; of one bron when given."""
    c, lev = t.correctie.c, t.levering.c
    query = sa.select(t.correctie, lev.levering_id, lev.bron, lev.periode).join(t.levering).order_by(c.correctie_nr)
    return ledger.rijen(query if bron is None else query.where(lev.bron == bron))


def correctie(ledger: Ledger, correctie_nr: int) -> Rij | None:
    """One correction with its levering."""
    return next((row for row in correcties(ledger) if row["correctie_nr"] == correctie_nr), None)


def meld(ledger: Ledger, waarden: Mapping[str, Any], stap: Stap) -> int | None:
    """Enters a record as being in onderzoek; returns the number, None when it is out of use already."""
    c = t.correctie.c
    values = {**waarden, "status": IN_ONDERZOEK, "gemeld_op": now()}
    with ledger.transactie() as connection:
        key = connection.execute(t.correctie.insert().values(values)).inserted_primary_key
        assert key is not None
        same = [c[naam] == waarden[naam] for naam in ("levering_nr", "tabel", "record_nr")]
        earlier = sa.select(c.correctie_nr).where(*same, c.status.in_(BUITEN), c.correctie_nr < key[0])
        if connection.execute(earlier).first():
            connection.rollback()
            return None
        ledger.schrijf_stap(stap, connection)
    return int(key[0])


def rond_af(ledger: Ledger, correctie_nr: int, uitkomst: str, stap: Stap) -> bool:
    """Ends a correction; whether it was open."""
    c = t.correctie.c
    change = t.correctie.update().where(c.correctie_nr == correctie_nr, c.status == IN_ONDERZOEK)
    with ledger.transactie() as connection:
        changed = connection.execute(change.values(status=uitkomst, afgerond_op=now())).rowcount
        if changed:
            ledger.schrijf_stap(stap, connection)
    return bool(changed)
