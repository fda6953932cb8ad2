"""`keten vertrek`: what is held on account of a recipient that leaves, to take along and to be destroyed."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from pipeline.opdrachten.bewaren import Op, dag, toon_opgeruimd
from pipeline.scherm import console, voortgang

app = typer.Typer(help="Vertrek van een gemeente: uitvoeren en opruimen.", no_args_is_help=True)
Ontvanger = Annotated[str, typer.Argument(help="Code van de ontvanger, bijvoorbeeld 0344.")]


@app.command()
def export(
    ontvanger: Ontvanger,
    uit: Annotated[Path, typer.Option("--uit", help="Map waarin de uitvoer komt, in een map met de code.")],
) -> None:
    """Voer alles uit wat voor een ontvanger wordt bewaard; alleen de eigenaar kan het lezen."""
    from pipeline.instellingen import Instellingen  # noqa: PLC0415
    from pipeline.vertrek.export import exporteer  # noqa: PLC0415

    with voortgang() as progress:
        progress.add_task("Uitvoeren", total=None)
        folder = exporteer(Instellingen(), ontvanger, uit)
    console.print(f"Uitgevoerd naar {folder}. De map bevat burgerservicenummers.", soft_wrap=True)


@app.command("ruim-op")
def ruim_op(ontvanger: Ontvanger, op: Op = None) -> None:
    """Vernietig wat alleen van deze ontvanger is, met bewijs; pas als de overeenkomst is beëindigd."""
    from pipeline.instellingen import Instellingen  # noqa: PLC0415
    from pipeline.vertrek.vertrek import ruim_op as vernietig  # noqa: PLC0415

    with voortgang() as progress:
        progress.add_task("Opruimen", total=None)
        gedaan = vernietig(Instellingen(), ontvanger, dag(op))
    toon_opgeruimd(gedaan.bestanden, gedaan.bewijzen)
