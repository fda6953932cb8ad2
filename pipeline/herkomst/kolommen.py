"""Makes the column lineage from the SQL as dbt compiles it, and tells whether it has drifted.

`python -m pipeline.herkomst.kolommen` writes `lineage/generated/kolommen.json`, so that reports, events and commands
read the lineage without loading dbt; `--controleer` only compares. Both exit with 1 when an edge of the SQL is not
explained by `schemas/`, or the other way round (`lineage.velden`).
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from lineage.kolommen import BESTAND, Kolomgraaf, als_json
from lineage.sql import lees_modellen
from lineage.velden import vergelijk
from pipeline import dbt_build
from schemas.berichten import berichten
from schemas.invoer import LEVERING_SCHEMA, consulted_schema
from schemas.load import find_tabel, geraadpleegd
from schemas.reference import SCHEMAS


def maak_graaf() -> Kolomgraaf:
    """The lineage of all models as they are now; loads dbt."""
    columns = bronkolommen()
    with tempfile.TemporaryDirectory() as werkmap:
        sql = dbt_build.compileer(tuple(columns), Path(werkmap))
    return lees_modellen(sql, columns)


def bronkolommen() -> Mapping[str, tuple[str, ...]]:
    """The columns of everything the models may read: tables of bronnen, reference tables, the leveringen of a run."""
    result = {naam: consulted_schema(naam, find_tabel(naam)).names for naam in geraadpleegd()}
    result |= {f"referentie.{naam}": schema.names for naam, schema in SCHEMAS.items()}
    result["run.levering"] = LEVERING_SCHEMA.names
    return {naam: tuple(names) for naam, names in result.items()}


def main(arguments: Sequence[str] | None = None) -> int:
    """Writes or compares; returns the exit code."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--controleer", action="store_true", help="alleen vergelijken")
    only_compare = parser.parse_args(arguments).controleer
    graaf = maak_graaf()
    problems = vergelijk(graaf, berichten().values())
    text = als_json(graaf)
    if not only_compare:
        BESTAND.parent.mkdir(exist_ok=True)
        BESTAND.write_text(text, encoding="utf-8")
    elif not BESTAND.exists() or BESTAND.read_text(encoding="utf-8") != text:
        problems.append(f"lineage/generated/{BESTAND.name} volgt niet meer uit de SQL")
    sys.stderr.writelines(f"{problem}\n" for problem in problems)
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
