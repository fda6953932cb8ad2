"""The main job on a synthetic country: generate it, run every DAG month by month, build the report."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from demo.land import maak_land
from pipeline.airflow_lokaal import LokaleDags
from pipeline.instellingen import Instellingen
from pipeline.periode import maand_erbij

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
    """
    meld("Land maken")
    land = instellingen.map("landing", "demo", f"{periode}-{personen}-{seed}")
    aanleveringen = maak_land(land, personen=personen, periode=periode, maanden=MAANDEN, seed=seed)
    meld("Airflow laden")
    dags = LokaleDags(instellingen)
    perioden = tuple(maand_erbij(periode, -back) for back in reversed(range(MAANDEN)))
    gedraaid: list[str] = []
    for maand in perioden:
        for aanlevering in aanleveringen:
            if aanlevering.ontvangen == maand:
                _bied_aan(aanlevering.pad, instellingen.inbox / aanlevering.bron)
        for dag_id in dags.aan_de_beurt():
            meld(f"{maand} {dag_id}")
            dags.draai(dag_id)
            gedraaid.append(dag_id)
    rapport = instellingen.map("rapport", "index.html")
    if gedraaid or not rapport.exists():
        meld("Rapport bouwen")
        dags.draai("reports")
        gedraaid.append("reports")
    return Demonstratie(perioden, tuple(gedraaid), rapport)


def _bied_aan(folder: Path, inbox: Path) -> None:
    """Puts a generated levering in the inbox of its bron by hard links, whole; once is enough."""
    target = inbox / folder.name
    if target.exists():
        return
    aside = inbox / f".{folder.name}"
    shutil.rmtree(aside, ignore_errors=True)
    aside.mkdir(parents=True)
    for bestand in sorted(folder.iterdir()):
        os.link(bestand, aside / bestand.name)
    aside.rename(target)
