"""Writes the reference pages of the site from what is declared and from the code itself; nothing of them is committed.

    schemas/ ─────────────▶ bronnen, doelen, producten, ontvangers, normen, codes, meldingen   (Dutch)
    pipeline.cli (Typer) ─▶ opdrachten                                                          (Dutch)
    lineage.tabellen ─────▶ tables of the ledger                                                (English)
    docstrings of modules ▶ modules, by room                                                    (English)

The fields of messages, the guide for recipients and the settings have pages of their own already.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import typer
from typer.cli import get_docs_for_click
from typer.main import get_command

from lineage.tabellen import metadata
from pipeline.cli import app
from schemas.bron import Bron, Tabel, Veld
from schemas.doel import Doel
from schemas.load import ROOT, bronnen, doelen, meldingen, ontvangers, producten, read_csv
from schemas.product import Product

KAMERS = (
    "schemas", "connectors", "privacy", "message_formats", "lineage", "reports", "demo", "pipeline", "dags", "tools",
)  # fmt: skip
_EXITCODES = """
## Exitcodes

| code | betekenis |
|---|---|
| 0 | alles ging goed |
| 1 | een onverwachte fout |
| 2 | de opdracht was verkeerd gegeven |
| 3 | een fout met een [code](meldingen.md); er is niets gedaan |
| 4 | een run of DAG mislukte |
| 5 | gedaan, maar er is iets opzijgezet of tegengehouden |
"""


def naslag() -> dict[str, str]:
    """All reference pages, by their place in the folder."""
    pages: dict[str, Callable[[], str]] = {
        "opdrachten.md": _opdrachten,
        "ontvangers.md": _ontvangers,
        "normen.md": _normen,
        "codelijsten.md": _codelijsten,
        "meldingen.md": _meldingen,
        "grootboek.md": _grootboek,
        "modules.md": _modules,
    }
    made = {place: make() for place, make in pages.items()}
    made |= {f"bronnen/{naam}.md": _bron(bron) for naam, bron in bronnen().items()}
    made |= {f"doelen/{naam}.md": _doel(doel) for naam, doel in doelen().items()}
    made |= {f"producten/{naam}.md": _product(product) for naam, product in producten().items()}
    return made


def _opdrachten() -> str:
    command = get_command(app)
    text = get_docs_for_click(obj=command, ctx=typer.Context(command), name="keten", title="Opdrachten")
    return text + _EXITCODES


def _bron(bron: Bron) -> str:
    parts = [
        f"# Bron {bron.bron}: {bron.naam}",
        f"{bron.omschrijving}",
        _tabel(
            ("", ""),
            [("houder", bron.houder), ("frequentie", bron.frequentie), ("beschreven naar", bron.herkomst)],
        ),
    ]
    for naam, tabel in bron.tabellen.items():
        parts += [f"## `{bron.bron}.{naam}`", tabel.omschrijving, _eigenschappen(tabel)]
        rows = ((f"`{veld}`", it.type, it.klasse, _grenzen(it), it.omschrijving) for veld, it in tabel.velden.items())
        parts.append(_tabel(("veld", "type", "klasse", "bijzonderheden", "omschrijving"), rows))
    return _pagina(parts)


def _eigenschappen(tabel: Tabel) -> str:
    vormen = {
        "XML": bool(tabel.xml),
        "CSV": tabel.csv is not None,
        "JSON": tabel.json_ is not None or bool(tabel.json_binnen),
        "Parquet": tabel.parquet is not None,
        "LO-BRP": tabel.lo_brp is not None,
    }
    sleutel = ", ".join(f"`{veld}`" for veld in tabel.sleutel)
    return f"Formaten: {', '.join(vorm for vorm, there in vormen.items() if there)}. Sleutel: {sleutel or 'geen'}."


def _grenzen(veld: Veld) -> str:
    """What is declared of a field besides its type, in words."""
    said = veld.model_dump(exclude_defaults=True, exclude={"type", "klasse", "omschrijving"})
    return ", ".join(f"{naam.replace('_', ' ')}: {_kort(waarde)}" for naam, waarde in said.items())


def _kort(waarde: object) -> str:
    if isinstance(waarde, bool):
        return "ja" if waarde else "nee"
    if isinstance(waarde, dict):
        return ", ".join(f"{key} = {value}" for key, value in waarde.items())
    return ", ".join(map(str, waarde)) if isinstance(waarde, list | tuple) else str(waarde)


def _doel(doel: Doel) -> str:
    termijn = doel.bewaartermijn
    rows = [
        ("grondslag", "; ".join(doel.grondslag)),
        ("opdrachtgever", doel.opdrachtgever),
        ("verwerkingsverantwoordelijke", doel.verwerkingsverantwoordelijke),
        ("betrokkenen", "; ".join(doel.betrokkenen)),
        ("ontvangers", ", ".join(doel.ontvangers)),
        ("versie", f"{doel.versie}, goedgekeurd door {doel.goedgekeurd.door} op {doel.goedgekeurd.op}"),
        ("bewaartermijn", f"{termijn.minimum_maanden} tot {termijn.maximum_maanden} maanden ({termijn.bron})"),
    ]
    parts = [f"# Doel {doel.doel}", doel.omschrijving, doel.in_gewone_taal, _tabel(("", ""), rows)]
    parts.append(
        "De bronnen staan in de volgorde waarin zij worden geraadpleegd. Wat hier niet staat komt niet binnen."
    )
    for raadpleging in doel.bronnen:
        bron = raadpleging.tabel.partition(".")[0]
        parts.append(f"## `{raadpleging.tabel}`\n\nVan de bron [{bron}](../bronnen/{bron}.md).")
        needs = ((f"`{veld}`", noodzaak) for veld, noodzaak in raadpleging.velden.items())
        parts.append(_tabel(("veld", "noodzaak"), needs))
    return _pagina(parts)


def _product(product: Product) -> str:
    rows = [
        ("doel", f"[{product.doel}](../doelen/{product.doel}.md)"),
        ("bericht", f"{product.bericht} {product.versie}"),
        ("frequentie", product.frequentie),
        ("uiterlijk", f"dag {product.uiterlijk} van de maand erna" if product.uiterlijk else "niet afgesproken"),
        ("gaat over", product.over),
        ("eigenaar", f"{product.eigenaar.naam}, {product.eigenaar.contact}"),
    ]
    codes = ((f"`{code}`", it.naam, it.aard, it.toelichting) for code, it in product.signalen.items())
    return _pagina(
        [
            f"# Product {product.product}: {product.naam}",
            product.omschrijving,
            _tabel(("", ""), rows),
            "## Signaalcodes",
            _tabel(("code", "naam", "aard", "toelichting"), codes),
        ]
    )


def _ontvangers() -> str:
    rows = (
        (f"`{code}`", it.naam, it.soort, ", ".join(sorted(it.producten)), ", ".join(it.formaten), it.inhoud, it.kanaal)
        for code, it in ontvangers().items()
    )
    head = ("code", "naam", "soort", "producten", "formaten", "inhoud", "kanaal")
    intro = "Wie er is en wat is afgesproken. Alle overeenkomsten zijn verzonnen."
    return _pagina(["# Ontvangers", intro, _tabel(head, rows)])


def _normen() -> str:
    rows = list(read_csv("codes/norm.csv"))
    return _pagina(
        [
            "# Normen",
            "Waar een signaal aan wordt getoetst, met de dagen waarop een norm geldt. Een lege dag is open.",
            _tabel(tuple(rows[0]), (tuple(row.values()) for row in rows)),
        ]
    )


def _codelijsten() -> str:
    parts = ["# Codelijsten", "De lijsten waar velden van bronnen naar verwijzen."]
    for path in sorted((ROOT / "codes").glob("*.csv")):
        rows = read_csv(f"codes/{path.name}")
        if path.stem not in ("norm", "melding") and rows:
            parts += [f"## {path.stem}", _tabel(tuple(rows[0]), (tuple(row.values()) for row in rows))]
    return _pagina(parts)


def _meldingen() -> str:
    parts = ["# Meldingen", "Elke fout en bevinding heeft een code. Een melding noemt een plaats en nooit een waarde."]
    for soort in dict.fromkeys(melding.soort for melding in meldingen().values()):
        rows = ((f"`{it.code}`", it.betekenis, it.wat_te_doen) for it in meldingen().values() if it.soort == soort)
        parts += [f"## {soort}", _tabel(("code", "betekenis", "wat te doen"), rows)]
    return _pagina(parts)


def _grootboek() -> str:
    parts = ["# Tables of the ledger", "As in `lineage/tabellen.py`. Nothing in them names a person."]
    for table in metadata.sorted_tables:
        rows = (
            (
                f"`{column.name}`",
                str(column.type.compile()),
                "key" if column.primary_key else "",
                "yes" if column.nullable else "",
                ", ".join(f"`{key.target_fullname}`" for key in column.foreign_keys),
            )
            for column in table.columns
        )
        parts += [f"## {table.name}", _tabel(("column", "type", "key", "may be empty", "refers to"), rows)]
    return _pagina(parts)


def _modules() -> str:
    parts = [
        "# Modules",
        "What each module is for, in the first line of its own docstring. Imports run down this page.",
    ]
    for kamer in KAMERS:
        rows = ((f"`{naam}`", line) for naam, line in _eerste_regels(ROOT.parent / kamer))
        parts += [f"## {kamer}", _tabel(("module", "what it is for"), rows)]
    return _pagina(parts)


def _eerste_regels(folder: Path) -> Iterator[tuple[str, str]]:
    for path in sorted(folder.rglob("*.py")):
        doc = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8")))
        if doc and "migrations" not in path.parts:
            naam = ".".join(path.relative_to(folder.parent).with_suffix("").parts).removesuffix(".__init__")
            yield naam, doc.partition("\n\n")[0]


def _tabel(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    lines = [head, ("---",) * len(head), *rows]
    return "\n".join(f"| {' | '.join(_cel(cell) for cell in line)} |" for line in lines)


def _cel(text: str) -> str:
    return " ".join(text.split()).replace("|", r"\|").replace("<", "&lt;")


def _pagina(parts: Iterable[str]) -> str:
    return "\n\n".join(parts) + "\n"
