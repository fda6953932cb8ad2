"""A product build in one process: repeatable to the byte, sees its own vars, fails with names and without values."""

from __future__ import annotations

import hashlib
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from pipeline import dbt_build
from tests.spec.signals.casus import read_case, write_input

CASES = Path(__file__).resolve().parents[1] / "spec" / "signals"
PERSONS = 200_000
AT_A_GIGABYTE = 3_000_000
CASE = CASES / "vsv" / "verjaardag_op_peildatum"


def build(
    folder: Path, naam: str, case: Path = CASE, periode: str | None = None, threads: int = 2
) -> dbt_build.DbtUitkomst:
    casus = read_case(case)
    invoer = folder / "invoer"
    invoer.mkdir(exist_ok=True)
    return dbt_build.build(
        casus.product,
        write_input(casus, invoer),
        folder / naam,
        periode=periode or casus.periode,
        aanwezig=casus.aanwezig,
        werkmap=folder / f"werk-{naam}",
        threads=threads,
    )


def digests(folder: Path) -> dict[str, str]:
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in sorted(folder.glob("*.parquet"))}


@pytest.mark.zwaar
def test_same_input_gives_the_same_bytes_whatever_the_threads(tmp_path: Path) -> None:
    assert build(tmp_path, "een", threads=1).ok
    assert build(tmp_path, "twee", threads=2).ok
    assert sorted(digests(tmp_path / "een")) == ["bewijs_vsv.parquet", "signal_vsv.parquet", "uitgesloten_vsv.parquet"]
    assert digests(tmp_path / "een") == digests(tmp_path / "twee")


@pytest.mark.zwaar
def test_each_build_in_a_process_sees_its_own_vars(tmp_path: Path) -> None:
    build(tmp_path, "januari")
    build(tmp_path, "februari", periode="2026-02")
    build(tmp_path, "weer-januari")
    rows = {naam: pq.read_table(tmp_path / naam / "signal_vsv.parquet") for naam in ("januari", "februari")}
    assert {naam: table.num_rows for naam, table in rows.items()} == {"januari": 1, "februari": 2}
    assert digests(tmp_path / "januari") == digests(tmp_path / "weer-januari")
    assert set(rows["januari"]["signaal_id"].to_pylist()) < set(rows["februari"]["signaal_id"].to_pylist())


def test_outcome_lists_models_with_rows_and_tests(tmp_path: Path) -> None:
    uitkomst = build(tmp_path, "uit")
    models = {model.naam: model for model in uitkomst.modellen}
    assert models["signal_vsv"].rijen == 1
    assert models["stg_duo__persoon"].rijen is None
    assert uitkomst.tests_geslaagd >= 5
    assert (uitkomst.tests_mislukt, uitkomst.fouten) == ((), ())


def test_a_model_error_names_the_model_and_no_value_and_writes_nothing(tmp_path: Path) -> None:
    casus = read_case(CASE)
    invoer = write_input(casus, tmp_path)
    # 20261399 is no date: the door refuses it, so this stands for a fault that gets past it.
    table = pq.read_table(invoer["brp.persoon"][1])
    column = pa.array([20061399] * table.num_rows, pa.int32())
    table = table.set_column(table.schema.get_field_index("geboortedatum"), "geboortedatum", column)
    pq.write_table(table, invoer["brp.persoon"][1])
    uitkomst = dbt_build.build(
        "vsv", invoer, tmp_path / "uit", periode="2026-01", aanwezig=casus.aanwezig, werkmap=tmp_path / "werk"
    )
    assert not uitkomst.ok
    assert any("int_vsv__jongere" in fout for fout in uitkomst.fouten)
    assert "2006" not in repr(uitkomst.fouten)
    assert digests(tmp_path / "uit") == {}


def test_a_failing_data_test_gives_its_name_and_writes_nothing(tmp_path: Path) -> None:
    casus = read_case(CASE)
    invoer = write_input(casus, tmp_path)
    norms = pq.read_table(invoer["referentie.gemeente_opvolging"][0])
    pq.write_table(pa.concat_tables([norms, norms]), invoer["referentie.gemeente_opvolging"][0])
    uitkomst = dbt_build.build(
        "vsv", invoer, tmp_path / "uit", periode="2026-01", aanwezig=casus.aanwezig, werkmap=tmp_path / "werk"
    )
    assert not uitkomst.ok
    assert uitkomst.tests_mislukt == ("unique_int_vsv__jongere_persoon",)
    assert digests(tmp_path / "uit") == {}


def test_dbt_says_nothing_and_leaves_nothing_in_the_checkout(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    before = set(dbt_build.TRANSFORMS.rglob("*"))
    build(tmp_path, "uit")
    assert capfd.readouterr() == ("", "")
    assert set(dbt_build.TRANSFORMS.rglob("*")) == before


@pytest.mark.zwaar
def test_two_processes_at_once(tmp_path: Path) -> None:
    code = (
        "import sys; from pathlib import Path; from tests.integration.test_dbt_build import build;"
        "sys.exit(0 if build(Path(sys.argv[1]), sys.argv[2]).ok else 1)"
    )
    root = Path(__file__).resolve().parents[2]
    folders = [tmp_path / naam for naam in ("a", "b")]
    for folder in folders:
        folder.mkdir()
    running = [subprocess.Popen([sys.executable, "-c", code, str(folder), "uit"], cwd=root) for folder in folders]
    assert [process.wait(timeout=120) for process in running] == [0, 0]
    assert digests(folders[0] / "uit") == digests(folders[1] / "uit")


def build_country(folder: Path, persons: int, geheugen: str) -> int:
    """Builds vsv over so many young persons; returns the most bytes there were in the spill folder."""
    casus = read_case(CASE)
    invoer = write_input(casus, folder)
    person = "unhex(md5(cast(i as varchar))) as persoon, cast(i as bigint) as record_nr"
    rows = {
        "duo.persoon": "false as indicatie_startkwalificatie",
        "brp.persoon": "cast(20050101 as int) as geboortedatum",
        "brp.verblijfplaats": "'0344' as gemeente_van_inschrijving, cast(20200101 as int) as datum_begin",
    }
    for naam, columns in rows.items():
        path = folder / f"{naam}-2.parquet"
        select = f"select cast(1 as int) as levering_nr, {person}, {columns} from range({persons}) t(i)"
        duckdb.sql(f"copy ({select}) to '{path}'")
        invoer[naam].append(path)
    with spilled(folder / "werk" / "tmp") as most:
        uitkomst = dbt_build.build(
            "vsv",
            invoer,
            folder / "uit",
            periode=casus.periode,
            aanwezig=casus.aanwezig,
            werkmap=folder / "werk",
            geheugen=geheugen,
        )
    assert uitkomst.ok, (uitkomst.fouten, uitkomst.tests_mislukt)
    assert pq.read_metadata(folder / "uit" / "signal_vsv.parquet").num_rows == persons + 1
    assert not list((folder / "werk").glob("tmp/*"))  # nothing of it stays
    return most()


@contextmanager
def spilled(folder: Path) -> Iterator[Callable[[], int]]:
    """Looks into a spill folder until the end; what it gives says how many bytes there were at most."""
    ended, seen = threading.Event(), [0]

    def look() -> None:
        while not ended.wait(0.005):
            with suppress(OSError):  # a file can go between seeing and measuring it
                seen.append(sum(path.stat().st_size for path in folder.glob("*")))

    watcher = threading.Thread(target=look)
    watcher.start()
    try:
        yield lambda: max(seen)
    finally:
        ended.set()
        watcher.join()


@pytest.mark.zwaar
def test_a_build_larger_than_its_memory_spills_and_succeeds(tmp_path: Path) -> None:
    """DuckDB refuses to set its temp_directory again after the first spill, which dbt-duckdb does for `settings`."""
    assert build_country(tmp_path, PERSONS, "120MB") > 1_000_000


def test_a_build_that_fits_does_not_spill(tmp_path: Path) -> None:
    assert build_country(tmp_path, 1000, "2GB") == 0


@pytest.mark.zwaar
def test_at_a_gigabyte_a_country_of_young_persons_spills_and_succeeds(tmp_path: Path) -> None:
    """Rows for more than a gigabyte, at the limit that the figures of the house are held against."""
    assert build_country(tmp_path, AT_A_GIGABYTE, "1GB") > 10_000_000
