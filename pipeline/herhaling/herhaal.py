"""Repeats a past run: its signals, and the messages that were delivered from it, byte for byte.

Everything is made again from what was kept: the files of the lake, the reference tables, the declarations of then, and
of each delivery the number, date, identification and the run it was compared with. It is done in a folder of its own,
takes no volgnummer, and enters nothing in the ledger but an outcome row and, because persons are looked up, a record in
the processing log.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess  # nosec B404 # for one command, without a shell
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import sqlalchemy as sa

from lineage import tabellen as t
from lineage.ledger import GELUKT, Rij, Stap
from lineage.sleutels import actieve_versie
from lineage.vernietiging import VERNIETIGD
from lineage.verwerkingslog import Logsegment
from pipeline.herhaling.proces import Deel, Opdracht
from pipeline.herhaling.vergelijk import Vergelijking, vergelijk_berichten, vergelijk_signalen
from pipeline.instellingen import Instellingen
from pipeline.signaleer import INVOER, UITVOER, run_map
from pipeline.storing import gecodeerd
from pipeline.uitlevering.status import GELEVERD
from pipeline.vastlegging import pak_uit, programma
from schemas.fout import KetenFout
from schemas.load import producten

MAP = "herhalingen"


@dataclass(frozen=True)
class Herhaling:
    """The outcome: per file how it compares with then, where it stands (if kept), with which code it was made."""

    run_id: str
    bestanden: tuple[Vergelijking, ...]
    folder: Path | None
    programma_toen: str
    programma_nu: str

    @property
    def gelijk(self) -> bool:
        """Whether everything is as it was."""
        return all(bestand.gelijk for bestand in self.bestanden)


@gecodeerd
def herhaal(instellingen: Instellingen, run_id: str) -> Herhaling:
    """Repeats a run and keeps what comes out in `herhalingen/<run>`, in the place of an earlier repetition.

    Raises:
        KetenFout: `Z-RUN`, `Z-VERNIETIGD`, `Z-OUD`, `Z-INVOER`, `Z-DECLARATIES`, `Z-PROGRAMMA`: it cannot be repeated.
    """
    folder = instellingen.map(MAP, run_id)
    run, werkmap = _herhaalbaar(instellingen, run_id), _werkmap(instellingen, run_id)
    try:
        outcome = _doe(instellingen, run, werkmap, "herhaal", folder)
        shutil.rmtree(folder, ignore_errors=True)
        (werkmap / "uitkomst").rename(folder)
    finally:
        shutil.rmtree(werkmap, ignore_errors=True)
    return outcome


@gecodeerd
def controleer(instellingen: Instellingen, run_id: str) -> Herhaling:
    """Repeats a run to see whether the same comes out, and keeps nothing.

    Raises:
        KetenFout: as `herhaal`.
    """
    run, werkmap = _herhaalbaar(instellingen, run_id), _werkmap(instellingen, run_id)
    try:
        return _doe(instellingen, run, werkmap, "controleer", None)
    finally:
        shutil.rmtree(werkmap, ignore_errors=True)


def te_controleren(instellingen: Instellingen) -> list[str]:
    """The runs that are there and of which it was noted what they were made with, oldest first."""
    r = t.productrun.c
    query = sa.select(r.run_id).where(r.status == GELUKT, r.vastgelegd.is_not(None)).order_by(r.volgorde)
    return [row["run_id"] for row in instellingen.grootboek.rijen(query)]


def _werkmap(instellingen: Instellingen, run_id: str) -> Path:
    """Where messages are in the making; readable by the owner only, for they hold burgerservicenummers."""
    werkmap = instellingen.map(MAP, f".{run_id}-{os.getpid()}")
    shutil.rmtree(werkmap, ignore_errors=True)
    werkmap.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    (werkmap / "uitkomst").mkdir(mode=0o700, parents=True)
    return werkmap


def _herhaalbaar(instellingen: Instellingen, run_id: str) -> Rij:
    """A run of which everything is there that it was made from."""
    ledger = instellingen.grootboek
    run = ledger.run(run_id)
    if run is None or run["product"] not in producten():
        raise KetenFout("Z-RUN", run_id)
    if run["status"] == VERNIETIGD:
        raise KetenFout("Z-VERNIETIGD", run_id)
    if not run["vastgelegd"]:
        raise KetenFout("Z-OUD", run_id)
    for row in ledger.run_bestanden(run_id):
        pad = instellingen.lake / row["naam"]
        if row["soort"] == INVOER and not (pad.exists() and pq.read_metadata(pad).num_rows == row["rijen"]):
            raise KetenFout("Z-INVOER", row["naam"])
    if not instellingen.map("referentie", json.loads(run["pins"])["referentie"][:12]).exists():
        raise KetenFout("Z-INVOER", "referentie")
    return run


def _doe(instellingen: Instellingen, run: Rij, werkmap: Path, soort: str, bewaard: Path | None) -> Herhaling:
    stap = Stap(soort, run["run_id"], run["product"], run["periode"])
    made_with, uitkomst = json.loads(run["vastgelegd"]), werkmap / "uitkomst"
    _in_proces(instellingen, run, werkmap, "signalen", made_with)
    delivered = [row for row in instellingen.grootboek.uitleveringen(run["run_id"]).values() if _geleverd(row)]
    weg: set[str] = set()
    for declaraties, with_these in _per_declaraties(delivered):
        outcome = _in_proces(instellingen, run, werkmap, "berichten", with_these)
        weg.update(outcome["ongegrond"], outcome["verloren"])
        stap.logboek += [Logsegment(**outcome["logboek"])] if outcome["logboek"] else []
        shutil.rmtree(werkmap / declaraties)
    made = [row for row in instellingen.grootboek.run_bestanden(run["run_id"]) if row["soort"] == UITVOER]
    versie = actieve_versie(instellingen.grootboek, producten()[run["product"]].doel)
    bestanden = [
        *vergelijk_signalen(made, uitkomst / "signalen", versie),
        *vergelijk_berichten(delivered, uitkomst / "berichten", weg),
    ]
    _laat_weg(instellingen, run, made, uitkomst)
    stap.tellingen.update(
        {("", "bestand", naam): n for naam, n in Counter(item.uitkomst for item in bestanden).items()}
    )
    stap.code = None if all(item.gelijk for item in bestanden) else "Z-VERSCHIL"
    instellingen.grootboek.schrijf_stap(stap)
    return Herhaling(run["run_id"], tuple(bestanden), bewaard, made_with["programma"], programma())


def _geleverd(row: Rij) -> bool:
    return row["status"] == GELEVERD and bool(row["vastgelegd"])


def _per_declaraties(rows: list[Rij]) -> Iterator[tuple[str, dict[str, Any]]]:
    """The different declarations with which messages were made."""
    found = {made_with["declaraties"]: made_with for made_with in (json.loads(row["vastgelegd"]) for row in rows)}
    yield from sorted(found.items())


def _laat_weg(instellingen: Instellingen, run: Rij, made: list[Rij], uitkomst: Path) -> None:
    """Drops the signals when some of them were destroyed since: what was destroyed does not come back this way."""
    kept = run_map(instellingen, run["run_id"])
    if any(pq.read_metadata(kept / row["naam"]).num_rows != row["rijen"] for row in made):
        shutil.rmtree(uitkomst / "signalen")


def _in_proces(
    instellingen: Instellingen, run: Rij, werkmap: Path, deel: Deel, made_with: dict[str, Any]
) -> dict[str, Any]:
    """Makes a part again in a process with the declarations of then."""
    declaraties = made_with["declaraties"]
    schemas = pak_uit(instellingen, declaraties, werkmap / declaraties)
    pad = werkmap / f"{deel}.json"
    settings = instellingen.model_dump(mode="json")
    opdracht = Opdracht(settings, run["run_id"], deel, str(werkmap / "uitkomst"), declaraties)
    pad.write_text(json.dumps(vars(opdracht)), encoding="utf-8")
    command = [sys.executable, "-m", "pipeline.herhaling.proces", str(pad)]
    environment = {**os.environ, "KETEN_DECLARATIES": str(schemas)}
    subprocess.run(command, env=environment, capture_output=True, check=False)  # noqa: S603 # nosec B603 # our own interpreter
    ended = pad.with_suffix(".uitkomst")
    outcome: dict[str, Any] = {"code": "Z-PROGRAMMA", "wijzer": ""}
    if ended.exists():
        outcome = json.loads(ended.read_text(encoding="utf-8"))
    if outcome.get("code") == "Z-PROGRAMMA":
        raise KetenFout("Z-PROGRAMMA", f"{outcome['wijzer']}; gemaakt met {made_with['programma']}")
    if "code" in outcome:
        raise KetenFout(outcome["code"], outcome["wijzer"])
    return outcome
