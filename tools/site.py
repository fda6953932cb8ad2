"""Builds the site of all documents in `var/site`: `python -m tools.site` (or `make site`). Needs no net, then or later.

    docs/, README.md, deploy/, message_formats/generated/ ┐
    what those pages link to, such as a module or a schema├──▶ one folder, laid out as the repository ──▶ mkdocs
    tools.naslag: reference pages made of the code        ┘    (so links hold)

Four kinds of page, as on https://diataxis.fr/: to learn from, to do something with, to look something up in, to
understand. A page that stands in none of the menus fails, and so does a link that leads nowhere.
"""

from __future__ import annotations

import argparse
import os
import re
import shutil
import subprocess  # nosec B404 # runs mkdocs of this environment
import sys
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import yaml

from tools.naslag import naslag

ROOT = Path(__file__).resolve().parent.parent
NASLAG = Path("naslag")
_LINK = re.compile(r"\]\(([^)\s#]+)(?:#[^)\s]*)?\)")
_LINK_MET_TEKST = re.compile(r"\[([^\]\n]+)\]\(([^)\s#]+)\)")
_CODE = re.compile(r"^(```|~~~).*?^\1", re.S | re.M)
# The menu: a title and what stands under it. A pattern stands for all pages that match it, by name.
MENU: dict[str, Any] = {
    "Begin": ["README.md", "docs/README.md", "CHANGELOG.md"],
    "Leren": ["docs/leren/*.md"],
    "Doen": {
        "Gemeenten": ["docs/gids/verifieren.md", "docs/gids/antwoorden.md", "docs/gids/versies.md"],
        "Beheer": ["docs/runbooks/README.md", "docs/runbooks/*.md"],
        "Ontwikkelaars": ["deploy/README.md", "docs/performance.md", "docs/releasing.md", "docs/spark.md"],
    },
    "Naslag": {
        "Berichten": ["docs/gids/README.md", "message_formats/generated/**/*.md", "docs/gids/*bericht.md"],
        "Bronnen": ["naslag/bronnen/*.md"],
        "Doelen": ["naslag/doelen/*.md"],
        "Producten": ["naslag/producten/*.md"],
        "Lijsten": ["naslag/ontvangers.md", "naslag/normen.md", "naslag/codelijsten.md", "naslag/meldingen.md"],
        "Opdrachten en instellingen": ["naslag/opdrachten.md", "docs/instellingen.md"],
        "Code": ["docs/glossary.md", "naslag/grootboek.md", "naslag/modules.md"],
    },
    "Begrijpen": {
        "Het huis": ["docs/architecture.md"],
        "Privacy en veiligheid": [
            "docs/separation-of-duties.md",
            "docs/dreigingen.md",
            "docs/fouten-proef.md",
            "tests/spec/privacy/README.md",
        ],
        "Cases en teksten": ["tests/spec/*/README.md", "docs/toelichtingen/README.md", "tests/published/README.md"],
        "Besluiten": ["docs/adr/README.md", "docs/adr/*.md"],
    },
}


def leg_klaar(folder: Path) -> None:
    """Lays out all pages of the menu, and the files they link to, at the places they have in the repository."""
    for place, text in naslag().items():
        page = folder / NASLAG / place
        page.parent.mkdir(parents=True, exist_ok=True)
        page.write_text(text, encoding="utf-8")
    for pattern in _patronen(MENU):
        for page in sorted(ROOT.glob(pattern)):
            _neem_mee(page, folder)
            for linked in _gelinkt(page):
                _neem_mee(linked, folder)


def _neem_mee(path: Path, folder: Path) -> None:
    to = folder / path.relative_to(ROOT)
    to.parent.mkdir(parents=True, exist_ok=True)
    if path.suffix == ".md":
        to.write_text(_LINK_MET_TEKST.sub(lambda link: _zonder_map(link, path), _lees(path)), encoding="utf-8")
    else:
        shutil.copyfile(path, to)


def _zonder_map(link: re.Match[str], page: Path) -> str:
    """A link to a folder as its text: a site has no page of it."""
    return link[1] if (page.parent / link[2]).is_dir() else link[0]


def _lees(page: Path) -> str:
    return page.read_text(encoding="utf-8")


def _gelinkt(page: Path) -> Iterator[Path]:
    """The files of the repository a page links to, outside its examples of code; pages have a menu of their own."""
    for link in _LINK.findall(_CODE.sub("", _lees(page))):
        target = (page.parent / link).resolve()
        if target.is_file() and target.is_relative_to(ROOT) and target.suffix != ".md":
            yield target


def _patronen(menu: Any) -> Iterator[str]:
    if isinstance(menu, str):
        yield menu
    else:
        for part in menu.values() if isinstance(menu, dict) else menu:
            yield from _patronen(part)


def maak_menu(folder: Path) -> list[Any]:
    """The menu as mkdocs wants it; a page stands where it is named first."""
    taken: set[str] = set()

    def pages(patterns: Iterable[str]) -> Iterator[str]:
        for pattern in patterns:
            found = sorted(page.relative_to(folder).as_posix() for page in folder.glob(pattern))
            if not found:
                raise FileNotFoundError(f"menu: {pattern}")
            fresh = [page for page in found if page not in taken]
            taken.update(fresh)
            yield from fresh

    def part(menu: Any) -> list[Any]:
        if isinstance(menu, dict):
            return [{title: part(under)} for title, under in menu.items()]
        return list(pages(menu))

    return part(MENU)


def bouw(uit: Path) -> None:
    """Builds the site; a warning of mkdocs is an error.

    Raises:
        SystemExit: with what mkdocs found wrong.
    """
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary, "bron")
        leg_klaar(folder)
        config = Path(temporary, "mkdocs.yml")
        config.write_text(
            yaml.safe_dump(
                {
                    "INHERIT": str(ROOT / "mkdocs.yml"),
                    "docs_dir": str(folder),
                    "site_dir": str(uit.resolve()),
                    "nav": maak_menu(folder),
                }
            ),
            encoding="utf-8",
        )
        command = [sys.executable, "-m", "mkdocs", "build", "--strict", "--clean", "-f", str(config)]
        environment = {**os.environ, "NO_MKDOCS_2_WARNING": "1"}  # ADR 0059 knows
        done = subprocess.run(  # noqa: S603 # nosec B603 # fixed words and our own paths
            command, cwd=ROOT, env=environment, check=False, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        )
    if done.returncode:
        raise SystemExit("\n".join(line for line in done.stdout.splitlines() if not line.startswith("INFO")))


def main(arguments: Sequence[str] | None = None) -> int:
    """The command."""
    parser = argparse.ArgumentParser(description="Build the site of all documents.")
    parser.add_argument("--uit", type=Path, default=Path("var/site"))
    chosen = parser.parse_args(arguments)
    bouw(chosen.uit)
    sys.stdout.write(f"{chosen.uit / 'index.html'}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
