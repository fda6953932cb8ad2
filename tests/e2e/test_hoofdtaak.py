"""The main job from end to end: extracts in, messages out, for everyone who has something to hear."""

from __future__ import annotations

import csv
import hashlib
import shutil
import subprocess
import xml.etree.ElementTree as ET
from collections import Counter, defaultdict
from functools import cache
from pathlib import Path

import jsonschema_rs
import pytest
import sqlalchemy as sa
from lxml import etree

from lineage import tabellen as t
from message_formats.lees import lees_map
from schemas.load import producten
from tests.bouw import CHECKOUT
from tests.e2e.conftest import MAANDEN, Land
from tests.e2e.uitgeleverd import (
    berichten,
    lees_json,
    manifesten,
    nummers,
    ontvangers_van,
    rmc_regio,
    runs,
    signalen_van,
    uitleveringen_van,
    verstuurd,
)
from tests.geopend import geopend, opener

GENERATED = CHECKOUT / "message_formats" / "generated"
FORMATEN = ("csv", "json", "xml")


@cache
def _schema(bericht: str, suffix: str) -> Path:
    versie = next(product.versie for product in producten().values() if product.bericht == bericht)
    return GENERATED / bericht / f"v{versie}" / f"{bericht}{suffix}"


def _bericht(path: Path) -> str:
    return path.name.partition("_")[0]


def test_late_leveringen_have_a_month_run_again(land: Land) -> None:
    counted = Counter((run["product"], run["periode"]) for run in runs(land))

    assert set(counted) == {(product, maand) for product in producten() for maand in MAANDEN}
    assert counted["inkomsten", MAANDEN[0]] == 2


@pytest.mark.parametrize("product", list(producten()))
def test_every_recipient_with_signals_has_three_formats(land: Land, product: str) -> None:
    """Whoever is named in the signals of a run was told something new once, so it must have files."""
    expected = {
        naar
        for run in runs(land, product)
        for signaal in signalen_van(land, run)
        for naar in ontvangers_van(product, signaal["ontvanger"])
    }

    assert {path.parts[-4] for path in manifesten(land, f"*/{product}/*")} == expected
    assert len(expected) > (0 if product == "uitstroommonitor" else 5)  # whose bijstand ended lives in few places
    for folder in {path.parent for path in manifesten(land, f"*/{product}/*")}:
        naar, _, maand = folder.parts[-3:]
        for manifest in folder.glob("*_manifest.json"):
            stam = manifest.name.removesuffix("_manifest.json")
            assert stam.startswith(f"{producten()[product].bericht}_{naar}_{maand}_")
            sealed = [f"{stam}{suffix}" for suffix in (".csv", ".json", ".xml", "_bewijs.csv")]
            names = {f"{naam}{soort}" for naam in sealed for soort in (".p7m", ".p7s")} | {f"{stam}_manifest.json"}
            assert names <= {path.name for path in folder.iterdir()}


def test_xml_is_valid_against_the_generated_xsd(land: Land) -> None:
    schemas = {p.bericht: etree.XMLSchema(file=str(_schema(p.bericht, ".xsd"))) for p in producten().values()}
    paths = berichten(land, "xml")

    invalid = [path.name for path in paths if not schemas[_bericht(path)].validate(etree.parse(str(path)))]

    assert len(paths) > 500
    assert invalid == []


def test_xmllint_agrees(land: Land) -> None:
    xmllint = shutil.which("xmllint")
    if xmllint is None:
        pytest.skip("xmllint ontbreekt (apt: libxml2-utils)")
    for product in producten().values():
        sample = berichten(land, "xml", f"*/{product.product}/*")[::10]
        command = [xmllint, "--noout", "--nonet", "--schema", str(_schema(product.bericht, ".xsd")), *map(str, sample)]
        outcome = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
        assert sample
        assert outcome.returncode == 0, outcome.stderr[-2000:]


def test_json_is_valid_against_the_json_schema(land: Land) -> None:
    schemas = {
        p.bericht: jsonschema_rs.validator_for(lees_json(_schema(p.bericht, ".schema.json")), validate_formats=True)
        for p in producten().values()
    }

    invalid = [path.name for path in berichten(land, "json") if not schemas[_bericht(path)].is_valid(lees_json(path))]

    assert invalid == []


def test_csv_opens_as_a_spreadsheet_opens_it(land: Land) -> None:
    """With a byte order mark, semicolons, and as many cells in every row as there are names, all of them different."""
    paths = sorted(geopend(land.instellingen).glob("*/*/*/*bericht_*.csv"))
    for path in paths:
        assert path.read_bytes().startswith(b"\xef\xbb\xbf")
        with path.open(encoding="utf-8-sig", newline="") as file:
            names, *rows = csv.reader(file, delimiter=";")
        assert len(names) == len(set(names)) > 5
        assert rows
        assert {len(row) for row in rows} == {len(names)}


def test_xml_and_csv_hold_what_json_holds(land: Land) -> None:
    """Read with nothing of the project: the same fields with the same text, in the same order, with as much bewijs."""
    for path in berichten(land, "json"):
        signalen = lees_json(path)["signalen"]
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
    folders = sorted({path.parents[2] for path in manifesten(land)})
    for folder in [*folders[::12], land.instellingen.uitleveringen / "rmc-28"]:
        uitkomst = lees_map(folder, opener(land.instellingen))
        assert uitkomst.goed, [str(probleem) for probleem in uitkomst.problemen]
        assert {tuple(sorted(levering.formaten)) for levering in uitkomst.leveringen} == {FORMATEN}


def test_manifest_names_every_file_with_its_checksum(land: Land) -> None:
    named: set[Path] = set()
    opened = geopend(land.instellingen)
    for path in manifesten(land):
        named.add(path.with_name(f"{path.name}.p7s"))
        named |= {path.with_name(path.name.replace("_manifest.json", e)) for e in ("_gb.xml", "_notificatie.json")}
        plain = opened / path.relative_to(land.instellingen.uitleveringen)
        for bestand in lees_json(path)["bestanden"]:
            for folder, maat in ((plain, bestand), (path, bestand["versleuteld"]), (path, bestand["handtekening"])):
                content = folder.with_name(maat["naam"]).read_bytes()
                assert maat["sha256"] == hashlib.sha256(content).hexdigest()
                assert maat["grootte"] == len(content)
            named |= {path.parent / bestand[deel]["naam"] for deel in ("versleuteld", "handtekening")}
    on_disk = {path for path in land.instellingen.uitleveringen.rglob("*") if path.is_file()}
    verslagen = {path for path in on_disk if path.parts[-3] == "verwerkingsverslag"}

    assert on_disk - verslagen == named | set(manifesten(land))


def test_volgnummers_have_no_gaps(land: Land) -> None:
    numbers: dict[tuple[str, str], list[int]] = defaultdict(list)
    for path in manifesten(land):
        numbers[path.parts[-4], path.parts[-3]].append(lees_json(path)["envelop"]["volgnummer"])

    for sent in numbers.values():
        assert sorted(sent) == list(range(1, len(sent) + 1))
    assert max(len(sent) for sent in numbers.values()) >= 2


def test_dagtekening_and_identification_are_of_the_ledger(land: Land) -> None:
    made = {row["bericht_identificatie"]: row for row in land.instellingen.grootboek.rijen(sa.select(t.uitlevering))}
    for path in manifesten(land):
        envelop = lees_json(path)["envelop"]
        row = made[envelop["berichtIdentificatie"]]
        assert (row["ontvanger"], row["product"], row["periode"]) == path.parts[-4:-1]
        assert row["status"] == "geleverd"


def test_what_was_sent_adds_up_to_what_is_valid(land: Land) -> None:
    """Replayed from the messages alone: every recipient ends with the signals of the newest run, told once each.

    VSV is a lasting state: nothing is new twice, nothing ends that was not there, nothing unchanged is sent.
    """
    known: dict[str, set[str]] = defaultdict(set)
    silent, nummer = 0, nummers(land, "vsv")
    for run in runs(land, "vsv"):
        valid: dict[str, set[str]] = defaultdict(set)
        for signaal in signalen_van(land, run):
            for naar in ontvangers_van("vsv", signaal["ontvanger"]):
                valid[naar].add(nummer[signaal["signaal_id"]])
        for naar, mutaties in verstuurd(land, run).items():
            for signaal, mutatie in mutaties.items():
                assert mutatie in ("nieuw", "gewijzigd", "beeindigd", "ingetrokken")
                assert (mutatie == "nieuw") == (signaal not in known[naar])
                (known[naar].add if mutatie in ("nieuw", "gewijzigd") else known[naar].remove)(signaal)
            silent += len(known[naar] - mutaties.keys())
        assert {naar: ids for naar, ids in known.items() if ids} == dict(valid)

    rows = [row for run in runs(land, "vsv") for row in uitleveringen_van(land, run)]
    assert sum(row["ongewijzigd"] for row in rows) > silent


def test_rmc_bundle_is_the_union_of_its_gemeenten(land: Land) -> None:
    for run in runs(land, "vsv"):
        sent = verstuurd(land, run)
        union: dict[str, dict[str, str]] = defaultdict(dict)
        for gemeente, mutaties in sent.items():
            if not gemeente.startswith("rmc-"):
                union[f"rmc-{rmc_regio()[gemeente]}"] |= mutaties

        assert {naar: mutaties for naar, mutaties in sent.items() if naar.startswith("rmc-")} == dict(union)
    assert verstuurd(land, runs(land, "vsv")[0])
