"""The income signals of a country: time and memory of the models, and their core question beside other engines.

`KETEN_BENCHMARK_INKOMENSRIJEN=240000000` is twelve months of a whole country: 12 GB of Parquet, made first and removed
afterwards (`KETEN_BENCHMARK_INKOMSTENMAP` keeps it in a folder of choice). Every engine has two threads and a process
of its own. The figures of the whole country are only held against a machine that is left alone.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.benchmarks.inkomsten_lake import maak_lake
from tests.benchmarks.inkomsten_vraag import MOTOREN
from tests.bouw import CHECKOUT

pytestmark = pytest.mark.zwaar
RIJEN = int(os.environ.get("KETEN_BENCHMARK_INKOMENSRIJEN", "2400000"))
LAND = 240_000_000
PEAK = """
import resource, subprocess, sys
ended = subprocess.run(sys.argv[1:], stdout=subprocess.PIPE, check=True)
print(ended.stdout.decode().splitlines()[-1])
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)
"""


@pytest.fixture(scope="module")
def lake(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    kept = os.environ.get("KETEN_BENCHMARK_INKOMSTENMAP")
    folder = Path(kept) if kept else tmp_path_factory.mktemp("inkomsten")
    folder.mkdir(exist_ok=True, parents=True)
    maak_lake(folder, RIJEN)
    yield folder
    if not kept:
        shutil.rmtree(folder)


def meet(module: str, *arguments: str | Path) -> dict[str, Any]:
    """What a module prints, with the most memory that it or a process of it had, in GB."""
    command = [sys.executable, "-c", PEAK, sys.executable, "-m", f"tests.benchmarks.{module}", *map(str, arguments)]
    ended = subprocess.run(command, capture_output=True, check=True, cwd=CHECKOUT, text=True)
    result, kilobytes = ended.stdout.splitlines()
    return {**json.loads(result), "gigabyte": int(kilobytes) / 1e6}


def test_signals_within_memory(lake: Path) -> None:
    """With the usual limit and with 1 GB the same signals; what does not fit goes to the work folder."""
    made = {limit: meet("inkomsten_modellen", lake, limit) for limit in ("2GB", "1GB")}
    for limit, outcome in made.items():
        seconds, gigabyte = outcome["seconden"], outcome["gigabyte"]
        print(f"\nmodellen, {RIJEN:,} opgaven, {limit}: {seconds:.1f} s, {gigabyte:.2f} GB, {outcome['signalen']}")
    assert made["2GB"]["signalen"] == made["1GB"]["signalen"]
    assert set(made["2GB"]["signalen"]) == {"INK-01", "INK-02", "INK-03", "INK-04"}
    assert made["2GB"]["gigabyte"] <= 2.5
    if RIJEN >= LAND:
        assert made["2GB"]["seconden"] <= 25


def test_the_same_question_beside_others(lake: Path) -> None:
    """All engines give the same rows and the same sum; ours is at least 2.2 times plain DuckDB on a whole country."""
    answers: dict[str, dict[str, Any]] = {}
    for motor in MOTOREN:
        if motor in ("pandas", "spark"):
            module = {"spark": "pyspark"}.get(motor, motor)
            pytest.importorskip(module, reason=f"{module} ontbreekt: make ratios installeert het")
        answers[motor] = meet("inkomsten_vraag", motor, lake)
    ours = answers["duckdb"]
    for motor, answer in answers.items():
        ratio = answer["seconden"] / ours["seconden"]
        print(f"\n{motor}: {answer['seconden']:.1f} s ({ratio:.1f} x), {answer['gigabyte']:.2f} GB")
        assert (answer["rijen"], answer["som"]) == (ours["rijen"], ours["som"]), motor
    if RIJEN >= LAND:
        assert answers["duckdb_gewoon"]["seconden"] >= 2.2 * ours["seconden"]
