"""`keten lees`: what a recipient does with what it received. Needs nothing of the pipeline, also to be installed."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.markup import escape
from rich.table import Table
from rich.tree import Tree

from message_formats.vorm import Vorm
from pipeline.scherm import OPZIJ, console

if TYPE_CHECKING:
    from message_formats.lees import Levering


def lees(  # noqa: PLR0913, PLR0917 - each is an option of the command
    pad: Annotated[Path, typer.Argument(help="Map met uitleveringen, of een berichtbestand.", exists=True)],
    sleutel: Annotated[
        Path | None, typer.Option(help="PEM met de private sleutel, of een map met <ontvanger>.key.", exists=True)
    ] = None,
    vertrouwd: Annotated[
        Path | None, typer.Option(help="PEM met de gezagen waarvan een handtekening telt.", exists=True)
    ] = None,
    ingetrokken: Annotated[
        list[Path] | None, typer.Option(help="Lijst met ingetrokken certificaten; vaker te noemen.", exists=True)
    ] = None,
    uit: Annotated[Path | None, typer.Option(help="Map om de signalen in op te slaan.")] = None,
    als: Annotated[
        list[Vorm] | None,
        typer.Option(help="Vorm om in op te slaan; vaker te noemen.", show_default="csv en parquet"),
    ] = None,
    vergelijk: Annotated[
        bool, typer.Option("--vergelijk", help="Toon per formaat wat het bevat en waar het afwijkt.")
    ] = False,
    toon: Annotated[int, typer.Option(help="Zoveel signalen per uitlevering tonen, met hun bewijs.", min=0)] = 0,
) -> None:
    """Open en controleer wat een ontvanger kreeg; toon de signalen of sla ze op."""
    from message_formats.certificaat import Vertrouwen  # noqa: PLC0415
    from message_formats.exporteer import exporteer  # noqa: PLC0415
    from message_formats.lees import lees_map  # noqa: PLC0415
    from message_formats.openen import Opener  # noqa: PLC0415

    if als and uit is None:
        raise typer.BadParameter("geef met --uit op waar het heen moet.", param_hint="--als")
    demo = _proefketen()
    if demo is not None and sleutel is None and vertrouwd is None:
        sleutel, vertrouwd = demo / "demo" / "ontvangers", demo / "vertrouwd.pem"
        ingetrokken = sorted((demo / "intrekking").glob("*.crl"))
    vertrouwen = Vertrouwen.lees(vertrouwd, ingetrokken or ()) if vertrouwd else None
    uitkomst = lees_map(pad, Opener(sleutel, vertrouwen))
    if vertrouwen is None:
        console.print("[yellow]Handtekeningen zijn niet gecontroleerd: geef met --vertrouwd op wie telt.[/yellow]")
    console.print(_overzicht(uitkomst.leveringen))
    if vergelijk:
        console.print(_vergelijking(uitkomst.leveringen))
    for boom in _signalen(uitkomst.leveringen, toon):
        console.print(boom)
    for probleem in uitkomst.problemen:
        console.print(f"[red]{escape(str(probleem))}[/red]", soft_wrap=True)
    if uit is not None:
        for geschreven in exporteer(uitkomst, uit, als or (Vorm.CSV, Vorm.PARQUET)):
            console.print(f"Opgeslagen: {escape(str(geschreven))}", soft_wrap=True)
    if not uitkomst.goed:
        raise typer.Exit(OPZIJ)


def _proefketen() -> Path | None:
    """The certificates of a demonstration, which are found by themselves where its data is.

    Not from `Instellingen`: who only reads has no pipeline.
    """
    data = Path(os.environ.get("KETEN_DATA") or "var")
    folder = Path(os.environ.get("KETEN_CERTIFICATENMAP") or data / "certificaten")
    return folder if (folder / "demo" / "ontvangers").is_dir() else None


def _overzicht(leveringen: Iterable[Levering]) -> Table:
    table = Table(
        "bericht", "ontvanger", "periode", "nr", "soort", "signalen", "per code", "formaten", "controle", box=None
    )
    for levering in leveringen:
        envelop = levering.envelop
        table.add_row(
            str(envelop.get("bericht_code", levering.pad.name)),
            f"{envelop.get('ontvanger_code', '?')} {envelop.get('ontvanger_naam', '')}".strip(),
            str(envelop.get("periode", "?")),
            str(envelop.get("volgnummer", "?")),
            str(envelop.get("leveringsoort", "?")),
            str(sum(levering.aantallen.values())),
            " ".join(f"{code}:{aantal}" for code, aantal in levering.aantallen.items()),
            " ".join(levering.formaten),
            "[red]fout[/red]" if levering.problemen else "goed",
        )
    return table


def _vergelijking(leveringen: Iterable[Levering]) -> Table:
    table = Table("uitlevering", "formaat", "signalen", "bewijs", "vergelijking", box=None)
    for levering in leveringen:
        alone = len(levering.vergelijking) < 2
        for een in levering.vergelijking:
            words = "; ".join(een.verschillen) or ("niets om mee te vergelijken" if alone else "gelijk")
            table.add_row(levering.pad.name, een.formaat, str(een.signalen), str(een.bewijs), words)
    return table


def _signalen(leveringen: Iterable[Levering], aantal: int) -> Iterator[Tree]:
    """The first signals of every delivery: their fields, and below them the facts they rest on."""
    for levering in leveringen:
        if not aantal or levering.signalen is None or levering.bewijs is None or levering.problemen:
            continue
        boom = Tree(escape(levering.pad.name))
        rows = levering.signalen.slice(0, aantal).to_pylist()
        facts: dict[str, list[dict[str, Any]]] = {row["signaal_id"]: [] for row in rows}
        for feit in levering.bewijs.to_pylist():
            if feit["signaal_id"] in facts:
                facts[feit["signaal_id"]].append(feit)
        for row in rows:
            tak = boom.add(escape(f"{row['signaal_code']} {row['signaal_id']}"))
            for naam, waarde in row.items():
                if waarde is not None and naam not in ("signaal_code", "signaal_id"):
                    tak.add(escape(f"{naam}: {waarde}"))
            for feit in facts[row["signaal_id"]]:
                tak.add(escape("bewijs " + ", ".join(_waarden(feit))))
        yield boom


def _waarden(feit: dict[str, Any]) -> list[str]:
    return [f"{naam}: {waarde}" for naam, waarde in feit.items() if waarde is not None and naam != "signaal_id"]
