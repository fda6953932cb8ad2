"""What waits for a person, since when, until when, and who was told: so that nobody is told twice.

Something that waits is told once per channel. What no longer waits has been solved; when the same waits again, that is
told again.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import NamedTuple

import sqlalchemy as sa

from lineage import tabellen as t
from lineage.ledger import Ledger, Rij, now
from lineage.leveringen import GEPARKEERD


class Aandacht(NamedTuple):
    """Something that waits for a person: its kind, a pointer to it, the code that says why, and where in it."""

    soort: str
    onderwerp: str
    code: str
    wijzer: str | None = None


LEVERING, UITLEVERING, STAP, DEADLINE = "levering", "uitlevering", "stap", "deadline"
KANAAL = "kanaal"  # of the attenderingen themselves
GEVONDEN = (LEVERING, UITLEVERING, STAP, DEADLINE)  # the kinds that `wachtend` finds; others are entered by who sees it


def wachtend(ledger: Ledger) -> list[Aandacht]:
    """All in the ledger that waits for a person now."""
    return [*_leveringen(ledger), *_uitleveringen(ledger), *_stappen(ledger), *_deadlines(ledger)]


def _leveringen(ledger: Ledger) -> Iterable[Aandacht]:
    query = sa.select(t.levering).filter_by(status=GEPARKEERD).order_by(t.levering.c.levering_nr)
    for row in ledger.rijen(query):
        yield Aandacht(LEVERING, row["levering_id"], row["code"], row["wijzer"])


def _uitleveringen(ledger: Ledger) -> Iterable[Aandacht]:
    """Deliveries that were held back or did not arrive, as long as their recipient got nothing later of the product."""
    u, r = t.uitlevering.c, t.productrun.c
    later, after = t.uitlevering.alias(), t.productrun.alias()
    served = (
        sa.select(later.c.run_id)
        .join(after, after.c.run_id == later.c.run_id)
        .where(later.c.ontvanger == u.ontvanger, later.c.product == u.product)
        .where(later.c.status.in_(["geleverd", "ongewijzigd"]), after.c.volgorde > r.volgorde)
    )
    query = (
        sa.select(t.uitlevering)
        .join(t.productrun, r.run_id == u.run_id)
        .where(u.status.in_(["tegengehouden", "voorgenomen"]), u.code.is_not(None), ~served.exists())
        .order_by(r.volgorde, u.ontvanger)
    )
    for row in ledger.rijen(query):
        yield Aandacht(UITLEVERING, f"{row['run_id']} {row['ontvanger']}", row["code"], row["wijzer"])


def _stappen(ledger: Ledger) -> Iterable[Aandacht]:
    """Steps that failed and did not succeed later for the same product and period, or the same subject."""
    s, later = t.stap.c, t.stap.alias()
    same = sa.or_(
        sa.and_(later.c.product == s.product, later.c.periode == s.periode),
        sa.and_(s.product.is_(None), later.c.onderwerp == s.onderwerp),
    )
    mended = sa.select(later.c.stap_nr).where(
        later.c.soort == s.soort, later.c.stap_nr > s.stap_nr, later.c.status == "gelukt", same
    )
    query = sa.select(t.stap).where(s.status == "mislukt", s.code.is_not(None), ~mended.exists()).order_by(s.stap_nr)
    found = {Aandacht(STAP, f"{row['soort']} {row['onderwerp']}", row["code"]) for row in ledger.rijen(query)}
    yield from sorted(found)


def _deadlines(ledger: Ledger) -> Iterable[Aandacht]:
    d = t.deadline.c
    query = sa.select(t.deadline).where(d.gemist_op.is_not(None), d.gehaald_op.is_(None))
    for row in ledger.rijen(query.order_by(d.product, d.periode)):
        yield Aandacht(
            DEADLINE, f"{row['product']} {row['periode']}", "O-DEADLINE", f"uiterlijk {row['uiterlijk']:%Y-%m-%d}"
        )


def leg_vast(ledger: Ledger, gevonden: Collection[Aandacht], soorten: Collection[str] = GEVONDEN) -> None:
    """Enters what waits now and did not before, and that what waited before does not any more.

    Args:
        ledger: where it is entered.
        gevonden: all that waits now, of these kinds.
        soorten: the kinds that were looked for; of no kind, nothing is said to be solved.
    """
    a = t.attendering.c
    with ledger.transactie() as connection:
        open_ = {
            Aandacht(row["soort"], row["onderwerp"], row["code"]): row["attendering_nr"]
            for row in connection.execute(sa.select(t.attendering).where(a.opgelost_op.is_(None))).mappings()
        }
        waiting = {item._replace(wijzer=None): item for item in gevonden}
        new = [item for key, item in waiting.items() if key not in open_]
        if new:
            rows = [{**item._asdict(), "gevonden_op": now(), "opgelost_op": None} for item in new]
            connection.execute(t.attendering.insert(), rows)
        _los_op(connection, [nr for key, nr in open_.items() if key.soort in soorten and key not in waiting])


def openstaand(ledger: Ledger, soorten: Collection[str]) -> list[Rij]:
    """What waits of kinds that `wachtend` does not find."""
    a = t.attendering.c
    query = sa.select(t.attendering).where(a.soort.in_(soorten), a.opgelost_op.is_(None))
    return ledger.rijen(query.order_by(a.attendering_nr))


def los_op(ledger: Ledger, nummers: Collection[int]) -> None:
    """Enters that these do not wait any more: who saw them says so."""
    with ledger.transactie() as connection:
        _los_op(connection, nummers)


def _los_op(connection: sa.Connection, nummers: Collection[int]) -> None:
    where = t.attendering.c.attendering_nr.in_(nummers)
    connection.execute(t.attendering.update().where(where).values(opgelost_op=now()))


def te_vertellen(ledger: Ledger, kanaal: str) -> list[Rij]:
    """What waits and was not told through a channel yet, in order; that a channel fails is for the others to tell."""
    a, b = t.attendering.c, t.attendering_bezorging.c
    told = sa.select(b.attendering_nr).where(b.kanaal == kanaal, b.verteld_op.is_not(None))
    query = sa.select(t.attendering).where(a.opgelost_op.is_(None), a.attendering_nr.not_in(told))
    query = query.where(sa.or_(a.soort != KANAAL, a.onderwerp != kanaal))
    return ledger.rijen(query.order_by(a.attendering_nr))


def schrijf_bezorging(ledger: Ledger, kanaal: str, nummers: Collection[int], reden: str | None) -> None:
    """Enters an attempt to tell of these through a channel; `reden` is what went wrong, None when they were told."""
    b = t.attendering_bezorging.c
    with ledger.transactie() as connection:
        where = (b.kanaal == kanaal, b.attendering_nr.in_(nummers))
        known: set[int] = set(connection.execute(sa.select(b.attendering_nr).where(*where)).scalars())
        values = {"reden": reden[:80] if reden else None, "verteld_op": None if reden else now()}
        connection.execute(
            t.attendering_bezorging.update().where(*where).values({**values, "pogingen": b.pogingen + 1})
        )
        rows = [{"attendering_nr": nr, "kanaal": kanaal, "pogingen": 1, **values} for nr in set(nummers) - known]
        if rows:
            connection.execute(t.attendering_bezorging.insert(), rows)
