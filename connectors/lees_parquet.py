"""Reads Parquet extracts as a stream of raw batches: every column becomes text, as in the other formats."""

from __future__ import annotations

from typing import IO

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from connectors.herken import Herkend
from connectors.rijen import BATCH_ROWS, Bevinding, Gelezen, make_rijen
from schemas.fout import KetenFout
from schemas.model import Tabel


def lees_parquet(stream: IO[bytes], herkend: Herkend, naam: str, tabel: Tabel) -> Gelezen:
    """Yields raw rows of the one table in a Parquet file."""
    assert tabel.parquet is not None
    plaatsen = {veld: plaats for veld, plaats in tabel.parquet.kolommen.items() if plaats.pad in herkend.kolommen}
    if herkend.onbekende_kolommen:
        yield Bevinding("W-KOLOM-ONBEKEND", naam, aantal=herkend.onbekende_kolommen)
    first = 1
    try:
        batches = pq.ParquetFile(stream).iter_batches(BATCH_ROWS, columns=[plaats.pad for plaats in plaatsen.values()])
        for batch in batches:
            columns = {veld: _as_text(batch.column(plaats.pad)) for veld, plaats in plaatsen.items()}
            record_nr = pa.array(np.arange(first, first + batch.num_rows, dtype=np.int64))
            yield make_rijen(naam, tabel, plaatsen, columns, record_nr)
            first += batch.num_rows
    except (pa.ArrowException, OSError):
        raise KetenFout("B-KAPOT", "parquet") from None


def _as_text(column: pa.Array) -> pa.Array:
    if pa.types.is_date(column.type) or pa.types.is_timestamp(column.type):
        return pc.strftime(column, "%Y%m%d")
    text = column.cast(pa.string())
    return pc.if_else(pc.equal(text, ""), pa.scalar(None, pa.string()), text)
