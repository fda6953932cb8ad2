"""A burgerservicenummer is found nowhere but in the landing area and the deliveries."""

from __future__ import annotations

import csv
import gzip
import json
import re
import sqlite3
import zipfile
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.bouw import maak_bsn
from tests.e2e.conftest import Land
from tests.e2e.speur import Speurder, Vondst
from tests.geopend import geopend

MAG_ERIN = ("landing",)
MONSTER = 15


def met_signaal(uitleveringen: Path) -> set[str]:
    """Whom the messages are about."""
    return {
        signaal["burgerservicenummer"]
        for path in uitleveringen.glob("*/*/*/*.json")
        for signaal in json.loads(path.read_text(encoding="utf-8")).get("signalen", [])
        if "burgerservicenummer" in signaal  # counts are about nobody
    }


def _genoemd(map_: Path) -> set[str]:
    """Everything of nine digits in the files below a folder."""
    texts = [path.read_bytes() for path in map_.rglob("*") if path.suffix in (".csv", ".json", ".jsonl", ".xml")]
    for path in map_.rglob("*.zip"):
        with zipfile.ZipFile(path) as archive:
            texts += [archive.read(name) for name in archive.namelist()]
    for path in map_.rglob("*.parquet"):
        texts += [str(column.to_pylist()).encode() for column in pq.read_table(path).columns]
    return {nummer.decode() for text in texts for nummer in re.findall(rb"(?<!\d)\d{9}(?!\d)", text)}


def _buiten(land: Land) -> set[str]:
    """Persons whom the BRP delivered and who are in no population."""
    bron = land.instellingen.map("landing", "demo")
    found: set[str] = set()
    for path in (bron / "brp").rglob("*.csv"):
        with path.open(encoding="utf-8-sig", newline="") as file:
            found |= {row["01.01.20"] for row in csv.DictReader(file, delimiter=";") if row["01.01.20"]}
    return found - _genoemd(bron / "gemeente") - _genoemd(bron / "duo")


@pytest.fixture(scope="module")
def geplant(land: Land) -> list[str]:
    named = met_signaal(geopend(land.instellingen))
    with_signal, outside = sorted(named), sorted(_buiten(land) - named)
    assert len(with_signal) > 100
    assert len(outside) > 20
    return [*with_signal[:: len(with_signal) // MONSTER], *outside[:: max(1, len(outside) // MONSTER)]]


def test_nowhere_but_landing(land: Land, geplant: list[str]) -> None:
    speurder = Speurder(geplant)

    assert speurder.zoek(land.data, MAG_ERIN) == []
    assert speurder.gelezen > 1_000_000


def test_the_search_finds_them_where_they_may_be(land: Land, geplant: list[str]) -> None:
    """The control: the same search sees every one of them in what was received, archives and Parquet included."""
    for nummer in (geplant[0], geplant[-1]):
        found = Speurder([nummer]).zoek(land.data / "landing" / "demo")
        assert found
    received = Speurder(geplant).zoek(land.data / "landing")
    assert any("!" in vondst.plaats for vondst in received)
    assert any(vondst.hoe.startswith("kolom") for vondst in received)
    assert not any(vondst.hoe == "bestandsnaam" for vondst in received)
    assert Speurder(geplant).zoek(geopend(land.instellingen))


def test_no_burgerservicenummer_in_a_file_name(land: Land, geplant: list[str]) -> None:
    names = "\n".join(path.relative_to(land.data).as_posix() for path in land.data.rglob("*"))

    assert [nummer for nummer in geplant if nummer in names] == []


@pytest.mark.parametrize("soort", ["tekst", "int32", "int64", "binair", "woordenboek", "sqlite", "zip", "gz", "naam"])
def test_the_search_finds_a_planted_number(tmp_path: Path, soort: str) -> None:
    """Each hiding place on its own, so that an empty outcome above means something."""
    bsn = maak_bsn(42)
    _plant(tmp_path, soort, bsn)

    found = Speurder([bsn]).zoek(tmp_path)

    assert found
    assert bsn not in str([vondst.hoe for vondst in found])
    assert Speurder([maak_bsn(43)]).zoek(tmp_path) == []


def _plant(folder: Path, soort: str, bsn: str) -> None:
    columns = {
        "int32": pa.array([1, int(bsn)], pa.int32()),
        "int64": pa.array([1, int(bsn)], pa.int64()),
        "binair": pa.array([b"x", bsn.encode()], pa.binary()),
        "woordenboek": pa.array(["x", bsn]).dictionary_encode(),
    }
    if soort in columns:
        pq.write_table(pa.table({"kolom": columns[soort]}), folder / "a.parquet", compression="zstd")
    elif soort == "tekst":
        (folder / "a.log").write_text(f"fout bij {bsn}.", encoding="utf-8")
    elif soort == "sqlite":
        with sqlite3.connect(folder / "a.db") as connection:
            connection.execute("create table t (n integer)")
            connection.execute("insert into t values (?)", (int(bsn),))
        connection.close()
    elif soort == "zip":
        with zipfile.ZipFile(folder / "a.zip", "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("b.txt", bsn * 3)
    elif soort == "gz":
        (folder / "a.gz").write_bytes(gzip.compress(bsn.encode()))
    else:
        (folder / f"a-{bsn}.txt").touch()


def test_a_leading_zero_hides_nothing(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("22264541", encoding="utf-8")

    assert Speurder(["022264541"]).zoek(tmp_path) == [Vondst("a.txt", "tekst")]
