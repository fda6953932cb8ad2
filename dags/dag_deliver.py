"""`deliver_<product>`: compose and deliver the messages of runs that were not delivered yet."""

from __future__ import annotations

from airflow.sdk import DAG, dag, task
from pendulum import datetime

from dags._gemeenschappelijk import DEFAULTS, instellingen, signalen_asset, uitlevering_asset
from schemas.load import producten
from schemas.model import Product


def make_dag(product: Product) -> DAG:
    """The DAG that delivers one product."""

    @dag(
        dag_id=f"deliver_{product.product}",
        description=f"Levert de berichten van {product.naam} uit.",
        doc_md=f"""
**{product.naam}**, bericht `{product.bericht}` versie {product.versie}.

Takes every run of this product whose deliveries did not all end, composes the messages per recipient, validates them
and delivers them. A delivery keeps its number when it is tried again. What is held back has a code; see `keten status`.
""",
        schedule=[signalen_asset(product.product)],
        start_date=datetime(2026, 1, 1, tz="Europe/Amsterdam"),
        catchup=False,
        max_active_runs=1,
        default_args=DEFAULTS,
        tags=["deliver", product.product],
    )
    def deliver() -> None:
        @task
        def zoek_runs() -> list[str]:
            """Runs that wait for delivery, oldest first."""
            return [run["run_id"] for run in instellingen().grootboek.onafgemaakt(product.product)]

        @task(outlets=[uitlevering_asset(product.product)], max_active_tis_per_dagrun=1)
        def lever(run: str) -> dict[str, int]:
            """Delivers one run; returns the number of recipients per status."""
            from pipeline.lever import lever as lever_uit  # noqa: PLC0415

            return lever_uit(instellingen(), run).ontvangers

        lever.expand(run=zoek_runs())

    return deliver()


for _product in producten().values():
    globals()[f"deliver_{_product.product}"] = make_dag(_product)
