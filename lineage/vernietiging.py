"""What was destroyed, why, on what ground and when: proofs that hold no person, in a chain that shows every change.

Destroying goes in two transactions: the *voornemen* (what will go, with its digest) before anything is deleted, and the
proof, in the transaction that ends the voornemen, when it is gone. A process that is killed between them leaves the
voornemen, and whoever takes it up later writes the one proof.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Mapping
from datetime import UTC, datetime

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from lineage import tabellen as t
from lineage.afdrukken import vergeet
from lineage.ledger import Ledger, Rij, Stap, now

ONTVANGEN, VERNIETIGD = "ontvangen", "vernietigd"
BEGIN = "0" * 64  # what stands before the first proof
STAP = "bewaren"
_CONTENT = ("op", "reden", "grondslag", "dataset", "onderwerp", "plaats", "bestanden", "rijen", "bytes", "sha256")
_OF_INTENT = tuple(name for name in _CONTENT if name != "op")


def bewijs_van(row: Rij) -> str:
    """The proof of a record: the digest of its content and of the proof before it."""
    moment: datetime = row["op"]
    utc = moment.astimezone(UTC).replace(tzinfo=None) if moment.tzinfo else moment
    content = {name: row[name] for name in (*_CONTENT, "vorige")} | {"op": utc.isoformat(timespec="seconds")}
    text = json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()


def bewijzen(ledger: Ledger) -> list[Rij]:
    """All proofs, oldest first."""
    return ledger.rijen(sa.select(t.vernietiging).order_by(t.vernietiging.c.vernietiging_nr))


def controleer_keten(ledger: Ledger) -> list[str]:
    """What is wrong with the chain of proofs: changed, removed or reordered records. Empty when nothing is.

    The outcome row of every purge names the newest proof, so that proofs cut off at the end are missed too.
    """
    problems, vorige, known = [], BEGIN, {BEGIN}
    for row in bewijzen(ledger):
        if row["vorige"] != vorige:
            problems.append(f"bewijs {row['vernietiging_nr']}: sluit niet aan op het bewijs ervoor")
        if row["bewijs"] != bewijs_van(row):
            problems.append(f"bewijs {row['vernietiging_nr']}: de inhoud is gewijzigd")
        vorige = row["bewijs"]
        known.add(vorige)
    s = t.stap.c
    steps = ledger.rijen(sa.select(s.stap_nr, s.onderwerp).where(s.soort == STAP).order_by(s.stap_nr))
    lost = [row["stap_nr"] for row in steps if row["onderwerp"] not in known]
    return problems + [f"stap {nr}: het laatste bewijs van deze opruiming ontbreekt" for nr in lost]


def schrijf_uitkomst(ledger: Ledger, stap: Stap) -> None:
    """Writes the outcome row of a purge: all proofs since the one before it, also those of a process that was killed.

    Without any there is none.
    """
    v, s = t.vernietiging.c, t.stap.c
    with ledger.transactie() as connection:
        told = sa.select(s.onderwerp).where(s.soort == STAP).order_by(s.stap_nr.desc()).limit(1)
        last = sa.select(v.vernietiging_nr).where(v.bewijs == connection.execute(told).scalar())
        nr = connection.execute(last).scalar() or 0
        new = connection.execute(sa.select(v.dataset, v.bestanden).where(v.vernietiging_nr > nr)).all()
        if new:
            stap.onderwerp = _newest(connection)
            files: Counter[str] = Counter()
            for row in new:
                files[row.dataset] += row.bestanden
            stap.tellingen.update({("", dataset, VERNIETIGD): aantal for dataset, aantal in files.items()})
            ledger.schrijf_stap(stap, connection)


# -- destroying ----------------------------------------------------------------------------------------------------


def voornemens(ledger: Ledger) -> list[Rij]:
    """What was to be destroyed and is not proven gone, oldest first."""
    v = t.vernietiging_voornemen
    return ledger.rijen(sa.select(v).order_by(v.c.voornemen_nr))


def neem_voor(ledger: Ledger, values: Rij, doorgang: tuple[int, str, str] | None = None) -> Rij:
    """Enters what will be destroyed.

    `doorgang` (levering_nr, doel, begin of the toelating) is a passage whose lake files go: it counts as not passed
    from here on, so that a levering that must be looked at under it again passes again.
    """
    d = t.doorgang.c
    with ledger.transactie() as connection:
        key = connection.execute(t.vernietiging_voornemen.insert().values(dict(values))).inserted_primary_key
        assert key is not None
        if doorgang is not None:
            nr, doel, toelating = doorgang
            where = (d.levering_nr == nr, d.doel == doel, d.toelating.startswith(toelating))
            connection.execute(t.doorgang.delete().where(*where))
    return {**values, "voornemen_nr": int(key[0])}


def is_doorgelaten(ledger: Ledger, levering_id: str, doel: str, toelating: str) -> bool:
    """Whether a levering has a passage for a doel under a toelating that begins so."""
    d, c = t.doorgang.c, t.levering.c
    query = sa.select(d.stap_nr).join(t.levering, c.levering_nr == d.levering_nr)
    return bool(
        ledger.rijen(query.where(c.levering_id == levering_id, d.doel == doel, d.toelating.startswith(toelating)))
    )


def trek_in(ledger: Ledger, voornemen: Rij) -> None:
    """Takes back a voornemen: what was to be destroyed is needed again."""
    v = t.vernietiging_voornemen
    with ledger.transactie() as connection:
        connection.execute(v.delete().where(v.c.voornemen_nr == voornemen["voornemen_nr"]))


def leg_vast(ledger: Ledger, voornemen: Rij) -> bool:
    """Writes the proof that a voornemen was carried out, and what follows for its levering or run.

    Called twice for one voornemen, the second time does nothing and says so.
    """
    v = t.vernietiging_voornemen
    with ledger.transactie() as connection:
        if not connection.execute(v.delete().where(v.c.voornemen_nr == voornemen["voornemen_nr"])).rowcount:
            return False
        row = {name: voornemen[name] for name in _OF_INTENT} | {"op": now(), "vorige": _newest(connection)}
        connection.execute(t.vernietiging.insert().values({**row, "bewijs": bewijs_van(row)}))
        vergeet(connection, filter(None, voornemen["plaats"].split("\n")))
        if voornemen["levering_nr"] is not None:
            _mark_levering(connection, voornemen["levering_nr"])
        if voornemen["run_id"] is not None:
            _mark_run(connection, voornemen["run_id"])
    return True


def _newest(connection: Connection) -> str:
    v = t.vernietiging.c
    newest = sa.select(v.bewijs).order_by(v.vernietiging_nr.desc()).limit(1)
    return connection.execute(newest).scalar() or BEGIN


def _mark_run(connection: Connection, run_id: str) -> None:
    """`vernietigd`, and with it the numbers of its signals in answers and in retourcodes without a verdict.

    A verdict stays, under the number of its signal: what was found ungrounded may not be sent again.
    """
    connection.execute(t.productrun.update().where(t.productrun.c.run_id == run_id).values(status=VERNIETIGD))
    of_run = sa.select(t.retour.c.retour_id).where(t.retour.c.run_id == run_id)
    connection.execute(t.retour_signaal.delete().where(t.retour_signaal.c.retour_id.in_(of_run)))
    connection.execute(t.antwoord.update().where(t.antwoord.c.retour_id.in_(of_run)).values(inhoud=""))


def _mark_levering(connection: Connection, levering_nr: int) -> None:
    """`vernietigd`; one that did not count keeps, or gets, a code, so that it does not count from now on."""
    c = t.levering.c
    code = sa.case((c.status == ONTVANGEN, sa.null()), else_=sa.func.coalesce(c.code, "L-VERNIETIGD"))
    where = (c.levering_nr == levering_nr, c.status != VERNIETIGD)
    connection.execute(t.levering.update().where(*where).values(status=VERNIETIGD, code=code))


# -- what follows for the rest -------------------------------------------------------------------------------------


def tellende_leveringen(ledger: Ledger, tot_periode: str | None = None) -> list[Rij]:
    """The leveringen that make up a period, in order of receipt: usable, or destroyed after they were.

    A destroyed levering still counts in what names a run or a toelating; otherwise destroying it would make every
    period that saw it due again.
    """
    c = t.levering.c
    counts = (c.status == ONTVANGEN) | ((c.status == VERNIETIGD) & c.code.is_(None))
    query = sa.select(t.levering).where(counts).order_by(c.levering_nr)
    return ledger.rijen(query if tot_periode is None else query.where(c.periode <= tot_periode))


def sluit_af(ledger: Ledger, open_vanaf: Mapping[str, str]) -> None:
    """Closes, per doel, the periods before a month for good; a month that was closed stays closed."""
    a = t.afsluiting
    with ledger.transactie() as connection:
        known = {row.doel: row.open_vanaf for row in connection.execute(sa.select(a.c.doel, a.c.open_vanaf))}
        for doel, periode in open_vanaf.items():
            if doel not in known:
                connection.execute(a.insert().values(doel=doel, open_vanaf=periode, op=now()))
            elif known[doel] < periode:
                connection.execute(a.update().where(a.c.doel == doel).values(open_vanaf=periode, op=now()))


def open_vanaf(ledger: Ledger, doel: str) -> str:
    """The first period of a doel that can still be worked out anew."""
    found = ledger.rijen(sa.select(t.afsluiting.c.open_vanaf).where(t.afsluiting.c.doel == doel))
    return str(found[0]["open_vanaf"]) if found else "0000-01"


def vertrokken(ledger: Ledger) -> dict[str, datetime]:
    """The gemeenten whose data was destroyed at their exit, with when that was last."""
    v = t.vernietiging.c
    query = sa.select(v.dataset, sa.func.max(v.op).label("op")).where(v.reden == "exit").group_by(v.dataset)
    return {row["dataset"].partition("/")[2]: row["op"] for row in ledger.rijen(query)}
