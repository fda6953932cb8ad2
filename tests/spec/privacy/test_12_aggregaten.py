"""Gedrag 12: rapporten voor opdrachtgevers bevatten alleen aantallen, en geen aantal dat naar iemand kan wijzen."""

from __future__ import annotations

import csv
from itertools import product as combinaties
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from lxml import html

from lineage.klein import GRENS
from pipeline.instellingen import Instellingen
from reports.blad import AFGESCHERMD
from reports.bladen import MUTATIES
from reports.onderdrukking import Optelling, onderdruk
from tests.e2e.speur import Speurder
from tests.spec.privacy import dorp as d

# Numbers of things that are not persons: leveringen and recipients.
VAN_DINGEN = {"Leveringen", "Ontvangers", "Geleverd aan", "Tegengehouden bij", "Geleverd aan ontvangers"}
VAN_DINGEN |= {
    "Beantwoord door",
    "Tegengehouden leveringen",
    "Met onbruikbare bestanden",
    "Kolommen",
    "Velden per signaal",
}
VAN_DINGEN |= {"Volgnummer", "Bestanden", "Mislukte pogingen"}
VAN_DINGEN |= {"Maanden op tijd", "Maanden te laat", "Maanden die nog lopen"}
VAN_PERSONEN = {"Ontvangen", "Gebruikt", "Buiten doel", "Uitval", "Records", "Signalen", "Ongewijzigd", "Aantal"}
VAN_PERSONEN |= {"Teller", "Noemer", "Niet meegeteld", "Gegrond", "Ongegrond", "In onderzoek", "Teruggemeld"}
VAN_PERSONEN |= set(MUTATIES.values())


def test_no_small_count_on_any_page(dorp: Instellingen) -> None:
    """In een dorp van elf mensen zijn bijna alle aantallen klein: geen ervan staat in een tabel."""
    hidden = 0
    for path in sorted(dorp.map("rapport", "data").glob("*.csv")):
        with path.open(encoding="utf-8-sig", newline="") as file:
            for row in csv.DictReader(file, delimiter=";"):
                for kolom, waarde in row.items():
                    if kolom in VAN_PERSONEN:
                        hidden += waarde == AFGESCHERMD
                        assert not waarde.isdigit() or not 0 < int(waarde) < GRENS, path.name
                    elif waarde.isdigit():
                        assert (
                            kolom in VAN_DINGEN
                            or "gegevens" in path.name
                            or kolom in ("Ontvanger", "Volgnummers", "Gedrag")
                        )
    assert hidden > 50


def test_pages_show_what_the_tables_hold(dorp: Instellingen) -> None:
    """Wat in een tabel is afgeschermd staat ook niet op de pagina."""
    for page in dorp.map("rapport").glob("*.html"):
        document = html.document_fromstring(page.read_bytes())
        for table in document.iterfind(".//table"):
            heads = [cell.text_content() for cell in table.findall("./thead/tr/th")]
            for row in table.iterfind("./tbody/tr"):
                for head, cell in zip(heads, row, strict=True):
                    text = cell.text_content().replace(".", "")
                    assert head not in VAN_PERSONEN or not text.isdigit() or not 0 < int(text) < GRENS, page.name


@pytest.mark.parametrize(
    "delen", [[3, 60, 12], [1, 1, 100], [4, 4, 4], [0, 2, 50, 70], [1, 0, 0, 30], [2, 3, 5, 8, 13], [1, 200]]
)
def test_small_counts_cannot_be_worked_out(delen: list[int]) -> None:
    """Met alles wat te zien is kan elk afgeschermd klein aantal nog elk getal van 1 tot en met 4 zijn."""
    waarden = {f"deel{nr}": aantal for nr, aantal in enumerate(delen)} | {"totaal": sum(delen)}
    parts = tuple(key for key in waarden if key != "totaal")
    hidden = onderdruk(waarden, [Optelling("totaal", parts)])
    small = {key for key in parts if 0 < waarden[key] < GRENS}
    assert small <= hidden
    if "totaal" in hidden:
        return
    secret = [key for key in parts if key in hidden]
    rest = waarden["totaal"] - sum(waarden[key] for key in parts if key not in hidden)
    possible = [row for row in combinaties(range(1, rest + 1), repeat=len(secret)) if sum(row) == rest]
    for place, key in enumerate(secret):
        if key in small:
            assert {row[place] for row in possible} >= set(range(1, GRENS)), key


def test_pages_hold_counts_and_no_persons(dorp: Instellingen) -> None:
    """Op de pagina's staat geen burgerservicenummer, geen pseudoniem en geen kenmerk van een signaal."""
    folder: Path = dorp.map("rapport")
    assert Speurder(d.PERSOON.values()).zoek(folder) == []
    for path in dorp.map("runs").rglob("signal_*.parquet"):
        table = pq.read_table(path, columns=["persoon", "signaal_id"])
        secrets = [token.hex() for token in table["persoon"].to_pylist()] + table["signaal_id"].to_pylist()
        text = "".join(page.read_text(encoding="utf-8") for page in folder.rglob("*.*"))
        assert not [secret for secret in secrets if secret in text]
