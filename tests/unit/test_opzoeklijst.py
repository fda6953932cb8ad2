"""Looking up a column says what looking up each value says."""

from __future__ import annotations

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from privacy.opzoeklijst import Opzoeklijst

# Values that begin alike for eight bytes and more, are shorter, hold zeros or more than ASCII.
TEKST = st.one_of(
    st.sampled_from(
        ["", "\0", "A", "A\0", "AB123C", "12345678", "123456789", "12345678\0", "1234567é", "éééé", "ééééé"]
    ),
    st.text("A1é\0", max_size=10),
)


@given(st.sets(TEKST, max_size=20), st.lists(st.one_of(st.none(), TEKST), max_size=30), st.integers(0, 5))
def test_says_what_a_set_says(lijst: set[str], waarden: list[str | None], over: int) -> None:
    kolom = pa.array(waarden, pa.string())[over:]
    found = Opzoeklijst(pa.array(sorted(lijst), pa.string())).bevat(kolom)
    assert found.tolist() == [waarde in lijst for waarde in waarden[over:]]


@pytest.mark.parametrize("lijst", [[], ["AB123C"]])
def test_nothing_to_look_up(lijst: list[str]) -> None:
    assert Opzoeklijst(pa.array(lijst, pa.string())).bevat(pa.array([], pa.string())).tolist() == []
    assert Opzoeklijst(pa.array(lijst, pa.string())).bevat(pa.nulls(2, pa.string())).tolist() == [False, False]
