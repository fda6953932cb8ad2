"""Reads JSON extracts (one object, an array of objects, or JSON lines) as a stream of raw batches."""

from __future__ import annotations

import re
from collections.abc import Callable, Generator, Iterable, Iterator
from typing import IO, Any

import ijson
import numpy as np
import orjson
import pyarrow as pa

from connectors.herken import Herkend
from connectors.json_regels import blokken, gelezen
from connectors.json_stroom import objecten
from connectors.rijen import BATCH_ROWS, Bevinding, Gelezen, Rijen, make_rijen, make_rijen_from_lists
from schemas.bron import JsonVorm, Tabel
from schemas.fout import KetenFout

BOM = b"\xef\xbb\xbf"
_STEP = re.compile(r"^(?P<key>[^\[]+)(?:\[(?P<name>[^=]+)=(?P<value>.*)\])?$")


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
    keys = {veld: plaats.pad for veld, plaats in vorm.velden.items()}
    flat = vorm.rij is None and all(key and not set(key) & set("/[") for key in keys.values())
    first = 1
    blocks = gelezen(stream, set(keys.values())) if flat else ((block, None) for block in blokken(stream))
    for block, columns in blocks:
        if columns is None:
            records = (record for line in filter(None, block.split(b"\n")) for record in _parse_line(line, vorm.rij))
            first = yield from _lees_records(records, naam, tabel, vorm, first)
        else:
            arrays = {veld: columns[key] for veld, key in keys.items()}
            count = len(next(iter(arrays.values())))
            record_nr = pa.array(np.arange(first, first + count, dtype=np.int64))
            yield make_rijen(naam, tabel, vorm.velden, arrays, record_nr)
            first += count


def _lees_records(
    records: Iterable[object], naam: str, tabel: Tabel, vorm: JsonVorm, first: int
) -> Generator[Rijen | Bevinding, None, int]:
    """Yields rows of records that are numbered from `first`; returns the number after the last."""
    getters = {veld: compile_path(plaats.pad) for veld, plaats in vorm.velden.items()}
    columns: dict[str, list[str | None]] = {veld: [] for veld in vorm.velden}
    record_nr = first - 1
    for record in records:
        record_nr += 1
        if isinstance(record, dict):
            for veld, getter in getters.items():
                columns[veld].append(_as_text(getter(record)))
            if record_nr - first + 1 < BATCH_ROWS:
                continue
            upto = record_nr + 1
        else:
            yield Bevinding("R-KAPOT", naam, record_nr=record_nr)
            upto = record_nr
        if upto > first:
            yield make_rijen_from_lists(naam, tabel, vorm.velden, columns, first)
            columns = {veld: [] for veld in vorm.velden}
        first = record_nr + 1
    if record_nr >= first:
        yield make_rijen_from_lists(naam, tabel, vorm.velden, columns, first)
    return record_nr + 1


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


def compile_path(pad: str) -> Callable[[dict[str, Any]], object]:
    """A getter for a path of keys; `lijst[sleutel=waarde]` picks the first element of an array with that value."""
    steps = []
    for part in pad.split("/"):
        match = _STEP.match(part)
        assert match is not None, pad
        steps.append((match["key"], match["name"], match["value"]))
    if len(steps) == 1 and steps[0][1] is None:
        key = steps[0][0]
        return lambda record: record.get(key)

    def get(record: dict[str, Any]) -> object:
        value: Any = record
        for key, name, wanted in steps:
            value = value.get(key) if isinstance(value, dict) else None
            if name is not None and isinstance(value, list):
                value = next((item for item in value if isinstance(item, dict) and item.get(name) == wanted), None)
        return value

    return get
