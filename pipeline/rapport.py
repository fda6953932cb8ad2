"""Step: build the pages for opdrachtgevers from the ledger."""

from __future__ import annotations

from pathlib import Path

from pipeline.instellingen import Instellingen
from reports.pagina import bouw


def maak_rapport(instellingen: Instellingen) -> Path:
    """Builds the pages; returns the path of the first."""
    return bouw(instellingen.grootboek, instellingen.map("rapport"))
