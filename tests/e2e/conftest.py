"""A demo country that went through the whole house once, without Airflow."""

from __future__ import annotations

import json
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import asdict, dataclass
from pathlib import Path

import pytest

from demo.land import Aanlevering, maak_land
from pipeline.demonstratie import bied_aan
from pipeline.instellingen import Instellingen
from pipeline.levering.inbox import neem_in, nieuwe_aanleveringen
from pipeline.levering.verslag import maak_verslagen
from pipeline.rapport import maak_rapport
from pipeline.status import stand
from pipeline.toelaten import toelaten
from pipeline.werk import draai
from schemas.load import producten
from tests.e2e.eenmalig import eenmalig, schone_omgeving
from tests.e2e.keten import Keten, keten_in, maak_stad
from tests.geopend import met_certificaten

PERSONEN, PERIODE, MAANDEN = 1500, "2026-03", ("2026-02", "2026-03")


@dataclass(frozen=True)
class Land:
    """A country, its leveringen and what became of them."""

    instellingen: Instellingen
    aanleveringen: tuple[Aanlevering, ...]

    @property
    def data(self) -> Path:
        """The folder under which everything was written."""
        return self.instellingen.map()


@pytest.fixture(scope="session")
def land(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Land]:
    """Two months of a small country, month by month as the demo does it."""
    with pytest.MonkeyPatch.context() as monkeypatch:
        schone_omgeving(monkeypatch)
        folder = eenmalig(tmp_path_factory, "land", _draai_alles)
        rows = json.loads((folder / "aanleveringen.json").read_text(encoding="utf-8"))
        leveringen = tuple(Aanlevering(**{**row, "pad": Path(row["pad"])}) for row in rows)
        yield Land(Instellingen(data=folder / "var"), leveringen)


def _draai_alles(folder: Path) -> None:
    instellingen = met_certificaten(folder / "var")
    bron = instellingen.map("landing", "demo")
    land = Land(instellingen, tuple(maak_land(bron, personen=PERSONEN, periode=PERIODE, maanden=2, seed=1)))
    for maand in MAANDEN:
        draai_maand(land, maand)
    maak_rapport(instellingen)
    rows = [{**asdict(aanlevering), "pad": str(aanlevering.pad)} for aanlevering in land.aanleveringen]
    (folder / "aanleveringen.json").write_text(json.dumps(rows), encoding="utf-8")


def draai_maand(land: Land, maand: str) -> None:
    """What arrives in a month: each bron taken in and through the door, then every product that is due.

    What comes late is about an earlier month, so that month is run again before this one.
    """
    batch = [aanlevering for aanlevering in land.aanleveringen if aanlevering.ontvangen == maand]
    bied_aan(land.instellingen, batch)
    for bron in dict.fromkeys(aanlevering.bron for aanlevering in batch):
        for naam in nieuwe_aanleveringen(land.instellingen, bron):
            neem_in(land.instellingen, bron, naam)
        toelaten(land.instellingen, bron=bron)
        maak_verslagen(land.instellingen)
    for product in producten():
        for regel in stand(land.instellingen, product):
            if regel.aan_de_beurt:
                draai(land.instellingen, product, regel.periode)


@pytest.fixture(scope="session")
def stad(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The data folder of a town that had two months delivered; for looking at only."""
    with pytest.MonkeyPatch.context() as monkeypatch:
        schone_omgeving(monkeypatch)
        return eenmalig(tmp_path_factory, "stad", lambda folder: maak_stad(folder / "var")) / "var"


@pytest.fixture
def eigen_stad(stad: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Instellingen:
    """A copy of the town for one test."""
    schone_omgeving(monkeypatch)
    with closing(sqlite3.connect(stad / "ledger" / "ledger.db")) as source:
        shutil.copytree(stad, tmp_path / "var", ignore=shutil.ignore_patterns("ledger.db*"))
        with closing(sqlite3.connect(tmp_path / "var" / "ledger" / "ledger.db")) as target:
            source.backup(target)
    return Instellingen(data=tmp_path / "var")


@pytest.fixture
def keten_stad(eigen_stad: Instellingen, monkeypatch: pytest.MonkeyPatch) -> Keten:
    """The `keten` command on that copy."""
    return keten_in(eigen_stad.data, monkeypatch)
