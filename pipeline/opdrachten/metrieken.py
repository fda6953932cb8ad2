"""`keten metrieken`: figures for Prometheus."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from pipeline.scherm import console


def metrieken(
    uit: Annotated[Path | None, typer.Option(help="Bestand om te schrijven, voor de textfile collector.")] = None,
) -> None:
    """Toon tellingen uit het grootboek in het formaat van Prometheus."""
    from pipeline.instellingen import Instellingen  # noqa: PLC0415
    from pipeline.metrieken import metrieken as tel  # noqa: PLC0415

    text = tel(Instellingen().grootboek)
    if uit is None:
        console.print(text, end="", soft_wrap=True, markup=False, highlight=False)
        return
    # The collector may look at any moment. The same name every time: nobody clears its folder.
    aside = uit.with_name(f".{uit.name}.deel")
    aside.write_text(text, encoding="utf-8")
    aside.rename(uit)
