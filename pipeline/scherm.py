"""What all `keten` commands show with: one console, one way to show progress, the exit codes."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Table

KODE_FOUT, RUN_MISLUKT, OPZIJ = 3, 4, 5
console = Console(highlight=False, width=None if sys.stdout.isatty() else 200)  # elsewhere no line is broken
Periode = Annotated[str, typer.Option("--periode", help="Maand als JJJJ-MM.", metavar="JJJJ-MM")]


@contextmanager
def voortgang() -> Iterator[Progress]:
    """A spinner with the elapsed time, gone when the work is done."""
    columns = (SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn())
    with Progress(*columns, console=console, transient=True) as progress:
        yield progress


def toon_tellingen(tellingen: Mapping[tuple[str, str, str], int]) -> bool:
    """Shows counts per doel, table and reason; whether anything was put aside."""
    table = Table("doel", "tabel", "uitkomst", "aantal", box=None)
    for (doel, tabel, reden), aantal in sorted(tellingen.items()):
        if aantal:
            table.add_row(doel or "-", tabel, reden, str(aantal))
    console.print(table)
    return any(aantal and reden[:2] in ("R-", "B-") for (_, _, reden), aantal in tellingen.items())
