"""How a ledger stands, asked without changing anything: opening it as `Ledger` would bring its tables up to date."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

import sqlalchemy as sa

from lineage import tabellen as t
from lineage.databank import adres, nieuwste_revisie, revisie

ANTWOORD = 5  # seconds a database has to answer


@dataclass(frozen=True)
class Toestand:
    """Whether a ledger answered, whether its tables are of this version, and when a step last succeeded."""

    bereikbaar: bool
    bijgewerkt: bool = False
    laatste: datetime | None = None


def toestand(url: str) -> Toestand:
    """Asks a ledger how it is."""
    address = adres(url)
    if address.get_backend_name() == "sqlite":
        # A file that is not there must not be made by looking.
        address = address.set(database=f"file:{address.database}", query={"mode": "ro", "uri": "true"})
        options = {"timeout": ANTWOORD}
    else:
        options = {"connect_timeout": ANTWOORD}
    engine = sa.create_engine(address, poolclass=sa.NullPool, connect_args=options)
    try:
        with engine.connect() as connection:
            if revisie(connection) != nieuwste_revisie():
                return Toestand(bereikbaar=True)
            query = sa.select(sa.func.max(t.stap.c.beeindigd_op)).where(t.stap.c.status == "gelukt")
            last = connection.execute(query).scalar()
            return Toestand(bereikbaar=True, bijgewerkt=True, laatste=last and last.replace(tzinfo=UTC))
    except sa.exc.SQLAlchemyError:
        return Toestand(bereikbaar=False)
