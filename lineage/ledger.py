"""The ledger: the one place that says what was received, what was done with it, and what is due.

A thin layer of plain queries over `tabellen`. Every step writes one outcome row with its counts in the same
transaction as the state it brings about, so a killed process leaves either the old state or the new.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from lineage import afdrukken, onverzonden
from lineage import tabellen as t
from lineage.alleen import Slot, alleen
from lineage.databank import ONE_WRITER, bereikbaar, open_engine
from lineage.plaatsen import Plaats, leg_vast
from lineage.vervanging import herzie
from lineage.verwerkingslog import Logsegment, neem_op
from schemas.fout import KetenFout

_ENDED = "stappen"
_ROW = ("soort", "onderwerp", "product", "periode", "status", "code", "begonnen_op")
GELUKT = "gelukt"  # a run that is finished and was not destroyed
Rij = Mapping[str, Any]
_log = logging.getLogger(__name__)


def now() -> datetime:
    """The current moment in UTC, in whole seconds."""
    return datetime.now(UTC).replace(microsecond=0)


@dataclass
class Stap:
    """An outcome row in the making.

    `tellingen` maps (doel, table, reason) to a count; `logboek` is what it logged; `plaatsen` where records stand;
    `afdrukken` maps the files it made, by their place, to their digest, and those that gave way to None.
    """

    soort: str
    onderwerp: str
    product: str | None = None
    periode: str | None = None
    status: str = "gelukt"
    code: str | None = None
    begonnen_op: datetime = field(default_factory=now)
    tellingen: dict[tuple[str, str, str], int] = field(default_factory=dict)
    logboek: list[Logsegment] = field(default_factory=list)
    plaatsen: list[Plaats] = field(default_factory=list)
    afdrukken: dict[str, str | None] = field(default_factory=dict)


Hoorder = Callable[[int, Stap, datetime], None]


class Ledger:
    """Queries and state changes; every public method is one transaction.

    What fails because of the database is a `KetenFout`: `O-GROOTBOEK` or `O-SCHIJF`.

    `hoorders` hear of every outcome row, with its number and when the step ended, once it is committed. So does the
    `zender`, which is told in the next step when the process was killed before: it hears of each row at least once.
    """

    def __init__(self, url: str, hoorders: Sequence[Hoorder] = (), zender: Hoorder | None = None) -> None:
        with bereikbaar():
            self._engine = open_engine(url)
        self._hoorders, self._zender = hoorders, zender
        self._sloten: list[Slot] = []  # that are held by steps of this process

    @contextmanager
    def transactie(self) -> Iterator[Connection]:
        """A transaction for changes that belong together; one at a time, so what it read still holds when it writes.

        Who is alone at a step and is not so any more, because the database was restarted meanwhile, changes nothing.
        """
        with bereikbaar(), self._engine.begin() as connection:
            connection.exec_driver_sql(ONE_WRITER[connection.dialect.name])
            for slot in self._sloten:
                slot.controleer()
            ended = connection.info[_ENDED] = []  # the outcome rows of this transaction: told when it is committed
            yield connection
        for item in ended:
            for hoorder in self._hoorders:
                hoorder(*item)
        if ended:
            self.verzend({nr: stap for nr, stap, _ in ended})

    @contextmanager
    def alleen(self, soort: str, product: str) -> Iterator[None]:
        """Waits until nobody else does this step for this product."""
        with bereikbaar(), alleen(self._engine, f"{soort}-{product}") as slot:
            self._sloten.append(slot)
            try:
                self.verzend()
                yield
            finally:
                self._sloten.remove(slot)

    def verzend(self, eigen: Mapping[int, Stap] | None = None) -> None:
        """Has the zender told of the outcome rows it did not hear of, those of killed processes too.

        `eigen` are those this process just entered. What is true stands in the ledger, so this never makes a step fail:
        what could not be told now is told in a later step.
        """
        if self._zender is None:
            return
        try:
            if not onverzonden.wachtend(self):
                return
            with bereikbaar(), alleen(self._engine, "verzend"):
                for nr in onverzonden.wachtend(self):
                    row, tellingen = onverzonden.lees(self, nr)
                    stap = (eigen or {}).get(nr) or Stap(**{naam: row[naam] for naam in _ROW}, tellingen=tellingen)
                    self._zender(nr, stap, row["beeindigd_op"])
                    onverzonden.verzonden(self, nr)
        except (KetenFout, OSError) as fout:
            _log.warning("uitkomst van een stap nog niet verzonden (%s)", getattr(fout, "code", type(fout).__name__))

    def rijen(self, query: sa.Select[Any]) -> list[Rij]:
        """All rows of a query as mappings."""
        with bereikbaar(), self._engine.connect() as connection:
            return [dict(row) for row in connection.execute(query).mappings()]

    # -- steps -----------------------------------------------------------------------------------------------------

    def schrijf_stap(self, stap: Stap, connection: Connection | None = None) -> int:
        """Writes an outcome row with its counts; returns its number."""
        if connection is None:
            with self.transactie() as own:
                return self.schrijf_stap(stap, own)
        ended = max(now(), stap.begonnen_op)  # the clock may have been put back meanwhile
        values = {
            "soort": stap.soort,
            "onderwerp": stap.onderwerp,
            "product": stap.product,
            "periode": stap.periode,
            "begonnen_op": stap.begonnen_op,
            "beeindigd_op": ended,
            "status": stap.status,
            "code": stap.code,
        }
        key = connection.execute(t.stap.insert().values(values)).inserted_primary_key
        assert key is not None
        rows = [
            {"stap_nr": key[0], "doel": doel, "tabel": tabel, "reden": reden, "aantal": aantal}
            for (doel, tabel, reden), aantal in sorted(stap.tellingen.items())
            if aantal
        ]
        if rows:
            connection.execute(t.telling.insert(), rows)
        neem_op(connection, stap.logboek)
        afdrukken.leg_vast(connection, stap.afdrukken)
        if self._zender:
            onverzonden.noteer(connection, int(key[0]))
        connection.info[_ENDED].append((int(key[0]), stap, ended))
        return int(key[0])

    # -- leveringen ------------------------------------------------------------------------------------------------

    def vind_levering(self, inhoud: str) -> Rij | None:
        """The levering with this content digest."""
        found = self.rijen(sa.select(t.levering).where(t.levering.c.inhoud == inhoud))
        return found[0] if found else None

    def registreer_levering(self, values: Rij, bestanden: Sequence[Rij], stap: Stap) -> Rij:
        """Enters a levering with its files and the outcome row of its receipt."""
        with self.transactie() as connection:
            key = connection.execute(t.levering.insert().values(dict(values))).inserted_primary_key
            assert key is not None
            rows = [{**bestand, "levering_nr": key[0]} for bestand in bestanden]
            if rows:
                connection.execute(t.levering_bestand.insert(), rows)
            self.schrijf_stap(stap, connection)
            herzie(connection, values["bron"], values["periode"])
        return {**values, "levering_nr": int(key[0])}

    def leveringen(self, tot_periode: str | None = None, bronnen: Sequence[str] | None = None) -> list[Rij]:
        """Usable leveringen in order of receipt, optionally of periods up to one and of some bronnen."""
        query = sa.select(t.levering).where(t.levering.c.status == "ontvangen").order_by(t.levering.c.levering_nr)
        if tot_periode is not None:
            query = query.where(t.levering.c.periode <= tot_periode)
        if bronnen is not None:
            query = query.where(t.levering.c.bron.in_(bronnen))
        return self.rijen(query)

    def bestanden(self, levering_nr: int) -> list[Rij]:
        """The files of a levering."""
        query = sa.select(t.levering_bestand).where(t.levering_bestand.c.levering_nr == levering_nr)
        return self.rijen(query.order_by(t.levering_bestand.c.bestand_nr))

    def tabellen_per_levering(self) -> dict[int, frozenset[str]]:
        """For every levering the full names of the tables it may hold."""
        query = sa.select(t.levering_bestand.c.levering_nr, t.levering_bestand.c.tabellen)
        result: dict[int, frozenset[str]] = {}
        for row in self.rijen(query):
            tables = result.get(row["levering_nr"], frozenset())
            result[row["levering_nr"]] = tables | frozenset(row["tabellen"].split())
        return result

    # -- the door --------------------------------------------------------------------------------------------------

    def heeft_doorgang(self, levering_nr: int, doel: str, toelating: str) -> bool:
        """Whether a levering passed the door for a doel under exactly this admission."""
        d = t.doorgang.c
        query = sa.select(d.stap_nr).where(d.levering_nr == levering_nr, d.doel == doel, d.toelating == toelating)
        return bool(self.rijen(query))

    def registreer_doorgangen(
        self, levering_nr: int, toelatingen: Mapping[str, str], kapot: Mapping[int, str], stap: Stap
    ) -> None:
        """Enters that a levering passed the door for these doelen (doel → toelating), and which files were broken.

        A passage that another process entered meanwhile stays as it is: the outcome is the same. Nothing is entered for
        a levering that was parked meanwhile.
        """
        d, b, c = t.doorgang.c, t.levering_bestand.c, t.levering.c
        with self.transactie() as connection:
            status = connection.execute(sa.select(c.status).where(c.levering_nr == levering_nr)).scalar()
            if status in ("geparkeerd", "afgekeurd"):
                return
            known = connection.execute(sa.select(d.doel, d.toelating).where(d.levering_nr == levering_nr)).all()
            new = [(doel, key) for doel, key in toelatingen.items() if (doel, key) not in {tuple(row) for row in known}]
            if not new:
                return
            nr = self.schrijf_stap(stap, connection)
            connection.execute(
                t.doorgang.insert(),
                [{"levering_nr": levering_nr, "doel": doel, "toelating": key, "stap_nr": nr} for doel, key in new],
            )
            leg_vast(connection, levering_nr, stap.plaatsen)
            for bestand_nr, code in kapot.items():
                where = (b.levering_nr == levering_nr, b.bestand_nr == bestand_nr)
                connection.execute(t.levering_bestand.update().where(*where).values(code=code))

    # -- product runs ----------------------------------------------------------------------------------------------

    def run(self, run_id: str) -> Rij | None:
        """A product run by its id."""
        found = self.rijen(sa.select(t.productrun).where(t.productrun.c.run_id == run_id))
        return found[0] if found else None

    def registreer_run(self, values: Rij, leveringen: Sequence[int], stap: Stap, bestanden: Sequence[Rij] = ()) -> None:
        """Enters a finished product run with the leveringen it used, the files it read and those it made."""
        with self.transactie() as connection:
            highest = connection.execute(sa.select(sa.func.max(t.productrun.c.volgorde))).scalar() or 0
            connection.execute(t.productrun.insert().values({**values, "volgorde": highest + 1}))
            if leveringen:
                connection.execute(
                    t.run_levering.insert(), [{"run_id": values["run_id"], "levering_nr": nr} for nr in leveringen]
                )
            if bestanden:
                connection.execute(
                    t.run_bestand.insert(), [{**bestand, "run_id": values["run_id"]} for bestand in bestanden]
                )
            self.schrijf_stap(stap, connection)

    def runs_met(self, product: str, periode: str, pins: str) -> list[Rij]:
        """The runs of a product for a period that have exactly these pins, in order."""
        r = t.productrun.c
        where = (r.product == product, r.periode == periode, r.pins == pins)
        return self.rijen(sa.select(t.productrun).where(*where).order_by(r.volgorde))

    def run_bestanden(self, run_id: str) -> list[Rij]:
        """The files a run read (`invoer`) and made (`uitvoer`), by name."""
        b = t.run_bestand.c
        return self.rijen(sa.select(t.run_bestand).where(b.run_id == run_id).order_by(b.soort, b.naam))

    def onafgemaakt(self, product: str) -> list[Rij]:
        """Runs of a product of which not every delivery has ended, in order.

        Of a period only the newest still has deliveries to be planned; what was planned is finished all the same.
        """
        r, u = t.productrun.c, t.uitlevering.c
        newest = sa.select(sa.func.max(r.volgorde)).where(r.product == product, r.status == GELUKT).group_by(r.periode)
        ended = (
            sa.select(u.run_id)
            .group_by(u.run_id)
            .having(sa.func.sum(sa.case((u.status == "voorgenomen", 1), else_=0)) == 0)
        )
        lever = sa.select(t.stap.c.onderwerp).where(t.stap.c.soort == "lever", t.stap.c.status == "gelukt")
        open_ = sa.select(u.run_id).where(u.status == "voorgenomen")
        unplanned = sa.and_(r.volgorde.in_(newest), r.run_id.not_in(ended), r.run_id.not_in(lever))
        query = sa.select(t.productrun).where(r.product == product, sa.or_(unplanned, r.run_id.in_(open_)))
        return self.rijen(query.order_by(r.volgorde))

    def laatste_run(self, product: str, periode: str) -> Rij | None:
        """The newest finished run of a product for a period."""
        r = t.productrun.c
        query = sa.select(t.productrun).where(r.product == product, r.periode == periode).order_by(r.volgorde.desc())
        found = self.rijen(query.limit(1))
        return found[0] if found else None

    # -- deliveries ------------------------------------------------------------------------------------------------

    def uitleveringen(self, run_id: str) -> dict[str, Rij]:
        """The deliveries of a run by recipient."""
        query = sa.select(t.uitlevering).where(t.uitlevering.c.run_id == run_id)
        return {row["ontvanger"]: row for row in self.rijen(query)}

    def laatst_geleverd(self, product: str, periode: str, volgorde: int) -> dict[str, Rij]:
        """Per recipient the run whose signals it last received, before the run with this order.

        A run of the same period counts first; without one, the newest of an earlier period. One that was destroyed is
        not there to compare with.
        """
        u, r = t.uitlevering.c, t.productrun.c
        query = (
            sa.select(u.ontvanger, r.run_id, r.periode, r.volgorde)
            .join(t.productrun, u.run_id == r.run_id)
            .where(u.product == product, r.volgorde < volgorde, r.periode <= periode, r.status == GELUKT)
            .where(u.status.in_(["geleverd", "ongewijzigd"]))
            .order_by(r.periode, r.volgorde)
        )
        return {row["ontvanger"]: row for row in self.rijen(query)}

    def volgnummers(self, product: str) -> dict[str, int]:
        """Per recipient the highest volgnummer given out for a product."""
        u = t.uitlevering.c
        query = sa.select(u.ontvanger, sa.func.max(u.volgnummer).label("hoogste")).where(u.product == product)
        return {row["ontvanger"]: row["hoogste"] or 0 for row in self.rijen(query.group_by(u.ontvanger))}

    def neem_voor(self, rows: Sequence[Rij], stap: Stap | None = None) -> None:
        """Enters deliveries that are about to be made, with their volgnummers, so that a resumed run uses the same.

        With the outcome row when none of them is to be made after all.
        """
        if rows or stap:
            with self.transactie() as connection:
                if rows:
                    connection.execute(t.uitlevering.insert(), [dict(row) for row in rows])
                if stap:
                    self.schrijf_stap(stap, connection)

    def onderweg(self, product: str, voor: int) -> dict[str, set[str]]:
        """Planned deliveries of runs before the one with this order: per run, oldest first, to whom."""
        u, r = t.uitlevering.c, t.productrun.c
        query = sa.select(u.run_id, u.ontvanger).join(t.productrun, u.run_id == r.run_id).order_by(r.volgorde)
        where = (u.product == product, u.status == "voorgenomen", r.volgorde < voor)
        result: dict[str, set[str]] = {}
        for row in self.rijen(query.where(*where)):
            result.setdefault(row["run_id"], set()).add(row["ontvanger"])
        return result

    def rond_af(
        self,
        rows: Sequence[Rij],
        bestanden: Sequence[Rij],
        logboek: Sequence[Logsegment] = (),
        pogingen: Sequence[Rij] = (),
        stap: Stap | None = None,
    ) -> None:
        """Enters how deliveries ended, their files and the log; one that was held back gives up its volgnummer.

        With the outcome row when these were the last of the step.
        """
        u = t.uitlevering.c
        with self.transactie() as connection:
            for row in rows:
                where = (u.run_id == row["run_id"], u.ontvanger == row["ontvanger"])
                values = {name: row[name] for name in ("status", "code", "wijzer", "volgnummer", "vastgelegd")}
                connection.execute(t.uitlevering.update().where(*where).values(values))
            if bestanden:
                connection.execute(t.uitlevering_bestand.insert(), [dict(bestand) for bestand in bestanden])
            if pogingen:
                connection.execute(t.poging.insert(), [dict(poging) for poging in pogingen])
            neem_op(connection, logboek)
            if stap:
                self.schrijf_stap(stap, connection)
