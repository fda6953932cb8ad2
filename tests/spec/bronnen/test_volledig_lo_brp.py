"""A persoonslijst is read completely: an element is taken by a field, or declared as not taken, history included."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

from connectors.lees import lees_bestand
from connectors.rijen import Rijen
from schemas.load import bronnen
from tests.spec.bronnen.gelezen import reden_niet
from tests.spec.bronnen.lo_brp import LO_BRP, bestand, elementen, rijen

BRP = "brp"


def genomen() -> dict[str, list[tuple[str, str]]]:
    """Per element number the tables and fields that take it."""
    result: dict[str, list[tuple[str, str]]] = {}
    for naam, tabel in bronnen()[BRP].tabellen.items():
        for veld, plaats in tabel.lo_brp.velden.items() if tabel.lo_brp else ():
            result.setdefault(plaats.pad, []).append((naam, veld))
    return result


def test_every_element_is_taken_or_declared_as_not_taken(real: Path) -> None:
    taken = genomen()
    found = elementen(real)
    assert len(found) > 240
    ends = {element for element in found if element.endswith(".H")}  # say what the next row is
    missing = {element for element in found - ends if element not in taken and not reden_niet(LO_BRP, element)}
    both = {element for element in taken if reden_niet(LO_BRP, element)}
    assert (missing, both) == (set(), set())
    assert len(found & set(taken)) > 230


def test_every_value_is_read_in_every_row_it_stands_in(real: Path) -> None:
    """As many values of an element come out as stand in the file, rows of history counted with the others."""
    expected: dict[str, Counter[str]] = {}
    for row in rijen(real):
        for element, text in row:
            expected.setdefault(element, Counter())[text] += 1
    read: dict[tuple[str, str], Counter[str]] = {}
    for item in lees_bestand(bestand(real), bronnen()[BRP], tuple(bronnen()[BRP].tabellen)):
        if isinstance(item, Rijen):
            for veld in item.batch.schema.names[1:]:
                counts = read.setdefault((item.tabel.partition(".")[2], veld), Counter())
                counts.update(value for value in item.batch.column(veld).to_pylist() if value is not None)
    lost = {}
    for element, places in genomen().items():
        if element.endswith(".H") or element == "01.01.20":
            continue
        got = sum((read.get(place, Counter()) for place in places), Counter())
        if expected.get(element, Counter()) - got:
            lost[element] = sum((expected[element] - got).values())
    assert lost == {}
