"""Deadlines: entered before they are due, met or missed by what the ledger says, and none skipped."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pytest

from lineage import ledger as grootboek
from lineage.deadlines import deadlines
from lineage.ledger import Stap
from pipeline.bewaking.deadlines import bewaak_deadlines
from pipeline.instellingen import Instellingen
from tests.unit.test_ledger import neem_op


def op(dag: str, uur: int = 12) -> datetime:
    return datetime.fromisoformat(dag).replace(hour=uur, tzinfo=UTC)


def lever(instellingen: Instellingen, periode: str, dag: str, uur: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """A delivery of inkomsten that ended for everybody at a moment."""
    monkeypatch.setattr(grootboek, "now", lambda: op(dag, uur))
    instellingen.grootboek.schrijf_stap(Stap("lever", "run", "inkomsten", periode, begonnen_op=op(dag, uur)))


def inkomsten(instellingen: Instellingen) -> dict[str, tuple[Any, ...]]:
    rows = deadlines(instellingen.grootboek, "inkomsten")
    return {row["periode"]: (row["uiterlijk"], row["gehaald_op"] is not None, row["gemist_op"]) for row in rows}


@pytest.fixture
def begonnen(instellingen: Instellingen) -> Instellingen:
    """UWV delivered about January, and somebody looked in February."""
    neem_op(instellingen.grootboek, 1)
    bewaak_deadlines(instellingen, op("2026-02-02"))
    return instellingen


def test_a_product_without_a_levering_has_none(instellingen: Instellingen) -> None:
    assert bewaak_deadlines(instellingen, op("2026-02-02")) == []


def test_entered_for_the_periods_that_are_coming(begonnen: Instellingen) -> None:
    assert inkomsten(begonnen) == {
        "2026-01": (date(2026, 2, 15), False, None),
        "2026-02": (date(2026, 3, 15), False, None),
    }
    assert {row["product"] for row in deadlines(begonnen.grootboek)} == {
        "inkomsten",
        "kwijtschelding",
        "uitstroommonitor",
        "vsv",
    }  # kvk does not consult UWV


def test_nothing_is_due_that_had_passed_before_anybody_looked(instellingen: Instellingen) -> None:
    neem_op(instellingen.grootboek, 1)
    bewaak_deadlines(instellingen, op("2026-04-16"))
    assert list(inkomsten(instellingen)) == ["2026-04"]


def test_none_is_skipped_when_nobody_looked_and_nobody_delivered(begonnen: Instellingen) -> None:
    open_ = bewaak_deadlines(begonnen, op("2026-06-01"))
    rows = inkomsten(begonnen)
    assert list(rows) == ["2026-01", "2026-02", "2026-03", "2026-04", "2026-05", "2026-06"]
    assert [periode for periode, row in rows.items() if row[2] is not None] == [
        "2026-01",
        "2026-02",
        "2026-03",
        "2026-04",
    ]
    assert [row["uiterlijk"] for row in open_] == sorted(row["uiterlijk"] for row in open_)


@pytest.mark.parametrize(
    ("dag", "uur", "gemist"),
    [
        ("2026-02-15", 22, False),  # 23:00 in the Netherlands
        ("2026-02-15", 23, True),  # the day after, there
    ],
)
def test_met_until_the_day_has_ended_in_the_netherlands(
    begonnen: Instellingen, monkeypatch: pytest.MonkeyPatch, dag: str, uur: int, gemist: bool
) -> None:
    lever(begonnen, "2026-01", dag, uur, monkeypatch)
    bewaak_deadlines(begonnen, op("2026-02-20"))
    _, gehaald, missed = inkomsten(begonnen)["2026-01"]
    assert (gehaald, missed is not None) == (True, gemist)


def test_not_missed_on_the_day_itself(begonnen: Instellingen) -> None:
    bewaak_deadlines(begonnen, op("2026-02-15"))
    assert inkomsten(begonnen)["2026-01"][2] is None
    bewaak_deadlines(begonnen, op("2026-02-16"))
    assert inkomsten(begonnen)["2026-01"][2] is not None


def test_what_was_missed_stays_so_when_it_comes_late(begonnen: Instellingen, monkeypatch: pytest.MonkeyPatch) -> None:
    bewaak_deadlines(begonnen, op("2026-02-16"))
    missed = inkomsten(begonnen)["2026-01"][2]
    lever(begonnen, "2026-01", "2026-02-18", 9, monkeypatch)
    open_ = bewaak_deadlines(begonnen, op("2026-02-19"))
    assert inkomsten(begonnen)["2026-01"] == (date(2026, 2, 15), True, missed)
    assert ("inkomsten", "2026-01") not in {(row["product"], row["periode"]) for row in open_}


def test_a_delivery_that_is_open_for_somebody_does_not_count(begonnen: Instellingen) -> None:
    begonnen.grootboek.schrijf_stap(Stap("lever", "run", "inkomsten", "2026-01", "mislukt", "U-KANAAL"))
    bewaak_deadlines(begonnen, op("2026-02-14"))
    assert inkomsten(begonnen)["2026-01"][1] is False


def test_a_later_delivery_does_not_move_it(begonnen: Instellingen, monkeypatch: pytest.MonkeyPatch) -> None:
    lever(begonnen, "2026-01", "2026-02-10", 9, monkeypatch)
    lever(begonnen, "2026-01", "2026-02-20", 9, monkeypatch)  # a correction
    bewaak_deadlines(begonnen, op("2026-02-21"))
    [row] = [row for row in deadlines(begonnen.grootboek, "inkomsten") if row["periode"] == "2026-01"]
    assert (row["gehaald_op"], row["gemist_op"]) == (datetime(2026, 2, 10, 9), None)
