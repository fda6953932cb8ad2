"""Pointers to the records of a levering that were rejected: on disk from the first on, so memory stays what it was.

Each reading of the levering writes a part of its own, which is dropped when that reading breaks off. When the levering
has passed the parts become one file, group by group.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from privacy.deur import QUARANTAINE

ROWS = 65_536  # of a row group: what is held in memory
Bewaar = Callable[[Sequence[pa.RecordBatch]], None]


class Aanwijzingen:
    """The pointers of one passage, to be written to `pad`."""

    def __init__(self, pad: Path) -> None:
        self._pad, self._delen = pad, list[Path]()

    @contextmanager
    def lezing(self) -> Iterator[Bewaar]:
        """What is kept in it counts when it ends well; otherwise nothing of it is left."""
        deel = self._opzij(len(self._delen))
        schrijver = _Schrijver(deel)
        try:
            yield schrijver.schrijf
            schrijver.sluit()
        except BaseException:
            schrijver.breek_af()
            raise
        if deel.exists():
            self._delen.append(deel)

    def leg_vast(self, meer: pa.Table) -> None:
        """Writes the file, with these pointers at its end; without any pointer there is none."""
        if self._delen or meer.num_rows:
            aside = self._opzij(len(self._delen))
            schrijver = _Schrijver(aside)
            for deel in self._delen:
                with pq.ParquetFile(deel) as source:
                    for group in range(source.num_row_groups):
                        schrijver.schrijf(source.read_row_group(group).to_batches())
            schrijver.schrijf(meer.to_batches())
            schrijver.sluit()
            aside.rename(self._pad)
        self.laat_vallen()

    def laat_vallen(self) -> None:
        """Drops the parts there are."""
        for deel in self._delen:
            deel.unlink(missing_ok=True)
        self._delen = []

    def _opzij(self, nr: int) -> Path:
        """Where a part stands; the name ends in the process it is of, so that what a killed one left is found."""
        return self._pad.with_name(f".{self._pad.stem}-{nr}{self._pad.suffix}.{os.getpid()}")


class _Schrijver:
    """Writes batches to a file that is not there until there is something to write."""

    def __init__(self, pad: Path) -> None:
        self._pad, self._held, self._rows = pad, list[pa.RecordBatch](), 0
        self._writer: pq.ParquetWriter | None = None

    def schrijf(self, batches: Sequence[pa.RecordBatch]) -> None:
        self._held += batches
        self._rows += sum(batch.num_rows for batch in batches)
        if self._rows >= ROWS:
            self._flush()

    def sluit(self) -> None:
        self._flush()
        if self._writer is not None:
            self._writer.close()

    def breek_af(self) -> None:
        if self._writer is not None:
            self._writer.close()
        self._pad.unlink(missing_ok=True)

    def _flush(self) -> None:
        if not self._rows:
            return
        if self._writer is None:
            self._pad.parent.mkdir(parents=True, exist_ok=True)
            self._writer = pq.ParquetWriter(self._pad, QUARANTAINE)
        self._writer.write_table(pa.Table.from_batches(self._held, schema=QUARANTAINE))
        self._held, self._rows = [], 0
