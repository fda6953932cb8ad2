"""`receipts`: take in what recipients answered to their deliveries."""

from __future__ import annotations

from airflow.sdk import dag, task
from pendulum import datetime

from dags._gemeenschappelijk import DEFAULTS, instellingen


@dag(
    dag_id="receipts",
    description="Neemt retourberichten van ontvangers in.",
    doc_md="""
Looks in the folder of every recipient in the retour inbox, holds each retourbericht against its schema and its
delivery and its signature, and enters the verdict on each signal. Every retourbericht is answered, in its own format,
where its sender fetches deliveries; what cannot be taken in with a code. Every file is moved aside once it was taken
in, and an answer that a channel did not take stays open, so the task may be cleared and run again.
""",
    schedule="0 7 * * *",
    start_date=datetime(2026, 1, 1, tz="Europe/Amsterdam"),
    catchup=False,
    max_active_runs=1,
    default_args=DEFAULTS,
    tags=["receipts"],
)
def receipts() -> None:
    """One task: files are small, and their names may not be passed on."""

    @task
    def verwerk() -> dict[str, int]:
        """Takes in all new retourberichten; returns their number per status or code."""
        from pipeline.retour.inbox import verwerk_inbox  # noqa: PLC0415

        return dict(verwerk_inbox(instellingen()))

    verwerk()


receipts()
