"""The main job from end to end: extracts in, messages out, and everything accounted for."""

from __future__ import annotations

import csv
import hashlib
import json
import shutil
import subprocess
import xml.etree.ElementTree as ET
from collections import Counter, defaultdict
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import jsonschema_rs
import pyarrow.parquet as pq
import pytest
import sqlalchemy as sa
from lxml import etree

from lineage import tabellen as t
from lineage.ledger import Rij
from message_formats.lees import lees_map
from pipeline.ontvang import landed
from pipeline.rapport import maak_rapport
from pipeline.signaleer import run_map
from pipeline.toelaten import toelaten
from schemas.load import producten, read_csv
from tests.bouw import CHECKOUT
from tests.e2e.conftest import MAANDEN, Land, draai_maand
from tests.e2e.eenmalig import vingerafdruk

GENERATED = CHECKOUT / "message_formats" / "generated"
FORMATEN = ("csv", "json", "xml")
UITVAL, BUITEN_DOEL = "R-", "D-"


def _manifesten(land: Land, patroon: str = "*/*/*") -> list[Path]:
    return sorted(land.instellingen.uitleveringen.glob(f"{patroon}/*_manifest.json"))


def _berichten(land: Land, formaat: str, patroon: str = "*/*/*") -> list[Path]:
    paths = sorted(land.instellingen.uitleveringen.glob(f"{patroon}/*.{formaat}"))
    return [path for path in paths if not path.stem.endswith(("_manifest", "_bewijs"))]


def _json(path: Path) -> Any:
    return json.loads(path.read_text(encoding="utf-8"))


@cache
def _schema(bericht: str, suffix: str) -> Path:
    (path,) = GENERATED.glob(f"{bericht}/v*/{bericht}{suffix}")
    return path


def _bericht(path: Path) -> str:
    return path.name.partition("_")[0]


@cache
def _rmc() -> dict[str, str]:
    return {row["gemeentecode"]: row["rmc_regio"] for row in read_csv("codes/gemeente.csv")}


def _runs(land: Land, product: str = "") -> list[Rij]:
    """The runs, oldest first."""
    query = sa.select(t.productrun).order_by(t.productrun.c.volgorde)
    return [run for run in land.instellingen.grootboek.rijen(query) if product in ("", run["product"])]


def _signalen(land: Land, run: Rij) -> list[dict[str, Any]]:
    folder = run_map(land.instellingen, run["run_id"])
    return pq.read_table(folder / f"signal_{run['product']}.parquet").to_pylist()


def _verstuurd(land: Land, run: Rij) -> dict[str, dict[str, str]]:
    """What a run sent: per recipient the mutatie of each signal."""
    sent = {}
    for path in _berichten(land, "json", f"*/{run['product']}/{run['periode']}"):
        document = _json(path)
        if document["envelop"]["runId"] == run["run_id"]:
            mutaties = {signaal["signaalId"]: signaal["mutatie"] for signaal in document["signalen"]}
            sent[document["envelop"]["ontvangerCode"]] = mutaties
    return sent


def _ontvangers_van(product: str, gemeente: str) -> list[str]:
    return [gemeente, f"rmc-{_rmc()[gemeente]}"] if producten()[product].bundel == "rmc" else [gemeente]


# Deliveries


def test_late_leveringen_have_a_month_run_again(land: Land) -> None:
    runs = Counter((run["product"], run["periode"]) for run in _runs(land))

    assert set(runs) == {(product, maand) for product in producten() for maand in MAANDEN}
    assert runs["inkomsten", MAANDEN[0]] == 2


@pytest.mark.parametrize("product", list(producten()))
def test_every_recipient_with_signals_has_three_formats(land: Land, product: str) -> None:
    """Whoever is named in the signals of a run was told something new once, so it must have files."""
    expected = {
        naar
        for run in _runs(land, product)
        for signaal in _signalen(land, run)
        for naar in _ontvangers_van(product, signaal["ontvanger"])
    }

    assert {path.parts[-4] for path in _manifesten(land, f"*/{product}/*")} == expected
    assert len(expected) > 5
    for folder in {path.parent for path in _manifesten(land, f"*/{product}/*")}:
        naar, _, maand = folder.parts[-3:]
        for manifest in folder.glob("*_manifest.json"):
            stam = manifest.name.removesuffix("_manifest.json")
            assert stam.startswith(f"{producten()[product].bericht}_{naar}_{maand}_")
            names = {f"{stam}{suffix}" for suffix in (".csv", ".json", ".xml", "_bewijs.csv", "_manifest.json")}
            assert names <= {path.name for path in folder.iterdir()}


def test_xml_is_valid_against_the_generated_xsd(land: Land) -> None:
    schemas = {p.bericht: etree.XMLSchema(file=str(_schema(p.bericht, ".xsd"))) for p in producten().values()}
    paths = _berichten(land, "xml")

    invalid = [path.name for path in paths if not schemas[_bericht(path)].validate(etree.parse(str(path)))]

    assert len(paths) > 500
    assert invalid == []


def test_xmllint_agrees(land: Land) -> None:
    xmllint = shutil.which("xmllint")
    if xmllint is None:
        pytest.skip("xmllint ontbreekt (apt: libxml2-utils)")
    for product in producten().values():
        sample = _berichten(land, "xml", f"*/{product.product}/*")[::10]
        command = [xmllint, "--noout", "--nonet", "--schema", str(_schema(product.bericht, ".xsd")), *map(str, sample)]
        outcome = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
        assert sample
        assert outcome.returncode == 0, outcome.stderr[-2000:]


def test_json_is_valid_against_the_json_schema(land: Land) -> None:
    schemas = {
        p.bericht: jsonschema_rs.validator_for(_json(_schema(p.bericht, ".schema.json")), validate_formats=True)
        for p in producten().values()
    }

    invalid = [path.name for path in _berichten(land, "json") if not schemas[_bericht(path)].is_valid(_json(path))]

    assert invalid == []


def test_csv_opens_as_a_spreadsheet_opens_it(land: Land) -> None:
    """With a byte order mark, semicolons, and as many cells in every row as there are names, all of them different."""
    paths = sorted(land.instellingen.uitleveringen.glob("*/*/*/*.csv"))
    for path in paths:
        assert path.read_bytes().startswith(b"\xef\xbb\xbf")
        with path.open(encoding="utf-8-sig", newline="") as file:
            names, *rows = csv.reader(file, delimiter=";")
        assert len(names) == len(set(names)) > 5
        assert rows
        assert {len(row) for row in rows} == {len(names)}


def test_xml_and_csv_hold_what_json_holds(land: Land) -> None:
    """Read with nothing of the project: the same fields with the same text, in the same order, with as much bewijs."""
    for path in _berichten(land, "json"):
        signalen = _json(path)["signalen"]
        with path.with_suffix(".csv").open(encoding="utf-8-sig", newline="") as file:
            rows = list(csv.DictReader(file, delimiter=";"))
        with path.with_name(f"{path.stem}_bewijs.csv").open(encoding="utf-8-sig", newline="") as file:
            facts = Counter(row["signaalId"] for row in csv.DictReader(file, delimiter=";"))
        elements = [e for e in ET.parse(path.with_suffix(".xml")).getroot().iter() if _tag(e) == "Signaal"]

        for signaal, row, element in zip(signalen, rows, elements, strict=True):
            bewijs = signaal.pop("bewijs")
            expected = {naam: str(waarde) for naam, waarde in signaal.items()}
            children = {_tag(child)[0].lower() + _tag(child)[1:]: child.text for child in element if not len(child)}
            assert children == expected
            assert {naam: row[naam].removeprefix("'") for naam in expected} == expected
            assert facts[signaal["signaalId"]] == len(bewijs)
            assert sum(_tag(e) == "Kenmerk" for e in element.iter()) == len(bewijs)


def _tag(element: ET.Element) -> str:
    return element.tag.rpartition("}")[2]


def test_a_recipient_reads_the_same_signals_in_three_formats(land: Land) -> None:
    """With the reader that recipients get; a sample, because it checks everything three times."""
    folders = sorted(land.instellingen.uitleveringen.iterdir())
    for folder in [*folders[::12], land.instellingen.uitleveringen / "rmc-28"]:
        uitkomst = lees_map(folder)
        assert uitkomst.goed, [str(probleem) for probleem in uitkomst.problemen]
        assert {tuple(sorted(levering.formaten)) for levering in uitkomst.leveringen} == {FORMATEN}


def test_manifest_names_every_file_with_its_checksum(land: Land) -> None:
    named: set[Path] = set()
    for path in _manifesten(land):
        for bestand in _json(path)["bestanden"]:
            content = (path.parent / bestand["naam"]).read_bytes()
            assert bestand["sha256"] == hashlib.sha256(content).hexdigest()
            assert bestand["grootte"] == len(content)
            named.add(path.parent / bestand["naam"])
    on_disk = {path for path in land.instellingen.uitleveringen.rglob("*") if path.is_file()}

    assert on_disk == named | set(_manifesten(land))


def test_volgnummers_have_no_gaps(land: Land) -> None:
    numbers: dict[tuple[str, str], list[int]] = defaultdict(list)
    for path in _manifesten(land):
        numbers[path.parts[-4], path.parts[-3]].append(_json(path)["envelop"]["volgnummer"])

    for sent in numbers.values():
        assert sorted(sent) == list(range(1, len(sent) + 1))
    assert max(len(sent) for sent in numbers.values()) >= 2


def test_dagtekening_and_identification_are_of_the_ledger(land: Land) -> None:
    made = {row["bericht_identificatie"]: row for row in land.instellingen.grootboek.rijen(sa.select(t.uitlevering))}
    for path in _manifesten(land):
        envelop = _json(path)["envelop"]
        row = made[envelop["berichtIdentificatie"]]
        assert (row["ontvanger"], row["product"], row["periode"]) == path.parts[-4:-1]
        assert row["status"] == "geleverd"


def test_what_was_sent_adds_up_to_what_is_valid(land: Land) -> None:
    """Replayed from the messages alone: every recipient ends with the signals of the newest run, told once each.

    VSV is a lasting state: nothing is new twice, nothing ends that was not there, nothing unchanged is sent.
    """
    known: dict[str, set[str]] = defaultdict(set)
    silent = 0
    for run in _runs(land, "vsv"):
        valid: dict[str, set[str]] = defaultdict(set)
        for signaal in _signalen(land, run):
            for naar in _ontvangers_van("vsv", signaal["ontvanger"]):
                valid[naar].add(signaal["signaal_id"])
        for naar, mutaties in _verstuurd(land, run).items():
            for signaal, mutatie in mutaties.items():
                assert mutatie in ("nieuw", "gewijzigd", "beeindigd", "ingetrokken")
                assert (mutatie == "nieuw") == (signaal not in known[naar])
                (known[naar].add if mutatie in ("nieuw", "gewijzigd") else known[naar].remove)(signaal)
            silent += len(known[naar] - mutaties.keys())
        assert {naar: ids for naar, ids in known.items() if ids} == dict(valid)

    rows = [row for run in _runs(land, "vsv") for row in _uitleveringen(land, run)]
    assert sum(row["ongewijzigd"] for row in rows) > silent


def _uitleveringen(land: Land, run: Rij) -> list[Rij]:
    return list(land.instellingen.grootboek.uitleveringen(run["run_id"]).values())


def test_rmc_bundle_is_the_union_of_its_gemeenten(land: Land) -> None:
    for run in _runs(land, "vsv"):
        sent = _verstuurd(land, run)
        union: dict[str, dict[str, str]] = defaultdict(dict)
        for gemeente, mutaties in sent.items():
            if not gemeente.startswith("rmc-"):
                union[f"rmc-{_rmc()[gemeente]}"] |= mutaties

        assert {naar: mutaties for naar, mutaties in sent.items() if naar.startswith("rmc-")} == dict(union)
    assert _verstuurd(land, _runs(land, "vsv")[0])


# Accounting


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
            yield levering["levering_id"], [landed(folder, row["bestand_nr"]) for row in files]


def test_received_is_used_or_outside_or_rejected(land: Land) -> None:
    """Every row of every bijstandspopulatie, in five formats, is somewhere in the counts of every doel."""
    counts = _tellingen(land, "gemeente.bijstandspopulatie")
    suffixes: set[str] = set()
    checked = 0
    for levering, paths in _leveringen_met(land, "gemeente.bijstandspopulatie"):
        received = sum(_count_rows(path) for path in paths)
        suffixes |= {path.suffix for path in paths}
        for doel in ("inkomsten", "kvk", "kwijtschelding", "vsv"):
            per_reason = counts[levering, doel]
            total = sum(
                aantal
                for reden, aantal in per_reason.items()
                if reden == "gebruikt" or reden.startswith((UITVAL, BUITEN_DOEL))
            )
            assert total == received, (levering, doel, dict(per_reason))
            checked += 1
    assert suffixes == {".csv", ".json", ".jsonl", ".xml", ".parquet"}
    assert checked == 3 * 4


def test_used_is_what_the_lake_holds(land: Land) -> None:
    """The newest lake file of a levering has as many rows as the door counted as used."""
    for levering_nr, levering_id in [
        (row["levering_nr"], row["levering_id"]) for row in land.instellingen.grootboek.leveringen()
    ]:
        for tabel in land.instellingen.grootboek.tabellen_per_levering()[levering_nr]:
            for (subject, doel), per_reason in _tellingen(land, tabel).items():
                if subject == levering_id:
                    files = (land.instellingen.lake / doel / tabel).glob(f"{levering_nr:06d}-*.parquet")
                    newest = max(files, key=lambda path: path.stat().st_mtime_ns, default=None)
                    rows = pq.ParquetFile(newest).metadata.num_rows if newest else 0
                    assert rows == per_reason["gebruikt"], (levering_id, doel, tabel)


@pytest.mark.parametrize("product", list(producten()))
def test_signals_are_delivered_unchanged_or_held_back(land: Land, product: str) -> None:
    """Per run: signalen = geleverd + ongewijzigd + tegengehouden, with what ended on top of what was delivered."""
    for run in _runs(land, product):
        rows, sent = _uitleveringen(land, run), _verstuurd(land, run)
        made = sum(len(_ontvangers_van(product, signaal["ontvanger"])) for signaal in _signalen(land, run))
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
