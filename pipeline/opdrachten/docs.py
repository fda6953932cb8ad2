"""`keten docs`: the documentation of the models."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from pipeline.scherm import console, voortgang


def docs(
    uit: Annotated[Path | None, typer.Option(help="Map voor de pagina; zonder: docs/ in de gegevensmap.")] = None,
) -> None:
    """Maak de documentatie van bronnen, modellen, normen en uitleveringen: een pagina die zonder netwerk werkt."""
    from pipeline.dbt_docs import maak_docs  # noqa: PLC0415
    from pipeline.instellingen import Instellingen  # noqa: PLC0415

    instellingen = Instellingen()
    with voortgang() as progress:
        progress.add_task("Modellen bouwen zonder gegevens", total=None)
        page = maak_docs(uit or instellingen.map("docs"), instellingen.map("dbt", "docs"))
    console.print(f"Documentatie: {page}", soft_wrap=True)
