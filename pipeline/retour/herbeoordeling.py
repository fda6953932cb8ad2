"""Signals a recipient has had for longer than the doelprofiel allows, without saying what it found."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time

import pyarrow.parquet as pq
import sqlalchemy as sa

from lineage import retour as ledger_retour
from lineage import tabellen as t
from lineage.ledger import Rij
from pipeline.geleverd import geleverd_pad
from pipeline.instellingen import Instellingen
from pipeline.mutaties import VERVALLEN
from pipeline.periode import maand_erbij, peildatum
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


@dataclass(frozen=True)
class Onbeslist:
    """A signal that was sent and has no verdict yet, by its number in the message."""

    ontvanger: str
    product: str
    signaal_id: str
    signaal_code: str
    sinds: datetime


def onbesliste_signalen(instellingen: Instellingen, product: str, voor: datetime) -> list[Onbeslist]:
    """The signals of a product for review: sent before a moment and never answered, or in onderzoek since before it.

    What was withdrawn or ended since needs no answer any more.
    """
    ledger = instellingen.grootboek
    judged, u = ledger_retour.beoordeeld(ledger), t.uitlevering.c
    query = sa.select(t.uitlevering).where(u.status == "geleverd", u.product == product)
    open_: dict[tuple[str, str], Onbeslist] = {}
    old_enough = ledger.rijen(query.where(u.dagtekening < voor).limit(1))
    for row in ledger.rijen(query.order_by(u.dagtekening, u.volgnummer)) if old_enough else ():
        for nr, code, mutatie in _verzonden(instellingen, row):
            key = (row["ontvanger"], nr)
            if mutatie in VERVALLEN:
                open_.pop(key, None)
            elif key not in judged:
                open_.setdefault(key, Onbeslist(row["ontvanger"], row["product"], nr, code, row["dagtekening"]))
    moment = voor.replace(tzinfo=None)
    found = [item for item in open_.values() if item.sinds < moment]
    found += [
        Onbeslist(row["ontvanger"], row["product"], row["signaal_id"], row["signaal_code"], row["ontvangen_op"])
        for row in ledger_retour.onbesliste_signalen(ledger, voor)
        if row["product"] == product
    ]
    return sorted(found, key=lambda item: (item.ontvanger, item.product, item.signaal_id))


def _verzonden(instellingen: Instellingen, uitlevering: Rij) -> Iterator[tuple[str, str, str]]:
    path = geleverd_pad(instellingen, uitlevering["run_id"])
    if path.exists():
        columns = ["signaal_id", "signaal_code", "mutatie"]
        table = pq.read_table(path, columns=columns, filters=[("ontvanger", "=", uitlevering["ontvanger"])])
        yield from zip(*(column.to_pylist() for column in table.columns), strict=True)
