"""The sentence with every signal is plain Dutch, by the rules of `docs/toelichtingen/README.md`."""

from __future__ import annotations

import csv
import re
from pathlib import Path

import pytest

from schemas.load import producten

JARGON = Path(__file__).resolve().parents[2] / "docs" / "toelichtingen" / "jargon.csv"
ZINNEN = {code: signaal.toelichting for product in producten().values() for code, signaal in product.signalen.items()}


def jargon() -> dict[str, str]:
    with JARGON.open(encoding="utf-8", newline="") as file:
        return {row["woord"]: row["uitleg_met"] for row in csv.DictReader(file)}


def fouten(zin: str) -> list[str]:
    """What is wrong with a sentence."""
    woorden = re.findall(r"[\w']+", zin)
    klein = zin.lower()
    gevonden = [
        woord
        for woord, uitleg in jargon().items()
        if re.search(rf"\b{woord}\b", klein) and (not uitleg or uitleg.lower() not in klein)
    ]
    return [
        *(["geen zin"] if not re.fullmatch(r"[A-Z][^.!?]*\.", zin) else []),
        *(["te lang"] if len(woorden) > 20 else []),
        *(["te lange woorden"] if sum(map(len, woorden)) > 7 * len(woorden) else []),
        *gevonden,
    ]


@pytest.mark.parametrize("code", sorted(ZINNEN))
def test_sentence_is_plain(code: str) -> None:
    assert not fouten(ZINNEN[code]), (code, ZINNEN[code])


def test_rules_find_what_is_wrong() -> None:
    assert fouten("Er is samenloop.") == ["samenloop"]
    assert fouten("Deze jongere heeft nog geen startkwalificatie en hij wil er een.") == ["startkwalificatie"]
    assert fouten("Geen startkwalificatie: een diploma van mbo 2 of hoger.") == []
    assert fouten("dit is geen zin") == ["geen zin"]
    assert "te lang" in fouten("Deze " + "en die " * 10 + "persoon heeft werk.")
    assert "te lange woorden" in fouten("Inkomensvaststellingsprocedure uitgevoerd.")
