"""The database is away in the middle of a step, or another process holds it: a coded error, and then it goes on."""

from __future__ import annotations

import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy.engine import Connection

from lineage import tabellen as t
from lineage.databank import open_engine
from lineage.ledger import Ledger, Stap
from message_formats.lees import lees_map
from pipeline.instellingen import Instellingen
from pipeline.lever import lever
from pipeline.levering.inbox import neem_in
from pipeline.logboek import Logboek
from pipeline.signaleer import signaleer
from pipeline.toelaten import toelaten
from schemas.fout import KetenFout
from tests.bewaar import rijen
from tests.conftest import nieuwe_installatie
from tests.e2e.keten import FEBRUARI, neem_jongeren_op
from tests.geopend import opener
from tests.postgres import Cluster, cluster

SECONDEN = 600


@contextmanager
def valt_uit(monkeypatch: pytest.MonkeyPatch, keer: int, uit: Callable[[], None]) -> Iterator[list[int]]:
    """Takes the database away within the `keer`th transaction from here, after its work and before its commit."""
    real, seen = Ledger.transactie, list[int]()

    @contextmanager
    def transactie(ledger: Ledger) -> Iterator[Connection]:
        seen.append(len(seen) + 1)
        with real(ledger) as connection:
            yield connection
            if len(seen) == keer:
                uit()

    with monkeypatch.context() as patch:
        patch.setattr(Ledger, "transactie", transactie)
        yield seen


@pytest.fixture(scope="module")
def server() -> Iterator[Cluster]:
    with cluster() as server:
        url = server.maak("leeg")
        Ledger(url)
        vergeet(url)
        yield server


@pytest.mark.zwaar
class TestPostgresql:
    @pytest.fixture
    def stad(
        self, server: Cluster, tmp_path: Path, lege_ledger: Path, monkeypatch: pytest.MonkeyPatch
    ) -> Iterator[Instellingen]:
        nieuwe_installatie(tmp_path / "var", lege_ledger, monkeypatch)
        (tmp_path / "var" / "ledger" / "ledger.db").unlink()
        url = server.maak(f"stad{abs(hash(tmp_path))}", "leeg")
        yield Instellingen(data=tmp_path / "var", ledger=url)
        vergeet(url)

    def test_away_in_every_step(self, server: Cluster, stad: Instellingen, monkeypatch: pytest.MonkeyPatch) -> None:
        """Each step loses the database in its last transaction, is told so with a code, and is done again."""
        neem_jongeren_op(stad, FEBRUARI)
        folder = stad.inbox / "duo" / f"{FEBRUARI}-later"
        folder.mkdir(parents=True)
        (folder / "a.csv").write_text("Burgerservicenr;IndStartkwalificatieDuo\n", encoding="utf-8")
        run = ""

        def weg(werk: Callable[[], object], keer: int) -> None:
            with valt_uit(monkeypatch, keer, server.stop), pytest.raises(KetenFout) as found:
                werk()
            assert found.value.code == "O-GROOTBOEK"
            assert "insert" not in str(found.value).lower()
            with pytest.raises(KetenFout, match="O-GROOTBOEK"):  # and as long as it is away
                stad.grootboek.leveringen()
            server.start()

        before = len(rijen(stad, t.levering))
        weg(lambda: neem_in(stad, "duo", folder.name), 1)
        assert len(rijen(stad, t.levering)) == before
        neem_in(stad, "duo", folder.name)
        assert len(rijen(stad, t.levering)) == before + 1

        weg(lambda: toelaten(stad), 2)  # the first enters that a key is used
        toelaten(stad)
        passed = len(rijen(stad, t.doorgang))
        assert toelaten(stad) == []

        weg(lambda: signaleer(stad, "vsv", FEBRUARI), 1)
        assert rijen(stad, t.productrun) == []
        made = signaleer(stad, "vsv", FEBRUARI)
        run = made.run_id
        assert made.nieuw
        assert len(rijen(stad, t.doorgang)) == passed

        weg(lambda: lever(stad, run), 2)  # planned and delivered, not entered
        planned = stad.grootboek.uitleveringen(run)
        assert {row["status"] for row in planned.values()} == {"voorgenomen"}
        manifests = {path: path.read_bytes() for path in stad.uitleveringen.rglob("*_manifest.json")}
        assert set(lever(stad, run).ontvangers) == {"geleverd"}
        for naar, row in stad.grootboek.uitleveringen(run).items():
            assert row["volgnummer"] == planned[naar]["volgnummer"]
        assert {path: path.read_bytes() for path in stad.uitleveringen.rglob("*_manifest.json")} == manifests
        assert lees_map(stad.uitleveringen, opener(stad)).goed
        assert not Logboek(stad).controleer().breuken


def vergeet(url: str) -> None:
    open_engine(url).dispose()
    open_engine.cache_clear()


@contextmanager
def bezet(instellingen: Instellingen) -> Iterator[sqlite3.Connection]:
    """Somebody else writes to the database, and does not stop."""
    path = instellingen.map("ledger", "ledger.db")
    other = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    other.execute("begin immediate")
    try:
        yield other
    finally:
        if other.in_transaction:
            other.execute("rollback")
        other.close()


class TestSqlite:
    def test_who_finds_it_locked_waits(self, instellingen: Instellingen) -> None:
        instellingen.grootboek.leveringen()
        with bezet(instellingen) as other:
            release = threading.Timer(0.5, lambda: other.execute("rollback"))
            release.start()
            began = time.monotonic()
            instellingen.grootboek.schrijf_stap(Stap("proef", "x"))
            assert time.monotonic() - began > 0.3
            release.join()
        assert len(rijen(instellingen, t.stap)) == 1

    def test_who_waits_too_long_says_so_with_a_code(self, instellingen: Instellingen) -> None:
        engine = open_engine(instellingen.ledger_url)

        @sa.event.listens_for(engine, "begin")
        def kort(connection: Connection) -> None:
            connection.exec_driver_sql("PRAGMA busy_timeout=50")

        with bezet(instellingen), pytest.raises(KetenFout) as found:
            instellingen.grootboek.schrijf_stap(Stap("proef", "x"))
        assert (found.value.code, found.value.wijzer) == ("O-GROOTBOEK", "OperationalError")
        assert rijen(instellingen, t.stap) == []
        instellingen.grootboek.schrijf_stap(Stap("proef", "x"))
        assert len(rijen(instellingen, t.stap)) == 1

    def test_full_database_says_so_with_a_code(self, instellingen: Instellingen) -> None:
        engine = open_engine(instellingen.ledger_url)
        with engine.connect() as connection:
            pages = connection.exec_driver_sql("PRAGMA page_count").scalar()

        @sa.event.listens_for(engine, "begin")
        def klein(connection: Connection) -> None:
            connection.exec_driver_sql(f"PRAGMA max_page_count={pages}")

        stap = Stap("proef", "x", tellingen={("", f"tabel {nummer}", "x" * 40): 1 for nummer in range(2000)})
        with pytest.raises(KetenFout, match="O-SCHIJF"):
            instellingen.grootboek.schrijf_stap(stap)
        assert rijen(instellingen, t.stap) == []
