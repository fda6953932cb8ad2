"""Periods: a calendar month `YYYY-MM`; its peildatum is the last day."""

from __future__ import annotations

import calendar
import re
from datetime import date

from lineage.ledger import now
from schemas.fout import KetenFout


def controleer(periode: str) -> None:
    """Refuses what is not a month.

    Raises:
        KetenFout: `L-PERIODE`.
    """
    if not re.fullmatch(r"[0-9]{4}-(0[1-9]|1[0-2])", periode):
        raise KetenFout("L-PERIODE")


def vandaag() -> date:
    """Today, in UTC as everything in the ledger."""
    return now().date()


def peildatum(periode: str) -> date:
    """The last day of a month."""
    jaar, maand = (int(deel) for deel in periode.split("-"))
    return date(jaar, maand, calendar.monthrange(jaar, maand)[1])


def maand_erbij(periode: str, aantal: int) -> str:
    """The month `aantal` months later (or earlier when negative)."""
    jaar, maand = (int(deel) for deel in periode.split("-"))
    count = jaar * 12 + maand - 1 + aantal
    return f"{count // 12:04d}-{count % 12 + 1:02d}"
