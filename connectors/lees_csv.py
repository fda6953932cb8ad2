"""Reads CSV extracts as a stream of raw batches, with pyarrow's reader."""

from __future__ import annotations

from collections.abc import Iterable
from typing import IO

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.csv

from connectors.bestand import voor_arrow
from connectors.herken import Herkend
from connectors.rijen import Bevinding, Gelezen, make_rijen
from schemas.bron import Tabel
from schemas.fout import KetenFout

BLOCK_BYTES = 2 * 2**20  # stays in cache; a record may be as large as a block and may lie across two


def lees_csv(stream: IO[bytes], herkend: Herkend, naam: str, tabel: Tabel) -> Gelezen:
    """Yields raw rows of the one table in a CSV stream; a row with the wrong number of cells is a `R-KAPOT` finding."""
    assert tabel.csv is not None
    plaatsen = {veld: plaats for veld, plaats in tabel.csv.kolommen.items() if plaats.pad in herkend.kolommen}
    wanted = [plaats.pad for plaats in plaatsen.values()]
    if herkend.onbekende_kolommen:
        yield Bevinding("W-KOLOM-ONBEKEND", naam, aantal=herkend.onbekende_kolommen)
    numbers = RecordNumbers()
    for batch in open_csv(stream, herkend, numbers.broken, wanted=wanted):
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


def open_csv(
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
            voor_arrow(stream),
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
