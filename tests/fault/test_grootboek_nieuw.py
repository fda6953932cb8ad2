"""Killed, or without room, while the tables of a ledger are made: they are there or not, and the next opens it."""

from __future__ import annotations

import os
import signal
import sqlite3
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from lineage import tabellen as t
from lineage.databank import nieuwste_revisie, open_engine
from lineage.ledger import Ledger
from schemas.fout import KetenFout

OUD = "0009"  # the revision of an installation that is brought up to date


def _url(folder: Path) -> str:
    return f"sqlite:///{folder / 'ledger.db'}"


def _statements(url: str, dies_at: int) -> int:
    """Opens a ledger in a process that is killed before a statement; its exit code, or minus the signal."""
    pid = os.fork()
    if pid == 0:
        seen = []

        def count(*_: Any) -> None:
            seen.append(1)
            if len(seen) == dies_at:
                os.kill(os.getpid(), signal.SIGKILL)

        sa.event.listen(sa.engine.Engine, "before_cursor_execute", count)
        open_engine(url)
        os._exit(0)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


def _maak_oud(folder: Path) -> None:
    """A ledger as it was some revisions ago."""
    from alembic import command  # noqa: PLC0415
    from alembic.config import Config  # noqa: PLC0415

    from lineage.databank import MIGRATIONS  # noqa: PLC0415

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    engine = sa.create_engine(_url(folder))
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, OUD)
    engine.dispose()


@pytest.mark.zwaar
@pytest.mark.parametrize("oud", [False, True], ids=["nieuw", "oud"])
def test_killed_at_any_statement(tmp_path: Path, *, oud: bool) -> None:
    kills, step = 0, 1 if oud else 9
    for nr in range(1, 1000, step):
        folder = tmp_path / str(nr)
        folder.mkdir()
        if oud:
            _maak_oud(folder)
        ended = _statements(_url(folder), nr)
        assert ended in (0, -signal.SIGKILL)
        with sqlite3.connect(folder / "ledger.db") as connection:
            names = {row[0] for row in connection.execute("select name from sqlite_master where type = 'table'")}
        assert (t.onverzonden.name in names) is (ended == 0)  # the last of the tables: all of them, or none
        assert (t.stap.name in names) is (oud or ended == 0)
        assert Ledger(_url(folder)).rijen(sa.select(t.stap)) == []
        with sqlite3.connect(folder / "ledger.db") as connection:
            assert connection.execute("select version_num from alembic_version").fetchall() == [(nieuwste_revisie(),)]
        kills += ended != 0
        if not ended:
            break
    assert kills > 5


def test_without_room_says_so_and_begins_anew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    small: list[int] = []

    def limit(connection: Any, _record: object) -> None:
        connection.execute(f"PRAGMA max_page_count={small[0] if small else 1073741823}")

    sa.event.listen(sa.engine.Engine, "connect", limit)
    monkeypatch.setattr("lineage.databank.time.sleep", lambda _: None)
    small.append(20)
    try:
        with pytest.raises(KetenFout, match="O-SCHIJF"):
            Ledger(_url(tmp_path))
        small.clear()
        assert Ledger(_url(tmp_path)).rijen(sa.select(t.stap)) == []
    finally:
        sa.event.remove(sa.engine.Engine, "connect", limit)
