"""Runs the real DAGs without a scheduler, in warm processes: for the demo and for tests.

Starting Airflow's command costs seconds for every task; in a warm process a task costs a tenth of a second. Each
process has an Airflow database of its own, so they do not wait for each other; what was done stands in the ledger.
"""

from __future__ import annotations

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


class LokaleDags:
    """The DAGs of this project, loaded once; `draai` runs one of them to its end."""

    def __init__(self, instellingen: Instellingen, naam: str) -> None:
        os.environ.update(omgeving(instellingen, naam))  # Airflow reads its settings from the environment when imported
        with _quiet():
            from airflow.dag_processing.dagbag import DagBag  # noqa: PLC0415
            from airflow.sdk.definitions.mappedoperator import MappedOperator  # noqa: PLC0415
            from airflow.utils import db  # noqa: PLC0415

            if not instellingen.map("airflow", naam, "airflow.db").exists():
                db.initdb()
            bag = DagBag(str(DAGS))
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
