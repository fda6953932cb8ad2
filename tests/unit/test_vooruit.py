"""Reading ahead and writing behind change the order of nothing and hide no error."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from connectors.vooruit import vooruit
from privacy import schrijver
from privacy.schrijver import Schrijver
from schemas.fout import KetenFout

BATCH = pa.RecordBatch.from_pydict({"record_nr": pa.array([1, 2], pa.int64()), "x": ["a", None]})


def test_everything_comes_in_order() -> None:
    assert list(vooruit(iter(range(1000)))) == list(range(1000))
    assert list(vooruit(iter([]))) == []


def test_error_comes_after_what_was_read_before_it() -> None:
    def items() -> Iterator[int]:
        yield from range(5)
        raise KetenFout("B-KAPOT")

    seen: list[int] = []
    with pytest.raises(KetenFout, match="B-KAPOT"):
        seen.extend(vooruit(items()))
    assert seen == [0, 1, 2, 3, 4]


def test_no_thread_stays_behind() -> None:
    before = threading.active_count()
    reading = vooruit(iter(range(1000)))
    assert next(reading) == 0
    reading.close()
    assert threading.active_count() == before


def test_rows_keep_their_order_over_row_groups(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(schrijver, "ROW_GROUP", 3)
    path = tmp_path / "lake" / "x.parquet"
    out = Schrijver()
    for nr in range(0, 20, 2):
        out.schrijf(path, BATCH.set_column(0, "record_nr", pa.array([nr, nr + 1])))
    assert not path.exists()
    out.sluit(behoud=True)
    assert pq.ParquetFile(path).read()["record_nr"].to_pylist() == list(range(20))
    assert [each.name for each in path.parent.iterdir()] == [path.name]


def test_error_while_writing_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(schrijver, "ROW_GROUP", 1)
    good, bad = tmp_path / "a.parquet", tmp_path / "b.parquet"
    out = Schrijver()
    out.schrijf(good, BATCH)
    out.schrijf(bad, BATCH)
    out.schrijf(bad, BATCH.select(["x"]))  # another schema
    with pytest.raises(ValueError, match="schema"):
        out.sluit(behoud=True)
    assert list(tmp_path.iterdir()) == []
