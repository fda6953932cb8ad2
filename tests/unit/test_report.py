"""The pages, built from a ledger filled by hand."""

from __future__ import annotations

import csv
import re
import shutil
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from html.parser import HTMLParser
from pathlib import Path

import pytest
import sqlalchemy as sa
from lxml import html

from lineage import tabellen as t
from lineage.ledger import Ledger, Stap
from reports.blad import Verborgen, in_woorden, voor_csv
from reports.gegevens import lees
from reports.graaf import Knoop, teken
from reports.herkomst import nieuwste_berichten
from reports.opmaak import MAX_RIJEN
from reports.pagina import SomKloptNiet, bouw
from reports.sommen import controleer
from schemas.load import ontvangers, producten

MOMENT = datetime(2026, 2, 3, 13, 5, tzinfo=UTC)
Tellingen = dict[tuple[str, str, str], int]


class Vulling:
    """Fills a ledger the way the steps of the pipeline do."""

    def __init__(self, ledger: Ledger) -> None:
        self.ledger = ledger

    def stap(self, soort: str, onderwerp: str, tellingen: Tellingen, status: str = "gelukt", code: str = "") -> int:
        product, periode = (onderwerp.rsplit("-", 3)[0], "2026-01") if soort in ("signaleer", "lever") else (None, None)
        stap = Stap(soort, onderwerp, product, periode, status, code or None, MOMENT, tellingen)
        nr = self.ledger.schrijf_stap(stap)
        with self.ledger.transactie() as connection:
            connection.execute(t.stap.update().where(t.stap.c.stap_nr == nr).values(beeindigd_op=MOMENT))
        return nr

    def levering(
        self, bron: str, tabel: str, *, periode: str = "2026-01", kapot: str = "", status: str = "ontvangen"
    ) -> int:
        with self.ledger.transactie() as connection:
            count = connection.execute(sa.select(sa.func.count()).select_from(t.levering)).scalar() or 0
            digest = f"{count:064x}"
            row = {"levering_id": f"{bron}-{periode}-{digest[-6:]}", "bron": bron, "periode": periode, "inhoud": digest}
            row |= {"omschrijving": "", "status": status, "ontvangen_op": MOMENT}
            row |= {"code": "L-LEEG" if status == "geparkeerd" else None}
            nr = int(connection.execute(t.levering.insert().values(row)).inserted_primary_key[0])  # type: ignore[index]
            for bestand_nr, code in enumerate([None, kapot] if kapot else [None], 1):
                file = {"levering_nr": nr, "bestand_nr": bestand_nr, "formaat": "csv", "tabellen": f"{bron}.{tabel}"}
                connection.execute(t.levering_bestand.insert().values(**file, bytes=1, sha256=digest, code=code))
        return nr

    def doorgang(self, nr: int, tellingen: Tellingen, toelating: str = "a") -> None:
        step = self.stap("deur", f"levering {nr}", tellingen)
        with self.ledger.transactie() as connection:
            for doel in {doel for doel, _, _ in tellingen if doel}:
                values = {"levering_nr": nr, "doel": doel, "toelating": toelating, "stap_nr": step}
                connection.execute(t.doorgang.insert().values(values))

    def run(
        self, product: str, leveringen: list[int], signalen: Mapping[str, int], uitgesloten: Mapping[str, int]
    ) -> str:
        with self.ledger.transactie() as connection:
            count = connection.execute(sa.select(sa.func.count()).select_from(t.productrun)).scalar() or 0
        run_id = f"{product}-2026-01-{count:06x}"
        with self.ledger.transactie() as connection:
            row = {"run_id": run_id, "product": product, "periode": "2026-01", "pins": "{}", "status": "gelukt"}
            connection.execute(t.productrun.insert().values(**row, volgorde=count + 1, aangemaakt_op=MOMENT))
            for nr in leveringen:
                connection.execute(t.run_levering.insert().values(run_id=run_id, levering_nr=nr))
        tellingen = {("", "signaal", code): n for code, n in signalen.items()}
        self.stap("signaleer", run_id, tellingen | {("", "uitgesloten", reden): n for reden, n in uitgesloten.items()})
        return run_id

    def lever(
        self,
        run_id: str,
        rows: list[tuple[str, int, int, str, str | None]],
        mutaties: Mapping[str, int] | None = None,
    ) -> None:
        product = run_id.rsplit("-", 3)[0]
        counts: dict[str, int] = {}
        with self.ledger.transactie() as connection:
            nummer = connection.execute(sa.select(sa.func.count()).select_from(t.uitlevering)).scalar() or 0
            for ontvanger, aantal, ongewijzigd, status, code in rows:
                counts[status] = counts.get(status, 0) + aantal
                counts["ongewijzigd"] = counts.get("ongewijzigd", 0) + ongewijzigd
                row = {"run_id": run_id, "ontvanger": ontvanger, "product": product, "periode": "2026-01"}
                row |= {"volgnummer": nummer + 1 if status == "geleverd" else None, "leveringsoort": "mutaties"}
                row |= {"aantal": aantal, "ongewijzigd": ongewijzigd, "status": status, "code": code}
                connection.execute(t.uitlevering.insert().values(**row, dagtekening=MOMENT))
        tellingen = {("", "uitlevering", status): n for status, n in counts.items()}
        self.stap("lever", run_id, tellingen | {("", "mutatie", wat): n for wat, n in (mutaties or {}).items()})


@pytest.fixture
def vulling(tmp_path: Path, lege_ledger: Path) -> Vulling:
    return Vulling(Ledger(f"sqlite:///{shutil.copy(lege_ledger, tmp_path / 'ledger.db')}"))


@pytest.fixture
def gevuld(vulling: Vulling) -> Vulling:
    """Two leveringen with a catch-up pass, an older one, a parked one; a product that was made twice and delivered."""
    populatie = vulling.levering("gemeente", "bijstandspopulatie")
    opgave = vulling.levering("uwv", "inkomstenopgave", kapot="B-KAPOT")
    ouder = vulling.levering("uwv", "inkomstenopgave", periode="2025-12")
    vulling.levering("brp", "persoon", status="geparkeerd")
    tabel = "gemeente.bijstandspopulatie"
    vulling.doorgang(populatie, {("inkomsten", tabel, "gebruikt"): 997, ("inkomsten", tabel, "R-BSN-ELFPROEF"): 3})
    tabel = "uwv.inkomstenopgave"
    first = {("inkomsten", tabel, "gebruikt"): 100, ("inkomsten", tabel, "D-POPULATIE"): 4911}
    first |= {("vsv", tabel, "gebruikt"): 2, ("vsv", tabel, "D-POPULATIE"): 5009}
    vulling.doorgang(opgave, first)
    again = {("inkomsten", tabel, "gebruikt"): 611, ("inkomsten", tabel, "D-POPULATIE"): 4400}
    again |= {("inkomsten", tabel, "W-VOORLOOPNUL"): 8, ("", "bestand", "W-FWI"): 12}
    vulling.doorgang(opgave, again, "b")
    vulling.doorgang(ouder, {("inkomsten", tabel, "gebruikt"): 31})
    leveringen = [populatie, opgave, ouder]
    vulling.run("inkomsten", leveringen, {"INK-02": 7777}, {})
    run_id = vulling.run(
        "inkomsten", leveringen, {"INK-01": 3, "INK-02": 60, "INK-03": 12}, {"rni": 2, "overleden": 30}
    )
    rows = [("0014", 2, 0, "geleverd", None), ("0034", 30, 25, "geleverd", None), ("0037", 11, 0, "geleverd", None)]
    vulling.lever(
        run_id, [*rows, ("0047", 7, 0, "tegengehouden", "U-OVEREENKOMST"), ("0050", 0, 6, "ongewijzigd", None)]
    )
    return vulling


class Gesloten(HTMLParser):
    """Refuses a page with an element that is not closed where it should be."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []

    def handle_starttag(self, tag: str, attrs: object) -> None:
        if tag not in ("meta", "link", "br", "img", "input"):
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def _tables(path: Path) -> dict[str, list[list[str]]]:
    """The tables of a page by their caption, as text."""
    document = html.fromstring(path.read_bytes())
    result = {}
    for table in document.iterfind(".//table"):
        caption = table.findtext("caption")
        assert caption is not None
        result[caption] = [[cell.text_content() for cell in row] for row in table.iterfind("./tbody/tr")]
    return result


def rapport_links(path: Path) -> set[str]:
    return {str(link.get("href")) for link in html.fromstring(path.read_bytes()).iterfind(".//a")}


def _csv(path: Path) -> list[list[str]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.reader(file, delimiter=";"))


def test_what_came_in_counts_only_the_newest_passage(gevuld: Vulling, tmp_path: Path) -> None:
    bouw(gevuld.ledger, tmp_path / "rapport")
    rows = _tables(tmp_path / "rapport" / "inkomsten-2026-01.html")["Records per levering en tabel, januari 2026"]
    opgave = next(row for row in rows if row[1] == "uwv.inkomstenopgave")
    assert opgave[3:] == ["5.011", "611", "4.400", "0", "klopt"]


def test_small_counts_and_what_gives_them_away_are_hidden(gevuld: Vulling, tmp_path: Path) -> None:
    bouw(gevuld.ledger, tmp_path / "rapport")
    tables = _tables(tmp_path / "rapport" / "inkomsten-2026-01.html")
    populatie = tables["Records per levering en tabel, januari 2026"][0]
    assert populatie[3:7] == ["1.000", "afgeschermd", "0", "afgeschermd"]
    top = tables["De 10 belangrijkste redenen, met de regel erachter"]
    assert [[row[0], row[-1]] for row in top] == [
        ["D-POPULATIE", "4.400"],
        ["W-VOORLOOPNUL", "8"],
        ["R-BSN-ELFPROEF", "afgeschermd"],
    ]
    signalen = {row[0]: row[3] for row in tables["Signalen per code"]}
    assert signalen == {
        "INK-01": "afgeschermd",
        "INK-02": "60",
        "INK-03": "afgeschermd",
        "INK-04": "0",
        "Totaal": "75",
    }
    zonder = {row[0]: row[2] for row in tables["Personen of aanvragen zonder signaal, per reden"]}
    assert zonder == {"rni": "afgeschermd", "overleden": "afgeschermd", "Totaal": "32"}
    ontvangers = {row[0]: row[4:6] for row in tables["Uitleveringen per ontvanger"]}
    assert ontvangers["0014"] == ["afgeschermd", "0"]
    assert ontvangers["0037"][0] == "afgeschermd"  # 43 - 30 would leave 2 + 11
    assert ontvangers["0034"] == ["30", "25"]
    assert ontvangers["0050"] == ["0", "6"]


def test_csv_holds_what_the_page_holds(gevuld: Vulling, tmp_path: Path) -> None:
    bouw(gevuld.ledger, tmp_path / "rapport")
    rows = _csv(tmp_path / "rapport" / "data" / "inkomsten-2026-01-signalen.csv")
    assert rows[0] == ["Code", "Naam", "Betekenis", "Signalen"]
    assert {row[0]: row[3] for row in rows[1:]}["INK-01"] == "afgeschermd"
    rows = _csv(tmp_path / "rapport" / "data" / "inkomsten-2026-01-binnengekomen.csv")
    assert ["5011", "611", "4400", "0"] in [row[3:7] for row in rows]
    assert rows[1][2] == "2026-02-03T13:05:00Z"


def test_what_stands_still_is_named_with_its_meaning(gevuld: Vulling, tmp_path: Path) -> None:
    gevuld.stap("signaleer", "kvk-2026-01-abc", {}, "mislukt", "S-MODEL")
    rapport = tmp_path / "rapport"
    rows = _tables(bouw(gevuld.ledger, rapport))["Wat stilligt of aandacht vraagt"]
    codes = {row[2]: row for row in rows}
    assert {"L-LEEG", "B-KAPOT", "U-OVEREENKOMST", "S-MODEL"} <= codes.keys()
    assert codes["B-KAPOT"][1] == "1 van 2 bestanden niet bruikbaar"
    assert "overeenkomst" in codes["U-OVEREENKOMST"][3]
    page = _tables(rapport / "inkomsten-2026-01.html")["Wat stilligt of aandacht vraagt"]
    assert ["12 meldingen bij bestanden", "W-FWI"] in [row[1:3] for row in page]


def test_an_earlier_run_is_listed_without_counts(gevuld: Vulling, tmp_path: Path) -> None:
    bouw(gevuld.ledger, tmp_path / "rapport")
    rows = _tables(tmp_path / "rapport" / "inkomsten-2026-01.html")["Eerdere berekeningen van deze maand"]
    assert rows == [["inkomsten-2026-01-000000", "3 februari 2026 14:05", "3", "0"]]
    assert "7.777" not in (tmp_path / "rapport" / "inkomsten-2026-01.html").read_text()


def test_what_an_earlier_run_delivered_stays_visible(vulling: Vulling, tmp_path: Path) -> None:
    earlier = vulling.run("inkomsten", [], {"INK-01": 50}, {})
    vulling.lever(earlier, [("0014", 30, 0, "geleverd", None), ("0034", 20, 0, "geleverd", None)])
    newest = vulling.run("inkomsten", [], {"INK-01": 30}, {})
    vulling.lever(newest, [("0014", 0, 30, "ongewijzigd", None)])
    tables = _tables(bouw(vulling.ledger, tmp_path / "rapport"))
    assert tables["Per product en maand, de nieuwste berekening"][0][4:9] == ["30", "2", "2", "0", "0"]
    tables = _tables(tmp_path / "rapport" / "inkomsten-2026-01.html")
    moment = "3 februari 2026 14:05"
    assert tables["Uitleveringen per ontvanger"] == [
        ["0014", "Groningen", "1", moment, "0", "30", "niets nieuws", ""],
        ["0034", "Almere", "1", moment, "0", "0", "eerder geleverd", ""],
    ]
    assert tables["Eerdere berekeningen van deze maand"] == [[earlier, moment, "0", "2"]]


def test_the_same_ledger_gives_the_same_files_and_leaves_them_alone(gevuld: Vulling, tmp_path: Path) -> None:
    rapport = tmp_path / "rapport"
    bouw(gevuld.ledger, rapport)
    before = {path: (path.read_bytes(), path.stat().st_mtime_ns) for path in rapport.rglob("*") if path.is_file()}
    bouw(gevuld.ledger, rapport)
    assert {path: (path.read_bytes(), path.stat().st_mtime_ns) for path in before} == before
    bouw(gevuld.ledger, tmp_path / "ander")
    assert {path.relative_to(rapport): content for path, (content, _) in before.items()} == {
        path.relative_to(tmp_path / "ander"): path.read_bytes()
        for path in (tmp_path / "ander").rglob("*")
        if path.is_file()
    }


def test_pages_that_no_longer_belong_are_removed_and_other_files_stay(gevuld: Vulling, tmp_path: Path) -> None:
    rapport = tmp_path / "rapport"
    (rapport / "data").mkdir(parents=True)
    for name in ("oud-2020-01.html", "data/oud-2020-01-signalen.csv", "lees-mij.html"):
        (rapport / name).write_text("x")
    bouw(gevuld.ledger, rapport)
    assert not (rapport / "oud-2020-01.html").exists()
    assert not (rapport / "data" / "oud-2020-01-signalen.csv").exists()
    assert (rapport / "lees-mij.html").exists()


def test_pages_are_whole_offline_and_hold_no_identifier(gevuld: Vulling, tmp_path: Path) -> None:
    rapport = tmp_path / "rapport"
    bouw(gevuld.ledger, rapport)
    pages = sorted(rapport.glob("*.html"))
    accounting = ["dpia", "register", "uw-gegevens", "bronnen", "codes", "herkomst", "kwaliteit", "ontvangers"]
    per_item = [f"ontvanger-{ontvanger}" for ontvanger in ontvangers()]
    per_item += [f"bericht-{bericht.bericht}" for bericht in nieuwste_berichten()]
    assert {page.stem for page in pages} == {"index", "inkomsten-2026-01", *accounting, *per_item}
    known = {page.name: set(html.fromstring(page.read_bytes()).xpath("//@id")) for page in pages}
    for page in pages:
        text = page.read_text(encoding="utf-8")
        assert len(text) < 500_000
        assert not re.search(r"(?<!\d)\d{9}(?!\d)", text)
        Gesloten().feed(text)
        document = html.document_fromstring(page.read_bytes(), parser=html.HTMLParser(recover=False))
        assert document.get("lang") == "nl"
        assert len(document.findall(".//h1")) == 1
        assert not document.findall(".//script")
        assert not re.search(r"(https?:)?//[a-z]", text)
        ids = [element.get("id") for element in document.iterfind(".//*[@id]")]
        assert len(ids) == len(set(ids))
        for link in document.iterfind(".//a"):
            target, _, anchor = str(link.get("href")).partition("#")
            assert (page.parent / target).exists()
            assert not anchor or anchor in known[target or page.name]
        for table in document.iterfind(".//table"):
            (download,) = table.xpath("following::p[@class='download'][1]/a/@href")
            assert len(_csv(rapport / download)) - 1 == len(table.findall("./tbody/tr"))
            width = len(table.findall("./thead/tr/th"))
            assert {len(row) for row in table.iterfind("./tbody/tr")} == {width}
    for path in rapport.glob("data/*.csv"):
        assert not re.search(r"(?<!\d)\d{9}(?!\d)", path.read_text(encoding="utf-8-sig"))


@pytest.mark.parametrize(
    ("tellingen", "text"),
    [
        ({("vsv", "uwv.inkomstenopgave", "gebruikt"): 30}, "niet voor elk doel gelijk"),
        ({("inkomsten", "uwv.inkomstenopgave", "raadsel"): 30}, "hoort niet in de som"),
        ({("", "uwv.inkomstenopgave", "ontvangen"): 32}, "gebruikt + buiten doel + uitval"),
    ],
)
def test_a_levering_that_does_not_add_up_is_shown_and_raised(
    vulling: Vulling, tmp_path: Path, tellingen: Tellingen, text: str
) -> None:
    nr = vulling.levering("uwv", "inkomstenopgave")
    vulling.doorgang(nr, {("inkomsten", "uwv.inkomstenopgave", "gebruikt"): 31, **tellingen})
    vulling.run("inkomsten", [nr], {"INK-01": 50}, {})
    with pytest.raises(SomKloptNiet) as raised:
        bouw(vulling.ledger, tmp_path / "rapport")
    assert text in str(raised.value)
    for page in (raised.value.pagina, tmp_path / "rapport" / "inkomsten-2026-01.html"):
        assert html.fromstring(page.read_bytes()).xpath("//section[@class='alarm']//li")
    rows = _tables(tmp_path / "rapport" / "inkomsten-2026-01.html")["Records per levering en tabel, januari 2026"]
    assert rows[0][-1] == "klopt niet"


def test_what_the_reader_counted_may_agree(vulling: Vulling) -> None:
    nr = vulling.levering("uwv", "inkomstenopgave")
    tabel = "uwv.inkomstenopgave"
    rows = {("inkomsten", tabel, "gebruikt"): 30, ("", tabel, "R-KAPOT"): 2, ("", tabel, "ontvangen"): 32}
    vulling.doorgang(nr, rows)
    gegevens = lees(vulling.ledger)
    assert controleer(gegevens) == ()
    assert gegevens.doorgangen[0].uitval == 2  # a line that could not be read was received


def test_signals_that_got_lost_are_shown_and_raised(vulling: Vulling, tmp_path: Path) -> None:
    run_id = vulling.run("inkomsten", [], {"INK-01": 50}, {})
    vulling.lever(run_id, [("0014", 49, 0, "geleverd", None)])
    with pytest.raises(SomKloptNiet, match="niet elk signaal"):
        bouw(vulling.ledger, tmp_path / "rapport")


def test_deliveries_that_differ_from_what_was_counted_are_raised(vulling: Vulling, tmp_path: Path) -> None:
    run_id = vulling.run("inkomsten", [], {"INK-01": 50}, {})
    vulling.lever(run_id, [("0014", 50, 0, "geleverd", None)])
    with vulling.ledger.transactie() as connection:
        connection.execute(t.uitlevering.update().values(aantal=51))
    with pytest.raises(SomKloptNiet, match="geleverd"):
        bouw(vulling.ledger, tmp_path / "rapport")


def test_an_rmc_regio_does_not_give_its_gemeenten_away(vulling: Vulling, tmp_path: Path) -> None:
    run_id = vulling.run("vsv", [], {"VSV-D1": 40, "VSV-D2": 23}, {})
    rows = [("0014", 40), ("0047", 3), ("0037", 20), ("rmc-03", 40), ("rmc-01", 23)]
    vulling.lever(run_id, [(ontvanger, aantal, 0, "geleverd", None) for ontvanger, aantal in rows])
    bouw(vulling.ledger, tmp_path / "rapport")
    shown = {
        row[0]: row[4] for row in _tables(tmp_path / "rapport" / "vsv-2026-01.html")["Uitleveringen per ontvanger"]
    }
    # Veendam (3) and Stadskanaal (20) are the gemeenten of regio 01 here.
    assert shown["0047"] == shown["0037"] == "afgeschermd"
    assert shown["rmc-01"] == "23"


@pytest.mark.zwaar
def test_a_national_month_stays_small(vulling: Vulling, tmp_path: Path) -> None:
    codes = sorted(ontvangers())
    nrs = [vulling.levering("gemeente", "bijstandspopulatie") for _ in range(345)]
    for nr in nrs:
        vulling.doorgang(
            nr, {("kvk", "gemeente.bijstandspopulatie", reden): 50 + nr for reden in ("gebruikt", "R-DATUM")}
        )
    run_id = vulling.run("kvk", nrs, {"KVK-01": 300 * len(codes)}, {"rni": 900})
    vulling.lever(run_id, [(code, 300, 1200, "geleverd", None) for code in codes])
    bouw(vulling.ledger, tmp_path / "rapport")
    assert (tmp_path / "rapport" / "kvk-2026-01.html").stat().st_size < 500_000
    assert (tmp_path / "rapport" / "index.html").stat().st_size < 100_000


@pytest.mark.zwaar
def test_a_long_table_goes_on_on_a_page_of_its_own_and_is_whole_as_csv(vulling: Vulling, tmp_path: Path) -> None:
    nrs = [vulling.levering("gemeente", "bijstandspopulatie") for _ in range(MAX_RIJEN + 1)]
    for nr in nrs:
        vulling.doorgang(nr, {("kvk", "gemeente.bijstandspopulatie", "gebruikt"): 50})
    vulling.run("kvk", nrs, {"KVK-01": 300}, {})
    bouw(vulling.ledger, tmp_path / "rapport")
    page = _tables(tmp_path / "rapport" / "kvk-2026-01.html")["Records per levering en tabel, januari 2026"]
    assert len(page) == MAX_RIJEN
    more = rapport_links(tmp_path / "rapport" / "kvk-2026-01.html") & {"vervolg-kvk-2026-01-binnengekomen-2.html"}
    (rest,) = (_tables(tmp_path / "rapport" / naam) for naam in more)
    assert len(rest["Records per levering en tabel, januari 2026"]) == 1
    assert not {row[0] for row in page} & {rest["Records per levering en tabel, januari 2026"][0][0]}
    rows = _csv(tmp_path / "rapport" / "data" / "kvk-2026-01-binnengekomen.csv")
    assert len(rows) == MAX_RIJEN + 2


def test_an_empty_ledger_gives_a_page(vulling: Vulling, tmp_path: Path) -> None:
    index = bouw(vulling.ledger, tmp_path / "rapport")
    assert "Er is nog geen product gemaakt." in index.read_text(encoding="utf-8")


def test_cells_as_people_and_as_machines_read_them() -> None:
    assert in_woorden(1234567) == "1.234.567"
    assert in_woorden(datetime(2026, 7, 1, 22, 30, tzinfo=UTC)) == "2 juli 2026 00:30"
    assert voor_csv(1234567) == "1234567"
    assert voor_csv("=1+1") == "'=1+1"
    assert voor_csv(Verborgen()) == "afgeschermd"
    assert voor_csv(None) == ""


def test_a_late_delivery_is_named_against_the_norm(vulling: Vulling, tmp_path: Path) -> None:
    run_id = vulling.run("inkomsten", [], {"INK-01": 60}, {})
    vulling.lever(run_id, [("0014", 30, 0, "geleverd", None), ("0034", 30, 0, "geleverd", None)])
    on_time = _tables(bouw(vulling.ledger, tmp_path / "rapport"))["Per product en maand, de nieuwste berekening"]
    assert on_time[0][2:4] == ["op tijd", "15 februari 2026"]
    with vulling.ledger.transactie() as connection:
        late = datetime(2026, 2, 15, 23, 30, tzinfo=UTC)  # the sixteenth in the Netherlands
        connection.execute(t.uitlevering.update().where(t.uitlevering.c.ontvanger == "0034").values(dagtekening=late))
    rows = _tables(bouw(vulling.ledger, tmp_path / "rapport"))["Per product en maand, de nieuwste berekening"]
    assert rows[0][2] == "te laat bij 1"
    page = _tables(tmp_path / "rapport" / "ontvanger-0034.html")["Uitleveringen aan Almere"]
    assert page[0][-2:] == ["15 februari 2026", "te laat"]
    charts = html.fromstring((tmp_path / "rapport" / "index.html").read_bytes()).xpath("//svg/@aria-label")
    assert any(chart.startswith("Ontvangers op tijd bediend per maand") and ": 1" in chart for chart in charts)


def test_a_recipient_sees_what_the_page_of_the_product_shows(gevuld: Vulling, tmp_path: Path) -> None:
    bouw(gevuld.ledger, tmp_path / "rapport")
    shown = {}
    for ontvanger, naam in (("0014", "Groningen"), ("0034", "Almere"), ("0050", "Zeewolde")):
        page = _tables(tmp_path / "rapport" / f"ontvanger-{ontvanger}.html")
        shown[ontvanger] = page[f"Uitleveringen aan {naam}"][0][4:6]
    assert shown == {"0014": ["afgeschermd", "0"], "0034": ["30", "25"], "0050": ["0", "6"]}


def test_a_sum_over_leveringen_adds_only_what_is_shown(vulling: Vulling, tmp_path: Path) -> None:
    tabel = "gemeente.bijstandspopulatie"
    for used, rejected in ((500, 40), (300, 3)):
        nr = vulling.levering("gemeente", "bijstandspopulatie")
        vulling.doorgang(nr, {("kvk", tabel, "gebruikt"): used, ("kvk", tabel, "R-BSN-ELFPROEF"): rejected})
    bouw(vulling.ledger, tmp_path / "rapport")
    tables = _tables(tmp_path / "rapport" / "bronnen.html")
    assert tables["Records per tabel en maand"][0][3] == "843"
    assert tables["Uitval en waarschuwingen per code"][0][-2:] == ["2", "minstens 40"]


def test_verdicts_are_shown_with_teller_and_noemer(vulling: Vulling, tmp_path: Path) -> None:
    run_id = vulling.run("inkomsten", [], {"INK-01": 80}, {})
    vulling.lever(run_id, [("0014", 80, 0, "geleverd", None)])
    given = [("INK-01", "gegrond")] * 30 + [("INK-01", "ongegrond")] * 10 + [("INK-01", "in_onderzoek")] * 7
    given += [("INK-02", "gegrond")] * 20 + [("INK-02", "ongegrond")] * 2
    with vulling.ledger.transactie() as connection:
        row = {"retour_id": "a", "ontvanger": "0014", "status": "aangenomen", "aantal": len(given)}
        connection.execute(t.retour.insert().values(**row, ontvangen_op=MOMENT))
        for nr, (code, oordeel) in enumerate(given):
            row = {"retour_id": "a", "signaal_id": f"{nr}", "ontvanger": "0014", "product": "inkomsten"}
            row |= {"signaal_code": code, "oordeel": oordeel}
            connection.execute(t.terugmelding.insert().values(**row, geleverd_op=MOMENT, ontvangen_op=MOMENT))
    tables = _tables(bouw(vulling.ledger, tmp_path / "rapport"))
    assert tables["Per product en maand, de nieuwste berekening"][0][8] == "1"
    rows = _tables(tmp_path / "rapport" / "kwaliteit.html")["Aandeel gegrond per signaalcode"]
    assert rows[0][3:7] == ["75%", "30", "40", "7"]
    assert rows[1][3:5] == ["afgeschermd", "afgeschermd"]


def _met_mutaties(vulling: Vulling, mutaties: Mapping[str, int], signalen: Mapping[str, int]) -> None:
    run_id = vulling.run("inkomsten", [], signalen, {})
    vulling.lever(run_id, [("0014", sum(mutaties.values()), 0, "geleverd", None)], mutaties)


NAAM = producten()["inkomsten"].naam


def test_held_back_and_answered_are_drawn_per_month(vulling: Vulling, tmp_path: Path) -> None:
    run_id = vulling.run("inkomsten", [], {"INK-01": 40}, {})
    vulling.lever(run_id, [("0014", 30, 0, "geleverd", None), ("0034", 10, 0, "tegengehouden", "U-OVEREENKOMST")])
    page = bouw(vulling.ledger, tmp_path / "rapport").read_text(encoding="utf-8")
    assert f"Ontvangers bij wie iets is tegengehouden per maand: {NAAM}" in page
    assert "Ontvangers die hebben geantwoord per maand" not in page
    with vulling.ledger.transactie() as connection:
        row = {"retour_id": "a", "ontvanger": "0014", "status": "aangenomen", "aantal": 1}
        connection.execute(t.retour.insert().values(**row, ontvangen_op=MOMENT))
        row = {"retour_id": "a", "signaal_id": "1", "ontvanger": "0014", "product": "inkomsten", "oordeel": "gegrond"}
        row |= {"signaal_code": "INK-01", "geleverd_op": MOMENT, "ontvangen_op": MOMENT}
        connection.execute(t.terugmelding.insert().values(**row))
    page = bouw(vulling.ledger, tmp_path / "rapport").read_text(encoding="utf-8")
    assert f"Ontvangers die hebben geantwoord per maand: {NAAM}" in page


def test_what_was_delivered_is_told_per_code_and_mutatie(vulling: Vulling, tmp_path: Path) -> None:
    given = {"INK-01 nieuw": 40, "INK-01 ingetrokken": 9, "INK-02 nieuw": 11, "INK-02 gewijzigd": 7}
    _met_mutaties(vulling, given, {"INK-01": 40, "INK-02": 18})
    bouw(vulling.ledger, tmp_path / "rapport")
    rows = _tables(tmp_path / "rapport" / "inkomsten-2026-01.html")[
        "Geleverd, per signaalcode en mutatie, maal ontvangers"
    ]
    assert [row[0] for row in rows] == ["INK-01", "INK-02"]
    assert [row[2:] for row in rows] == [["40", "0", "0", "9", "0"], ["11", "7", "0", "0", "0"]]


def test_a_small_mutatie_does_not_follow_from_the_signals_of_its_code(vulling: Vulling, tmp_path: Path) -> None:
    given = {"INK-01 nieuw": 40, "INK-01 gewijzigd": 2, "INK-02 nieuw": 60}
    _met_mutaties(vulling, given, {"INK-01": 42, "INK-02": 60})
    bouw(vulling.ledger, tmp_path / "rapport")
    tables = _tables(tmp_path / "rapport" / "inkomsten-2026-01.html")
    rows = tables["Geleverd, per signaalcode en mutatie, maal ontvangers"]
    assert rows[0][2:4] == ["afgeschermd", "afgeschermd"]


def test_mutaties_that_do_not_add_up_are_told(vulling: Vulling, tmp_path: Path) -> None:
    run_id = vulling.run("inkomsten", [], {"INK-01": 40}, {})
    vulling.lever(run_id, [("0014", 40, 0, "geleverd", None)], {"INK-01 nieuw": 39})
    with pytest.raises(SomKloptNiet, match="som over signaalcodes en mutaties"):
        bouw(vulling.ledger, tmp_path / "rapport")


def test_every_field_of_a_message_says_where_it_comes_from(vulling: Vulling, tmp_path: Path) -> None:
    bouw(vulling.ledger, tmp_path / "rapport")
    for bericht in nieuwste_berichten():
        rows = _tables(tmp_path / "rapport" / f"bericht-{bericht.bericht}.html")["Herkomst per veld"]
        assert {row[0] for row in rows} == set(bericht.signaal)
        assert all(row[3] and row[4] for row in rows if row[2] != "Maakt de keten zelf.")
    rows = _tables(tmp_path / "rapport" / "bericht-vsvbericht.html")["Herkomst per veld"]
    inkomen = next(row for row in rows if row[:2] == ["inkomen_werk", "uwv.inkomstenopgave.bedrag_loon_sv"])
    assert inkomen[5].startswith("uwv.inkomstenopgave.bedrag_loon_sv → stg_uwv__inkomstenopgave.")
    assert inkomen[6] == "Het inkomen uit werk bepaalt de prioriteit."


def test_three_hundred_nodes_are_drawn_at_once() -> None:
    knopen = {f"n{nr}": Knoop(f"n{nr}", "model", "index.html") for nr in range(300)}
    pijlen = [(f"n{nr}", f"n{nr + step}") for nr in range(300) for step in (7, 31, 60) if nr + step < 300]
    begin = time.process_time()
    svg = html.fromstring(teken("Groot", knopen, pijlen).svg)
    assert time.process_time() - begin < 5
    assert len(svg.findall(".//a")) == 300
    assert len(svg.findall("./path")) == len(pijlen)
