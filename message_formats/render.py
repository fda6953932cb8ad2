"""Rows of a table as text in one format, for a whole chunk at a time.

Each row becomes one text, built by a single string join over the columns; there is no Python per row. The result is one
contiguous buffer with offsets, so the rows [a, b) are a slice of it, without a copy.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from message_formats.names import Formaat, camel, is_number, pascal
from message_formats.text import escape_csv, escape_json, escape_xml
from schemas.berichten import BerichtVeld

_EMPTY = pa.scalar("")


@dataclass(frozen=True)
class Stijl:
    """How a format writes a field and a row.

    `veld` gives what stands before and after a value, `leeg` whether an absent value keeps those. `signaal` and `feit`
    give what stands before and after a row, `bewijs` what stands before, between and after the nested facts of a
    signal. The first `scheiding` bytes of a signal separate it from the one before; the first of a message drops them.
    """

    escape: Callable[[pa.StringArray], pa.StringArray]
    veld: Callable[[str, BerichtVeld], tuple[str, str]]
    leeg: bool
    signaal: tuple[str, str]
    feit: tuple[str, str]
    bewijs: tuple[str, str, str] | None
    scheiding: int


def _json_veld(naam: str, veld: BerichtVeld) -> tuple[str, str]:
    quote = "" if is_number(veld) else '"'
    return f',"{camel(naam)}":{quote}', quote


def _xml_veld(naam: str, _: BerichtVeld) -> tuple[str, str]:
    return f"<{pascal(naam)}>", f"</{pascal(naam)}>"


def _csv_veld(_naam: str, _veld: BerichtVeld) -> tuple[str, str]:
    return ";", ""


STIJLEN: Mapping[Formaat, Stijl] = {
    "json": Stijl(escape_json, _json_veld, False, (",\n{", "}"), ("{", "}"), (',"bewijs":[', ",", "]"), 1),
    "xml": Stijl(
        escape_xml,
        _xml_veld,
        False,
        ("\n<Signaal>", "</Signaal>"),
        ("<Feit>", "</Feit>"),
        ("<Bewijs>", "", "</Bewijs>"),
        0,
    ),
    "csv": Stijl(escape_csv, _csv_veld, True, ("", "\r\n"), ("", "\r\n"), None, 0),
}


@dataclass(frozen=True)
class Rijen:
    """Rendered rows: row i is `data[grens[i]:grens[i + 1]]`."""

    data: memoryview
    grens: npt.NDArray[np.int32]
    tekst: pa.StringArray

    def slice(self, start: int, stop: int) -> memoryview:
        """The text of rows [start, stop)."""
        return self.data[self.grens[start] : self.grens[stop]]


def as_rijen(tekst: pa.StringArray) -> Rijen:
    """Rendered rows from a text column without nulls."""
    _, offsets, data = tekst.buffers()
    grens = np.frombuffer(offsets, dtype=np.int32)[tekst.offset : tekst.offset + len(tekst) + 1]
    return Rijen(memoryview(data or b"").cast("B"), grens, tekst)


def render_feiten(stijl: Stijl, bewijs: pa.Table, velden: Mapping[str, BerichtVeld]) -> pa.StringArray:
    """The facts of a bewijs table, one text each."""
    return _render(stijl, bewijs, velden, stijl.feit, [])


def render_signalen(
    stijl: Stijl, signalen: pa.Table, velden: Mapping[str, BerichtVeld], feiten: pa.ListArray
) -> pa.StringArray:
    """The signals, one text each, with their facts (a list of texts per signal) nested where the format nests."""
    nested: list[str | pa.StringArray] = []
    if stijl.bewijs is not None:
        before, between, after = stijl.bewijs
        nested = [before, pc.binary_join(feiten, between), after]
    return _render(stijl, signalen, velden, stijl.signaal, nested)


def render_cells(table: pa.Table) -> pa.StringArray:
    """The rows of any table as CSV, one text each."""
    if table.num_rows == 0:
        return pa.array([], pa.string())
    cells: list[str | pa.StringArray] = []
    for column in table.columns:
        array = column.combine_chunks()
        cells += [";", escape_csv(array) if pa.types.is_string(array.type) else array.cast(pa.string())]
    return _join([*cells[1:], "\r\n"])


def _render(
    stijl: Stijl,
    table: pa.Table,
    velden: Mapping[str, BerichtVeld],
    row: tuple[str, str],
    nested: list[str | pa.StringArray],
) -> pa.StringArray:
    if table.num_rows == 0:
        return pa.array([], pa.string())
    fields: list[str | pa.StringArray] = []
    for naam, veld in velden.items():
        fields += _render_veld(stijl, table.column(naam), *stijl.veld(naam, veld))
    # The first field is never absent, so what separates it from the one before can go.
    if isinstance(fields[0], str) and fields[0][:1] in (",", ";"):
        fields[0] = fields[0][1:]
    return _join([row[0], *fields, *nested, row[1]])


def _render_veld(stijl: Stijl, column: pa.ChunkedArray, before: str, after: str) -> list[str | pa.StringArray]:
    if column.null_count == len(column):
        return [before + after] if stijl.leeg else []
    array = column.combine_chunks()
    value = stijl.escape(array) if pa.types.is_string(array.type) else array.cast(pa.string())
    if stijl.leeg or not value.null_count:
        return [before, value, after]
    return [pc.binary_join_element_wise(pa.scalar(before), value, pa.scalar(after), _EMPTY)]


def _join(pieces: list[str | pa.StringArray]) -> pa.StringArray:
    """One text per row; a null piece counts as empty."""
    merged: list[str | pa.StringArray] = []
    for piece in pieces:
        if isinstance(piece, str) and merged and isinstance(merged[-1], str):
            merged[-1] += piece
        else:
            merged.append(piece)
    arguments = [pa.scalar(piece) if isinstance(piece, str) else piece for piece in merged]
    return pc.binary_join_element_wise(*arguments, _EMPTY, null_handling="replace", null_replacement="")
