"""Where a process works beside dbt: what is set holds, and nothing stays."""

from __future__ import annotations

import os
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import duckdb
import pyarrow as pa
import pytest

from pipeline.bewaren.resten import RUST, vind_resten
from pipeline.instellingen import Instellingen
from pipeline.rekenen import rekendatabank, rekenruimte

MB = 10**6
# More values than fit in 50 MB, so that they must be put aside.
VEEL = "select count(distinct md5(range::varchar)) from range(1_000_000)"


def geheugen(databank: duckdb.DuckDBPyConnection) -> int:
    ((found,),) = databank.execute("select parse_formatted_bytes(current_setting('memory_limit'))").fetchall()
    return int(found)


@pytest.fixture
def in_arrow(monkeypatch: pytest.MonkeyPatch) -> Callable[[int], None]:
    """Has this process hold so many bytes, whatever tests before this one left."""
    return lambda held: monkeypatch.setattr(pa, "total_allocated_bytes", lambda: held)


def test_it_keeps_to_what_is_set_and_puts_the_rest_aside(tmp_path: Path, in_arrow: Callable[[int], None]) -> None:
    in_arrow(0)
    instellingen = Instellingen(data=tmp_path / "var", geheugen="64MB", threads=1)
    with rekendatabank(instellingen) as databank:
        assert databank.execute("select current_setting('threads')").fetchall() == [(1,)]
        assert geheugen(databank) == pytest.approx(48 * MB, rel=0.02)
        assert databank.execute(VEEL).fetchall() == [(1_000_000,)]
        (where,) = instellingen.rekenmap.parent.iterdir()
        assert databank.execute("select current_setting('temp_directory')").fetchall() == [(str(where),)]
    assert not list(instellingen.rekenmap.parent.iterdir())


def test_what_does_not_fit_is_refused_without_a_place_for_it(tmp_path: Path) -> None:
    """So the query above is large enough to tell."""
    with rekendatabank(Instellingen(data=tmp_path, geheugen="64MB", threads=1)) as databank:
        databank.execute("set max_temp_directory_size = '0B'")
        with pytest.raises(duckdb.OutOfMemoryException):
            databank.execute(VEEL)


@pytest.mark.parametrize(("held", "left"), [(0, 750), (200, 550), (250, 500), (900, 500), (2000, 500)])
def test_what_the_process_holds_counts(tmp_path: Path, in_arrow: Callable[[int], None], held: int, left: int) -> None:
    in_arrow(held * MB)
    with rekendatabank(Instellingen(data=tmp_path, geheugen="1GB")) as databank:
        assert geheugen(databank) == pytest.approx(left * MB, rel=0.02)


def test_holding_is_of_arrow() -> None:
    """What the tests above say that is held, a table is."""
    before = pa.total_allocated_bytes()
    column = pa.array(range(100_000))
    assert pa.total_allocated_bytes() - before >= column.nbytes


def test_what_a_killed_process_left_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    instellingen = Instellingen(data=tmp_path)
    monkeypatch.setattr(os, "getpid", lambda: 2**22 + 1)  # more than a process can have
    with rekenruimte(instellingen) as folder:
        long_ago = folder.stat().st_mtime - RUST - 1
        os.utime(folder, (long_ago, long_ago))
        (unit,) = vind_resten(instellingen, datetime.now(tz=UTC).date())
        assert unit.plaats == (folder.relative_to(tmp_path).as_posix(),)


def test_nothing_stays_when_it_fails(tmp_path: Path) -> None:
    instellingen = Instellingen(data=tmp_path)
    with pytest.raises(RuntimeError), rekenruimte(instellingen) as folder:
        (folder / "iets").write_text("x")
        raise RuntimeError
    assert not folder.exists()
