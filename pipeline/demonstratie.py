"""The main job on a synthetic country: generate it, run every DAG month by month, build the report.

Products do not depend on each other, so they run beside each other in two processes that were loaded once; leveringen are
taken in one after the other, as they would have come.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterable
from concurrent.futures import Future, ProcessPoolExecutor, as_completed
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path
from typing import TYPE_CHECKING, Any

from demo.land import Aanlevering, maak_land
from pipeline.airflow_lokaal import LokaleDags
from pipeline.inbox import nieuwe_aanleveringen
from pipeline.instellingen import Instellingen
from pipeline.periode import maand_erbij
from pipeline.status import stand
from schemas.load import producten

if TYPE_CHECKING:
    from multiprocessing.sharedctypes import Synchronized

MAANDEN = 2
PROCESSEN = 2
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
    """
    perioden = tuple(maand_erbij(periode, -back) for back in reversed(range(MAANDEN)))
    rapport = instellingen.map("rapport", "index.html")
    gedraaid: list[str] = []
    with _Ploeg(instellingen, meld, gedraaid) as ploeg:
        meld("Land maken")
        land = instellingen.map("landing", "demo", f"{periode}-{personen}-{seed}")
        aanleveringen = maak_land(land, personen=personen, periode=periode, maanden=MAANDEN, seed=seed)
        for maand in perioden:
            batch = [aanlevering for aanlevering in aanleveringen if aanlevering.ontvangen == maand]
            for bron in _bied_aan(instellingen, batch):
                ploeg.draai([[f"ingest_{bron}"]])
            ploeg.draai([[f"signal_{p}", f"deliver_{p}"] for p in producten() if _te_doen(instellingen, p)])
        if gedraaid or not rapport.exists():
            ploeg.draai([["reports"]])
    return Demonstratie(perioden, tuple(gedraaid), rapport)


def _te_doen(instellingen: Instellingen, product: str) -> bool:
    """Whether the ledger has something to do for a product."""
    due = any(regel.aan_de_beurt for regel in stand(instellingen, product))
    return due or bool(instellingen.grootboek.onafgemaakt(product))


def _bied_aan(instellingen: Instellingen, aanleveringen: Iterable[Aanlevering]) -> list[str]:
    """Puts generated leveringen in the inbox by hard links, each whole; returns the bronnen with something new, in order."""
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
    """The processes that run DAGs; they start when the first DAG is due, so an idle demo does not load Airflow."""

    def __init__(self, instellingen: Instellingen, meld: Meld, gedraaid: list[str]) -> None:
        self._instellingen, self._meld, self._gedraaid = instellingen, meld, gedraaid
        self._pool: ProcessPoolExecutor | None = None

    def __enter__(self) -> _Ploeg:
        return self

    def __exit__(self, *_: object) -> None:
        if self._pool is not None:
            self._pool.shutdown(cancel_futures=True)

    def draai(self, rijen: list[list[str]]) -> None:
        """Runs rows of DAGs: the rows beside each other, the DAGs in a row after each other."""
        if not rijen:
            return
        if self._pool is None:
            self._meld("Airflow laden")
            context = get_context("spawn")
            values = self._instellingen.model_dump()
            self._pool = ProcessPoolExecutor(PROCESSEN, context, _begin, (values, context.Value("i", 0)))
        futures: dict[Future[None], list[str]] = {self._pool.submit(_draai, rij): rij for rij in rijen}
        self._meld(", ".join(dag_id for rij in rijen for dag_id in rij[:1]))
        for future in as_completed(futures):
            future.result()
            self._gedraaid += futures[future]


_dags: LokaleDags | None = None


def _begin(values: dict[str, Any], teller: Synchronized[int]) -> None:
    """Loads Airflow in a process of the pool, each under a number of its own."""
    global _dags  # noqa: PLW0603 - the one thing a pool process keeps
    with teller.get_lock():
        teller.value += 1
        naam = f"proces-{teller.value}"
    _dags = LokaleDags(Instellingen(**values), naam)


def _draai(dag_ids: list[str]) -> None:
    assert _dags is not None
    for dag_id in dag_ids:
        _dags.draai(dag_id)
