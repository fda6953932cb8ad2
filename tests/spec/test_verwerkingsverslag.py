"""What a gemeente, a waterschap and DUO hear about the records they delivered: every record, and never a value."""

from __future__ import annotations

import csv
import io
import json
import re
from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import jsonschema_rs
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import sqlalchemy as sa

from connectors.kanaal import MapKanaal
from lineage import tabellen as t
from pipeline.instellingen import Instellingen
from pipeline.levering import besluit as levering_besluit
from pipeline.levering.verslag import maak_verslagen
from pipeline.toelaten import toelaten
from schemas.load import doelen, find_tabel
from tests.bouw import (
    BIJSTAND,
    CHECKOUT,
    PERIODE,
    alle_bestanden,
    bijstand,
    maak_bsn,
    neem_op,
    populatie_csv,
    schrijf_csv,
)
from tests.e2e.speur import Speurder
from tests.leveringen import maak_manifest, neem_met_manifest

PERSONEN = [maak_bsn(nummer) for nummer in range(1, 9)]
SLECHT = str(int(PERSONEN[0]) + 1)
GEHEIM = "geheime-waarde"
Rij = Mapping[str, str]


def verslag(instellingen: Instellingen, aanleveraar: str, levering_id: str) -> dict[str, Any]:
    folder = instellingen.uitleveringen / aanleveraar / "verwerkingsverslag" / levering_id
    [path] = folder.glob("*.json")
    assert sorted(each.suffix for each in folder.iterdir()) == [".csv", ".json", ".txt"]
    content = json.loads(path.read_text(encoding="utf-8"))
    schema = json.loads((CHECKOUT / "schemas/generated/verwerkingsverslag.schema.json").read_text(encoding="utf-8"))
    assert list(jsonschema_rs.validator_for(schema, validate_formats=True).iter_errors(content)) == []
    return content


def regels(inhoud: Mapping[str, Any]) -> list[tuple[str, int, int, str]]:
    return [(r["tabel"], r["bestandNr"], r["recordNr"], r["code"]) for r in inhoud["regels"]]


def in_ledger(instellingen: Instellingen) -> dict[str, tuple[int, int]]:
    rows = instellingen.grootboek.rijen(sa.select(t.verslag))
    return {row["aanleveraar"]: (row["aangenomen"], row["afgekeurd"]) for row in rows}


def ontvangers_van_verslag(instellingen: Instellingen) -> set[str]:
    return {path.parts[-3] for path in instellingen.uitleveringen.glob("*/verwerkingsverslag/*")}


# The populations, in every format

POPULATIES: dict[str, tuple[str, list[dict[str, str]]]] = {
    "gemeente.bijstandspopulatie": (
        "gemeentecode",
        [
            {"regeling": "PW", "datum_ingang": "20250101"},
            {"regeling": "TOZO", "datum_ingang": "20250101"},  # R-CODE
            {"regeling": "PW", "datum_ingang": GEHEIM},  # R-DATUM
            {"regeling": "PW", "datum_ingang": "20250101", "burgerservicenummer": "123456789"},  # R-BSN-ELFPROEF
        ],
    ),
    "gemeente.kwijtscheldingsaanvraag": (
        "ontvanger",
        [
            {"aanvraagnummer": "1", "soort": "aanvraag", "huishoudtype": "alleenstaande"},
            {"aanvraagnummer": "2", "soort": GEHEIM, "huishoudtype": "alleenstaande"},
            {"aanvraagnummer": "3", "soort": "verlenging", "huishoudtype": "echtgenoten", "belastingjaar": "x"},
            {"aanvraagnummer": "4", "soort": "aanvraag", "huishoudtype": "echtgenoten", "burgerservicenummer": "1"},
        ],
    ),
    "gemeente.volgverzoek": (
        "gemeentecode",
        [
            {"product": "kvk", "datum_van": "20260101"},
            {"product": GEHEIM, "datum_van": "20260101"},
            {"product": "inkomsten", "datum_van": "20261301"},
            {"product": "inkomsten", "datum_van": "20260101", "burgerservicenummer": ""},
        ],
    ),
}
CODES = {
    "gemeente.bijstandspopulatie": ["R-CODE", "R-DATUM", "R-BSN-ELFPROEF"],
    "gemeente.kwijtscheldingsaanvraag": ["R-CODE", "R-GETAL", "R-BSN-VORM"],
    "gemeente.volgverzoek": ["R-CODE", "R-DATUM", "R-BSN-LEEG"],
}
VASTE = {"belastingjaar": "2026", "aantal_volwassenen": "1"}


def als_csv(tabel: str, rijen: Sequence[Rij], wie: str) -> str:
    vorm = find_tabel(tabel).csv
    assert vorm is not None
    return schrijf_csv(
        [plaats.pad for plaats in vorm.kolommen.values()],
        [{plaats.pad: rij.get(veld, "") for veld, plaats in vorm.kolommen.items()} for rij in rijen],
    )


def als_json(tabel: str, rijen: Sequence[Rij], wie: str) -> str:
    vorm = find_tabel(tabel).json_
    assert vorm is not None
    return json.dumps([{vorm.velden[veld].pad: waarde for veld, waarde in rij.items()} for rij in rijen])


def als_regels(tabel: str, rijen: Sequence[Rij], wie: str) -> str:
    return "\n".join(json.dumps(rij) for rij in json.loads(als_json(tabel, rijen, wie)))


def als_xml(tabel: str, rijen: Sequence[Rij], wie: str) -> str:
    [vorm] = find_tabel(tabel).xml
    body = ""
    for rij in rijen:
        fields = [(plaats.pad, rij.get(veld, "")) for veld, plaats in vorm.velden.items() if "@" not in plaats.pad]
        body += f"<{vorm.rij}>" + "".join(f"<{pad}>{waarde}</{pad}>" for pad, waarde in fields) + f"</{vorm.rij}>"
    attribute = next(plaats.pad.partition("@")[2] for plaats in vorm.velden.values() if "@" in plaats.pad)
    return f'<{vorm.document} xmlns="{vorm.namespace}" {attribute}="{wie}">{body}</{vorm.document}>'


def als_parquet(tabel: str, rijen: Sequence[Rij], wie: str) -> bytes:
    vorm = find_tabel(tabel).parquet
    assert vorm is not None
    buffer = io.BytesIO()
    columns = {
        plaats.pad: pa.array([rij.get(veld) for rij in rijen], pa.string()) for veld, plaats in vorm.kolommen.items()
    }
    pq.write_table(pa.table(columns), buffer)
    return buffer.getvalue()


SCHRIJVERS: dict[str, Callable[[str, Sequence[Rij], str], str | bytes]] = {
    "csv": als_csv,
    "json": als_json,
    "jsonl": als_regels,
    "xml": als_xml,
    "parquet": als_parquet,
}


@pytest.mark.parametrize("formaat", SCHRIJVERS)
@pytest.mark.parametrize("tabel", POPULATIES)
def test_population_in_every_format_is_reported_back(instellingen: Instellingen, tabel: str, formaat: str) -> None:
    veld, rijen = POPULATIES[tabel]
    wie = "ws-0155" if veld == "ontvanger" else "0344"
    gevuld = [
        {veld: wie, "burgerservicenummer": persoon, **VASTE, **rij}
        for rij, persoon in zip(rijen, PERSONEN, strict=False)
    ]
    known = find_tabel(tabel).velden
    gevuld = [{naam: waarde for naam, waarde in rij.items() if naam in known} for rij in gevuld]
    levering = neem_op(instellingen, "gemeente", {f"a.{formaat}": SCHRIJVERS[formaat](tabel, gevuld, wie)})
    assert (levering.status, levering.onbruikbaar) == ("ontvangen", {})
    toelaten(instellingen)
    [gemaakt] = maak_verslagen(instellingen)

    assert gemaakt.geleverd == (wie,)
    inhoud = verslag(instellingen, wie, levering.levering_id)
    kort = tabel.partition(".")[2]
    assert regels(inhoud) == [(kort, 1, nr, code) for nr, code in enumerate(CODES[tabel], 2)]
    assert inhoud["tabellen"] == [
        {
            "tabel": kort,
            "ontvangen": 4,
            "aangenomen": 1,
            "afgekeurd": 3,
            "perCode": dict.fromkeys(sorted(CODES[tabel]), 1),
        }
    ]
    assert in_ledger(instellingen) == {wie: (1, 3)}
    assert not [path for path in alle_bestanden(instellingen.uitleveringen) if GEHEIM in path.read_text("utf-8")]


def test_duo_hears_about_its_list(instellingen: Instellingen) -> None:
    lijst = schrijf_csv(("Burgerservicenr", "IndStartkwalificatieDuo"), [[PERSONEN[0], 2], ["", 1], [PERSONEN[1], 9]])
    levering = neem_op(instellingen, "duo", {"lijst.csv": lijst})
    toelaten(instellingen)
    maak_verslagen(instellingen)

    inhoud = verslag(instellingen, "duo", levering.levering_id)
    assert regels(inhoud) == [("persoon", 1, 2, "R-BSN-LEEG"), ("persoon", 1, 3, "R-CODE")]
    assert in_ledger(instellingen) == {"duo": (1, 2)}


def test_other_tables_are_not_reported_on(instellingen: Instellingen) -> None:
    neem_op(instellingen, "brp", {"p.csv": "PL;01.01.20;08.09.10\nPL1;123456789;0344\n"})
    toelaten(instellingen)

    assert maak_verslagen(instellingen) == []


# One levering of many


def _landelijk() -> tuple[dict[str, str], dict[str, Counter[str]], dict[str, set[tuple[int, int, str]]]]:
    """A file for the whole country and one of a gemeente, with per aanleveraar what must be told."""
    told: dict[str, Counter[str]] = defaultdict(Counter)
    rejected: dict[str, set[tuple[int, int, str]]] = defaultdict(set)
    files: dict[str, str] = {}
    for bestand_nr, naam in enumerate(("landelijk.csv", "tweede.csv"), 1):
        rows = []
        for nr in range(1, 301):
            gemeente = ("0344", "0363", "0014", "9998")[(nr * 7 + bestand_nr) % 4]
            persoon, ingang = PERSONEN[nr % len(PERSONEN)], "20250101"
            if nr % 11 == 0:
                persoon = SLECHT
            elif nr % 13 == 0:
                ingang = "20251399"
            rows.append(bijstand(persoon, gemeente=gemeente, ingang=ingang))
            code = "R-BSN-ELFPROEF" if nr % 11 == 0 else "R-DATUM" if nr % 13 == 0 else None
            if gemeente == "9998":
                gemeente, code = "onbekend", code if code == "R-BSN-ELFPROEF" else "R-CODE"
            told[gemeente]["afgekeurd" if code else "aangenomen"] += 1
            if code:
                rejected[gemeente].add((bestand_nr, nr, code))
        files[naam] = schrijf_csv(BIJSTAND, rows)
    return files, told, rejected


def test_each_gemeente_hears_about_its_own_records(instellingen: Instellingen) -> None:
    """Counted by hand: exactly which records, numbered within their file, whatever order they came in."""
    files, told, rejected = _landelijk()
    levering = neem_op(instellingen, "gemeente", files)
    toelaten(instellingen)
    [gemaakt] = maak_verslagen(instellingen)

    assert in_ledger(instellingen) == {wie: (n["aangenomen"], n["afgekeurd"]) for wie, n in told.items()}
    assert sum(map(sum, in_ledger(instellingen).values())) == 600
    assert set(gemaakt.geleverd) == ontvangers_van_verslag(instellingen) == {"0344", "0363", "0014"}
    for wie in gemaakt.geleverd:
        inhoud = verslag(instellingen, wie, levering.levering_id)
        assert {row[1:] for row in regels(inhoud)} == rejected[wie]
        [tabel] = inhoud["tabellen"]
        assert tabel["aangenomen"] + tabel["afgekeurd"] == tabel["ontvangen"] == sum(told[wie].values())


def test_csv_and_text_say_the_same(instellingen: Instellingen) -> None:
    files, _, rejected = _landelijk()
    levering = neem_op(instellingen, "gemeente", files)
    toelaten(instellingen)
    maak_verslagen(instellingen)
    folder = instellingen.uitleveringen / "0344" / "verwerkingsverslag" / levering.levering_id
    inhoud = verslag(instellingen, "0344", levering.levering_id)

    [path] = folder.glob("*.csv")
    rows = list(csv.DictReader(io.StringIO(path.read_text("utf-8-sig")), delimiter=";"))
    assert {(int(r["bestandNr"]), int(r["recordNr"]), r["code"]) for r in rows} == rejected["0344"]
    assert all(row["betekenis"] for row in rows)
    [text] = [path.read_text("utf-8") for path in folder.glob("*.txt")]
    [tabel] = inhoud["tabellen"]
    assert f"{tabel['ontvangen']} ontvangen, {tabel['aangenomen']} aangenomen, {tabel['afgekeurd']} afgekeurd" in text
    assert all(bestand["sha256"] in text for bestand in inhoud["bestanden"])


def test_no_report_holds_a_value(instellingen: Instellingen) -> None:
    files, _, _ = _landelijk()
    neem_op(instellingen, "gemeente", {f"{PERSONEN[0]}-{naam}": text for naam, text in files.items()})
    toelaten(instellingen)
    before = {path for path in alle_bestanden(instellingen.data) if "verslag" in path.parts}
    assert before  # what reports are made of
    assert not Speurder([*PERSONEN, SLECHT]).zoek(instellingen.data / "verslag")
    maak_verslagen(instellingen)

    assert not Speurder([*PERSONEN, SLECHT]).zoek(instellingen.uitleveringen)
    assert not Speurder([*PERSONEN, SLECHT]).zoek(instellingen.data / "ledger")
    assert "20251399" not in "".join(path.read_text("utf-8") for path in alle_bestanden(instellingen.uitleveringen))
    assert not list((instellingen.data / "verslag").iterdir())  # and nothing of it is kept


def test_line_that_cannot_be_read_is_nobodys_unless_the_levering_is_somebodys(instellingen: Instellingen) -> None:
    text = populatie_csv(PERSONEN[:2]) + "een;losse;regel\n" + populatie_csv(PERSONEN[2:3]).split("\n")[1] + "\n"
    neem_op(instellingen, "gemeente", {"a.csv": text})
    toelaten(instellingen)
    maak_verslagen(instellingen)
    assert in_ledger(instellingen) == {"0344": (3, 0), "onbekend": (0, 1)}

    van_344 = neem_met_manifest(instellingen, "gemeente", {"a.csv": text}, "2026-02", aanleveraar="0344")
    toelaten(instellingen)
    maak_verslagen(instellingen)
    inhoud = verslag(instellingen, "0344", van_344.levering_id)
    assert regels(inhoud) == [("bijstandspopulatie", 1, 3, "R-KAPOT")]
    assert inhoud["tabellen"][0]["aangenomen"] == 3


def test_numbers_are_of_the_file_behind_one_that_broke_off(instellingen: Instellingen) -> None:
    kapot = populatie_csv(PERSONEN * 3000).encode() + b"\xff\xfe;;;;;;;\n"
    goed = populatie_csv([PERSONEN[0], "1", PERSONEN[1]])
    levering = neem_op(instellingen, "gemeente", {"a.csv": kapot, "b.csv": goed})
    toelaten(instellingen)
    maak_verslagen(instellingen)

    inhoud = verslag(instellingen, "0344", levering.levering_id)
    assert regels(inhoud) == [("bijstandspopulatie", 2, 2, "R-BSN-VORM")]
    assert in_ledger(instellingen) == {"0344": (2, 1)}


# Refused before its records came to the door


def test_levering_refused_on_receipt_is_reported_to_its_senders(instellingen: Instellingen) -> None:
    """The digest in the manifest is not that of the file, so it never comes to the door; its senders hear of all."""
    text = populatie_csv(PERSONEN[:3]) + populatie_csv(PERSONEN[3:4]).split("\n")[1].replace("0344", "0363") + "\n"
    wrong = json.dumps(maak_manifest("gemeente", PERIODE, {"a.csv": "iets anders"}))
    files = {"a.csv": text, "kapot.json": '{"a": ', "levering.json": wrong}
    levering = neem_op(instellingen, "gemeente", files)
    assert levering.status == "geparkeerd"
    assert maak_verslagen(instellingen) == []  # somebody must decide first
    levering_besluit.afkeuren(instellingen, levering.levering_id, "Stuur het goede bestand.", "beheerder")
    [gemaakt] = maak_verslagen(instellingen)
    assert maak_verslagen(instellingen) == []

    assert gemaakt.geleverd == ("0344", "0363")
    inhoud = verslag(instellingen, "0344", levering.levering_id)
    assert (inhoud["status"], inhoud["code"]) == ("afgekeurd", levering.code)
    [tabel] = inhoud["tabellen"]
    assert (tabel["ontvangen"], tabel["aangenomen"], tabel["afgekeurd"]) == (3, 0, 3)
    [bestand] = inhoud["bestanden"]
    assert bestand["code"] in inhoud["betekenis"]
    assert Speurder([*PERSONEN, SLECHT]).zoek(instellingen.uitleveringen) == []


@pytest.mark.parametrize(("wie", "aan"), [("0344", {"0344"}), (None, set())])
def test_levering_without_a_usable_file_is_reported_to_whom_the_manifest_names(
    instellingen: Instellingen, wie: str | None, aan: set[str]
) -> None:
    files: dict[str, str | bytes] = {"kapot.bin": f"{PERSONEN[0]} ???"}
    levering = neem_met_manifest(instellingen, "gemeente", files, aanleveraar=wie)
    levering_besluit.afkeuren(instellingen, levering.levering_id, "Er is niets te lezen.", "beheerder")
    maak_verslagen(instellingen)
    assert ontvangers_van_verslag(instellingen) == aan
    assert maak_verslagen(instellingen) == []
    for ontvanger in aan:
        inhoud = verslag(instellingen, ontvanger, levering.levering_id)
        assert (inhoud["code"], len(inhoud["bestanden"])) == ("L-LEEG", 1)


def test_a_code_that_is_no_gemeente_is_in_no_report(instellingen: Instellingen) -> None:
    """A column that slid may hold a number of somebody where the gemeente should be."""
    text = populatie_csv(PERSONEN[:1]).replace("0344", PERSONEN[1])
    wrong = json.dumps(maak_manifest("gemeente", PERIODE, {"a.csv": "iets anders"}))
    levering = neem_op(instellingen, "gemeente", {"a.csv": text, "levering.json": wrong})
    levering_besluit.afkeuren(instellingen, levering.levering_id, "Stuur het goede bestand.", "beheerder")
    maak_verslagen(instellingen)
    assert in_ledger(instellingen) == {"onbekend": (0, 1)}
    assert Speurder(PERSONEN).zoek(instellingen.data / "ledger") == []


# When


def test_made_once_all_doelen_have_it(instellingen: Instellingen) -> None:
    neem_op(instellingen, "gemeente", {"a.csv": populatie_csv([*PERSONEN, "1"])})
    toelaten(instellingen, doel="inkomsten")
    assert maak_verslagen(instellingen) == []  # kvk has it as its population too
    toelaten(instellingen)
    [gemaakt] = maak_verslagen(instellingen)

    assert (gemaakt.aangenomen, gemaakt.afgekeurd) == ({"0344": 8}, {"0344": 1})
    assert maak_verslagen(instellingen) == []


def test_grown_population_gives_no_second_report(instellingen: Instellingen) -> None:
    neem_op(instellingen, "gemeente", {"a.csv": populatie_csv(PERSONEN[:1])})
    toelaten(instellingen)
    maak_verslagen(instellingen)
    neem_op(instellingen, "gemeente", {"a.csv": populatie_csv(PERSONEN[1:2])}, "2026-02")
    toelaten(instellingen)

    assert [each.levering_id[:16] for each in maak_verslagen(instellingen)] == ["gemeente-2026-02"]


@pytest.fixture
def geparkeerd(instellingen: Instellingen) -> str:
    rows = [bijstand(PERSONEN[0]), *([bijstand("1", gemeente="0363")] * 1200)]
    levering = neem_op(instellingen, "gemeente", {"a.csv": schrijf_csv(BIJSTAND, rows)})
    toelaten(instellingen)
    return levering.levering_id


def test_parked_levering_is_reported_on_when_it_is_decided(instellingen: Instellingen, geparkeerd: str) -> None:
    assert maak_verslagen(instellingen) == []
    levering_besluit.goedkeuren(instellingen, geparkeerd, "zo is het", "beheer")
    assert maak_verslagen(instellingen) == []  # it has to pass first
    toelaten(instellingen)
    maak_verslagen(instellingen)

    assert in_ledger(instellingen) == {"0344": (1, 0), "0363": (0, 1200)}


def test_refused_levering_is_reported_as_a_whole(instellingen: Instellingen, geparkeerd: str) -> None:
    levering_besluit.afkeuren(instellingen, geparkeerd, "opnieuw leveren", "beheer")
    maak_verslagen(instellingen)

    inhoud = verslag(instellingen, "0344", geparkeerd)
    assert (inhoud["status"], inhoud["code"], inhoud["regels"]) == ("afgekeurd", "L-DREMPEL-UITVAL", [])
    assert inhoud["tabellen"] == [
        {"tabel": "bijstandspopulatie", "ontvangen": 1, "aangenomen": 0, "afgekeurd": 1, "perCode": {}}
    ]
    ander = verslag(instellingen, "0363", geparkeerd)
    assert (ander["tabellen"][0]["afgekeurd"], len(ander["regels"])) == (1200, 1200)
    assert in_ledger(instellingen) == {"0344": (0, 1), "0363": (0, 1200)}


def test_stopped_halfway_is_finished_the_next_time(instellingen: Instellingen, monkeypatch: pytest.MonkeyPatch) -> None:
    files, told, _ = _landelijk()
    neem_op(instellingen, "gemeente", files)
    toelaten(instellingen)
    lever = MapKanaal.lever
    calls: list[str] = []

    def stop(self: MapKanaal, bestanden: Sequence[Path], plaats: str) -> None:
        calls.append(plaats)
        if len(calls) == 2:
            raise KeyboardInterrupt
        lever(self, bestanden, plaats)

    with monkeypatch.context() as patch:
        patch.setattr(MapKanaal, "lever", stop)
        with pytest.raises(KeyboardInterrupt):
            maak_verslagen(instellingen)
    assert in_ledger(instellingen) == {}
    first = _inhoud(instellingen.uitleveringen)
    maak_verslagen(instellingen)

    assert in_ledger(instellingen).keys() == told.keys()
    after = _inhoud(instellingen.uitleveringen)
    assert first and first.items() <= after.items()
    assert not [path for path in instellingen.uitleveringen.iterdir() if path.name.startswith(".")]


def _inhoud(folder: Path) -> dict[str, bytes]:
    found = [path for path in alle_bestanden(folder) if not re.search(r"/\.", path.as_posix())]
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in found}


def test_every_population_says_who_delivers_it() -> None:
    """And its doelen read that field, or nobody could be told."""
    for doel in doelen().values():
        read = {raadpleging.tabel: raadpleging.velden for raadpleging in doel.bronnen}
        for populatie in doel.populatie:
            wie = find_tabel(populatie.tabel).aanleveraar
            assert wie is not None
            assert wie in read[populatie.tabel] or wie == populatie.tabel.partition(".")[0]
