"""The main job on a synthetic country: generate it, run every DAG month by month, build the report.

What must wait for what is written down as a graph, as assets and schedules would have it; two warm processes run
what is ready.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Collection, Iterable, Mapping
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from dataclasses import dataclass
from graphlib import TopologicalSorter
from itertools import pairwise
from multiprocessing import active_children, get_context
from multiprocessing.sharedctypes import Synchronized
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from demo.land import Aanlevering, maak_land
from pipeline import dbt_build
from pipeline.airflow_lokaal import LokaleDags
from pipeline.instellingen import Instellingen
from pipeline.levering.inbox import nieuwe_aanleveringen, stempel
from pipeline.periode import controleer, maand_erbij
from pipeline.proefketen import maak_proefketen
from pipeline.status import stand
from schemas.load import bronnen, doelen, producten

MAANDEN = 2
PROCESSEN = 2
AANBOD, RAPPORT = "aanbod", "reports"
Meld = Callable[[str], None]
Werk = tuple[str, str]  # the month it belongs to, and a DAG or AANBOD


@dataclass(frozen=True)
class Demonstratie:
    """What the demo did: the periods, the DAGs it ran (in order of ending) and the first page of the report."""

    perioden: tuple[str, ...]
    dags: tuple[str, ...]
    rapport: Path


def demonstreer(instellingen: Instellingen, personen: int, periode: str, seed: int, meld: Meld) -> Demonstratie:
    """Runs the demo; run again it finds nothing to do and leaves everything as it is.

    What came in for a month is offered when the signals of the month before have been made, so the second month brings
    mutaties.

    Raises:
        DagMislukt: a DAG run failed.
        KetenFout: `L-PERIODE` when the period is not a month.
    """
    controleer(periode)
    perioden = tuple(maand_erbij(periode, -back) for back in reversed(range(MAANDEN)))
    rapport = instellingen.map("rapport", "index.html")
    with _Ploeg(instellingen, meld) as ploeg:
        meld("Airflow laden en land maken")
        if not rapport.exists():
            ploeg.start()
        maak_proefketen(instellingen)
        land = instellingen.map("landing", "demo", f"{periode}-{personen}-{seed}")
        aanleveringen = maak_land(land, personen=personen, periode=periode, maanden=MAANDEN, seed=seed)
        ploeg.werk_af(_graaf(perioden), lambda werk: _te_doen(instellingen, aanleveringen, werk))
        if ploeg.gedraaid or not rapport.exists():
            ploeg.werk_af({(periode, RAPPORT): ()}, lambda _: True)
    return Demonstratie(perioden, tuple(ploeg.gedraaid), rapport)


def _graaf(perioden: Iterable[str]) -> dict[Werk, tuple[Werk, ...]]:
    """For all work what it waits for: populations come in first, and a month after the signals of the one before."""
    graaf: dict[Werk, tuple[Werk, ...]] = {}
    earlier: tuple[Werk, ...] = ()
    for maand in perioden:
        graaf[maand, AANBOD] = earlier
        first, rest = volgorde_van_bronnen()
        eerst = [(maand, AANBOD), *((maand, f"ingest_{bron}") for bron in first)]
        graaf |= {after: (before,) for before, after in pairwise(eerst)}
        ingest = [(maand, f"ingest_{bron}") for bron in rest]
        graaf |= dict.fromkeys(ingest, (eerst[-1],))
        for product in producten():
            delivered = [werk for werk in graaf if werk[1] == f"deliver_{product}"]
            graaf[maand, f"signal_{product}"] = (*ingest, *delivered)
            graaf[maand, f"deliver_{product}"] = ((maand, f"signal_{product}"),)
        earlier = tuple((maand, f"signal_{product}") for product in producten())
    return graaf


def volgorde_van_bronnen() -> tuple[list[str], list[str]]:
    """The bronnen that populations come from, which come in first, and the others."""
    first = {populatie.tabel.partition(".")[0] for doel in doelen().values() for populatie in doel.populatie}
    return [bron for bron in bronnen() if bron in first], [bron for bron in bronnen() if bron not in first]


def _te_doen(instellingen: Instellingen, aanleveringen: Iterable[Aanlevering], werk: Werk) -> bool:
    """Whether there is a DAG to run for this work; what was received for a month is offered here."""
    maand, naam = werk
    kind, _, of = naam.partition("_")
    if kind == AANBOD:
        bied_aan(instellingen, [aanlevering for aanlevering in aanleveringen if aanlevering.ontvangen == maand])
        return False
    if kind == "ingest":
        return bool(nieuwe_aanleveringen(instellingen, of))
    if kind == "signal":
        return any(regel.aan_de_beurt for regel in stand(instellingen, of))
    return bool(instellingen.grootboek.onafgemaakt(of))


def bied_aan(instellingen: Instellingen, aanleveringen: Iterable[Aanlevering]) -> None:
    """Puts generated leveringen in the inbox by hard links, each whole."""
    for aanlevering in aanleveringen:
        inbox = instellingen.inbox / aanlevering.bron
        if (inbox / aanlevering.pad.name).exists():
            continue
        aside = inbox / f".{aanlevering.pad.name}"
        shutil.rmtree(aside, ignore_errors=True)
        aside.mkdir(parents=True)
        for bestand in sorted(aanlevering.pad.iterdir()):
            os.link(bestand, aside / bestand.name)
        stempel(aside)
        aside.rename(inbox / aanlevering.pad.name)


class _Ploeg:
    """The processes that run DAGs; an idle demo does not start them."""

    def __init__(self, instellingen: Instellingen, meld: Meld) -> None:
        self._instellingen, self._meld = instellingen, meld
        self._pool: ProcessPoolExecutor | None = None
        self.gedraaid: list[str] = []

    def __enter__(self) -> _Ploeg:
        return self

    def __exit__(self, *_: object) -> None:
        """Ends the processes at once: all they did is in the ledger, and an orderly end of Airflow takes seconds."""
        if self._pool is not None:
            for process in active_children():
                process.kill()
            self._pool.shutdown(cancel_futures=True)

    def start(self) -> ProcessPoolExecutor:
        """Starts the processes, which load in the background; one of them begins with dbt.

        A pool starts a process when there is work for it, so each gets something to do at once.
        """
        if self._pool is None:
            # Processes ended at once leave semaphores behind, which Python cleans up but also complains about.
            os.environ.setdefault("PYTHONWARNINGS", "ignore:resource_tracker:UserWarning")
            context = get_context("spawn")
            arguments = self._instellingen.model_dump(), context.Value("i", 0)
            self._pool = ProcessPoolExecutor(PROCESSEN, context, _begin, arguments)
            self._pool.submit(_laad_dbt, self._instellingen.map("dbt"))
            for _ in range(PROCESSEN - 1):
                self._pool.submit(_niets)
        return self._pool

    def werk_af(self, graaf: Mapping[Werk, Collection[Werk]], te_doen: Callable[[Werk], bool]) -> None:
        """Does all work of a graph, each piece when what it waits for is done and only if there is something to do."""
        sorter = TopologicalSorter(graaf)
        sorter.prepare()
        ready: list[Werk] = []
        running: dict[Future[None], Werk] = {}
        while sorter.is_active():
            for werk in sorter.get_ready():
                if te_doen(werk):
                    ready.append(werk)
                else:
                    sorter.done(werk)
            ready.sort(key=_volgorde)
            while ready and len(running) < PROCESSEN:
                werk = ready.pop(0)
                running[self.start().submit(_draai, werk[1])] = werk
            for future in wait(running, return_when=FIRST_COMPLETED).done if running else ():
                future.result()
                werk = running.pop(future)
                sorter.done(werk)
                self.gedraaid.append(werk[1])
                self._meld(f"{werk[1]} klaar ({werk[0]})")


def _volgorde(werk: Werk) -> tuple[str, int]:
    """What goes first: the earlier month, except that taking in comes before all, since everything waits for it."""
    maand, naam = werk
    return (
        "" if naam.startswith("ingest_") else maand,
        ["ingest", "signal", "deliver", RAPPORT].index(naam.split("_")[0]),
    )


_dags: LokaleDags | None = None


def _begin(values: dict[str, Any], teller: Synchronized[int]) -> None:
    """Loads Airflow in a process; its number is part of its Airflow home, so that a next demo finds it made."""
    global _dags  # noqa: PLW0603 - the one thing such a process keeps
    with teller.get_lock():
        teller.value += 1
        naam = f"proces-{teller.value}"
    _dags = LokaleDags(Instellingen(**values), naam)


def _laad_dbt(bewaard: Path) -> None:
    """Loads dbt and reads the project, for both processes, while the other takes in leveringen."""
    with TemporaryDirectory() as folder:
        dbt_build.laad(Path(folder), bewaard)


def _niets() -> None:
    """Work for a process that has loaded."""


def _draai(dag_id: str) -> None:
    assert _dags is not None
    _dags.draai(dag_id)
