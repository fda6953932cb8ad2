"""Step: keeps the deadlines in the ledger: entered before they are due, then met or missed.

A product has a deadline for every period from the moment it is watched: from its first levering on, and for no period
whose last day had passed by then. After that none is skipped, also when nobody looked for a month and also when no bron
delivered anything, which is what a missed deadline is mostly about.
"""

from __future__ import annotations

from datetime import UTC, date, datetime

from lineage import deadlines
from lineage.ledger import Ledger, Rij, now
from lineage.vernietiging import tellende_leveringen
from pipeline.instellingen import Instellingen
from pipeline.periode import maand_erbij
from reports.blad import AMSTERDAM
from reports.termijn import product_uiterlijk
from schemas.load import bronnen_van, producten


def bewaak_deadlines(instellingen: Instellingen, op: datetime | None = None) -> list[Rij]:
    """Enters the deadlines that are coming and judges those that are open; returns all that stand open or missed.

    Args:
        instellingen: the installation.
        op: the moment it is; now when None.
    """
    ledger, today = instellingen.grootboek, _dag(op or now())
    for product in producten():
        _stel(ledger, product, today)
        _oordeel(ledger, product, today)
    return openstaand(ledger)


def openstaand(ledger: Ledger) -> list[Rij]:
    """The deadlines of what is not with every recipient yet, the oldest first."""
    rows = [row for row in deadlines.deadlines(ledger) if row["gehaald_op"] is None]
    return sorted(rows, key=lambda row: (row["uiterlijk"], row["product"]))


def _stel(ledger: Ledger, product: str, today: date) -> None:
    """The periods from the first one watched up to the current month."""
    known = [row["periode"] for row in deadlines.deadlines(ledger, product)]
    current = f"{today:%Y-%m}"
    periode = maand_erbij(known[-1], 1) if known else _eerste(ledger, product)
    days = {}
    while periode is not None and periode <= current:
        day = product_uiterlijk(product, periode)
        if day is not None and (known or day >= today):
            days[periode] = day
        periode = maand_erbij(periode, 1)
    deadlines.stel(ledger, product, days)


def _eerste(ledger: Ledger, product: str) -> str | None:
    """The first period about which a bron of a product delivered."""
    wanted = bronnen_van(product)
    return min((row["periode"] for row in tellende_leveringen(ledger) if row["bron"] in wanted), default=None)


def _oordeel(ledger: Ledger, product: str, today: date) -> None:
    open_ = [row for row in deadlines.deadlines(ledger, product) if row["gehaald_op"] is None]
    delivered = deadlines.geleverd_op(ledger, product, [row["periode"] for row in open_])
    for row in open_:
        periode, moment = row["periode"], delivered.get(row["periode"])
        if (today if moment is None else _dag(moment)) > row["uiterlijk"]:
            deadlines.mis(ledger, product, periode)
        if moment is not None:
            deadlines.haal(ledger, product, periode, moment)


def _dag(moment: datetime) -> date:
    """The day of a moment of the ledger (UTC) in the Netherlands."""
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(AMSTERDAM).date()
