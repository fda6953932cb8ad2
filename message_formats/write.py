"""Signals to messages: columns in, bytes out.

The signals of all recipients of a product are rendered in chunks, each chunk once per format and inhoud; the message of
one recipient is its envelope with a slice of the rendered bytes. Two threads render, ahead of the one that writes:
nearly all work is in calls that leave the interpreter to others. A few chunks are in memory at a time, however many
signals there are, as long as recipients are written in the order of the rows.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace
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
from message_formats.nest import Feiten, nest
from message_formats.render import (
    STIJLEN,
    Kolom,
    as_kolom,
    render_cells,
    render_feiten,
    render_signalen,
)
from message_formats.text import escape_xml_text
from message_formats.weave import Schering
from schemas.berichten import Bericht, BerichtVeld, wat_velden

CHUNK = 49_152  # rows, of signals and facts together: a signal of many facts is as large as many signals
_THREADS = 2
_BOM = b"\xef\xbb\xbf"


_ABSENT = as_kolom(pa.nulls(0, pa.string()))


@dataclass(frozen=True)
class _Blok:
    """A chunk ready to be written in every format: columns of signals and of facts.

    The facts of signal i are rows grens[i]:grens[i + 1].
    """

    rows: int
    signalen: Mapping[str, Kolom]
    bewijs: Mapping[str, Kolom]
    grens: npt.NDArray[np.int64]


@dataclass(frozen=True)
class _Gereed:
    """A rendered chunk: the signals, with their facts inside where the format nests, and the facts apart."""

    signalen: Schering
    feiten: Schering
    grens: npt.NDArray[np.int64]


class Fragmenten:
    """The signals of a message for many recipients, ready to be written to each of them; for one writer at a time."""

    def __init__(self, bericht: Bericht, signalen: pa.Table, feiten: Feiten) -> None:
        """Takes signals in the order in which they are to be written, and their facts.

        `signalen` has the columns of `names.signaal_schema` and the facts those of `names.bewijs_schema`, the
        `signaal_id` aside; identifiers that are not verplicht may be absent, other columns are ignored.
        """
        self._bericht = bericht
        self._signalen = _select(signalen, signaal_schema(bericht), bericht.signaal)
        ids = self._signalen.column("signaal_id")
        if ids.null_count or pc.any(pc.equal(ids, "")).as_py():
            raise ValueError("een signaal zonder signaal_id")
        self._feiten = feiten
        schema = bewijs_schema(bericht)
        self._bewijs_schema = schema.remove(schema.get_field_index("signaal_id"))
        self.per_keer = max(CHUNK * len(signalen) // (len(signalen) + len(feiten) or 1), 1)  # signals in a chunk
        self._pool = ThreadPoolExecutor(_THREADS, "render")  # its threads end with it
        self._blok = lru_cache(maxsize=2 * _THREADS)(self._prepare)
        self._gereed: dict[tuple[Formaat, Inhoud], dict[int, Future[_Gereed]]] = {}

    @classmethod
    def bereid(cls, definitie: Bericht, signalen: pa.Table, bewijs: pa.Table) -> Fragmenten:
        """Takes bewijs in any order, as one table with the `signaal_id` of each fact.

        Bewijs of signals that are not in `signalen` is left out; a signal that occurs twice (a gemeente and its
        RMC-regio) carries its bewijs twice.
        """
        bewijs = _select(bewijs, bewijs_schema(definitie), definitie.bewijs)
        if bewijs.column("volgnummer").null_count:
            raise ValueError("een feit zonder volgnummer")
        return cls(definitie, signalen, nest(signalen.column("signaal_id"), bewijs))

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
            leading, leading_bewijs = csv_leading(velden, CSV_ENVELOP), csv_leading(velden, CSV_ENVELOP_BEWIJS)
            for gereed, first, last in self._pieces(start, stop, "csv", inhoud):
                facts = int(gereed.grens[first]), int(gereed.grens[last])
                doel.write(gereed.signalen.weef(first, last, leading).data)
                bewijs_doel.write(gereed.feiten.weef(*facts, leading_bewijs).data)
            return
        head, tail = (json_frame if formaat == "json" else xml_frame)(self._bericht, velden)
        doel.write(head)
        skip = STIJLEN[formaat].scheiding
        for gereed, first, last in self._pieces(start, stop, formaat, inhoud):
            doel.write(gereed.signalen.weef(first, last).data[skip:])
            skip = 0
        doel.write(tail)

    def _pieces(self, start: int, stop: int, formaat: Formaat, inhoud: Inhoud) -> Iterator[tuple[_Gereed, int, int]]:
        """The chunks that rows [start, stop) fall in, each with the first and last row within it.

        What comes after is rendered meanwhile, also when it is for the recipients after this one.
        """
        size = self.per_keer
        for number in range(start // size, -(-stop // size) if stop > start else 0):
            offset = number * size
            yield self._chunk(number, formaat, inhoud), max(start - offset, 0), min(stop - offset, size)

    def _chunk(self, number: int, formaat: Formaat, inhoud: Inhoud) -> _Gereed:
        """A rendered chunk. Those before it are let go at once, so that their memory is used again."""
        ahead = range(number, min(number + 1 + _THREADS, -(-len(self) // self.per_keer)))
        known = self._gereed.get((formaat, inhoud), {})
        kept = {after: known.get(after) or self._pool.submit(self._render, after, formaat, inhoud) for after in ahead}
        self._gereed[formaat, inhoud] = kept
        return kept[number].result()

    def _prepare(self, number: int) -> _Blok:
        start = number * self.per_keer
        signalen = self._signalen.slice(start, self.per_keer)
        kolommen = {naam: as_kolom(_een_geheel(signalen.column(naam))) for naam in signalen.column_names}
        found, grens = self._feiten.deel(start, signalen.num_rows)
        bewijs = _select(found, self._bewijs_schema, self._bericht.bewijs)
        kolommen_bewijs = {naam: as_kolom(_een_geheel(bewijs.column(naam))) for naam in bewijs.column_names}
        kolommen_bewijs["signaal_id"] = _herhaald(kolommen["signaal_id"], grens)
        return _Blok(signalen.num_rows, kolommen, kolommen_bewijs, grens)

    def _render(self, number: int, formaat: Formaat, inhoud: Inhoud) -> _Gereed:
        stijl, blok = STIJLEN[formaat], self._blok(number)
        velden, velden_bewijs = dict(self._bericht.signaal), dict(self._bericht.bewijs)
        if stijl.bewijs is None:
            velden_bewijs = {"signaal_id": velden["signaal_id"], **velden_bewijs}
        signalen, bewijs = dict(blok.signalen), dict(blok.bewijs)
        if inhoud == "dat":
            signalen |= dict.fromkeys(wat_velden(velden), _ABSENT)
            bewijs |= dict.fromkeys(wat_velden(velden_bewijs), _ABSENT)
        eerste = np.zeros(int(blok.grens[-1]), np.bool_)
        eerste[blok.grens[:-1][blok.grens[:-1] < blok.grens[1:]]] = True
        feiten = render_feiten(stijl, bewijs, velden_bewijs, eerste)
        rijen = render_signalen(stijl, blok.rows, signalen, velden, lambda: feiten.weef(0, len(eerste)).per(blok.grens))
        return _Gereed(rijen, feiten, blok.grens)


def write_csv_table(table: pa.Table, path: Path) -> None:
    """Any table as a CSV file in the manner of the messages (byte order mark, `;`, CRLF, formulas neutralised)."""
    with path.open("wb") as file:
        file.write(_BOM + ";".join(table.column_names).encode() + b"\r\n")
        for start in range(0, table.num_rows, CHUNK):
            part = table.slice(start, CHUNK)
            file.write(render_cells(part).weef(0, len(part)).data)


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


def _select(table: pa.Table, schema: pa.Schema, velden: dict[str, BerichtVeld]) -> pa.Table:
    """The columns of the message, typed; no text is looked at yet."""
    columns = []
    for field in schema:
        if field.name in table.column_names:
            columns.append(table.column(field.name).cast(field.type))
        elif velden[field.name].klasse == "identifier" and not velden[field.name].verplicht:
            columns.append(pa.nulls(table.num_rows, field.type))
        else:
            raise KeyError(f"kolom {field.name} ontbreekt")
    return pa.table(columns, schema=schema)


def _herhaald(kolom: Kolom, grens: npt.NDArray[np.int64]) -> Kolom:
    """A column of signals for each of their facts."""
    if kolom.vast or kolom.ontbreekt:
        return kolom
    rows = np.repeat(np.arange(len(grens) - 1, dtype=np.int32), np.diff(grens))
    present = None if kolom.aanwezig is None else kolom.aanwezig[rows]
    return replace(kolom, posities=rows if kolom.posities is None else kolom.posities[rows], aanwezig=present)


def _een_geheel(column: pa.ChunkedArray) -> pa.Array:
    return column.chunk(0) if column.num_chunks == 1 else column.combine_chunks()
