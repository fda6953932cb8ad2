"""JSON lines by the block: what is regular is read by Arrow at once, anything else is left to be read line by line.

A block counts as regular when every line holds one object in which, over the whole block, what stands at the wanted
paths is of the kind it is in the first: text, whole numbers or ja/nee. Then Arrow gives the same text as a parser per
line does, and never another; of all that is not regular it says so (ADR 0017).
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import dataclass
from typing import IO

import numpy as np
import orjson
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.json

from connectors.json_paden import Paden
from connectors.vooruit import vooruit
from schemas.fout import KetenFout

BLOCK_BYTES = 8 * 2**20
MAX_LINE_BYTES = 32 * 2**20
_PARSE_BYTES = 2**20  # per thread at a time
_KINDS = {str: pa.string(), type(None): pa.string(), int: pa.int64(), bool: pa.bool_()}
_BOM = b"\xef\xbb\xbf"


def blokken(stream: IO[bytes]) -> Iterator[bytes]:
    """Whole lines, a block at a time.

    Raises:
        KetenFout: `B-KAPOT` for a line that is too long to be one record.
    """
    rest = stream.read(len(_BOM)).removeprefix(_BOM)
    while read := stream.read(BLOCK_BYTES):
        end = read.rfind(b"\n") + 1
        if end:
            yield b"".join((rest, memoryview(read)[:end]))
            rest = read[end:]
        else:
            rest += read
            if len(rest) > MAX_LINE_BYTES:
                raise KetenFout("B-KAPOT", "json regel te lang")
    if rest:
        yield rest


def gelezen(stream: IO[bytes], paden: Paden) -> Iterator[tuple[bytes, list[pa.Array] | None]]:
    """Every block with its `kolommen`; the next block is read and looked at while one is parsed.

    What is in memory already is one block, and a thread for it would take longer than all of it.
    """
    looked = ((block, _vorm(block, paden)) for block in blokken(stream))
    for block, vorm in looked if isinstance(stream, io.BytesIO) else vooruit(looked):
        yield block, None if vorm is None else _parse(block, vorm, paden)


def kolommen(block: bytes, paden: Paden) -> list[pa.Array] | None:
    """The values at each path as a column of text, a row for each line; None when the block is not regular."""
    vorm = _vorm(block, paden)
    return None if vorm is None else _parse(block, vorm, paden)


@dataclass(frozen=True)
class _Vorm:
    """What a block that may be regular holds: the kind of value per path, and the number of lines."""

    schema: pa.Schema
    lines: int


def _vorm(block: bytes, paden: Paden) -> _Vorm | None:
    schema = _schema(block, paden)
    lines = _objects(block) if schema is not None else None
    return None if lines is None or _has_escapes(block) or not _is_utf8(block) else _Vorm(schema, lines)


def _parse(block: bytes, vorm: _Vorm, paden: Paden) -> list[pa.Array] | None:
    try:
        table = pyarrow.json.read_json(
            pa.BufferReader(block),
            read_options=pyarrow.json.ReadOptions(use_threads=True, block_size=_PARSE_BYTES),
            parse_options=pyarrow.json.ParseOptions(explicit_schema=vorm.schema, unexpected_field_behavior="ignore"),
        )
    except pa.ArrowInvalid:
        return None
    if table.num_rows != vorm.lines:
        return None
    return [_as_text(column) for column in paden.kolommen(table)]


def _schema(block: bytes, paden: Paden) -> pa.Schema | None:
    try:
        first = orjson.loads(block[: block.find(b"\n") + 1] or block)
    except orjson.JSONDecodeError:
        return None
    if not isinstance(first, dict):
        return None
    kinds = [_KINDS.get(type(value)) for value in paden.vind(first)]
    return None if None in kinds else paden.schema(kinds)


def _objects(block: bytes) -> int | None:
    """How many lines there are, when each begins with an object; Arrow makes a row of a line with `null` too."""
    data = np.frombuffer(block, np.uint8)
    begins = np.flatnonzero(data[:-1] == ord("\n")) + 1
    return len(begins) + 1 if data[0] == ord("{") and (data[begins] == ord("{")).all() else None


def _has_escapes(block: bytes) -> bool:
    """Whether a character may be written as its number, of which parsers make different things."""
    return b"\\" in block and b"\\u" in block


def _is_utf8(block: bytes) -> bool:
    try:
        block.isascii() or block.decode()
    except UnicodeDecodeError:
        return False
    return True


def _as_text(column: pa.Array) -> pa.Array:
    """As text, with nothing for an empty one."""
    text = column.cast(pa.string())
    if pc.min(pc.binary_length(text)).as_py() != 0:
        return text
    return pc.if_else(pc.equal(text, ""), pa.scalar(None, pa.string()), text)
