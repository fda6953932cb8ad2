"""Runs the real DAGs without a scheduler, in warm processes: for the demo and for tests.

Starting Airflow's command costs seconds for every task; in a warm process a task costs a tenth of a second. Each
process has an Airflow database of its own, so they do not wait for each other; what was done stands in the ledger.
"""

from __future__ import annotations

import json
import logging
import os
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipeline.instellingen import Instellingen

if TYPE_CHECKING:
    from airflow.sdk import DAG

NAMESPACE = "signaalketen"
OPENLINEAGE_UIT = "AIRFLOW__OPENLINEAGE__DISABLED"
BUNDEL, LOKAAL = "keten", "airflow.dag_processing.bundles.local"
DAGS = Path(__file__).resolve().parent.parent / "dags"


class DagMislukt(Exception):
    """A DAG run did not succeed; the message names the DAG."""


def omgeving(instellingen: Instellingen, naam: str) -> dict[str, str]:
    """Environment variables under which Airflow keeps everything in `airflow/<naam>` below the data folder."""
    home = instellingen.map("airflow", naam)
    return {
        "AIRFLOW_HOME": str(home),
        "AIRFLOW__CORE__DAGS_FOLDER": str(DAGS),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "AIRFLOW__LOGGING__BASE_LOG_FOLDER": str(home / "logs"),
        "AIRFLOW__LOGGING__LOGGING_LEVEL": "WARNING",
        "AIRFLOW__USAGE_DATA_COLLECTION__ENABLED": "False",
        "KETEN_DATA": str(instellingen.map()),
    }


def openlineage(instellingen: Instellingen) -> dict[str, str]:
    """Has Airflow's provider send the runs of DAGs and tasks to where the steps are sent, so that they join.

    Its file stands beside that of the steps; a step names its task as parent (`dags._gemeenschappelijk`).
    """
    if instellingen.openlineage == "uit":
        return {OPENLINEAGE_UIT: "True"}
    file = {"type": "file", "log_file_path": str(instellingen.map("lineage", "airflow.ndjson")), "append": True}
    http = {"type": "http", "url": instellingen.openlineage}
    return {
        OPENLINEAGE_UIT: "False",
        "AIRFLOW__OPENLINEAGE__NAMESPACE": NAMESPACE,
        "AIRFLOW__OPENLINEAGE__TRANSPORT": json.dumps(file if instellingen.openlineage == "bestand" else http),
        "AIRFLOW__OPENLINEAGE__DISABLE_SOURCE_CODE": "True",
    }


class LokaleDags:
    """The DAGs of this project, loaded once; `draai` runs one of them to its end."""

    def __init__(self, instellingen: Instellingen, naam: str) -> None:
        # Airflow reads its settings from the environment when imported. The DAGs are entered below, once: of a bundle
        # that has them Airflow reads every file again for each run.
        empty = instellingen.map("airflow", naam, BUNDEL)
        empty.mkdir(parents=True, exist_ok=True)
        bundel = {"name": BUNDEL, "classpath": f"{LOKAAL}.LocalDagBundle", "kwargs": {"path": str(empty)}}
        settings = {"AIRFLOW__DAG_PROCESSOR__DAG_BUNDLE_CONFIG_LIST": json.dumps([bundel])}
        os.environ.update(omgeving(instellingen, naam) | settings)
        os.environ.setdefault(
            OPENLINEAGE_UIT, "True"
        )  # the steps are told all the same; the tasks cost half a second each
        with _quiet():
            from airflow.dag_processing.bundles.manager import DagBundlesManager  # noqa: PLC0415
            from airflow.dag_processing.dagbag import DagBag, sync_bag_to_db  # noqa: PLC0415
            from airflow.sdk.definitions.mappedoperator import MappedOperator  # noqa: PLC0415
            from airflow.utils import db  # noqa: PLC0415

            if not instellingen.map("airflow", naam, "airflow.db").exists():
                db.initdb()
            bag = DagBag(str(DAGS))
            for dag in bag.dags.values():
                dag.deadline = None  # a scheduler watches it, and there is none
            DagBundlesManager().sync_bundles_to_db()  # type: ignore[no-untyped-call]
            sync_bag_to_db(bag, BUNDEL, None)
            _wake_api()
        if bag.import_errors:
            raise DagMislukt(", ".join(sorted(bag.import_errors)))
        self.dags: dict[str, DAG] = dict(bag.dags)
        for dag in self.dags.values():
            for task in dag.tasks:  # nobody waits five minutes for a second try here: a failure is shown at once
                if isinstance(task, MappedOperator):
                    task.partial_kwargs["retries"] = 0
                else:
                    task.retries = 0

    def draai(self, dag_id: str, params: dict[str, Any] | None = None) -> None:
        """Runs one DAG.

        Raises:
            DagMislukt: a task failed.
        """
        with _quiet():
            run = self.dags[dag_id].test(run_conf=params)
        if str(run.state) != "success":
            raise DagMislukt(dag_id)


def _wake_api() -> None:
    """Has Airflow build the API its tasks talk to, which would otherwise be part of the first task.

    Only as its newest version, which is what tasks of this same Airflow speak: all nine take seconds.
    """
    import httpx  # noqa: PLC0415
    from airflow.api_fastapi.execution_api import versions  # noqa: PLC0415
    from airflow.api_fastapi.execution_api.routes import execution_api_router  # noqa: PLC0415
    from airflow.sdk.execution_time.supervisor import in_process_api_server  # noqa: PLC0415
    from cadwyn import HeadVersion, Version, VersionBundle  # noqa: PLC0415
    from cadwyn.route_generation import _DELETED_ROUTE_TAG  # noqa: PLC0415

    routes = execution_api_router.routes
    routes[:] = [route for route in routes if _DELETED_ROUTE_TAG not in getattr(route, "tags", ())]  # of older versions
    versions.bundle = VersionBundle(HeadVersion(), Version(versions.bundle.versions[0].value))
    with httpx.Client(transport=in_process_api_server().transport, base_url="http://in-process") as client:
        client.get("/health")


@contextmanager
def _quiet() -> Iterator[None]:
    """Keeps Airflow's messages of a good run off the terminal."""
    previous = logging.root.manager.disable
    logging.disable(logging.WARNING)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        logging.disable(previous)
