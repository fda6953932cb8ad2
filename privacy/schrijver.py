"""Writes Parquet files of the lake, on a thread of its own so that the next rows are checked meanwhile."""

from __future__ import annotations

import os
from collections import deque
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

AHEAD = 2  # row groups that may wait
ROW_GROUP = 100_000
DICTIONARY_BYTES = 2**17  # of a column in a row group; what has more to tell apart does not repeat enough to gain by it


class Schrijver:
    """Files are written aside; at the end all get their final name, or nothing is left of them."""

    def __init__(self) -> None:
        self._writers: dict[Path, pq.ParquetWriter] = {}
        self._collected: dict[Path, list[pa.RecordBatch]] = {}
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="schrijver")
        self._waiting: deque[Future[None]] = deque()

    def schrijf(self, path: Path, batch: pa.RecordBatch) -> None:
        """Adds rows to a file, in the order of the calls; what went wrong with earlier rows is raised here."""
        collected = self._collected.setdefault(path, [])
        collected.append(batch)
        if sum(each.num_rows for each in collected) >= ROW_GROUP:
            self._submit(path)

    def sluit(self, *, behoud: bool) -> None:
        """Waits for what is being written, and commits (`behoud`) or removes every file."""
        if behoud:
            for path in list(self._collected):
                self._submit(path)
        self._thread.shutdown(wait=True, cancel_futures=not behoud)
        complete = False
        try:
            if behoud:
                for written in self._waiting:
                    written.result()
            for writer in self._writers.values():
                writer.close()
            complete = behoud
        finally:
            for path in self._writers:
                if complete:
                    aside(path).rename(path)
                else:
                    aside(path).unlink(missing_ok=True)

    def _submit(self, path: Path) -> None:
        while len(self._waiting) >= AHEAD:
            self._waiting.popleft().result()
        rows = pa.Table.from_batches(self._collected.pop(path))
        self._waiting.append(self._thread.submit(self._write, path, rows))

    def _write(self, path: Path, rows: pa.Table) -> None:
        if path not in self._writers:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._writers[path] = _open(aside(path), rows.schema)
        self._writers[path].write_table(rows)


def _open(path: Path, schema: pa.Schema) -> pq.ParquetWriter:
    """Every column in the way that is quick to write and to read for what it holds (ADR 0018)."""
    amounts = [veld.name for veld in schema if pa.types.is_int64(veld.type)]  # and record numbers: hardly repeat
    return pq.ParquetWriter(
        path,
        schema,
        compression="snappy",
        use_dictionary=[naam for naam in schema.names if naam not in amounts],
        dictionary_pagesize_limit=DICTIONARY_BYTES,
        column_encoding=dict.fromkeys(amounts, "DELTA_BINARY_PACKED"),
        write_statistics=[veld.name for veld in schema if pa.types.is_integer(veld.type)],
    )


def aside(path: Path) -> Path:
    """Where a file stands until it is whole."""
    return path.with_name(f".{path.name}.{os.getpid()}")
