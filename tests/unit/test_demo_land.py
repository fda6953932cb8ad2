"""The synthetic country: the same each time, consistent over the bronnen, complete, with the irregularities meant."""

from __future__ import annotations

import csv
import io
import json
import re
import zipfile
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from lxml import etree

from demo import blok, wereld
from demo.bsn import make_bsns
from demo.kalender import make_maanden
from demo.land import Aanlevering, Land, maak_land
from schemas.load import find_tabel, read_csv
from tests.unit.test_demo_bsn import is_valid

PERSONEN = 6_000
Rij = dict[str, str]
GEMEENTEN = {
    rij["gemeentecode"] for rij in read_csv("codes/gemeente.csv") if rij["gemeentecode"] == rij["gemeente_actueel"]
}


@pytest.fixture(scope="module")
def leveringen(tmp_path_factory: pytest.TempPathFactory) -> list[Aanlevering]:
    return maak_land(tmp_path_factory.mktemp("land"), personen=PERSONEN, periode="2026-03", maanden=2)


def find(leveringen: list[Aanlevering], bron: str, naam: str, periode: str) -> Path:
    return next(a.pad for a in leveringen if (a.bron, a.naam, a.periode) == (bron, naam, periode))


def read_rows(pad: Path) -> list[Rij]:
    match pad.suffix:
        case ".csv":
            return list(csv.DictReader(pad.open(encoding="utf-8-sig", newline=""), delimiter=";"))
        case ".json":
            return [_as_text(rij) for rij in json.loads(pad.read_bytes())]
        case ".jsonl":
            return [_as_text(json.loads(regel)) for regel in pad.read_text(encoding="utf-8").splitlines()]
        case ".parquet":
            return [_as_text(rij) for rij in pq.read_table(pad).to_pylist()]
        case _:
            wortel = etree.parse(pad).getroot()
            namen = {p.pad: veld for veld, p in find_tabel("gemeente.bijstandspopulatie").xml[0].velden.items()}
            kolommen = find_tabel("gemeente.bijstandspopulatie").csv.kolommen
            rijen = [{kolommen[namen[etree.QName(e).localname]].pad: e.text for e in rij} for rij in wortel]
            return [
                {"gemeentecode": wortel.get("gemeentecode"), "burgerservicenummerPartner": "", **rij} for rij in rijen
            ]


def _as_text(rij: dict[str, object]) -> Rij:
    return {naam: _text(waarde) for naam, waarde in rij.items()}


def _text(waarde: object) -> str:
    if isinstance(waarde, date):
        return waarde.strftime("%Y%m%d")
    return "" if waarde is None else str(waarde)


def read_populatie(leveringen: list[Aanlevering], naam: str, periode: str) -> list[Rij]:
    map_ = find(leveringen, "gemeente", naam, periode)
    bestanden = [pad for pad in map_.iterdir() if pad.name != "levering.json"]
    return [rij for pad in bestanden for rij in read_rows(pad)]


def read_brp(leveringen: list[Aanlevering], periode: str) -> list[list[Rij]]:
    """Persoonslijsten, each the current row and its history rows."""
    lijsten: list[list[Rij]] = []
    for rij in read_rows(find(leveringen, "brp", "persoonslijsten", periode) / "persoonslijsten.csv"):
        if rij[""]:
            lijsten.append([])
        lijsten[-1].append(rij)
    return lijsten


def read_answers(leveringen: list[Aanlevering], bron: str, naam: str, periode: str) -> Iterator[bytes]:
    (pad,) = find(leveringen, bron, naam, periode).glob("*.zip")
    with zipfile.ZipFile(pad) as archief:
        for lid in archief.namelist():
            yield archief.read(lid)


def read_clients(leveringen: list[Aanlevering], bron: str, naam: str, periode: str) -> list[etree._Element]:
    """The ClientSuwi elements of the answers that can be read and hold one."""
    result = []
    for antwoord in read_answers(leveringen, bron, naam, periode):
        try:
            client = etree.fromstring(antwoord).find("ClientSuwi")
        except etree.XMLSyntaxError:
            continue
        if client is not None:
            result.append(client)
    return result


def contents(doel: Path) -> dict[str, bytes]:
    return {str(pad.relative_to(doel)): pad.read_bytes() for pad in sorted(doel.rglob("*")) if pad.is_file()}


def test_same_arguments_give_the_same_bytes(tmp_path: Path) -> None:
    for naam, seed in (("een", 7), ("twee", 7), ("ander", 8)):
        maak_land(tmp_path / naam, personen=1_500, maanden=2, seed=seed)
    assert contents(tmp_path / "een") == contents(tmp_path / "twee")
    assert contents(tmp_path / "een") != contents(tmp_path / "ander")


def test_archives_do_not_hold_the_time_of_writing(leveringen: list[Aanlevering]) -> None:
    for a in leveringen:
        for pad in a.pad.glob("*.zip"):
            assert {lid.date_time for lid in zipfile.ZipFile(pad).infolist()} == {(1980, 1, 1, 0, 0, 0)}


def test_mistakes_stay_rare_in_every_levering(leveringen: list[Aanlevering]) -> None:
    for a in leveringen:
        if a.bron == "gemeente":
            rijen = read_populatie(leveringen, a.naam, a.periode)
            fout = [
                rij for rij in rijen if not is_valid(rij["burgerservicenummer"]) or rij.get("gemeentecode") == "9998"
            ]
            assert len(fout) <= 0.03 * len(rijen)


def test_a_second_time_changes_nothing(tmp_path: Path) -> None:
    maak_land(tmp_path, personen=1_500)
    eerst = {pad: (pad.stat().st_ino, pad.stat().st_mtime_ns) for pad in tmp_path.rglob("*")}
    maak_land(tmp_path, personen=1_500)
    assert {pad: (pad.stat().st_ino, pad.stat().st_mtime_ns) for pad in tmp_path.rglob("*") if pad in eerst} == eerst
    assert set(tmp_path.rglob("*")) == set(eerst)


def test_other_content_replaces_a_levering(tmp_path: Path) -> None:
    eerst = maak_land(tmp_path, personen=1_500, seed=1)
    oud = contents(eerst[0].pad)
    (eerst[0].pad / "rommel.csv").write_text("x")
    assert contents(maak_land(tmp_path, personen=1_500, seed=1)[0].pad) == oud


@pytest.mark.parametrize("personen", [1, 40, 340, 900])
def test_a_small_country_works(tmp_path: Path, personen: int) -> None:
    maak_land(tmp_path, personen=personen, maanden=3)
    lijst = next(tmp_path.glob("brp/*/persoonslijsten.csv")).read_text(encoding="utf-8-sig")
    assert sum(regel.startswith("PL") and not regel.startswith("PLX") for regel in lijst.splitlines()) == personen


def test_leveringen_come_in_order_and_say_what_they_are(leveringen: list[Aanlevering]) -> None:
    assert [a.volgorde for a in leveringen] == list(range(1, len(leveringen) + 1))
    eerste = [a.bron for a in leveringen if a.ontvangen == "2026-02"]
    assert eerste == ["gemeente"] * 3 + ["duo", "brp", "uwv", "rdw", "kvk"]
    tweede = [(a.bron, a.periode) for a in leveringen if a.ontvangen == "2026-03"]
    assert [bron for bron, _ in tweede[:8]] == eerste
    assert tweede[8:] == [("gemeente", "2026-02"), ("rdw", "2026-02"), ("uwv", "2026-03")]
    for a in leveringen:
        assert a.pad.name == f"{a.periode}-{a.naam}"
        assert a.pad.parent.name == a.bron
        kaart = json.loads((a.pad / "levering.json").read_bytes())
        assert (kaart["bron"], kaart["periode"], kaart["naam"]) == (a.bron, a.periode, a.naam)
    assert not list(leveringen[0].pad.parents[1].glob(".*"))


def test_no_file_name_holds_a_bsn(leveringen: list[Aanlevering]) -> None:
    for a in leveringen:
        namen = [pad.name for pad in a.pad.iterdir()]
        for pad in a.pad.glob("*.zip"):
            namen += zipfile.ZipFile(pad).namelist()
        assert not [naam for naam in namen if re.search(r"\d{8}", naam)]


def test_every_gemeente_delivers_and_asks(leveringen: list[Aanlevering]) -> None:
    op_tijd = {rij["gemeentecode"] for rij in read_populatie(leveringen, "bijstandspopulatie", "2026-02")}
    te_laat = {rij["gemeentecode"] for rij in read_populatie(leveringen, "bijstandspopulatie-nagekomen", "2026-02")}
    assert GEMEENTEN - op_tijd == te_laat - {"9998"} != set()
    tweede = {rij["gemeentecode"] for rij in read_populatie(leveringen, "bijstandspopulatie", "2026-03")}
    assert tweede == GEMEENTEN | {"9998"}
    aanvragen = read_populatie(leveringen, "kwijtscheldingsaanvragen", "2026-02")
    assert GEMEENTEN | {"ws-0155", "ws-0636", "ws-0664"} == {rij["ontvanger"] for rij in aanvragen}


def test_populations_come_in_all_formats(leveringen: list[Aanlevering]) -> None:
    soorten = Counter(pad.suffix for pad in find(leveringen, "gemeente", "bijstandspopulatie", "2026-03").iterdir())
    assert set(soorten) == {".csv", ".json", ".jsonl", ".xml", ".parquet"}
    assert soorten[".csv"] > sum(soorten.values()) / 2
    assert sum(soorten.values()) == len(GEMEENTEN) + 1


def test_bsns_are_valid_but_for_those_planted(leveringen: list[Aanlevering]) -> None:
    bekend = {lijst[0]["01.01.20"] for lijst in read_brp(leveringen, "2026-03")} - {""}
    assert len(bekend) == PERSONEN
    assert all(is_valid(bsn) and bsn[0] == "9" for bsn in bekend)
    for bron, naam, bestand, kolom, aantal in (
        ("gemeente", "volgverzoeken", "volgverzoek.csv", "burgerservicenummer", 0),
        ("rdw", "voertuigen", "1-voertuigbezit.csv", "Burgerservicenr", 4),
        ("kvk", "handelsregister", "1-functionaris.csv", "burgerservicenummer", 4),
        ("uwv", "correcties", "3-inkomstenopgave.csv", "Burgerservicenr", 0),
    ):
        bsns = [rij[kolom] for rij in read_rows(find(leveringen, bron, naam, "2026-03") / bestand)]
        _assert_planted(bsns, bekend, aantal)
    _assert_planted(
        [r["burgerservicenummer"] for r in read_populatie(leveringen, "bijstandspopulatie", "2026-03")], bekend, 4
    )
    for bron, naam in (("duo", "jongeren"), ("uwv", "inkomsten")):
        gelezen = [client.findtext("Burgerservicenr") for client in read_clients(leveringen, bron, naam, "2026-03")]
        assert len([bsn for bsn in gelezen if bsn not in bekend]) == 2


def _assert_planted(bsns: list[str], bekend: set[str], aantal: int) -> None:
    fout = [bsn for bsn in bsns if bsn not in bekend]
    assert len(fout) == aantal
    assert not any(is_valid(bsn.zfill(9)) for bsn in fout)
    vormen = {"leeg" if not bsn else f"{len(bsn)} {bsn.isdigit()}" for bsn in fout}
    assert vormen == ({"leeg", "8 True", "9 True", "9 False"} if aantal else set())


def test_persons_are_the_same_in_every_bron(leveringen: list[Aanlevering]) -> None:
    brp = {lijst[0]["01.01.20"]: lijst[0] for lijst in read_brp(leveringen, "2026-03")}
    populatie = [
        r for r in read_populatie(leveringen, "bijstandspopulatie", "2026-03") if is_valid(r["burgerservicenummer"])
    ]
    woont = [brp[rij["burgerservicenummer"]]["08.09.10"] == rij["gemeentecode"] for rij in populatie]
    assert 0.9 < sum(woont) / len(woont) < 1
    paren = [rij for rij in populatie if rij["burgerservicenummerPartner"]]
    gehuwd = [rij for rij in paren if brp[rij["burgerservicenummer"]]["05.01.20"]]
    assert len(gehuwd) > len(paren) / 2
    assert all(brp[r["burgerservicenummer"]]["05.01.20"] == r["burgerservicenummerPartner"] for r in gehuwd)
    for bsn, lijst in brp.items():
        if bsn and (ander := lijst["05.01.20"]):
            assert brp[ander]["05.01.20"] == bsn
    jaren = [2026 - int(_geboren(brp, client)[:4]) for client in read_clients(leveringen, "duo", "jongeren", "2026-03")]
    assert {16, 20, 26} <= set(jaren) <= {15, *range(16, 31), 2026}
    for client in read_clients(leveringen, "uwv", "inkomsten", "2026-03"):
        assert all(_geboren(brp, client) < begin.text for begin in client.iter("DatBIkv"))


def _geboren(brp: dict[str, Rij], client: etree._Element) -> str:
    bsn = client.findtext("Burgerservicenr")
    return brp[bsn]["01.03.10"] if bsn in brp else "20060101"


def test_brp_has_its_irregularities(leveringen: list[Aanlevering]) -> None:
    lijsten = read_brp(leveringen, "2026-03")
    actueel = [lijst[0] for lijst in lijsten]
    redenen = Counter(rij["07.67.20"] for rij in actueel)
    assert {"O", "E", "R"} <= set(redenen)
    assert redenen[""] > 0.97 * len(actueel)
    assert all(rij["06.08.10"] for rij in actueel if rij["07.67.20"] == "O")
    assert all(rij["08.09.10"] == "1999" and rij["08.13.10"] for rij in actueel if rij["07.67.20"] in ("E", "R"))
    assert sum(not rij["01.01.20"] for rij in actueel) >= 3
    geboren = [rij["01.03.10"] for rij in actueel]
    assert any(datum.endswith("00") and not datum.endswith("0000") for datum in geboren)
    assert any(datum.endswith("0000") and datum != "00000000" for datum in geboren)
    assert "00000000" in geboren
    historie = [rij for lijst in lijsten for rij in lijst[1:]]
    assert all(not rij["01.01.20"] for rij in historie)
    assert any(rij["08.09.10"] not in GEMEENTEN for rij in historie if rij["08.09.10"])
    assert any(rij["08.84.10"] for rij in historie)
    for rij in historie:
        assert bool(rij["08.09.10"]) != bool(rij["05.06.10"])  # only the category it is about
    ontbonden = [lijst for lijst in lijsten if lijst[0]["05.07.10"]]
    assert ontbonden
    assert all(any(rij["05.06.10"] for rij in lijst[1:]) for lijst in ontbonden)
    kop = find(leveringen, "brp", "persoonslijsten", "2026-03") / "persoonslijsten.csv"
    assert kop.read_bytes().startswith(b"\xef\xbb\xbf;01.01.10;01.01.20;")


def test_answers_hold_what_goes_wrong(leveringen: list[Aanlevering]) -> None:
    kapot = 0
    for antwoord in read_answers(leveringen, "uwv", "inkomsten", "2026-02"):
        try:
            etree.fromstring(antwoord)
        except etree.XMLSyntaxError:
            kapot += 1
    assert kapot == 1
    tekst = b"".join(read_answers(leveringen, "uwv", "inkomsten", "2026-03"))
    assert tekst.count(b"<fwi:FWI>") == 3
    assert tekst.count(b"<fwi:NietsGevonden/>") > 3


def test_files_hold_duplicates_and_unknown_values(leveringen: list[Aanlevering]) -> None:
    for bron, naam, bestand in (
        ("rdw", "voertuigen", "1-voertuigbezit.csv"),
        ("kvk", "handelsregister", "1-functionaris.csv"),
    ):
        regels = (find(leveringen, bron, naam, "2026-03") / bestand).read_text(encoding="utf-8").splitlines()
        assert len(regels) - len(set(regels)) >= 2
    populatie = read_populatie(leveringen, "bijstandspopulatie", "2026-03")
    assert 1 <= sum(rij["gemeentecode"] == "9998" for rij in populatie) <= 4
    assert any(not rij["leefvorm"] for rij in populatie if "leefvorm" in rij)
    eerste, tweede = (
        read_rows(find(leveringen, "rdw", "voertuigen", periode) / "1-voertuigbezit.csv")
        for periode in ("2026-02", "2026-03")
    )
    assert set(tweede[0]) - set(eerste[0]) == {"IndWachtOpKeuren"}
    assert any(rij["DatRegistratieAansprakelijkheid"] == "20260231" for rij in tweede)


def test_the_late_part_of_rdw_fills_the_gap(leveringen: list[Aanlevering]) -> None:
    eerste, laat, tweede = (
        {rij["kenteken"] for rij in read_rows(find(leveringen, "rdw", naam, periode) / "2-voertuig.jsonl")}
        for naam, periode in (("voertuigen", "2026-02"), ("voertuigen-nagekomen", "2026-02"), ("voertuigen", "2026-03"))
    )
    assert laat
    assert not laat & eerste
    assert laat | eerste <= tweede


def test_the_second_month_differs(leveringen: list[Aanlevering]) -> None:
    feb, mrt = (
        {client.findtext("Burgerservicenr"): client for client in read_clients(leveringen, "uwv", "inkomsten", periode)}
        for periode in ("2026-02", "2026-03")
    )
    nieuw = [begin.text for client in mrt.values() for begin in client.iter("DatBIkv") if begin.text >= "20260301"]
    gestopt = [einde.text for client in mrt.values() for einde in client.iter("DatEIkv") if einde.text >= "20260301"]
    assert nieuw
    assert gestopt
    assert not [d.text for client in feb.values() for d in client.iter("DatBIkv", "DatEIkv") if d.text > "20260228"]
    maanden = Counter(begin.text[:6] for client in feb.values() for begin in client.iter("DatBIko"))
    assert set(maanden) == {"202512", "202601", "202602"}
    eigen = Counter(begin.text[:6] for client in mrt.values() for begin in client.iter("DatBIko"))
    assert eigen["202603"] > 5 * eigen["202602"] > 0  # only who was asked for the first time has history again
    profielen = [
        {
            p["kvkNummer"]: p
            for p in map(json.loads, (find(leveringen, "kvk", "handelsregister", per) / "2-onderneming.jsonl").open())
        }
        for per in ("2026-02", "2026-03")
    ]
    anders = [k for k, p in profielen[0].items() if _profiel(p) != _profiel(profielen[1][k])]
    assert len(anders) >= 3
    assert set(profielen[1]) > set(profielen[0])
    verhuisd = [
        a[0]["08.09.10"] != b[0]["08.09.10"]
        for a, b in zip(*(read_brp(leveringen, p) for p in ("2026-02", "2026-03")), strict=True)
    ]
    assert any(verhuisd)
    uit = [
        Counter(
            e.tag for c in read_clients(leveringen, "duo", "jongeren", p) for e in c.iter("DatUitschrijvingOpleiding")
        )
        for p in ("2026-02", "2026-03")
    ]
    assert uit[1] > uit[0]


def _profiel(profiel: dict[str, object]) -> str:
    return json.dumps([profiel.get("sbiActiviteiten"), profiel["_embedded"]])


def test_corrections_restate_the_month_before(leveringen: list[Aanlevering]) -> None:
    map_ = find(leveringen, "uwv", "correcties", "2026-03")
    meldingen = Counter(rij["SrtMelding"] for rij in read_rows(map_ / "1-inkomstenverhouding.csv"))
    assert set(meldingen) == {"OPGAVE", "INTREKKING"}
    hersteld = {_sleutel(rij): rij["BedrBrutoloonSv"] for rij in read_rows(map_ / "3-inkomstenopgave.csv")}
    gezien = 0
    for client in read_clients(leveringen, "uwv", "inkomsten", "2026-02"):
        for ikv in client.iter("Inkomstenverhouding"):
            for iko in ikv.iter("Inkomstenopgave"):
                sleutel = (
                    client.findtext("Burgerservicenr"),
                    ikv.findtext("AdministratieveEenheid/Loonheffingennr"),
                    ikv.findtext("VolgnrIkv"),
                    ikv.findtext("DatBIkv"),
                    iko.findtext("DatBIko"),
                )
                if sleutel in hersteld:
                    gezien += 1
                    assert hersteld[sleutel] != iko.findtext("BedrBrutoloonSv/WaardeBedr")
    assert gezien > 0
    assert {sleutel[4][:6] for sleutel in hersteld} == {"202602"}


def _sleutel(rij: Rij) -> tuple[str, ...]:
    return tuple(rij[naam] for naam in ("Burgerservicenr", "Loonheffingennr", "VolgnrIkv", "DatBIkv", "DatBIko"))


def test_a_large_country_delivers_bulk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wereld, "MAX_SUWIML", 10)
    leveringen = maak_land(tmp_path, personen=2_000, maanden=1)
    for bron, naam, tabellen in (
        ("uwv", "inkomsten", ("inkomstenverhouding", "inkomstenperiode", "inkomstenopgave")),
        ("duo", "jongeren", ("persoon", "onderwijsovereenkomst", "deelname", "resultaat")),
    ):
        bestanden = sorted(find(leveringen, bron, naam, "2026-03").glob("*.csv"))
        assert [pad.stem[2:] for pad in bestanden] == list(tabellen)
        for pad, tabel in zip(bestanden, tabellen, strict=True):
            vorm = find_tabel(f"{bron}.{tabel}")
            kolommen = next(csv.reader(io.StringIO(pad.read_text(encoding="utf-8")), delimiter=";"))
            assert set(kolommen) <= {plaats.pad for plaats in vorm.csv.kolommen.values()}
            assert {p.pad for veld, p in vorm.csv.kolommen.items() if vorm.velden[veld].verplicht} <= set(kolommen)


@pytest.fixture(scope="module")
def in_blokken(tmp_path_factory: pytest.TempPathFactory) -> list[Aanlevering]:
    """A country in three blocks, of which the last month is written alone."""
    with pytest.MonkeyPatch.context() as monkeypatch:
        monkeypatch.setattr(blok, "BLOK", 1_000)
        opzet = wereld.Opzet(2_900, tuple(make_maanden("2026-03", 3)), 1)
        return Land(tmp_path_factory.mktemp("blokken"), opzet).write_maand(2)


def read_blokken(leveringen: list[Aanlevering], bron: str, naam: str, bestand: str) -> list[list[Rij]]:
    """The rows of a table per block."""
    return [read_rows(pad) for pad in sorted(find(leveringen, bron, naam, "2026-03").glob(f"{bestand}-*"))]


def test_blocks_are_one_country(in_blokken: list[Aanlevering]) -> None:
    """A large table is a file per block; no block has a person or a number of another."""
    for bron, naam, bestand, kolom in (
        ("brp", "persoonslijsten", "persoonslijsten", "01.01.20"),
        ("brp", "persoonslijsten", "persoonslijsten", "01.01.10"),
        ("brp", "persoonslijsten", "persoonslijsten", ""),
        ("rdw", "voertuigen", "2-voertuig", "kenteken"),
        ("kvk", "handelsregister", "2-onderneming", "kvkNummer"),
    ):
        per_blok = [{rij[kolom] for rij in rijen} - {""} for rijen in read_blokken(in_blokken, bron, naam, bestand)]
        assert len(per_blok) == 3
        assert all(per_blok)
        assert sum(map(len, per_blok)) == len(set().union(*per_blok))
    personen = [
        rij["01.01.20"]
        for rijen in read_blokken(in_blokken, "brp", "persoonslijsten", "persoonslijsten")
        for rij in rijen
        if rij["01.01.20"]
    ]
    assert len(personen) == 2_900
    assert all(map(is_valid, personen))


def test_a_gemeente_delivers_once_whatever_the_blocks(in_blokken: list[Aanlevering]) -> None:
    bestanden = list(find(in_blokken, "gemeente", "bijstandspopulatie", "2026-03").glob("bijstandspopulatie-*"))
    assert len(bestanden) == len(GEMEENTEN)
    hoofden = [rij["burgerservicenummer"] for pad in bestanden for rij in read_rows(pad)]
    bekend = [
        {rij["01.01.20"] for rij in rijen}
        for rijen in read_blokken(in_blokken, "brp", "persoonslijsten", "persoonslijsten")
    ]
    assert all(bekend_in.intersection(hoofden) for bekend_in in bekend)
    aanvragen = read_populatie(in_blokken, "kwijtscheldingsaanvragen", "2026-03")
    nummers = [rij["aanvraagnummer"] for rij in aanvragen if is_valid(rij["burgerservicenummer"])]
    assert len(set(nummers)) > 0.99 * len(nummers)


def test_a_block_alone_is_what_it_is_among_others(in_blokken: list[Aanlevering], tmp_path: Path) -> None:
    opzet = wereld.Opzet(2_900, tuple(make_maanden("2026-03", 3)), 1)
    with pytest.MonkeyPatch.context() as monkeypatch:
        monkeypatch.setattr(blok, "BLOK", 1_000)
        laatste = blok.make_blokken(2_900, 1)[2]
    wereld.Wereld(opzet, laatste).schrijf("voertuigen", 2, tmp_path)
    samen = find(in_blokken, "rdw", "voertuigen", "2026-03")
    for pad in tmp_path.iterdir():
        assert pad.read_bytes() == (samen / f"{pad.stem}-002{pad.suffix}").read_bytes()


def test_a_month_of_the_netherlands() -> None:
    """The last block of the largest country has what the numbers have room for, and as much as the Netherlands."""
    opzet = wereld.Opzet(17_500_000, tuple(make_maanden("2026-03", 12)), 1, blok.LANDELIJK)
    blokken = blok.make_blokken(17_500_000, 1, blok.LANDELIJK)
    laatste = wereld.Wereld(opzet, replace(blokken[-1], personen=blokken[-1].personen // 10))
    keer = 10 * len(blokken) / 1e6
    for aantal, miljoen in (
        (len(laatste.uwv.select(11, [13])), 20),
        (len(laatste.rdw.v.begin), 9),
        (len(laatste.kvk.functionarissen(11)), 2.5),
    ):
        assert 0.92 * miljoen < aantal * keer < 1.1 * miljoen
    assert len(make_bsns(250_000, blokken[-1].hoogste_bsn)) == 250_000
    assert make_bsns(250_000, blokken[-2].hoogste_bsn).min() > blokken[-1].hoogste_bsn
    assert laatste.rdw.v.nummer.max() < 16_384_000
    for stuks, ruimte in (
        (10 * len(laatste.rdw.v.nummer), blokken[1].kentekens),
        (10 * len(laatste.kvk.b.persoon), blokken[1].bedrijven),
        (10 * len(laatste.aanvragen.hoofd), blokken[1].aanvragen),
    ):
        assert stuks < ruimte
