"""The pages of the whole country over two years: each stays small, and every row stands on one of them."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path

import pytest
from lxml import html

from lineage.ledger import Ledger
from reports.pagina import bouw
from schemas.load import ontvangers, producten
from tests.e2e.browser import BREEDTES, bekijk, chromium
from tests.e2e.browser import Site as Browsersite
from tests.landelijk import Landelijk, maanden

pytestmark = pytest.mark.zwaar
MAANDEN = 24
GROOTST = 500_000  # bytes


@pytest.fixture(scope="module")
def rapport(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("landelijk")
    ledger = Ledger(f"sqlite:///{folder / 'ledger.db'}")
    Landelijk(ledger).vul(MAANDEN)
    return bouw(ledger, folder / "rapport").parent


def test_every_page_is_small(rapport: Path) -> None:
    pages = {path.name: path.stat().st_size for path in rapport.glob("*.html")}
    expected = {f"{product}-{periode}.html" for product in producten() for periode in maanden(MAANDEN)}
    assert expected | {f"ontvanger-{ontvanger}.html" for ontvanger in ontvangers()} <= pages.keys()
    assert {naam: size for naam, size in pages.items() if size >= GROOTST} == {}
    print(f"{len(pages)} pagina's, de grootste {max(pages.values()) / 1000:.0f} kB")


def test_every_row_of_a_table_stands_on_a_page(rapport: Path) -> None:
    """What the CSV holds is what the page and those that go on from it hold together."""
    checked = 0
    for naam in ("bronnen", "index", f"kwijtschelding-{maanden(MAANDEN)[-1]}", "ontvanger-0363"):
        for stem, rows in _rijen(rapport, f"{naam}.html").items():
            with (rapport / "data" / f"{stem}.csv").open(encoding="utf-8-sig", newline="") as file:
                assert rows == len(list(csv.reader(file, delimiter=";"))) - 1, stem
            checked += rows > 500
    assert checked == 2  # what was rejected, of the bronnen and of the product


def _rijen(rapport: Path, naam: str) -> dict[str, int]:
    """How many rows each table has, by its CSV file, over the page and the pages that go on from it."""
    counts: dict[str, int] = {}
    todo, seen = [naam], set()
    while todo:
        page = todo.pop()
        seen.add(page)
        document = html.fromstring((rapport / page).read_bytes())
        for table in document.iterfind(".//table"):
            link = table.xpath("following::p[@class='download'][1]/a/@href")[0]
            stem = Path(str(link)).stem
            counts[stem] = counts.get(stem, 0) + len(table.findall("./tbody/tr"))
        more = {str(link) for link in document.xpath("//a/@href") if str(link).startswith("vervolg-")}
        todo += sorted(more - seen - set(todo))
    return counts


@pytest.fixture(scope="module")
def site(rapport: Path) -> Iterator[Browsersite]:
    with chromium() as browser:
        yield Browsersite(rapport, browser)


def test_the_large_pages_load_at_once_and_fit(site: Browsersite) -> None:
    large = sorted(site.paginas, key=lambda naam: -(site.map / naam).stat().st_size)[:5]
    more = [naam for naam in site.paginas if naam.startswith("vervolg-")][:3]
    with site.blad(BREEDTES[0]) as page:
        for naam in ["index.html", "bronnen.html", *large, *more]:
            assert bekijk(site, page, naam, BREEDTES).te_breed == (), naam
            took = page.evaluate("performance.getEntriesByType('navigation')[0].duration")
            assert took < 5_000, naam  # milliseconds; a tenth of this when nothing else runs
    assert len(more) == 3
    assert site.buiten == site.klachten == []
