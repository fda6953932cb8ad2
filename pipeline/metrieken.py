"""Figures of the ledger in the text format of Prometheus: how often, how many, and how long ago. Counts only.

https://prometheus.io/docs/instrumenting/exposition_formats/
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa

from lineage import tabellen as t
from lineage.ledger import Ledger


def metrieken(ledger: Ledger) -> str:
    """All figures, one metric after another, each with its explanation and type."""
    s, lev, u, d = t.stap.c, t.levering.c, t.uitlevering.c, t.deadline.c
    stand = sa.case((d.gemist_op.is_not(None), "gemist"), (d.gehaald_op.is_not(None), "gehaald"), else_="loopt")
    aantal, laatst = sa.func.count().label("waarde"), sa.func.max(s.beeindigd_op).label("waarde")
    gelukt = s.status == "gelukt"
    parts = (
        ("keten_stappen", "Stappen die eindigden.", (s.soort, s.product, s.status, s.code), aantal, sa.true()),
        ("keten_leveringen", "Leveringen van bronnen.", (lev.bron, lev.status, lev.code), aantal, sa.true()),
        ("keten_uitleveringen", "Uitleveringen aan ontvangers.", (u.product, u.status, u.code), aantal, sa.true()),
        ("keten_deadlines", "Deadlines van producten.", (d.product, stand.label("stand")), aantal, sa.true()),
        ("keten_laatste_stap_seconden", "Wanneer een stap het laatst lukte.", (s.soort, s.product), laatst, gelukt),
    )
    lines: list[str] = []
    for naam, uitleg, labels, waarde, waar in parts:
        query = sa.select(*labels, waarde).where(waar).group_by(*labels).order_by(*labels)
        lines += _metriek(naam, uitleg, [label.name for label in labels], ledger.rijen(query))
    return "\n".join([*lines, ""])


def _metriek(naam: str, uitleg: str, labels: Iterable[str], rijen: Iterable[Mapping[str, Any]]) -> Iterator[str]:
    yield f"# HELP {naam} {uitleg}"
    yield f"# TYPE {naam} gauge"
    for rij in rijen:
        value = rij["waarde"]
        if isinstance(value, datetime):
            value = int(value.replace(tzinfo=UTC).timestamp())
        yield f"{naam}{{{','.join(_label(label, rij[label]) for label in labels)}}} {value}"


def _label(naam: str, waarde: str | None) -> str:
    escaped = (waarde or "").replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'{naam}="{escaped}"'
