"""To whom a delivery is handed: the recipient itself, or the samenwerkingsverband it authorised to receive.

A samenwerkingsverband receives as processor (AVG art. 28) for each gemeente apart: the message stays that of the
gemeente, with its numbers and its agreement, and nothing of two gemeenten is mixed. What differs is whose certificate
it is encrypted for and which channel it takes.
"""

from __future__ import annotations

from datetime import date

from schemas.fout import KetenFout
from schemas.load import machtigingen, ontvangers
from schemas.ontvanger import Ontvanger


def adressaat(ontvanger: Ontvanger, product: str, dag: date) -> Ontvanger:
    """Who takes a product for a recipient on a day.

    Raises:
        KetenFout: `U-MACHTIGING` when that is a samenwerkingsverband with which no agreement runs.
    """
    verband = verband_voor(ontvanger, product, dag)
    if verband is not None and not verband.geldt_op(dag):
        raise KetenFout("U-MACHTIGING", verband.ontvanger)
    return verband or ontvanger


def verband_voor(ontvanger: Ontvanger, product: str, dag: date) -> Ontvanger | None:
    """The samenwerkingsverband that a recipient authorised for a product on a day; None when it receives itself."""
    for machtiging in machtigingen():
        if machtiging.gemeente == ontvanger.ontvanger and machtiging.geldt_voor(product, dag):
            return ontvangers()[machtiging.samenwerkingsverband]
    return None


def overeenkomst_bezwaar(ontvanger: Ontvanger, dag: date, product: str | None = None) -> str | None:
    """Why the agreement with a recipient does not cover a day, and a product when one is named; None when it does."""
    if ontvanger.geldt_op(dag) and (product is None or product in ontvanger.producten):
        return None
    return "U-INGETROKKEN" if ontvanger.ingetrokken_op(dag) else "U-OVEREENKOMST"
