"""The second channel: what Airflow itself sees go wrong is entered beside what the ledger knows, and told the same way.

Airflow's deadline alert watches the running time of a DAG run, and its failure callback a task that is out of tries. It
cannot watch for what never began, because it needs a DAG run: that is what the deadlines in the ledger are for.
"""

from __future__ import annotations

from typing import Any

from schemas.fout import KetenFout

DAGRUN, TAAK = "dagrun", "taak"


def run_te_lang(context: dict[str, Any]) -> None:
    """A DAG run did not end within `looptijd`; the context is that of a deadline alert."""
    run = context["dag_run"]
    _meld(DAGRUN, f"{run['dag_id']} {run['dag_run_id']}", "O-LOOPTIJD")


def taak_mislukt(context: Any) -> None:
    """A task failed and is not tried again; the context is that of the task."""
    fout, ti = context.get("exception"), context["ti"]
    _meld(TAAK, f"{ti.dag_id} {ti.task_id} {ti.run_id}", fout.code if isinstance(fout, KetenFout) else "O-TAAK")


def _meld(soort: str, onderwerp: str, code: str) -> None:
    # The DAG folder names these callbacks, and is read over and over: what they need is loaded when one is called.
    from pipeline.bewaking.attendeer import attendeer, zie  # noqa: PLC0415
    from pipeline.instellingen import Instellingen  # noqa: PLC0415
    from pipeline.rechten import sluit_af  # noqa: PLC0415

    sluit_af()
    instellingen = Instellingen()
    zie(instellingen, soort, onderwerp[:160], code)
    attendeer(instellingen)
