"""What recipients answered: retourberichten, and the verdict they gave on each signal.

Of a signal the number in the message is kept, with the verdict; never the person. The newest verdict of a recipient on
a signal counts.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from lineage import tabellen as t
from lineage.ledger import Ledger, Rij, Stap

GEGROND, ONGEGROND, IN_ONDERZOEK = "gegrond", "ongegrond", "in_onderzoek"
AANGENOMEN, AFGEKEURD = "aangenomen", "afgekeurd"


def vind_uitlevering(ledger: Ledger, bericht_identificatie: str) -> Rij | None:
    """The delivery that went out under an identification."""
    u = t.uitlevering.c
    query = sa.select(t.uitlevering).where(u.bericht_identificatie == bericht_identificatie, u.status == "geleverd")
    found = ledger.rijen(query)
    return found[0] if found else None


def is_bekend(ledger: Ledger, retour_id: str) -> bool:
    """Whether a retourbericht was entered before."""
    return bool(ledger.rijen(sa.select(t.retour.c.retour_id).where(t.retour.c.retour_id == retour_id)))


def registreer(ledger: Ledger, retour: Rij, terugmeldingen: Sequence[Rij], stap: Stap) -> bool:
    """Enters a retourbericht with its verdicts; False when another process entered it meanwhile."""
    try:
        with ledger.transactie() as connection:
            connection.execute(t.retour.insert().values(dict(retour)))
            if terugmeldingen:
                connection.execute(t.terugmelding.insert(), [dict(row) for row in terugmeldingen])
            ledger.schrijf_stap(stap, connection)
    except sa.exc.IntegrityError:
        return False
    return True


def _ordered(tot: datetime | None = None) -> sa.Subquery:
    """The verdicts of each recipient on each signal, with their place from the newest on, as they stood at a moment."""
    m = t.terugmelding.c
    place = sa.func.row_number().over(
        partition_by=(m.ontvanger, m.signaal_id), order_by=(m.ontvangen_op.desc(), m.retour_id)
    )
    query = sa.select(t.terugmelding, place.label("plaats"))
    return (query if tot is None else query.where(m.ontvangen_op <= tot)).subquery()


def oordelen(
    ledger: Ledger, product: str | None = None, oordeel: str | None = None, tot: datetime | None = None
) -> list[Rij]:
    """The verdicts that count (or counted at a moment), of one product or one kind when given."""
    newest = _ordered(tot)
    query = sa.select(newest).where(newest.c.plaats == 1).order_by(newest.c.ontvanger, newest.c.signaal_id)
    if product is not None:
        query = query.where(newest.c.product == product)
    if oordeel is not None:
        query = query.where(newest.c.oordeel == oordeel)
    return ledger.rijen(query)


def telling_van_oordelen(ledger: Ledger) -> list[Rij]:
    """How many verdicts count now: `aantal` per `product`, `signaal_code` and `oordeel`."""
    newest = _ordered()
    keys = (newest.c.product, newest.c.signaal_code, newest.c.oordeel)
    query = sa.select(*keys, sa.func.count().label("aantal")).where(newest.c.plaats == 1).group_by(*keys)
    return ledger.rijen(query.order_by(*keys))


def ongegronde_signalen(ledger: Ledger, product: str, tot: datetime | None = None) -> set[tuple[str, str]]:
    """(ontvanger, signaal_id) of the signals a recipient found ungrounded: to be destroyed, and not sent again."""
    return {(row["ontvanger"], row["signaal_id"]) for row in oordelen(ledger, product, ONGEGROND, tot)}


def onbesliste_signalen(ledger: Ledger, voor: datetime) -> list[Rij]:
    """The signals that a recipient has looked into since before a moment, without a verdict."""
    return [row for row in oordelen(ledger, oordeel=IN_ONDERZOEK) if _utc(row["ontvangen_op"]) < _utc(voor)]


def beoordeeld(ledger: Ledger) -> set[tuple[str, str]]:
    """(ontvanger, signaal_id) of every signal on which a recipient gave any verdict."""
    m = t.terugmelding.c
    query: sa.Select[Any] = sa.select(m.ontvanger, m.signaal_id).distinct()
    return {(row["ontvanger"], row["signaal_id"]) for row in ledger.rijen(query)}


def _utc(moment: datetime) -> datetime:
    """SQLite gives a moment in UTC without saying so."""
    return moment.replace(tzinfo=None)
