"""Files of OpenLineage events that were kept long enough: counts and names of datasets, which the ledger has too."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

from pipeline.bewaren.vernietig import Eenheid
from pipeline.instellingen import Instellingen
from schemas.register import register

LINEAGE = "lineage"


def vind_gebeurtenissen(instellingen: Instellingen, grens: str) -> Iterator[Eenheid]:
    """One unit per month before `grens`; the file of today is never in it, because steps are being written to it."""
    termijn = register().gebeurtenissen
    today = f"{datetime.now(UTC):%Y-%m-%d}"
    months: dict[str, list[str]] = {}
    for path in sorted(instellingen.map(LINEAGE).glob("openlineage-*.ndjson")):
        day = path.stem.removeprefix("openlineage-")
        if day != today and day[:7] < grens:
            months.setdefault(day[:7], []).append(path.relative_to(instellingen.map()).as_posix())
    for month, places in months.items():
        ground = f"OpenLineage-gebeurtenissen, {termijn.maanden} maanden: {termijn.bron}"
        yield Eenheid(LINEAGE, month, "bewaartermijn", ground, tuple(places))
