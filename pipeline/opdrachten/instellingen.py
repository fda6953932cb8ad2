"""`keten instellingen`: what is in force, and where each value came from."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from rich.table import Table

from pipeline.scherm import console

if TYPE_CHECKING:
    from pipeline.instellingen import Instellingen

_GEHEIM = "***"


def instellingen() -> None:
    """Toon welke instellingen gelden en waar elke waarde vandaan komt; geheimen zijn gemaskeerd."""
    from pipeline.instellingbronnen import ANDERE, FAMILIES, VOORVOEGSEL, bronnen  # noqa: PLC0415
    from pipeline.instellingen import Instellingen  # noqa: PLC0415

    geldend, places = Instellingen(), bronnen(Instellingen)
    table = Table("instelling", "waarde", "herkomst", box=None)
    for naam in Instellingen.model_fields:
        herkomst = next((bron.naam for bron in places if naam in bron.waarden()), "standaard")
        table.add_row(naam, _toonbaar(geldend, naam), herkomst)
    console.print(table)
    fields = {VOORVOEGSEL + naam.upper() for naam in Instellingen.model_fields}
    others = sorted(n for n in os.environ if n not in fields and (n in ANDERE or n.startswith(FAMILIES)))
    if others:
        console.print(f"Ook gezet: {', '.join(others)}")


def _toonbaar(geldend: Instellingen, naam: str) -> str:
    """A value as it works out, without what should stay secret."""
    if naam in ("ledger", "openlineage"):
        return _zonder_wachtwoord(geldend.ledger_url if naam == "ledger" else geldend.openlineage)
    if naam == "spark":  # any of them may be a password
        return ", ".join(f"{key}={_GEHEIM}" for key in sorted(geldend.spark)) or "-"
    return str(geldend.paden.get(naam) or getattr(geldend, naam)) or "-"


def _zonder_wachtwoord(url: str) -> str:
    """A URL without password and without what follows the question mark, where some put one."""
    scheme, separator, rest = url.partition("://")
    rest, question, _ = rest.partition("?")
    account, at, host = rest.rpartition("@")
    user, colon, _ = account.partition(":")
    shown = f"{user}{colon and colon + _GEHEIM}{at}{host}"
    return f"{scheme}{separator}{shown}{question and question + _GEHEIM}"
