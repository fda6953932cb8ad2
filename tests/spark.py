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
) -> dict[str, pa.Table]:
    """Builds a product on both engines and returns what both gave per kind: values, types, order and mark are equal."""
    outcomes = []
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
        tables = {kind: pq.read_table(work / "uit" / f"{kind}_{product}.parquet") for kind in RESULTS}
        outcomes.append((tables, {model.naam: model.rijen for model in uitkomst.modellen}, uitkomst.tests_geslaagd))
    (duckdb, rows, tests), (other, *rest) = outcomes
    for kind, table in duckdb.items():
        # DuckDB calls a column required when this time nothing in it happened to be empty.
        assert _shape(other[kind]) == _shape(table)
        assert other[kind].to_pylist() == table.to_pylist(), kind
    assert rest == [rows, tests]
    return duckdb


def _shape(table: pa.Table) -> tuple[list[tuple[str, pa.DataType]], object]:
    return [(field.name, field.type) for field in table.schema], table.schema.metadata
