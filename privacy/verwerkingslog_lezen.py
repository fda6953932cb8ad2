"""Reads the processing log back: where a segment is broken, and what it says about one betrokkene."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from privacy.verwerkingslog import (
    BETROKKENE,
    BETROKKENE_SOORT,
    BLOCK,
    OF_SPAN,
    SCHAKEL,
    SCHEMA,
    Logsleutels,
    Segment,
    as_bytes,
    begin,
    cbc,
    run,
    schakel_handeling,
)
from privacy.zoek import rijen_van


def eerste_breuk(segment: Segment, naam: str, sleutels: Logsleutels) -> int | None:
    """The number of the first record that does not fit; None when the segment is whole.

    A missing end gives the number of the record that should have come. A file that cannot be read gives 1.
    """
    keten = _Keten(naam, sleutels)
    try:
        file = pq.ParquetFile(segment.pad)
        if file.schema_arrow.names != SCHEMA.names:
            return 1
        for group in range(file.num_row_groups):
            if (broken := keten.volg(file.read_row_group(group))) is not None:
                return broken
    except (OSError, ValueError, OverflowError, pa.ArrowException):  # what was changed may be no text, or no moment
        return keten.records + 1
    if keten.records != segment.records or keten.schakel.hex() != segment.kop:
        return min(keten.records, segment.records) + 1
    return None


class _Keten:
    """Follows the records of a segment; knows the handeling it is in, and what the next schakel builds on."""

    def __init__(self, naam: str, sleutels: Logsleutels) -> None:
        self._sleutels, self.schakel, self.records = sleutels, begin(naam, sleutels), 0
        self._span: dict[str, Any] | None = None
        self._next = 0

    def volg(self, rows: pa.Table) -> int | None:
        """Goes over the next records; returns the number of the first that does not fit."""
        of_span = np.flatnonzero(pc.is_null(rows["parent_span_id"]).to_numpy(zero_copy_only=False))
        edges = np.unique(np.r_[0, of_span, of_span + 1, rows.num_rows])
        starts = set(of_span.tolist())
        for start, stop in zip(edges[:-1].tolist(), edges[1:].tolist(), strict=True):
            piece = rows.slice(start, stop - start)
            wrong = self._handeling(piece) if start in starts else self._betrokkenen(piece)
            if wrong is not None:
                return self.records + wrong + 1
            self.records += piece.num_rows
            self.schakel = piece[SCHAKEL][-1].as_py()
        return None

    def _handeling(self, piece: pa.Table) -> int | None:
        row = piece.to_pylist()[0]
        span = self._span = {naam: row[naam] for naam in (*OF_SPAN, "span_id")}
        good = row[BETROKKENE] is None and row["dpl.core.data_subject_id_type"] is None
        if not good or row[SCHAKEL] != schakel_handeling(span, self.schakel, self._sleutels):
            return 0
        self._next = row["span_id"] + 1
        return None

    def _betrokkenen(self, piece: pa.Table) -> int | None:
        if self._span is None:
            return 0
        count = piece.num_rows
        good = piece["span_id"].to_numpy() == np.arange(self._next, self._next + count)
        expected = {**self._span, "parent_span_id": self._span["span_id"]}
        expected["dpl.core.data_subject_id_type"] = BETROKKENE_SOORT
        for naam in (*OF_SPAN, "parent_span_id", "dpl.core.data_subject_id_type"):
            kind = SCHEMA.field(naam).type
            plain = kind.value_type if pa.types.is_dictionary(kind) else kind
            same = pc.equal(piece[naam].cast(plain), pa.scalar(expected[naam], plain))
            good &= same.fill_null(False).to_numpy(zero_copy_only=False)
        for naam in (BETROKKENE, SCHAKEL):
            good &= piece[naam].is_valid().to_numpy(zero_copy_only=False)
        tokens, schakels = (as_bytes(_one(piece[naam].fill_null(bytes(BLOCK)))) for naam in (BETROKKENE, SCHAKEL))
        plain = run(cbc(self._sleutels.keten, self.schakel).decryptor(), schakels)
        good &= (plain.reshape(-1, BLOCK) == tokens.reshape(-1, BLOCK)).all(axis=1)
        self._next += count
        wrong = np.flatnonzero(~good)
        return int(wrong[0]) if len(wrong) else None


def _one(column: pa.ChunkedArray) -> pa.Array:
    return pa.concat_arrays(column.chunks)


def zoek(paden: Iterable[Path], token: bytes) -> list[dict[str, Any]]:
    """The records about one betrokkene, in order of time."""
    found: list[dict[str, Any]] = []
    for path in paden:
        found += rijen_van(path, [BETROKKENE], token).to_pylist()
    return sorted(found, key=lambda record: (str(record["start_time"]), str(record["name"])))
