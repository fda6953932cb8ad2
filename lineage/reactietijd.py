"""How soon recipients decide on signals: per signal code the days from a delivery to the verdict on what was in it.

The verdict that counts is the newest of a recipient on a signal, and only a decision (gegrond or ongegrond) counts.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from statistics import median
from typing import Any

import sqlalchemy as sa

from lineage.klein import GRENS
from lineage.ledger import Ledger
from lineage.retour import IN_ONDERZOEK, nieuwste


@dataclass(frozen=True)
class Reactietijd:
    """In whole days: the middle one (half a day between two), and the one within which nine of ten came."""

    mediaan: float
    negentig: int


def reactietijden(ledger: Ledger) -> Mapping[tuple[str, str], Reactietijd]:
    """Per product and signal code, where enough was decided to say something of nobody in particular.

    Counted in the ledger, so no signal is read.
    """
    newest = nieuwste()
    c = newest.c
    keys = (c.product, c.signaal_code, sa.func.date(c.geleverd_op), sa.func.date(c.ontvangen_op))
    names = ("product", "signaal_code", "geleverd", "ontvangen")
    labelled = [key.label(naam) for key, naam in zip(keys, names, strict=True)]
    decided = sa.and_(c.plaats == 1, c.oordeel != IN_ONDERZOEK, c.geleverd_op.is_not(None))
    query: sa.Select[Any] = sa.select(*labelled, sa.func.count().label("aantal")).where(decided).group_by(*keys)
    days: dict[tuple[str, str], Counter[int]] = defaultdict(Counter)
    for row in ledger.rijen(query):
        days[row["product"], row["signaal_code"]][(_dag(row["ontvangen"]) - _dag(row["geleverd"])).days] += row[
            "aantal"
        ]
    return {code: _reactietijd(sorted(each.elements())) for code, each in days.items() if each.total() >= GRENS}


def _reactietijd(ordered: list[int]) -> Reactietijd:
    return Reactietijd(median(ordered), ordered[-(-9 * len(ordered) // 10) - 1])


def _dag(moment: str | date) -> date:
    """SQLite gives a date as text."""
    return date.fromisoformat(moment) if isinstance(moment, str) else moment
