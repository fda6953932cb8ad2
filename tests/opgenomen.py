"""What a levering gave, to hold a passage from an opname against one that reads; for tests."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from lineage import tabellen as t
from pipeline.instellingen import Instellingen
from pipeline.levering import opname
from pipeline.levering.opname import MAP
from pipeline.toelaten import toelaten
from tests.bouw import maak_bsn, neem_op, populatie_csv

ALLES = 0  # a size from which every file gets an opname
NIETS = 2**62
_MAPPEN = ("lake", "quarantaine", "verslag")
_TABELLEN = (t.levering, t.levering_bestand, t.record_plaats, t.doorgang, t.telling, t.stap)
_MOMENTEN = ("begonnen_op", "beeindigd_op", "ontvangen_op")


def opnames(instellingen: Instellingen) -> list[Path]:
    """Every file in a folder with opnames, hidden ones too."""
    return sorted(pad for pad in instellingen.landing.glob(f"*/*/{MAP}/*") if pad.is_file())


def zonder_opnames(instellingen: Instellingen, data: Path) -> Instellingen:
    """A copy of an installation, without its opnames."""
    shutil.copytree(instellingen.data, data, symlinks=True, ignore=shutil.ignore_patterns(MAP))
    return Instellingen(data=data)


def beeld(instellingen: Instellingen) -> dict[str, Any]:
    """What the door made of everything: files by digest, and the ledger but for the time and the opnames."""
    found: dict[str, Any] = {
        pad.relative_to(instellingen.data).as_posix(): hashlib.sha256(pad.read_bytes()).hexdigest()
        for map_ in _MAPPEN
        for pad in sorted(instellingen.map(map_).rglob("*"))
        if pad.is_file()
    }
    for tabel in _TABELLEN:
        rows = instellingen.grootboek.rijen(sa.select(tabel))
        found[tabel.name] = [{naam: value for naam, value in row.items() if naam not in _MOMENTEN} for row in rows]
    rows = instellingen.grootboek.rijen(sa.select(t.afdruk).order_by(t.afdruk.c.plaats))
    found["afdruk"] = [(row["plaats"], row["sha256"]) for row in rows if f"/{MAP}/" not in row["plaats"]]
    return found


def bekende_opnames(instellingen: Instellingen) -> dict[str, str]:
    """The opnames the ledger knows, with their digest."""
    rows = instellingen.grootboek.rijen(sa.select(t.afdruk))
    return {row["plaats"]: row["sha256"] for row in rows if f"/{MAP}/" in row["plaats"]}


def groei(
    instellingen: Instellingen, personen: Sequence[str] = (maak_bsn(2), maak_bsn(3)), periode: str = "2026-02"
) -> None:
    """The population grows, and what was received before passes again."""
    neem_op(instellingen, "gemeente", {"b.csv": populatie_csv(personen)}, periode)
    toelaten(instellingen)


def vergelijk(instellingen: Instellingen, monkeypatch: pytest.MonkeyPatch) -> None:
    """Lets the population grow in a copy that reads everything, and here; the outcome is the same to the byte."""
    ander = zonder_opnames(instellingen, instellingen.data.with_name("ander"))
    with monkeypatch.context() as context:
        context.setattr(opname, "VANAF", NIETS)
        groei(ander)
    groei(instellingen)
    mine, theirs = beeld(instellingen), beeld(ander)
    assert mine.keys() == theirs.keys()
    assert [naam for naam in mine if mine[naam] != theirs[naam]] == []
