"""The `keten` command.

Exit codes: 0 all went well; 1 an unexpected error; 2 the command was given wrongly; 3 a coded error, nothing was done;
4 a run or DAG failed; 5 it was done, but something was put aside or held back.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from pipeline.nederlands import spreek_nederlands
from pipeline.opdrachten import (
    attendeer,
    benchmark,
    betrokkene,
    bewaren,
    certificaat,
    controleer,
    docs,
    draai,
    gezond,
    herkomst,
    instellingen,
    lees,
    lineage,
    log,
    metrieken,
    retour,
    sleutel,
    vertrek,
)
from pipeline.opdrachten import levering as leveringen
from pipeline.rechten import sluit_af
from pipeline.scherm import KODE_FOUT, OPZIJ, RUN_MISLUKT, Periode, console, toon_tellingen, voortgang
from schemas.fout import KetenFout

# Where the setting `log` may stand: the environment, a file, a folder. Looking is spared who has none of them.
LOG_STAAT_IN = ("KETEN_LOG", "KETEN_INSTELLINGEN", "KETEN_GEHEIMEN")
spreek_nederlands()
app = typer.Typer(
    help="Signaalketen: van bronlevering tot inleesbericht.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_show_locals=False,
)
app.command()(attendeer.attendeer)
app.command()(benchmark.benchmark)
app.add_typer(bewaren.app, name="bewaren")
app.add_typer(certificaat.app, name="certificaat")
app.add_typer(betrokkene.app, name="correctie")
app.command()(betrokkene.inzage)
app.command()(docs.docs)
app.command()(draai.draai)
app.command()(controleer.controleer)
app.command()(gezond.gezond)
app.command()(herkomst.herkomst)
app.command()(instellingen.instellingen)
app.command()(lees.lees)
app.add_typer(leveringen.app, name="levering")
app.add_typer(lineage.app, name="lineage")
app.add_typer(log.app, name="log")
app.command()(metrieken.metrieken)
app.add_typer(retour.app, name="retour")
app.add_typer(vertrek.app, name="vertrek")
app.add_typer(sleutel.app, name="sleutel")


def main() -> None:
    """Entry point: coded errors become one line and their exit code; no traceback shows data."""
    sluit_af()
    if any(os.environ.get(naam) for naam in LOG_STAAT_IN):
        with suppress(ModuleNotFoundError):  # installed alone, `keten lees` is all there is, and it has no log
            from pipeline import logregels  # noqa: PLC0415

            if logregels.is_json():
                logregels.doe(partial(_doe, logregels.meld_fout))
                return
    _doe(_meld)


def _doe(meld: Callable[[KetenFout], None]) -> None:
    """Does what was asked; a coded error is told and gives its exit code."""
    try:
        app()
    except KetenFout as fout:
        meld(fout)
        sys.exit(KODE_FOUT)
    except ModuleNotFoundError as fout:
        meld(KetenFout("S-PIJPLIJN", fout.name or ""))
        sys.exit(KODE_FOUT)


def _meld(fout: KetenFout) -> None:
    Console(stderr=True, highlight=False).print(f"[red]{escape(str(fout))}[/red]", soft_wrap=True)


@app.command()
def demo(
    personen: Annotated[int, typer.Option(help="Aantal personen in het land.", min=400)] = 20_000,
    periode: Periode = "2026-03",
    seed: Annotated[int, typer.Option(help="Begingetal; hetzelfde getal geeft hetzelfde land.")] = 1,
) -> None:
    """Draai alles op een verzonnen land: twee maanden leveringen, alle DAG's, berichten en rapport."""
    from pipeline.airflow_lokaal import DagMislukt  # noqa: PLC0415
    from pipeline.demonstratie import demonstreer  # noqa: PLC0415
    from pipeline.instellingen import Instellingen  # noqa: PLC0415

    instellingen = Instellingen()
    with voortgang() as progress:
        task = progress.add_task("Beginnen", total=None)
        try:
            gedaan = demonstreer(
                instellingen, personen, periode, seed, lambda tekst: progress.update(task, description=tekst)
            )
        except DagMislukt as fout:
            console.print(f"[red]Mislukt: {fout}. Zie {instellingen.map('airflow')}.[/red]")
            raise typer.Exit(RUN_MISLUKT) from None
    if gedaan.dags:
        console.print(f"Klaar: {len(gedaan.dags)} DAG-runs over {', '.join(gedaan.perioden)}.")
    else:
        console.print("Er was niets te doen: alles was al gedaan.")
    console.print(f"  Berichten per ontvanger: {instellingen.uitleveringen}", soft_wrap=True)
    console.print(f"  Rapport:                 {gedaan.rapport}", soft_wrap=True)
    console.print("  Bekijken wat een gemeente kreeg: keten lees <map>; wat openstaat: keten status")


@app.command()
def ontvang(
    bron: Annotated[str, typer.Argument(help="Naam van de bron, bijvoorbeeld uwv.")],
    pad: Annotated[list[Path], typer.Argument(help="Bestanden of mappen van de levering.", exists=True)],
    periode: Annotated[str, typer.Option("--periode", help="Maand waarover de levering gaat.", metavar="JJJJ-MM")],
) -> None:
    """Neem een levering in: herkennen, opslaan en door de deur laten."""
    from pipeline.instellingen import Instellingen  # noqa: PLC0415
    from pipeline.levering.besluit import zoek  # noqa: PLC0415
    from pipeline.levering.ontvang import ontvang as neem_in  # noqa: PLC0415
    from pipeline.levering.verslag import maak_verslagen  # noqa: PLC0415
    from pipeline.toelaten import toelaten  # noqa: PLC0415
    from schemas.load import meldingen  # noqa: PLC0415

    instellingen = Instellingen()
    with voortgang() as progress:
        progress.add_task("Levering innemen", total=None)
        ontvangst = neem_in(instellingen, bron, pad, periode)
        doorgelaten = toelaten(instellingen, bron=bron)
        maak_verslagen(instellingen)
    levering = zoek(instellingen, ontvangst.levering_id)
    console.print(f"{ontvangst.levering_id}: {levering['status']}, {ontvangst.bestanden} bestand(en)")
    if not ontvangst.nieuw:
        console.print(f"  {ontvangst.code}: {meldingen()[str(ontvangst.code)].betekenis}")
    leveringen.toon_reden(levering)
    for nr, code in sorted(ontvangst.onbruikbaar.items()):
        console.print(f"  bestand {nr}: {code}: {meldingen()[code].betekenis}")
    aside = False
    for uitkomst in doorgelaten:
        if uitkomst.levering_id == ontvangst.levering_id:
            aside = toon_tellingen(uitkomst.tellingen)
    if ontvangst.onbruikbaar or aside or levering["status"] not in ("ontvangen", "vervangen"):
        raise typer.Exit(OPZIJ)


@app.command()
def status() -> None:
    """Toon wat aan de beurt is en wat is tegengehouden."""
    from pipeline.instellingen import Instellingen  # noqa: PLC0415
    from pipeline.status import geparkeerde_leveringen, onderweg, stand, tegengehouden  # noqa: PLC0415
    from schemas.load import meldingen, producten  # noqa: PLC0415

    instellingen = Instellingen()
    table = Table("product", "periode", "stand", "ontbreekt", title="Producten", box=None, title_justify="left")
    for product in producten():
        for regel in stand(instellingen, product):
            words = f"aan de beurt: {regel.reden}" if regel.aan_de_beurt else (regel.reden or "klaar")
            table.add_row(product, regel.periode, words, ", ".join(regel.ontbreekt) or "-")
    console.print(table)
    for levering in geparkeerde_leveringen(instellingen):
        console.print(f"Geparkeerd {levering['levering_id']}:")
        leveringen.toon_reden(levering)
    attendeer.toon_deadlines(instellingen)
    certificaat.toon_aandacht(instellingen)
    bewaren.toon_herbeoordeling(instellingen, bewaren.dag(None))
    for row in (*onderweg(instellingen), *tegengehouden(instellingen)):
        melding = meldingen()[row["code"]]
        words = "Tegengehouden" if row["status"] == "tegengehouden" else "Onderweg"
        place = f" ({row['wijzer']})" if row["wijzer"] else ""
        console.print(
            f"{words} {row['product']} {row['periode']} {row['ontvanger']}: {melding.code}{place}: {melding.betekenis}"
        )


@app.command()
def rapport() -> None:
    """Bouw de rapportpagina's uit het grootboek."""
    from pipeline.instellingen import Instellingen  # noqa: PLC0415
    from pipeline.rapport import maak_rapport  # noqa: PLC0415

    console.print(str(maak_rapport(Instellingen())), soft_wrap=True)


if __name__ == "__main__":
    main()
