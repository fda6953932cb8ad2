"""Reads a case folder and turns its small CSVs into the Parquet files that a run reads.

A case is `<product>/<case>/` with `case.yml` (waarom, periode, optionally aanwezig and uitgesloten), inputs named
`<bron>.<tabel>.csv` with the column names of the lake, optionally `leveringen.csv`, and `verwacht.csv`. Optionally
`bewijs.csv` names facts that must be among the bewijs of a signal, `ontvangers.csv` says who hears of which signal the
first time, and `referentie.<tabel>.csv` takes the place of a code list or the norms. Persons have readable names; a
name becomes the same pseudonym everywhere. Dates are numbers yyyymmdd, amounts are cents.
"""

from __future__ import annotations

import csv
import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import yaml

from schemas.arrow import PSEUDONIEM, lake_schema
from schemas.invoer import LEVERING_SCHEMA
from schemas.load import all_tabellen, find_tabel, producten
from schemas.reference import reference_tables

EXPECTED = ("bewijs", "ontvangers")  # what a case may say beside verwacht.csv
PERSON_COLUMNS = ("persoon", "partner", "loonheffingennummer")
Row = dict[str, str]


@dataclass(frozen=True)
class Casus:
    """One case: what goes in, in which periode, and what must come out."""

    product: str
    naam: str
    waarom: str
    periode: str
    aanwezig: frozenset[str]
    uitgesloten: Mapping[str, int] | None
    invoer: Mapping[str, Sequence[Row]]
    leveringen: Sequence[Row]
    kolommen: tuple[str, ...]
    verwacht: Sequence[Row]
    bewijs: Sequence[Row] = ()
    ontvangers: Sequence[Row] = ()
    referentie: Mapping[str, Sequence[Row]] = field(default_factory=dict)


def pseudonym(naam: str) -> bytes:
    """The pseudonym of a person in the cases: stable, and the same in every table."""
    return hashlib.md5(naam.encode(), usedforsecurity=False).digest()


def read_case(folder: Path) -> Casus:
    """The case in a folder; keys that are not known are refused, so a typing error cannot make a case pass."""
    header = yaml.safe_load((folder / "case.yml").read_text(encoding="utf-8"))
    if unknown := set(header) - {"waarom", "periode", "aanwezig", "uitgesloten"}:
        raise ValueError(f"{folder}: onbekend in case.yml: {sorted(unknown)}")
    tables = {path.stem: path for path in sorted(folder.glob("*.*.csv"))}
    kolommen, verwacht = _read_rows(folder / "verwacht.csv")
    given = {naam: _read_rows(path)[1] for naam, path in tables.items()}
    invoer = {naam: rows for naam, rows in given.items() if not naam.startswith("referentie.")}
    explicit, bewijs, ontvangers = (_read_optional(folder / f"{naam}.csv") for naam in ("leveringen", *EXPECTED))
    return Casus(
        product=folder.parent.name,
        naam=folder.name,
        waarom=header["waarom"],
        periode=header["periode"],
        aanwezig=frozenset(header.get("aanwezig", [naam for naam, _ in all_tabellen()])),
        uitgesloten=header.get("uitgesloten"),
        invoer=invoer,
        leveringen=[*explicit, *_default_leveringen(invoer, {row["levering"] for row in explicit}, header["periode"])],
        kolommen=kolommen,
        verwacht=verwacht,
        bewijs=bewijs,
        ontvangers=ontvangers,
        referentie={naam: rows for naam, rows in given.items() if naam not in invoer},
    )


def _read_rows(path: Path) -> tuple[tuple[str, ...], list[Row]]:
    with path.open(encoding="utf-8", newline="") as file:
        reader = csv.DictReader(file)
        return tuple(reader.fieldnames or ()), list(reader)


def _read_optional(path: Path) -> list[Row]:
    return _read_rows(path)[1] if path.exists() else []


def _default_leveringen(invoer: Mapping[str, Sequence[Row]], known: set[str], periode: str) -> Iterator[Row]:
    """A levering that is not in leveringen.csv belongs to the periode of the case."""
    for naam, rows in invoer.items():
        for nummer in sorted({row.get("levering") or "1" for row in rows} - known):
            known.add(nummer)
            yield {"levering": nummer, "bron": naam.split(".")[0], "periode": periode}


def alone(casus: Casus) -> bool:
    """Whether a case needs a build of its own: a history, norms of its own, or counts of persons."""
    if producten()[casus.product].over == "aantallen" or casus.referentie:
        return True
    return casus.uitgesloten is not None or any(row["periode"] != casus.periode for row in casus.leveringen)


def write_input(casus: Casus, folder: Path) -> dict[str, list[Path]]:
    """Write the inputs of a case as the pipeline would: an empty template per table, then its rows."""
    tables: dict[str, list[pa.Table]] = {naam: [lake_schema(tabel).empty_table()] for naam, tabel in all_tabellen()}
    for naam, rows in casus.invoer.items():
        tables[naam].append(_lake_table(naam, rows))
    tables |= {f"referentie.{naam}": [table] for naam, table in reference_tables().items()}
    for naam, rows in casus.referentie.items():
        schema = tables[naam][0].schema
        tables[naam] = [pa.table([[_value(row[f.name], f.type) for row in rows] for f in schema], schema=schema)]
    tables["run.levering"] = [_levering_table(casus.leveringen)]
    return {naam: list(_write(naam, parts, folder)) for naam, parts in tables.items()}


def _write(naam: str, parts: Sequence[pa.Table], folder: Path) -> Iterator[Path]:
    for nummer, part in enumerate(parts):
        path = folder / f"{naam}-{nummer}.parquet"
        pq.write_table(part, path)
        yield path


def _lake_table(naam: str, rows: Sequence[Row]) -> pa.Table:
    full = lake_schema(find_tabel(naam))
    given = set(rows[0]) - {"levering"} if rows else set()
    if unknown := given - set(full.names):
        raise ValueError(f"{naam}: onbekende kolommen {sorted(unknown)}")
    schema = pa.schema([field for field in full if field.name in {"levering_nr", "record_nr", *given}])
    numbered = [
        {**row, "levering_nr": row.get("levering") or "1", "record_nr": str(nummer)}
        for nummer, row in enumerate(rows, start=1)
    ]
    return pa.table([[_value(row[f.name], f.type) for row in numbered] for f in schema], schema=schema)


def _value(text: str, kind: pa.DataType) -> Any:
    if text == "":
        return None
    if kind == PSEUDONIEM:
        return pseudonym(text)
    if pa.types.is_integer(kind):
        return int(text)
    if pa.types.is_date(kind):
        return date.fromisoformat(text)
    if pa.types.is_boolean(kind):
        return {"ja": True, "nee": False}[text]
    return text


def _levering_table(rows: Sequence[Row]) -> pa.Table:
    return pa.Table.from_pylist(
        [
            {
                "levering_nr": int(row["levering"]),
                "levering_id": f"lev-{row['levering']}",
                "bron": row["bron"],
                "periode": row["periode"],
                "ontvangen_op": datetime(2026, 1, 1),
            }
            for row in rows
        ],
        schema=LEVERING_SCHEMA,
    )


def together(cases: Sequence[Casus]) -> Casus:
    """One case out of several that share product, periode and aanwezig: their persons get the name of their case.

    Only what identifies a person is kept apart, so cases that share a kenteken, KvK- or aanvraagnummer are refused.
    """
    invoer: dict[str, list[Row]] = {}
    for casus in cases:
        for naam, rows in casus.invoer.items():
            invoer.setdefault(naam, []).extend(_prefixed(casus.naam, row) for row in rows)
    for column in ("kenteken", "kvk_nummer", "aanvraagnummer"):
        _refuse_shared(cases, column)
    return replace(
        cases[0],
        naam="samen",
        invoer={naam: _same_columns(rows) for naam, rows in invoer.items()},
        leveringen=list(_default_leveringen(invoer, set(), cases[0].periode)),
        kolommen=(),
        verwacht=[_prefixed(casus.naam, row) for casus in cases for row in casus.verwacht],
    )


def _prefixed(case: str, row: Row) -> Row:
    return {name: f"{case}/{value}" if value and name in PERSON_COLUMNS else value for name, value in row.items()}


def _same_columns(rows: Sequence[Row]) -> list[Row]:
    columns = list(dict.fromkeys(name for row in rows for name in row))
    return [{name: row.get(name, "") for name in columns} for row in rows]


def _refuse_shared(cases: Sequence[Casus], column: str) -> None:
    owner: dict[str, str] = {}
    for casus in cases:
        for value in {row[column] for rows in casus.invoer.values() for row in rows if row.get(column)}:
            if owner.setdefault(value, casus.naam) != casus.naam:
                raise ValueError(f"{column} {value} staat in {owner[value]} en in {casus.naam}")


def names_in(casus: Casus, prefix: str = "") -> dict[bytes, str]:
    """Pseudonym back to the readable name, for every person in the case; `prefix` as `together` puts it there."""
    found = {
        row[column]
        for rows in [*casus.invoer.values(), casus.verwacht]
        for row in rows
        for column in PERSON_COLUMNS
        if row.get(column)
    }
    return {pseudonym(f"{prefix}{naam}"): naam for naam in found}


def readable(table: pa.Table, kolommen: Sequence[str], names: Mapping[bytes, str]) -> list[tuple[str, ...]]:
    """Rows of a signal table as text, only the columns asked for, sorted."""
    columns = [table[kolom].to_pylist() for kolom in kolommen]
    return sorted(tuple(_text(value, names) for value in row) for row in zip(*columns, strict=True))


def _text(value: Any, names: Mapping[bytes, str]) -> str:
    if value is None:
        return ""
    if isinstance(value, bytes):
        return names[value]
    if isinstance(value, date):
        return value.isoformat()
    return str(value)


def expected(casus: Casus) -> list[tuple[str, ...]]:
    """The expected rows in the same shape as `readable` gives."""
    return sorted(tuple(row[kolom] for kolom in casus.kolommen) for row in casus.verwacht)
