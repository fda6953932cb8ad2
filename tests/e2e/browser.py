"""A real browser for the tests of the pages: Chromium of the system, without a window, driven by Playwright.

Nothing may leave the folder of the pages: what a page asks for elsewhere is written down and refused.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page, Route

BREEDTES = (360, 768, 1280)
HOOG = 800
A4 = 1032  # pixels between the margins of a sheet of A4 that lies on its side
_FEITEN = """() => ({
  tekst: document.body.innerText,
  links: [...document.querySelectorAll('a')].map(a => a.href.baseVal === undefined ? a.href
    : new URL(a.href.baseVal, document.baseURI).href),
  ids: [...document.querySelectorAll('[id]')].map(e => e.id),
})"""
_BREED = "() => document.documentElement.scrollWidth"
_UITSTEEK = """() => [...document.querySelectorAll('main *')].filter(e => e.getBoundingClientRect().right
  > document.documentElement.clientWidth + 1).map(e => e.tagName.toLowerCase() + '.' + e.className).slice(0, 5)"""
BEREIKBAAR = "a[href], button, input, select, summary, textarea, [tabindex='0']"
_TEL = f"""() => [...document.querySelectorAll("{BEREIKBAAR}")].filter(e => e.checkVisibility()).length"""
_STIJL = """e => { const s = getComputedStyle(e), r = e.querySelector('rect'), t = r && getComputedStyle(r);
  return s.outlineStyle + ' ' + s.outlineWidth + ' ' + (t ? t.stroke + ' ' + t.strokeWidth : ''); }"""
# Marks everything that can be reached with its number and its look at rest, and notes what gets the focus from then on.
_VOLG = f"""() => {{ window.gevolgd = []; const all = [...document.querySelectorAll("{BEREIKBAAR}")];
  all.forEach((e, nr) => {{ e.dataset.nr = nr; e.dataset.rust = ({_STIJL})(e); }});
  addEventListener('focusin', g => {{ const e = g.target, b = e.getBoundingClientRect();
    window.gevolgd.push({{nr: e.dataset.nr, wat: e.outerHTML.slice(0, 120),
      zichtbaar: ({_STIJL})(e) !== e.dataset.rust && b.width > 0 && b.right > 0 && b.bottom > 0}}); }});
  return all.filter(e => e.checkVisibility()).length; }}"""


@dataclass
class Site:
    """A folder with pages, and all that a page asked for outside that folder or complained about."""

    map: Path
    browser: Browser
    buiten: list[str] = field(default_factory=list)
    klachten: list[str] = field(default_factory=list)

    @property
    def paginas(self) -> list[str]:
        """The names of the pages."""
        return sorted(path.name for path in self.map.glob("*.html"))

    @contextmanager
    def blad(self, breed: int = BREEDTES[-1], **opties: Any) -> Iterator[Page]:
        """A tab of which every request outside the folder is refused and written down."""
        context = self.browser.new_context(viewport={"width": breed, "height": HOOG}, **opties)
        page = context.new_page()
        page.route("**/*", self._laat_door)
        page.on("console", lambda message: self.klachten.append(message.text))
        page.on("pageerror", lambda error: self.klachten.append(str(error)))
        yield page
        context.close()

    def _laat_door(self, route: Route) -> None:
        if route.request.url.partition("#")[0].startswith(self.map.as_uri()):
            route.continue_()
        else:
            self.buiten.append(route.request.url)
            route.abort()

    def ga(self, page: Page, naam: str) -> None:
        """Opens a page of the site."""
        page.goto((self.map / naam).as_uri())


@dataclass(frozen=True)
class Feiten:
    """What the browser made of a page: its text, where its links lead, its anchors, and what sticks out at a width."""

    tekst: str
    links: tuple[str, ...]
    ids: frozenset[str]
    te_breed: tuple[tuple[int, int, tuple[str, ...]], ...]


def bekijk(site: Site, page: Page, naam: str, breedtes: Sequence[int]) -> Feiten:
    """Opens a page and looks at it at every width."""
    site.ga(page, naam)
    found = page.evaluate(_FEITEN)
    wide = []
    for breed in breedtes:
        if len(breedtes) > 1:
            page.set_viewport_size({"width": breed, "height": HOOG})
        if (width := page.evaluate(_BREED)) > breed:
            wide.append((breed, width, tuple(page.evaluate(_UITSTEEK))))
    return Feiten(found["tekst"], tuple(found["links"]), frozenset(found["ids"]), tuple(wide))


def loop_langs(page: Page) -> tuple[list[dict[str, Any]], int]:
    """What gets the focus, in order, when somebody presses Tab from top to end; and how much there is to reach."""
    total = page.evaluate(_VOLG)
    for _ in range(total):
        page.keyboard.press("Tab")
    return page.evaluate("window.gevolgd"), total


@contextmanager
def chromium() -> Iterator[Browser]:
    """The browser; skips the test, with the reason, where it is not installed."""
    playwright = pytest.importorskip("playwright.sync_api", reason="playwright (extra dev) is niet geïnstalleerd")
    program = shutil.which("chromium") or shutil.which("chromium-browser")
    if program is None:
        pytest.skip("Chromium ontbreekt: installeer het Debian-pakket chromium (.ci/run doet dat)")
    with playwright.sync_playwright() as started:
        # Without a sandbox of its own: in a container the user is root, and these are our own pages.
        browser = started.chromium.launch(executable_path=program, args=["--no-sandbox"])
        yield browser
        browser.close()
