"""Typing of raw text, column by column, against plain Python."""

from __future__ import annotations

import calendar

import pyarrow as pa
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from connectors.rijen import euro_to_cent
from privacy.typen import typeer
from schemas.bron import Veld, VeldType
from schemas.load import codelijst

FOUT = "fout"


def veld(type_: VeldType, **meer: object) -> Veld:
    return Veld.model_validate({"type": type_, "klasse": "wat", "omschrijving": "x", **meer})


def getypeerd(declared: Veld, waarden: list[str | None]) -> list[object]:
    """Per row its value, None when there is none, FOUT (or the code of a missing value) when it must be rejected."""
    result = typeer(declared, pa.array(waarden, pa.string()))
    rows: list[object] = result.kolom.to_pylist()
    for mask, code in ((result.fout, FOUT), (result.leeg, "R-VERPLICHT")):
        if mask is not None:
            rows = [code if bad else row for row, bad in zip(rows, mask.to_pylist(), strict=True)]
    return rows


# -- dates ------------------------------------------------------------------------------------------------------------


def datum_orakel(tekst: str | None, *, open_einde: bool, onvolledig: bool) -> object:
    if tekst is None or not tekst.strip(" "):
        return None
    cijfers = tekst.strip(" ").replace("-", "")
    if len(cijfers) != 8 or any(teken not in "0123456789" for teken in cijfers):
        return FOUT
    jaar, maand, dag = int(cijfers[:4]), int(cijfers[4:6]), int(cijfers[6:])
    if open_einde and jaar == 9999:
        return None
    if not onvolledig and 0 in (jaar, maand, dag):
        return FOUT
    if maand > 12 or (jaar and maand and dag > calendar.monthrange(jaar, maand)[1]):
        return FOUT
    if 0 in (jaar, maand):  # what comes after the first unknown part cannot be used
        return jaar * 10_000
    return jaar * 10_000 + maand * 100 + dag


jaren = st.one_of(st.integers(0, 9999), st.sampled_from([0, 1900, 1999, 2000, 2023, 2024, 2100, 9999]))
datums = st.builds(
    lambda jaar, maand, dag, streep: f"{jaar:04d}{streep}{maand:02d}{streep}{dag:02d}",
    jaren,
    st.integers(0, 14),
    st.integers(0, 33),
    st.sampled_from(["", "-"]),
)
datumteksten = st.one_of(st.none(), datums, st.just("00000000"), st.text("0123456789X. ", max_size=10))


@settings(max_examples=400, deadline=None)
@given(st.lists(datumteksten, max_size=20), st.booleans(), st.booleans())
@example(["20240229", "20230229", "19000229", "20000229"], False, False)
@example(["99991231", "99991230", "99990000", "99999999"], True, False)
@example(["20240200", "20240000", "20240013", "00000000", "00000513"], False, True)
def test_dates_equal_the_calendar(lijst: list[str | None], open_einde: bool, onvolledig: bool) -> None:
    expected = [datum_orakel(tekst, open_einde=open_einde, onvolledig=onvolledig) for tekst in lijst]
    assert getypeerd(veld("datum", open_einde=open_einde, onvolledig=onvolledig), lijst) == expected


@pytest.mark.parametrize(
    ("tekst", "waarde"),
    [
        ("20240131", 20240131),
        ("2024-01-31", 20240131),
        (" 20240131 ", 20240131),
        ("20240200", 20240200),  # day unknown
        ("20240000", 20240000),  # month and day unknown
        ("00000000", 0),  # wholly unknown is a value, not an absent date
        ("", None),
        ("20240132", FOUT),
        ("20241301", FOUT),
        ("20240431", FOUT),
        ("20230229", FOUT),
        ("2024-1-31", FOUT),
        ("31-01-2024", FOUT),
        ("2024013", FOUT),
        ("2024-01-31T00:00:00", FOUT),
        ("٢٠٢٤٠١٣١", FOUT),
        ("onbekend", FOUT),
    ],
)
def test_dates(tekst: str, waarde: object) -> None:
    assert getypeerd(veld("datum", onvolledig=True), [tekst]) == [waarde]


@pytest.mark.parametrize("tekst", ["20240200", "20240000", "00000000", "20240013", "00000513"])
def test_incomplete_date_only_where_the_field_says_so(tekst: str) -> None:
    assert getypeerd(veld("datum"), [tekst]) == [FOUT]


def test_open_end_only_where_the_field_says_so() -> None:
    assert getypeerd(veld("datum", open_einde=True), ["99991231", "20240131"]) == [None, 20240131]
    assert getypeerd(veld("datum"), ["99991231"]) == [99991231]


# -- amounts and numbers ----------------------------------------------------------------------------------------------


@settings(max_examples=200, deadline=None)
@given(
    st.lists(
        st.one_of(st.none(), st.integers(-(10**16) + 1, 10**16 - 1), st.text("0123456789+-,. €", max_size=8)),
        max_size=20,
    )
)
def test_cents_are_whole_numbers(lijst: list[int | str | None]) -> None:
    def orakel(waarde: int | str | None) -> object:
        tekst = "" if waarde is None else str(waarde).strip(" ")
        if not tekst:
            return None
        digits = tekst[1:] if tekst[0] in "+-" else tekst
        return int(tekst) if digits and all(teken in "0123456789" for teken in digits) else FOUT

    texts = [None if waarde is None else str(waarde) for waarde in lijst]
    assert getypeerd(veld("bedrag", eenheid="cent"), texts) == [orakel(waarde) for waarde in lijst]


@pytest.mark.parametrize(
    ("tekst", "centen"),
    [
        ("1325", 132500),
        ("1325.00", 132500),
        ("1325,5", 132550),
        ("-0.05", -5),
        ("+12.34", 1234),
        ("0", 0),
        (" 12.30 ", 1230),
        ("99999999999999.99", 9999999999999999),
        ("", None),
        (None, None),
        ("12.345", FOUT),
        ("1.325,00", FOUT),
        ("€ 12", FOUT),
        ("12.", FOUT),
        (".5", FOUT),
        ("1e3", FOUT),
    ],
)
def test_euros_become_cents_without_floating_point(tekst: str | None, centen: object) -> None:
    cents = euro_to_cent(pa.array([tekst], pa.string()))
    assert getypeerd(veld("bedrag", eenheid="cent"), cents.to_pylist()) == [centen]


@settings(max_examples=200, deadline=None)
@given(st.integers(-(10**15), 10**15))
def test_every_amount_in_euros_gives_its_cents(centen: int) -> None:
    teken, heel, deel = "-" if centen < 0 else "", *divmod(abs(centen), 100)
    for tekst in (f"{teken}{heel}.{deel:02d}", f"{teken}{heel},{deel:02d}"):
        assert getypeerd(veld("bedrag"), euro_to_cent(pa.array([tekst])).to_pylist()) == [centen]


@pytest.mark.parametrize(
    ("tekst", "getal"),
    [
        ("0", 0),
        ("+7", 7),
        ("-7", -7),
        ("007", 7),
        ("999999999", 999999999),
        ("1000000000", FOUT),
        ("1.0", FOUT),
        ("", None),
    ],
)
def test_whole_numbers(tekst: str, getal: object) -> None:
    assert getypeerd(veld("geheel"), [tekst]) == [getal]


# -- codes ------------------------------------------------------------------------------------------------------------


def test_codes_are_mapped_and_others_rejected() -> None:
    declared = veld("code", waarden={"Personenauto": "P", "P": "P"})
    assert getypeerd(declared, ["Personenauto", " P ", "Q", "p", None, ""]) == ["P", "P", FOUT, FOUT, None, None]


def test_code_for_any_other_value() -> None:
    declared = veld("code", waarden={"Personenauto": "P"}, anders="O")
    assert getypeerd(declared, ["Personenauto", "Land- of bosbouwtrekker", None]) == ["P", "O", None]


def test_yes_and_no() -> None:
    declared = veld("janee", waarden={"1": "ja", "2": "nee"})
    assert getypeerd(declared, ["1", "2", "0", "ja", None]) == [True, False, FOUT, FOUT, None]


def test_gemeente_code_must_be_in_the_list() -> None:
    declared = veld("code", codelijst="gemeente")
    assert "0344" in codelijst("gemeente")
    assert getypeerd(declared, ["0344", "344", "9999", None]) == ["0344", FOUT, FOUT, None]


def test_code_without_list_is_kept_as_it_is() -> None:
    assert getypeerd(veld("code"), ["X9", " b "]) == ["X9", "b"]


def test_code_of_a_list_that_others_keep_is_kept_and_marked() -> None:
    declared = veld("code", codelijst="sz_wet", buiten_lijst="waarschuwing")
    result = typeer(declared, pa.array(["PW", "NIEUW", None]))
    assert result.kolom.to_pylist() == ["PW", "NIEUW", None]
    assert result.fout is None
    assert result.vreemd is not None and result.vreemd.to_pylist() == [False, True, False]
    assert typeer(declared, pa.array(["PW", None])).vreemd is None


def test_yes_or_no_may_be_unknown() -> None:
    declared = veld("janee", waarden={"1": "ja", "2": "nee", "0": "onbekend"})
    assert getypeerd(declared, ["1", "2", "0", "3", None]) == [True, False, None, FOUT, None]


# -- constraints ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("type_", ["tekst", "code"])
def test_pattern_is_of_the_whole_text(type_: VeldType) -> None:
    declared = veld(type_, patroon=r"\d{2}[A-Z]{2}|x")
    assert getypeerd(declared, ["01AB", "x", "01ABC", "01AB\nx", "y", None, " 01AB "]) == [
        "01AB", "x", FOUT, FOUT, FOUT, None, "01AB",
    ]  # fmt: skip
    assert typeer(declared, pa.array(["", "y"])).code == "R-VORM"


def test_length_is_in_characters() -> None:
    assert getypeerd(veld("tekst", lengte_max=3), ["éèê", "abcd", "", None]) == ["éèê", FOUT, None, None]
    assert getypeerd(veld("tekst", lengte_max=2, patroon="[a-z]*"), ["ab", "abc", "A"]) == ["ab", FOUT, FOUT]


@pytest.mark.parametrize(("type_", "code"), [("geheel", "R-GETAL"), ("bedrag", "R-BEDRAG")])
def test_numbers_stay_within_their_bounds(type_: VeldType, code: str) -> None:
    declared = veld(type_, minimum=-5, maximum=10)
    assert getypeerd(declared, ["-6", "-5", "10", "11", None]) == [FOUT, -5, 10, FOUT, None]
    assert typeer(declared, pa.array(["11"])).code == code


@pytest.mark.parametrize(
    ("type_", "meer"),
    [
        ("datum", {"patroon": "x"}),
        ("tekst", {"minimum": 1}),
        ("bedrag", {"open_einde": True}),
        ("tekst", {"onvolledig": True}),
        ("tekst", {"codelijst": "gemeente"}),
        ("datum", {"eenheid": "cent"}),
    ],
)
def test_constraint_of_another_type_is_refused(type_: VeldType, meer: dict[str, object]) -> None:
    with pytest.raises(ValidationError, match="hoort niet bij een veld van het type"):
        veld(type_, **meer)


# -- required fields --------------------------------------------------------------------------------------------------


def test_missing_and_unreadable_have_codes_of_their_own() -> None:
    result = typeer(veld("datum", verplicht=True), pa.array(["20240101", None, "x", " "]))
    assert result.code == "R-DATUM"
    assert result.fout is not None and result.fout.to_pylist() == [False, False, True, False]
    assert result.leeg is not None and result.leeg.to_pylist() == [False, True, False, True]


@settings(deadline=None)
@given(st.lists(st.one_of(st.none(), st.dates().map("{:%Y%m%d}".format).map(lambda tekst: tekst.zfill(8)))))
def test_whole_dates_are_judged_together(lijst: list[str | None]) -> None:
    for open_einde in (False, True):
        expected = [datum_orakel(tekst, open_einde=open_einde, onvolledig=False) for tekst in lijst]
        assert getypeerd(veld("datum", open_einde=open_einde), lijst) == expected


@pytest.mark.parametrize("jaar", [0, 1, 1900, 2000, 2023, 2024, 9999])
def test_every_day_that_does_not_exist_is_seen(jaar: int) -> None:
    """One value at a time, so that what is wrong with it is not found because of another."""
    for maand in range(14):
        for dag in range(33):
            tekst = f"{jaar:04d}{maand:02d}{dag:02d}"
            assert getypeerd(veld("datum"), [tekst]) == [datum_orakel(tekst, open_einde=False, onvolledig=False)], tekst


@pytest.mark.parametrize(("type_", "most"), [("geheel", 9), ("bedrag", 16)])
def test_numbers_of_digits_are_judged_together(type_: VeldType, most: int) -> None:
    assert getypeerd(veld(type_), ["0", "007", None, "9" * most]) == [0, 7, None, int("9" * most)]
    assert getypeerd(veld(type_), ["0", "", None, "9" * (most + 1)]) == [0, None, None, FOUT]
    bounded = veld(type_, minimum=3, maximum=5, verplicht=True)
    assert getypeerd(bounded, ["3", "5", None]) == [3, 5, "R-VERPLICHT"]
    assert getypeerd(bounded, ["2", "6", "4"]) == [FOUT, FOUT, 4]


@pytest.mark.parametrize("fout", ["123456789K01", "12345678/L01", "123456789L0:", "123456789Lx1", "1234567890L1", ""])
def test_one_bad_loonheffingennummer_is_seen(fout: str) -> None:
    assert getypeerd(veld("lhnr"), ["123456789L01", "000000000L99"]) == ["123456789L01", "000000000L99"]
    assert getypeerd(veld("lhnr"), ["123456789L01", fout]) == ["123456789L01", FOUT if fout else None]


def test_nothing_wrong_marks_nothing() -> None:
    result = typeer(veld("datum", verplicht=True), pa.array(["20240101"]))
    assert result.fout is None
    assert result.leeg is None


@pytest.mark.parametrize("type_", ["tekst", "code", "datum", "geheel", "bedrag"])
def test_slices_and_empty_columns(type_: VeldType) -> None:
    kolom = pa.array(["x", "20240101", None, "20240102", "y"])
    for begin, eind in ((1, 4), (2, 2), (0, 0)):
        expected = typeer(veld(type_), pa.array(kolom.to_pylist()[begin:eind], pa.string()))
        assert typeer(veld(type_), kolom.slice(begin, eind - begin)).kolom.to_pylist() == expected.kolom.to_pylist()
