"""Pointers to rejected records: all of them, in one file, without holding them in memory."""

from __future__ import annotations

import tracemalloc
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from pipeline import passage as passage_module
from pipeline.aanwijzingen import ROWS, Aanwijzingen
from pipeline.bewaren.resten import _ASIDE
from pipeline.instellingen import Instellingen
from pipeline.toelaten import toelaten
from privacy.deur import QUARANTAINE
from tests.bouw import BIJSTAND, bijstand, maak_bsn, neem_op, populatie_csv, schrijf_csv
from tests.leveringen import stand_van


def pointers(first: int, count: int) -> pa.RecordBatch:
    """Pointers to records `first` and following."""
    columns = {
        "levering_nr": [1] * count,
        "doel": ["inkomsten"] * count,
        "tabel": ["uwv.inkomstenverhouding"] * count,
        "bestand_nr": [None] * count,
        "lid_nr": [None] * count,
        "record_nr": range(first, first + count),
        "code": ["R-DATUM"] * count,
    }
    return pa.RecordBatch.from_pydict(columns, schema=QUARANTAINE)


def test_everything_that_was_kept_is_in_one_file(tmp_path: Path) -> None:
    kept = Aanwijzingen(tmp_path / "map" / "a.parquet")
    with kept.lezing() as bewaar:
        bewaar([pointers(1, 10), pointers(11, ROWS)])
        bewaar([pointers(11 + ROWS, 5)])
    with kept.lezing() as bewaar:
        bewaar([])
    kept.leg_vast(pa.Table.from_batches([pointers(16 + ROWS, 1)]))
    assert [path.name for path in (tmp_path / "map").iterdir()] == ["a.parquet"]
    table = pq.read_table(tmp_path / "map" / "a.parquet")
    assert table["record_nr"].to_pylist() == list(range(1, 17 + ROWS))
    assert table.schema.names == QUARANTAINE.names


def test_a_reading_that_breaks_off_leaves_nothing(tmp_path: Path) -> None:
    kept = Aanwijzingen(tmp_path / "a.parquet")
    with pytest.raises(KeyboardInterrupt), kept.lezing() as bewaar:
        bewaar([pointers(1, ROWS)])
        [part] = tmp_path.iterdir()
        assert _ASIDE.match(part.name), "a killed process leaves a name that is known as a leftover"
        raise KeyboardInterrupt
    assert list(tmp_path.iterdir()) == []
    kept.leg_vast(QUARANTAINE.empty_table())
    assert list(tmp_path.iterdir()) == []


@pytest.mark.zwaar
@pytest.mark.parametrize("times", [4, 40])
def test_memory_does_not_grow_with_what_is_rejected(tmp_path: Path, times: int) -> None:
    kept, highest, before = Aanwijzingen(tmp_path / "a.parquet"), 0, pa.total_allocated_bytes()
    tracemalloc.start()
    with kept.lezing() as bewaar:
        for nr in range(times):
            bewaar([pointers(1 + nr * ROWS, ROWS)])
            highest = max(highest, pa.total_allocated_bytes() - before)
    kept.leg_vast(QUARANTAINE.empty_table())
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert pq.read_metadata(tmp_path / "a.parquet").num_rows == times * ROWS
    assert highest < 16 * 2**20
    assert peak < 64 * 2**20


def test_the_door_keeps_them_there(instellingen: Instellingen) -> None:
    """Every second record is wrong; each is pointed at once for each of the doelen it was for."""
    person = maak_bsn(1)
    rows = [bijstand(person, ingang="20251399" if nr % 2 else "20250101") for nr in range(2_000)]
    levering = neem_op(instellingen, "gemeente", {"a.csv": schrijf_csv(BIJSTAND, rows[:800])})
    toelaten(instellingen)
    [path] = instellingen.map("quarantaine").rglob("*.parquet")
    table = pq.read_table(path)
    per_doel = table.group_by(["doel", "code"]).aggregate([("record_nr", "count")]).to_pylist()
    assert {row["record_nr_count"] for row in per_doel} == {400}
    assert {row["code"] for row in per_doel} == {"R-DATUM"}
    assert set(table["record_nr"].to_pylist()) == set(range(2, 801, 2))
    assert stand_van(instellingen, levering.levering_id)[0] == "ontvangen"


def test_a_file_of_nothing_but_broken_records_is_no_file(
    instellingen: Instellingen, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(passage_module, "MAX_KAPOT", 50)
    text = populatie_csv([maak_bsn(1)]) + "een;losse;regel\n" * 60
    good = populatie_csv([maak_bsn(2)])
    levering = neem_op(instellingen, "gemeente", {"a.csv": text, "b.csv": good})
    toelaten(instellingen)
    rows = {row["bestand_nr"]: row["code"] for row in instellingen.grootboek.bestanden(1)}
    assert rows == {1: "B-KAPOT", 2: None}
    assert stand_van(instellingen, levering.levering_id)[0] == "ontvangen"
