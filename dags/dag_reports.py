"""`reports`: build the pages for opdrachtgevers."""

from __future__ import annotations

from functools import reduce
from operator import or_

from airflow.sdk import dag, task
from pendulum import datetime

from dags._gemeenschappelijk import DEFAULTS, instellingen, uitlevering_asset
from schemas.load import producten


@dag(
    dag_id="reports",
    description="Bouwt de rapportpagina's.",
    doc_md="Builds the pages from the ledger after every delivery. They hold counts only.",
    schedule=reduce(or_, [uitlevering_asset(product) for product in producten()]),
    start_date=datetime(2026, 1, 1, tz="Europe/Amsterdam"),
    catchup=False,
    max_active_runs=1,
    default_args=DEFAULTS,
    tags=["reports"],
)
def reports() -> None:
    """One task: the pages are small and built whole."""

    @task
    def bouw() -> str:
        """Builds the pages; returns the name of the first."""
        from pipeline.rapport import maak_rapport  # noqa: PLC0415

        return maak_rapport(instellingen()).name

    bouw()


reports()
