"""`keten log`: the processing log."""

from __future__ import annotations

from typing import Annotated

import typer
from rich.table import Table

from pipeline.scherm import OPZIJ, console, voortgang

app = typer.Typer(help="Verwerkingslog: wie is wanneer waarvoor verwerkt.", no_args_is_help=True)


@app.command()
def verifieer(
    kop: Annotated[str, typer.Option(help="Een eerder getoonde kop: klopt het logboek van toen nog?")] = "",
) -> None:
    """Controleer of in het logboek iets is gewijzigd, verwijderd, verplaatst of weggelaten."""
    from pipeline.instellingen import Instellingen  # noqa: PLC0415
    from pipeline.logboek import Logboek  # noqa: PLC0415

    with voortgang() as progress:
        progress.add_task("Logboek nalopen", total=None)
        oordeel = Logboek(Instellingen()).controleer(kop)
    for breuk in oordeel.breuken:
        where = f"record {breuk.record} van {breuk.segment}" if breuk.record else breuk.segment
        console.print(f"[red]{where} {breuk.wat}[/red]", soft_wrap=True)
    console.print(f"{oordeel.segmenten} segmenten, {oordeel.records} records; kop {oordeel.kop}", soft_wrap=True)
    if oordeel.los:
        console.print(f"{oordeel.los} bestand(en) tellen niet mee: van een stap die bezig is, of werd afgebroken.")
    if oordeel.breuken:
        raise typer.Exit(OPZIJ)
    console.print("Het logboek is heel. Bewaar de kop elders om dat later aan te kunnen tonen.")


@app.command()
def toon(
    aantal: Annotated[int, typer.Option(help="Hoeveel van de laatste handelingen.", min=1)] = 50,
) -> None:
    """Toon de laatste handelingen; betrokkenen staan er alleen als aantal in."""
    from pipeline.instellingen import Instellingen  # noqa: PLC0415
    from pipeline.logboek import Logboek  # noqa: PLC0415

    table = Table("begin", "handeling", "activiteit", "segment", box=None)
    for segment, row in list(Logboek(Instellingen()).handelingen())[-aantal:]:
        activity = str(row["dpl.core.processing_activity_id"])
        table.add_row(f"{row['start_time']:%Y-%m-%d %H:%M}", str(row["name"]), activity, str(segment["segment_nr"]))
    console.print(table)
