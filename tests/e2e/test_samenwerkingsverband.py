"""The samenwerkingsverband of the demo: it receives for several gemeenten, each apart, and nobody else can open it."""

from __future__ import annotations

import pytest

from message_formats.lees import lees_map
from message_formats.openen import Opener
from schemas.load import machtigingen, ontvangers
from tests.e2e.conftest import Land

VERBAND = "swv-01"


def test_receives_for_several_gemeenten(land: Land) -> None:
    instellingen = land.instellingen
    keys = instellingen.certificaten.map / "demo" / "ontvangers"
    vertrouwen = instellingen.certificaten.vertrouwen
    asked = {(item.gemeente, product) for item in machtigingen() for product in item.producten}
    assert {item.samenwerkingsverband for item in machtigingen()} == {VERBAND}
    there = sorted((code, product) for code, product in asked if (instellingen.uitleveringen / code / product).is_dir())
    assert len({code for code, _ in there}) > 1, "te weinig gemeenten om iets te zeggen"

    for code, product in there:
        folder = instellingen.uitleveringen / code / product
        theirs = lees_map(folder, Opener(keys / f"{VERBAND}.key", vertrouwen))
        assert theirs.goed, [str(each) for each in theirs.problemen]
        envelops = [levering.envelop for levering in theirs.leveringen]
        assert {(each["ontvanger_code"], each["ontvanger_oin"]) for each in envelops} == {
            (code, ontvangers()[code].oin)
        }
        own = lees_map(folder, Opener(keys / f"{code}.key", vertrouwen))
        assert {each.code for each in own.problemen} == {"M-SLEUTEL"}
    assert not (instellingen.uitleveringen / VERBAND / "inkomsten").exists()  # what is of a gemeente stays in its place
    page = (land.data / "rapport" / f"ontvanger-{VERBAND}.html").read_text(encoding="utf-8")
    assert all(ontvangers()[code].naam in page for code, _ in asked)


@pytest.mark.parametrize("product", ["kwijtschelding", "uitstroommonitor"])
def test_what_it_was_not_authorised_for_goes_to_the_gemeente(land: Land, product: str) -> None:
    keys = land.instellingen.certificaten.map / "demo" / "ontvangers"
    for item in machtigingen():
        assert product not in item.producten
        folder = land.instellingen.uitleveringen / item.gemeente / product
        if folder.is_dir():
            gelezen = lees_map(folder, Opener(keys / f"{item.gemeente}.key", land.instellingen.certificaten.vertrouwen))
            assert gelezen.goed
