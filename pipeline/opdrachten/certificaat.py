"""`keten certificaat`: the certificates of an installation, and a chain to try with."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Table

from pipeline.scherm import OPZIJ, console

if TYPE_CHECKING:
    from pipeline.instellingen import Instellingen

app = typer.Typer(help="Certificaten: waarmee wordt ondertekend en voor wie wordt versleuteld.", no_args_is_help=True)


@app.command()
def maak() -> None:
    """Maak een proefketen: een gezag, de organisatie en alle ontvangers; nooit over echte certificaten heen."""
    from pipeline.instellingen import Instellingen  # noqa: PLC0415
    from pipeline.proefketen import maak_proefketen  # noqa: PLC0415

    instellingen = Instellingen()
    nieuw = maak_proefketen(instellingen)
    console.print("De proefketen is gemaakt." if nieuw else "De proefketen was er al.")
    console.print(f"  Certificaten: {instellingen.certificaten.map}", soft_wrap=True)


@app.command()
def toon(
    alles: Annotated[bool, typer.Option("--alles", help="Ook certificaten waarmee niets aan de hand is.")] = False,
) -> None:
    """Toon tot wanneer certificaten gelden, en wat ontbreekt, verlopen of ingetrokken is of binnenkort verloopt."""
    from message_formats.certificaat import nu  # noqa: PLC0415
    from pipeline.instellingen import Instellingen  # noqa: PLC0415

    standen = list(Instellingen().certificaten.geldigheid(nu()))
    table = Table("van", "geldig tot", "stand", box=None)
    for stand in standen:
        if alles or stand.code:
            tot = f"{stand.tot:%Y-%m-%d}" if stand.tot else "-"
            table.add_row(stand.wie, tot, uitleg(stand.code) if stand.code else "goed")
    console.print(table)
    console.print(f"{sum(stand.code is None for stand in standen)} van {len(standen)} certificaten zijn in orde.")
    if any(stand.code for stand in standen):
        raise typer.Exit(OPZIJ)


@app.command("trek-in")
def trek_in(ontvanger: Annotated[str, typer.Argument(help="Code van de ontvanger, bijvoorbeeld 0344.")]) -> None:
    """Zet het certificaat van een ontvanger op de intrekkingslijst van de proefketen."""
    from pipeline.instellingen import Instellingen  # noqa: PLC0415
    from pipeline.proefketen import trek_in as zet_op_lijst  # noqa: PLC0415

    zet_op_lijst(Instellingen(), ontvanger)
    console.print(f"Het certificaat van {ontvanger} is ingetrokken; deze ontvanger krijgt niets meer.")


def toon_aandacht(instellingen: Instellingen) -> None:
    """Says of which certificates something must be done, if there are any certificates yet."""
    from message_formats.certificaat import nu  # noqa: PLC0415

    if not (instellingen.certificaten.map / "afzender.pem").exists():
        return
    for stand in instellingen.certificaten.geldigheid(nu()):
        if stand.code:
            tot = f" (tot {stand.tot:%Y-%m-%d})" if stand.tot else ""
            console.print(f"Certificaat van {stand.wie}{tot}: {uitleg(stand.code)}")


def uitleg(code: str) -> str:
    """A code with what it means and what to do."""
    from schemas.load import meldingen  # noqa: PLC0415

    melding = meldingen()[code]
    return f"{code}: {melding.betekenis} {melding.wat_te_doen}"
