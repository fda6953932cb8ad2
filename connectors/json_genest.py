"""Reads rows that stand inside the JSON records of another table: the names, activities and websites of an onderneming.

Such a file is read once more for each table that is asked for; records pass one by one, so memory stays what it was.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import IO

import ijson

from connectors.herken import Herkend
from connectors.json_paden import Paden
from connectors.lees_json import lees_objecten, records
from connectors.rijen import Gelezen
from schemas.bron import JsonBinnen, JsonVorm, Plaats, Tabel
from schemas.fout import KetenFout

_RECORD, _ELEMENT = "record", "element"


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
    waar = Paden([vorm.rij for vorm in vormen])
    delen = [_deel(vorm) for vorm in vormen]
    for record in found:
        if isinstance(record, dict):
            for elements, (vast, velden, binnen) in zip(waar.vind(record), delen, strict=True):
                for element in elements if isinstance(elements, list) else ():
                    values = binnen.vind({_RECORD: record, _ELEMENT: element})
                    yield {**vast, **dict(zip(velden, values, strict=True))}


def _deel(vorm: JsonBinnen) -> tuple[dict[str, object], list[str], Paden]:
    """The fields of a row that are fixed, and the others with where they stand in a record and an element of it."""
    vast: dict[str, object] = {veld: plaats.vast for veld, plaats in vorm.velden.items() if plaats.vast is not None}
    paden = {veld: _pad(plaats.pad) for veld, plaats in vorm.velden.items() if veld not in vast}
    return vast, [*paden], Paden([*paden.values()])


def _pad(pad: str) -> str:
    """A path with `/` before it begins in the record; `.` is the element itself."""
    if pad == ".":
        return _ELEMENT
    return f"{_RECORD}{pad}" if pad.startswith("/") else f"{_ELEMENT}/{pad}"
