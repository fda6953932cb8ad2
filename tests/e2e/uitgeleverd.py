"""What was delivered and what the ledger says of it, read for tests without the readers of the project."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import sqlalchemy as sa

from lineage import tabellen as t
from lineage.ledger import Rij
from pipeline.geleverd import geleverd_pad
from pipeline.signaleer import run_map
from schemas.load import producten, read_csv
from tests.e2e.conftest import Land
from tests.geopend import geopend


def manifesten(land: Land, patroon: str = "*/*/*") -> list[Path]:
    """The manifests of deliveries `<ontvanger>/<product>/<periode>`."""
    return sorted(land.instellingen.uitleveringen.glob(f"{patroon}/*_manifest.json"))


def berichten(land: Land, formaat: str, patroon: str = "*/*/*") -> list[Path]:
    """The message files of one format."""
    paths = sorted(geopend(land.instellingen).glob(f"{patroon}/*bericht_*.{formaat}"))
    return [path for path in paths if not path.stem.endswith(("_manifest", "_bewijs"))]


def lees_json(path: Path) -> Any:
    """A JSON file."""
    return json.loads(path.read_text(encoding="utf-8"))


@cache
def rmc_regio() -> dict[str, str]:
    """The RMC-regio of each gemeente."""
    return {row["gemeentecode"]: row["rmc_regio"] for row in read_csv("codes/gemeente.csv")}


def runs(land: Land, product: str = "") -> list[Rij]:
    """The runs, oldest first."""
    query = sa.select(t.productrun).order_by(t.productrun.c.volgorde)
    return [run for run in land.instellingen.grootboek.rijen(query) if product in ("", run["product"])]


def signalen_van(land: Land, run: Rij) -> list[dict[str, Any]]:
    """The signals of a run, before delivery."""
    folder = run_map(land.instellingen, run["run_id"])
    return pq.read_table(folder / f"signal_{run['product']}.parquet").to_pylist()


def verstuurd(land: Land, run: Rij) -> dict[str, dict[str, str]]:
    """What a run sent: per recipient the mutatie of each signal."""
    sent = {}
    for path in berichten(land, "json", f"*/{run['product']}/{run['periode']}"):
        document = lees_json(path)
        if document["envelop"]["runId"] == run["run_id"]:
            mutaties = {signaal["signaalId"]: signaal["mutatie"] for signaal in document["signalen"]}
            sent[document["envelop"]["ontvangerCode"]] = mutaties
    return sent


def nummers(land: Land, product: str) -> dict[str, str]:
    """The number in the messages of every signal of a product, by its number in the runs."""
    found: dict[str, str] = {}
    for run in runs(land, product):
        for row in pq.read_table(geleverd_pad(land.instellingen, run["run_id"])).to_pylist():
            assert found.setdefault(row["intern_id"], row["signaal_id"]) == row["signaal_id"]
    assert len(set(found.values())) == len(found)
    return found


def ontvangers_van(product: str, gemeente: str) -> list[str]:
    """Who hears of a signal that is for a gemeente."""
    return [gemeente, f"rmc-{rmc_regio()[gemeente]}"] if producten()[product].bundel == "rmc" else [gemeente]


def uitleveringen_van(land: Land, run: Rij) -> list[Rij]:
    """What the ledger says of the deliveries of a run."""
    return list(land.instellingen.grootboek.uitleveringen(run["run_id"]).values())
