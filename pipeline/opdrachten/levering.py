"""`keten levering`: what was received, and decisions on what was parked."""

from __future__ import annotations

import getpass
import os
from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Column, Table

from pipeline.scherm import OPZIJ, console, toon_tellingen, voortgang

if TYPE_CHECKING:
    from lineage.ledger import Rij
    from pipeline.instellingen import Instellingen

app = typer.Typer(help="Leveringen: bekijken, goedkeuren en afkeuren.", no_args_is_help=True)
Kenmerk = Annotated[str, typer.Argument(help="Kenmerk van de levering, zie keten levering lijst.")]
Reden = Annotated[str, typer.Option("--reden", help="Waarom; wordt bewaard en noemt geen personen.")]
_KOLOMMEN = ("soort", "aanleveraar", "status", "code")
Door = Annotated[str, typer.Option("--door", help="Wie besluit; anders de gebruiker van dit systeem.")]


@app.command()
def lijst(
    status: Annotated[str, typer.Option(help="Alleen leveringen met deze status, bijvoorbeeld geparkeerd.")] = "",
) -> None:
    """Toon de leveringen in volgorde van ontvangst."""
    from lineage.leveringen import alle  # noqa: PLC0415
    from pipeline.instellingen import Instellingen  # noqa: PLC0415

    table = Table(Column("kenmerk", min_width=30, overflow="fold"), *_KOLOMMEN, box=None)
    for levering in alle(Instellingen().grootboek, status or None):
        cells = [levering[naam] for naam in _KOLOMMEN]
        table.add_row(levering["levering_id"], *(cell or "-" for cell in cells))
    console.print(table)


@app.command()
def inbox(
    bron: Annotated[list[str] | None, typer.Argument(help="Namen van bronnen, bijvoorbeeld uwv; anders alle.")] = None,
) -> None:
    """Haal op wat bronnen op hun kanaal hebben gezet en neem in wat in de inbox staat, zoals de DAG's ingest doen."""
    from pipeline.instellingen import Instellingen  # noqa: PLC0415
    from pipeline.levering.besluit import zoek  # noqa: PLC0415
    from pipeline.levering.inbox import haal_op, neem_in, nieuwe_aanleveringen  # noqa: PLC0415
    from pipeline.levering.ontvang import Ontvangst  # noqa: PLC0415
    from pipeline.levering.verslag import maak_verslagen  # noqa: PLC0415
    from pipeline.toelaten import toelaten  # noqa: PLC0415
    from schemas.fout import KetenFout  # noqa: PLC0415
    from schemas.load import bronnen, meldingen  # noqa: PLC0415

    if unknown := set(bron or ()) - bronnen().keys():
        raise KetenFout("L-BRON", ", ".join(sorted(unknown)))
    instellingen, aside, taken = Instellingen(), False, list[Ontvangst]()
    for naam in bron or bronnen():
        gehaald = haal_op(instellingen, naam)
        for wie, code in gehaald.fouten.items():
            console.print(f"{wie}: {code}: {meldingen()[code].betekenis}", soft_wrap=True)
        for aanlevering in nieuwe_aanleveringen(instellingen, naam):
            taken.append(neem_in(instellingen, naam, aanlevering))
        toelaten(instellingen, bron=naam)
        aside = aside or bool(gehaald.fouten)
    maak_verslagen(instellingen)
    for ontvangst in taken:  # the door may have parked it
        levering = zoek(instellingen, ontvangst.levering_id)
        console.print(f"{ontvangst.levering_id}: {levering['status']}, {ontvangst.bestanden} bestand(en)")
        toon_reden(levering)
        aside = aside or bool(ontvangst.code) or bool(levering["code"])
    if not taken:
        console.print("Er was niets.")
    if aside:
        raise typer.Exit(OPZIJ)


@app.command()
def toon(levering_id: Kenmerk) -> None:
    """Toon wat een levering is, wat erover is geteld en wat erover is besloten."""
    from pipeline.instellingen import Instellingen  # noqa: PLC0415
    from pipeline.levering.besluit import zoek  # noqa: PLC0415

    instellingen = Instellingen()
    levering = zoek(instellingen, levering_id)
    compleet = "volledig" if levering["volledig"] else "onvolledig"
    console.print(f"{levering_id}: {levering['status']}, {levering['soort']}, {compleet}, {levering['periode']}")
    toon_reden(levering)
    table = Table("bestand", "formaat", "tabellen", "bytes", "sha256", "code", box=None)
    for bestand in instellingen.grootboek.bestanden(levering["levering_nr"]):
        cells = [bestand[naam] for naam in ("bestand_nr", "formaat", "tabellen", "bytes", "sha256", "code")]
        table.add_row(*(str(cell or "-") for cell in cells))
    console.print(table)
    _toon_verloop(instellingen, levering)


def _toon_verloop(instellingen: Instellingen, levering: Rij) -> None:
    """What the door counted last, who was told what, and the decisions."""
    from lineage.leveringen import besluiten, laatste_tellingen  # noqa: PLC0415
    from lineage.verslagen import verslagen_van  # noqa: PLC0415

    if tellingen := laatste_tellingen(instellingen.grootboek, levering["levering_id"]):
        toon_tellingen(tellingen)
    if verslagen := verslagen_van(instellingen.grootboek, levering["levering_nr"]):
        table = Table("verslag aan", "aangenomen", "afgekeurd", box=None)
        for row in verslagen:
            table.add_row(row["aanleveraar"], str(row["aangenomen"]), str(row["afgekeurd"]))
        console.print(table)
    for besluit in besluiten(instellingen.grootboek, levering["levering_nr"]):
        wanneer = f"{besluit['op']:%Y-%m-%d %H:%M}"
        console.print(f"{wanneer} {besluit['besluit']} door {besluit['door']}: {besluit['reden']}", markup=False)


@app.command()
def goedkeuren(levering_id: Kenmerk, reden: Reden, door: Door = "") -> None:
    """Laat een geparkeerde levering meetellen zoals zij is, en laat haar en wat op haar wachtte door de deur."""
    from pipeline.instellingen import Instellingen  # noqa: PLC0415
    from pipeline.levering.besluit import goedkeuren as keur_goed  # noqa: PLC0415
    from pipeline.levering.verslag import maak_verslagen  # noqa: PLC0415
    from pipeline.toelaten import toelaten  # noqa: PLC0415

    instellingen = Instellingen()
    levering = keur_goed(instellingen, levering_id, reden, door or _gebruiker())
    console.print(f"{levering_id}: {levering['status']}")
    with voortgang() as progress:
        progress.add_task("Levering door de deur laten", total=None)
        doorgelaten = toelaten(instellingen)  # a population decides about leveringen of other bronnen too
        maak_verslagen(instellingen)
    for uitkomst in doorgelaten:
        if uitkomst.levering_id == levering_id:
            toon_tellingen(uitkomst.tellingen)


@app.command()
def afkeuren(levering_id: Kenmerk, reden: Reden, door: Door = "") -> None:
    """Wijs een geparkeerde levering voorgoed af; wie aanleverde krijgt daarvan verslag."""
    from pipeline.instellingen import Instellingen  # noqa: PLC0415
    from pipeline.levering.besluit import afkeuren as keur_af  # noqa: PLC0415
    from pipeline.levering.verslag import maak_verslagen  # noqa: PLC0415

    instellingen = Instellingen()
    levering = keur_af(instellingen, levering_id, reden, door or _gebruiker())
    maak_verslagen(instellingen)
    console.print(f"{levering_id}: {levering['status']}")


def toon_reden(levering: Rij) -> None:
    """Why a levering was parked, and what can be done about it."""
    from schemas.load import meldingen  # noqa: PLC0415

    if levering["code"] is None:
        return
    melding = meldingen()[levering["code"]]
    place = f" ({levering['wijzer']})" if levering["wijzer"] else ""
    console.print(f"  {melding.code}{place}: {melding.betekenis} {melding.wat_te_doen}", markup=False, soft_wrap=True)
    if levering["status"] == "geparkeerd":
        for besluit in ("afkeuren",) if levering["code"] == "L-LEEG" else ("goedkeuren", "afkeuren"):
            console.print(f'  keten levering {besluit} {levering["levering_id"]} --reden "..."', soft_wrap=True)


def _gebruiker() -> str:
    try:
        return getpass.getuser()
    except (OSError, KeyError):  # a process without a name in the user database
        return f"uid {os.getuid()}"
