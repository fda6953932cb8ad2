"""The pages of a demo country in a real browser: they load, link, fit, print, and can be read and used by everyone."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest

from schemas.load import ontvangers
from tests.e2e.browser import A4, BREEDTES, Feiten, Site, bekijk, chromium, loop_langs
from tests.e2e.conftest import MAANDEN, Land

pytestmark = pytest.mark.zwaar
_NEGEN = re.compile(r"(?=(\d{9}))")  # overlapping: a number may stand in a longer row of digits
WCAG = {
    "runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "best-practice"],
    "resultTypes": ["violations"],  # of the rest only that it was looked at: many times as fast on a large page
}


@pytest.fixture(scope="module")
def site(land: Land) -> Iterator[Site]:
    with chromium() as browser:
        yield Site(land.instellingen.map("rapport"), browser)


@pytest.fixture(scope="module")
def soorten(site: Site) -> list[str]:
    """A page of every kind: all of them, but of each product one month, and of the recipients one of each kind."""
    recipients = {f"ontvanger-{item.ontvanger}.html": item.soort for item in ontvangers().values()}
    biggest: dict[str, str] = {}
    for naam, soort in recipients.items():
        other = biggest.setdefault(soort, naam)
        biggest[soort] = max(naam, other, key=lambda name: ((site.map / name).stat().st_size, name))
    other = [naam for naam in site.paginas if naam not in recipients]
    return [naam for naam in other if MAANDEN[0] not in naam] + sorted(biggest.values())


@pytest.fixture(scope="module")
def bekeken(site: Site, soorten: list[str]) -> dict[str, Feiten]:
    """Every page as the browser shows it: on a phone, and of each kind one at every width."""
    with site.blad(BREEDTES[0]) as page:
        shown = {naam: bekijk(site, page, naam, BREEDTES[:1]) for naam in site.paginas if naam not in soorten}
        return shown | {naam: bekijk(site, page, naam, BREEDTES) for naam in soorten}


def test_every_page_loads_without_a_request_or_a_complaint(site: Site, bekeken: dict[str, Feiten]) -> None:
    assert len(bekeken) > 20
    assert all("Signaalketen" in item.tekst for item in bekeken.values())
    assert site.buiten == []
    assert site.klachten == []


def test_every_link_leads_to_a_page_and_a_place_on_it(site: Site, bekeken: dict[str, Feiten]) -> None:
    wrong = set()
    for naam, item in bekeken.items():
        assert item.links, naam
        for link in item.links:
            parts = urlsplit(link)
            target = Path(unquote(parts.path))
            whole = parts.scheme == "file" and target.is_relative_to(site.map) and target.is_file()
            if not whole or (parts.fragment and unquote(parts.fragment) not in bekeken[target.name].ids):
                wrong.add((naam, link))
    assert not wrong


def test_no_page_is_wider_than_a_phone_a_tablet_or_a_screen(bekeken: dict[str, Feiten]) -> None:
    assert {naam: item.te_breed for naam, item in bekeken.items() if item.te_breed} == {}


def test_nothing_personal_is_in_a_page(land: Land, site: Site, bekeken: dict[str, Feiten]) -> None:
    """Neither in the files, nor in the text as shown (where a number could be put together from parts)."""
    known = _nummers(land)
    assert len(known) > 1000
    files = {path.name: path.read_text(encoding="utf-8") for path in site.map.rglob("*.*")}
    shown = {f"{naam}, zoals getoond": "".join(item.tekst.split()) for naam, item in bekeken.items()}
    assert [naam for naam, text in (files | shown).items() if known & set(_NEGEN.findall(text))] == []


def _nummers(land: Land) -> set[str]:
    """The burgerservicenummers of everybody whom the BRP delivered."""
    texts = [
        path.read_text(encoding="utf-8-sig") for path in land.instellingen.map("landing", "demo", "brp").rglob("*.csv")
    ]
    return {nummer for text in texts for nummer in _NEGEN.findall(text)}


def test_axe_finds_no_violation(site: Site, soorten: list[str]) -> None:
    axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="axe-playwright-python ontbreekt").Axe()
    found = {}
    for breed, paginas in ((BREEDTES[0], ["index.html", "herkomst.html"]), (BREEDTES[-1], soorten)):
        with site.blad(breed) as page:
            for naam in paginas:
                site.ga(page, naam)
                result = axe.run(page, options=WCAG)
                assert result.response["passes"], naam
                if result.violations_count:
                    found[naam, breed] = result.generate_report()
    assert found == {}


def test_axe_sees_what_is_wrong(site: Site) -> None:
    """The control: a page that does not say its language, and a text that is too pale."""
    axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="axe-playwright-python ontbreekt").Axe()
    with site.blad() as page:
        site.ga(page, "index.html")
        page.evaluate("document.querySelector('h1').style.color = '#eee'")
        page.evaluate("document.documentElement.removeAttribute('lang')")
        wrong = {item["id"] for item in axe.run(page, options=WCAG).response["violations"]}
    assert {"color-contrast", "html-has-lang"} <= wrong


def test_the_keyboard_reaches_everything_and_shows_where_it_is(site: Site, soorten: list[str]) -> None:
    with site.blad() as page:
        for naam in soorten:
            site.ga(page, naam)
            reached, total = loop_langs(page)
            assert len({item["nr"] for item in reached}) == total > 5, naam
            assert [item["wat"] for item in reached if not item["zichtbaar"]] == [], naam


def test_the_first_stop_of_the_keyboard_skips_to_the_content(site: Site) -> None:
    with site.blad() as page:
        site.ga(page, "index.html")
        page.keyboard.press("Tab")
        page.keyboard.press("Enter")
        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement.closest('main') !== null")


def test_a_page_is_the_same_without_scripts(site: Site, soorten: list[str]) -> None:
    with site.blad() as with_scripts, site.blad(java_script_enabled=False) as without:
        for naam in soorten:
            looks = []
            for page in (with_scripts, without):
                site.ga(page, naam)
                looks.append((page.locator("body").inner_text(), page.screenshot()))
            assert looks[0] == looks[1], naam


def test_a_page_prints_as_a_report(site: Site, soorten: list[str]) -> None:
    """On paper there is no navigation, all of a table is there, and its head stands on every sheet."""
    with site.blad(A4) as page:
        page.emulate_media(media="print")
        for naam in soorten:
            site.ga(page, naam)
            assert not page.locator("nav").first.is_visible(), naam
            assert not page.locator(".download").first.is_visible(), naam
            assert page.evaluate("document.documentElement.scrollWidth") <= A4, naam
            heads = page.evaluate("[...document.querySelectorAll('thead')].map(e => getComputedStyle(e).display)")
            assert set(heads) <= {"table-header-group"}, naam
            assert page.pdf(prefer_css_page_size=True).startswith(b"%PDF-"), naam
