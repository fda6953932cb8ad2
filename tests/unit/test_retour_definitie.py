"""The messages that go back and forth about a delivery: their examples keep their schemas, as does the guide."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from lxml import etree

from message_formats.antwoord import RetourFormaat, bezwaren
from message_formats.generate import REPOSITORY
from message_formats.gids import FOLDER
from message_formats.names import camel, pascal
from message_formats.retour import lees_retour
from message_formats.validate import GENERATED
from schemas.load import meldingen
from schemas.retourbericht import Retour, antwoordbericht, retourbericht

DEFINITIES = [retourbericht(), antwoordbericht()]


def map_van(definitie: Retour) -> Path:
    return GENERATED / definitie.bericht / f"v{definitie.versie}"


@pytest.mark.parametrize("formaat", ["json", "xml"])
@pytest.mark.parametrize("definitie", DEFINITIES, ids=lambda definitie: definitie.bericht)
def test_example_keeps_the_published_schema(definitie: Retour, formaat: RetourFormaat) -> None:
    content = (map_van(definitie) / f"voorbeeld.{formaat}").read_bytes()
    assert bezwaren(definitie, content, formaat) == []
    broken = content.replace(b"200" if definitie.bericht == "retourbericht" else b"aangenomen", b"666")
    assert broken != content
    assert bezwaren(definitie, broken, formaat)


def test_both_examples_of_an_answer_read_the_same() -> None:
    one, other = (lees_retour(map_van(retourbericht()) / f"voorbeeld.{formaat}") for formaat in ("json", "xml"))
    assert one == other
    assert one.signalen[0]["oordeel"] == "ongegrond"


@pytest.mark.parametrize("definitie", DEFINITIES, ids=lambda definitie: definitie.bericht)
def test_guide_has_every_field_in_both_spellings(definitie: Retour) -> None:
    page = (REPOSITORY / FOLDER / f"{definitie.bericht}.md").read_text(encoding="utf-8")
    for naam, veld in {**definitie.envelop, **definitie.signaal}.items():
        assert f"| {camel(naam)} | {pascal(naam)} |" in page
        assert veld.omschrijving in page


def test_chapter_on_answering_shows_what_a_reader_can_send() -> None:
    """What stands in it as a message is one, and every code and choice that is named exists."""
    page = (REPOSITORY / FOLDER / "antwoorden.md").read_text(encoding="utf-8")
    (document,) = re.findall(r"```json\n(.*?)```", page, re.DOTALL)
    assert bezwaren(retourbericht(), document.encode(), "json") == []
    assert len(json.loads(document)["signalen"]) == 3
    (document,) = re.findall(r"```xml\n(.*?)```", page, re.DOTALL)
    assert bezwaren(antwoordbericht(), document.encode(), "xml") == []
    assert etree.fromstring(document.encode()) is not None
    named = set(re.findall(r"\b[A-Z]-[A-Z]+\b", page))
    assert {code for code, melding in meldingen().items() if melding.soort == "retour"} <= named <= meldingen().keys()
    definitie = retourbericht()
    for veld in (definitie.envelop["retourcode"], definitie.signaal["retourcode"], definitie.signaal["oordeel"]):
        assert all(f"`{waarde}`" in page for waarde in veld.waarden or ())
