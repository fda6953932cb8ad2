"""The database a ledger stands in: opened, brought up to date, and away or full said with a code."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine

from schemas.fout import KetenFout

MIGRATIONS = Path(__file__).parent / "migrations"
_MIGRATE_TRIES = 5
# A transaction that changes things reads first, so it must be alone from its beginning. Transactions are short.
ONE_WRITER = {"sqlite": "BEGIN IMMEDIATE", "postgresql": "SELECT pg_advisory_xact_lock(7365676)"}


@cache
def open_engine(url: str) -> Engine:
    """An engine on a database that has the newest tables.

    SQLite gets WAL and waits for other writers; PostgreSQL counts its days in UTC, and a connection that was lost while
    nobody used it is replaced.
    """
    engine = sa.create_engine(adres(url), pool_pre_ping=True)
    sa.event.listen(engine, "connect", _configure_sqlite if engine.dialect.name == "sqlite" else _configure_postgresql)
    _migrate(engine)
    return engine


def adres(url: str) -> sa.URL:
    """The URL of a ledger with the driver that is installed."""
    address = sa.make_url(url)
    return address.set(drivername="postgresql+psycopg") if address.drivername == "postgresql" else address


def revisie(connection: Connection) -> str | None:
    """Of which revision the tables are; None when there are none."""
    if not sa.inspect(connection).has_table("alembic_version"):
        return None
    return connection.execute(sa.text("select version_num from alembic_version")).scalar()


def nieuwste_revisie() -> str:
    """The revision this version of the code works with."""
    return max(path.stem.split("_")[0] for path in (MIGRATIONS / "versions").glob("[0-9]*.py"))


def _configure_sqlite(connection: Any, _record: object) -> None:
    cursor = connection.cursor()
    cursor.execute("PRAGMA journal_mode=WAL")
    cursor.execute("PRAGMA busy_timeout=60000")
    cursor.execute("PRAGMA foreign_keys=ON")
    cursor.close()


def _configure_postgresql(connection: Any, _record: object) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET TIME ZONE 'UTC'")
    connection.commit()


def _migrate(engine: Engine) -> None:
    """Brings the tables to the newest revision; when another process is at it, waits for it."""
    for _ in range(_MIGRATE_TRIES):
        try:
            _upgrade(engine)
        except sa.exc.OperationalError:
            time.sleep(1)
        else:
            return
    _upgrade(engine)


def _upgrade(engine: Engine) -> None:
    with engine.connect() as connection:
        if revisie(connection) == nieuwste_revisie():
            return
    from alembic import command  # noqa: PLC0415 - only a new or old database pays for this import
    from alembic.config import Config  # noqa: PLC0415

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    with engine.begin() as connection:
        # Begun by hand, for the driver of SQLite begins nothing for a table: it is all of it, or nothing.
        connection.exec_driver_sql(ONE_WRITER[connection.dialect.name])
        config.attributes["connection"] = connection
        command.upgrade(config, "head")


@contextmanager
def bereikbaar() -> Iterator[None]:
    """Says with a code that the database is away, stays locked or has no room; never with a statement or its values."""
    try:
        yield
    except (sa.exc.OperationalError, sa.exc.InterfaceError) as fout:
        full = "full" in str(fout.orig)
        raise KetenFout("O-SCHIJF" if full else "O-GROOTBOEK", "" if full else type(fout.orig).__name__) from None
