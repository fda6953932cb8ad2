"""`keten gezond`: whether the installation can work."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated

import typer
from rich.table import Table

from pipeline.scherm import KODE_FOUT, console


def gezond(
    onderdeel: Annotated[
        list[str] | None,
        typer.Option(
            help="Alleen dit onderdeel, vaker te noemen: grootboek, sleutel, certificaat, schijf of stappen.",
            show_default="alles",
        ),
    ] = None,
    vrij: Annotated[float, typer.Option(help="Zoveel GiB moet er vrij zijn.", min=0)] = 1.0,
    stil: Annotated[int, typer.Option(help="Zoveel uur mag het geleden zijn dat een stap lukte.", min=1)] = 48,
) -> None:
    """Kijk of de installatie kan werken, zonder iets te veranderen; exitcode 3 als er iets niet in orde is."""
    from pipeline.gezond import Grenzen, Onderdeel, onderzoek  # noqa: PLC0415
    from pipeline.instellingen import Instellingen  # noqa: PLC0415
    from schemas.load import meldingen  # noqa: PLC0415

    known = {each.value: each for each in Onderdeel}
    if unknown := set(onderdeel or ()) - known.keys():
        raise typer.BadParameter(", ".join(sorted(unknown)), param_hint="--onderdeel")
    chosen = [known[naam] for naam in onderdeel or known]
    table = Table("onderdeel", "stand", "", box=None)
    found = onderzoek(Instellingen(), chosen, Grenzen(vrij, timedelta(hours=stil)))
    for each in found:
        where = f" ({each.wijzer})" if each.wijzer else ""
        melding = meldingen()[each.code] if each.code else None
        words = f"{melding.betekenis} {melding.wat_te_doen}" if melding else ""
        table.add_row(each.onderdeel, f"{each.code}{where}" if each.code else "goed", words)
    console.print(table)
    if any(each.code for each in found):
        raise typer.Exit(KODE_FOUT)
