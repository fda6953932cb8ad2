"""Step: make the signals of a product for a period, from pinned inputs.

The *pins* are everything the outcome depends on: the leveringen with their toelating, the reference tables (norms, code
lists, recipients) and the code of the models. Their digest names the run, so the same pins are the same run, and a run
whose pins have not changed is not made again. When a period comes back to pins it had before, there is another run
with the same signals, so that recipients hear that it came back.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pyarrow.compute as pc
import pyarrow.parquet as pq
import sqlalchemy as sa

from lineage import tabellen as t
from lineage.ledger import Rij, Stap
from lineage.vernietiging import VERNIETIGD
from pipeline import dbt_build, heelheid
from pipeline.bereken import Invoer, RunMislukt, bereken
from pipeline.instellingen import Instellingen
from pipeline.pins import Pins, huidige_pins
from pipeline.stand import Stand
from pipeline.storing import GEHEUGEN, gecodeerd
from pipeline.toelaten import toelaten
from pipeline.vastlegging import inhoud_van, leg_vast, sha256_van
from schemas.fout import KetenFout
from schemas.load import doelen, producten

INVOER, UITVOER = "invoer", "uitvoer"


@dataclass(frozen=True)
class Signalering:
    """The outcome: which run it is, whether it was new, and how many signals it holds per code."""

    run_id: str
    nieuw: bool
    signalen: dict[str, int]


@gecodeerd
def signaleer(instellingen: Instellingen, product: str, periode: str) -> Signalering:
    """Brings the door up to date and makes the signals; a run with the same pins is returned as it is.

    Raises:
        RunMislukt: a model or a check failed; the ledger holds the failed step.
        KetenFout: `S-AFGESLOTEN` when the period is closed, or the run was destroyed.
    """
    with instellingen.grootboek.alleen("signaleer", product):
        return _signaleer(instellingen, product, periode)


def _signaleer(instellingen: Instellingen, product: str, periode: str) -> Signalering:
    declared = producten()[product]
    toelaten(instellingen, doel=declared.doel, tot_periode=periode)
    stand, doel = Stand(instellingen, periode), doelen()[declared.doel]
    pins = huidige_pins(stand, product)
    ledger = instellingen.grootboek
    latest, same = ledger.laatste_run(product, periode), ledger.runs_met(product, periode, pins.as_json())
    current = latest is not None and latest["pins"] == pins.as_json()
    if same and same[-1]["status"] == VERNIETIGD:
        raise KetenFout("S-AFGESLOTEN", periode)
    if same and current:
        run_id = same[-1]["run_id"]
        heelheid.controleer(instellingen, uitvoer_van(instellingen, run_id))
        return Signalering(run_id, False, tel(run_map(instellingen, run_id), product, "signal", "signaal_code"))
    if stand.is_afgesloten(doel):
        raise KetenFout("S-AFGESLOTEN", periode)
    if same:
        return neem_over(instellingen, same[-1])
    return _maak(stand, pins)


def neem_over(instellingen: Instellingen, van: Rij, volledig: Collection[str] = ()) -> Signalering:
    """Makes a run with the signals of an earlier one that has the same pins; its deliveries are its own.

    It is for a period that came back to what it was, so that recipients hear of it, and for who asks for everything
    that holds (`volledig`, see `pipeline.mutaties`).
    """
    ledger, product, pins = instellingen.grootboek, van["product"], Pins.lees(van["pins"])
    run_id = pins.naam(len(ledger.runs_met(product, van["periode"], van["pins"])) + 1)
    stap = Stap("signaleer", run_id, product, van["periode"])
    used = [row["levering_nr"] for row in ledger.rijen(sa.select(t.run_levering).filter_by(run_id=van["run_id"]))]
    values = {
        "volledig": " ".join(sorted(volledig)) or None,
        "vastgelegd": van["vastgelegd"],
        "aangemaakt_op": stap.begonnen_op,
    }
    source = run_map(instellingen, van["run_id"])
    heelheid.controleer(instellingen, uitvoer_van(instellingen, van["run_id"]))
    names = ("pins.json", "leveringen.parquet", *(f"{soort}_{product}.parquet" for soort in dbt_build.RESULTS))
    with _terzijde(run_map(instellingen, run_id)) as aside:
        for naam in names:
            _link(source / naam, aside / naam)
    bestanden = [{**row, "run_id": run_id} for row in ledger.run_bestanden(van["run_id"])]
    return _registreer(instellingen, run_id, pins, values, used, bestanden, stap)


def _link(source: Path, target: Path) -> None:
    """The same file under another name: who changes one puts a new file in its place."""
    try:
        target.hardlink_to(source)
    except OSError:  # a file system without links
        shutil.copy2(source, target)


def _maak(stand: Stand, pins: Pins) -> Signalering:
    """Makes the signals from the pinned inputs."""
    instellingen, run_id = stand.instellingen, pins.naam(1)
    doel = doelen()[producten()[pins.product].doel]
    leveringen, stap = stand.leveringen_van(doel), Stap("signaleer", run_id, pins.product, pins.periode)
    paden = stand.lake_paden(doel, leveringen)
    with heelheid.bewaakt(instellingen, stap):
        stand.controleer_versie(doel.doel, [pad for files in paden.values() for pad in files])
    vastgelegd, versie = leg_vast(instellingen), stand.sleutelversie(doel.doel)
    aanwezig = frozenset().union(*(stand.tabellen[levering["levering_nr"]] for levering in leveringen))
    try:
        with _terzijde(run_map(instellingen, run_id)) as aside:
            if instellingen.motor == "duckdb":
                dbt_build.laad(instellingen.rekenmap, bewaard=instellingen.map("dbt"))
            bereken(instellingen, pins, Invoer(leveringen, paden, aanwezig, versie), aside)
            stand.controleer_versie(doel.doel)  # a rotation that began meanwhile may have shown it two keys
            (aside / "pins.json").write_text(pins.as_json(), encoding="utf-8")
            bestanden = [*ingelezen(instellingen, paden), *gemaakt(aside, pins.product, versie)]
    except (RunMislukt, KetenFout) as fout:
        code = fout.code if isinstance(fout, KetenFout) else "S-MODEL"
        if code in ("S-MODEL", GEHEUGEN):
            stap.status, stap.code = "mislukt", code
            instellingen.grootboek.schrijf_stap(stap)
        raise
    values = {"vastgelegd": vastgelegd, "aangemaakt_op": stap.begonnen_op}
    used = [levering["levering_nr"] for levering in leveringen]
    return _registreer(instellingen, run_id, pins, values, used, bestanden, stap)


@contextmanager
def _terzijde(folder: Path) -> Iterator[Path]:
    """A folder in the making, which takes its place when it is whole."""
    aside = folder.with_name(f".{folder.name}.{os.getpid()}")
    shutil.rmtree(aside, ignore_errors=True)
    aside.mkdir(parents=True)
    try:
        yield aside
        shutil.rmtree(folder, ignore_errors=True)
        aside.rename(folder)
    finally:
        shutil.rmtree(aside, ignore_errors=True)


def _registreer(  # noqa: PLR0913, PLR0917 - all are of one run
    instellingen: Instellingen,
    run_id: str,
    pins: Pins,
    values: Rij,
    leveringen: Sequence[int],
    bestanden: Sequence[Rij],
    stap: Stap,
) -> Signalering:
    """Enters a run with what it counts."""
    folder = run_map(instellingen, run_id)
    signalen = tel(folder, pins.product, "signal", "signaal_code")
    stap.tellingen.update({("", "signaal", code): aantal for code, aantal in signalen.items()})
    stap.afdrukken |= heelheid.afdrukken_van(instellingen, uitvoer_van(instellingen, run_id))
    uitgesloten = pq.read_table(folder / f"uitgesloten_{pins.product}.parquet").to_pylist()
    stap.tellingen.update({("", "uitgesloten", row["reden"]): row["aantal"] for row in uitgesloten})
    row = {
        **values,
        "run_id": run_id,
        "product": pins.product,
        "periode": pins.periode,
        "pins": pins.as_json(),
        "status": "gelukt",
    }
    instellingen.grootboek.registreer_run(row, leveringen, stap, bestanden)
    return Signalering(run_id, True, signalen)


def ingelezen(instellingen: Instellingen, paden: Mapping[str, Sequence[Path]]) -> Iterator[Rij]:
    """The files of the lake a run reads, with their rows: what is not there any more, or not whole, is missed later."""
    for pad in sorted(pad for files in paden.values() for pad in files):
        place = pad.relative_to(instellingen.lake).as_posix()
        not_noted = dict.fromkeys(("sha256", "inhoud", "sleutelversie"))
        yield {"soort": INVOER, "naam": place, "rijen": pq.read_metadata(pad).num_rows, **not_noted}


def gemaakt(folder: Path, product: str, sleutelversie: int) -> Iterator[Rij]:
    """The files a run made, with the digests by which a repetition is judged."""
    for soort in dbt_build.RESULTS:
        pad = folder / f"{soort}_{product}.parquet"
        yield {
            "soort": UITVOER,
            "naam": pad.name,
            "rijen": pq.read_metadata(pad).num_rows,
            "sha256": sha256_van(pad),
            "inhoud": inhoud_van(pad),
            "sleutelversie": sleutelversie,
        }


def uitvoer_van(instellingen: Instellingen, run_id: str) -> list[Path]:
    """The files with what a run made."""
    product = run_id.rsplit("-", 3)[0]
    return [run_map(instellingen, run_id) / f"{soort}_{product}.parquet" for soort in dbt_build.RESULTS]


def run_map(instellingen: Instellingen, run_id: str) -> Path:
    """The folder with the signals, bewijs and pins of a run."""
    product, jaar, maand, _ = run_id.rsplit("-", 3)
    return instellingen.map("runs", product, f"{jaar}-{maand}", run_id)


def tel(folder: Path, product: str, kind: str, column: str) -> dict[str, int]:
    """How often each value of a column stands in what a run wrote."""
    values = pq.ParquetFile(folder / f"{kind}_{product}.parquet").read(columns=[column]).column(0)
    return {row["values"]: row["counts"] for row in sorted(pc.value_counts(values).to_pylist(), key=str)}
