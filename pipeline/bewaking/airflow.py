"""The second channel: what Airflow itself sees go wrong is entered beside what the ledger knows, and told the same way.

Airflow's deadline alert watches the running time of a DAG run, and its failure callback a task that is out of tries. It
cannot watch for what never began, because it needs a DAG run: that is what the deadlines in the ledger are for. Nor
does it call when a run that was late has ended; `alerts` asks.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

from schemas.fout import KetenFout

if TYPE_CHECKING:
    from collections.abc import Callable

    from pipeline.instellingen import Instellingen

DAGRUN, TAAK = "dagrun", "taak"
LOOPT, AFGEDAAN = ["queued", "running"], ["success", "skipped", "removed"]


class Vraagbaak(Protocol):
    """What Airflow lets a task ask about runs and tasks of others."""

    def get_dr_count(self, dag_id: str, *, run_ids: list[str], states: list[str]) -> int:
        """How many runs are in one of these states."""

    def get_ti_count(
        self, dag_id: str, *, task_ids: list[str], run_ids: list[str], states: list[str] | None = None
    ) -> int:
        """How many task instances there are, or are in one of these states."""


def run_te_lang(context: dict[str, Any]) -> None:
    """A DAG run did not end within `looptijd`; the context is that of a deadline alert."""
    run = context["dag_run"]
    _meld(DAGRUN, f"{run['dag_id']} {run['dag_run_id']}", "O-LOOPTIJD")


def taak_mislukt(context: Any) -> None:
    """A task failed and is not tried again; the context is that of the task."""
    fout, ti = context.get("exception"), context["ti"]
    _meld(TAAK, f"{ti.dag_id} {ti.task_id} {ti.run_id}", fout.code if isinstance(fout, KetenFout) else "O-TAAK")


def sluit(instellingen: Instellingen, airflow: Vraagbaak) -> None:
    """Enters of what Airflow saw that it is over: a run that ended, a task that succeeded since, what is gone there."""
    from lineage.attenderingen import los_op, openstaand  # noqa: PLC0415

    over: dict[str, Callable[..., bool]] = {DAGRUN: _is_geeindigd, TAAK: _is_gelukt}
    rows = openstaand(instellingen.grootboek, over)
    ended = [row["attendering_nr"] for row in rows if over[row["soort"]](airflow, *row["onderwerp"].split())]
    los_op(instellingen.grootboek, ended)


def _is_geeindigd(airflow: Vraagbaak, dag_id: str, run_id: str) -> bool:
    return not airflow.get_dr_count(dag_id, run_ids=[run_id], states=LOOPT)


def _is_gelukt(airflow: Vraagbaak, dag_id: str, task_id: str, run_id: str) -> bool:
    wanted = {"task_ids": [task_id], "run_ids": [run_id]}
    return airflow.get_ti_count(dag_id, **wanted) == airflow.get_ti_count(dag_id, **wanted, states=AFGEDAAN)


def _meld(soort: str, onderwerp: str, code: str) -> None:
    # The DAG folder names these callbacks, and is read over and over: what they need is loaded when one is called.
    from pipeline.bewaking.attendeer import attendeer, zie  # noqa: PLC0415
    from pipeline.instellingen import Instellingen  # noqa: PLC0415
    from pipeline.rechten import sluit_af  # noqa: PLC0415

    sluit_af()
    instellingen = Instellingen()
    zie(instellingen, soort, onderwerp[:160], code)
    attendeer(instellingen)
