"""Reads CSV extracts as a stream of raw batches, with pyarrow's reader."""

from __future__ import annotations

from collections.abc import Iterable
from typing import IO

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv

from connectors.herken import LO_BRP_BSN, Herkend
from connectors.rijen import Bevinding, Gelezen, make_rijen
from schemas.fout import KetenFout
from schemas.model import Tabel

BLOCK_BYTES = 8 * 2**20


def lees_csv(stream: IO[bytes], herkend: Herkend, naam: str, tabel: Tabel) -> Gelezen:
    """Yields raw rows of the one table in a CSV stream; a row with the wrong number of cells is a `R-KAPOT` finding."""
    assert tabel.csv is not None
    plaatsen = {veld: plaats for veld, plaats in tabel.csv.kolommen.items() if plaats.pad in herkend.kolommen}
    wanted = [plaats.pad for plaats in plaatsen.values()]
    if herkend.onbekende_kolommen:
        yield Bevinding("W-KOLOM-ONBEKEND", naam, aantal=herkend.onbekende_kolommen)
    numbers = RecordNumbers()
    for batch in _open(stream, herkend, numbers.broken, wanted=wanted):
        yield from (Bevinding("R-KAPOT", naam, record_nr=nr) for nr in numbers.take_broken())
        columns = {veld: batch.column(plaats.pad) for veld, plaats in plaatsen.items()}
        yield make_rijen(naam, tabel, plaatsen, columns, numbers.next(batch.num_rows))
    yield from (Bevinding("R-KAPOT", naam, record_nr=nr) for nr in numbers.take_broken())


class RecordNumbers:
    """Numbers records as they stand in the file, counting those that could not be read."""

    def __init__(self) -> None:
        self._next = 1
        self._broken: list[int] = []
        self._reported = 0

    def broken(self, row: pyarrow.csv.InvalidRow) -> str:
        """Handler for pyarrow: remembers the row's number (the header is row 1) and skips it."""
        self._broken.append((row.number or 0) - 1)
        return "skip"

    def take_broken(self) -> Iterable[int]:
        """Numbers of broken records found since the last call."""
        found, self._reported = self._broken[self._reported :], len(self._broken)
        return found

    def next(self, count: int) -> pa.Array:
        """The numbers of the next `count` good records (int64)."""
        ahead = [nr for nr in self._broken if nr >= self._next]
        candidates: npt.NDArray[np.int64] = np.arange(self._next, self._next + count + len(ahead), dtype=np.int64)
        numbers = candidates[~np.isin(candidates, ahead)][:count] if ahead else candidates
        self._next = int(numbers[-1]) + 1 if count else self._next
        return pa.array(numbers)


def _open(
    stream: IO[bytes],
    herkend: Herkend,
    on_broken: object,
    *,
    wanted: list[str] | None = None,
    names: list[str] | None = None,
) -> Iterable[pa.RecordBatch]:
    """Batches of text columns: the `wanted` ones, or all; `names` take the place of the header."""
    try:
        reader = pyarrow.csv.open_csv(
            stream,
            read_options=pyarrow.csv.ReadOptions(
                use_threads=False, block_size=BLOCK_BYTES, skip_rows=1 if names else 0, column_names=names
            ),
            parse_options=pyarrow.csv.ParseOptions(
                delimiter=herkend.scheidingsteken, newlines_in_values=True, invalid_row_handler=on_broken
            ),
            convert_options=pyarrow.csv.ConvertOptions(
                column_types=dict.fromkeys(names or herkend.kolommen, pa.string()),
                strings_can_be_null=True,
                null_values=[""],
                include_columns=wanted or [],
            ),
        )
        yield from reader
    except pa.ArrowInvalid as error:
        code = "B-CODERING" if "UTF8" in str(error) else "B-KAPOT"
        raise KetenFout(code, "csv") from None


def lees_lo_brp(stream: IO[bytes], herkend: Herkend, tabellen: dict[str, Tabel]) -> Gelezen:
    """Yields raw rows of persoonslijsten in LO-BRP element numbers.

    The first column identifies a persoonslijst; rows below it with an empty first column belong to the same person and
    hold history or further occurrences of a category. Every table takes the rows in which its own category is filled.
    """
    names = [f"k{index}" for index in range(len(herkend.kolommen))]  # element numbers may occur twice
    place = {element: names[index] for index, element in reversed(list(enumerate(herkend.kolommen)))}
    numbers = RecordNumbers()
    persoon = _Persoon(herkend.scheidingsteken)

    def on_broken(row: pyarrow.csv.InvalidRow) -> str:
        persoon.broken(row)
        return numbers.broken(row)

    for batch in _open(stream, herkend, on_broken, names=names):
        yield from (Bevinding("R-KAPOT", record_nr=nr) for nr in numbers.take_broken())
        if not batch.num_rows:
            continue
        record_nr = numbers.next(batch.num_rows)
        starts = pc.is_valid(batch.column(names[0]))
        bsn = persoon.fill_down(starts, batch.column(place[LO_BRP_BSN]), record_nr)
        for naam, tabel in tabellen.items():
            assert tabel.lo_brp is not None
            plaatsen = {veld: p for veld, p in tabel.lo_brp.velden.items() if p.pad in place}
            columns = {veld: batch.column(place[plaats.pad]) for veld, plaats in plaatsen.items()}
            columns["burgerservicenummer"] = bsn
            rows = starts if tabel.lo_brp.rijen == "actueel" else _any_filled(columns)
            if not pc.any(rows).as_py():
                continue
            kept = {veld: column.filter(rows) for veld, column in columns.items()}
            yield make_rijen(naam, tabel, plaatsen, kept, record_nr.filter(rows))
    yield from (Bevinding("R-KAPOT", record_nr=nr) for nr in numbers.take_broken())


class _Persoon:
    """Whose persoonslijst a row belongs to: that of the last row above it that starts one, over batches.

    When that row is broken, the rows below it belong to nobody we know, and never to the person before.
    """

    def __init__(self, delimiter: str) -> None:
        self._delimiter = delimiter
        self._bsn, self._start = pa.scalar(None, pa.string()), 0
        self._lost: list[int] = []

    def broken(self, row: pyarrow.csv.InvalidRow) -> None:
        """Remembers the number of a broken row that started a persoonslijst."""
        if not (row.text or "").startswith(self._delimiter):
            self._lost.append((row.number or 0) - 1)

    def fill_down(self, starts: pa.Array, bsn: pa.Array, record_nr: pa.Array) -> pa.Array:
        """The burgerservicenummer of every row of a batch, null where it is not known."""
        begins, nr = starts.to_numpy(zero_copy_only=False), record_nr.to_numpy()
        last = np.maximum.accumulate(np.where(begins, np.arange(len(nr)), -1))
        start = np.where(last < 0, self._start, nr[np.maximum(last, 0)])
        filled = pc.if_else(pa.array(last < 0), self._bsn, bsn.take(pa.array(np.maximum(last, 0))))
        self._bsn, self._start = filled[-1], int(start[-1])
        orphan = np.searchsorted(self._lost, nr) > np.searchsorted(self._lost, start)
        return pc.if_else(pa.array(orphan), pa.scalar(None, pa.string()), filled)


def _any_filled(columns: dict[str, pa.Array]) -> pa.Array:
    filled = [pc.is_valid(column) for veld, column in columns.items() if veld != "burgerservicenummer"]
    result = filled[0]
    for other in filled[1:]:
        result = pc.or_(result, other)
    return result
