"""Plans the deliveries of a run: who gets one, under which number, and who may not and why."""

from __future__ import annotations

import uuid
from datetime import date

from lineage.ledger import Ledger, Rij, now
from pipeline.uitlevering.samenstel import Samenstelling
from pipeline.uitlevering.status import MUTATIES, ONGEWIJZIGD, TEGENGEHOUDEN, VOLLEDIG, VOORGENOMEN
from privacy.doelbinding import belemmering
from schemas.load import doelen, ontvangers
from schemas.model import Product

IDENTIFICATIE = uuid.UUID("6f3e0f0e-2d0a-5f0a-9a35-7f1c6f2f9a11")  # namespace of bericht_identificatie


def voornemens(ledger: Ledger, run: Rij, product: Product, samenstelling: Samenstelling, vastgelegd: str) -> list[Rij]:
    """One planned delivery per recipient; only what will be sent takes a volgnummer.

    A message with everything is sent also when that is nothing. `vastgelegd` is what they are made with, as JSON.
    """
    volgnummers = ledger.volgnummers(product.product)
    dagtekening = now()
    rows: list[Rij] = []
    for naar in sorted(samenstelling.rijen.keys() | samenstelling.ongewijzigd.keys()):
        start, stop = samenstelling.rijen.get(naar, (0, 0))
        code = _belemmering(product, naar, dagtekening.date())
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
                "vastgelegd": vastgelegd,
                "vergeleken_met": samenstelling.vergeleken_met.get(naar),
            }
        )
    return rows


def _belemmering(product: Product, naar: str, dag: date) -> str | None:
    """Why a recipient may not receive this product on a day, as a code; None when it may."""
    ontvanger = ontvangers().get(naar)
    if ontvanger is None:
        return "U-ONTVANGER"
    if fout := belemmering(product.doel, dag):
        return fout.code
    if ontvanger.soort not in doelen()[product.doel].ontvangers:
        return "U-ONTVANGER-DOEL"
    ended = ontvanger.overeenkomst_tot is not None and ontvanger.overeenkomst_tot < dag
    if product.product not in ontvanger.producten or ontvanger.overeenkomst_van > dag or ended:
        return "U-OVEREENKOMST"
    return None
