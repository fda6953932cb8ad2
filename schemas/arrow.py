"""Arrow schemas that follow from the declarations.

Two shapes of every table: *raw*, as a reader yields it (all text, with the record number), and *lake*, as the door
writes it (typed, persons as pseudonyms, with the levering). In the lake `burgerservicenummer` becomes `persoon`,
`burgerservicenummer_partner` becomes `partner` and so on: 16-byte pseudonyms. A loonheffingennummer may hold the
burgerservicenummer of a sole trader, so it is a pseudonym too, under its own name.
"""

from __future__ import annotations

from collections.abc import Iterable

import pyarrow as pa

from schemas.bron import Tabel, Veld, VeldType

PSEUDONIEM = pa.binary(16)

# datum: yyyymmdd as a number, 00 for an unknown month or day, 0 for wholly unknown; bedrag: integer cents.
LAKE_TYPES: dict[VeldType, pa.DataType] = {
    "bsn": PSEUDONIEM,
    "lhnr": PSEUDONIEM,
    "tekst": pa.string(),
    "code": pa.string(),
    "datum": pa.int32(),
    "geheel": pa.int32(),
    "bedrag": pa.int64(),
    "janee": pa.bool_(),
}


def lake_name(veld: str) -> str:
    """The name of a field in the lake, where no burgerservicenummer exists."""
    return "persoon" if veld == "burgerservicenummer" else veld.removeprefix("burgerservicenummer_")


def raw_schema(tabel: Tabel) -> pa.Schema:
    """All fields as text plus `record_nr` (int64, from 1, unique within the table of a levering)."""
    return pa.schema([("record_nr", pa.int64()), *((naam, pa.string()) for naam in tabel.velden)])


def lake_schema(tabel: Tabel, velden: Iterable[str] | None = None) -> pa.Schema:
    """The lake columns of a table, limited to `velden` (all fields when None), with `levering_nr` and `record_nr`."""
    chosen: dict[str, Veld] = {naam: tabel.velden[naam] for naam in (velden or tabel.velden)}
    return pa.schema(
        [
            ("levering_nr", pa.int32()),
            ("record_nr", pa.int64()),
            *((lake_name(naam), LAKE_TYPES[veld.type]) for naam, veld in chosen.items()),
        ]
    )
