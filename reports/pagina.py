"""Writes the pages: `index.html`, one per product and period, those that account for it, and tables as CSV in `data/`.

The site works from a folder: no requests to elsewhere and no scripts. A file is written aside and renamed, the first
page last, and one that has not changed is left alone; pages of runs that no longer exist are removed. No moment of
building is shown, so the same ledger gives the same bytes.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType

from lineage.ledger import Ledger
from reports.blad import Blad, Cel, Pagina
from reports.bladen import Product, maak_product
from reports.bronnen import bronnen_pagina
from reports.codes import codes_pagina
from reports.gegevens import Gegevens, Run, lees
from reports.herkomst import herkomst_paginas
from reports.kwaliteit import kwaliteit_pagina
from reports.ontvangers import ontvanger_paginas, ontvangers_pagina
from reports.opmaak import maak_csv, maak_html, maak_vervolg
from reports.overzicht import beantwoording, maak_overzicht, tegengehouden, tijdigheid, verloop
from reports.register import dpia_blad, rechtsverwerkingen, register_blad, verwerkingen
from reports.sommen import Afwijking, controleer
from schemas.fout import KetenFout
from schemas.load import doelen, producten
from schemas.register import dpia, register

VAST = ("index", "register", "uw-gegevens", "dpia", "bronnen", "ontvangers", "kwaliteit", "herkomst", "codes")
OURS = re.compile(
    rf"({'|'.join(VAST)}|[a-z_]+-\d{{4}}-\d{{2}}|ontvanger-[a-z0-9-]+|bericht-[a-z_]+|vervolg-[a-z0-9_-]+)\.html|data/[a-z0-9_-]+\.csv"
)


class SomKloptNiet(KetenFout):
    """`A-SOM`: counts in the ledger do not add up. The pages are written and show where, as `afwijkingen` does."""

    def __init__(self, pagina: Path, afwijkingen: tuple[Afwijking, ...]) -> None:
        self.pagina = pagina
        self.afwijkingen = afwijkingen
        super().__init__("A-SOM", " ".join(afwijking.tekst for afwijking in afwijkingen))


def bouw(ledger: Ledger, doel: Path, certificaten: Mapping[str, str] = MappingProxyType({})) -> Path:
    """Builds the pages in folder `doel` and returns the path of `index.html`.

    `certificaten` says how the certificate of each recipient stands, which is no matter of the ledger.

    Raises:
        SomKloptNiet: after writing, when counts in the ledger do not add up.
    """
    gegevens = replace(lees(ledger), certificaten=certificaten)
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
    per_run: dict[str, Product] = {}
    runs = [run for run in gegevens.runs if run.product in producten()]
    for run in runs:
        bladen = maak_product(gegevens, run, afwijkingen)
        per_run[run.naam] = bladen
        signalen[run.naam] = bladen.signalen.rijen[-1][-1]
        files |= _tabellen(bladen.alle(), f"{run.naam}.html")
        files[f"{run.naam}.html"] = maak_html(
            "product.html.j2",
            f"{run.naam}.html",
            run=run,
            bladen=bladen,
            product=producten()[run.product],
            doel=doelen()[producten()[run.product].doel],
            codes=sorted({row.code for row in run.uitleveringen if row.code}),
            afwijkingen=[item for item in afwijkingen if _belongs(item, run)],
        )
    files |= _verantwoording()
    files |= _paginas((codes_pagina(), ontvangers_pagina(), *herkomst_paginas()), telt=False)
    counting = (bronnen_pagina(gegevens), kwaliteit_pagina(gegevens), *ontvanger_paginas(gegevens, per_run))
    files |= _paginas(counting, telt=True)
    overzicht = maak_overzicht(gegevens, signalen)
    files |= _tabellen(overzicht.alle(), "index.html")
    files["index.html"] = maak_html(
        "index.html.j2",
        "index.html",
        bladen=overzicht,
        figuren=verloop(gegevens, signalen),
        tijdig=tijdigheid(gegevens),
        niet_geleverd=tegengehouden(gegevens),
        beantwoord=beantwoording(gegevens),
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
    return {
        "register.html": maak_html(
            "register.html.j2", "register.html", blad=blad, rechtsverwerkingen=rechtsverwerkingen(), **values
        ),
        "uw-gegevens.html": maak_html("uw-gegevens.html.j2", "uw-gegevens.html", **values),
        "dpia.html": maak_html("dpia.html.j2", "dpia.html", blad=risicos, dpia=dpia()),
        **_tabellen((blad, *(item.gegevens for item in activiteiten)), "register.html"),
        **_tabellen(tuple(item.voor_burger for item in activiteiten), "uw-gegevens.html"),
        **_tabellen((risicos,), "dpia.html"),
    }


def _paginas(paginas: Iterable[Pagina], *, telt: bool) -> dict[str, bytes]:
    """Pages of sections with their tables; `telt` says whether they hold counts of persons."""
    files: dict[str, bytes] = {}
    for pagina in paginas:
        naam = f"{pagina.naam}.html"
        files[naam] = maak_html("pagina.html.j2", naam, pagina=pagina, telt=telt)
        files |= _tabellen(pagina.bladen, naam)
    return files


def _belongs(afwijking: Afwijking, run: Run) -> bool:
    return afwijking.run == run.naam or afwijking.levering_nr in run.leveringen


def _tabellen(bladen: tuple[Blad, ...], pagina: str) -> dict[str, bytes]:
    """The tables of a page as CSV, and the rows that do not fit on that page."""
    files = {f"data/{blad.naam}.csv": maak_csv(blad) for blad in bladen}
    for blad in bladen:
        files |= maak_vervolg(blad, pagina)
    return files


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
            path.unlink(missing_ok=True)  # another process may be at the same
