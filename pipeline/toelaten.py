"""Step: pass leveringen through the door, for every doel that consults them.

A levering that already passed under its present toelating (see `pipeline.stand`) is left alone, and one whose
population has grown since passes again, so that a person who enters a population later is not missed. One that is not
what it should be (`pipeline.levering.oordeel`) is parked, and nobody is admitted on account of it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable

import sqlalchemy as sa

from lineage import leveringen
from lineage import tabellen as t
from lineage.ledger import Rij, now
from lineage.vernietiging import VERNIETIGD
from pipeline.instellingen import Instellingen
from pipeline.levering.oordeel import Volumes
from pipeline.passage import Doorgelaten, Passage
from pipeline.stand import PERSONEN, POPULATIE, TENZIJ, VIA, Stand
from pipeline.storing import gecodeerd
from privacy.doelbinding import bruikbare_doelen, eis_doel
from schemas.load import doelen


@gecodeerd
def toelaten(
    instellingen: Instellingen, *, bron: str | None = None, doel: str | None = None, tot_periode: str | None = None
) -> list[Doorgelaten]:
    """Passes every levering that has not passed under its present toelating, in order of receipt.

    Limited to one bron or one doel when given; as things stand at `tot_periode`, without it at the newest period.
    Nothing is done twice: called again it returns an empty list. A doel whose profile may not be used is left out.

    Raises:
        KetenFout: `G-*` when the doel asked for has no profile that may be used; `O-*` when something that was
            received, or that it counts on, is not what it was.
    """
    with instellingen.grootboek.alleen("deur", "alle"):
        return _toelaten(instellingen, bron, doel, tot_periode)


def _toelaten(
    instellingen: Instellingen, bron: str | None, doel: str | None, tot_periode: str | None
) -> list[Doorgelaten]:
    vandaag = now().date()
    naar = [eis_doel(doel, vandaag).doel] if doel else bruikbare_doelen(vandaag)
    done: dict[str, Doorgelaten] = {}
    parked = True
    while parked:  # what was admitted on account of a levering that is parked now passes again without it
        _neem_terug(instellingen)
        passes = _pass(Stand(instellingen, tot_periode), bron, naar)
        for passage in passes:
            passage.leg_vast()
            outcome = passage.uitkomst()
            done[outcome.levering_id] = outcome
        parked = any(passage.fout for passage in passes)
    return list(done.values())


def _pass(stand: Stand, bron: str | None, naar: Collection[str]) -> list[Passage]:
    """Passes what is due; when a population must be parked only that, before anybody is admitted by it."""
    asked = {levering["levering_nr"] for levering in stand.leveringen if bron in (None, levering["bron"])}
    passes = [Passage.van(stand.instellingen, stand, *due) for due in _due(stand, asked, naar)]
    if not passes:
        return []
    volumes = Volumes.lees(stand.instellingen.grootboek, stand.leveringen)
    for passage in passes:
        passage.verwerk(POPULATIE)
    for passage in passes:
        volumes.voeg_toe(passage.levering, passage.telling)
    if held := [passage for passage in passes if passage.beoordeel(volumes)]:
        _drop(passage for passage in passes if passage not in held)
        return held
    stand.population_known()
    for passage in passes:
        passage.verwerk(PERSONEN)
    for beurt in (TENZIJ, VIA):  # what decides about a record may have been received after it
        for passage in passes:
            passage.verwerk(beurt)
    for passage in passes:
        volumes.voeg_toe(passage.levering, passage.telling)
    for passage in passes:
        passage.beoordeel(volumes)
    return passes


def _neem_terug(instellingen: Instellingen) -> None:
    """Takes out of the lake what leveringen gave that do not count, also when who parked them was killed just then."""
    status = t.levering.c.status.in_((leveringen.GEPARKEERD, leveringen.AFGEKEURD))
    rows = instellingen.grootboek.rijen(sa.select(t.levering.c.levering_nr).where(status))
    if numbers := {f"{row['levering_nr']:06d}" for row in rows}:
        for path in instellingen.lake.glob("*/*/[0-9]*.parquet"):
            if path.name.partition("-")[0] in numbers:
                path.unlink()


def _drop(passes: Iterable[Passage]) -> None:
    for passage in passes:
        passage.laat_vallen()


def _due(stand: Stand, asked: Collection[int], naar: Collection[str]) -> list[tuple[Rij, dict[str, str]]]:
    """The leveringen asked for that must pass, each with its toelating per doel, in order of receipt.

    What their toelating counts on and has not passed itself goes along, whatever was asked: otherwise a passage would
    be recorded under a population that was not looked at, and the persons in it would be missed for good.
    """
    ledger = stand.instellingen.grootboek
    due: dict[int, tuple[Rij, dict[str, str]]] = {}
    for doel in map(doelen().__getitem__, naar):
        for levering in stand.leveringen_van(doel) if not stand.is_afgesloten(doel) else ():
            nr, key = levering["levering_nr"], stand.toelating(levering, doel)
            if levering["status"] != VERNIETIGD and not ledger.heeft_doorgang(nr, doel.doel, key):
                due.setdefault(nr, (levering, {}))[1][doel.doel] = key
    chosen = [nr for nr in due if nr in asked]
    for nr in chosen:  # grows while it is walked
        levering, wanted = due[nr]
        needed = frozenset().union(*(stand.hangt_af_van(levering, doelen()[doel]) for doel in wanted))
        chosen += [other for other in due if other not in chosen and needed & stand.tabellen[other]]
    return [due[nr] for nr in sorted(chosen)]
