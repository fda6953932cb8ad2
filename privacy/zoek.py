"""Finds the rows about one person in Parquet files, reading no more than where that person is."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from schemas.arrow import PSEUDONIEM


def rijen_van(pad: Path, kolommen: Sequence[str], token: bytes) -> pa.Table:
    """The rows of a file with a pseudonym in one of these columns; columns that are not there hold nobody."""
    file = pq.ParquetFile(pad)
    present = [kolom for kolom in kolommen if kolom in file.schema_arrow.names]
    wanted = pa.scalar(token, PSEUDONIEM)
    found = []
    for group in range(file.num_row_groups if present else 0):
        hit = None
        for column in file.read_row_group(group, columns=present).columns:
            same = pc.equal(column.cast(PSEUDONIEM), wanted).fill_null(False)
            hit = same if hit is None else pc.or_(hit, same)
        if pc.any(hit).as_py():
            found.append(file.read_row_group(group).filter(hit))
    return pa.concat_tables(found) if found else file.schema_arrow.empty_table()
