"""Reads persoonslijsten in LO-BRP element numbers (CSV) as a stream of raw batches, history rows included.

The first column of a row identifies a persoonslijst. Rows below it with an empty first column belong to the same person
and hold history or further occurrences of a category. Which of the two is told by the row before: its element NN.H
names the category that the next row holds, 55 for history of 05, 05 for another marriage.
"""

from __future__ import annotations

from typing import IO

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv

from connectors.herken import LO_BRP_BSN, Herkend
from connectors.lees_csv import RecordNumbers, open_csv
from connectors.rijen import Bevinding, Gelezen, make_rijen
from schemas.bron import LoBrpVorm, Tabel

HISTORY = 50  # the history of category NN is category NN + 50
REPEATED = ("04", "05", "09", "12")  # nationality, marriage, child, travel document: a person may have more than one
_NOTHING = pa.scalar(None, pa.string())


def lees_lo_brp(stream: IO[bytes], herkend: Herkend, tabellen: dict[str, Tabel]) -> Gelezen:
    """Yields raw rows of persoonslijsten; every table takes the rows in which its own category is filled."""
    names = [f"k{index}" for index in range(len(herkend.kolommen))]  # element numbers may occur twice
    place = {element: names[index] for index, element in reversed(list(enumerate(herkend.kolommen)))}
    numbers = RecordNumbers()
    persoon = _Persoon(herkend.scheidingsteken)
    lezers = [_Categorie(naam, tabel, tabel.lo_brp, place) for naam, tabel in tabellen.items() if tabel.lo_brp]

    def on_broken(row: pyarrow.csv.InvalidRow) -> str:
        persoon.broken(row)
        return numbers.broken(row)

    for batch in open_csv(stream, herkend, on_broken, names=names):
        yield from (Bevinding("R-KAPOT", record_nr=nr) for nr in numbers.take_broken())
        if not batch.num_rows:
            continue
        record_nr = numbers.next(batch.num_rows)
        starts = pc.is_valid(batch.column(names[0]))
        bsn = persoon.fill_down(starts, batch.column(place[LO_BRP_BSN]), record_nr)
        for lezer in lezers:
            yield from lezer.lees(batch, starts, bsn, record_nr)
    yield from (Bevinding("R-KAPOT", record_nr=nr) for nr in numbers.take_broken())


class _Categorie:
    """Takes the rows of one table from the persoonslijsten, batch after batch."""

    def __init__(self, naam: str, tabel: Tabel, vorm: LoBrpVorm, place: dict[str, str]) -> None:
        self._naam, self._tabel, self._vorm, self._place = naam, tabel, vorm, place
        prefix, end = f"{vorm.categorie}.", f"{vorm.categorie}.H"
        self._filled = [column for element, column in place.items() if element.startswith(prefix) and element != end]
        self._plaatsen = {veld: plaats for veld, plaats in vorm.velden.items() if plaats.pad in place}
        self._announced: dict[str, str | None] = {}

    def lees(self, batch: pa.RecordBatch, starts: pa.Array, bsn: pa.Array, record_nr: pa.Array) -> Gelezen:
        """Yields the rows of one batch, if there are any."""
        columns = {}
        for veld, plaats in self._vorm.velden.items():
            column = self._place.get(plaats.pad)
            if plaats.vorm == "actueel":
                columns[veld] = self._actueel(veld, starts, batch.column(column) if column else None)
            elif veld == "burgerservicenummer":
                columns[veld] = bsn
            elif column:
                columns[veld] = batch.column(column)
        rows = self._rows(batch, starts)
        if pc.any(rows).as_py():
            kept = {veld: column.filter(rows) for veld, column in columns.items()}
            yield make_rijen(self._naam, self._tabel, self._vorm.velden, kept, record_nr.filter(rows))

    def _rows(self, batch: pa.RecordBatch, starts: pa.Array) -> pa.Array:
        if self._vorm.rijen == "actueel":
            return starts
        filled = pa.repeat(pa.scalar(False), batch.num_rows)
        for column in self._filled:
            filled = pc.or_(filled, pc.is_valid(batch.column(column)))
        return filled if self._vorm.rijen == "alle" else pc.and_(filled, pc.invert(starts))

    def _actueel(self, veld: str, starts: pa.Array, ends: pa.Array | None) -> pa.Array:
        """`ja` for the first row of a persoonslijst; of the others the row before says it.

        When it does not, what is below is history, or in a category that repeats it is not known.
        """
        unsaid = _NOTHING if self._vorm.categorie in REPEATED else "nee"
        if ends is None:
            return pc.if_else(starts, "ja", unsaid)
        before = pc.fill_null(pa.concat_arrays([pa.array([self._announced.get(veld)], pa.string()), ends[:-1]]), "")
        self._announced[veld] = ends[-1].as_py()
        history = pc.equal(before, f"{int(self._vorm.categorie) + HISTORY}")
        told = pc.if_else(history, "nee", pc.if_else(pc.equal(before, self._vorm.categorie), "ja", unsaid))
        return pc.if_else(starts, "ja", told)


class _Persoon:
    """Whose persoonslijst a row belongs to: that of the last row above it that starts one, over batches.

    When that row is broken, the rows below it belong to nobody we know, and never to the person before.
    """

    def __init__(self, delimiter: str) -> None:
        self._delimiter = delimiter
        self._bsn, self._start = _NOTHING, 0
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
        return pc.if_else(pa.array(orphan), _NOTHING, filled)
