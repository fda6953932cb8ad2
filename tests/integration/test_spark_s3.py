"""What a cluster hands back by way of an S3-compatible store, read with pyarrow; here the store is a real server."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from pipeline.motor import Spark
from tests.servers import GEHEIM, ID, client, s3_server

pytestmark = pytest.mark.zwaar
EMMER = "emmer"


@pytest.fixture
def winkel(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """A client of a store with one bucket, which the environment names as that of a cluster would."""
    with s3_server() as kanaal:
        settings = {
            "AWS_ENDPOINT_URL": kanaal.adres,
            "AWS_ACCESS_KEY_ID": ID,
            "AWS_SECRET_ACCESS_KEY": GEHEIM,
            "AWS_REGION": kanaal.regio,
            "AWS_EC2_METADATA_DISABLED": "true",
        }
        for naam, waarde in settings.items():
            monkeypatch.setenv(naam, waarde)
        yield client(kanaal)


def keys(winkel: Any) -> list[str]:
    """The objects in the store; an empty folder is one too, with a name that ends in a slash."""
    found = [item["Key"] for item in winkel.list_objects_v2(Bucket=EMMER).get("Contents", [])]
    return [key for key in found if not key.endswith("/")]


def test_what_a_cluster_wrote_to_a_store_becomes_one_file(winkel: Any, tmp_path: Path) -> None:
    spark = Spark("spark_cluster", uitwisseling=f"s3://{EMMER}/uitwisseling")
    where = spark.omgeving(tmp_path / "werk", tmp_path / "uit")["KETEN_DBT_UITVOER"]
    assert where.startswith(f"s3://{EMMER}/uitwisseling/keten_")
    folder = where.removeprefix(f"s3://{EMMER}/")
    parts = {"signal_vsv": [[1, 2], [3]], "tellingen": [[9]]}
    for model, numbers in parts.items():
        for nr, values in enumerate(numbers):
            sink = io.BytesIO()
            pq.write_table(pa.table({"nummer": pa.array(values, pa.int64())}), sink)
            key = f"{folder}/{model}.parquet/part-{nr:05d}-abc.snappy.parquet"
            winkel.put_object(Bucket=EMMER, Key=key, Body=sink.getvalue())
        winkel.put_object(Bucket=EMMER, Key=f"{folder}/{model}.parquet/_SUCCESS", Body=b"")
    winkel.put_object(Bucket=EMMER, Key="uitwisseling/van-een-ander/blijft", Body=b"x")
    for naam in ("werk", "uit"):
        (tmp_path / naam).mkdir()

    spark.rond_af(tmp_path / "werk", tmp_path / "uit", 7)

    made = pq.read_table(tmp_path / "uit" / "signal_vsv.parquet")
    assert made["nummer"].to_pylist() == [1, 2, 3]  # in the order of the parts
    assert made.schema.metadata[b"sleutelversie"] == b"7"
    assert pq.read_table(tmp_path / "werk" / "tellingen.parquet")["nummer"].to_pylist() == [9]
    spark.vergeet(tmp_path / "werk")
    assert keys(winkel) == ["uitwisseling/van-een-ander/blijft"]
