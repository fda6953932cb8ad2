"""Reads rows that stand inside the JSON records of another table: the names, activities and websites of an onderneming.

Such a file is read once more for each table that is asked for; records pass one by one, so memory stays what it was.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import IO, Any

import ijson

from connectors.herken import Herkend
from connectors.lees_json import compile_path, lees_objecten, records
from connectors.rijen import Gelezen
from schemas.bron import JsonBinnen, JsonVorm, Plaats, Tabel
from schemas.fout import KetenFout


def lees_genest(stream: IO[bytes], herkend: Herkend, naam: str, tabel: Tabel, omhullend: Tabel) -> Gelezen:
    """Yields the rows of a table that stand inside the records of `omhullend`, numbered from 1.

    Raises:
        KetenFout: `B-KAPOT` when the document breaks off or is no JSON.
    """
    assert omhullend.json_ is not None
    vormen = [vorm for vorm in tabel.json_binnen if vorm.tabel == omhullend.tabel]
    flat = JsonVorm(velden={veld: Plaats(pad=veld) for veld in tabel.velden})
    try:
        rows = _rijen(records(stream, herkend, omhullend.json_.rij), vormen)
        yield from lees_objecten(rows, naam, tabel, flat)
    except (ijson.JSONError, UnicodeDecodeError):
        raise KetenFout("B-KAPOT", "json") from None


def _rijen(found: Iterable[object], vormen: list[JsonBinnen]) -> Iterator[dict[str, object]]:
    """Every row as a flat object; a record that is no object is told of by the table it belongs to."""
    compiled = [(compile_path(vorm.rij), _getters(vorm)) for vorm in vormen]
    for record in found:
        if isinstance(record, dict):
            for rij, getters in compiled:
                elements = rij(record)
                for element in elements if isinstance(elements, list) else ():
                    yield {veld: getter(record, element) for veld, getter in getters.items()}


def _getters(vorm: JsonBinnen) -> dict[str, Any]:
    return {veld: _getter(plaats) for veld, plaats in vorm.velden.items()}


def _getter(plaats: Plaats) -> Any:
    if plaats.vast is not None:
        return lambda record, element: plaats.vast
    if plaats.pad == ".":
        return lambda record, element: element
    path = compile_path(plaats.pad.removeprefix("/"))
    if plaats.pad.startswith("/"):
        return lambda record, element: path(record)
    return lambda record, element: path(element) if isinstance(element, dict) else None
