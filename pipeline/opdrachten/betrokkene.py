"""`keten inzage` and `keten correctie`: what a person may ask.

A burgerservicenummer is asked for or read from a file, and is no argument: an argument would stay in the history of the
shell and stand in the list of processes, where everybody on the machine can read it.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Table

from pipeline.scherm import console, voortgang

if TYPE_CHECKING:
    from pipeline.betrokkene.correctie import Gemeld

app = typer.Typer(help="Correctie: een record in onderzoek nemen en dat afronden.", no_args_is_help=True)


def inzage(
    bsn_bestand: Annotated[
        Path | None, typer.Option(help="Bestand met het nummer; zonder wordt het gevraagd.", exists=True)
    ] = None,
    uit: Annotated[Path | None, typer.Option(help="Nieuwe map voor het antwoord als JSON en tekst.")] = None,
) -> None:
    """Beantwoord een verzoek om inzage van één persoon; het nummer wordt gevraagd en is nooit een argument."""
    from pipeline.betrokkene.inzage import vraag_inzage  # noqa: PLC0415
    from pipeline.betrokkene.tekst import als_tekst, schrijf  # noqa: PLC0415
    from pipeline.instellingen import Instellingen  # noqa: PLC0415

    bsn = _lees_bsn(bsn_bestand)
    with voortgang() as progress:
        progress.add_task("Gegevens zoeken", total=None)
        answer = vraag_inzage(Instellingen(), bsn)
    if uit is None:
        console.print(als_tekst(answer), soft_wrap=True, markup=False)
        return
    for path in schrijf(answer, uit):
        console.print(f"Opgeslagen: {path}", soft_wrap=True)


def _lees_bsn(bestand: Path | None) -> str:
    if bestand is not None:
        return bestand.read_text(encoding="utf-8")
    if sys.stdin.isatty():
        answer: str = typer.prompt("Burgerservicenummer", hide_input=True)
        return answer
    return sys.stdin.readline()


@app.command()
def meld(
    levering: Annotated[str, typer.Argument(help="Id van de levering, zoals in het bewijs.")],
    tabel: Annotated[str, typer.Argument(help="Tabel, bijvoorbeeld uwv.inkomstenopgave.")],
    record: Annotated[int, typer.Argument(help="Recordnummer, zoals in het bewijs.", min=1)],
    reden: Annotated[str, typer.Option(help="Wat er niet klopt, zonder persoonsgegevens.")],
) -> None:
    """Neem een record in onderzoek: het wordt nergens meer gebruikt, en wie ervan hoorde krijgt bericht."""
    from pipeline.betrokkene.correctie import meld as neem_in_onderzoek  # noqa: PLC0415
    from pipeline.instellingen import Instellingen  # noqa: PLC0415

    gemeld = neem_in_onderzoek(Instellingen(), levering, tabel, record, reden)
    console.print(f"Correctie {gemeld.correctie_nr}: het record is in onderzoek.")
    _toon_geraakt(gemeld)


@app.command()
def afrond(
    correctie: Annotated[int, typer.Argument(help="Nummer van de correctie.")],
    uitkomst: Annotated[str, typer.Option(help="hersteld (het record klopt) of onjuist (het blijft buiten gebruik).")],
) -> None:
    """Rond een correctie af."""
    from lineage.correcties import UITKOMSTEN  # noqa: PLC0415
    from pipeline.betrokkene.correctie import rond_af  # noqa: PLC0415
    from pipeline.instellingen import Instellingen  # noqa: PLC0415

    if uitkomst not in UITKOMSTEN:
        raise typer.BadParameter(f"kies uit {', '.join(UITKOMSTEN)}", param_hint="--uitkomst")
    gemeld = rond_af(Instellingen(), correctie, uitkomst)
    console.print(f"Correctie {gemeld.correctie_nr}: {uitkomst}.")
    _toon_geraakt(gemeld)


@app.command()
def lijst() -> None:
    """Toon alle correcties."""
    from lineage.correcties import correcties  # noqa: PLC0415
    from pipeline.instellingen import Instellingen  # noqa: PLC0415

    table = Table("nr", "levering", "tabel", "record", "status", "gemeld", "afgerond", "reden", box=None)
    for row in correcties(Instellingen().grootboek):
        table.add_row(
            str(row["correctie_nr"]),
            row["levering_id"],
            row["tabel"],
            str(row["record_nr"]),
            row["status"],
            f"{row['gemeld_op']:%Y-%m-%d}",
            f"{row['afgerond_op']:%Y-%m-%d}" if row["afgerond_op"] else "-",
            row["reden"],
        )
    console.print(table)


@app.command()
def terugmelding(
    bron: Annotated[str, typer.Argument(help="Naam van de bron, bijvoorbeeld uwv.")],
    uit: Annotated[Path, typer.Option(help="CSV-bestand voor de bronhouder.")],
) -> None:
    """Maak het bestand waarmee een bronhouder zijn records in onderzoek kan nagaan: verwijzingen, geen gegevens."""
    from pipeline.betrokkene.correctie import schrijf_terugmelding  # noqa: PLC0415
    from pipeline.instellingen import Instellingen  # noqa: PLC0415

    console.print(f"Opgeslagen: {schrijf_terugmelding(Instellingen(), bron, uit)}", soft_wrap=True)


def _toon_geraakt(gemeld: Gemeld) -> None:
    if not gemeld.geraakt:
        console.print("Er is niets geleverd dat op dit record rust.")
        return
    table = Table("product", "periode", "ontvanger", "signalen", box=None)
    for item in gemeld.geraakt:
        table.add_row(item.product, item.periode, item.ontvanger, str(item.signalen))
    console.print(table)
    console.print("Deze ontvangers krijgen bericht in de eerstvolgende uitlevering; zie keten status.")
