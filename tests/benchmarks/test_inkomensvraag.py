"""The same question of DuckDB, polars and Spark, side by side; `KETEN_BENCHMARK_INKOMEN` sets the number of opgaven."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from tests.benchmarks.inkomensvraag import WAYS, maak
from tests.bouw import CHECKOUT
from tests.spark import needs_spark

ROWS = int(os.environ.get("KETEN_BENCHMARK_INKOMEN", "300000"))
pytestmark = needs_spark


def test_every_engine_gives_the_same_answer(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    maak(tmp_path, ROWS, persons=ROWS // 14, population=ROWS // 560)
    seen: dict[str, tuple[float, float, int]] = {}
    for way in WAYS:
        command = [sys.executable, "-m", "tests.benchmarks.inkomensvraag", way]
        command += [str(tmp_path), str(tmp_path / f"{way}.antwoord")]
        done = subprocess.run(command, cwd=CHECKOUT, check=True, capture_output=True, text=True)
        start, answer, peak = done.stdout.split()
        seen[way] = float(start), float(answer), int(peak)
    with capsys.disabled():
        print(f"\n{ROWS:,} opgaven; seconden om te beginnen, om te antwoorden, en MB")
        for way, (start, answer, peak) in seen.items():
            print(f"{way:13} {start:6.2f} {answer:7.2f} {peak:6}")
    answers = {way: pq.read_table(tmp_path / f"{way}.antwoord") for way in WAYS}
    assert answers["duckdb:eerst"].num_rows > 0
    assert all(answer.equals(answers["duckdb:eerst"]) for answer in answers.values())
