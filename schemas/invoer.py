"""What a product run reads: the columns of each table that some doel consults, and the leveringen it may use."""

from __future__ import annotations

import pyarrow as pa

from schemas.arrow import lake_schema
from schemas.bron import Tabel
from schemas.load import geraadpleegd

# Which leveringen a run may read; the pipeline writes it from the ledger for every run.
LEVERING_SCHEMA = pa.schema(
    [
        ("levering_nr", pa.int32()),
        ("levering_id", pa.string()),
        ("bron", pa.string()),
        ("periode", pa.string()),
        ("ontvangen_op", pa.timestamp("s")),
    ]
)


def consulted_schema(naam: str, tabel: Tabel) -> pa.Schema:
    """The lake columns of a table that a run may see: those that some doel asks for."""
    return lake_schema(tabel, [veld for veld in tabel.velden if veld in geraadpleegd()[naam]])
