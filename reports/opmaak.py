"""How tables and pages become HTML and CSV."""

from __future__ import annotations

import csv
import io
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from reports.blad import Anker, Blad, Cel, Oordeel, Verborgen, Verwijzing, in_woorden, maand, voor_csv
from reports.codes import betekenis

TEMPLATES = Path(__file__).parent / "templates"
SITE = (
    ("Overzicht", "index.html"),
    ("Bronnen", "bronnen.html"),
    ("Ontvangers", "ontvangers.html"),
    ("Kwaliteit", "kwaliteit.html"),
    ("Herkomst", "herkomst.html"),
    ("Verwerkingenregister", "register.html"),
    ("Codes", "codes.html"),
)
MAX_RIJEN = 500  # a page stays under 500 kB; what comes after stands on pages of its own


def maak_csv(blad: Blad) -> bytes:
    """With `;` and a byte order mark, so that a Dutch spreadsheet opens it as it is."""
    text = io.StringIO()
    writer = csv.writer(text, delimiter=";", lineterminator="\r\n")
    writer.writerow(kolom.naam for kolom in blad.kolommen)
    writer.writerows([voor_csv(cel) for cel in rij] for rij in blad.rijen)
    return text.getvalue().encode("utf-8-sig")


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters |= {"cel": _cel, "maand": maand}
    environment.globals |= {"MAX_RIJEN": MAX_RIJEN, "SITE": SITE, "betekenis": betekenis, "stijl": _stijl()}
    environment.globals["vervolg_naam"] = vervolg_naam
    return environment


def _stijl() -> Markup:
    return Markup((TEMPLATES / "stijl.css").read_text(encoding="utf-8"))  # noqa: S704 # nosec B704 # our own file


def maak_html(template: str, hier: str, **values: Any) -> bytes:
    """The page of file `hier` as bytes, from a template of `templates/`."""
    return _environment().get_template(template).render(hier=hier, **values).encode("utf-8")


def vervolg_naam(blad: Blad, vanaf: int) -> str:
    """The file with the rows of a long table from row `vanaf` (from 0)."""
    return f"vervolg-{blad.naam}-{vanaf // MAX_RIJEN + 1}.html"


def maak_vervolg(blad: Blad, terug: str) -> dict[str, bytes]:
    """The pages with the rows of a table that do not fit on page `terug`; none when all do."""
    starts = range(0, len(blad.rijen), MAX_RIJEN)
    nummers = [
        Verwijzing(f"{begin + 1}-{min(begin + MAX_RIJEN, len(blad.rijen))}", vervolg_naam(blad, begin))
        for begin in starts[1:]
    ]
    return {
        (naam := vervolg_naam(blad, begin)): maak_html(
            "vervolg.html.j2",
            naam,
            titel=f"{blad.bijschrift} (vervolg)",
            blad=blad,
            terug=terug,
            nummers=nummers,
            begin=begin + 1,
            eind=min(begin + MAX_RIJEN, len(blad.rijen)),
        )
        for begin in starts[1:]
    }


def _cel(cel: Cel) -> str | Markup:
    """A cell as HTML."""
    text = in_woorden(cel)
    if isinstance(cel, datetime):
        moment = cel.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        return Markup('<time datetime="{}">{}</time>').format(moment, text)
    if isinstance(cel, Verborgen):
        return Markup('<span class="verborgen">{}</span>').format(text)
    if isinstance(cel, Oordeel):
        return Markup('<span class="{}">{}</span>').format("goed" if cel.goed else "fout", text)
    if isinstance(cel, Anker):
        return Markup('<span id="{}">{}</span>').format(cel.id, text)
    if isinstance(cel, Verwijzing):
        return Markup('<a href="{}">{}</a>').format(cel.naar, text)
    return text
