"""Reads Parquet extracts as a stream of raw batches: every column becomes text, as in the other formats."""

from __future__ import annotations

import io
from typing import IO

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from connectors.bestand import is_bomb, voor_arrow
from connectors.herken import Herkend
from connectors.rijen import BATCH_ROWS, Bevinding, Gelezen, make_rijen
from schemas.bron import Tabel
from schemas.fout import KetenFout

MAX_COLUMN_BYTES = 256 * 2**20  # of one batch


def lees_parquet(stream: IO[bytes], herkend: Herkend, naam: str, tabel: Tabel) -> Gelezen:
    """Yields raw rows of the one table in a Parquet file."""
    assert tabel.parquet is not None
    plaatsen = {veld: plaats for veld, plaats in tabel.parquet.kolommen.items() if plaats.pad in herkend.kolommen}
    first = 1
    try:
        wanted = [plaats.pad for plaats in plaatsen.values()]
        source = voor_arrow(stream)
        looked = pq.ParquetFile(source)
        text = [pad for pad in wanted if pa.types.is_string(looked.schema_arrow.field(pad).type)]
        # As a dictionary, or one long value is copied to every row that has it.
        file = pq.ParquetFile(source, metadata=looked.metadata, read_dictionary=text)
        _check_size(file, stream)
        if herkend.onbekende_kolommen:
            yield Bevinding("W-KOLOM-ONBEKEND", naam, aantal=herkend.onbekende_kolommen)
        for batch in file.iter_batches(BATCH_ROWS, columns=wanted, use_threads=source is stream):
            columns = {veld: _as_text(batch.column(plaats.pad)) for veld, plaats in plaatsen.items()}
            record_nr = pa.array(np.arange(first, first + batch.num_rows, dtype=np.int64))
            yield make_rijen(naam, tabel, plaatsen, columns, record_nr)
            first += batch.num_rows
    except (pa.ArrowException, OSError):
        raise KetenFout("B-KAPOT", "parquet") from None


def _check_size(file: pq.ParquetFile, stream: IO[bytes]) -> None:
    """Refuses what is small outside and huge inside: a page may unpack to anything.

    Raises:
        KetenFout: `B-ARCHIEF`.
    """
    outside = stream.seek(0, io.SEEK_END)
    groups = (file.metadata.row_group(nr) for nr in range(file.metadata.num_row_groups))
    unpacked = sum(group.total_byte_size for group in groups)
    if is_bomb(unpacked, outside):
        raise KetenFout("B-ARCHIEF", "omvang")


def _as_text(column: pa.Array) -> pa.Array:
    if pa.types.is_dictionary(column.type):
        lengths = pc.binary_length(column.dictionary.cast(pa.binary())).take(column.indices)
        if (pc.sum(lengths).as_py() or 0) > MAX_COLUMN_BYTES:
            raise KetenFout("B-ARCHIEF", "omvang")
    if pa.types.is_date(column.type) or pa.types.is_timestamp(column.type):
        return pc.strftime(column, "%Y%m%d")
    text = column.cast(pa.string())
    return pc.if_else(pc.equal(text, ""), pa.scalar(None, pa.string()), text)
