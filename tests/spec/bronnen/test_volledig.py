"""Every service with published answers is read completely: an element is taken by a field, or declared as not taken.

The elements come from the published schemas and from the answers themselves, the fields from `schemas/bronnen`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from connectors.lees import lees_bestand
from connectors.rijen import Rijen
from schemas.load import bronnen
from tests.spec.bronnen.gelezen import Neemt, documenten, neemt, reden_niet
from tests.spec.bronnen.lo_brp import LO_BRP, elementen
from tests.spec.bronnen.suwiml import Blad, antwoorden, bladen, diensten, lokaal, waarden

# The type of a field, where the type in the schema leaves no choice.
TYPES = {"Datum": "datum", "StdIndJN": "janee", "StdInd": "janee", "StdIndOnb": "janee", "Burgerservicenr": "bsn"}
TYPES |= {"Loonheffingennr": "lhnr", "WaardeBedr": "bedrag", "Percentage": "geheel", "JaartalN4": "geheel"}


def per_pad(document: str) -> dict[str, list[Neemt]]:
    result: dict[str, list[Neemt]] = {}
    for item in neemt(document):
        result.setdefault(item.pad, []).append(item)
    return result


def alle_bladen(real: Path) -> Iterator[tuple[Blad, list[Neemt]]]:
    for dienst in diensten(real):
        leaves = list(bladen(dienst))
        assert leaves, dienst.name
        taken = {document: per_pad(document) for document in {blad.document for blad in leaves}}
        yield from ((blad, taken[blad.document].get(blad.pad, [])) for blad in leaves)


def test_every_element_of_the_published_schemas_is_taken_or_declared_as_not_taken(real: Path) -> None:
    missing, both, counts = [], [], Counter[str]()
    for blad, taken in alle_bladen(real):
        reden = reden_niet(blad.document, blad.pad)
        counts["niet" if reden else "wel"] += 1
        if not taken and not reden:
            missing.append(f"{blad.document}/{blad.pad} ({blad.type})")
        if taken and reden:
            both.append(f"{blad.document}/{blad.pad}")
    assert missing == []
    assert both == []
    assert counts["wel"] > 450


def test_every_element_of_the_published_answers_is_taken_or_declared_as_not_taken(real: Path) -> None:
    missing = Counter[str]()
    for _, root in antwoorden(real):
        taken = per_pad(lokaal(root))
        for pad, _text in waarden(root):
            if not taken.get(pad) and not reden_niet(lokaal(root), pad):
                missing[f"{lokaal(root)}/{pad}"] += 1
    assert missing == Counter()


def test_what_is_not_taken_exists_and_has_a_reason(real: Path) -> None:
    seen = {(blad.document, blad.pad) for blad, _ in alle_bladen(real)}
    seen |= {(lokaal(root), pad) for _, root in antwoorden(real) for pad, _text in waarden(root)}
    seen |= {(LO_BRP, element) for element in elementen(real)}
    for bron in bronnen().values():
        for item in bron.niet_gelezen:
            assert len(item.reden.split()) > 3
            matching = [pad for document, pad in seen if reden_niet(document, pad) == item.reden]
            assert matching, f"{bron.bron}: {item.pad} komt nergens voor"


def test_fields_have_the_type_of_their_element(real: Path) -> None:
    wrong = [
        f"{item.tabel}.{item.naam}: {blad.type} als {item.veld.type}"
        for blad, taken in alle_bladen(real)
        for item in taken
        if (blad.type in TYPES and item.veld.type != TYPES[blad.type])
        or (item.plaats.vorm == "standaardbedr" and item.veld.type != "bedrag")
    ]
    assert wrong == []


def test_every_date_of_suwiml_may_be_incomplete(real: Path) -> None:
    """The type Datum allows 00 for month and day everywhere."""
    for blad, taken in alle_bladen(real):
        for item in taken:
            assert blad.type != "Datum" or item.veld.onvolledig, f"{item.tabel}.{item.naam}"


def test_a_repeating_element_is_a_row_or_says_which_one_counts(real: Path) -> None:
    silent = {
        f"{item.tabel}.{item.naam}: {herhaald}"
        for blad, taken in alle_bladen(real)
        for item in taken
        for herhaald in blad.herhaald
        if not f"{item.rij}/".startswith(f"{herhaald}/") and "keuze" not in item.plaats.model_fields_set
    }
    assert silent == set()


@pytest.mark.parametrize("document", sorted(documenten()))
def test_every_value_at_a_place_that_is_taken_is_read(real: Path, document: str) -> None:
    """What stands at a place in the answers comes out of the reader, in one of the fields that take it."""
    [bron] = [bron for bron in bronnen().values() if document in documenten(bron)]
    expected: dict[str, set[str]] = {}
    read: dict[tuple[str, str], set[str]] = {}
    taken = {pad: items for pad, items in per_pad(document).items() if items[0].plaats.vorm == "tekst"}
    for path, root in antwoorden(real):
        if lokaal(root) != document:
            continue
        for pad, text in waarden(root):
            if pad in taken:
                expected.setdefault(pad, set()).add(text)
        for rijen in lees_bestand(path, bron, tuple(bron.tabellen)):
            if isinstance(rijen, Rijen):
                for veld in rijen.batch.schema.names[1:]:
                    read.setdefault((rijen.tabel, veld), set()).update(rijen.batch.column(veld).to_pylist())
    assert expected
    lost = {pad for pad, values in expected.items() if values - _read_at(taken[pad], read)}
    assert lost == set()


def _read_at(taken: list[Neemt], read: dict[tuple[str, str], set[str]]) -> set[str]:
    return set().union(*(read.get((item.tabel, item.naam), set()) for item in taken))
