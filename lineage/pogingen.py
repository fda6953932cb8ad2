"""Attempts to deliver: one that failed is entered at once, one that succeeded together with the delivery."""

from __future__ import annotations

import sqlalchemy as sa

from lineage import tabellen as t
from lineage.ledger import Ledger, Rij, now

GELUKT, MISLUKT = "gelukt", "mislukt"


def poging(row: Rij, kanaal: str, uitkomst: str, reden: str | None = None) -> Rij:
    """The row of an attempt at a delivery, now; `reden` is what kind of failure it was."""
    return {
        "run_id": row["run_id"],
        "ontvanger": row["ontvanger"],
        "kanaal": kanaal,
        "uitkomst": uitkomst,
        "reden": reden[:80] if reden else None,
        "op": now(),
    }


def schrijf_poging(ledger: Ledger, values: Rij) -> None:
    """Enters an attempt whatever becomes of the delivery."""
    with ledger.transactie() as connection:
        connection.execute(t.poging.insert().values(dict(values)))


def pogingen(ledger: Ledger, run_id: str) -> list[Rij]:
    """The attempts of a run, in order."""
    return ledger.rijen(sa.select(t.poging).where(t.poging.c.run_id == run_id).order_by(t.poging.c.poging_nr))
