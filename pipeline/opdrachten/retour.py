"""`keten retour`: what recipients answered, and what they were answered."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from pipeline.scherm import OPZIJ, console

app = typer.Typer(help="Retourberichten: wat ontvangers op signalen antwoorden.", no_args_is_help=True)


@app.command("neem-in")
def neem_in(
    bestand: Annotated[
        list[Path],
        typer.Argument(help="Retourberichten, XML of JSON; handtekening ernaast (.p7s).", exists=True, dir_okay=False),
    ],
    van: Annotated[
        str | None, typer.Option("--van", help="Van welke ontvanger ze kwamen, bijvoorbeeld 0344.", metavar="CODE")
    ] = None,
) -> None:
    """Neem retourberichten in: het oordeel per signaal; elk wordt beantwoord."""
    from pipeline.instellingen import Instellingen  # noqa: PLC0415
    from pipeline.retour.antwoord import lever_antwoorden  # noqa: PLC0415
    from pipeline.retour.retour import verwerk  # noqa: PLC0415
    from schemas.load import meldingen  # noqa: PLC0415

    instellingen, aside = Instellingen(), False
    for nr, path in enumerate(bestand, 1):
        outcome = verwerk(instellingen, path, van)
        found = ", ".join(f"{oordeel} {aantal}" for oordeel, aantal in sorted(outcome.oordelen.items()))
        console.print(f"bestand {nr}: {outcome.status}{f': {found}' if found else ''}")
        if outcome.code:
            place = f" ({outcome.wijzer})" if outcome.wijzer else ""
            console.print(f"  {outcome.code}{place}: {meldingen()[outcome.code].betekenis}", soft_wrap=True)
        for code in sorted(set(outcome.niet_aangenomen.values())):
            count = sum(1 for each in outcome.niet_aangenomen.values() if each == code)
            console.print(f"  {code} ({count}): {meldingen()[code].betekenis}", soft_wrap=True)
        if outcome.naar is None:
            console.print(f"  Van wie dit komt staat niet vast; zie keten retour antwoord {outcome.sha256[:16]}")
        aside = aside or bool(outcome.code or outcome.niet_aangenomen)
    lever_antwoorden(instellingen)
    if aside:
        raise typer.Exit(OPZIJ)


@app.command()
def inbox() -> None:
    """Neem alles in wat ontvangers in de inbox hebben gezet, zoals de DAG receipts doet."""
    from pipeline.instellingen import Instellingen  # noqa: PLC0415
    from pipeline.retour.inbox import verwerk_inbox  # noqa: PLC0415

    found = verwerk_inbox(Instellingen())
    console.print(", ".join(f"{wat} {aantal}" for wat, aantal in sorted(found.items())) or "Er was niets.")
    if set(found) - {"aangenomen"}:
        raise typer.Exit(OPZIJ)


@app.command()
def lijst() -> None:
    """Toon de retourberichten met hun retourcode, of ze zijn ondertekend, en of hun antwoord is geleverd."""
    from lineage.retour import retouren  # noqa: PLC0415
    from pipeline.instellingen import Instellingen  # noqa: PLC0415

    table = Table("ontvangen", "van", "stand", "retourcode", "oordelen", "ondertekend", "antwoord", "", box=None)
    for row in retouren(Instellingen().grootboek):
        status = " ".join(filter(None, (row["status"], row["code"])))
        given = f"{row['geleverd_op']:%Y-%m-%d}" if row["geleverd_op"] else (row["antwoordcode"] or "open")
        signed = "ja" if row["ondertekenaar"] else "nee"
        table.add_row(
            f"{row['ontvangen_op']:%Y-%m-%d}",
            row["ontvanger"] or "?",
            status,
            row["retourcode"] or "-",
            str(row["aantal"]),
            signed,
            (row["sha256"] or "")[:16],
            given if row["sha256"] else "-",
        )
    console.print(table)


@app.command()
def antwoord(
    nummer: Annotated[str, typer.Argument(help="Begin van de SHA-256 van het retourbericht (ten minste 8 tekens).")],
) -> None:
    """Toon het antwoord op een retourbericht, zoals de ontvanger het krijgt."""
    from lineage.retour import antwoorden  # noqa: PLC0415
    from pipeline.instellingen import Instellingen  # noqa: PLC0415
    from schemas.fout import KetenFout  # noqa: PLC0415

    found = [row for row in antwoorden(Instellingen().grootboek) if row["sha256"].startswith(nummer)]
    if len(nummer) < 8 or len(found) != 1:
        raise KetenFout("T-ONBEKEND")
    if not found[0]["inhoud"]:
        raise KetenFout("T-VERNIETIGD")
    console.print(found[0]["inhoud"], soft_wrap=True, markup=False, end="")


@app.command()
def cijfers() -> None:
    """Toon per signaalcode wat ontvangers ervan vonden en hoe snel, zoals op de pagina kwaliteit van het rapport."""
    from message_formats.certificaat import nu  # noqa: PLC0415
    from pipeline.instellingen import Instellingen  # noqa: PLC0415
    from reports.antwoorden import lees_oordelen  # noqa: PLC0415
    from reports.blad import in_woorden  # noqa: PLC0415
    from reports.kwaliteit import oordeel_bladen  # noqa: PLC0415
    from reports.termijn import dag, datum  # noqa: PLC0415

    for blad in oordeel_bladen(lees_oordelen(Instellingen().grootboek), datum(dag(nu()))):
        table = Table(*(kolom.naam for kolom in blad.kolommen), title=blad.bijschrift, box=None)
        for rij in blad.rijen:
            table.add_row(*(in_woorden(cel) for cel in rij))
        console.print(table if blad.rijen else blad.leeg)
