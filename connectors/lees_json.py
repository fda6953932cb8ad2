"""Reads JSON extracts (one object, an array of objects, or JSON lines) as a stream of raw batches."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import IO, Any

import ijson
import orjson

from connectors.herken import Herkend
from connectors.json_stroom import objecten
from connectors.rijen import BATCH_ROWS, Bevinding, Gelezen, make_rijen_from_lists
from schemas.fout import KetenFout
from schemas.model import Tabel

BOM = b"\xef\xbb\xbf"
_STEP = re.compile(r"^(?P<key>[^\[]+)(?:\[(?P<name>[^=]+)=(?P<value>.*)\])?$")


def lees_json(stream: IO[bytes], herkend: Herkend, naam: str, tabel: Tabel) -> Gelezen:
    """Yields raw rows of the one table in a JSON stream; a line that is no object is a `R-KAPOT` finding."""
    assert tabel.json_ is not None
    plaatsen = tabel.json_.velden
    getters = {veld: compile_path(plaats.pad) for veld, plaats in plaatsen.items()}
    columns: dict[str, list[str | None]] = {veld: [] for veld in plaatsen}
    record_nr, first = 0, 1
    for record in _records(stream, herkend):
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
            yield make_rijen_from_lists(naam, tabel, plaatsen, columns, first)
            columns = {veld: [] for veld in plaatsen}
        first = record_nr + 1
    if record_nr >= first:
        yield make_rijen_from_lists(naam, tabel, plaatsen, columns, first)


def _records(stream: IO[bytes], herkend: Herkend) -> Iterator[object]:
    """Every record; None for a line of JSON lines that cannot be read."""
    if herkend.formaat == "jsonregels":
        for line in stream:
            if stripped := line.strip().removeprefix(BOM):
                yield _parse_line(stripped)
        return
    try:
        _skip_bom(stream)
        yield from objecten(stream)
    except (ijson.JSONError, UnicodeDecodeError):
        raise KetenFout("B-KAPOT", "json") from None


def _skip_bom(stream: IO[bytes]) -> None:
    """Leaves the stream after a byte order mark, which the parser does not know."""
    stream.seek(len(BOM) if stream.read(len(BOM)) == BOM else 0)


def _parse_line(line: bytes) -> object:
    try:
        return orjson.loads(line)
    except orjson.JSONDecodeError:
        return None


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
