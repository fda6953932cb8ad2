"""What all DAGs share: defaults, asset names and the settings. No logic: the steps are in `pipeline/`."""

from __future__ import annotations

import os
from datetime import timedelta
from typing import Any

from airflow.sdk import Asset, get_current_context

from pipeline.airflow_lokaal import OPENLINEAGE_UIT
from pipeline.instellingen import Instellingen

DEFAULTS: dict[str, Any] = {
    "owner": "data-engineering",
    "retries": 2,
    "retry_delay": timedelta(minutes=5),
    "retry_exponential_backoff": True,
    "max_retry_delay": timedelta(hours=1),
}


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

    The steps of a task are part of its run in OpenLineage, as Airflow's own provider names that run, if it is on.
    """
    if os.environ.get(OPENLINEAGE_UIT) == "True":
        return Instellingen()
    from airflow.providers.openlineage.plugins.macros import lineage_parent_id  # noqa: PLC0415 - costs parsing time

    return Instellingen(ouder=lineage_parent_id(get_current_context()["ti"]))
