"""In what form a recipient can save what it read; apart, so that naming it loads nothing."""

from __future__ import annotations

from enum import StrEnum


class Vorm(StrEnum):
    """A form other software takes in."""

    CSV = "csv"
    PARQUET = "parquet"
    EXCEL = "excel"
