"""`ingest_<bron>`: take in what a bron put in its inbox and pass it through the door."""

from __future__ import annotations

from airflow.sdk import DAG, dag, task
from pendulum import datetime

from dags._gemeenschappelijk import DEFAULTS, instellingen, levering_asset
from pipeline.instellingen import Instellingen
from schemas.bron import Bron
from schemas.load import bronnen


def _waarvan(bron: Bron) -> str:
    return f"Fetches from the channel `{bron.kanaal}` what was put there. " if bron.kanaal else ""


def make_dag(bron: Bron) -> DAG:
    """The DAG that takes in the leveringen of one bron."""

    @dag(
        dag_id=f"ingest_{bron.bron}",
        description=f"Neemt leveringen van {bron.naam} in.",
        doc_md=f"""
**{bron.naam}** ({bron.houder}). {bron.omschrijving}

{_waarvan(bron)}Looks in the inbox of this bron,
takes in each new folder as one levering (the same files twice are one levering) and passes it through the door for
every doel that consults this bron. Every task may be cleared and run again: nothing is done twice. What cannot be used
is put aside with a code; see `keten status` and the report.
""",
        schedule=_inname,
        start_date=datetime(2026, 1, 1, tz="Europe/Amsterdam"),
        catchup=False,
        max_active_runs=1,
        default_args=DEFAULTS,
        tags=["ingest", bron.bron],
    )
    def ingest() -> None:
        @task
        def haal_op() -> int:
            """Fetches what the bron put in a store to the inbox; returns how many leveringen."""
            from pipeline.levering.inbox import haal_op as haal  # noqa: PLC0415

            found = haal(instellingen(), bron.bron)
            found.eis()
            return found.aantal

        @task(trigger_rule="all_done")  # what is here goes on when a store does not answer
        def zoek() -> list[str]:
            """Names of new folders in the inbox."""
            from pipeline.levering.inbox import nieuwe_aanleveringen  # noqa: PLC0415

            return nieuwe_aanleveringen(instellingen(), bron.bron)

        @task(map_index_template="{{ task.op_kwargs['naam'] }}")
        def ontvang(naam: str) -> str:
            """Takes in one folder; returns the id of the levering."""
            from pipeline.levering.inbox import neem_in  # noqa: PLC0415

            return neem_in(instellingen(), bron.bron, naam).levering_id

        @task(outlets=[levering_asset(bron.bron)], trigger_rule="none_failed")
        def toelaten() -> list[str]:
            """Passes new leveringen through the door and reports back on them; returns their ids."""
            from pipeline.levering.verslag import maak_verslagen  # noqa: PLC0415
            from pipeline.toelaten import toelaten as laat_toe  # noqa: PLC0415

            passed = [outcome.levering_id for outcome in laat_toe(instellingen(), bron=bron.bron)]
            maak_verslagen(instellingen())
            return passed

        found = zoek()
        if bron.kanaal:
            haal_op() >> found
        ontvang.expand(naam=found) >> toelaten()

    return ingest()


_inname = Instellingen().inname
for _bron in bronnen().values():
    globals()[f"ingest_{_bron.bron}"] = make_dag(_bron)
