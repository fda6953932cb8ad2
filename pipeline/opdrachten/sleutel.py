"""`keten sleutel`: the keys of an installation, without ever showing one."""

from __future__ import annotations

from typing import Annotated

import typer
from rich.table import Table

from pipeline.scherm import console, voortgang

app = typer.Typer(help="Sleutels: hoofdsleutel, versies per doel en rotatie.", no_args_is_help=True)


@app.command()
def nieuw() -> None:
    """Maak een hoofdsleutel als die er nog niet is; een bestaande wordt nooit overschreven."""
    from pipeline.instellingen import Instellingen  # noqa: PLC0415
    from pipeline.sleutelrotatie import maak_hoofdsleutel  # noqa: PLC0415

    instellingen = Instellingen()
    maak_hoofdsleutel(instellingen)
    console.print(f"De hoofdsleutel is gemaakt (sleutelbron {instellingen.sleutelbron}).")


@app.command()
def status() -> None:
    """Toon de sleutelversies per doel, met een controlegetal en hoeveel bestanden eronder staan."""
    from pipeline.instellingen import Instellingen  # noqa: PLC0415
    from pipeline.sleutelrotatie import stand_van_sleutels  # noqa: PLC0415

    instellingen = Instellingen()
    aanwezig = "aanwezig" if instellingen.hoofdsleutel.bestaat() else "nog niet gemaakt"
    console.print(f"Hoofdsleutel: {aanwezig} (sleutelbron {instellingen.sleutelbron}).")
    table = Table("doel", "versie", "status", "sinds", "controlegetal", "bestanden", box=None)
    for regel in stand_van_sleutels(instellingen):
        table.add_row(
            regel.doel,
            str(regel.versie),
            regel.status,
            f"{regel.sinds:%Y-%m-%d %H:%M}",
            regel.controlegetal,
            str(regel.bestanden),
        )
    console.print(table)


@app.command()
def roteer(doel: Annotated[str, typer.Argument(help="Naam van het doel, bijvoorbeeld inkomsten; of logboek.")]) -> None:
    """Geef een doel een nieuwe sleutel en zet alles wat er is daarnaar over; maakt een afgebroken rotatie eerst af.

    Het logboek krijgt een nieuwe sleutel voor wat er vanaf nu in komt.
    """
    from pipeline.instellingen import Instellingen  # noqa: PLC0415
    from pipeline.logboek import LOGBOEK  # noqa: PLC0415
    from pipeline.sleutelrotatie import roteer as roteer_doel  # noqa: PLC0415
    from pipeline.sleutelrotatie import roteer_logboek  # noqa: PLC0415
    from schemas.load import doelen  # noqa: PLC0415

    if doel == LOGBOEK:
        console.print(f"{LOGBOEK}: versie {roteer_logboek(Instellingen())} is actief; wat er al stond blijft leesbaar.")
        return
    if doel not in doelen():
        raise typer.BadParameter(f"kies uit {', '.join([*doelen(), LOGBOEK])}", param_hint="doel")
    with voortgang() as progress:
        task = progress.add_task(doel, total=None)
        gedaan = roteer_doel(Instellingen(), doel, lambda tekst: progress.update(task, description=tekst))
    console.print(
        f"{doel}: versie {gedaan.versie} is actief; {gedaan.bestanden} bestanden, {gedaan.rijen} rijen overgezet."
    )
    if gedaan.vervallen:
        console.print(f"  Vervallen: versie {', '.join(map(str, gedaan.vervallen))}.")
