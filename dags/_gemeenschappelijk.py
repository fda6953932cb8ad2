"""What all DAGs share: defaults, asset names and the settings. No logic: the steps are in `pipeline/`."""

from __future__ import annotations

import os
from datetime import timedelta
from typing import Any

from airflow.sdk import (
    Asset,
    AssetOrTimeSchedule,
    CronDataIntervalTimetable,
    Param,
    get_current_context,
)
from airflow.sdk.definitions.asset import BaseAsset
from airflow.sdk.definitions.callback import SyncCallback
from airflow.sdk.definitions.deadline import DeadlineAlert, DeadlineReference
from pendulum import instance

from pipeline.airflow_lokaal import OPENLINEAGE_UIT
from pipeline.bewaking.airflow import run_te_lang, taak_mislukt
from pipeline.instellingen import Instellingen
from pipeline.rechten import sluit_af

DEFAULTS: dict[str, Any] = {
    "owner": "data-engineering",
    "retries": 2,  # after `[core] default_task_retry_delay`, five minutes unless Airflow is told otherwise
    "retry_exponential_backoff": True,
    "max_retry_delay": timedelta(hours=1),
    "on_failure_callback": taak_mislukt,  # when it is not tried again
}
TIJDZONE = "Europe/Amsterdam"
# Of the default pool (128 slots unless Airflow is told otherwise), of which any other task takes one: product runs hold
# `geheugen` each, so no more than four are beside each other, and what costs little goes on meanwhile.
PLAATSEN_RUN = 32
_LOOPTIJD = timedelta(seconds=Instellingen().looptijd)
PERIODE = Param(None, type=["null", "string"], pattern=r"^\d{4}-(0[1-9]|1[0-2])$", title="Periode")


def op_tijd_of(cron: str, assets: BaseAsset) -> AssetOrTimeSchedule:
    """Runs when an asset is announced, and by the clock as well: what an announcement missed is done all the same."""
    return AssetOrTimeSchedule(timetable=CronDataIntervalTimetable(cron, timezone=TIJDZONE), assets=assets)


def alarm() -> DeadlineAlert:
    """Tells of a run that did not end within `looptijd`; the deadlines of products are in the ledger."""
    return DeadlineAlert(
        reference=DeadlineReference.DAGRUN_QUEUED_AT,
        interval=_LOOPTIJD,
        callback=SyncCallback(run_te_lang),
    )


def ingehaald() -> str | None:
    """The period that a run of a backfill is about: the month its interval begins in; None for any other run."""
    run = get_current_context()["dag_run"]
    if run.run_type != "backfill" or run.data_interval_start is None:
        return None
    return f"{instance(run.data_interval_start).in_timezone(TIJDZONE):%Y-%m}"


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
