"""The site of all documents: complete, whole, and asking nothing from elsewhere."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from typer.main import get_command

from lineage.tabellen import metadata
from pipeline.cli import app
from schemas.load import bronnen, doelen, meldingen, ontvangers, producten
from tests.bouw import CHECKOUT
from tests.e2e.browser import Site, chromium
from tools import site as bouwer
from tools.naslag import naslag

pytestmark = pytest.mark.zwaar


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    uit = tmp_path_factory.mktemp("site") / "uit"
    assert bouwer.main(["--uit", str(uit)]) == 0
    return uit


def test_every_document_of_the_repository_is_a_page(site: Path) -> None:
    for page in (CHECKOUT / "docs").rglob("*.md"):
        place = page.relative_to(CHECKOUT).with_suffix(".html")
        assert (site / (place.with_name("index.html") if page.stem == "README" else place)).is_file(), place


def test_menu_has_the_four_kinds(site: Path) -> None:
    html = (site / "index.html").read_text(encoding="utf-8")
    tabs = re.findall(r'md-tabs__link">\s*([^<]+?)\s*<', html)
    assert tabs == ["Begin", "Leren", "Doen", "Naslag", "Begrijpen"]


def test_reference_has_all_there_is() -> None:
    pages = naslag()
    assert {f"bronnen/{naam}.md" for naam in bronnen()} <= pages.keys()
    assert {f"doelen/{naam}.md" for naam in doelen()} <= pages.keys()
    assert {f"producten/{naam}.md" for naam in producten()} <= pages.keys()
    for bron in bronnen().values():
        for tabel in bron.tabellen.values():
            assert all(f"| `{veld}` |" in pages[f"bronnen/{bron.bron}.md"] for veld in tabel.velden), tabel.tabel
    assert all(f"| `{code}` |" in pages["meldingen.md"] for code in meldingen())
    assert all(f"| `{code}` |" in pages["ontvangers.md"] for code in ontvangers())
    assert all(f"## {tabel}\n" in pages["grootboek.md"] for tabel in metadata.tables)
    for path, command in _opdrachten(get_command(app), "keten"):
        assert f"`{path}`" in pages["opdrachten.md"], path
        for option in (option for param in command.params for option in param.opts if option.startswith("--")):
            assert option in pages["opdrachten.md"], option


def _opdrachten(command: Any, path: str) -> Iterator[tuple[str, Any]]:
    for naam, under in getattr(command, "commands", {}).items():
        yield f"{path} {naam}", under
        yield from _opdrachten(under, f"{path} {naam}")


class _Vraagt(HTMLParser):
    """What a page loads by itself; a link that a reader follows is not that."""

    def __init__(self) -> None:
        super().__init__()
        self.gevraagd: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag != "a":
            self.gevraagd += [value or "" for naam, value in attrs if naam in ("src", "href", "srcset", "data")]


def test_no_page_loads_anything_from_elsewhere(site: Path) -> None:
    pages = sorted(site.rglob("*.html"))
    assert len(pages) > 100
    for page in pages:
        parser = _Vraagt()
        parser.feed(page.read_text(encoding="utf-8"))
        assert parser.gevraagd
        assert [each for each in parser.gevraagd if re.match(r"(https?:)?//", each)] == [], page.name
    for style in site.rglob("*.css"):
        assert not re.search(r"(url\(|@import)\s*['\"]?(https?:)?//", style.read_text(encoding="utf-8")), style.name


def test_in_a_browser_nothing_is_asked_from_elsewhere(site: Path) -> None:
    with chromium() as browser:
        watched = Site(site, browser)
        with watched.blad() as page:
            for place in ("index.html", "docs/architecture.html", "docs/gids/index.html", "naslag/opdrachten.html"):
                watched.ga(page, place)
                page.wait_for_load_state("load")
                assert page.locator("h1").count() == 1
                assert page.locator(".mermaid").count() == 0
        assert watched.buiten == []


@pytest.mark.parametrize(
    ("text", "wat"),
    [
        ("[weg](bestaat-niet.md)\n", "bestaat-niet.md"),
        ("[weg](../architecture.md#bestaat-niet)\n", "#bestaat-niet"),
        ("[weg](bestaat-niet/)\n", "bestaat-niet/"),
    ],
)
def test_a_link_that_leads_nowhere_fails(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str, wat: str) -> None:
    """In a repository of a few pages: the whole takes long."""
    for naam in ("README.md", "docs/architecture.md", "docs/leren/first-run.md"):
        page = tmp_path / naam
        page.parent.mkdir(parents=True, exist_ok=True)
        page.write_text("# Een bladzijde\n", encoding="utf-8")
    shutil.copy(CHECKOUT / "mkdocs.yml", tmp_path)
    monkeypatch.setattr(bouwer, "ROOT", tmp_path)
    monkeypatch.setattr(bouwer, "naslag", dict)
    monkeypatch.setattr(bouwer, "MENU", {"Begin": ["README.md", "docs/**/*.md"]})
    bouwer.bouw(tmp_path / "uit")
    page.write_text(f"# Een bladzijde\n\n{text}", encoding="utf-8")
    with pytest.raises(SystemExit, match=re.escape(wat)):
        bouwer.bouw(tmp_path / "uit")


def test_a_page_outside_the_menu_fails(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "README.md").write_text("# Een bladzijde\n", encoding="utf-8")
    shutil.copy(CHECKOUT / "mkdocs.yml", tmp_path)
    monkeypatch.setattr(bouwer, "ROOT", tmp_path)
    monkeypatch.setattr(bouwer, "MENU", {"Begin": ["README.md"]})
    monkeypatch.setattr(bouwer, "naslag", lambda: {"verdwaald.md": "# Verdwaald\n"})
    with pytest.raises(SystemExit, match="verdwaald"):
        bouwer.bouw(tmp_path / "uit")
