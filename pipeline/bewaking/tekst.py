"""What the beheerder reads about something that waits: code, pointer, what to do, and where the runbook is.

Nothing in it is about a person: the ledger has no persons, and a pointer never holds a value.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC

from lineage.ledger import Rij
from pipeline.instellingen import Instellingen
from reports.blad import AMSTERDAM
from schemas.load import draaiboek, meldingen

TOON = 100  # things that are written out in one mail; the rest is a count, and stands in `keten status`


def onderwerpregel(rijen: Sequence[Rij]) -> str:
    """The subject of a mail."""
    if len(rijen) == 1:
        return f"Signaalketen: {rijen[0]['code']} {rijen[0]['onderwerp']}"
    codes = sorted({row["code"] for row in rijen})
    return f"Signaalketen: {len(rijen)} meldingen ({', '.join(codes[:5])}{', …' if len(codes) > 5 else ''})"


def brief(instellingen: Instellingen, rijen: Sequence[Rij]) -> str:
    """The text of a mail about these."""
    parts = ["Er wacht iets op u in de signaalketen."]
    parts += ["\n".join(regels(instellingen, row)) for row in rijen[:TOON]]
    if len(rijen) > TOON:
        parts.append(f"En nog {len(rijen) - TOON}; keten status toont alles.")
    parts.append("Dit wordt één keer gemeld. In dit bericht staan geen persoonsgegevens.")
    return "\n\n".join(parts) + "\n"


def regels(instellingen: Instellingen, row: Rij) -> list[str]:
    """The lines about one thing."""
    melding = meldingen()[row["code"]]
    place = f" ({row['wijzer']})" if row["wijzer"] else ""
    since = row["gevonden_op"].replace(tzinfo=UTC).astimezone(AMSTERDAM)
    return [
        f"{row['code']}: {melding.betekenis}",
        f"  Wat: {row['soort']} {row['onderwerp']}{place}",
        f"  Gezien: {since:%Y-%m-%d %H:%M}",
        f"  Te doen: {melding.wat_te_doen}",
        f"  Draaiboek: {adres(instellingen, row['code'])}",
    ]


def adres(instellingen: Instellingen, code: str) -> str:
    """Where the runbook for a code is."""
    return f"{instellingen.draaiboeken}{draaiboek(code)}"
