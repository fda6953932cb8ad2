"""The door against the usual ways, in one run.

`KETEN_BENCHMARK_RIJEN=20000000 make benchmark` measures the CSV at full size (1.5 GB).
"""

from __future__ import annotations

import hashlib
import hmac
import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pytest

from privacy.bsn import check_bsn
from privacy.cijfers import as_rows
from privacy.pseudoniem import Pseudonimiseerder
from tests.benchmarks.maak import burgerservicenummers, schrijf_csv
from tests.bouw import CHECKOUT

BATCH, BATCHES = 65_536, 16
ROWS = int(os.environ.get("KETEN_BENCHMARK_RIJEN", "600000"))
KEY = bytes(range(32))

pytestmark = pytest.mark.zwaar


def seconds(action: Callable[[], object], rounds: int = 7) -> float:
    """Processor time of the quickest of some rounds; what else the machine does counts for little."""
    times = []
    for _ in range(rounds):
        start = time.thread_time()
        action()
        times.append(time.thread_time() - start)
    return min(times)


def test_pseudonyms_against_hmac_per_value(capsys: pytest.CaptureFixture[str]) -> None:
    column = pa.array(burgerservicenummers(BATCH * BATCHES)).cast(pa.string())
    batches = [column.slice(start, BATCH) for start in range(0, len(column), BATCH)]
    values = [value.encode() for value in batches[0].to_pylist()]
    pseudonimiseerder = Pseudonimiseerder(KEY)
    tokens = pseudonimiseerder.versleutel(check_bsn(batches[0]).cijfers)

    def checked(batch: pa.Array) -> pa.Array:
        kolom = check_bsn(batch)
        return pseudonimiseerder.versleutel(kolom.cijfers, kolom.goed)

    def hash_each() -> None:
        for value in values:
            hmac.new(KEY, value, hashlib.sha256).digest()

    def every(action: Callable[[pa.Array], object]) -> float:
        def run() -> None:
            for batch in batches:
                action(batch)

        return seconds(run) / len(column)

    usual = seconds(hash_each) / BATCH
    ours = {
        "tekst naar pseudoniem": every(lambda batch: pseudonimiseerder.versleutel(as_rows(batch, 9))),
        "met elfproef": every(checked),
        "pseudoniem naar cijfers": every(lambda _: pseudonimiseerder.ontsleutel(tokens)),
        "pseudoniem naar tekst": every(lambda _: pseudonimiseerder.ontsleutel_tekst(tokens)),
    }
    with capsys.disabled():
        print(f"\nHMAC-SHA256 per waarde: {usual * 1e9:.0f} ns")
        for naam, each in ours.items():
            print(f"{naam:24} {1 / each / 1e6:6.1f} M/s  {usual / each:4.0f} keer HMAC")
    assert usual / ours["tekst naar pseudoniem"] >= 100
    assert usual / ours["pseudoniem naar cijfers"] >= 100
    assert usual / ours["met elfproef"] >= 40


def doorloop(hoe: str, csv: Path, folder: Path) -> tuple[float, float, int]:
    """Seconds, processor seconds and peak in MB."""
    opdracht = [sys.executable, "-m", "tests.benchmarks.doorloop", hoe, str(csv), str(folder)]
    done = subprocess.run(opdracht, cwd=CHECKOUT, check=True, capture_output=True, text=True)
    wall, processor, peak = done.stdout.split()
    return float(wall), float(processor), int(peak)


def test_csv_to_pseudonymised_parquet(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    csv, kwart = tmp_path / "groot.csv", tmp_path / "kwart.csv"
    schrijf_csv(csv, ROWS)
    schrijf_csv(kwart, ROWS // 4)
    ways = ("polars", "deur:3", "deur:100", "hmac:100")
    rounds = 2 if ROWS <= 1_000_000 else 1
    best = {way: min(doorloop(way, csv, tmp_path) for _ in range(1 if way == "hmac:100" else rounds)) for way in ways}
    small = doorloop("deur:100", kwart, tmp_path)
    size = csv.stat().st_size / 1e6
    for path in [csv, kwart, *tmp_path.rglob("*.parquet")]:
        path.unlink()
    with capsys.disabled():
        print(f"\n{ROWS:,} rijen, {size:.0f} MB")
        for way, (wall, processor, peak) in best.items():
            relative = best["polars"][0] / wall
            print(f"{way:9} {size / wall:5.0f} MB/s  {relative:4.2f} keer polars  {processor:6.1f} s cpu  {peak} MB")
        print(f"een kwart van de rijen: {small[2]} MB")
    assert best["deur:3"][1] < 2 * best["polars"][1]
    assert best["hmac:100"][0] > 3 * best["deur:100"][0]
    assert max(peak for way, (_, _, peak) in best.items() if way.startswith("deur")) < 1000
    assert best["deur:100"][2] < small[2] + 250
