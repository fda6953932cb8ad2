"""Step: build the pages for opdrachtgevers from the ledger, with how the certificates of recipients stand."""

from __future__ import annotations

from pathlib import Path

from message_formats.certificaat import nu
from pipeline.instellingen import Instellingen
from pipeline.storing import gecodeerd
from reports.pagina import bouw
from schemas.load import meldingen


@gecodeerd
def maak_rapport(instellingen: Instellingen) -> Path:
    """Builds the pages; returns the path of the first."""
    return bouw(instellingen.grootboek, instellingen.map("rapport"), certificaten(instellingen))


def certificaten(instellingen: Instellingen) -> dict[str, str]:
    """Per recipient, and for the sender, until when its certificate counts and what is to be done about it."""
    if not (instellingen.certificaten.map / "afzender.pem").exists():
        return {}
    found: dict[str, str] = {}
    for stand in instellingen.certificaten.geldigheid(nu()):
        tot = f"geldig tot {stand.tot:%Y-%m-%d}" if stand.tot else ""
        aandacht = f"{stand.code}: {meldingen()[stand.code].betekenis}" if stand.code else ""
        found[stand.wie] = ". ".join(filter(None, (tot, aandacht)))
    return found
