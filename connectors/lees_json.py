"""Reads JSON extracts (one object, an array of objects, or JSON lines) as a stream of raw batches."""

from __future__ import annotations

from collections.abc import Generator, Iterable, Iterator, Sequence
from typing import IO, Any

import ijson
import numpy as np
import orjson
import pyarrow as pa

from connectors.herken import Herkend
from connectors.json_paden import Paden
from connectors.json_regels import blokken, gelezen
from connectors.json_stroom import objecten
from connectors.rijen import BATCH_ROWS, Bevinding, Gelezen, Rijen, make_rijen, make_rijen_from_lists
from schemas.bron import JsonVorm, Tabel
from schemas.fout import KetenFout

BOM = b"\xef\xbb\xbf"
_TEXT = frozenset({str, type(None)})


def lees_json(stream: IO[bytes], herkend: Herkend, naam: str, tabel: Tabel) -> Gelezen:
    """Yields raw rows of the one table in a JSON stream; a line that is no object is a `R-KAPOT` finding."""
    assert tabel.json_ is not None
    if herkend.formaat == "jsonregels":
        yield from _lees_regels(stream, naam, tabel, tabel.json_)
        return
    try:
        yield from lees_objecten(records(stream, herkend, tabel.json_.rij), naam, tabel, tabel.json_)
    except (ijson.JSONError, UnicodeDecodeError):
        raise KetenFout("B-KAPOT", "json") from None


def records(stream: IO[bytes], herkend: Herkend, rij: str | None) -> Iterator[object]:
    """The records of a JSON stream, whatever its form; None for a line that cannot be read."""
    if herkend.formaat == "jsonregels":
        for block in blokken(stream):
            for line in filter(None, block.split(b"\n")):
                yield from _parse_line(line, rij)
    else:
        _skip_bom(stream)
        yield from objecten(stream, rij)


def lees_objecten(found: Iterable[object], naam: str, tabel: Tabel, vorm: JsonVorm) -> Gelezen:
    """Yields raw rows of records that are numbered from 1."""
    yield from _lees_records(found, naam, tabel, vorm, 1)


def _lees_regels(stream: IO[bytes], naam: str, tabel: Tabel, vorm: JsonVorm) -> Gelezen:
    paden = _paden(vorm)
    first = 1
    for block, columns in gelezen(stream, paden) if vorm.rij is None else ((block, None) for block in blokken(stream)):
        if columns is None:
            records = (record for line in filter(None, block.split(b"\n")) for record in _parse_line(line, vorm.rij))
            first = yield from _lees_records(records, naam, tabel, vorm, first)
        else:
            count = len(columns[0])
            record_nr = pa.array(np.arange(first, first + count, dtype=np.int64))
            yield make_rijen(naam, tabel, vorm.velden, dict(zip(vorm.velden, columns, strict=True)), record_nr)
            first += count


def _paden(vorm: JsonVorm) -> Paden:
    return Paden([plaats.pad for plaats in vorm.velden.values()])


def _lees_records(
    records: Iterable[object], naam: str, tabel: Tabel, vorm: JsonVorm, first: int
) -> Generator[Rijen | Bevinding, None, int]:
    """Yields rows of records that are numbered from `first`; returns the number after the last."""
    vind = _paden(vorm).vind
    rows: list[list[Any]] = []
    record_nr = first - 1
    for record in records:
        record_nr += 1
        if isinstance(record, dict):
            rows.append(vind(record))
            if len(rows) < BATCH_ROWS:
                continue
            upto = record_nr + 1
        else:
            yield Bevinding("R-KAPOT", naam, record_nr=record_nr)
            upto = record_nr
        if upto > first:
            yield _als_rijen(naam, tabel, vorm, rows, first)
            rows = []
        first = record_nr + 1
    if record_nr >= first:
        yield _als_rijen(naam, tabel, vorm, rows, first)
    return record_nr + 1


def _als_rijen(naam: str, tabel: Tabel, vorm: JsonVorm, rows: list[list[Any]], first: int) -> Rijen:
    columns = dict(zip(vorm.velden, map(_as_texts, zip(*rows, strict=True)), strict=True))
    return make_rijen_from_lists(naam, tabel, vorm.velden, columns, first)


def _as_texts(values: Sequence[object]) -> list[str | None]:
    if _TEXT.issuperset(map(type, values)):  # nearly always, and told sooner than value by value
        return [value or None for value in values]  # type: ignore[misc]
    return [_as_text(value) for value in values]


def _skip_bom(stream: IO[bytes]) -> None:
    """Leaves the stream after a byte order mark, which the parser does not know."""
    stream.seek(len(BOM) if stream.read(len(BOM)) == BOM else 0)


def _parse_line(line: bytes, rij: str | None) -> list[object]:
    """The records of a line; None for one that cannot be read."""
    if not line.strip():
        return []
    try:
        value = orjson.loads(line)
    except orjson.JSONDecodeError:
        return [None]
    below = value.get(rij) if rij is not None and isinstance(value, dict) else value
    return below if rij is not None and isinstance(below, list) else [below]


def _as_text(value: object) -> str | None:
    match value:
        case None | "":
            return None
        case bool():
            return "true" if value else "false"
        case str() | int() | float():
            return str(value)
        case _:
            return None
