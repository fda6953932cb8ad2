"""From pinned inputs to the Parquet files of a run: the models, run over exactly these files."""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from lineage.ledger import Rij
from pipeline import dbt_build
from pipeline.instellingen import Instellingen
from pipeline.pins import Pins, referentie_digest
from pipeline.storing import GEHEUGEN, SCHIJF
from privacy.deur import empty_template
from schemas.fout import KetenFout
from schemas.invoer import LEVERING_SCHEMA
from schemas.load import find_tabel, geraadpleegd
from schemas.reference import reference_tables


class RunMislukt(Exception):
    """A product run did not finish; the message names the models or checks that failed, never a value."""


@dataclass(frozen=True)
class Invoer:
    """What a run reads: leveringen, the lake files per table, the tables that were received, the key version."""

    leveringen: Sequence[Rij]
    paden: Mapping[str, Sequence[Path]]
    aanwezig: Collection[str]
    sleutelversie: int


def bereken(instellingen: Instellingen, pins: Pins, van: Invoer, uitvoer: Path) -> None:
    """Runs the models over pinned files; writes to `uitvoer` only.

    Raises:
        RunMislukt: a model or a check failed.
        KetenFout: `O-SCHIJF` or `O-GEHEUGEN` when the machine had too little of that.
    """
    invoer = {naam: [template, *van.paden.get(naam, [])] for naam, template in _templates(instellingen).items()}
    invoer |= {f"referentie.{naam}": [pad] for naam, pad in _write_reference(instellingen, pins).items()}
    invoer["run.levering"] = [_write_leveringen(van.leveringen, uitvoer)]
    werkmap = instellingen.rekenmap
    uitkomst = dbt_build.build(
        pins.product,
        invoer,
        uitvoer,
        periode=pins.periode,
        aanwezig=sorted(van.aanwezig),
        geheugen=instellingen.geheugen,
        threads=instellingen.threads,
        werkmap=werkmap,
        sleutelversie=van.sleutelversie,
        motor=instellingen.rekenmotor,
    )
    shutil.rmtree(werkmap / "tmp", ignore_errors=True)
    for code in (SCHIJF, GEHEUGEN):
        if any(fout.endswith(code) for fout in uitkomst.fouten):
            raise KetenFout(code, pins.product)
    if not uitkomst.ok:
        raise RunMislukt(f"S-MODEL: {', '.join(uitkomst.fouten + uitkomst.tests_mislukt)}")


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
    if not folder.exists():
        aside = folder.with_name(f".{folder.name}.{os.getpid()}")
        aside.mkdir(parents=True, exist_ok=True)
        for naam, table in reference_tables().items():
            pq.write_table(table, aside / f"{naam}.parquet")
        if folder.exists():
            shutil.rmtree(aside)
        else:
            aside.rename(folder)
    paths = {path.stem: path for path in sorted(folder.glob("*.parquet"))}
    _controleer(instellingen, folder, paths, pins)
    return paths


def _controleer(instellingen: Instellingen, folder: Path, paths: Mapping[str, Path], pins: Pins) -> None:
    """Refuses kept reference tables that are not those they are called after; they are small."""
    try:
        found = referentie_digest({naam: pq.ParquetFile(path).read() for naam, path in paths.items()})
    except (pa.ArrowException, OSError, ValueError):
        found = ""
    if found != pins.referentie:
        raise KetenFout("O-BESCHADIGD", folder.relative_to(instellingen.map()).as_posix())


def _write_leveringen(leveringen: Sequence[Rij], folder: Path) -> Path:
    columns: dict[str, list[Any]] = {
        name: [levering[name] for levering in leveringen] for name in LEVERING_SCHEMA.names
    }
    columns["ontvangen_op"] = [moment.replace(tzinfo=None) for moment in columns["ontvangen_op"]]
    path = folder / "leveringen.parquet"
    pq.write_table(pa.table(columns, schema=LEVERING_SCHEMA), path)
    return path
