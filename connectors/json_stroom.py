"""Reads JSON as a stream of values with a limit on depth.

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
_OPEN, _CLOSE = ("start_map", "start_array"), ("end_map", "end_array")


def _events(stream: IO[bytes]) -> Iterator[tuple[int, str, Any]]:
    """Depth, event and value; an opening and its closing have the same depth, what is between them is one deeper."""
    depth = 0
    for event, value in ijson.basic_parse(stream, use_float=True):
        depth -= event in _CLOSE
        yield depth, event, value
        depth += event in _OPEN
        if depth > MAX_DEPTH:
            raise KetenFout("B-KAPOT", "json te diep")


def objecten(stream: IO[bytes]) -> Iterator[object]:
    """The records of a document: the elements of an array at the top, or the one object there.

    Raises:
        KetenFout: `B-KAPOT` for a document nested too deep.
        ijson.JSONError: the document breaks off or is no JSON.
    """
    top, builder = 0, ObjectBuilder()
    for depth, event, value in _events(stream):
        if depth == 0 and event == "start_array":
            top = 1
            continue
        if depth < top:
            continue
        builder.event(event, value)
        if depth == top and event not in (*_OPEN, "map_key"):
            yield builder.value
            builder = ObjectBuilder()


def eerste_sleutels(stream: IO[bytes]) -> set[str]:
    """The keys of the first object, as far as the stream goes: enough to recognise it by."""
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
    except ijson.JSONError:
        return keys  # the head ends inside the object
    return keys
