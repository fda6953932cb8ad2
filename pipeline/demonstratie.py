"""The main job on a synthetic country: generate it, run every DAG month by month, build the report.

Two warm processes share the work: one makes signals (it loads dbt), the other takes in leveringen and delivers, so
that a product is delivered while the next one is made. Leveringen are taken in one after the other, as they would have
come.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterable
from concurrent.futures import Future, ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import active_children, get_context
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from demo.land import Aanlevering, maak_land
from pipeline import dbt_build
from pipeline.airflow_lokaal import LokaleDags
from pipeline.inbox import nieuwe_aanleveringen
from pipeline.instellingen import Instellingen
from pipeline.periode import controleer, maand_erbij
from pipeline.status import stand
from schemas.load import producten

MAANDEN = 2
Meld = Callable[[str], None]


@dataclass(frozen=True)
class Demonstratie:
    """What the demo did: the periods, the DAGs it ran (in order) and the first page of the report."""

    perioden: tuple[str, ...]
    dags: tuple[str, ...]
    rapport: Path


def demonstreer(instellingen: Instellingen, personen: int, periode: str, seed: int, meld: Meld) -> Demonstratie:
    """Runs the demo; run again it finds nothing to do and leaves everything as it is.

    Both months are taken in one after the other, as a scheduler would have done, so the second brings mutaties.

    Raises:
        DagMislukt: a DAG run failed.
        KetenFout: `L-PERIODE` when the period is not a month.
    """
    controleer(periode)
    perioden = tuple(maand_erbij(periode, -back) for back in reversed(range(MAANDEN)))
    rapport = instellingen.map("rapport", "index.html")
    gedraaid: list[str] = []
    with _Ploeg(instellingen, meld, gedraaid) as ploeg:
        meld("Airflow laden en land maken")
        if not rapport.exists():
            ploeg.start()
        land = instellingen.map("landing", "demo", f"{periode}-{personen}-{seed}")
        aanleveringen = maak_land(land, personen=personen, periode=periode, maanden=MAANDEN, seed=seed)
        for maand in perioden:
            batch = [aanlevering for aanlevering in aanleveringen if aanlevering.ontvangen == maand]
            for bron in _bied_aan(instellingen, batch):
                ploeg.wacht([ploeg.begin(f"ingest_{bron}")])
            signals = [(p, ploeg.begin(f"signal_{p}")) for p in producten() if _te_doen(instellingen, p)]
            ploeg.wacht([ploeg.begin(f"deliver_{product}", after) for product, after in signals])
        if gedraaid or not rapport.exists():
            ploeg.wacht([ploeg.begin("reports")])
    return Demonstratie(perioden, tuple(gedraaid), rapport)


def _te_doen(instellingen: Instellingen, product: str) -> bool:
    """Whether the ledger has something to do for a product."""
    due = any(regel.aan_de_beurt for regel in stand(instellingen, product))
    return due or bool(instellingen.grootboek.onafgemaakt(product))


def _bied_aan(instellingen: Instellingen, aanleveringen: Iterable[Aanlevering]) -> list[str]:
    """Puts generated leveringen in the inbox by hard links, each whole; returns the bronnen with something new."""
    bronnen: dict[str, None] = {}
    for aanlevering in aanleveringen:
        bronnen[aanlevering.bron] = None
        inbox = instellingen.inbox / aanlevering.bron
        if (inbox / aanlevering.pad.name).exists():
            continue
        aside = inbox / f".{aanlevering.pad.name}"
        shutil.rmtree(aside, ignore_errors=True)
        aside.mkdir(parents=True)
        for bestand in sorted(aanlevering.pad.iterdir()):
            os.link(bestand, aside / bestand.name)
        aside.rename(inbox / aanlevering.pad.name)
    return [bron for bron in bronnen if nieuwe_aanleveringen(instellingen, bron)]


class _Ploeg:
    """The processes that run DAGs; an idle demo does not start them."""

    def __init__(self, instellingen: Instellingen, meld: Meld, gedraaid: list[str]) -> None:
        self._instellingen, self._meld, self._gedraaid = instellingen, meld, gedraaid
        self._pools: dict[str, ProcessPoolExecutor] = {}

    def __enter__(self) -> _Ploeg:
        return self

    def __exit__(self, *_: object) -> None:
        """Ends the processes at once: all they did is in the ledger, and an orderly end of Airflow takes seconds."""
        for process in active_children():
            process.kill()
        for pool in self._pools.values():
            pool.shutdown(cancel_futures=True)

    def begin(self, dag_id: str, after: Future[str] | None = None) -> Future[str]:
        """Starts a DAG in its process, once the DAG it waits for has ended."""
        self.start()
        if after is not None:
            self._noteer(after)
        return self._pools["signal" if dag_id.startswith("signal_") else "overig"].submit(_draai, dag_id)

    def wacht(self, futures: Iterable[Future[str]]) -> None:
        """Waits until DAGs have ended."""
        for future in futures:
            self._noteer(future)

    def _noteer(self, future: Future[str]) -> None:
        dag_id = future.result()
        self._gedraaid.append(dag_id)
        self._meld(f"{dag_id} klaar")

    def start(self) -> None:
        """Starts the processes, which load in the background."""
        if self._pools:
            return
        # Processes that are ended at once leave semaphores behind, which Python cleans up but also complains about.
        os.environ.setdefault("PYTHONWARNINGS", "ignore:resource_tracker:UserWarning")
        context, values = get_context("spawn"), self._instellingen.model_dump()
        for naam in ("signal", "overig"):
            self._pools[naam] = ProcessPoolExecutor(1, context, _begin, (values, naam))
        self._pools["signal"].submit(_laad_dbt)


_dags: LokaleDags | None = None


def _begin(values: dict[str, Any], naam: str) -> None:
    """Loads Airflow in a process."""
    global _dags  # noqa: PLW0603 - the one thing such a process keeps
    _dags = LokaleDags(Instellingen(**values), naam)


def _laad_dbt() -> None:
    """Loads dbt and reads the project while the other process takes in leveringen."""
    with TemporaryDirectory() as folder:
        dbt_build.laad(Path(folder))


def _draai(dag_id: str) -> str:
    assert _dags is not None
    _dags.draai(dag_id)
    return dag_id
