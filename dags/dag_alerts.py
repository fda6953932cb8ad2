"""`alerts`: judge the deadlines, and tell the beheerder what waits for a person."""

from __future__ import annotations

from functools import reduce
from operator import or_

from airflow.sdk import dag, get_current_context, task
from pendulum import datetime

from dags._gemeenschappelijk import DEFAULTS, instellingen, levering_asset, op_tijd_of, uitlevering_asset
from schemas.load import bronnen, producten


@dag(
    dag_id="alerts",
    description="Bewaakt de deadlines en vertelt wat op iemand wacht.",
    doc_md="""
Every hour, and after every levering and delivery: enters by when products are due, says in the ledger which were met or
missed, and tells what waits for a person (a parked levering, a delivery that was held back or did not arrive, a step
that failed, a missed deadline) by mail and webhook, each thing once. A server that is away makes the second task fail;
it is tried again, and no other work waits for it.
""",
    schedule=op_tijd_of(
        "15 * * * *",
        reduce(or_, [*map(levering_asset, bronnen()), *map(uitlevering_asset, producten())]),
    ),
    start_date=datetime(2026, 1, 1, tz="Europe/Amsterdam"),
    catchup=False,
    max_active_runs=1,
    default_args=DEFAULTS | {"on_failure_callback": None},  # that telling fails is not told, but seen here
    tags=["alerts"],
)
def alerts() -> None:
    """What waits is entered first, and told then."""

    @task
    def bewaak() -> int:
        """Judges the deadlines and enters what waits, and what does not any more; returns how many things wait."""
        from pipeline.bewaking.airflow import sluit  # noqa: PLC0415
        from pipeline.bewaking.attendeer import bewaak as zie_na  # noqa: PLC0415

        sluit(instellingen(), get_current_context()["ti"])
        return zie_na(instellingen())

    @task
    def attendeer() -> dict[str, int]:
        """Tells what was not told yet; returns how many things per channel."""
        from pipeline.bewaking.attendeer import attendeer as vertel  # noqa: PLC0415

        return vertel(instellingen()).controleer()

    bewaak() >> attendeer()


alerts()
