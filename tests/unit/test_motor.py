"""Under which names an engine is given the files of a run."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipeline.instellingen import Instellingen
from pipeline.motor import DuckDb, Spark
from schemas.fout import KetenFout


def test_both_engines_read_files_where_they_are(tmp_path: Path) -> None:
    paden = {"uwv.inkomstenopgave": [tmp_path / "a.parquet", "s3://emmer/b.parquet"]}
    expected = {"uwv.inkomstenopgave": [f"{tmp_path}/a.parquet", "s3://emmer/b.parquet"]}
    assert DuckDb().invoer(paden, tmp_path) == Spark().invoer(paden, tmp_path) == expected


def test_spark_reads_the_lake_by_its_url_and_is_handed_the_rest(tmp_path: Path) -> None:
    lake, outside = tmp_path / "koppel" / "lake", tmp_path / "leveringen.parquet"
    outside.write_bytes(b"inhoud")
    (tmp_path / "werk").mkdir()
    spark = Spark("spark_cluster", str(tmp_path / "wissel"), lake=(lake, "s3://emmer/lake"))

    named = spark.invoer(
        {"brp.persoon": [lake / "leeg" / "p.parquet", lake / "vsv" / "1.parquet"], "run.levering": [outside]},
        tmp_path / "werk",
    )

    assert named["brp.persoon"] == ["s3://emmer/lake/leeg/p.parquet", "s3://emmer/lake/vsv/1.parquet"]
    (handed,) = named["run.levering"]
    assert Path(handed).is_relative_to(tmp_path / "wissel")
    assert Path(handed).read_bytes() == b"inhoud"
    spark.vergeet(tmp_path / "werk")
    assert not list((tmp_path / "wissel").iterdir())


def test_the_address_of_the_lake_is_for_spark(tmp_path: Path) -> None:
    eigen = Instellingen(data=tmp_path, lakeadres="s3://emmer/lake", motor="spark")
    assert eigen.rekenmotor == Spark(lake=(tmp_path / "lake", "s3://emmer/lake"))
    assert Instellingen(data=tmp_path, lakeadres="s3://emmer/lake").rekenmotor == DuckDb()


@pytest.mark.parametrize("adres", ["emmer/lake", "s3://emmer/lake/", "s3://"])
def test_an_address_of_the_lake_is_a_url_without_a_slash_at_the_end(adres: str, tmp_path: Path) -> None:
    with pytest.raises(KetenFout, match="S-INSTELLING"):
        Instellingen(data=tmp_path, lakeadres=adres)
