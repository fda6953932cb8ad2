"""Reads JSON as a stream of values with a limit on depth and on the size of a record.

ijson's own `parse` and `items` keep the path of every open level, so memory grows with the square of the depth and a
small file can exhaust it; its basic events do not.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import IO, Any

import ijson
from ijson.common import ObjectBuilder

from schemas.fout import KetenFout

MAX_DEPTH = 64
MAX_RECORD_BYTES = 32 * 2**20
_OPEN, _CLOSE = ("start_map", "start_array"), ("end_map", "end_array")


class _Begrensd:
    """A stream that refuses to go on when too much has been read of one record."""

    def __init__(self, stream: IO[bytes]) -> None:
        self._stream, self._size = stream, 0

    def read(self, size: int) -> bytes:
        """The next bytes."""
        self._size += size
        if self._size > MAX_RECORD_BYTES:
            raise KetenFout("B-KAPOT", "json-record te groot")
        return self._stream.read(size)

    def volgende(self) -> None:
        """What is read from here on is another record."""
        self._size = 0


def _events(stream: IO[bytes] | _Begrensd) -> Iterator[tuple[int, str, Any]]:
    """Depth, event and value; an opening and its closing have the same depth, what is between them is one deeper."""
    depth = 0
    for event, value in ijson.basic_parse(stream, use_float=True):
        depth -= event in _CLOSE
        yield depth, event, value
        depth += event in _OPEN
        if depth > MAX_DEPTH:
            raise KetenFout("B-KAPOT", "json te diep")


def objecten(stream: IO[bytes], rij: str | None = None) -> Iterator[object]:
    """The records of a document: the elements of an array at the top, or the one object there.

    With `rij` they are those under that key of the one object, which is never held as a whole.

    Raises:
        KetenFout: `B-KAPOT` for a document nested too deep, or with a record that is too large.
        ijson.JSONError: the document breaks off or is no JSON.
    """
    top, builder = 0, ObjectBuilder()
    bounded = _Begrensd(stream)
    for depth, event, value in _events(bounded) if rij is None else _below(_events(bounded), rij):
        if depth == 0 and event == "start_array":
            top = 1
            continue
        if depth < top:
            continue
        builder.event(event, value)
        if depth == top and event not in (*_OPEN, "map_key"):
            yield builder.value
            bounded.volgende()
            builder = ObjectBuilder()


def _below(events: Iterator[tuple[int, str, Any]], rij: str) -> Iterator[tuple[int, str, Any]]:
    """The events of the value under a key of the object at the top, as if that value were the document."""
    inside = False
    for depth, event, value in events:
        if depth == 1 and event == "map_key":
            inside = value == rij
        elif inside and depth:
            yield depth - 1, event, value


def eerste_sleutels(stream: IO[bytes]) -> set[str]:
    """The keys of the first object, as far as the stream goes: enough to recognise it by.

    Raises:
        KetenFout: `B-KAPOT` when that object is no JSON.
    """
    keys: set[str] = set()
    top: int | None = None
    try:
        for depth, event, value in _events(stream):
            if top is None and event == "start_map":
                top = depth
            elif top is not None and event == "map_key" and depth == top + 1:
                keys.add(value)
            elif event == "end_map" and depth == top:
                break
    except ijson.JSONError as error:
        if "premature EOF" not in str(error):  # the head may end inside the object
            raise KetenFout("B-KAPOT", "json") from None
    return keys
