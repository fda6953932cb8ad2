"""What recipients answered, read from the ledger: counts and moments, never a signal."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from lineage import tabellen as t
from lineage.ledger import Ledger
from lineage.reactietijd import Reactietijd, reactietijden
from lineage.retour import telling_van_oordelen
from reports.blad import utc


@dataclass(frozen=True)
class Oordelen:
    """The verdicts that count now on the signals of one code: how many of each kind, and how soon they came."""

    product: str
    signaal_code: str
    aantallen: Mapping[str, int]
    reactie: Reactietijd | None = None


def lees_oordelen(ledger: Ledger) -> tuple[Oordelen, ...]:
    """The verdicts that count, per product and code; counted in the ledger, so that no signal is read."""
    rows: dict[tuple[str, str], dict[str, int]] = defaultdict(dict)
    for row in telling_van_oordelen(ledger):
        rows[row["product"], row["signaal_code"]][row["oordeel"]] = row["aantal"]
    soon = reactietijden(ledger)
    return tuple(Oordelen(*code, aantallen, soon.get(code)) for code, aantallen in sorted(rows.items()))


def beantwoord(ledger: Ledger) -> dict[str, int]:
    """Recipients with a verdict on what was delivered for a product and period, by the name of its page."""
    m, u = t.terugmelding.c, t.uitlevering.c
    same = sa.and_(u.ontvanger == m.ontvanger, u.product == m.product, u.dagtekening == m.geleverd_op)
    query = (
        sa.select(u.product, u.periode, sa.func.count(sa.distinct(u.ontvanger)).label("aantal"))
        .select_from(t.terugmelding.join(t.uitlevering, same))
        .group_by(u.product, u.periode)
    )
    return {f"{row['product']}-{row['periode']}": row["aantal"] for row in ledger.rijen(query)}


def retouren(ledger: Ledger) -> dict[str, datetime]:
    """When each recipient last answered with something that was accepted."""
    r = t.retour.c
    query = sa.select(r.ontvanger, sa.func.max(r.ontvangen_op).label("op")).where(r.status == "aangenomen")
    rows = ledger.rijen(query.group_by(r.ontvanger))
    return {row["ontvanger"]: utc(row["op"]) for row in rows if row["ontvanger"]}
