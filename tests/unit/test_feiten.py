"""Facts on disk in the order of the signals, read back a part at a time."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.uitlevering import feiten

Feit = tuple[str, int, str]  # signaal_id, volgnummer, waarde


def schrijf(pad: Path, rijen: list[Feit]) -> str:
    columns = {
        "signaal_id": pa.array([rij[0] for rij in rijen], pa.string()),
        "volgnummer": pa.array([rij[1] for rij in rijen], pa.int32()),
        "waarde": pa.array([rij[2] for rij in rijen], pa.string()),
    }
    pq.write_table(pa.table(columns), pad)
    return str(pad)


def signalen(van: list[tuple[str, int]]) -> pa.Table:
    """Signals with the number in a run and the place of their bewijs."""
    return pa.table(
        {
            "intern_id": pa.array([intern_id for intern_id, _ in van], pa.string()),
            "bewijs_nr": pa.array([nr for _, nr in van], pa.int32()),
        }
    )


RUNS = st.lists(st.dictionaries(st.sampled_from("abcdef"), st.integers(0, 5), max_size=6), min_size=1, max_size=3)


@settings(max_examples=60, deadline=None)
@given(st.data(), RUNS, st.integers(1, 7))
def test_each_signal_finds_its_facts(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject, runs: list[dict[str, int]], batch: int
) -> None:
    """Whatever signals are chosen, twice too, of whatever runs, and whatever part of them is read."""
    folder = tmp_path_factory.mktemp("feiten")
    paden = []
    for nr, aantallen in enumerate(runs):
        rijen = [
            (naam, volgnummer, f"{nr}{naam}{volgnummer}") for naam, n in aantallen.items() for volgnummer in range(n)
        ]
        paden.append(schrijf(folder / f"{nr}.parquet", data.draw(st.permutations(rijen))))
    choices = [(naam, nr) for nr, aantallen in enumerate(runs) for naam in (*aantallen, "geen")]
    chosen = data.draw(st.lists(st.sampled_from(choices), max_size=12))
    expected = [[f"{nr}{naam}{v}" for v in range(runs[nr].get(naam, 0))] for naam, nr in chosen]

    with pytest.MonkeyPatch.context() as patch, duckdb.connect() as databank:
        patch.setattr(feiten, "RIJEN", batch)
        found = feiten.leg_klaar(databank, paden, signalen(chosen), folder / "feiten.arrow")
    assert len(found) == sum(map(len, expected))
    start = data.draw(st.integers(0, len(chosen)))
    rows = data.draw(st.integers(0, len(chosen) - start))
    table, grens = found.deel(start, rows)
    waarden = table["waarde"].to_pylist()
    assert [waarden[a:b] for a, b in pairwise(grens)] == expected[start : start + rows]
    assert grens[-1] == len(table)


def test_a_fact_without_volgnummer_is_refused(tmp_path: Path) -> None:
    bewijs = pa.table({"signaal_id": ["a"], "volgnummer": pa.nulls(1, pa.int32()), "waarde": ["x"]})
    pq.write_table(bewijs, tmp_path / "bewijs.parquet")
    with duckdb.connect() as databank, pytest.raises(ValueError, match="zonder volgnummer"):
        feiten.leg_klaar(databank, [str(tmp_path / "bewijs.parquet")], signalen([("a", 0)]), tmp_path / "uit.arrow")
