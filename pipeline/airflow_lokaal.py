"""Runs the real DAGs in this process, one after another, as the scheduler would: for the demo and for tests.

Starting Airflow's command costs seconds for every task; in one warm process a task costs a tenth of a second. The ledger
says what is due, so a DAG with nothing to do is not started.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipeline.inbox import nieuwe_aanleveringen
from pipeline.instellingen import Instellingen
from pipeline.status import stand
from schemas.load import bronnen, producten

if TYPE_CHECKING:
    from airflow.sdk import DAG

DAGS = Path(__file__).resolve().parent.parent / "dags"


class DagMislukt(Exception):
    """A DAG run did not succeed; the message names the DAG."""


def omgeving(instellingen: Instellingen) -> dict[str, str]:
    """Environment variables under which Airflow keeps everything below the data folder and loads only our DAGs."""
    home = instellingen.map("airflow")
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

    def __init__(self, instellingen: Instellingen) -> None:
        self._instellingen = instellingen
        os.environ.update(omgeving(instellingen))  # Airflow reads its settings from the environment when imported
        from airflow.dag_processing.dagbag import DagBag  # noqa: PLC0415
        from airflow.utils import db  # noqa: PLC0415

        with _quiet():
            if not (instellingen.map("airflow") / "airflow.db").exists():
                db.initdb()
            bag = DagBag(str(DAGS))
        if bag.import_errors:
            raise DagMislukt(", ".join(sorted(bag.import_errors)))
        self.dags: dict[str, DAG] = dict(bag.dags)
        for dag in self.dags.values():
            for task in dag.tasks:  # nobody waits five minutes for a second try here: a failure is shown at once
                if task.is_mapped:
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

    def aan_de_beurt(self) -> Iterator[str]:
        """Ids of DAGs that have something to do now, in the order of the way through the house."""
        instellingen = self._instellingen
        for bron in _in_order(bronnen()):
            if nieuwe_aanleveringen(instellingen, bron):
                yield f"ingest_{bron}"
        for product in producten():
            if any(regel.aan_de_beurt for regel in stand(instellingen, product)):
                yield f"signal_{product}"
            if instellingen.grootboek.onafgemaakt(product):
                yield f"deliver_{product}"


def _in_order(names: Any) -> list[str]:
    """Populations first: a bron that says who belongs, then what is known about them."""
    first = ["gemeente", "duo"]
    return first + [name for name in names if name not in first]


@contextmanager
def _quiet() -> Iterator[None]:
    """Keeps Airflow's messages of a good run off the terminal."""
    previous = logging.root.manager.disable
    logging.disable(logging.WARNING)
    try:
        yield
    finally:
        logging.disable(previous)
