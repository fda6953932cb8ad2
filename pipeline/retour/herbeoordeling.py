"""Signals a recipient has had for longer than the doelprofiel allows, without saying what it found."""

from __future__ import annotations

from collections import Counter
from datetime import date, datetime, time

from pipeline.instellingen import Instellingen
from pipeline.periode import maand_erbij, peildatum
from pipeline.retour.retour import onbesliste_signalen
from schemas.load import doelen, producten


def te_herbeoordelen(instellingen: Instellingen, op: date) -> dict[tuple[str, str], int]:
    """How many, per product and recipient, on a day."""
    found: Counter[tuple[str, str]] = Counter()
    for product in producten().values():
        voor = datetime.combine(maanden_terug(op, doelen()[product.doel].herbeoordeling_maanden), time())
        found.update((een.product, een.ontvanger) for een in onbesliste_signalen(instellingen, product.product, voor))
    return dict(sorted(found.items()))


def maanden_terug(op: date, maanden: int) -> date:
    """The same day some months earlier, or the last day of that month when it has no such day."""
    last = peildatum(maand_erbij(f"{op:%Y-%m}", -maanden))
    return last.replace(day=min(op.day, last.day))
