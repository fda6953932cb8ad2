"""What all `keten` commands show with: one console, one way to show progress, the exit codes."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

KODE_FOUT, RUN_MISLUKT, OPZIJ = 3, 4, 5
console = Console(highlight=False)
Periode = Annotated[str, typer.Option("--periode", help="Maand als JJJJ-MM.", metavar="JJJJ-MM")]


@contextmanager
def voortgang() -> Iterator[Progress]:
    """A spinner with the elapsed time, gone when the work is done."""
    columns = (SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn())
    with Progress(*columns, console=console, transient=True) as progress:
        yield progress
