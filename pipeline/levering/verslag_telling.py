"""Who delivered the records of a population, noted at the door, where that can still be seen: counts and pointers.

Of a record that was rejected is kept who delivered it, where it stands and why; of the others only how many there are.
A code that cannot be read names nobody: the record then belongs to the aanleveraar of the levering as a whole, if its
manifest names one.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from connectors.rijen import Bevinding
from lineage.ledger import Rij
from lineage.leveringen import ONBEKEND
from pipeline.levering.telling import UITVAL, Telling
from privacy.typen import typeer
from schemas.load import find_tabel

# A row without a code counts records (`aantal`); one with a code points to a record that was rejected.
SCHEMA = pa.schema(
    [
        ("tabel", pa.string()),
        ("aanleveraar", pa.string()),
        ("bestand_nr", pa.int32()),
        ("record_nr", pa.int64()),
        ("code", pa.string()),
        ("aantal", pa.int64()),
    ]
)


class Aanleveraars:
    """The records of one reading of the population tables of a levering."""

    def __init__(self, levering: Rij) -> None:
        self._anders = levering["aanleveraar"] or ONBEKEND
        self._aantal: Counter[tuple[str, str]] = Counter()
        self._afgekeurd: dict[str, list[pa.Table]] = {}

    def zie(self, naam: str, batch: pa.RecordBatch, afgekeurd: Iterable[pa.RecordBatch]) -> None:
        """Counts a raw batch of a table, given the pointers to its records that were rejected."""
        wie = self._wie(naam, batch)
        if wie is None:
            return
        for item in pc.value_counts(wie.indices).to_pylist():
            self._aantal[naam, wie.dictionary[item["values"]].as_py()] += item["counts"]
        for pointers in afgekeurd:
            if pointers.num_rows and pointers.column("tabel")[0].as_py() == naam:
                rows = np.searchsorted(batch.column("record_nr").to_numpy(), pointers.column("record_nr").to_numpy())
                columns = {
                    "aanleveraar": wie.dictionary.take(wie.indices.take(pa.array(rows))),
                    "record_nr": pointers.column("record_nr"),
                    "code": pointers.column("code"),
                }
                self._afgekeurd.setdefault(naam, []).append(pa.table(columns))

    def _wie(self, naam: str, batch: pa.RecordBatch) -> pa.DictionaryArray | None:
        """Who delivered each row; there are few of them, so only their names are judged."""
        tabel = find_tabel(naam)
        if tabel.aanleveraar is None:
            return None
        if tabel.aanleveraar not in tabel.velden:  # the bron delivers it all
            indices = pa.repeat(pa.scalar(0, pa.int32()), batch.num_rows)
            return pa.DictionaryArray.from_arrays(indices, pa.array([tabel.aanleveraar]))
        found = batch.column(tabel.aanleveraar).dictionary_encode(null_encoding="encode")
        typed = typeer(tabel.velden[tabel.aanleveraar], found.dictionary).kolom
        return pa.DictionaryArray.from_arrays(found.indices, pc.fill_null(typed, self._anders))

    def zie_onleesbaar(self, bevindingen: Iterable[Bevinding]) -> None:
        """Adds the records that no reader could make sense of; nobody can say whose they were."""
        for bevinding in bevindingen:
            naam = bevinding.tabel
            if naam is None or not bevinding.code.startswith(UITVAL) or not bevinding.record_nr:
                continue
            tabel = find_tabel(naam)
            if tabel.aanleveraar is not None:
                wie = self._anders if tabel.aanleveraar in tabel.velden else tabel.aanleveraar
                self._aantal[naam, wie] += 1
                columns = {"aanleveraar": [wie], "record_nr": [bevinding.record_nr], "code": [bevinding.code]}
                self._afgekeurd.setdefault(naam, []).append(pa.table(columns))

    def tabel(self, telling: Telling) -> pa.Table:
        """Everything noted, with the place of each rejected record within its file."""
        keys = list(self._aantal)
        parts = [
            pa.table(
                {
                    "tabel": pa.array([naam for naam, _ in keys], pa.string()),
                    "aanleveraar": pa.array([wie for _, wie in keys], pa.string()),
                    "bestand_nr": pa.nulls(len(keys), pa.int32()),
                    "record_nr": pa.nulls(len(keys), pa.int64()),
                    "code": pa.nulls(len(keys), pa.string()),
                    "aantal": pa.array([self._aantal[key] for key in keys], pa.int64()),
                },
                schema=SCHEMA,
            )
        ]
        parts += [self._plaats(naam, pa.concat_tables(tables), telling) for naam, tables in self._afgekeurd.items()]
        return pa.concat_tables(parts)

    @staticmethod
    def _plaats(naam: str, afgekeurd: pa.Table, telling: Telling) -> pa.Table:
        files, numbers = telling.in_bestand(naam, afgekeurd["record_nr"].to_numpy())
        columns = [
            pa.array([naam] * len(afgekeurd), pa.string()),
            afgekeurd["aanleveraar"],
            pa.array(files.astype(np.int32)),
            pa.array(numbers),
            afgekeurd["code"],
            pa.repeat(pa.scalar(1, pa.int64()), len(afgekeurd)),
        ]
        return pa.table(columns, schema=SCHEMA)


def schrijf(path: Path, delen: Sequence[pa.Table]) -> None:
    """Writes what was noted in the readings of one passage, whole; nothing when there is nothing."""
    noted = pa.concat_tables(delen) if delen else SCHEMA.empty_table()
    if not len(noted):
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    aside = path.with_name(f".{path.name}.{os.getpid()}")
    pq.write_table(noted, aside, compression="zstd")
    aside.rename(path)
