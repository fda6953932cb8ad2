"""`keten lineage`: OpenLineage events for a backend that missed them, and what a message field rests on."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.markup import escape
from rich.tree import Tree

from pipeline.scherm import RUN_MISLUKT, console

if TYPE_CHECKING:
    from collections.abc import Iterable

    from lineage.kolommen import Kant

app = typer.Typer(
    help="Lineage: waar een veld vandaan komt, en OpenLineage voor andere programma's.", no_args_is_help=True
)


@app.command()
def veld(
    bericht: Annotated[str, typer.Argument(help="Naam van het bericht, bijvoorbeeld vsvbericht.")],
    naam: Annotated[str, typer.Argument(help="Naam van het veld, bijvoorbeeld prioriteit.")],
    versie: Annotated[str, typer.Option(help="Versie van het bericht.")] = "1.0",
) -> None:
    """Toon op welke velden van bronnen een veld van een bericht rust, en waarom die nodig zijn."""
    from lineage.kolommen import kolomgraaf  # noqa: PLC0415
    from lineage.velden import van_veld  # noqa: PLC0415
    from schemas.berichten import berichten  # noqa: PLC0415
    from schemas.load import doelen, producten  # noqa: PLC0415

    definitie = berichten().get((bericht, versie))
    if definitie is None or naam not in definitie.signaal:
        raise typer.BadParameter("dit bericht of dit veld bestaat niet; zie schemas/berichten")
    doel = doelen()[producten()[definitie.product].doel]
    noodzaak = {f"{rij.tabel}.{item}": why for rij in doel.bronnen for item, why in rij.velden.items()}
    herkomst = van_veld(kolomgraaf(), definitie, naam)
    tree = Tree(escape(f"{bericht} {versie} {naam}: {definitie.signaal[naam].omschrijving}"))
    tree.add(escape(f"grondslag: {'; '.join(doel.grondslag)}"))
    if herkomst.kolom is None:
        tree.add("komt niet uit een bron: de uitlevering of het product voegt het toe")
    else:
        _takken(tree, "de waarde komt uit", herkomst.waarde, noodzaak)
        _takken(tree, "mede bepaald door", herkomst.keuze, noodzaak)
    console.print(tree)


def _takken(tree: Tree, kop: str, kanten: Iterable[Kant], noodzaak: dict[str, str]) -> None:
    branch = tree.add(kop)
    for kant in kanten:
        name = f"{kant.van.tabel}.{kant.van.kolom}"
        why = noodzaak.get(name)
        branch.add(escape(f"{name} ({kant.wijze}){f': {why}' if why else ''}"))


@app.command()
def stuur(
    bestand: Annotated[list[Path], typer.Argument(help="Bestanden uit var/lineage.", exists=True)],
    url: Annotated[str, typer.Option(help="Adres van de backend, zonder /api/v1/lineage.")],
) -> None:
    """Stuur bewaarde OpenLineage-gebeurtenissen naar een backend die ze heeft gemist."""
    import httpx  # noqa: PLC0415

    from pipeline.openlineage import stuur_bestand  # noqa: PLC0415

    for pad in bestand:
        try:
            console.print(f"{pad.name}: {stuur_bestand(pad, url)} gebeurtenissen verstuurd")
        except httpx.HTTPError as fout:
            console.print(f"[red]{pad.name}: de backend nam ze niet aan ({type(fout).__name__})[/red]")
            raise typer.Exit(RUN_MISLUKT) from None
