"""Counts that add up are let pass, and every way in which they may not is found."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lineage import aansluiting

DOOR = {
    ("", "uwv.inkomstenopgave", "ontvangen"): 10,
    ("", "uwv.inkomstenopgave", "R-KAPOT"): 1,
    ("", "uwv.inkomstenopgave", "W-KOLOM-ONBEKEND"): 2,
    ("inkomsten", "uwv.inkomstenopgave", "gebruikt"): 4,
    ("inkomsten", "uwv.inkomstenopgave", "W-CODE"): 3,
    ("inkomsten", "uwv.inkomstenopgave", "D-POPULATIE"): 3,
    ("inkomsten", "uwv.inkomstenopgave", "R-BSN"): 2,
}


def test_received_is_used_and_outside_and_rejected_and_a_warning_is_no_outcome() -> None:
    assert aansluiting.levering(DOOR) == []


@pytest.mark.parametrize("key", [key for key in DOOR if not key[2].startswith("W-")])
@pytest.mark.parametrize("difference", [-1, 1])
def test_one_record_more_or_less_anywhere_is_found(key: tuple[str, str, str], difference: int) -> None:
    assert aansluiting.levering({**DOOR, key: DOOR[key] + difference}) == ["inkomsten/uwv.inkomstenopgave"]


@given(
    signalen=st.dictionaries(st.sampled_from(["0344", "0518", "0599"]), st.integers(0, 50)),
    ended=st.integers(0, 5),
    lost=st.integers(-3, 3),
)
def test_every_signal_for_everybody_who_receives_it_is_accounted_for(
    signalen: dict[str, int], ended: int, lost: int
) -> None:
    route = [(code, code) for code in ("0344", "0518", "0599")] + [("0344", "rmc-19"), ("0518", "rmc-28")]
    rows = [{"aantal": signalen.get(van, 0), "ongewijzigd": 0} for van, _ in route]
    rows.append({"aantal": ended, "ongewijzigd": 10})
    rows[0] = {"aantal": rows[0]["aantal"] - 10, "ongewijzigd": -lost}
    assert aansluiting.run(signalen, route, ended, rows) == lost
