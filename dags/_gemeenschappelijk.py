"""What all DAGs share: defaults, asset names and the settings. No logic: the steps are in `pipeline/`."""

from __future__ import annotations

import os
from datetime import timedelta
from typing import Any

from airflow.sdk import Asset, Param, get_current_context

from pipeline.airflow_lokaal import OPENLINEAGE_UIT
from pipeline.instellingen import Instellingen
from pipeline.rechten import sluit_af

DEFAULTS: dict[str, Any] = {
    "owner": "data-engineering",
    "retries": 2,  # after `[core] default_task_retry_delay`, five minutes unless Airflow is told otherwise
    "retry_exponential_backoff": True,
    "max_retry_delay": timedelta(hours=1),
}
PERIODE = Param(None, type=["null", "string"], pattern=r"^\d{4}-(0[1-9]|1[0-2])$", title="Periode")


def levering_asset(bron: str) -> Asset:
    """Announces that a levering of a bron passed the door."""
    return Asset(name=f"levering_{bron}", uri=f"keten://levering/{bron}")


def signalen_asset(product: str) -> Asset:
    """Announces new signals of a product."""
    return Asset(name=f"signalen_{product}", uri=f"keten://signalen/{product}")


def uitlevering_asset(product: str) -> Asset:
    """Announces deliveries of a product."""
    return Asset(name=f"uitlevering_{product}", uri=f"keten://uitlevering/{product}")


def instellingen() -> Instellingen:
    """The settings in force, read when a task runs and not when the folder is parsed.

    What the task writes is not for others on the machine. Its steps are part of its run in OpenLineage, as Airflow's
    own provider names that run, if it is on.
    """
    sluit_af()
    if os.environ.get(OPENLINEAGE_UIT) == "True":
        return Instellingen()
    from airflow.providers.openlineage.plugins.macros import lineage_parent_id  # noqa: PLC0415 - costs parsing time

    return Instellingen(ouder=lineage_parent_id(get_current_context()["ti"]))
