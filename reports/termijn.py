"""The agreed norm: by which day the messages of a product and the leveringen of a bron are due, and which were late.

Late is said as of the last thing that happened in the ledger, so that the same ledger gives the same pages.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime

from reports.blad import AMSTERDAM, MAANDEN, Cel, Oordeel
from reports.gegevens import Run
from schemas.load import doelen, producten


def volgende(periode: str) -> str:
    """The month after a month: `2026-12` gives `2027-01`."""
    jaar, maand = (int(part) for part in periode.split("-"))
    return f"{jaar + maand // 12}-{maand % 12 + 1:02d}"


def dag(moment: datetime) -> date:
    """The day of a moment, in the Netherlands."""
    return moment.astimezone(AMSTERDAM).date()


def datum(waarde: date | None) -> str:
    """A day as `2 maart 2026`; empty without one."""
    return f"{waarde.day} {MAANDEN[waarde.month - 1]} {waarde.year}" if waarde else ""


def product_uiterlijk(product: str, periode: str) -> date | None:
    """The last day on which the messages of a product about a month are on time; None when nothing was agreed."""
    nummer = producten()[product].uiterlijk
    return date.fromisoformat(f"{volgende(periode)}-{nummer:02d}") if nummer else None


def bron_uiterlijk(bron: str, periode: str) -> date | None:
    """The day on which the first product that needs it is due; None for a bron that no product with a norm needs."""
    days = [product_uiterlijk(naam, periode) for naam, item in producten().items() if bron in _bronnen(item.doel)]
    return min((day for day in days if day), default=None)


def _bronnen(doel: str) -> set[str]:
    return {raadpleging.tabel.partition(".")[0] for raadpleging in doelen()[doel].bronnen}


def eerste_per_ontvanger(run: Run) -> dict[str, date]:
    """Per recipient the day of its first delivery for the month of a run, by whichever run."""
    first: dict[str, date] = {}
    for zending in run.zendingen:
        day = dag(zending.dagtekening)
        first[zending.ontvanger] = min(day, first.get(zending.ontvanger, day))
    return first


def oordeel(run: Run, stand: datetime | None) -> Cel:
    """Whether a product and month was delivered as agreed."""
    norm = product_uiterlijk(run.product, run.periode)
    if norm is None:
        return "geen norm"
    days = eerste_per_ontvanger(run).values()
    late = sum(day > norm for day in days)
    open_ = run.geteld is None or any(row.status == "voorgenomen" for row in run.uitleveringen)
    if late:
        return Oordeel(f"te laat bij {late}", goed=False)
    if open_:
        passed = stand is not None and dag(stand) > norm
        return Oordeel("te laat", goed=False) if passed else "loopt nog"
    return Oordeel("op tijd", goed=True)


def dagen_te_laat(dagen: Iterable[date], norm: date | None) -> int:
    """How many days after the norm the last of these came; zero when all were on time."""
    return max(((day - norm).days for day in dagen if norm and day > norm), default=0)
