"""`signal_<product>`: make the signals of every period that is due."""

from __future__ import annotations

from functools import reduce
from operator import or_

from airflow.sdk import DAG, dag, get_current_context, task
from pendulum import datetime

from dags._gemeenschappelijk import (
    DEFAULTS,
    PERIODE,
    PLAATSEN_RUN,
    alarm,
    ingehaald,
    instellingen,
    levering_asset,
    op_tijd_of,
    signalen_asset,
)
from schemas.load import bronnen_van, producten
from schemas.product import Product


def _klok(product: Product) -> str:
    """When the clock starts it: every day, or two days before the messages about the month before are due."""
    if product.frequentie == "dagelijks":
        return "0 9 * * *"
    return f"0 9 {max((product.uiterlijk or 1) - 2, 1)} * *"


def make_dag(product: Product) -> DAG:
    """The DAG that makes the signals of one product."""

    @dag(
        dag_id=f"signal_{product.product}",
        description=f"Maakt de signalen van {product.naam}.",
        doc_md=f"""
**{product.naam}**. {product.omschrijving}

Runs when a levering of one of its bronnen passed the door, and by the clock ({product.frequentie}) for what that
missed. The ledger says which periods are due: those for which every bron delivered and whose inputs changed since
the last run. Give `periode` to run one period whatever is missing; a backfill runs the month that each of its
intervals begins in, if every bron delivered. A run is named after its inputs, so running it again changes nothing.
""",
        schedule=op_tijd_of(
            _klok(product), reduce(or_, [levering_asset(bron) for bron in bronnen_van(product.product)])
        ),
        deadline=alarm(),
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

            gevraagd, maand = get_current_context()["params"]["periode"], ingehaald()
            known = stand(instellingen(), product.product)
            due = [s.periode for s in known if (s.kan_opnieuw(maand) if maand else s.aan_de_beurt)]
            perioden = [gevraagd] if gevraagd else due
            for periode in perioden:
                toelaten(instellingen(), doel=product.doel, tot_periode=periode)
            return perioden

        @task(outlets=[signalen_asset(product.product)], max_active_tis_per_dagrun=1, pool_slots=PLAATSEN_RUN)
        def signaleer(periode: str) -> str:
            """Makes the signals of one period; returns the id of the run."""
            from pipeline.signaleer import signaleer as maak  # noqa: PLC0415

            return maak(instellingen(), product.product, periode).run_id

        signaleer.expand(periode=bepaal_perioden())

    return signal()


for _product in producten().values():
    globals()[f"signal_{_product.product}"] = make_dag(_product)
