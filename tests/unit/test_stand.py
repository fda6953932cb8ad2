"""What a period sees: nothing that came for a later one, and nothing older than its doel looks back."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipeline.instellingen import Instellingen
from pipeline.periode import maand_erbij
from pipeline.pins import huidige_pins
from pipeline.stand import Stand
from schemas.load import doelen
from tests.bouw import IKV, ikv, maak_bsn, neem_op, populatie_csv, schrijf_csv

EERST, DAARNA = "2026-01", "2026-02"
INKOMSTEN = doelen()["inkomsten"]


@pytest.fixture
def instellingen(tmp_path: Path) -> Instellingen:
    return Instellingen(data=tmp_path / "var")


def lever(instellingen: Instellingen, periode: str, persoon: int) -> None:
    neem_op(instellingen, "gemeente", {"b.csv": populatie_csv([maak_bsn(persoon)])}, periode)
    neem_op(instellingen, "uwv", {"i.csv": schrijf_csv(IKV, [ikv(maak_bsn(persoon))])}, periode)


def test_a_later_levering_changes_nothing_about_an_earlier_period(instellingen: Instellingen) -> None:
    lever(instellingen, EERST, 1)
    before = huidige_pins(Stand(instellingen, EERST), "inkomsten")
    lever(instellingen, DAARNA, 2)
    assert huidige_pins(Stand(instellingen, EERST), "inkomsten") == before


def test_a_late_levering_changes_its_period_and_what_follows(instellingen: Instellingen) -> None:
    lever(instellingen, EERST, 1)
    lever(instellingen, DAARNA, 2)
    before = [huidige_pins(Stand(instellingen, periode), "inkomsten") for periode in (EERST, DAARNA)]
    lever(instellingen, EERST, 3)
    after = [huidige_pins(Stand(instellingen, periode), "inkomsten") for periode in (EERST, DAARNA)]
    assert before[0] != after[0]
    assert before[1] != after[1]


def test_a_grown_population_passes_what_came_before_anew(instellingen: Instellingen) -> None:
    lever(instellingen, EERST, 1)
    [levering] = [lev for lev in Stand(instellingen, EERST).leveringen if lev["bron"] == "uwv"]
    first = Stand(instellingen, EERST).toelating(levering, INKOMSTEN)
    lever(instellingen, DAARNA, 2)
    assert Stand(instellingen, EERST).toelating(levering, INKOMSTEN) == first
    assert Stand(instellingen, DAARNA).toelating(levering, INKOMSTEN) != first


def test_a_levering_no_longer_counts_when_the_doel_no_longer_looks_back_to_it(instellingen: Instellingen) -> None:
    last = maand_erbij(EERST, INKOMSTEN.terugkijken_maanden - 1)
    lever(instellingen, EERST, 1)
    assert len(Stand(instellingen, last).leveringen_van(INKOMSTEN)) == 2
    assert Stand(instellingen, maand_erbij(last, 1)).leveringen_van(INKOMSTEN) == []
