"""Reads rows that stand inside the JSON records of another table: the names, activities and websites of an onderneming.

Such a file is read once more for each table that is asked for; records pass one by one, so memory stays what it was.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import IO, Any

import ijson

from connectors.herken import Herkend
from connectors.json_paden import Paden
from connectors.lees_json import lees_objecten, records
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
    waar = Paden([vorm.rij for vorm in vormen])
    delen = [_Deel.van(vorm) for vorm in vormen]
    for record in found:
        if isinstance(record, dict):
            for deel, elements in zip(delen, waar.vind(record), strict=True):
                if isinstance(elements, list) and elements:
                    yield from deel.rijen(record, elements)


@dataclass(frozen=True)
class _Deel:
    """Where the fields of a row stand: fixed, in the record around it, in its element, or they are the element."""

    vast: Mapping[str, object]
    zelf: Sequence[str]
    omheen: Sequence[str]
    binnen: Sequence[str]
    paden_omheen: Paden
    paden_binnen: Paden

    @classmethod
    def van(cls, vorm: JsonBinnen) -> _Deel:
        vast = {veld: plaats.vast for veld, plaats in vorm.velden.items() if plaats.vast is not None}
        paden = {veld: plaats.pad for veld, plaats in vorm.velden.items() if veld not in vast}
        zelf = [veld for veld, pad in paden.items() if pad == "."]
        omheen = {veld: pad.removeprefix("/") for veld, pad in paden.items() if pad.startswith("/")}
        binnen = {veld: pad for veld, pad in paden.items() if veld not in omheen and veld not in zelf}
        return cls(vast, zelf, [*omheen], [*binnen], Paden([*omheen.values()]), Paden([*binnen.values()]))

    def rijen(self, record: dict[str, Any], elements: Iterable[object]) -> Iterator[dict[str, object]]:
        """A row for each element of a record."""
        vast = {**self.vast, **dict(zip(self.omheen, self.paden_omheen.vind(record), strict=True))}
        for element in elements:
            inside = self.paden_binnen.vind(element) if isinstance(element, dict) else ()
            yield {**vast, **dict.fromkeys(self.zelf, element), **dict(zip(self.binnen, inside, strict=False))}
