"""The published persoonslijsten, read without the readers: which elements there are, and what stands in them."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator
from pathlib import Path

LO_BRP = "LO-BRP"  # what `niet_gelezen` calls a persoonslijst
_BESTAND = "brp/testset_persoonslijsten_gbav_20220502.csv"


def bestand(real: Path) -> Path:
    """The published test set."""
    return real / _BESTAND


def rijen(real: Path) -> Iterator[list[tuple[str, str]]]:
    """Every row as pairs of element number and text, empty ones left out."""
    with bestand(real).open(encoding="utf-8-sig", newline="") as file:
        header, *rows = csv.reader(file, delimiter=";")
    for row in rows:
        yield [(naam, text) for naam, text in zip(header, row, strict=False) if text]


def elementen(real: Path) -> set[str]:
    """The numbers of the elements that have a column."""
    with bestand(real).open(encoding="utf-8-sig", newline="") as file:
        return {naam for naam in next(csv.reader(file, delimiter=";")) if re.fullmatch(r"\d\d\.(\d\d\.\d\d|H)", naam)}
