"""`keten draai`: a product for a period, through to delivery."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from pipeline.opdrachten.controleer import herhaal
from pipeline.scherm import OPZIJ, RUN_MISLUKT, console, voortgang

if TYPE_CHECKING:
    from pipeline.werk import Gedraaid


def draai(
    product: Annotated[str, typer.Argument(help="Naam van het product, bijvoorbeeld vsv.")],
    periode: Annotated[str, typer.Option("--periode", help="Maand waarover het product gaat.", metavar="JJJJ-MM")],
    volledig: Annotated[
        bool, typer.Option("--volledig", help="Lever daarna ook alles wat nu geldt, onder een eigen volgnummer.")
    ] = False,
    ontvanger: Annotated[
        list[str] | None, typer.Option(help="Met --volledig: alleen aan deze ontvanger; mag vaker.")
    ] = None,
    zoals: Annotated[
        str | None,
        typer.Option("--zoals", help="Herhaal deze run van toen in een eigen map; levert niets."),
    ] = None,
) -> None:
    """Draai een product voor een maand, tot en met de uitlevering."""
    from pipeline.bereken import RunMislukt  # noqa: PLC0415
    from schemas.load import producten  # noqa: PLC0415

    if product not in producten():
        raise typer.BadParameter(f"kies uit {', '.join(producten())}", param_hint="product")
    _controleer_ontvangers(ontvanger or [], volledig)
    if zoals is not None:
        if volledig:
            raise typer.BadParameter("kan niet samen met --volledig", param_hint="--zoals")
        herhaal(product, periode, zoals)
        return
    with voortgang() as progress:
        progress.add_task(f"{product} over {periode}", total=None)
        try:
            gedraaid = _draai(product, periode, ontvanger or [], volledig)
        except RunMislukt as fout:
            console.print(f"[red]{fout}[/red]")
            raise typer.Exit(RUN_MISLUKT) from None
    _toon(gedraaid)


def _controleer_ontvangers(gevraagd: list[str], volledig: bool) -> None:
    from schemas.load import ontvangers  # noqa: PLC0415

    if gevraagd and not volledig:
        raise typer.BadParameter("hoort bij --volledig", param_hint="--ontvanger")
    if unknown := sorted(set(gevraagd) - set(ontvangers())):
        raise typer.BadParameter(f"geen ontvanger: {', '.join(unknown)}", param_hint="--ontvanger")


def _draai(product: str, periode: str, gevraagd: list[str], volledig: bool) -> Gedraaid:
    from pipeline.instellingen import Instellingen  # noqa: PLC0415
    from pipeline.mutaties import ALLE  # noqa: PLC0415
    from pipeline.werk import draai as draai_product  # noqa: PLC0415
    from pipeline.werk import draai_volledig  # noqa: PLC0415

    if volledig:
        return draai_volledig(Instellingen(), product, periode, gevraagd or [ALLE])
    return draai_product(Instellingen(), product, periode)


def _toon(gedraaid: Gedraaid) -> None:
    from schemas.load import meldingen  # noqa: PLC0415

    signalen = gedraaid.signalering.signalen
    console.print(f"{gedraaid.signalering.run_id}: {sum(signalen.values())} signalen")
    for code, aantal in signalen.items():
        console.print(f"  {code}: {aantal}")
    for status, aantal in sorted(gedraaid.uitlevering.ontvangers.items()):
        console.print(f"  {status}: {aantal} ontvangers, {gedraaid.uitlevering.signalen[status]} signalen")
    for code, aantal in sorted(gedraaid.uitlevering.redenen.items()):
        console.print(f"  {code} ({aantal}): {meldingen()[code].betekenis} {meldingen()[code].wat_te_doen}")
    if gedraaid.uitlevering.redenen:
        raise typer.Exit(OPZIJ)
