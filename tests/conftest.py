"""Fixtures that tests of more than one folder use."""

from __future__ import annotations

import atexit
import os
import shutil
import sqlite3
import tempfile
from functools import cache
from pathlib import Path

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, settings
from sqlalchemy.engine import Engine

from lineage.ledger import Ledger
from pipeline.instellingen import Instellingen
from pipeline.proefketen import maak_proefketen

# On a shared machine slowness says nothing; in CI the same examples every time, so that a change is what makes it fail.
settings.register_profile(
    "keten", deadline=None, suppress_health_check=[HealthCheck.too_slow], derandomize=bool(os.environ.get("CI"))
)
settings.load_profile("keten")
CHECKOUT = Path(__file__).resolve().parent.parent


@sa.event.listens_for(Engine, "connect")
def _wacht_niet_op_de_schijf(connection: object, _record: object) -> None:
    """A process that is killed loses nothing the kernel has; only a machine that stops would, and no test stops one."""
    if isinstance(connection, sqlite3.Connection):
        connection.execute("PRAGMA synchronous=OFF")


@pytest.fixture(scope="session")
def lege_ledger(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A ledger with the newest tables and no rows; copying it saves every test the migrations."""
    folder = tmp_path_factory.mktemp("ledger")
    Ledger(f"sqlite:///{folder / 'nieuw.db'}")
    with sqlite3.connect(folder / "nieuw.db") as source, sqlite3.connect(folder / "leeg.db") as target:
        source.backup(target)
    return folder / "leeg.db"


@pytest.fixture
def instellingen(tmp_path: Path, lege_ledger: Path, monkeypatch: pytest.MonkeyPatch) -> Instellingen:
    """Settings of an installation of its own, with nothing in it."""
    return nieuwe_installatie(tmp_path / "var", lege_ledger, monkeypatch)


def nieuwe_installatie(data: Path, lege_ledger: Path, monkeypatch: pytest.MonkeyPatch) -> Instellingen:
    for naam in [naam for naam in os.environ if naam.startswith("KETEN_")]:
        monkeypatch.delenv(naam)
    (data / "ledger").mkdir(parents=True)
    (data / "ledger" / "ledger.db").write_bytes(lege_ledger.read_bytes())
    (data / "certificaten").symlink_to(proefketen())
    return Instellingen(data=data)


@cache
def proefketen() -> Path:
    """A chain of certificates that the tests of this process share; one that changes it makes its own."""
    folder = Path(tempfile.mkdtemp(prefix="keten-proef-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    maak_proefketen(Instellingen(data=folder))
    return folder / "certificaten"


@pytest.fixture(scope="session")
def real() -> Path:
    """The folder with test data that others have published; see its README."""
    path = Path(os.environ.get("KETEN_REAL") or CHECKOUT.parent / "shared" / "real")
    if not path.is_dir():
        pytest.skip(f"gepubliceerde testgegevens ontbreken: geen map {path}; wijs ze aan met KETEN_REAL")
    return path
