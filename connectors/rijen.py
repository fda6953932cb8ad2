"""What every reader yields: batches of raw rows, and findings about what could not be read.

A reader never raises for one bad record; it yields a `Bevinding` with a code and goes on. Only when the rest of the
file cannot be trusted (cut off, wrong encoding) does it raise `KetenFout`, and the file as a whole is put aside.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from schemas.bron import Plaats, Tabel

BATCH_ROWS = 65_536
UNREADABLE = "?"  # what stands in a raw column for an amount that cannot be brought to cents; uitval at the door


@dataclass(frozen=True)
class Rijen:
    """Raw rows of one table: `record_nr` (1-based within the file) and every field as text."""

    tabel: str
    batch: pa.RecordBatch


@dataclass(frozen=True)
class Bevinding:
    """A finding while reading: a code from `codes/melding.csv` with a pointer, never a value.

    `lid_nr` is the number of the member in an archive, `record_nr` that of the record in the file (both 1-based).
    """

    code: str
    tabel: str | None = None
    lid_nr: int | None = None
    record_nr: int | None = None
    aantal: int = 1


Gelezen = Iterator[Rijen | Bevinding]


class Nummers:
    """Numbers the records of a table on from one stream to the next, those that could not be read included."""

    def __init__(self) -> None:
        self._before: dict[str, int] = {}

    def volgt(self, gelezen: Gelezen) -> Gelezen:
        """Yields what one stream gives, its record numbers (from 1) moved behind those of the streams before it."""
        before, highest = dict(self._before), self._before
        for item in gelezen:
            shift = before.get(item.tabel or "", 0)
            if isinstance(item, Bevinding):
                moved = replace(item, record_nr=item.record_nr + shift) if item.record_nr else item
                last = moved.record_nr or 0
                yield moved
            else:
                last = item.batch.column(0)[-1].as_py() + shift
                yield _verschoven(item, shift) if shift else item
            if item.tabel:
                highest[item.tabel] = max(highest.get(item.tabel, 0), last)


def _verschoven(item: Rijen, shift: int) -> Rijen:
    record_nr = pc.add(item.batch.column(0), pa.scalar(shift, pa.int64()))
    return Rijen(item.tabel, item.batch.set_column(0, "record_nr", record_nr))


def make_rijen(
    naam: str,
    tabel: Tabel,
    plaatsen: Mapping[str, Plaats],
    columns: Mapping[str, pa.Array],
    record_nr: pa.Array,
) -> Rijen:
    """One batch in the raw schema; fields the file does not have are null, amounts are brought to whole cents."""
    arrays = [record_nr]
    for veld in tabel.velden:
        if veld not in columns:
            arrays.append(pa.nulls(len(record_nr), pa.string()))
        elif plaatsen[veld].eenheid == "euro":
            arrays.append(euro_to_cent(columns[veld]))
        else:
            arrays.append(columns[veld])
    return Rijen(naam, pa.RecordBatch.from_arrays(arrays, names=["record_nr", *tabel.velden]))


def make_rijen_from_lists(
    naam: str, tabel: Tabel, plaatsen: Mapping[str, Plaats], columns: Mapping[str, Sequence[str | None]], first: int
) -> Rijen:
    """Like `make_rijen`, from Python lists, with records numbered from `first`."""
    count = len(next(iter(columns.values())))
    record_nr = pa.array(np.arange(first, first + count, dtype=np.int64))
    arrays = {veld: pa.array(values, pa.string()) for veld, values in columns.items()}
    return make_rijen(naam, tabel, plaatsen, arrays, record_nr)


def euro_to_cent(amounts: pa.Array) -> pa.Array:
    """Euro amounts as text (`1325`, `1325.00`, `1325,5`) to whole cents as text; anything else is unreadable."""
    text = pc.replace_substring(pc.utf8_trim_whitespace(amounts), ",", ".")
    parts = pc.extract_regex(text, r"^(?P<heel>[+-]?\d{1,14})(?:\.(?P<deel>\d{1,2}))?$")
    cents = pc.binary_join_element_wise(
        pc.struct_field(parts, "heel"), pc.utf8_rpad(pc.struct_field(parts, "deel"), 2, "0"), ""
    )
    empty = pc.equal(pc.fill_null(text, ""), "")
    return pc.if_else(empty, pa.scalar(None, pa.string()), pc.fill_null(cents, UNREADABLE))


def bundel(rijen: Iterable[Rijen]) -> Iterator[Rijen]:
    """Joins small batches of a table, so that a levering of many small files is not handled a few rows at a time."""
    waiting: dict[str, list[pa.RecordBatch]] = {}
    counts: dict[str, int] = {}
    for item in rijen:
        waiting.setdefault(item.tabel, []).append(item.batch)
        counts[item.tabel] = counts.get(item.tabel, 0) + item.batch.num_rows
        if counts[item.tabel] >= BATCH_ROWS // 2:
            yield Rijen(item.tabel, pa.concat_batches(waiting.pop(item.tabel)))
            counts[item.tabel] = 0
    for tabel, batches in waiting.items():
        yield Rijen(tabel, pa.concat_batches(batches))
