"""Signals to messages: columns in, bytes out.

The signals of all recipients of a product are rendered in chunks, each chunk once per format and inhoud; the message of
one recipient is its envelope with a slice of the rendered bytes. Chunks are made when they are needed and a few are
kept, so memory does not grow with the number of signals as long as recipients are written in the order of the rows.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from typing import BinaryIO

import numpy as np
import numpy.typing as npt
import orjson
import pyarrow as pa
import pyarrow.compute as pc

from message_formats.envelope import Envelop, envelop_velden
from message_formats.names import (
    CSV_ENVELOP,
    CSV_ENVELOP_BEWIJS,
    Formaat,
    Inhoud,
    bewijs_schema,
    camel,
    csv_columns,
    pascal,
    signaal_schema,
)
from message_formats.render import STIJLEN, Rijen, as_rijen, render_cells, render_feiten, render_signalen
from message_formats.text import escape_xml_text, normalise
from schemas.berichten import Bericht, BerichtVeld, wat_velden

CHUNK = 8192
_KEPT = 12  # chunks: two for each format and inhoud
_BOM = b"\xef\xbb\xbf"


class Fragmenten:
    """The signals of a message for many recipients, ready to be written to each of them."""

    def __init__(self, bericht: Bericht, signalen: pa.Table, bewijs: pa.Table, grens: npt.NDArray[np.int64]) -> None:
        """Use `bereid`; `bewijs` stands in the order of the signals, that of signal i in rows grens[i]:grens[i + 1]."""
        self._bericht = bericht
        self._signalen = signalen
        self._bewijs = bewijs
        self._grens = grens
        self._chunk = lru_cache(maxsize=_KEPT)(self._render_chunk)

    @classmethod
    def bereid(cls, definitie: Bericht, signalen: pa.Table, bewijs: pa.Table) -> Fragmenten:
        """Takes signals in the order in which they are to be written, and their bewijs.

        `signalen` has the columns of `names.signaal_schema` (identifiers that are not verplicht may be absent; other
        columns are ignored); `bewijs` has those of `names.bewijs_schema`. Bewijs of signals that are not in `signalen`
        is left out; a signal that occurs twice (a gemeente and its RMC-regio) carries its bewijs twice.
        """
        signalen = _conform(signalen, signaal_schema(definitie), definitie.signaal)
        bewijs = _conform(bewijs, bewijs_schema(definitie), definitie.bewijs)
        if signalen.column("signaal_id").null_count or bewijs.column("volgnummer").null_count:
            raise ValueError("een signaal zonder signaal_id of een feit zonder volgnummer")
        order, grens = _nest(signalen.column("signaal_id"), bewijs)
        return cls(definitie, signalen, bewijs.take(pa.array(order)).combine_chunks(), grens)

    def __len__(self) -> int:
        """How many signals there are."""
        return int(self._signalen.num_rows)

    def aantallen(self, start: int, stop: int) -> dict[str, int]:
        """Signals per signaalcode in rows [start, stop), for the envelope."""
        counts = pc.value_counts(self._signalen.column("signaal_code").slice(start, stop - start)).to_pylist()
        found = {item["values"]: item["counts"] for item in counts}
        return {code: found[code] for code in self._bericht.signaalcodes if code in found}

    def schrijf(  # noqa: PLR0913, PLR0917 - what a message is and where it goes
        self,
        envelop: Envelop,
        start: int,
        stop: int,
        formaat: Formaat,
        doel: BinaryIO,
        bewijs_doel: BinaryIO | None = None,
        inhoud: Inhoud = "wat",
    ) -> None:
        """Writes rows [start, stop) as one message to `doel`; for CSV the bewijs goes to `bewijs_doel`.

        With inhoud `dat` the fields of klasse `wat` are left out.
        """
        if (envelop.bericht, envelop.versie) != (self._bericht.bericht, self._bericht.versie):
            raise ValueError("de envelop hoort bij een ander bericht")
        if envelop.aantal_signalen != stop - start:
            raise ValueError("aantal_signalen is niet het aantal rijen")
        velden = envelop_velden(envelop, self._bericht, inhoud)
        if formaat == "csv":
            if bewijs_doel is None:
                raise ValueError("CSV heeft een tweede bestand voor het bewijs")
            doel.write(csv_header(self._bericht, "bericht"))
            bewijs_doel.write(csv_header(self._bericht, "bewijs"))
            for rows, facts in self._csv_pieces(velden, start, stop, inhoud):
                doel.write(rows)
                bewijs_doel.write(facts)
            return
        head, tail = (json_frame if formaat == "json" else xml_frame)(self._bericht, velden)
        doel.write(head)
        skip = STIJLEN[formaat].scheiding
        for rijen, first, last in self._pieces(start, stop, formaat, inhoud):
            doel.write(rijen.slice(first, last)[skip:])
            skip = 0
        doel.write(tail)

    def _csv_pieces(
        self, velden: dict[str, object], start: int, stop: int, inhoud: Inhoud
    ) -> Iterator[tuple[memoryview, memoryview]]:
        leading = pa.scalar(csv_leading(velden, CSV_ENVELOP))
        leading_bewijs = pa.scalar(csv_leading(velden, CSV_ENVELOP_BEWIJS))
        for number, first, last in _chunks(start, stop):
            signalen, feiten = self._chunk(number, "csv", inhoud)
            grens = self._grens[number * CHUNK : number * CHUNK + last + 1] - self._grens[number * CHUNK]
            yield (
                _prefixed(leading, signalen, first, last),
                _prefixed(leading_bewijs, feiten, int(grens[first]), int(grens[last])),
            )

    def _pieces(self, start: int, stop: int, formaat: Formaat, inhoud: Inhoud) -> Iterator[tuple[Rijen, int, int]]:
        for number, first, last in _chunks(start, stop):
            yield self._chunk(number, formaat, inhoud)[0], first, last

    def _render_chunk(self, number: int, formaat: Formaat, inhoud: Inhoud) -> tuple[Rijen, Rijen]:
        """The signals and the facts of one chunk; for formats that nest, the facts are inside the signals."""
        stijl = STIJLEN[formaat]
        start = number * CHUNK
        signalen = self._signalen.slice(start, CHUNK)
        grens = self._grens[start : start + signalen.num_rows + 1]
        bewijs = self._bewijs.slice(int(grens[0]), int(grens[-1] - grens[0]))
        velden_bewijs: dict[str, BerichtVeld] = dict(self._bericht.bewijs)
        if stijl.bewijs is None:
            velden_bewijs = {"signaal_id": self._bericht.signaal["signaal_id"], **velden_bewijs}
        if inhoud == "dat":
            signalen = _without_wat(signalen, self._bericht.signaal)
            bewijs = _without_wat(bewijs, self._bericht.bewijs)
        feiten = render_feiten(stijl, bewijs, velden_bewijs)
        nested = pa.ListArray.from_arrays(pa.array((grens - grens[0]).astype(np.int32)), feiten)
        return as_rijen(render_signalen(stijl, signalen, self._bericht.signaal, nested)), as_rijen(feiten)


def write_csv_table(table: pa.Table, path: Path) -> None:
    """Any table as a CSV file in the manner of the messages (byte order mark, `;`, CRLF, formulas neutralised)."""
    with path.open("wb") as file:
        file.write(_BOM + ";".join(table.column_names).encode() + b"\r\n")
        for start in range(0, table.num_rows, CHUNK):
            rijen = as_rijen(render_cells(table.slice(start, CHUNK)))
            file.write(rijen.slice(0, len(rijen.tekst)))


def json_frame(bericht: Bericht, velden: dict[str, object]) -> tuple[bytes, bytes]:
    """What stands before and after the signals of a JSON message."""
    return b'{"envelop":' + orjson.dumps(_camel_keys(velden)) + b',"signalen":[', b"\n]}\n"


def xml_frame(bericht: Bericht, velden: dict[str, object]) -> tuple[bytes, bytes]:
    """What stands before and after the signals of an XML message."""
    root = pascal(bericht.bericht)
    head = f'<?xml version="1.0" encoding="UTF-8"?>\n<{root} xmlns="{bericht.urn}">\n'
    head += f"{_xml_element('envelop', velden)}\n<Signalen>"
    return head.encode(), f"\n</Signalen>\n</{root}>\n".encode()


def csv_header(bericht: Bericht, rol: str) -> bytes:
    """The byte order mark and the header of a message CSV or a bewijs CSV."""
    columns = csv_columns(bericht, "bewijs" if rol == "bewijs" else "bericht")
    return _BOM + ";".join(columns).encode() + b"\r\n"


def csv_leading(velden: dict[str, object], names: tuple[str, ...]) -> str:
    """The envelope columns with which each row of a CSV starts; digits, letters and dashes, so nothing to escape."""
    return "".join(f"{velden[naam]};" for naam in names)


def _prefixed(leading: pa.StringScalar, rijen: Rijen, start: int, stop: int) -> memoryview:
    if start == stop:
        return memoryview(b"")
    rows = as_rijen(pc.binary_join_element_wise(leading, rijen.tekst.slice(start, stop - start), pa.scalar("")))
    return rows.slice(0, stop - start)


def _chunks(start: int, stop: int) -> Iterator[tuple[int, int, int]]:
    """The chunks that rows [start, stop) fall in, each with the first and last row within it."""
    for number in range(start // CHUNK, -(-stop // CHUNK) if stop > start else 0):
        offset = number * CHUNK
        yield number, max(start - offset, 0), min(stop - offset, CHUNK)


def _camel_keys(value: object) -> object:
    if isinstance(value, dict):
        return {camel(naam): _camel_keys(item) for naam, item in value.items()}
    return [_camel_keys(item) for item in value] if isinstance(value, list) else value


def _xml_element(naam: str, value: object) -> str:
    tag = pascal(naam)
    if isinstance(value, dict):
        inner = "".join(_xml_element(key, item) for key, item in value.items())
    elif isinstance(value, list):
        inner = "".join(_xml_element("aantal_per_code", item) for item in value)
    else:
        inner = escape_xml_text(str(value))
    return f"<{tag}>{inner}</{tag}>"


def _without_wat(table: pa.Table, velden: dict[str, BerichtVeld]) -> pa.Table:
    for naam in wat_velden(velden):
        index = table.schema.get_field_index(naam)
        table = table.set_column(index, naam, pa.nulls(table.num_rows, table.schema.field(index).type))
    return table


def _conform(table: pa.Table, schema: pa.Schema, velden: dict[str, BerichtVeld]) -> pa.Table:
    """The columns of the message, typed, with texts that every format can hold."""
    columns = []
    for field in schema:
        if field.name in table.column_names:
            column = table.column(field.name).cast(field.type)
            text = pa.types.is_string(field.type)
            columns.append(pa.chunked_array(map(normalise, column.chunks), field.type) if text else column)
        elif velden[field.name].klasse == "identifier" and not velden[field.name].verplicht:
            columns.append(pa.nulls(table.num_rows, field.type))
        else:
            raise KeyError(f"kolom {field.name} ontbreekt")
    return pa.table(columns, schema=schema).combine_chunks()


def _nest(signaal_id: pa.ChunkedArray, bewijs: pa.Table) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """For signals of n rows: which bewijs rows, in the order of the signals, and the n + 1 limits between signals."""
    codes = signaal_id.combine_chunks().dictionary_encode()
    signal_code = codes.indices.to_numpy(zero_copy_only=False)
    found = pc.index_in(bewijs.column("signaal_id"), value_set=codes.dictionary).fill_null(-1)
    bewijs_code = found.to_numpy().astype(np.int64)
    volgnummer = bewijs.column("volgnummer").to_numpy()
    by_code = np.lexsort((volgnummer, bewijs_code))
    starts = np.searchsorted(bewijs_code[by_code], np.arange(len(codes.dictionary) + 1))
    counts = (starts[1:] - starts[:-1])[signal_code]
    grens = np.concatenate(([0], np.cumsum(counts))).astype(np.int64)
    within = np.arange(grens[-1]) - np.repeat(grens[:-1], counts)
    return by_code[np.repeat(starts[:-1][signal_code], counts) + within], grens
