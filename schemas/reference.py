"""Code lists, norms and recipient parameters as typed Arrow tables, pinned by every product run.

dbt reads them as the source `referentie`; their digest is part of a run's pins, so a run can be repeated after a norm
or a code list has changed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import date, timedelta
from functools import cache

import pyarrow as pa

from schemas.load import ontvangers, read_csv

_CONVERT: dict[pa.DataType, Callable[[str], object]] = {
    pa.string(): str,
    pa.int64(): int,
    pa.int32(): int,
    pa.date32(): date.fromisoformat,
    pa.bool_(): lambda value: value == "ja",
}

_PERIOD = [("geldig_van", pa.date32()), ("geldig_tot", pa.date32())]
SCHEMAS: dict[str, pa.Schema] = {
    "norm": pa.schema(
        [("norm", pa.string()), ("waarde", pa.int64()), ("eenheid", pa.string()), *_PERIOD, ("bron", pa.string())]
    ),
    "gemeente": pa.schema(
        [(naam, pa.string()) for naam in ("gemeentecode", "gemeentenaam", "opvolger", "gemeente_actueel", "rmc_regio")]
        + _PERIOD
    ),
    "gemeente_opvolging": pa.schema([("gemeentecode", pa.string()), ("gemeente", pa.string()), *_PERIOD]),
    "soort_ikv": pa.schema([("code", pa.string()), ("groep", pa.string()), ("omschrijving", pa.string()), *_PERIOD]),
    "niveau_opleiding": pa.schema(
        [
            ("niveau", pa.string()),
            ("startkwalificatie", pa.bool_()),
            ("speciaal", pa.bool_()),
            ("omschrijving", pa.string()),
        ]
    ),
    "voertuigafschrijving": pa.schema(
        [
            ("leeftijd_van", pa.int32()),
            ("leeftijd_tot", pa.int32()),
            ("percentage", pa.int32()),
            *_PERIOD,
            ("bron", pa.string()),
        ]
    ),
    "ontvanger": pa.schema(
        [
            ("ontvanger", pa.string()),
            ("soort", pa.string()),
            ("percentage_kosten_van_bestaan", pa.int32()),
            ("aow_norm", pa.bool_()),
        ]
    ),
}
_FROM_ELSEWHERE = {"ontvanger", "gemeente_opvolging"}


@cache
def reference_tables() -> dict[str, pa.Table]:
    """Every reference table by name, rows in file order."""
    tables = {naam: _from_csv(naam, schema) for naam, schema in SCHEMAS.items() if naam not in _FROM_ELSEWHERE}
    gemeenten = {row["gemeentecode"]: row for row in read_csv("codes/gemeente.csv")}
    tables["gemeente_opvolging"] = pa.Table.from_pylist(
        [row for code in gemeenten for row in _opvolging(code, gemeenten)], schema=SCHEMAS["gemeente_opvolging"]
    )
    tables["ontvanger"] = pa.Table.from_pylist(
        [
            {
                "ontvanger": ontvanger.ontvanger,
                "soort": ontvanger.soort,
                "percentage_kosten_van_bestaan": ontvanger.percentage_kosten_van_bestaan,
                "aow_norm": ontvanger.aow_norm,
            }
            for ontvanger in ontvangers().values()
        ],
        schema=SCHEMAS["ontvanger"],
    )
    return tables


def _opvolging(code: str, gemeenten: Mapping[str, Mapping[str, str]]) -> Iterator[dict[str, object]]:
    """Which gemeente a code means, with the first and last day on which it does; none for what never became one."""
    start: date | None = None
    row = gemeenten[code]
    while row["gemeente_actueel"]:
        end = (
            date.fromisoformat(row["geldig_tot"]) if row["opvolger"] else None
        )  # the day on which the successor begins
        if end is None or start is None or start < end:
            last = end - timedelta(days=1) if end else None
            yield {"gemeentecode": code, "gemeente": row["gemeentecode"], "geldig_van": start, "geldig_tot": last}
        if end is None:
            return
        start, row = end, gemeenten[row["opvolger"]]


def _from_csv(naam: str, schema: pa.Schema) -> pa.Table:
    rows = read_csv(f"codes/{naam}.csv")
    columns = [
        pa.array([_CONVERT[field.type](row[field.name]) if row[field.name] else None for row in rows], field.type)
        for field in schema
    ]
    return pa.table(columns, schema=schema)
