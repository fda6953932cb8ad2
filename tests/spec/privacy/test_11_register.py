"""Gedrag 11: register, burgerpagina en DPIA worden gemaakt uit de profielen die de code afdwingt."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import pytest
import yaml
from lxml import html

from pipeline.betrokkene.correctie import meld
from pipeline.betrokkene.inzage import vraag_inzage
from pipeline.instellingen import Instellingen
from pipeline.logboek import Logboek
from pipeline.rapport import maak_rapport
from reports.register import verwerkingen
from schemas.load import doelen, producten
from schemas.register import dpia, genoemde_tests, register
from tests.e2e.eenmalig import schone_omgeving
from tests.genoemd import bestaat
from tests.spec.privacy import dorp as d
from tests.spec.privacy.conftest import vergeet

# What article 30 of the AVG asks for, as the register calls it.
ARTIKEL_30 = (
    *("Verwerkingsverantwoordelijke", "Functionaris gegevensbescherming", "Doel", "Categorieën betrokkenen"),
    *("Categorieën gegevens", "Ontvangers", "Doorgifte buiten de EER", "Bewaartermijn", "Beveiliging"),
)


def tabel(rapport: Path, naam: str) -> list[dict[str, str]]:
    with (rapport / "data" / f"{naam}.csv").open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file, delimiter=";"))


def tekst(path: Path) -> str:
    """What a page says, without markup."""
    document = html.document_fromstring(path.read_bytes())
    for style in document.iterfind(".//style"):
        style.getparent().remove(style)  # type: ignore[union-attr]
    return " ".join(document.text_content().split())


@pytest.fixture(scope="module")
def rapport(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The pages of an installation in which nothing has happened yet: the register does not need data."""
    with pytest.MonkeyPatch.context() as monkeypatch:
        schone_omgeving(monkeypatch)
        return maak_rapport(Instellingen(data=tmp_path_factory.mktemp("register") / "var")).parent


def test_register_names_exactly_what_the_profiles_let_in(rapport: Path) -> None:
    """Het register noemt per doel precies de velden die de deur doorlaat, met noodzaak en op volgorde."""
    assert [row["Verwerking"] for row in tabel(rapport, "verwerkingenregister")][: len(doelen())] == [
        doel.verwerking for doel in doelen().values()
    ]
    for naam, doel in doelen().items():
        rows = [(r["Tabel"], r["Veld"], r["Noodzaak"]) for r in tabel(rapport, f"register-{naam}-gegevens")]
        assert rows == [(bron.tabel, veld, waarom) for bron in doel.bronnen for veld, waarom in bron.velden.items()]


def test_register_has_what_the_law_asks(rapport: Path) -> None:
    """Elke verwerking heeft wat AVG artikel 30 vraagt, een eigen kenmerk, een grondslag en een bron."""
    rows = tabel(rapport, "verwerkingenregister")
    for row in rows:
        assert not [naam for naam in (*ARTIKEL_30, "Grondslag", "Verwerking") if not row[naam].strip()], row["Doel"]
    assert {row["Verwerking"] for row in rows} > {doel.verwerking for doel in doelen().values()}
    assert all(re.fullmatch(r"urn:signaalketen:verwerking:[a-z]+:[1-9]\d*", row["Verwerking"]) for row in rows)
    page = tekst(rapport / "register.html")
    for doel in doelen().values():
        assert all(grondslag in page for grondslag in doel.grondslag)


def test_everything_that_is_logged_is_in_the_register(eigen_dorp: Instellingen) -> None:
    """Elke verwerking in het logboek staat onder haar kenmerk in het register; ook een inzage en een correctie."""
    vraag_inzage(eigen_dorp, d.ANNA)
    [levering] = [row["levering_id"] for row in eigen_dorp.grootboek.leveringen() if row["bron"] == "uwv"]
    meld(eigen_dorp, levering, "uwv.inkomstenverhouding", 1, "De begindatum klopt niet.")
    logged = {row["dpl.core.processing_activity_id"] for _, row in Logboek(eigen_dorp).handelingen()}
    registered = {row["Verwerking"] for row in tabel(eigen_dorp.map("rapport"), "verwerkingenregister")}
    assert logged <= registered
    assert {doelen()[naam].verwerking for naam in d.PRODUCTEN} <= logged


def test_register_follows_the_profiles(eigen_schemas: Path, instellingen: Instellingen) -> None:
    """Verandert een profiel, dan veranderen register en burgerpagina vanzelf mee: er is geen tweede tekst."""
    path = eigen_schemas / "doelen" / "vsv.yml"
    profiel = yaml.safe_load(path.read_text(encoding="utf-8"))
    profiel["bronnen"][0]["velden"]["indicatie_startkwalificatie"] = "Omdat dit de test is."
    profiel["bewaartermijn"]["maximum_maanden"] = 36
    profiel["bewaartermijn"]["minimum_maanden"] = 6
    path.write_text(yaml.safe_dump(profiel, sort_keys=False), "utf-8")
    vergeet()
    rapport = maak_rapport(instellingen).parent
    for naam in ("register.html", "uw-gegevens.html"):
        page = tekst(rapport / naam)
        assert "Omdat dit de test is." in page
        assert "minstens 6 maanden en hoogstens 3 jaar" in page


def test_citizen_page_answers_every_question(rapport: Path) -> None:
    """De burgerpagina zegt: welke gegevens, waarom, welke wet, wie ze krijgt, hoe lang, en wat u kunt doen."""
    page = tekst(rapport / "uw-gegevens.html")
    for vraag in (
        *("Over wie gaat het?", "Welke gegevens gebruiken we, en waarom?", "Mag dat?", "Wie krijgt uw gegevens?"),
        "Hoe lang bewaren we ze?",
    ):
        assert page.count(vraag) == len(doelen())
    for woord in ("inzage", "correctie", "bezwaar", "klacht"):
        assert woord in page.lower()
    assert all(product.naam in page for product in producten().values())
    for item in verwerkingen():
        assert all(str(waarom) in page for _, _, waarom in item.voor_burger.rijen)


def gewone_teksten() -> Iterator[str]:
    yield from (doel.in_gewone_taal for doel in doelen().values())
    yield from (recht.hoe for recht in register().rechten)
    yield from (vraag.antwoord for vraag in register().burger)


def test_citizen_page_is_plain_dutch() -> None:
    """De tekst is kort: gemiddeld hoogstens twaalf woorden per zin, nooit boven de twintig, geen ambtelijke taal."""
    sentences = [s.split() for text in gewone_teksten() for s in re.split(r"(?<=[.?!])\s+", text) if s]
    lengths = [len(sentence) for sentence in sentences]
    assert max(lengths) <= 20, max(sentences, key=len)
    assert sum(lengths) / len(lengths) <= 12
    hard = {
        "betrokkene",
        "verstrekken",
        "grondslag",
        "teneinde",
        "middels",
        "conform",
        "inzake",
        "pseudoniem",
        "derhalve",
    }
    words = {word.strip(".,?!:").lower() for sentence in sentences for word in sentence}
    assert not words & hard


@pytest.mark.parametrize("page", ["register.html", "uw-gegevens.html", "dpia.html"])
def test_pages_can_be_used_by_everybody(rapport: Path, page: str) -> None:
    """De pagina's hebben een taal, een weg naar de inhoud, koppen op volgorde en tabellen met een bijschrift."""
    document = html.document_fromstring((rapport / page).read_bytes())
    assert document.get("lang") == "nl"
    assert document.findtext(".//title")
    assert document.find(".//a[@class='sla-over']") is not None
    levels = [int(element.tag[1]) for element in document.iter("h1", "h2", "h3")]
    assert levels[0] == 1
    assert all(later - earlier <= 1 for earlier, later in pairwise(levels))
    for table in document.iterfind(".//table"):
        assert table.findtext("caption")
        assert all(cell.get("scope") for cell in table.iterfind(".//th"))
    for section in document.iterfind(".//section"):
        assert document.find(f".//*[@id='{section.get('aria-labelledby')}']") is not None
    assert "register.html" in (rapport / "index.html").read_text(encoding="utf-8")


def test_dpia_has_every_type_and_behaviour(rapport: Path) -> None:
    """De DPIA-tabel heeft risico's van elk type (A1, A2, A3, B), met de maatregel en de test die haar aantoont."""
    rows = tabel(rapport, "dpia")
    assert {row["Type"] for row in rows} == {"A1", "A2", "A3", "B"}
    assert {int(row["Gedrag"]) for row in rows} == set(range(1, 14))
    assert all(row["Risico"] and row["Maatregel"] and row["Test"] for row in rows)
    page = tekst(rapport / "dpia.html")
    assert "van dit project" in page  # the types are the assessment's, the wording is ours, and the page says so
    assert all(soort.omschrijving in page for soort in dpia().typen.values())


@pytest.mark.parametrize("node", sorted(genoemde_tests()), ids=lambda node: node.rpartition("/")[2])
def test_every_named_test_exists(node: str) -> None:
    """Een test waar de DPIA of het register zich op beroept bestaat."""
    assert bestaat(node), node
