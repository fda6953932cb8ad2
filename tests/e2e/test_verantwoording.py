"""Everything is accounted for: what came in, what was used, what went out; and doing it again changes nothing."""

from __future__ import annotations

import csv
import json
import xml.etree.ElementTree as ET
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pyarrow.parquet as pq
import pytest
import sqlalchemy as sa

from lineage import tabellen as t
from pipeline.levering.ontvang import landed
from pipeline.rapport import maak_rapport
from pipeline.stand import lake_naam
from pipeline.toelaten import toelaten
from schemas.load import doelen, producten
from tests.e2e.conftest import MAANDEN, Land, draai_maand
from tests.e2e.eenmalig import vingerafdruk
from tests.e2e.uitgeleverd import ontvangers_van, runs, signalen_van, uitleveringen_van, verstuurd

UITVAL, BUITEN_DOEL = "R-", "D-"


def _tellingen(land: Land, tabel: str) -> dict[tuple[str, str], Counter[str]]:
    """Per levering and doel the counts of the last time a table passed the door."""
    query = (
        sa.select(t.stap.c.onderwerp, t.stap.c.stap_nr, t.telling.c.doel, t.telling.c.reden, t.telling.c.aantal)
        .join(t.stap, t.stap.c.stap_nr == t.telling.c.stap_nr)
        .where(t.stap.c.soort == "deur", t.telling.c.tabel == tabel, t.telling.c.doel != "")
        .order_by(t.stap.c.stap_nr)
    )
    found: dict[tuple[str, str], tuple[int, Counter[str]]] = {}
    for row in land.instellingen.grootboek.rijen(query):
        key = row["onderwerp"], row["doel"]
        if key not in found or found[key][0] != row["stap_nr"]:
            found[key] = row["stap_nr"], Counter()
        found[key][1][row["reden"]] += row["aantal"]
    return {key: counts for key, (_, counts) in found.items()}


def _count_rows(path: Path) -> int:
    """The rows of a bijstandspopulatie, counted without the project's readers."""
    if path.suffix == ".csv":
        with path.open(encoding="utf-8-sig", newline="") as file:
            return sum(1 for _ in csv.reader(file, delimiter=";")) - 1
    if path.suffix == ".jsonl":
        return sum(1 for line in path.read_text(encoding="utf-8").splitlines() if line.strip())
    if path.suffix == ".json":
        text = path.read_text(encoding="utf-8")
        document = (
            json.loads(text) if text.lstrip().startswith("[") else [json.loads(x) for x in text.splitlines() if x]
        )
        return len(document)
    if path.suffix == ".xml":
        return sum(1 for element in ET.parse(path).iter() if element.tag.rpartition("}")[2] == "Bijstand")
    assert path.suffix == ".parquet"
    return pq.ParquetFile(path).metadata.num_rows


def _leveringen_met(land: Land, tabel: str) -> Iterator[tuple[str, list[Path]]]:
    grootboek = land.instellingen.grootboek
    for levering in grootboek.leveringen():
        files = [row for row in grootboek.bestanden(levering["levering_nr"]) if tabel in row["tabellen"].split()]
        if files:
            folder = land.instellingen.landing / levering["bron"] / levering["levering_id"]
            yield levering["levering_id"], [landed(folder)[row["bestand_nr"]] for row in files]


def test_received_is_used_or_outside_or_rejected(land: Land) -> None:
    """Every row of every bijstandspopulatie, in five formats, is somewhere in the counts of every doel."""
    tabel = "gemeente.bijstandspopulatie"
    counts = _tellingen(land, tabel)
    consulting = [naam for naam, doel in doelen().items() if any(each.tabel == tabel for each in doel.bronnen)]
    suffixes: set[str] = set()
    checked = 0
    for levering, paths in _leveringen_met(land, "gemeente.bijstandspopulatie"):
        received = sum(_count_rows(path) for path in paths)
        suffixes |= {path.suffix for path in paths}
        for doel in consulting:
            per_reason = counts[levering, doel]
            total = sum(
                aantal
                for reden, aantal in per_reason.items()
                if reden == "gebruikt" or reden.startswith((UITVAL, BUITEN_DOEL))
            )
            assert total == received, (levering, doel, dict(per_reason))
            checked += 1
    assert suffixes == {".csv", ".json", ".jsonl", ".xml", ".parquet"}
    assert checked == 3 * len(doelen())


def test_used_is_what_the_lake_holds(land: Land) -> None:
    """The lake file of every passage has as many rows as the door counted as used."""
    grootboek, checked = land.instellingen.grootboek, 0
    tabellen = grootboek.tabellen_per_levering()
    query = sa.select(t.telling.c.tabel, t.telling.c.aantal).where(t.telling.c.reden == "gebruikt")
    for doorgang in grootboek.rijen(sa.select(t.doorgang)):
        here = query.where(t.telling.c.stap_nr == doorgang["stap_nr"], t.telling.c.doel == doorgang["doel"])
        used = {row["tabel"]: row["aantal"] for row in grootboek.rijen(here)}
        name = f"{lake_naam(doorgang, doorgang['toelating'])}.parquet"
        for tabel in tabellen[doorgang["levering_nr"]]:
            path = land.instellingen.lake / doorgang["doel"] / tabel / name
            rows = pq.ParquetFile(path).metadata.num_rows if path.exists() else 0
            assert rows == used.get(tabel, 0), (doorgang["levering_nr"], doorgang["doel"], tabel)
            checked += rows
    assert checked > 1000


@pytest.mark.parametrize("product", list(producten()))
def test_signals_are_delivered_unchanged_or_held_back(land: Land, product: str) -> None:
    """Per run: signalen = geleverd + ongewijzigd + tegengehouden, with what ended on top of what was delivered."""
    for run in runs(land, product):
        rows, sent = uitleveringen_van(land, run), verstuurd(land, run)
        made = sum(len(ontvangers_van(product, signaal["ontvanger"])) for signaal in signalen_van(land, run))
        mutaties = Counter(mutatie for signals in sent.values() for mutatie in signals.values())
        gone = mutaties["beeindigd"] + mutaties["ingetrokken"]

        assert {row["status"] for row in rows} <= {"geleverd", "ongewijzigd", "tegengehouden"}
        assert made + gone == sum(row["aantal"] + row["ongewijzigd"] for row in rows)
        assert mutaties.total() == sum(row["aantal"] for row in rows if row["status"] == "geleverd")


def test_running_everything_again_changes_no_file(land: Land) -> None:
    before = vingerafdruk(land.data)

    assert toelaten(land.instellingen) == []
    for maand in MAANDEN:
        draai_maand(land, maand)
    maak_rapport(land.instellingen)

    after = vingerafdruk(land.data)
    assert {naam for naam in before.keys() | after.keys() if before.get(naam) != after.get(naam)} == set()
    assert len(before) > 3000
