"""A Spark session for tests: one per process, quick to plan small data; and whether it can be had here."""

from __future__ import annotations

import importlib.util
import shutil
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from pipeline.dbt_build import DUCKDB, RESULTS, build
from pipeline.motor import Motor, Spark

_ABSENT = [
    *(["pyspark (pip install .[spark])"] if importlib.util.find_spec("pyspark") is None else []),
    *(["Java 17 (apt-get install default-jre-headless)"] if shutil.which("java") is None else []),
]
needs_spark = [
    pytest.mark.zwaar,
    pytest.mark.skipif(bool(_ABSENT), reason=f"Spark is hier niet te draaien: {' en '.join(_ABSENT)} ontbreekt"),
]

# Nothing here is large, so what a cluster needs to spread work is only a delay.
SPARK = Spark(
    instellingen={
        "spark.sql.adaptive.enabled": "false",
        "spark.sql.shuffle.partitions": "1",
        "spark.default.parallelism": "1",
        "spark.sql.codegen.wholeStage": "false",
        "spark.sql.codegen.factoryMode": "NO_CODEGEN",
    }
)


def assert_same_on_spark(
    product: str,
    invoer: Mapping[str, Sequence[Path | str]],
    folder: Path,
    *,
    periode: str,
    aanwezig: Collection[str],
    spark: Motor = SPARK,
) -> None:
    """Builds a product on both engines: values, types, order, mark, rows per model and tests are the same."""
    seen = []
    for motor in (DUCKDB, spark):
        work = folder / motor.target
        uitkomst = build(
            product,
            invoer,
            work / "uit",
            periode=periode,
            aanwezig=aanwezig,
            werkmap=work,
            sleutelversie=7,
            motor=motor,
        )
        assert uitkomst.ok, (motor.target, uitkomst.fouten, uitkomst.tests_mislukt)
        seen.append(({model.naam: model.rijen for model in uitkomst.modellen}, uitkomst.tests_geslaagd))
    assert seen[0] == seen[1]
    assert_same_outcome(product, folder / DUCKDB.target / "uit", folder / spark.target / "uit")


def assert_same_outcome(product: str, duckdb: Path, spark: Path) -> int:
    """Two folders with what a build wrote hold the same; returns the number of signals."""
    for kind in RESULTS:
        one, other = (pq.read_table(folder / f"{kind}_{product}.parquet") for folder in (duckdb, spark))
        assert _shape(one) == _shape(other)
        assert one.to_pylist() == other.to_pylist(), kind
    return pq.read_metadata(duckdb / f"signal_{product}.parquet").num_rows


def _shape(table: pa.Table) -> tuple[list[tuple[str, pa.DataType]], object]:
    """Names, types and mark; not what is nullable, which DuckDB derives from whether something happened to be empty."""
    return [(field.name, field.type) for field in table.schema], table.schema.metadata
