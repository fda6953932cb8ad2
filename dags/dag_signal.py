"""`signal_<product>`: make the signals of every period that is due."""

from __future__ import annotations

from functools import reduce
from operator import or_

from airflow.sdk import DAG, dag, get_current_context, task
from pendulum import datetime

from dags._gemeenschappelijk import DEFAULTS, PERIODE, instellingen, levering_asset, signalen_asset
from pipeline.status import bronnen_van
from schemas.load import producten
from schemas.product import Product


def make_dag(product: Product) -> DAG:
    """The DAG that makes the signals of one product."""

    @dag(
        dag_id=f"signal_{product.product}",
        description=f"Maakt de signalen van {product.naam}.",
        doc_md=f"""
**{product.naam}**. {product.omschrijving}

Runs when a levering of one of its bronnen passed the door. The ledger says which periods are due: those for which
every bron delivered and whose inputs changed since the last run. Give `periode` to run one period whatever is missing.
A run is named after its inputs, so running it again changes nothing.
""",
        schedule=reduce(or_, [levering_asset(bron) for bron in bronnen_van(product.product)]),
        start_date=datetime(2026, 1, 1, tz="Europe/Amsterdam"),
        catchup=False,
        max_active_runs=1,
        default_args=DEFAULTS,
        params={"periode": PERIODE},
        tags=["signal", product.product],
    )
    def signal() -> None:
        @task
        def bepaal_perioden() -> list[str]:
            """The periods to run, oldest first; all they rest on has passed the door, so the rest needs no key."""
            from pipeline.status import stand  # noqa: PLC0415
            from pipeline.toelaten import toelaten  # noqa: PLC0415

            gevraagd = get_current_context()["params"]["periode"]
            due = [s.periode for s in stand(instellingen(), product.product) if s.aan_de_beurt]
            for periode in [gevraagd] if gevraagd else due:
                toelaten(instellingen(), doel=product.doel, tot_periode=periode)
            return [gevraagd] if gevraagd else due

        @task(outlets=[signalen_asset(product.product)], max_active_tis_per_dagrun=1)
        def signaleer(periode: str) -> str:
            """Makes the signals of one period; returns the id of the run."""
            from pipeline.signaleer import signaleer as maak  # noqa: PLC0415

            return maak(instellingen(), product.product, periode).run_id

        signaleer.expand(periode=bepaal_perioden())

    return signal()


for _product in producten().values():
    globals()[f"signal_{_product.product}"] = make_dag(_product)
