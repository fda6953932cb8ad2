"""One process at a time at a piece of work, by way of the ledger: two schedulers may start the same step.

The lock is that of a session or an open file, so a process that is killed lets go of it.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.engine import Engine


@contextmanager
def alleen(engine: Engine, naam: str) -> Iterator[None]:
    """Waits until nobody else is at this work, on this machine or another that has the same ledger."""
    if engine.dialect.name == "postgresql":
        nummer = int.from_bytes(hashlib.sha256(naam.encode()).digest()[:8], signed=True)
        with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.execute(sa.select(sa.func.pg_advisory_lock(nummer)))
            try:
                yield
            finally:
                connection.invalidate()  # ends the session and so the lock, also when the server is away by now
        return
    assert engine.url.database is not None
    file = os.open(Path(engine.url.database).with_name(f".{naam}.slot"), os.O_CREAT | os.O_RDWR, 0o600)
    try:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
    finally:
        os.close(file)
