"""Writes the pages: `index.html`, one per product and period, those that account for it, and tables as CSV in `data/`.

The site works from a folder: no requests to elsewhere and no scripts. A file is written aside and renamed, the first
page last, and one that has not changed is left alone; pages of runs that no longer exist are removed. No moment of
building is shown, so the same ledger gives the same bytes.
"""

from __future__ import annotations

import csv
import io
import os
import re
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from lineage.ledger import Ledger
from reports.blad import Blad, Cel, Oordeel, Verborgen, Verwijzing, in_woorden, maand, voor_csv
from reports.bladen import maak_product
from reports.gegevens import Gegevens, Run, lees
from reports.overzicht import betekenis, maak_overzicht
from reports.register import dpia_blad, rechtsverwerkingen, register_blad, verwerkingen
from reports.sommen import Afwijking, controleer
from schemas.fout import KetenFout
from schemas.load import doelen, producten
from schemas.register import dpia, register

TEMPLATES = Path(__file__).parent / "templates"
MAX_RIJEN = 500  # a page stays under 500 kB; the CSV has every row
VERANTWOORDING = ("register.html", "uw-gegevens.html", "dpia.html")
OURS = re.compile(rf"index\.html|{'|'.join(VERANTWOORDING)}|[a-z_]+-\d{{4}}-\d{{2}}\.html|data/[a-z0-9_-]+\.csv")


class SomKloptNiet(KetenFout):
    """`A-SOM`: counts in the ledger do not add up. The pages are written and show where, as `afwijkingen` does."""

    def __init__(self, pagina: Path, afwijkingen: tuple[Afwijking, ...]) -> None:
        self.pagina = pagina
        self.afwijkingen = afwijkingen
        super().__init__("A-SOM", " ".join(afwijking.tekst for afwijking in afwijkingen))


def bouw(ledger: Ledger, doel: Path) -> Path:
    """Builds the pages in folder `doel` and returns the path of `index.html`.

    Raises:
        SomKloptNiet: after writing, when counts in the ledger do not add up.
    """
    gegevens = lees(ledger)
    afwijkingen = controleer(gegevens)
    files = _maak(gegevens, afwijkingen)
    for name in sorted(files, key=lambda name: (name == "index.html", name)):
        _write(doel / name, files[name])
    _remove_old(doel, files)
    index = doel / "index.html"
    if afwijkingen:
        raise SomKloptNiet(index, afwijkingen)
    return index


def _maak(gegevens: Gegevens, afwijkingen: tuple[Afwijking, ...]) -> dict[str, bytes]:
    """The content of every file by its path within the site."""
    files: dict[str, bytes] = {}
    signalen: dict[str, Cel] = {}
    runs = [run for run in gegevens.runs if run.product in producten()]
    for run in runs:
        bladen = maak_product(gegevens, run, afwijkingen)
        signalen[run.naam] = bladen.signalen.rijen[-1][-1]
        files |= _csv_files(bladen.alle())
        files[f"{run.naam}.html"] = _render(
            "product.html.j2",
            run=run,
            bladen=bladen,
            product=producten()[run.product],
            doel=doelen()[producten()[run.product].doel],
            codes=sorted({row.code for row in run.uitleveringen if row.code}),
            afwijkingen=[item for item in afwijkingen if _belongs(item, run)],
        )
    files |= _verantwoording()
    overzicht = maak_overzicht(gegevens, signalen)
    files |= _csv_files(overzicht.alle())
    files["index.html"] = _render(
        "index.html.j2",
        bladen=overzicht,
        stand=gegevens.stand,
        producten=[(product, doelen()[product.doel]) for product in producten().values()],
        afwijkingen=afwijkingen,
    )
    return files


def _verantwoording() -> dict[str, bytes]:
    """The verwerkingenregister, the page for citizens and the DPIA; these depend on the declarations alone."""
    activiteiten = verwerkingen()
    blad, risicos = register_blad(activiteiten), dpia_blad()
    values = {"verwerkingen": activiteiten, "vast": register()}
    gegevens = (blad_ for item in activiteiten for blad_ in (item.gegevens, item.voor_burger))
    return {
        "register.html": _render("register.html.j2", blad=blad, rechtsverwerkingen=rechtsverwerkingen(), **values),
        "uw-gegevens.html": _render("uw-gegevens.html.j2", **values),
        "dpia.html": _render("dpia.html.j2", blad=risicos, dpia=dpia()),
        **_csv_files((blad, risicos, *gegevens)),
    }


def _belongs(afwijking: Afwijking, run: Run) -> bool:
    return afwijking.run == run.naam or afwijking.levering_nr in run.leveringen


def _csv_files(bladen: tuple[Blad, ...]) -> dict[str, bytes]:
    return {f"data/{blad.naam}.csv": _csv(blad) for blad in bladen}


def _csv(blad: Blad) -> bytes:
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
    environment.globals |= {"MAX_RIJEN": MAX_RIJEN, "betekenis": betekenis, "stijl": _stijl()}
    return environment


def _stijl() -> Markup:
    return Markup((TEMPLATES / "stijl.css").read_text(encoding="utf-8"))  # noqa: S704 - our own file


def _render(template: str, **values: Any) -> bytes:
    return _environment().get_template(template).render(**values).encode("utf-8")


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
    if isinstance(cel, Verwijzing):
        return Markup('<a href="{}">{}</a>').format(cel.naar, text)
    return text


def _write(path: Path, content: bytes) -> None:
    if path.exists() and path.read_bytes() == content:
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    aside = path.with_name(f".{path.name}.{os.getpid()}")
    aside.write_bytes(content)
    aside.rename(path)


def _remove_old(doel: Path, files: dict[str, bytes]) -> None:
    """Removes pages and tables that this module wrote earlier and that are no longer part of the site."""
    for path in [*doel.glob("*.html"), *doel.glob("data/*.csv")]:
        name = path.relative_to(doel).as_posix()
        if name not in files and OURS.fullmatch(name):
            path.unlink()
