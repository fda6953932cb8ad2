"""check_bsn against the elfproef written out digit by digit."""

from __future__ import annotations

import pyarrow as pa
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from privacy.bsn import CODES, check_bsn
from tests.bouw import elfproef, maak_bsn, volgende_bsn

WITRUIMTE = " \t\r\n"


def orakel(waarde: str | None) -> tuple[str | None, str | None, bool]:
    """(code, nine digits, whether a leading zero was added)."""
    tekst = (waarde or "").strip(WITRUIMTE)
    if not tekst:
        return "R-BSN-LEEG", None, False
    if len(tekst) not in (8, 9) or any(teken not in "0123456789" for teken in tekst):
        return "R-BSN-VORM", None, False
    cijfers = tekst.rjust(9, "0")
    if not elfproef(cijfers):
        return "R-BSN-ELFPROEF", None, False
    return None, cijfers, len(tekst) == 8


def uitkomst(kolom: pa.Array) -> list[tuple[str | None, str | None, bool]]:
    result = check_bsn(kolom)
    return [
        (CODES[code], bytes(cijfers).decode() if code == 0 else None, bool(nul))
        for code, cijfers, nul in zip(result.code, result.cijfers, result.voorloopnul, strict=True)
    ]


geldig = st.integers(1, 999_999_960).map(volgende_bsn)
waarden = st.one_of(
    st.none(),
    geldig,
    st.integers(10_000_000, 99_999_960).map(volgende_bsn).map(lambda bsn: bsn[1:]),
    geldig.map(lambda bsn: f" {bsn}\t"),
    st.integers(0, 999_999_999).map(lambda nummer: f"{nummer:09d}"),
    st.text("0123456789", max_size=12),
    st.text(max_size=12),
    st.binary(min_size=9, max_size=9).map(lambda rauw: rauw.decode("latin-1")),
    st.sampled_from(
        [
            "",
            " ",
            "000000000",
            "00000000",
            "12345678é",
            "١٢٣٤٥٦٧٨٢",
            "１２３４５６７８２",
            "+23456782",
            "-12345678",
            "12345678.",
            "éééé1",
        ]
    ),
)


@settings(max_examples=300, deadline=None)
@given(st.lists(waarden, max_size=30))
@example([])
@example([None])
@example(["123456782"])
@example(["éééé1", "123456782"])  # nine bytes that are no nine digits
def test_column_equals_elfproef_digit_by_digit(lijst: list[str | None]) -> None:
    assert uitkomst(pa.array(lijst, pa.string())) == [orakel(waarde) for waarde in lijst]


@settings(max_examples=150, deadline=None)
@given(st.lists(waarden, min_size=1, max_size=30), st.data())
def test_slice_of_a_column_is_checked_as_itself(lijst: list[str | None], data: st.DataObject) -> None:
    begin = data.draw(st.integers(0, len(lijst)))
    lengte = data.draw(st.integers(0, len(lijst) - begin))
    deel = pa.array(lijst, pa.string()).slice(begin, lengte)
    assert uitkomst(deel) == [orakel(waarde) for waarde in lijst[begin : begin + lengte]]


def test_every_last_digit_but_one_is_refused() -> None:
    for nummer in range(200):
        kop = f"{nummer * 499_979:08d}"
        goed = [cijfer for cijfer in "0123456789" if elfproef(kop + cijfer)]
        codes = check_bsn(pa.array([kop + cijfer for cijfer in "0123456789"])).code.tolist()
        assert [cijfer for cijfer, code in zip("0123456789", codes, strict=True) if code == 0] == goed
        assert len(goed) <= 1


@pytest.mark.parametrize(
    ("waarde", "code"),
    [
        (None, "R-BSN-LEEG"),
        ("", "R-BSN-LEEG"),
        ("   ", "R-BSN-LEEG"),
        ("000000000", "R-BSN-ELFPROEF"),  # its sum is 0, which is divisible by 11
        ("00000000", "R-BSN-ELFPROEF"),
        ("123456789", "R-BSN-ELFPROEF"),
        ("1234567", "R-BSN-VORM"),
        ("1234567820", "R-BSN-VORM"),
        ("12345678X", "R-BSN-VORM"),
        ("1234.5678", "R-BSN-VORM"),
        ("1234 6782", "R-BSN-VORM"),
        ("１２３", "R-BSN-VORM"),  # full-width digits: nine bytes, three characters
        ("123456782", None),
    ],
)
def test_codes(waarde: str | None, code: str | None) -> None:
    assert uitkomst(pa.array([waarde], pa.string()))[0][0] == code


def test_eight_digits_get_their_zero_back_and_are_counted() -> None:
    result = check_bsn(pa.array(["10000008", "010000008", "123456782"]))
    assert result.goed.all()
    assert [bytes(rij).decode() for rij in result.cijfers] == ["010000008", "010000008", "123456782"]
    assert result.nummer.tolist() == [10000008, 10000008, 123456782]
    assert result.voorloopnul.tolist() == [True, False, False]


def test_what_is_refused_leaves_no_digits_behind() -> None:
    result = check_bsn(pa.array(["123456789", "1234567", "123456782"]))
    assert [bytes(rij).decode() for rij in result.cijfers] == ["000000000", "000000000", "123456782"]
    assert result.nummer.tolist() == [0, 0, 123456782]


def test_numbers_of_tests_are_valid() -> None:
    made = [maak_bsn(nummer) for nummer in range(500)]
    assert len(set(made)) == 500
    assert check_bsn(pa.array(made)).goed.all()
