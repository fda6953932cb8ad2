"""The dbt project without data: a page that documents every model, and the unit tests of the models.

Both need the tables to exist, so every model is built once over empty inputs, in memory; then dbt writes its site as
one file that needs no network, or runs its unit tests. Nothing of a person is read.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from pipeline import dbt_build
from pipeline.periode import peildatum
from privacy.deur import empty_template
from schemas.invoer import LEVERING_SCHEMA
from schemas.load import all_tabellen
from schemas.reference import reference_tables

PERIODE = "2026-01"


class DocsMislukt(Exception):
    """The project cannot be built over empty inputs; the message names the models."""


def maak_docs(uitvoer: Path, werkmap: Path) -> Path:
    """Writes the site of dbt as one file.

    Args:
        uitvoer: folder for `index.html`; made when absent.
        werkmap: folder for what dbt writes for itself.

    Returns:
        The page.

    Raises:
        DocsMislukt: a model does not build.
    """
    with _gebouwd(werkmap) as dbt:
        outcome = dbt(["--write-json", "docs", "generate", "--static"])
    if not outcome.success:
        raise DocsMislukt("dbt docs generate")
    uitvoer.mkdir(parents=True, exist_ok=True)
    page = uitvoer / "index.html"
    page.write_bytes((werkmap / "target" / "static_index.html").read_bytes())
    return page


def beproef_modellen(werkmap: Path) -> dict[str, str]:
    """Runs the unit tests of the models: name -> status as dbt gives it.

    Raises:
        DocsMislukt: a model does not build.
    """
    with _gebouwd(werkmap) as dbt:
        outcome = dbt(["test", "--select", "test_type:unit"])
    if outcome.result is None:
        raise DocsMislukt("dbt test")
    tests = (result for result in outcome.result.results if str(result.node.resource_type) == "unit_test")
    return {result.node.name: str(result.status) for result in tests}


@contextmanager
def _gebouwd(werkmap: Path) -> Iterator[Callable[[list[str]], Any]]:
    """Every model as an empty table in memory, and dbt to do commands with them."""
    variables: dict[str, object] = {
        "periode": PERIODE,
        "peildatum": peildatum(PERIODE).isoformat(),
        "invoer": {naam: [str(pad)] for naam, pad in _lege_invoer(werkmap / "invoer")},
        "aanwezig": [naam for naam, _ in all_tabellen()],
    }
    with dbt_build.sessie(werkmap) as dbt:
        outcome = dbt(["run"], variables)
        if not outcome.success:
            results: Sequence[Any] = getattr(outcome.result, "results", None) or ()
            raise DocsMislukt(", ".join(result.node.name for result in results if str(result.status) != "success"))
        yield lambda command: dbt(command, variables)


def _lege_invoer(folder: Path) -> Iterator[tuple[str, Path]]:
    """Every input as a file with its columns and no rows; the reference tables as they are."""
    folder.mkdir(parents=True, exist_ok=True)
    for naam, tabel in all_tabellen():
        empty_template(tabel, folder / f"{naam}.parquet")
        yield naam, folder / f"{naam}.parquet"
    tables = {f"referentie.{naam}": table for naam, table in reference_tables().items()}
    levering = {"levering_nr": 1, "levering_id": "geen", "bron": "geen", "periode": PERIODE}
    tables["run.levering"] = pa.Table.from_pylist(
        [{**levering, "ontvangen_op": datetime(2026, 1, 1)}],
        schema=LEVERING_SCHEMA,
    )
    for naam, table in tables.items():
        pq.write_table(table, folder / f"{naam}.parquet")
        yield naam, folder / f"{naam}.parquet"
