"""Periods: a calendar month `YYYY-MM`; its peildatum is the last day."""

from __future__ import annotations

import calendar
from datetime import date


def peildatum(periode: str) -> date:
    """The last day of a month."""
    jaar, maand = (int(deel) for deel in periode.split("-"))
    return date(jaar, maand, calendar.monthrange(jaar, maand)[1])


def maand_erbij(periode: str, aantal: int) -> str:
    """The month `aantal` months later (or earlier when negative)."""
    jaar, maand = (int(deel) for deel in periode.split("-"))
    count = jaar * 12 + maand - 1 + aantal
    return f"{count // 12:04d}-{count % 12 + 1:02d}"
