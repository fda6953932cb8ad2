"""A build on a Spark Thrift server, as `KETEN_MOTOR=spark_cluster` does it, with the folder that both sides see."""

from __future__ import annotations

import importlib.util
import os
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from pipeline.motor import Spark
from tests.spark import SPARK, assert_same_on_spark, needs_spark
from tests.spec.signals.casus import read_case, write_input

pytestmark = needs_spark
CASE = Path(__file__).resolve().parents[1] / "spec" / "signals" / "vsv" / "verjaardag_op_peildatum"


@pytest.fixture
def server(tmp_path: Path) -> Iterator[int]:
    """The port of a Thrift server on this machine that knows nothing of this process."""
    found = importlib.util.find_spec("pyspark")
    assert found is not None
    assert found.submodule_search_locations is not None
    home = Path(found.submodule_search_locations[0])
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = int(free.getsockname()[1])
    conf = ("spark.ui.enabled=false", "spark.driver.host=127.0.0.1", "spark.driver.bindAddress=127.0.0.1")
    conf += ("spark.sql.catalogImplementation=in-memory", "spark.sql.constraintPropagation.enabled=false")
    conf += tuple(f"{name}={value}" for name, value in SPARK.instellingen.items())
    hive = (f"hive.server2.thrift.port={port}", "hive.server2.thrift.bind.host=127.0.0.1")
    command = [
        str(home / "bin" / "spark-submit"),
        *("--class", "org.apache.spark.sql.hive.thriftserver.HiveThriftServer2", "--master", "local[1]"),
        *(word for setting in conf for word in ("--conf", setting)),
        "spark-internal",
        *(word for setting in hive for word in ("--hiveconf", setting)),
    ]
    with (tmp_path / "server.log").open("wb") as log:
        process = subprocess.Popen(
            command,
            cwd=tmp_path,
            env={**os.environ, "SPARK_HOME": str(home)},
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
        try:
            _wait(process, port)
            yield port
        finally:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def _wait(process: subprocess.Popen[bytes], port: int) -> None:
    until = time.monotonic() + 240
    while time.monotonic() < until and process.poll() is None:
        with socket.socket() as attempt:
            if attempt.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.5)
    raise AssertionError("de Thrift-server is niet gestart; zie server.log")


def test_a_build_on_a_server(server: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KETEN_SPARK_HOST", "127.0.0.1")
    monkeypatch.setenv("KETEN_SPARK_POORT", str(server))
    casus = read_case(CASE)
    shared = tmp_path / "gedeeld"
    assert_same_on_spark(
        casus.product,
        write_input(casus, tmp_path),
        tmp_path,
        periode=casus.periode,
        aanwezig=casus.aanwezig,
        spark=Spark("spark_cluster", uitwisseling=str(shared)),
    )
    assert not list(shared.iterdir())  # what they handed each other is gone
