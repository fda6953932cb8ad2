"""Who is named where a samenwerkingsverband receives for a gemeente: in inzage and in the register."""

from __future__ import annotations

from datetime import datetime

import pytest

from pipeline.betrokkene.signalen import _aan_wie
from reports.register import register_blad, verwerkingen
from schemas.load import doelen, machtigingen, ontvangers, producten

MOMENT = datetime(2026, 3, 2, 9)


@pytest.mark.parametrize(
    ("ontvanger", "product", "via"), [("0153", "vsv", True), ("0193", "vsv", False), ("0344", "vsv", False)]
)
def test_inzage_names_the_processor_that_took_the_delivery(ontvanger: str, product: str, via: bool) -> None:
    told = _aan_wie({"ontvanger": ontvanger, "product": product, "dagtekening": MOMENT})
    naam, verband = ontvangers()[ontvanger].naam, ontvangers()["swv-01"].naam
    assert told == (f"{naam}, ontvangen door {verband} als verwerker" if via else naam)


def test_before_it_was_authorised_the_gemeente_received_itself() -> None:
    begin = min(item.van for item in machtigingen())
    moment = datetime(begin.year - 1, begin.month, begin.day)
    told = _aan_wie({"ontvanger": "0153", "product": "vsv", "dagtekening": moment})
    assert told == ontvangers()["0153"].naam


def test_the_register_names_processors_of_recipients_where_there_are() -> None:
    blad = register_blad(verwerkingen())
    place = [kolom.naam for kolom in blad.kolommen].index("Verwerkers van ontvangers")
    shown = {str(rij[0]): rij[place] for rij in blad.rijen}
    for doel in doelen().values():
        mine = {naam for naam, product in producten().items() if product.doel == doel.doel}
        count = sum(1 for item in machtigingen() if item.producten & mine)
        expected = f"{ontvangers()['swv-01'].naam} (voor {count} gemeenten)" if count else None
        assert shown[doel.verwerking] == expected
