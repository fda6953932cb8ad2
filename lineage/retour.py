"""What recipients answered: retourberichten, and the verdict they gave on each signal.

Of a signal the number in the message is kept, with the verdict; never the person. The newest verdict of a recipient on
a signal counts.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from lineage import tabellen as t
from lineage.ledger import Ledger, Rij, Stap

GEGROND, ONGEGROND, IN_ONDERZOEK = "gegrond", "ongegrond", "in_onderzoek"
AANGENOMEN, AFGEKEURD = "aangenomen", "afgekeurd"


@dataclass(frozen=True)
class Ingekomen:
    """A retourbericht as it is entered.

    `terugmeldingen` are its verdicts, `signalen` those with a retourcode and no verdict; `antwoord` is what it is
    answered with.
    """

    retour: Rij
    antwoord: Rij
    terugmeldingen: Sequence[Rij] = ()
    signalen: Sequence[Rij] = ()


def vind_uitlevering(ledger: Ledger, bericht_identificatie: str) -> Rij | None:
    """The delivery that went out under an identification."""
    u = t.uitlevering.c
    query = sa.select(t.uitlevering).where(u.bericht_identificatie == bericht_identificatie, u.status == "geleverd")
    found = ledger.rijen(query)
    return found[0] if found else None


def is_bekend(ledger: Ledger, retour_id: str) -> bool:
    """Whether a retourbericht was entered before."""
    return bool(ledger.rijen(sa.select(t.retour.c.retour_id).where(t.retour.c.retour_id == retour_id)))


def registreer(ledger: Ledger, ingekomen: Ingekomen, stap: Stap) -> bool:
    """Enters a retourbericht with what it said and its answer; False when another process entered it meanwhile."""
    try:
        with ledger.transactie() as connection:
            op = _na_alle(connection, ingekomen.retour["ontvangen_op"])
            connection.execute(t.retour.insert().values({**ingekomen.retour, "ontvangen_op": op}))
            for table, rows in ((t.terugmelding, ingekomen.terugmeldingen), (t.retour_signaal, ingekomen.signalen)):
                if rows:
                    moved = {"ontvangen_op": op} if table is t.terugmelding else {}
                    connection.execute(table.insert(), [{**row, **moved} for row in rows])
            _beantwoord(connection, ingekomen.antwoord)
            ledger.schrijf_stap(stap, connection)
    except sa.exc.IntegrityError:
        return False
    return True


def _na_alle(connection: Connection, op: datetime) -> datetime:
    """A moment after every retourbericht before: the newest verdict counts, also when the clock was put back."""
    latest: datetime | None = connection.execute(sa.select(sa.func.max(t.retour.c.ontvangen_op))).scalar()
    if latest is None:
        return op
    return max(op, latest.replace(tzinfo=UTC) + timedelta(microseconds=1))


def beantwoord(ledger: Ledger, antwoord: Rij) -> None:
    """Enters the answer to a file. One that was answered before keeps its answer, which is delivered once more."""
    with ledger.transactie() as connection:
        _beantwoord(connection, antwoord)


def _beantwoord(connection: Connection, antwoord: Rij) -> None:
    a = t.antwoord.c
    again = t.antwoord.update().where(a.sha256 == antwoord["sha256"]).values(geleverd_op=None, code=None)
    if not connection.execute(again).rowcount:
        connection.execute(t.antwoord.insert().values(dict(antwoord)))


def antwoorden(ledger: Ledger, *, alleen_open: bool = False) -> list[Rij]:
    """The answers, newest first; or only those that did not reach their recipient yet.

    `inhoud` is empty once the run that was answered is destroyed; such an answer is not delivered any more.
    """
    a = t.antwoord.c
    query = sa.select(t.antwoord).order_by(a.gemaakt_op.desc(), a.sha256)
    is_open = (a.geleverd_op.is_(None), a.ontvanger.is_not(None), a.inhoud != "")
    return ledger.rijen(query.where(*is_open) if alleen_open else query)


def antwoord_geleverd(ledger: Ledger, sha256: str, op: datetime | None, code: str | None) -> None:
    """Enters how the delivery of an answer ended: when, or why not."""
    with ledger.transactie() as connection:
        connection.execute(t.antwoord.update().where(t.antwoord.c.sha256 == sha256).values(geleverd_op=op, code=code))


def retouren(ledger: Ledger) -> list[Rij]:
    """Every retourbericht that came in, newest first, with its answer: `sha256`, and how that was delivered."""
    r, a = t.retour, t.antwoord
    query = sa.select(r, a.c.sha256, a.c.geleverd_op, a.c.code.label("antwoordcode"))
    joined = query.select_from(r.outerjoin(a, r.c.retour_id == a.c.retour_id))
    return ledger.rijen(joined.order_by(r.c.ontvangen_op.desc(), r.c.retour_id, a.c.gemaakt_op))


def nieuwste(tot: datetime | None = None) -> sa.Subquery:
    """The verdicts of each recipient on each signal, with their `plaats` from the newest (1) on, as at a moment."""
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
    newest = nieuwste(tot)
    query = sa.select(newest).where(newest.c.plaats == 1).order_by(newest.c.ontvanger, newest.c.signaal_id)
    if product is not None:
        query = query.where(newest.c.product == product)
    if oordeel is not None:
        query = query.where(newest.c.oordeel == oordeel)
    return ledger.rijen(query)


def telling_van_oordelen(ledger: Ledger) -> list[Rij]:
    """How many verdicts count now: `aantal` per `product`, `signaal_code` and `oordeel`."""
    newest = nieuwste()
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
