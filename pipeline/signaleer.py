"""Step: make the signals of a product for a period, from pinned inputs.

The *pins* are everything the outcome depends on: the leveringen with their toelating, the reference tables (norms, code
lists, recipients) and the code of the models. Their digest names the run, so the same pins are the same run, and a run
whose pins have not changed is not made again.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from lineage.ledger import Rij, Stap, now
from lineage.vernietiging import VERNIETIGD
from pipeline import dbt_build
from pipeline.instellingen import Instellingen
from pipeline.stand import Stand
from pipeline.toelaten import toelaten
from privacy.deur import empty_template
from schemas.fout import KetenFout
from schemas.generate import LEVERING_SCHEMA
from schemas.load import doelen, find_tabel, geraadpleegd, producten
from schemas.reference import reference_tables


class RunMislukt(Exception):
    """A product run did not finish; the message names the models or checks that failed, never a value."""


@dataclass(frozen=True)
class Signalering:
    """The outcome: which run it is, whether it was new, and how many signals it holds per code."""

    run_id: str
    nieuw: bool
    signalen: dict[str, int]


@dataclass(frozen=True)
class Pins:
    """What a run depends on. `leveringen` maps the id of a levering to its toelating."""

    product: str
    periode: str
    leveringen: dict[str, str]
    referentie: str
    modellen: str

    @property
    def run_id(self) -> str:
        """The name of the run with these pins."""
        return f"{self.product}-{self.periode}-{hashlib.sha256(self.as_json().encode()).hexdigest()[:12]}"

    def as_json(self) -> str:
        """The pins as canonical JSON."""
        return json.dumps(self.__dict__, sort_keys=True, separators=(",", ":"))


def signaleer(instellingen: Instellingen, product: str, periode: str) -> Signalering:
    """Brings the door up to date and makes the signals; a run with the same pins is returned as it is.

    Raises:
        RunMislukt: a model or a check failed; the ledger holds the failed step.
        KetenFout: `S-AFGESLOTEN` when the period is closed, or the run was destroyed.
    """
    declared = producten()[product]
    toelaten(instellingen, doel=declared.doel, tot_periode=periode)
    stand, doel = Stand(instellingen, periode), doelen()[declared.doel]
    leveringen = stand.leveringen_van(doel)
    pins = huidige_pins(stand, product)
    ledger = instellingen.grootboek
    folder = run_map(instellingen, pins.run_id)
    known = ledger.run(pins.run_id)
    if known["status"] == VERNIETIGD if known else stand.is_afgesloten(doel):
        raise KetenFout("S-AFGESLOTEN", periode)
    if known:
        return Signalering(pins.run_id, False, _count(folder, product, "signal", "signaal_code"))
    stap = Stap("signaleer", pins.run_id, product, periode, begonnen_op=now())
    aside = folder.with_name(f".{folder.name}.{os.getpid()}")
    shutil.rmtree(aside, ignore_errors=True)
    aside.mkdir(parents=True)
    try:
        _build(stand, pins, leveringen, aside)
        (aside / "pins.json").write_text(pins.as_json(), encoding="utf-8")
        shutil.rmtree(folder, ignore_errors=True)
        aside.rename(folder)
    except RunMislukt:
        stap.status, stap.code = "mislukt", "S-MODEL"
        ledger.schrijf_stap(stap)
        raise
    finally:
        shutil.rmtree(aside, ignore_errors=True)
    signalen = _count(folder, product, "signal", "signaal_code")
    stap.tellingen.update({("", "signaal", code): aantal for code, aantal in signalen.items()})
    uitgesloten = pq.read_table(folder / f"uitgesloten_{product}.parquet").to_pylist()
    stap.tellingen.update({("", "uitgesloten", row["reden"]): row["aantal"] for row in uitgesloten})
    values = {
        "run_id": pins.run_id,
        "product": product,
        "periode": periode,
        "pins": pins.as_json(),
        "status": "gelukt",
        "aangemaakt_op": stap.begonnen_op,
    }
    ledger.registreer_run(values, [levering["levering_nr"] for levering in leveringen], stap)
    return Signalering(pins.run_id, True, signalen)


def run_map(instellingen: Instellingen, run_id: str) -> Path:
    """The folder with the signals, bewijs and pins of a run."""
    product, jaar, maand, _ = run_id.rsplit("-", 3)
    return instellingen.map("runs", product, f"{jaar}-{maand}", run_id)


def huidige_pins(stand: Stand, product: str) -> Pins:
    """The pins a run would have as the ledger stands for a period."""
    doel = doelen()[producten()[product].doel]
    toelatingen = {lev["levering_id"]: stand.toelating(lev, doel) for lev in stand.leveringen_van(doel)}
    return Pins(product, stand.periode, toelatingen, _referentie_digest(), _modellen_digest(product))


@cache
def _referentie_digest() -> str:
    digest = hashlib.sha256()
    for naam, table in sorted(reference_tables().items()):
        digest.update(naam.encode() + json.dumps(table.to_pylist(), default=str).encode())
    return digest.hexdigest()


@cache
def _modellen_digest(product: str) -> str:
    digest = hashlib.sha256(producten()[product].model_dump_json().encode())
    for path in sorted((dbt_build.TRANSFORMS / "models").rglob("*")) + sorted(
        (dbt_build.TRANSFORMS / "macros").rglob("*")
    ):
        if path.is_file():
            digest.update(path.relative_to(dbt_build.TRANSFORMS).as_posix().encode() + path.read_bytes())
    return digest.hexdigest()


def _build(stand: Stand, pins: Pins, leveringen: list[Rij], uitvoer: Path) -> None:
    instellingen, doel = stand.instellingen, doelen()[producten()[pins.product].doel]
    paden = stand.lake_paden(doel, leveringen)
    stand.controleer_versie(doel.doel, [pad for files in paden.values() for pad in files])
    invoer = {naam: [template, *paden.get(naam, [])] for naam, template in _templates(instellingen).items()}
    invoer |= {f"referentie.{naam}": [pad] for naam, pad in _write_reference(instellingen, pins).items()}
    invoer["run.levering"] = [_write_leveringen(leveringen, uitvoer)]
    aanwezig = frozenset().union(*(stand.tabellen[levering["levering_nr"]] for levering in leveringen))
    werkmap = instellingen.map("dbt", str(os.getpid()))
    uitkomst = dbt_build.build(
        pins.product,
        invoer,
        uitvoer,
        periode=pins.periode,
        aanwezig=sorted(aanwezig),
        geheugen=instellingen.geheugen,
        threads=instellingen.threads,
        werkmap=werkmap,
        sleutelversie=stand.sleutelversie(doel.doel),
    )
    shutil.rmtree(werkmap / "tmp", ignore_errors=True)
    if not uitkomst.ok:
        raise RunMislukt(f"S-MODEL: {', '.join(uitkomst.fouten + uitkomst.tests_mislukt)}")
    stand.controleer_versie(doel.doel)  # a rotation that began meanwhile may have shown it two keys


def _templates(instellingen: Instellingen) -> dict[str, Path]:
    """For every consulted table an empty file with its columns: what is missing reads as no rows or nulls."""
    result = {}
    for naam, velden in sorted(geraadpleegd().items()):
        tabel = find_tabel(naam).beperkt(velden)
        schema = hashlib.sha256(tabel.model_dump_json().encode()).hexdigest()[:12]
        result[naam] = instellingen.lake / "leeg" / f"{naam}-{schema}.parquet"
        if not result[naam].exists():
            empty_template(tabel, result[naam])
    return result


def _write_reference(instellingen: Instellingen, pins: Pins) -> dict[str, Path]:
    """The reference tables as Parquet under their digest, so that a later run can be repeated with these."""
    folder = instellingen.map("referentie", pins.referentie[:12])
    paths = {naam: folder / f"{naam}.parquet" for naam in reference_tables()}
    if not folder.exists():
        aside = folder.with_name(f".{folder.name}.{os.getpid()}")
        aside.mkdir(parents=True, exist_ok=True)
        for naam, table in reference_tables().items():
            pq.write_table(table, aside / f"{naam}.parquet")
        if folder.exists():
            shutil.rmtree(aside)
        else:
            aside.rename(folder)
    return paths


def _write_leveringen(leveringen: list[Rij], folder: Path) -> Path:
    columns: dict[str, list[Any]] = {
        name: [levering[name] for levering in leveringen] for name in LEVERING_SCHEMA.names
    }
    columns["ontvangen_op"] = [moment.replace(tzinfo=None) for moment in columns["ontvangen_op"]]
    path = folder / "leveringen.parquet"
    pq.write_table(pa.table(columns, schema=LEVERING_SCHEMA), path)
    return path


def _count(folder: Path, product: str, kind: str, column: str) -> dict[str, int]:
    values = pq.ParquetFile(folder / f"{kind}_{product}.parquet").read(columns=[column]).column(0)
    return {row["values"]: row["counts"] for row in sorted(pc.value_counts(values).to_pylist(), key=str)}
