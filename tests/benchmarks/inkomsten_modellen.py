"""Makes the income signals of a lake with the project's own models; a process of its own, so that its memory is known.

`python -m tests.benchmarks.inkomsten_modellen <folder> <memory limit>`; prints seconds (reading the dbt project
aside, as a warm process has done that) and signals per code.
"""

from __future__ import annotations

import json
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

import pyarrow.parquet as pq

from pipeline import dbt_build
from tests.benchmarks.inkomsten_lake import PERIODE, lees_lake

if __name__ == "__main__":
    lake = lees_lake(Path(sys.argv[1]))
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        dbt_build.laad(folder)
        started = time.perf_counter()
        uitkomst = dbt_build.build(
            "inkomsten",
            lake.invoer,
            folder / "uit",
            periode=PERIODE,
            aanwezig=lake.aanwezig,
            geheugen=sys.argv[2],
            werkmap=folder / "werk",
        )
        seconds = time.perf_counter() - started
        assert uitkomst.ok, (uitkomst.fouten, uitkomst.tests_mislukt)
        codes = pq.ParquetFile(folder / "uit" / "signal_inkomsten.parquet").read(["signaal_code"]).column(0)
    per_code = dict(sorted(Counter(codes.to_pylist()).items()))
    sys.stdout.write(json.dumps({"seconden": seconds, "signalen": per_code}) + "\n")
