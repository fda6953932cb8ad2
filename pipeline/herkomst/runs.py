"""What runs leave behind, for whoever follows a signal or a record through them."""

from __future__ import annotations

from pathlib import Path

import sqlalchemy as sa

from lineage import tabellen as t
from lineage.ledger import Ledger, Rij
from pipeline.instellingen import Instellingen
from pipeline.signaleer import run_map


def runs_met(ledger: Ledger, levering_nr: int) -> list[Rij]:
    """The product runs that used a levering, in order."""
    r, used = t.productrun.c, t.run_levering.c
    query = sa.select(t.productrun).join(t.run_levering, used.run_id == r.run_id).where(used.levering_nr == levering_nr)
    return ledger.rijen(query.order_by(r.volgorde))


def alle_runs(ledger: Ledger) -> list[Rij]:
    """All product runs, newest first."""
    return ledger.rijen(sa.select(t.productrun).order_by(t.productrun.c.volgorde.desc()))


def bewijs_van(instellingen: Instellingen, run_id: str, product: str) -> Path:
    """The bewijs of a run."""
    return run_map(instellingen, run_id) / f"bewijs_{product}.parquet"


def ontvangers_van(ledger: Ledger, run_id: str) -> set[str]:
    """The recipients to whom a run was delivered."""
    return {naam for naam, row in ledger.uitleveringen(run_id).items() if row["status"] == "geleverd"}
