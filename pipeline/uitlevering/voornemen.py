"""Plans the deliveries of a run: who gets one, under which number, and who may not and why."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime

from lineage.ledger import Ledger, Rij, now
from pipeline.certificaten import Certificaten
from pipeline.uitlevering.adressaat import adressaat, overeenkomst_bezwaar
from pipeline.uitlevering.samenstel import Samenstelling
from pipeline.uitlevering.status import MUTATIES, ONGEWIJZIGD, TEGENGEHOUDEN, VOLLEDIG, VOORGENOMEN
from privacy.doelbinding import belemmering
from schemas.fout import KetenFout
from schemas.load import doelen, ontvangers
from schemas.product import Product

IDENTIFICATIE = uuid.UUID("6f3e0f0e-2d0a-5f0a-9a35-7f1c6f2f9a11")  # namespace of bericht_identificatie


@dataclass(frozen=True)
class Plan:
    """What deliveries are planned from; `vastgelegd` is what they are made with, as JSON."""

    run: Rij
    product: Product
    samenstelling: Samenstelling
    certificaten: Certificaten
    vastgelegd: str


def voornemens(ledger: Ledger, plan: Plan) -> list[Rij]:
    """One planned delivery per recipient; only what will be sent takes a volgnummer.

    A message with everything is sent also when that is nothing.
    """
    run, product, samenstelling = plan.run, plan.product, plan.samenstelling
    waiting = {naar for who in ledger.onderweg(product.product, run["volgorde"]).values() for naar in who}
    volgnummers = ledger.volgnummers(product.product)
    dagtekening = now()
    rows: list[Rij] = []
    for naar in sorted(samenstelling.rijen.keys() | samenstelling.ongewijzigd.keys()):
        start, stop = samenstelling.rijen.get(naar, (0, 0))
        code = "U-WACHT" if naar in waiting else _belemmering(plan, naar, dagtekening)
        whole = naar in samenstelling.volledig
        status = ONGEWIJZIGD if start == stop and not whole else TEGENGEHOUDEN if code else VOORGENOMEN
        send = status == VOORGENOMEN
        rows.append(
            {
                "run_id": run["run_id"],
                "ontvanger": naar,
                "product": product.product,
                "periode": run["periode"],
                "volgnummer": volgnummers.get(naar, 0) + 1 if send else None,
                "bericht_identificatie": str(uuid.uuid5(IDENTIFICATIE, f"{run['run_id']}/{naar}")),
                "leveringsoort": VOLLEDIG if whole else MUTATIES,
                "aantal": stop - start,
                "ongewijzigd": samenstelling.ongewijzigd.get(naar, 0),
                "status": status,
                "code": code if status == TEGENGEHOUDEN else None,
                "dagtekening": dagtekening,
                "vastgelegd": plan.vastgelegd,
                "vergeleken_met": samenstelling.vergeleken_met.get(naar),
            }
        )
    return rows


def _belemmering(plan: Plan, naar: str, op: datetime) -> str | None:
    """Why a recipient may not receive this product at a moment, as a code; None when it may."""
    product, dag = plan.product, op.date()
    ontvanger = ontvangers().get(naar)
    if ontvanger is None:
        return "U-ONTVANGER"
    if fout := belemmering(product.doel, dag):
        return fout.code
    if ontvanger.soort not in doelen()[product.doel].ontvangers:
        return "U-ONTVANGER-DOEL"
    if code := overeenkomst_bezwaar(ontvanger, dag, product.product):
        return code
    try:
        plan.certificaten.versleutelaar(adressaat(ontvanger, product.product, dag), op)
    except KetenFout as fout:
        return fout.code
    return None
