"""`keten bewaren`: what is due for destruction, destroying it, and the proofs."""

from __future__ import annotations

from datetime import date, datetime
from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Table

from pipeline.scherm import OPZIJ, console, voortgang

if TYPE_CHECKING:
    from pipeline.instellingen import Instellingen

app = typer.Typer(help="Bewaartermijnen: tonen, opruimen en de bewijzen verifiëren.", no_args_is_help=True)
Op = Annotated[
    datetime | None,
    typer.Option("--op", help="Dag waarop; anders vandaag.", formats=["%Y-%m-%d"], metavar="JJJJ-MM-DD"),
]


def dag(op: datetime | None) -> date:
    """The day that was given, or today."""
    from pipeline.periode import vandaag  # noqa: PLC0415

    return op.date() if op else vandaag()


@app.command()
def toon(op: Op = None) -> None:
    """Toon de termijnen, wat aan vernietiging toe is, en welke signalen om herbeoordeling vragen."""
    from pipeline.bewaren.opruimen import open_periode, oudste_periode, te_vernietigen  # noqa: PLC0415
    from pipeline.instellingen import Instellingen  # noqa: PLC0415
    from schemas.load import doelen  # noqa: PLC0415

    instellingen = Instellingen()
    terms = Table("doel", "ten minste", "ten hoogste", "bewaard vanaf", "herrekenbaar vanaf", box=None)
    for doel in doelen().values():
        termijn = doel.bewaartermijn
        oldest = oudste_periode(dag(op), termijn.maximum_maanden)
        months = [f"{maanden} maanden" for maanden in (termijn.minimum_maanden, termijn.maximum_maanden)]
        terms.add_row(doel.doel, *months, oldest, open_periode(doel, dag(op)))
    console.print(terms)
    due = te_vernietigen(instellingen, dag(op))
    table = Table("gegevens", "welke", "reden", "grondslag", box=None)
    for eenheid in due:
        table.add_row(eenheid.dataset, eenheid.onderwerp, eenheid.reden, eenheid.grondslag)
    console.print(f"Aan vernietiging toe op {dag(op)}: {len(due)}")
    if due:
        console.print(table)
    toon_herbeoordeling(instellingen, dag(op))


def toon_herbeoordeling(instellingen: Instellingen, op: date) -> None:
    """Shows how many signals have been in onderzoek longer than the doelprofiel allows, per product and recipient."""
    from pipeline.retour.herbeoordeling import te_herbeoordelen  # noqa: PLC0415

    for (product, ontvanger), aantal in te_herbeoordelen(instellingen, op).items():
        console.print(f"Herbeoordelen {product} {ontvanger}: {aantal} signalen zonder oordeel binnen de termijn")


@app.command("ruim-op")
def ruim_op(
    op: Op = None,
    proef: Annotated[bool, typer.Option("--proef", help="Toon alleen wat zou gaan.")] = False,
) -> None:
    """Vernietig wat aan vernietiging toe is, met bewijs."""
    from pipeline.bewaren.opruimen import ruim_op as vernietig  # noqa: PLC0415
    from pipeline.instellingen import Instellingen  # noqa: PLC0415

    if proef:
        toon(op)
        return
    with voortgang() as progress:
        progress.add_task("Opruimen", total=None)
        gedaan = vernietig(Instellingen(), dag(op))
    toon_opgeruimd(gedaan.bestanden, gedaan.bewijzen)


def toon_opgeruimd(bestanden: dict[str, int], bewijzen: int) -> None:
    """Shows how many files went per kind of data."""
    for dataset, aantal in sorted(bestanden.items()):
        console.print(f"  {dataset}: {aantal} bestanden")
    console.print(f"Vernietigd met {bewijzen} bewijzen." if bewijzen else "Er was niets aan vernietiging toe.")


@app.command()
def verifieer() -> None:
    """Controleer de keten van bewijzen, en dat wat vernietigd is er niet meer staat."""
    from pipeline.bewaren.bewijs import verifieer as controleer  # noqa: PLC0415
    from pipeline.instellingen import Instellingen  # noqa: PLC0415

    uitkomst = controleer(Instellingen())
    for probleem in uitkomst.problemen:
        console.print(f"[red]{probleem}[/red]", soft_wrap=True)
    console.print(f"{uitkomst.bewijzen} bewijzen gecontroleerd, {len(uitkomst.problemen)} problemen.")
    if uitkomst.problemen:
        raise typer.Exit(OPZIJ)
