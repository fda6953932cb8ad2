"""Finds values in JSON records by their paths: of keys, and of the element of an array that has a certain value.

`lijst[sleutel=waarde]` is the first element of an array with that value. What paths share is walked once for each
record, or for a whole table of them as Arrow reads it: of an onderneming four fields stand in one address.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

_STAP = re.compile(r"^(?P<sleutel>[^\[]+)(?:\[(?P<naam>[^=]+)=(?P<waarde>.*)\])?$")


class _Tak(NamedTuple):
    """A step that paths share: which of them end here, by their number, and how the others go on."""

    sleutel: str
    naam: str | None
    waarde: str | None
    eindigt: list[int]
    verder: list[_Tak]


class Paden:
    """Some paths, with the values at them in their order."""

    def __init__(self, paden: Sequence[str]) -> None:
        self._aantal, self._takken = len(paden), list[_Tak]()
        for nr, pad in enumerate(paden):
            onder = self._takken
            for stap in pad.split("/"):
                tak = _tak(onder, stap)
                onder = tak.verder
            tak.eindigt.append(nr)

    def vind(self, record: dict[str, Any]) -> list[Any]:
        """The value at each path of a record; None where there is nothing."""
        gevonden: list[Any] = [None] * self._aantal
        _loop(self._takken, record, gevonden)
        return gevonden

    def schema(self, soorten: Sequence[pa.DataType]) -> pa.Schema | None:
        """What Arrow is to read of records for a type at each path; None when one key would be more than one thing."""
        velden = _velden(self._takken, soorten)
        return None if velden is None else pa.schema(velden)

    def kolommen(self, table: pa.Table) -> list[pa.Array]:
        """The values at each path of records that Arrow read by `schema`."""
        gevonden: list[pa.Array] = [None] * self._aantal
        for tak in self._takken:
            _kolom(tak, table[tak.sleutel].combine_chunks(), gevonden)
        return gevonden


def _tak(takken: list[_Tak], stap: str) -> _Tak:
    """The branch for a step, added when it is not there yet."""
    match = _STAP.match(stap)
    assert match is not None, stap
    wie = match["sleutel"], match["naam"], match["waarde"]
    for tak in takken:
        if tak[:3] == wie:
            return tak
    takken.append(_Tak(*wie, [], []))
    return takken[-1]


def _loop(takken: list[_Tak], waarde: dict[str, Any], gevonden: list[Any]) -> None:
    for sleutel, naam, gezocht, eindigt, verder in takken:
        found = waarde.get(sleutel)
        if naam is not None and type(found) is list:
            found = _element(found, naam, gezocht)
        if found is not None:
            for nr in eindigt:
                gevonden[nr] = found
            if verder and type(found) is dict:
                _loop(verder, found, gevonden)


def _element(lijst: list[Any], naam: str, gezocht: str | None) -> dict[str, Any] | None:
    for item in lijst:
        if type(item) is dict and item.get(naam) == gezocht:
            return item
    return None


def _velden(takken: Sequence[_Tak], soorten: Sequence[pa.DataType]) -> list[pa.Field] | None:
    velden: dict[str, pa.DataType] = {}
    for tak in takken:
        soort = _soort(tak, soorten)
        if soort is None or tak.sleutel in velden:
            return None
        velden[tak.sleutel] = soort
    return [pa.field(naam, soort) for naam, soort in velden.items()]


def _soort(tak: _Tak, soorten: Sequence[pa.DataType]) -> pa.DataType | None:
    """The type of what stands at a step; a value, an object, or an array of objects of which one is looked for."""
    if tak.eindigt:
        ends = {soorten[nr] for nr in tak.eindigt}
        return ends.pop() if len(ends) == 1 and not tak.verder and tak.naam is None else None
    velden = _velden(tak.verder, soorten)
    if velden is None:
        return None
    if tak.naam is None:
        return pa.struct(velden)
    by_name = {veld.name: veld for veld in velden}
    if by_name.setdefault(tak.naam, pa.field(tak.naam, pa.string())).type != pa.string():
        return None
    return pa.list_(pa.struct([*by_name.values()]))


def _kolom(tak: _Tak, column: pa.Array, gevonden: list[pa.Array]) -> None:
    if tak.naam is not None:
        column = _elementen(column, tak.naam, tak.waarde)
    for nr in tak.eindigt:
        gevonden[nr] = column
    for onder in tak.verder:
        _kolom(onder, pc.struct_field(column, onder.sleutel), gevonden)


def _elementen(lijsten: pa.Array, naam: str, gezocht: str | None) -> pa.Array:
    """Of each array the first object that has a value; null where none has."""
    items = pc.list_flatten(lijsten)
    fits = pc.equal(pc.struct_field(items, naam), gezocht).fill_null(False)
    rows = pc.list_parent_indices(lijsten).filter(fits).to_numpy()
    found, first = np.unique(rows, return_index=True)
    place = np.full(len(lijsten), -1)
    place[found] = first
    return items.filter(fits).take(pa.array(place, mask=place < 0))
