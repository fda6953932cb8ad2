"""The lake in a bucket: the door writes it by a mount, Spark reads it as `s3a://`; every product run of a month.

What is real: the S3-compatible server, the mount, the URLs that Spark is given and resolves itself. What stands in: the
client of Amazon in `hadoop-aws`, which cannot be installed here. Instead Hadoop's own mount table (ViewFileSystem with
an overloaded scheme) says that `s3a://emmer` is that mount.
"""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pytest

from connectors.kanaal_s3 import S3Kanaal
from demo.land import maak_land
from pipeline import dbt_build
from pipeline.bewaren.opruimen import ruim_op
from pipeline.dbt_build import DUCKDB
from pipeline.instellingen import Instellingen
from schemas.load import producten
from tests.e2e.conftest import PERIODE, Land, draai_maand
from tests.servers import aangekoppeld, client, s3_server
from tests.spark import SPARK, assert_same_outcome, needs_spark

pytestmark = needs_spark
PERSONEN = 400
VIEWFS = "org.apache.hadoop.fs.viewfs.ViewFileSystemOverloadScheme"


def test_a_month_with_the_lake_in_a_bucket(
    instellingen: Instellingen, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lake = instellingen.lake
    with s3_server() as kanaal, aangekoppeld(kanaal, "lake", lake, tmp_path):
        hadoop = {
            "fs.s3a.impl": VIEWFS,
            "fs.viewfs.overload.scheme.target.s3a.impl": "org.apache.hadoop.fs.LocalFileSystem",
            "fs.viewfs.mounttable.emmer.link./lake": lake.as_uri(),
        }
        # In both ways: a session that another test began takes only the second.
        spark = {**SPARK.instellingen, **{f"spark.hadoop.{naam}": waarde for naam, waarde in hadoop.items()}, **hadoop}
        eigen = instellingen.model_copy(update={"motor": "spark", "spark": spark, "lakeadres": "s3://emmer/lake"})
        signals = _compare_with_duckdb(monkeypatch, tmp_path)
        bron = eigen.map("landing", "demo")
        draai_maand(Land(eigen, tuple(maak_land(bron, personen=PERSONEN, periode=PERIODE, maanden=1, seed=1))), PERIODE)
        assert len(_in_the_bucket(kanaal)) > len(producten())

        ruim_op(eigen, date(2040, 1, 1))
        assert not [naam for naam in _in_the_bucket(kanaal) if "/leeg/" not in naam]
    assert set(signals) == set(producten())
    assert {product for product, count in signals.items() if count} >= {"inkomsten", "kwijtschelding", "vsv"}


def _in_the_bucket(kanaal: S3Kanaal) -> list[str]:
    objects = client(kanaal).list_objects_v2(Bucket=kanaal.emmer, Prefix="lake/")["Contents"]
    return [item["Key"] for item in objects if item["Key"].endswith(".parquet")]


def _compare_with_duckdb(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> dict[str, int]:
    """From now on every build is done by DuckDB too, from the same files; returns the signals of each product."""
    signals: dict[str, int] = {}
    build = dbt_build.build

    def on_both(product: str, invoer: Any, uitvoer: Path, **options: Any) -> dbt_build.DbtUitkomst:
        motor = options["motor"]
        named = motor.invoer(invoer, options["werkmap"])
        assert all(pad.startswith("s3://emmer/lake/") for naam, files in named.items() for pad in files
                   if not naam.startswith(("referentie.", "run.")))  # fmt: skip
        motor.vergeet(options["werkmap"])
        uitkomst = build(product, invoer, uitvoer, **options)
        assert uitkomst.ok, (uitkomst.fouten, uitkomst.tests_mislukt)
        folder = tmp_path / f"duckdb-{len(signals)}"
        other = build(product, invoer, folder / "uit", **{**options, "werkmap": folder, "motor": DUCKDB})
        assert other.ok, (other.fouten, other.tests_mislukt)
        signals[product] = assert_same_outcome(product, folder / "uit", uitvoer)
        return uitkomst

    monkeypatch.setattr(dbt_build, "build", on_both)
    return signals
