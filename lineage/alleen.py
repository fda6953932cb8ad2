"""One process at a time at a piece of work, by way of the ledger: two schedulers may start the same step.

The lock is that of a session or an open file, so a process that is killed lets go of it. So does a database that is
restarted: who goes on after that asks first whether the lock is still there.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Engine

from schemas.fout import KetenFout


@dataclass(frozen=True, eq=False)
class Slot:
    """A lock that is held; `controleer` fails when it is not any more."""

    controleer: Callable[[], None]


@contextmanager
def alleen(engine: Engine, naam: str) -> Iterator[Slot]:
    """Waits until nobody else is at this work, on this machine or another that has the same ledger."""
    if engine.dialect.name == "postgresql":
        nummer = int.from_bytes(hashlib.sha256(naam.encode()).digest()[:8], signed=True)
        with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.execute(sa.select(sa.func.pg_advisory_lock(nummer)))
            session = connection.connection.dbapi_connection
            try:
                yield Slot(lambda: _leeft(engine, session))
            finally:
                connection.invalidate()  # ends the session and so the lock, also when the server is away by now
        return
    assert engine.url.database is not None
    file = os.open(Path(engine.url.database).with_name(f".{naam}.slot"), os.O_CREAT | os.O_RDWR, 0o600)
    try:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield Slot(lambda: None)  # goes with this process only
    finally:
        os.close(file)


def _leeft(engine: Engine, sessie: Any) -> None:
    """Fails when a session has ended, and its lock with it: another may be at the same work by now."""
    assert engine.dialect.dbapi is not None
    try:
        sessie.execute("SELECT 1")
    except engine.dialect.dbapi.Error:
        raise KetenFout("O-GROOTBOEK", "slot") from None
