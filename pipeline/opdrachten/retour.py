"""`keten retour`: what recipients answered."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from pipeline.scherm import OPZIJ, console


def retour(
    bestand: Annotated[list[Path], typer.Argument(help="Retourberichten, XML of JSON.", exists=True, dir_okay=False)],
) -> None:
    """Neem retourberichten van ontvangers in: hun oordeel per signaal."""
    from pipeline.instellingen import Instellingen  # noqa: PLC0415
    from pipeline.retour.retour import verwerk  # noqa: PLC0415
    from schemas.load import meldingen  # noqa: PLC0415

    instellingen, aside = Instellingen(), False
    for nr, path in enumerate(bestand, 1):
        outcome = verwerk(instellingen, path)
        found = ", ".join(f"{oordeel} {aantal}" for oordeel, aantal in sorted(outcome.oordelen.items()))
        console.print(f"bestand {nr}: {outcome.status}{f': {found}' if found else ''}")
        if outcome.code:
            place = f" ({outcome.wijzer})" if outcome.wijzer else ""
            console.print(f"  {outcome.code}{place}: {meldingen()[outcome.code].betekenis}", soft_wrap=True)
        for code in sorted(set(outcome.niet_aangenomen.values())):
            count = sum(1 for each in outcome.niet_aangenomen.values() if each == code)
            console.print(f"  {code} ({count}): {meldingen()[code].betekenis}", soft_wrap=True)
        aside = aside or bool(outcome.code or outcome.niet_aangenomen)
    if aside:
        raise typer.Exit(OPZIJ)
