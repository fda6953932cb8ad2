"""Doelbinding, fail closed: nothing is done for a doel whose profile is absent, not approved, or not what was approved.

Every step asks here before it touches data for a doel: `eis_doel` when one doel was asked for, `bruikbare_doelen` when
it is about all of them.
"""

from __future__ import annotations

from datetime import date

from schemas.doel import Doel
from schemas.doelversie import is_vastgelegd
from schemas.fout import KetenFout
from schemas.load import doelen


def eis_doel(naam: str, dag: date) -> Doel:
    """The doelprofiel, when data may be processed under it on a day.

    Raises:
        KetenFout: `G-PROFIEL` there is none; `G-GOEDKEURING` it is not approved yet on that day; `G-VERSIE` it was
            changed after its version was recorded.
    """
    doel = doelen().get(naam)
    if doel is None:
        raise KetenFout("G-PROFIEL")
    if doel.goedgekeurd.op > dag:
        raise KetenFout("G-GOEDKEURING", f"{naam} versie {doel.versie}")
    if not is_vastgelegd(naam, doel.versie):
        raise KetenFout("G-VERSIE", f"{naam} versie {doel.versie}")
    return doel


def belemmering(naam: str, dag: date) -> KetenFout | None:
    """Why nothing may be done for a doel on a day; None when it may."""
    try:
        eis_doel(naam, dag)
    except KetenFout as fout:
        return fout
    return None


def bruikbare_doelen(dag: date) -> list[str]:
    """The doelen under which data may be processed on a day."""
    return [naam for naam in doelen() if belemmering(naam, dag) is None]
