"""`retention`: destroy what has been kept long enough."""

from __future__ import annotations

from airflow.sdk import dag, task
from pendulum import datetime

from dags._gemeenschappelijk import DEFAULTS, instellingen


@dag(
    dag_id="retention",
    description="Vernietigt wat zijn bewaartermijn heeft gehad, met bewijs.",
    doc_md="""
Every day: destroys what the doelprofielen do not let be kept any longer, signals that a gemeente found ungrounded, and
what killed processes left behind. Each destruction leaves a proof without the person; see `keten bewaren verifieer`.
A task that is killed is finished by the next. Nothing becomes due by it.
""",
    schedule="0 3 * * *",
    start_date=datetime(2026, 1, 1, tz="Europe/Amsterdam"),
    catchup=False,
    max_active_runs=1,
    default_args=DEFAULTS,
    tags=["retention"],
)
def retention() -> None:
    """One task: what is due is found and destroyed in one go."""

    @task
    def ruim_op() -> dict[str, int]:
        """Destroys what is due today; returns the number of files per kind of data."""
        from pipeline.bewaren.opruimen import ruim_op as vernietig  # noqa: PLC0415
        from pipeline.periode import vandaag  # noqa: PLC0415

        return vernietig(instellingen(), vandaag()).bestanden

    ruim_op()


retention()
