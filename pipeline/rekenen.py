"""Where this process works beside dbt: a folder, and a DuckDB within the limits that the installation sets."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb
import pyarrow as pa

from pipeline.instellingen import Instellingen


@contextmanager
def rekenruimte(instellingen: Instellingen) -> Iterator[Path]:
    """A folder in the work folder of product runs, gone afterwards; of a process that is killed the purge finds it."""
    werkmap = instellingen.rekenmap.parent
    werkmap.mkdir(parents=True, exist_ok=True)
    folder = Path(tempfile.mkdtemp(prefix=".", suffix=f"-{os.getpid()}", dir=werkmap))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def rekendatabank(instellingen: Instellingen) -> Iterator[duckdb.DuckDBPyConnection]:
    """A database in memory; what does not fit in that goes to the work folder.

    It gets three quarters of what is set for a product run, less what this process holds in Arrow already, and at least
    half: what it gives is held in Arrow beside it.
    """
    with rekenruimte(instellingen) as spill, duckdb.connect() as connection:
        ((most,),) = connection.execute(
            "select parse_formatted_bytes($most)", {"most": instellingen.geheugen}
        ).fetchall()
        left = max(most * 3 // 4 - pa.total_allocated_bytes(), most // 2)
        settings = {"memory_limit": f"{left}B", "threads": instellingen.threads, "temp_directory": spill}
        for name, value in {**settings, "enable_progress_bar": False}.items():  # a bar would be among what is printed
            connection.execute(f"set {name} = '{value}'")
        yield connection
