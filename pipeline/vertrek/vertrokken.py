"""Who has left, and which records were theirs: the door leaves those out of a levering that holds others too."""

from __future__ import annotations

from collections.abc import Collection

import pyarrow as pa
import pyarrow.compute as pc

from lineage.ledger import Ledger
from lineage.vernietiging import vertrokken
from privacy.typen import typeer
from schemas.load import find_tabel, ontvangers

CODE = "D-VERTREK"


def zijn_vertrokken(ledger: Ledger) -> frozenset[str]:
    """Whose data was destroyed at their exit, and who have had no new agreement since."""
    return frozenset(
        code
        for code, op in vertrokken(ledger).items()
        if code not in ontvangers() or ontvangers()[code].overeenkomst_van <= op.date()
    )


def is_van(naam: str, batch: pa.RecordBatch, wie: Collection[str]) -> pa.Array:
    """Which raw rows of a table were supplied by one of these; none of a table that does not say."""
    tabel = find_tabel(naam)
    if not wie or tabel.aanleveraar not in tabel.velden:
        return pa.repeat(False, batch.num_rows)
    typed = typeer(tabel.velden[tabel.aanleveraar], batch.column(tabel.aanleveraar)).kolom
    return pc.is_in(typed, value_set=pa.array(sorted(wie), pa.string()))
