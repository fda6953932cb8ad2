"""The village as it stands after one month, copies of it that a test may change, and profiles of one's own."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from pipeline.instellingen import Instellingen
from pipeline.rapport import maak_rapport
from pipeline.signaleer import signaleer
from schemas import berichten, doelversie, load, register
from schemas.reference import reference_tables
from tests.e2e.eenmalig import eenmalig, schone_omgeving
from tests.geopend import met_certificaten
from tests.spec.privacy.dorp import PERIODE, PRODUCTEN, draai_alles, neem_alles_op

CACHED = (
    *(load.bronnen, load.doelen, load.producten, load.ontvangers, load.meldingen, load.codelijst, load.geraadpleegd),
    *(berichten.berichten, doelversie.huidig, doelversie.vastgelegd, register.register, register.dpia),
    reference_tables,
)


def _maak(folder: Path) -> None:
    instellingen = met_certificaten(folder / "var")
    neem_alles_op(instellingen)
    for product in PRODUCTEN:
        signaleer(instellingen, product, PERIODE)
    shutil.copytree(instellingen.data, folder / "berekend")
    draai_alles(instellingen)
    maak_rapport(instellingen)


@pytest.fixture(scope="session")
def gemaakt(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The folder with the village, made once: `var` is whole, `berekend` as it was before anything was delivered."""
    with pytest.MonkeyPatch.context() as monkeypatch:
        schone_omgeving(monkeypatch)
        yield eenmalig(tmp_path_factory, "dorp", _maak)


@pytest.fixture(scope="session")
def dorp(gemaakt: Path) -> Instellingen:
    """Taken in, calculated, delivered and reported; not to be changed."""
    return Instellingen(data=gemaakt / "var")


@pytest.fixture
def eigen_dorp(gemaakt: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Instellingen:
    """The whole village, of its own for one test."""
    return _kopie(gemaakt / "var", tmp_path, monkeypatch)


@pytest.fixture
def berekend_dorp(gemaakt: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Instellingen:
    """The village with its signals made and nothing delivered, of its own for one test."""
    return _kopie(gemaakt / "berekend", tmp_path, monkeypatch)


def _kopie(van: Path, naar: Path, monkeypatch: pytest.MonkeyPatch) -> Instellingen:
    schone_omgeving(monkeypatch)
    shutil.copytree(van, naar / "dorp")
    return Instellingen(data=naar / "dorp")


@pytest.fixture
def eigen_schemas(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A copy of `schemas/` that a test may change, in force until it ends; versions are recorded as they stand."""
    root = tmp_path / "schemas"
    shutil.copytree(load.ROOT, root, ignore=shutil.ignore_patterns("*.py", "__pycache__", "generated"))
    monkeypatch.setattr(load, "ROOT", root)
    vergeet()
    yield root
    monkeypatch.undo()
    vergeet()


def vergeet() -> None:
    """Reads the declarations anew."""
    for function in CACHED:
        function.cache_clear()
