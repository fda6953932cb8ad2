"""The ledger on PostgreSQL: the same tests as on SQLite, migrations both ways, a month, and two processes at once."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta, timezone
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext

from lineage import tabellen as t
from lineage.databank import MIGRATIONS, open_engine
from lineage.ledger import Ledger, Stap
from pipeline.instellingen import Instellingen
from pipeline.logboek import Logboek
from schemas.fout import KetenFout
from tests.bouw import CHECKOUT
from tests.conftest import nieuwe_installatie
from tests.e2e.keten import FEBRUARI, MAART, maak_stad, mutaties, neem_jongeren_op
from tests.geopend import met_certificaten
from tests.postgres import Cluster, cluster
from tests.unit import test_ledger

# The same tests as on SQLite, with the fixtures below in place of theirs.
from tests.unit.test_bewaren import *  # noqa: F403
from tests.unit.test_ledger import (  # noqa: F401
    TestDoorgangen,
    TestLeveringen,
    TestRunsEnUitleveringen,
    TestStappen,
    test_many_writers_wait_for_each_other,
)
from tests.unit.test_levering_vervanging import *  # noqa: F403
from tests.unit.test_reactietijd import *  # noqa: F403
from tests.unit.test_verwerkingslog import (  # noqa: F401
    logboek,
    test_changed_segment_is_noticed,
    test_done_and_not_logged_is_noticed,
    test_head_that_was_noted_shows_a_log_that_was_cut_off,
    test_removed_segment_is_noticed,
    test_same_work_done_again_is_logged_again,
    test_whole_log_is_whole,
)

pytestmark = pytest.mark.zwaar


@pytest.fixture(scope="module")
def server() -> Iterator[Cluster]:
    """A cluster with a database `leeg` that has the newest tables."""
    with cluster() as server:
        url = server.maak("leeg")
        Ledger(url)
        _vergeet(url)
        yield server


@pytest.fixture
def url(server: Cluster, request: pytest.FixtureRequest) -> Iterator[str]:
    """A database of its own with the newest tables and no rows."""
    name = f"t{abs(hash(request.node.nodeid))}"
    yield server.maak(name, "leeg")
    _vergeet(server.url(name))


@pytest.fixture
def instellingen(tmp_path: Path, lege_ledger: Path, monkeypatch: pytest.MonkeyPatch, url: str) -> Instellingen:
    """As everywhere, but with its ledger on PostgreSQL, also for processes that a test starts."""
    nieuwe_installatie(tmp_path / "var", lege_ledger, monkeypatch)
    (tmp_path / "var" / "ledger" / "ledger.db").unlink()
    monkeypatch.setenv("KETEN_LEDGER", url)
    return Instellingen(data=tmp_path / "var")


@pytest.fixture
def ledger(instellingen: Instellingen) -> Ledger:
    return instellingen.grootboek


def _vergeet(url: str) -> None:
    """Leaves no connection behind, so that the database can be a template or be dropped."""
    open_engine(url).dispose()
    open_engine.cache_clear()


def test_it_is_postgresql(ledger: Ledger) -> None:
    [row] = ledger.rijen(
        sa.select(sa.func.version().label("versie"), sa.func.current_setting("timezone").label("zone"))
    )
    assert row["versie"].startswith("PostgreSQL") and row["zone"] == "UTC"


def test_migrations_make_the_declared_tables_and_go_back_one_by_one(server: Cluster) -> None:
    engine = sa.create_engine(server.maak("leeg_oud").replace("postgresql:", "postgresql+psycopg:"))
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    revisions = sorted(path.stem[:4] for path in (MIGRATIONS / "versions").glob("[0-9]*.py"))
    seen: dict[str, list[str]] = {}
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        for revision in revisions:
            command.upgrade(config, revision)
            seen[revision] = _kolommen(connection)
        assert compare_metadata(MigrationContext.configure(connection), t.metadata) == []
        for earlier, revision in reversed(list(pairwise(revisions))):
            assert _kolommen(connection) == seen[revision]
            command.downgrade(config, earlier)
        command.downgrade(config, "base")
        assert sa.inspect(connection).get_table_names() == ["alembic_version"]
        command.upgrade(config, "head")
        assert _kolommen(connection) == seen[revisions[-1]]
    engine.dispose()


def _kolommen(connection: sa.Connection) -> list[str]:
    names = "table_name, column_name, data_type, is_nullable"
    query = f"select {names} from information_schema.columns where table_schema = 'public'"
    return sorted(".".join(row) for row in connection.exec_driver_sql(query))


def test_processes_that_open_a_new_database_at_once_migrate_it_once(server: Cluster) -> None:
    url = server.maak("samen")
    script = "import sys; from lineage.ledger import Ledger; print(len(Ledger(sys.argv[1]).leveringen()))"
    started = [
        subprocess.Popen(
            [sys.executable, "-c", script, url], cwd=CHECKOUT, stdout=subprocess.PIPE, stderr=subprocess.PIPE
        )
        for _ in range(3)
    ]
    ended = [each.communicate(timeout=120) for each in started]
    assert [out.split() for out, _ in ended] == [[b"0"]] * 3, ended


def test_moments_are_in_utc_whatever_the_zone(ledger: Ledger) -> None:
    amsterdam = timezone(timedelta(hours=2))
    for nummer, moment in enumerate(
        (datetime(2026, 7, 1, 2, tzinfo=amsterdam), datetime(2026, 7, 1, 0, tzinfo=UTC)), 1
    ):
        values = {**test_ledger.levering(nummer), "ontvangen_op": moment}
        ledger.registreer_levering(values, [], Stap("ontvang", values["levering_id"]))
    assert [row["ontvangen_op"] for row in ledger.leveringen()] == [datetime(2026, 7, 1), datetime(2026, 7, 1)]


def test_server_that_was_restarted_is_found_again(server: Cluster, ledger: Ledger) -> None:
    test_ledger.neem_op(ledger, 1)
    server.stop()
    with pytest.raises(KetenFout, match="O-GROOTBOEK"):
        ledger.leveringen()
    server.start()
    assert len(ledger.leveringen()) == 1


def test_who_lost_its_lock_by_a_restart_changes_nothing_more(server: Cluster, ledger: Ledger) -> None:
    """Between two transactions of a step the lock goes with the session; another may be at the step by then."""
    stap = Stap("proef", "een")
    with ledger.alleen("proef", "alle"):
        ledger.schrijf_stap(stap)
        server.stop()
        server.start()
        assert len(ledger.rijen(sa.select(t.stap))) == 1  # it is there again, and looks the same
        with pytest.raises(KetenFout, match="O-GROOTBOEK"):
            ledger.schrijf_stap(stap)
    assert len(ledger.rijen(sa.select(t.stap))) == 1
    with ledger.alleen("proef", "alle"):
        ledger.schrijf_stap(stap)
    assert len(ledger.rijen(sa.select(t.stap))) == 2


def test_lock_that_is_lost_by_itself_is_missed_too(server: Cluster, ledger: Ledger) -> None:
    """Of a session that ended alone, while the database and all other sessions went on."""
    with ledger.alleen("proef", "alle"):
        server.voer_uit("select pg_terminate_backend(pid) from pg_locks where locktype = 'advisory'")
        with ledger.alleen("proef", "alle"), pytest.raises(KetenFout, match="O-GROOTBOEK"):
            ledger.schrijf_stap(Stap("proef", "een"))  # as long as one of its locks is gone
        with pytest.raises(KetenFout, match="O-GROOTBOEK"):
            ledger.schrijf_stap(Stap("proef", "een"))
    ledger.schrijf_stap(Stap("proef", "twee"))
    assert [row["onderwerp"] for row in ledger.rijen(sa.select(t.stap))] == ["twee"]


def test_a_month_and_the_next_are_delivered(instellingen: Instellingen) -> None:
    maak_stad(instellingen.data)
    assert set(mutaties(instellingen, "0344", FEBRUARI).values()) == {"nieuw"}
    assert set(mutaties(instellingen, "0518", MAART).values()) == {"nieuw"}
    assert not Logboek(instellingen).controleer().breuken
    assert not (instellingen.data / "ledger" / "ledger.db").exists()


def test_two_processes_doing_the_same_run_do_it_once(instellingen: Instellingen) -> None:
    met_certificaten(instellingen.data)
    neem_jongeren_op(instellingen, FEBRUARI)
    _draai_tweemaal(instellingen)


def test_also_on_sqlite(tmp_path: Path, lege_ledger: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    instellingen = nieuwe_installatie(tmp_path / "var", lege_ledger, monkeypatch)
    met_certificaten(instellingen.data)
    neem_jongeren_op(instellingen, FEBRUARI)
    _draai_tweemaal(instellingen)


def _draai_tweemaal(instellingen: Instellingen) -> None:
    environment = {**os.environ, "KETEN_DATA": str(instellingen.data), "COLUMNS": "200"}
    keten = Path(sys.executable).with_name("keten")

    def draai(_: int) -> subprocess.CompletedProcess[str]:
        args: list[Any] = [keten, "draai", "vsv", "--periode", FEBRUARI]
        return subprocess.run(args, env=environment, capture_output=True, text=True, timeout=300, check=False)

    with ThreadPoolExecutor(2) as pool:
        first, second = pool.map(draai, range(2))
    assert (first.returncode, second.returncode) == (0, 0), first.stderr + second.stderr
    assert first.stdout == second.stdout
    steps = instellingen.grootboek.rijen(sa.select(t.stap.c.soort).where(t.stap.c.soort.in_(["signaleer", "lever"])))
    assert sorted(row["soort"] for row in steps) == ["lever", "signaleer"]
    sent = instellingen.grootboek.rijen(sa.select(t.uitlevering))
    assert [(row["ontvanger"], row["volgnummer"], row["status"]) for row in sent if row["aantal"]]
    assert len({(row["ontvanger"], row["volgnummer"]) for row in sent}) == len(sent)
    assert not Logboek(instellingen).controleer().breuken
