"""`deliver_<product>`: compose and deliver the messages of runs that were not delivered yet."""

from __future__ import annotations

from airflow.sdk import DAG, Param, dag, get_current_context, task
from pendulum import datetime

from dags._gemeenschappelijk import DEFAULTS, PERIODE, alarm, instellingen, signalen_asset, uitlevering_asset
from schemas.load import ontvangers, producten
from schemas.product import Product


def make_dag(product: Product) -> DAG:
    """The DAG that delivers one product."""

    @dag(
        dag_id=f"deliver_{product.product}",
        description=f"Levert de berichten van {product.naam} uit.",
        doc_md=f"""
**{product.naam}**, bericht `{product.bericht}` versie {product.versie}.

Takes every run of this product whose deliveries did not all end, composes the messages per recipient, validates them
and delivers them. A delivery keeps its number when it is tried again. What is held back has a code; see `keten status`.
Give `periode` and `ontvanger` to send one recipient everything that now holds for that period, under a volgnummer of
its own, after what was still to be delivered.
""",
        schedule=[signalen_asset(product.product)],
        deadline=alarm(),
        start_date=datetime(2026, 1, 1, tz="Europe/Amsterdam"),
        catchup=False,
        max_active_runs=1,
        default_args=DEFAULTS,
        params={
            "periode": PERIODE,
            "ontvanger": Param(None, type=["null", "string"], enum=[None, *ontvangers()], title="Ontvanger"),
        },
        tags=["deliver", product.product],
    )
    def deliver() -> None:
        @task
        def zoek_runs() -> list[str]:
            """Runs that wait for delivery, oldest first; last a new one for who is to be served again."""
            from pipeline.werk import geef_opnieuw  # noqa: PLC0415

            params = get_current_context()["params"]
            found = [run["run_id"] for run in instellingen().grootboek.onafgemaakt(product.product)]
            if params["ontvanger"] and params["periode"]:
                again = geef_opnieuw(instellingen(), product.product, params["periode"], [params["ontvanger"]])
                found.append(again.run_id)
            return found

        @task(outlets=[uitlevering_asset(product.product)], max_active_tis_per_dagrun=1)
        def lever(run: str) -> dict[str, int]:
            """Delivers one run; returns the number of recipients per status."""
            from pipeline.lever import lever as lever_uit  # noqa: PLC0415

            return lever_uit(instellingen(), run).ontvangers

        lever.expand(run=zoek_runs())

    return deliver()


for _product in producten().values():
    globals()[f"deliver_{_product.product}"] = make_dag(_product)
