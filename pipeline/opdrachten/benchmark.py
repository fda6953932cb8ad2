"""`keten benchmark`: the main job at any size, measured."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated

import typer

from pipeline.scherm import KODE_FOUT, RUN_MISLUKT, Periode, console, voortgang


def benchmark(
    personen: Annotated[int, typer.Option(help="Aantal personen in het land.", min=400)] = 1_750_000,
    periode: Periode = "2026-03",
    eerder: Annotated[int, typer.Option(help="Aantal maanden ervoor dat al is opgeslagen.", min=0, max=23)] = 11,
    seed: Annotated[int, typer.Option(help="Begingetal; hetzelfde getal geeft hetzelfde land.")] = 1,
    peers: Annotated[
        bool,
        typer.Option("--peers/--zonder-peers", help="Doe hetzelfde ook op andere manieren (alleen in een checkout)."),
    ] = True,
) -> None:
    """Meet een maand van een land van deze omvang, stap voor stap, naast de grens van elke stap.

    Het land en de eerdere maanden worden een keer gemaakt en bewaard; wat afgebroken werd gaat verder.
    """
    from pipeline.instellingen import Instellingen  # noqa: PLC0415
    from pipeline.meting.maand import draai_maand, draai_opnieuw  # noqa: PLC0415
    from pipeline.meting.peers import aanwezig, meet_peers  # noqa: PLC0415
    from pipeline.meting.proces import ProcesMislukt  # noqa: PLC0415
    from pipeline.meting.uitslag import Uitslag  # noqa: PLC0415
    from pipeline.meting.voorraad import Proef, TeWeinigSchijf, Voorraad  # noqa: PLC0415

    proef = Proef(personen, periode, eerder, seed)
    with voortgang() as progress:
        task = progress.add_task("Beginnen", total=None)

        def meld(tekst: str) -> None:
            progress.update(task, description=tekst)
            if not console.is_terminal:
                console.print(tekst)

        voorraad = Voorraad(Instellingen(), proef, meld)
        try:
            needed = voorraad.ruimte()
            progress.console.print(f"Nog nodig op de schijf: {needed / 1e9:.1f} GB, in {voorraad.map}", soft_wrap=True)
            werk = voorraad.zet_klaar(voorraad.maak())
            fasen = list(draai_maand(werk, periode, meld))
            uitslag = Uitslag(proef, fasen, draai_opnieuw(werk, periode, meld))
            console.print(uitslag.tabel())
            if peers and aanwezig():
                uitslag.bewaar(voorraad.map)  # in case one of the others fails
                uitslag = replace(uitslag, peers=meet_peers(werk, periode, fasen, meld))
                console.print(uitslag.peertabel())
        except TeWeinigSchijf as fout:
            console.print(f"[red]Te weinig ruimte op de schijf: {fout}.[/red]", soft_wrap=True)
            raise typer.Exit(KODE_FOUT) from None
        except ProcesMislukt as fout:
            console.print(f"[red]Mislukt: {fout}[/red]", soft_wrap=True, markup=False)
            raise typer.Exit(RUN_MISLUKT) from None
    if peers and not uitslag.peers:
        console.print("De andere manieren staan niet in deze installatie.")
    console.print(f"Alle cijfers: {uitslag.bewaar(voorraad.map)}", soft_wrap=True)
