"""Gedrag 5: een burgerservicenummer bestaat alleen voor de deur en in berichten, en nergens daartussen."""

from __future__ import annotations

import io
import logging
import shutil
import sqlite3
import zipfile
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from typer.testing import CliRunner

from pipeline.cli import app
from pipeline.instellingen import Instellingen
from pipeline.rapport import maak_rapport
from tests.bouw import IKV, ikv, schrijf_csv
from tests.e2e.speur import Speurder
from tests.geopend import geopend
from tests.spec.privacy import dorp as d

# Where a burgerservicenummer may be: what bronnen sent, as they sent it, and what goes to recipients.
MAG = ("landing", "aangeboden")
GEPLANT = tuple(d.PERSOON.values())


def _zip(leden: dict[str, str]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for naam, inhoud in leden.items():
            archive.writestr(naam, inhoud)
    return buffer.getvalue()


def vervelend() -> dict[str, bytes]:
    """Files that go wrong in every way we know, each with the number of somebody in it, and in its name."""
    bsn = d.NIEMAND
    row = ikv(bsn)
    return {
        f"{bsn}.csv": schrijf_csv(IKV, [row, [bsn, *row[1:3], "geen datum", *row[4:]]]).encode(),
        "afgebroken.csv": schrijf_csv(IKV, [row])[:-30].encode(),
        "kolom.csv": schrijf_csv([*IKV, f"kolom {bsn}"], [[*row, bsn]]).encode(),
        "te_kort.csv": f"{';'.join(IKV)}\n{bsn}\n".encode(),
        "kapot.xml": f"<Antwoord><Burgerservicenr>{bsn}</Burger".encode(),
        "kapot.json": f'{{"burgerservicenummer": "{bsn}"'.encode(),
        "vreemd.bin": bsn.encode() * 3,
        f"archief-{bsn}.zip": _zip({f"{bsn}/{bsn}.csv": schrijf_csv(IKV, [row]), f"../{bsn}": bsn}),
        "goed.zip": _zip({f"{bsn}.csv": schrijf_csv(IKV, [ikv(d.EVA)])}),
    }


@pytest.fixture(scope="module")
def geplant(gemaakt: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Instellingen, str]]:
    """The village after files that go wrong, everything run again; with all that was said meanwhile."""
    folder = tmp_path_factory.mktemp("geplant")
    shutil.copytree(gemaakt / "var", folder / "var")
    bestanden = folder / "bestanden"
    bestanden.mkdir()
    for naam, inhoud in vervelend().items():
        (bestanden / naam).write_bytes(inhoud)
    instellingen, said = Instellingen(data=folder / "var"), io.StringIO()
    handler = logging.StreamHandler(said)
    logging.getLogger().addHandler(handler)
    runner, env = CliRunner(), {"KETEN_DATA": str(instellingen.data), "COLUMNS": "250"}
    try:
        for args in (
            *(["ontvang", "uwv", str(path), "--periode", d.PERIODE] for path in sorted(bestanden.iterdir())),
            *(["ontvang", bron, str(bestanden), "--periode", d.PERIODE] for bron in ("gemeente", "brp")),
            *(["draai", product, "--periode", d.PERIODE] for product in d.PRODUCTEN),
            *(["status"], ["rapport"]),
        ):
            result = runner.invoke(app, args, env=env)
            said.write(result.output + repr(result.exception))
        maak_rapport(instellingen)
    finally:
        logging.getLogger().removeHandler(handler)
    yield instellingen, said.getvalue()


def test_no_planted_bsn_in_any_byte(geplant: tuple[Instellingen, str]) -> None:
    """Geen geplant nummer staat in lake, runs, grootboek, quarantaine, logboek of rapport; elke byte is bekeken."""
    speurder = Speurder(GEPLANT)
    assert speurder.zoek(geplant[0].data, behalve=MAG) == []
    assert speurder.gelezen > 500_000


def test_no_planted_bsn_in_what_is_said(geplant: tuple[Instellingen, str]) -> None:
    """Ook in meldingen, fouten en logregels staat geen nummer."""
    said = geplant[1]
    assert "B-" in said or "R-" in said  # the bad files were talked about
    assert not Speurder(GEPLANT).zoekt(said)


def test_no_bsn_in_names_of_files(geplant: tuple[Instellingen, str]) -> None:
    """Bestanden krijgen een nummer als naam, ook waar de inhoud een burgerservicenummer mag hebben."""
    speurder = Speurder(GEPLANT)
    paths = [path for naam in MAG if naam != "aangeboden" for path in (geplant[0].data / naam).rglob("*")]
    assert paths
    assert not [path for path in paths if speurder.zoekt(path.relative_to(geplant[0].data).as_posix())]


def test_the_search_finds_what_is_there(geplant: tuple[Instellingen, str], tmp_path: Path) -> None:
    """Het zoeken zelf deugt: in wat binnenkwam en wat uitging worden de nummers wel gevonden, ook ingepakt."""
    speurder = Speurder(GEPLANT)
    for folder in (geplant[0].landing, geopend(geplant[0])):
        assert speurder.zoek(folder), folder.name
    pq.write_table(pa.table({"getal": [int(d.ANNA)]}), tmp_path / "getal.parquet", compression="zstd")
    (tmp_path / "in.zip").write_bytes(_zip({"x": d.ANNA}))
    with closing(sqlite3.connect(tmp_path / "x.db")) as connection, connection:
        connection.execute("create table t (x integer)")
        connection.execute("insert into t values (?)", [int(d.ANNA)])
    found = {vondst.plaats.partition("!")[0] for vondst in speurder.zoek(tmp_path)}
    assert {"getal.parquet", "in.zip", "x.db"} <= found
