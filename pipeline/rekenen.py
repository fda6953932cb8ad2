"""Where this process works beside dbt: a folder, and a DuckDB within the limits that the installation sets."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb

from pipeline.instellingen import Instellingen


@contextmanager
def rekenruimte(instellingen: Instellingen) -> Iterator[Path]:
    """A folder of this process in the work folder of product runs, gone afterwards."""
    instellingen.rekenmap.mkdir(parents=True, exist_ok=True)
    folder = Path(tempfile.mkdtemp(dir=instellingen.rekenmap))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def rekendatabank(instellingen: Instellingen) -> Iterator[duckdb.DuckDBPyConnection]:
    """A database in memory; what does not fit in that goes to the work folder."""
    with rekenruimte(instellingen) as spill:
        config: dict[str, str | bool | int | float | list[str]] = {
            "memory_limit": instellingen.geheugen,
            "threads": instellingen.threads,
            "temp_directory": str(spill),
        }
        with duckdb.connect(config=config) as connection:
            yield connection
