"""What the pages are about, read from the ledger into frozen values: counts, moments and codes, never a person.

A levering may pass the door for a doel more than once (again after its population grew); only its newest passage
counts. Of a product and period only the newest run is read in full.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from lineage import tabellen as t
from lineage.ledger import Ledger, Rij
from reports.antwoorden import Oordelen, beantwoord, lees_oordelen, retouren
from reports.blad import utc

GEBRUIKT, ONTVANGEN = "gebruikt", "ontvangen"
# The steps that change what the pages show; building the pages is itself no such step.
SOORTEN = ("ontvang", "deur", "signaleer", "lever", "retour")
Telling = Mapping[str, int]


@dataclass(frozen=True)
class Levering:
    """A levering as received. `onbruikbaar` counts its unusable files per code."""

    levering_nr: int
    levering_id: str
    bron: str
    periode: str
    status: str
    code: str | None
    ontvangen_op: datetime
    bestanden: int
    onbruikbaar: Telling


@dataclass(frozen=True)
class Doorgang:
    """What became of the records of one table of a levering for one doel.

    `aantallen` holds every reason with its count; `gemeld` is what the reader itself counted, if the ledger has it.
    """

    levering_nr: int
    doel: str
    tabel: str
    aantallen: Telling
    gemeld: int | None

    @property
    def gebruikt(self) -> int:
        """Records written to the lake."""
        return self.aantallen.get(GEBRUIKT, 0)

    @property
    def buiten_doel(self) -> int:
        """Records that do not belong to the doel (`D-*`)."""
        return sum(self.groep("D-").values())

    @property
    def uitval(self) -> int:
        """Records that were rejected (`R-*`)."""
        return sum(self.groep("R-").values())

    @property
    def ontvangen(self) -> int:
        """Records received: every record is used, outside the doel or rejected."""
        return self.gebruikt + self.buiten_doel + self.uitval

    def groep(self, begin: str) -> dict[str, int]:
        """The counts of the codes that begin so."""
        return {code: aantal for code, aantal in self.aantallen.items() if code.startswith(begin)}


@dataclass(frozen=True)
class Uitlevering:
    """What one recipient got of a run: `aantal` changes sent or held back, and `ongewijzigd` signals not sent again."""

    ontvanger: str
    aantal: int
    ongewijzigd: int
    status: str
    code: str | None


@dataclass(frozen=True)
class Zending:
    """That something was delivered to a recipient for a product and period, by whichever run.

    `bestanden` counts its files, `mislukt` the attempts that failed before it was there; `beantwoord_op` is when the
    first retourbericht about it was taken in.
    """

    run_id: str
    ontvanger: str
    volgnummer: int
    dagtekening: datetime
    bericht: str
    leveringsoort: str
    bestanden: int
    mislukt: int
    beantwoord_op: datetime | None


@dataclass(frozen=True)
class EerdereRun:
    """A run that a newer one replaced. Without counts: the difference between two runs is a small count."""

    run_id: str
    aangemaakt_op: datetime
    leveringen: int
    geleverd_aan: int


@dataclass(frozen=True)
class Run:
    """The newest run of a product for a period.

    `zendingen` are of all runs of the period. `geteld` is what the delivery step counted; None before delivery.
    `mutaties` is what it delivered per signal code and mutatie, as `VSV-D1 nieuw`; None when that was not counted.
    """

    run_id: str
    product: str
    periode: str
    aangemaakt_op: datetime
    leveringen: frozenset[int]
    signalen: Telling
    uitgesloten: Telling
    uitleveringen: tuple[Uitlevering, ...]
    zendingen: tuple[Zending, ...]
    geteld: Telling | None
    mutaties: Telling | None
    eerdere: tuple[EerdereRun, ...]

    @property
    def naam(self) -> str:
        """Product and period, as the name of its page."""
        return f"{self.product}-{self.periode}"

    def per_status(self) -> dict[str, int]:
        """Signals times recipients per status, from the deliveries."""
        result: dict[str, int] = defaultdict(int)
        for uitlevering in self.uitleveringen:
            result[uitlevering.status] += uitlevering.aantal
            result["ongewijzigd"] += uitlevering.ongewijzigd
        return dict(result)


@dataclass(frozen=True)
class Mislukt:
    """The newest step of a product and period failed."""

    product: str
    periode: str
    soort: str
    code: str | None
    moment: datetime


@dataclass(frozen=True)
class Gegevens:
    """All that the pages show.

    `bevindingen` counts findings about files per (levering, doel) and code. `beantwoord` counts the recipients that
    answered per product and period, `retouren` holds when each recipient last answered, and
    `certificaten` how its certificate stands.
    """

    stand: datetime | None
    leveringen: tuple[Levering, ...]
    doorgangen: tuple[Doorgang, ...]
    bevindingen: Mapping[tuple[int, str], Telling]
    runs: tuple[Run, ...]
    mislukt: tuple[Mislukt, ...]
    namen: Mapping[int, str] = field(default_factory=dict)
    oordelen: tuple[Oordelen, ...] = ()
    beantwoord: Telling = field(default_factory=dict)
    retouren: Mapping[str, datetime] = field(default_factory=dict)
    certificaten: Mapping[str, str] = field(default_factory=dict)


def lees(ledger: Ledger) -> Gegevens:
    """Reads all that the pages show."""
    leveringen = _leveringen(ledger)
    doorgangen, bevindingen = _doorgangen(ledger)
    return Gegevens(
        stand=_stand(ledger),
        leveringen=leveringen,
        doorgangen=doorgangen,
        bevindingen=bevindingen,
        runs=_runs(ledger),
        mislukt=_mislukt(ledger),
        namen={levering.levering_nr: levering.levering_id for levering in leveringen},
        oordelen=lees_oordelen(ledger),
        beantwoord=beantwoord(ledger),
        retouren=retouren(ledger),
    )


def _stand(ledger: Ledger) -> datetime | None:
    query = sa.select(sa.func.max(t.stap.c.beeindigd_op).label("stand")).where(t.stap.c.soort.in_(SOORTEN))
    newest = ledger.rijen(query)[0]["stand"]
    return utc(newest) if newest else None


def _leveringen(ledger: Ledger) -> tuple[Levering, ...]:
    b = t.levering_bestand.c
    files: dict[int, dict[str | None, int]] = defaultdict(dict)
    query = sa.select(b.levering_nr, b.code, sa.func.count().label("aantal")).group_by(b.levering_nr, b.code)
    for row in ledger.rijen(query):
        files[row["levering_nr"]][row["code"]] = row["aantal"]
    return tuple(
        Levering(
            **{name: row[name] for name in ("levering_nr", "levering_id", "bron", "periode", "status", "code")},
            ontvangen_op=utc(row["ontvangen_op"]),
            bestanden=sum(files[row["levering_nr"]].values()),
            onbruikbaar={code: n for code, n in sorted(files[row["levering_nr"]].items(), key=str) if code},
        )
        for row in ledger.rijen(sa.select(t.levering).order_by(t.levering.c.levering_nr))
    )


def _doorgangen(ledger: Ledger) -> tuple[tuple[Doorgang, ...], dict[tuple[int, str], dict[str, int]]]:
    """The counts of the newest passage per levering and doel; those about files only (doel '') apart."""
    d, c = t.doorgang.c, t.telling.c
    newest = (
        sa.select(d.levering_nr, d.doel, sa.func.max(d.stap_nr).label("stap_nr"))
        .group_by(d.levering_nr, d.doel)
        .subquery()
    )
    query = (
        sa.select(newest.c.levering_nr, newest.c.doel, c.tabel, c.reden, c.aantal, c.doel.label("van"))
        .join(t.telling, c.stap_nr == newest.c.stap_nr)
        .where(c.doel.in_([newest.c.doel, ""]))
        .order_by(newest.c.levering_nr, newest.c.doel, c.tabel, c.reden)
    )
    rows = ledger.rijen(query)
    known = {(row["levering_nr"], row["doel"], row["tabel"]) for row in rows if row["van"]}
    aantallen: dict[tuple[int, str, str], dict[str, int]] = {key: {} for key in sorted(known)}
    bevindingen: dict[tuple[int, str], dict[str, int]] = defaultdict(dict)
    for row in rows:
        key = (row["levering_nr"], row["doel"], row["tabel"])
        # A line that could not be read at all was received, so it is uitval of its table for every doel.
        of_records = key in known and (row["van"] or row["reden"].startswith("R-") or row["reden"] == ONTVANGEN)
        target = aantallen[key] if of_records else bevindingen[key[:2]]
        target[row["reden"]] = target.get(row["reden"], 0) + row["aantal"]
    doorgangen = [Doorgang(*key, telling, telling.pop(ONTVANGEN, None)) for key, telling in aantallen.items()]
    return tuple(doorgangen), dict(bevindingen)


def _runs(ledger: Ledger) -> tuple[Run, ...]:
    """The newest run per product and period, in order of product, newest period first."""
    r = t.productrun.c
    found: dict[tuple[str, str], list[Rij]] = defaultdict(list)
    for row in ledger.rijen(sa.select(t.productrun).order_by(r.product, r.periode.desc(), r.volgorde.desc())):
        found[row["product"], row["periode"]].append(row)
    used: dict[str, set[int]] = defaultdict(set)
    for row in ledger.rijen(sa.select(t.run_levering)):
        used[row["run_id"]].add(row["levering_nr"])
    return tuple(_run(ledger, rows[0], rows[1:], used) for rows in found.values())


def _run(ledger: Ledger, newest: Rij, older: Iterable[Rij], used: Mapping[str, set[int]]) -> Run:
    made, lever = (_tellingen(ledger, soort, newest["run_id"]) for soort in ("signaleer", "lever"))
    rows = sorted(ledger.uitleveringen(newest["run_id"]).values(), key=lambda row: str(row["ontvanger"]))
    names = ("ontvanger", "aantal", "ongewijzigd", "status", "code")
    zendingen = _zendingen(ledger, newest["product"], newest["periode"])
    served = Counter(zending.run_id for zending in zendingen)
    return Run(
        run_id=newest["run_id"],
        product=newest["product"],
        periode=newest["periode"],
        aangemaakt_op=utc(newest["aangemaakt_op"]),
        leveringen=frozenset(used.get(newest["run_id"], ())),
        signalen=_of(made or {}, "signaal"),
        uitgesloten=_of(made or {}, "uitgesloten"),
        uitleveringen=tuple(Uitlevering(**{name: row[name] for name in names}) for row in rows),
        zendingen=zendingen,
        geteld=None if lever is None else _of(lever, "uitlevering"),
        mutaties=_of(lever or {}, "mutatie") or None,
        eerdere=tuple(
            EerdereRun(
                row["run_id"], utc(row["aangemaakt_op"]), len(used.get(row["run_id"], ())), served[row["run_id"]]
            )
            for row in older
        ),
    )


def _zendingen(ledger: Ledger, product: str, periode: str) -> tuple[Zending, ...]:
    u = t.uitlevering.c
    same = (u.product == product, u.periode == periode, u.status == "geleverd")
    fields = (u.run_id, u.ontvanger, u.volgnummer, u.dagtekening, u.bericht_identificatie, u.leveringsoort)
    p, r = t.poging.c, t.retour.c
    bestanden = _per_uitlevering(ledger, t.uitlevering_bestand, same, sa.func.count())
    mislukt = _per_uitlevering(ledger, t.poging, (*same, p.uitkomst == "mislukt"), sa.func.count())
    beantwoord = _per_uitlevering(ledger, t.retour, (*same, r.status == "aangenomen"), sa.func.min(r.ontvangen_op))
    return tuple(
        Zending(
            row["run_id"],
            row["ontvanger"],
            row["volgnummer"],
            utc(row["dagtekening"]),
            row["bericht_identificatie"],
            row["leveringsoort"],
            bestanden.get(key, 0),
            mislukt.get(key, 0),
            utc(beantwoord[key]) if key in beantwoord else None,
        )
        for row in ledger.rijen(sa.select(*fields).where(*same).order_by(u.ontvanger, u.volgnummer))
        for key in [(row["run_id"], row["ontvanger"])]
    )


def _per_uitlevering(
    ledger: Ledger, tabel: sa.Table, waar: Iterable[sa.ColumnElement[bool]], wat: sa.ColumnElement[Any]
) -> dict[tuple[str, str], Any]:
    """A figure from another table by run and recipient."""
    u, c = t.uitlevering.c, tabel.c
    about = sa.and_(c.run_id == u.run_id, c.ontvanger == u.ontvanger)
    query = sa.select(u.run_id, u.ontvanger, wat.label("wat")).join_from(t.uitlevering, tabel, about).where(*waar)
    rows = ledger.rijen(query.group_by(u.run_id, u.ontvanger))
    return {(row["run_id"], row["ontvanger"]): row["wat"] for row in rows}


def _tellingen(ledger: Ledger, soort: str, onderwerp: str) -> dict[tuple[str, str], int] | None:
    """Counts per (table, reason) of the newest step of this kind that succeeded; None when there is none."""
    s, c = t.stap.c, t.telling.c
    newest = sa.select(sa.func.max(s.stap_nr)).where(s.onderwerp == onderwerp, s.soort == soort, s.status == "gelukt")
    step = ledger.rijen(sa.select(newest.scalar_subquery().label("stap_nr")))[0]["stap_nr"]
    if step is None:
        return None
    query = sa.select(c.tabel, c.reden, c.aantal).where(c.stap_nr == step).order_by(c.tabel, c.reden)
    return {(row["tabel"], row["reden"]): row["aantal"] for row in ledger.rijen(query)}


def _of(tellingen: Mapping[tuple[str, str], int], tabel: str) -> dict[str, int]:
    return {reden: aantal for (van, reden), aantal in tellingen.items() if van == tabel}


def _mislukt(ledger: Ledger) -> tuple[Mislukt, ...]:
    """Products and periods of which the newest step to make or deliver signals failed."""
    s = t.stap.c
    newest = sa.select(sa.func.max(s.stap_nr)).where(s.soort.in_(["signaleer", "lever"])).group_by(s.product, s.periode)
    query = sa.select(t.stap).where(s.stap_nr.in_(newest), s.status == "mislukt").order_by(s.product, s.periode)
    return tuple(
        Mislukt(row["product"], row["periode"], row["soort"], row["code"], utc(row["beeindigd_op"]))
        for row in ledger.rijen(query)
    )
