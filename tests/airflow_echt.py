"""The real Airflow for tests: scheduler with LocalExecutor, DAG processor and API server, on PostgreSQL."""

from __future__ import annotations

import json
import os
import secrets
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.bouw import CHECKOUT
from tests.postgres import Cluster

DELEN = ("api-server", "dag-processor", "scheduler")


GEDULD = 600.0  # seconds: a machine that others use too may take long


class Airflow:
    """What the UI can do, by its API."""

    def __init__(self, poort: int, delen: dict[str, subprocess.Popen[bytes]]) -> None:
        self._adres, self._delen = f"http://127.0.0.1:{poort}", delen
        self._bewijs: str | None = None
        self._begin = time.monotonic()

    def vraag(self, methode: str, pad: str, inhoud: Any = None) -> Any:
        """One request to the API, as its one user."""
        if self._bewijs is None:
            self._bewijs = self._roep("GET", "/auth/token", None, {})["access_token"]
        return self._roep(methode, f"/api/v2{pad}", inhoud, {"Authorization": f"Bearer {self._bewijs}"})

    def _roep(self, methode: str, pad: str, inhoud: Any, kop: dict[str, str]) -> Any:
        data = None if inhoud is None else json.dumps(inhoud).encode()
        kop = {"Content-Type": "application/json", **kop}
        request = urllib.request.Request(self._adres + pad, data, kop, method=methode)
        with urllib.request.urlopen(request, timeout=60) as response:
            return json.loads(response.read() or b"null")

    def dag_ids(self) -> list[str]:
        """The DAGs it has read."""
        try:
            return sorted(dag["dag_id"] for dag in self.vraag("GET", "/dags?limit=100")["dags"])
        except (urllib.error.URLError, ConnectionError):
            return []

    def pauzeer(self, *dag_ids: str, ja: bool = True) -> None:
        """Pauses DAGs, or lets them go on."""
        for dag_id in dag_ids:
            self.vraag("PATCH", f"/dags/{dag_id}", {"is_paused": ja})

    def start(self, dag_id: str, **params: str) -> str:
        """Starts a run by hand; returns its id."""
        run = self.vraag("POST", f"/dags/{dag_id}/dagRuns", {"logical_date": None, "conf": params})
        return str(run["dag_run_id"])

    def runs(self, dag_id: str) -> list[dict[str, Any]]:
        """The runs of a DAG, newest first."""
        found: list[dict[str, Any]] = self.vraag("GET", f"/dags/{dag_id}/dagRuns?limit=100&order_by=-id")["dag_runs"]
        return found

    def taken(self, dag_id: str, run_id: str = "~") -> list[dict[str, Any]]:
        """The tasks of a run, or of all runs."""
        found: list[dict[str, Any]] = self.vraag("GET", f"/dags/{dag_id}/dagRuns/{run_id}/taskInstances?limit=500")[
            "task_instances"
        ]
        return found

    def klaar(self, dag_id: str, run_id: str) -> bool:
        """Whether a run ended well."""
        return bool(self.vraag("GET", f"/dags/{dag_id}/dagRuns/{run_id}")["state"] == "success")

    def is_stil(self, *families: list[str]) -> bool:
        """Whether nothing runs of paused DAGs, and nothing was announced to the others that they did not end with."""
        paused, *others = families
        bezig = "state=queued&state=running"
        ask = [f"/dags/{dag_id}/dagRuns/~/taskInstances?{bezig}" for dag_id in paused]
        # In this order: a task announces, and what was announced becomes a run.
        after = [dag_id for family in others for dag_id in family]
        ask += [f"/dags/{dag_id}/assets/queuedEvents" for dag_id in after]
        ask += [f"/dags/{dag_id}/dagRuns?{bezig}" for dag_id in after]
        return not any(self._aantal(pad) for pad in ask)

    def _aantal(self, pad: str) -> int:
        try:
            return int(self.vraag("GET", pad)["total_entries"])
        except urllib.error.HTTPError as fout:
            if fout.code == 404:  # so it says that there are none
                return 0
            raise

    def wacht(self, op: Callable[[], Any], wat: str) -> Any:
        """Waits until something holds; returns it, and prints when that was.

        Raises:
            AssertionError: it takes too long, a part of Airflow stopped, or a run failed.
        """
        end = time.monotonic() + GEDULD
        while not (found := op()):
            assert time.monotonic() < end, f"na {GEDULD:.0f} s nog niet: {wat}; {self._open()}"
            assert not (gestopt := [deel for deel, process in self._delen.items() if process.poll() is not None]), (
                gestopt
            )
            assert not self._mislukt(), f"{self._mislukt()} voor: {wat}"
            time.sleep(2)  # to look costs time as well
        print(f"{time.monotonic() - self._begin:6.0f} s  {wat}", flush=True)
        return found

    def _mislukt(self) -> list[str]:
        if self._bewijs is None:  # it did not answer yet
            return []
        return [run["dag_run_id"] for run in self.vraag("GET", "/dags/~/dagRuns?state=failed")["dag_runs"]]

    def _open(self) -> list[tuple[str, ...]]:
        if self._bewijs is None:
            return []
        wanted = "&".join(f"state={state}" for state in ("scheduled", "queued", "running", "up_for_retry"))
        tasks = self.vraag("GET", f"/dags/~/dagRuns/~/taskInstances?{wanted}")["task_instances"]
        return [(taak["dag_id"], taak["task_id"], taak["state"]) for taak in tasks]


@contextmanager
def airflow(server: Cluster, home: Path, omgeving: dict[str, str]) -> Iterator[Airflow]:
    """An Airflow with the DAGs of this project, that is starting: who needs it waits until it has read them."""
    poort, database = _vrije_poort(), server.maak("airflow")
    environment = {naam: waarde for naam, waarde in os.environ.items() if not naam.startswith(("AIRFLOW", "KETEN_"))}
    command = Path(sys.executable).with_name("airflow")
    environment |= {
        "PATH": f"{command.parent}{os.pathsep}{os.environ.get('PATH', '')}",
        "AIRFLOW_HOME": str(home),
        "AIRFLOW__API__HOST": "127.0.0.1",
        "AIRFLOW__API__PORT": str(poort),
        "AIRFLOW__API__WORKERS": "1",
        "AIRFLOW__API__SECRET_KEY": secrets.token_hex(32),
        "AIRFLOW__API_AUTH__JWT_SECRET": secrets.token_hex(32),
        "AIRFLOW__CORE__DAGS_FOLDER": str(CHECKOUT / "dags"),
        "AIRFLOW__CORE__DEFAULT_TASK_RETRY_DELAY": "5",
        "AIRFLOW__CORE__EXECUTION_API_SERVER_URL": f"http://127.0.0.1:{poort}/execution/",
        "AIRFLOW__CORE__EXECUTOR": "LocalExecutor",
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "AIRFLOW__CORE__PARALLELISM": "3",
        "AIRFLOW__DAG_PROCESSOR__MIN_FILE_PROCESS_INTERVAL": "600",  # the folder does not change meanwhile
        "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_ALL_ADMINS": "True",
        "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": database.replace("postgresql:", "postgresql+psycopg:"),
        "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN_ASYNC": database.replace("postgresql:", "postgresql+asyncpg:"),
        "AIRFLOW__OPENLINEAGE__DISABLED": "True",
        "AIRFLOW__USAGE_DATA_COLLECTION__ENABLED": "False",
        **omgeving,
    }
    home.mkdir()
    subprocess.run([command, "db", "migrate"], env=environment, capture_output=True, timeout=180, check=True)
    started: dict[str, subprocess.Popen[bytes]] = {}
    try:
        for deel in DELEN:
            with (home / f"{deel}.log").open("wb") as log:
                started[deel] = subprocess.Popen(
                    [command, deel], env=environment, stdout=log, stderr=log, start_new_session=True
                )
        yield Airflow(poort, started)
    finally:
        for process in started.values():  # each has a group of its own, with its children
            os.killpg(process.pid, signal.SIGTERM)
        for process in started.values():
            try:
                process.wait(5)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()


def _vrije_poort() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
