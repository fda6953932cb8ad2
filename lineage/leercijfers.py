"""What is learned from verdicts: per signal code how often recipients found it grounded, and how soon they said so.

The verdict that counts is the newest of a recipient on a signal. The reaction time runs from the delivery that was
answered to that verdict, in whole days, and only of signals that were decided on: gegrond or ongegrond. Small counts
are left out, and with them every figure from which they could be worked out.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass
from datetime import date
from statistics import median
from typing import Any

import sqlalchemy as sa

from lineage.klein import GRENS, is_klein
from lineage.ledger import Ledger, Rij
from lineage.retour import GEGROND, IN_ONDERZOEK, ONGEGROND, nieuwste


@dataclass(frozen=True)
class Leercijfer:
    """The figures of a signal code; None where a count is too small to show, or there is nothing to show.

    `deel_gegrond` is the percentage of the decided signals that was gegrond, in whole percents; the reaction times are
    in days: the middle one, and the one within which nine of ten came.
    """

    product: str
    signaal_code: str
    gegrond: int | None
    ongegrond: int | None
    in_onderzoek: int | None
    deel_gegrond: int | None
    reactie_mediaan: float | None
    reactie_negentig: int | None


def leercijfers(ledger: Ledger) -> list[Leercijfer]:
    """The figures of every signal code on which there is a verdict; counted in the ledger, so no signal is read."""
    newest = nieuwste()
    c = newest.c
    keys = (c.product, c.signaal_code, c.oordeel, sa.func.date(c.geleverd_op), sa.func.date(c.ontvangen_op))
    names = ("product", "signaal_code", "oordeel", "geleverd", "ontvangen")
    labelled = [key.label(naam) for key, naam in zip(keys, names, strict=True)]
    query: sa.Select[Any] = sa.select(*labelled, sa.func.count().label("aantal")).where(c.plaats == 1).group_by(*keys)
    per_code: dict[tuple[str, str], list[Rij]] = defaultdict(list)
    for row in ledger.rijen(query):
        per_code[row["product"], row["signaal_code"]].append(row)
    return [_cijfer(product, code, rows) for (product, code), rows in sorted(per_code.items())]


def _cijfer(product: str, code: str, rows: list[Rij]) -> Leercijfer:
    verdicts: Counter[str] = Counter()
    days: Counter[int] = Counter()
    for row in rows:
        verdicts[row["oordeel"]] += row["aantal"]
        if row["oordeel"] != IN_ONDERZOEK and row["geleverd"] is not None:
            days[(_dag(row["ontvangen"]) - _dag(row["geleverd"])).days] += row["aantal"]
    grounded, not_grounded = verdicts[GEGROND], verdicts[ONGEGROND]
    decided = grounded + not_grounded
    # A percentage of a total gives both away, so it is shown only when both may be.
    hidden = is_klein(grounded) or is_klein(not_grounded) or not decided
    ordered = sorted(days.elements())
    few = len(ordered) < GRENS
    return Leercijfer(
        product,
        code,
        gegrond=_toonbaar(grounded),
        ongegrond=_toonbaar(not_grounded),
        in_onderzoek=_toonbaar(verdicts[IN_ONDERZOEK]),
        deel_gegrond=None if hidden else round(100 * grounded / decided),
        reactie_mediaan=None if few else median(ordered),
        reactie_negentig=None if few else ordered[-(-9 * len(ordered) // 10) - 1],
    )


def _toonbaar(aantal: int) -> int | None:
    return None if is_klein(aantal) else aantal


def _dag(moment: str | date) -> date:
    """SQLite gives a date as text."""
    return date.fromisoformat(moment) if isinstance(moment, str) else moment
