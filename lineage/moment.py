"""A moment as the ledger keeps it: the same on every database."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import DateTime, TypeDecorator
from sqlalchemy.engine import Dialect


class Moment(TypeDecorator[datetime]):
    """Goes in with a zone, or as UTC without one; comes out as UTC without one.

    SQLite drops the zone of what it is given and PostgreSQL gives back that of the session, so neither is left to it.
    """

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> Any:
        """To what the database is given."""
        if value is None:
            return None
        return value.astimezone(UTC) if value.tzinfo else value.replace(tzinfo=UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """From what the database gives."""
        return value.astimezone(UTC).replace(tzinfo=None) if value is not None and value.tzinfo else value
