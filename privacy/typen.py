"""Gives raw text columns the type their field declares, all rows at once.

What cannot be read is not guessed: the value becomes null and the row is marked, so that the door can reject the record
with a code.
"""

from __future__ import annotations

from calendar import isleap
from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from privacy.cijfers import WORD, content, fours, lengths, only_digits
from privacy.pseudoniem import LHNR_VORM, all_lhnr
from schemas.bron import Veld
from schemas.load import codelijst

_DAYS = (31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)
_MAX_DAY = pa.array([0, *_DAYS], pa.int32())  # by month; 0 is an unknown month
# A date exists when the product of these is 2 or more: by year (2 when leap), and by month and day (1 for 0229).
_YEARS = np.array([0] + [1 + isleap(year) for year in range(1, 10_000)], np.uint8)
_MONTH_DAYS = np.zeros(10_000, np.uint8)
for _month, _last in enumerate(_DAYS, 1):
    _MONTH_DAYS[_month * 100 + 1 : _month * 100 + _last + 1] = 2
_MONTH_DAYS[229] = 1
OPEN_YEAR = 9999
FEW_VALUES = ("datum", "geheel", "code", "janee")
NUMBERS = {"geheel": (pa.int32(), 9), "bedrag": (pa.int64(), 16)}  # and how many digits they have at most
_NO_TEXT = pa.scalar(None, pa.string())
_ZERO = pa.scalar(0, pa.int32())


@dataclass(frozen=True)
class Getypeerd:
    """A typed column, and what is wrong with its rows (None: nothing).

    `fout` marks rows whose value could not be read or breaks a constraint, with the code for them; `leeg` those that
    have no value and must; `vreemd` those with a code that its list does not know but that is kept.
    """

    kolom: pa.Array
    fout: pa.Array | None = None
    code: str = ""
    leeg: pa.Array | None = None
    vreemd: pa.Array | None = None

    def take(self, rows: pa.Array) -> Getypeerd:
        """The outcome for a column in which these values stand."""
        fout, leeg, vreemd = (None if mask is None else mask.take(rows) for mask in (self.fout, self.leeg, self.vreemd))
        return Getypeerd(self.kolom.take(rows), fout, self.code, leeg, vreemd)


def typeer(veld: Veld, raw: pa.Array) -> Getypeerd:
    """Types one raw column. A burgerservicenummer is not for this function but for `bsn`."""
    if (plain := _PLAIN[veld.type](veld, raw) if veld.type in _PLAIN else None) is not None:
        return Getypeerd(plain, leeg=raw.is_null() if veld.verplicht and raw.null_count else None)
    if veld.type in FEW_VALUES:  # judged once each
        encoded = raw.dictionary_encode(null_encoding="encode")
        judged = _typeer(veld, encoded.dictionary)
        if judged == Getypeerd(encoded.dictionary):  # nothing to say about any of them
            return Getypeerd(raw)
        return judged.take(encoded.indices)
    return _typeer(veld, raw)


def _plain_lhnr(veld: Veld, raw: pa.Array) -> pa.Array | None:
    return raw if all_lhnr(raw) else None


def _plain_number(veld: Veld, raw: pa.Array) -> pa.Array | None:
    """A column of digits and nulls as numbers; None when there is anything in it to be judged."""
    type_, most = NUMBERS[veld.type]
    length = lengths(raw)
    if not only_digits(raw) or length.max(initial=0) > most or np.count_nonzero(length == 0) > raw.null_count:
        return None
    value = raw.cast(type_)
    seen = pc.min_max(value).as_py()
    too_low = veld.minimum is not None and seen["min"] is not None and seen["min"] < veld.minimum
    too_high = veld.maximum is not None and seen["max"] is not None and seen["max"] > veld.maximum
    return None if too_low or too_high else value


def _plain_date(veld: Veld, raw: pa.Array) -> pa.Array | None:
    """A column of whole dates `yyyymmdd` and nulls; None when there is anything in it to be judged."""
    there, digits = lengths(raw) == WORD, content(raw)
    if len(digits) != np.count_nonzero(there) * WORD or not np.array_equal(there, raw.is_valid()):
        return None
    year, month_day, numeric = fours(digits.view("<u8"))
    if not numeric.all() or not (_YEARS.take(year) * _MONTH_DAYS.take(month_day) >= 2).all():
        return None
    year *= 10_000
    year += month_day
    value = year.astype(np.int32)
    if raw.null_count:
        value = np.zeros(len(raw), np.int32)
        value[there] = year
    if veld.open_einde:
        there &= value < OPEN_YEAR * 10_000
    return pa.array(value, mask=None if there.all() else ~there)


def _typeer(veld: Veld, raw: pa.Array) -> Getypeerd:
    text = raw if only_digits(raw) else pc.utf8_trim_whitespace(raw)
    text = pc.if_else(pc.equal(text, ""), _NO_TEXT, text)
    result = _TYPES[veld.type](veld, text)
    if veld.verplicht:
        missing = pc.is_null(text)
        if pc.any(missing).as_py():
            return replace(result, leeg=missing)
    return result


def _judge(text: pa.Array, kolom: pa.Array, code: str) -> Getypeerd:
    """Marks rows that had text and got no value."""
    fout = pc.and_(pc.is_valid(text), pc.is_null(kolom))
    return Getypeerd(kolom, fout, code) if pc.any(fout).as_py() else Getypeerd(kolom)


def _tekst(veld: Veld, text: pa.Array) -> Getypeerd:
    return _vorm(veld, text) or Getypeerd(text)


def _vorm(veld: Veld, text: pa.Array) -> Getypeerd | None:
    """The column judged by the form its field declares; None when all is well."""
    fits = None
    if veld.lengte_max is not None:
        fits = pc.less_equal(pc.utf8_length(text), veld.lengte_max)
    if veld.patroon is not None:
        matches = pc.match_substring_regex(text, f"^(?:{veld.patroon})$")
        fits = matches if fits is None else pc.and_(fits, matches)
    if fits is None or pc.all(fits).as_py():
        return None
    return _judge(text, pc.if_else(fits, text, _NO_TEXT), "R-VORM")


def _code(veld: Veld, text: pa.Array) -> Getypeerd:
    if veld.waarden is not None:
        return _judge(text, _map_codes(veld, text), "R-CODE")
    if (formed := _vorm(veld, text)) is not None:
        return formed
    if veld.codelijst is not None:
        known = pc.is_in(text, value_set=_codes(veld.codelijst, codelijst(veld.codelijst)))
        if veld.buiten_lijst == "uitval":
            return _judge(text, pc.if_else(known, text, _NO_TEXT), "R-CODE")
        strange = pc.and_(pc.is_valid(text), pc.invert(known))
        return Getypeerd(text, vreemd=strange if pc.any(strange).as_py() else None)
    return Getypeerd(text)


@lru_cache(maxsize=64)
def _codes(naam: str, codes: frozenset[str]) -> pa.Array:
    return pa.array(sorted(codes), pa.string())


def _map_codes(veld: Veld, text: pa.Array) -> pa.Array:
    waarden = veld.waarden or {}
    index = pc.index_in(text, value_set=pa.array(list(waarden), pa.string()))
    mapped = pa.array(list(waarden.values()), pa.string()).take(index)
    return mapped if veld.anders is None else pc.if_else(pc.is_valid(text), pc.fill_null(mapped, veld.anders), mapped)


def _janee(veld: Veld, text: pa.Array) -> Getypeerd:
    mapped = _map_codes(veld, text)
    judged = _judge(text, pc.equal(mapped, "ja"), "R-CODE")
    return replace(judged, kolom=pc.if_else(pc.equal(mapped, "onbekend"), pa.scalar(None, pa.bool_()), judged.kolom))


def _number(text: pa.Array, digits: tuple[int, int], type_: pa.DataType, sign: str = "[+-]?") -> pa.Array:
    """Whole numbers of so many digits; null for what is none."""
    least, most = digits
    if only_digits(text):
        length = pc.min_max(pc.binary_length(text)).as_py()
        if length["min"] is None or least <= length["min"] <= length["max"] <= most:
            return pc.cast(text, type_)
    readable = pc.match_substring_regex(text, rf"^{sign}\d{{{least},{most}}}$")
    clean = pc.if_else(readable, pc.utf8_ltrim(text, "+"), _NO_TEXT)
    return pc.cast(clean, type_)


def _geheel(veld: Veld, text: pa.Array) -> Getypeerd:
    return _judge(text, _within(veld, _number(text, (1, 9), pa.int32())), "R-GETAL")


def _bedrag(veld: Veld, text: pa.Array) -> Getypeerd:
    return _judge(text, _within(veld, _number(text, (1, 16), pa.int64())), "R-BEDRAG")


def _within(veld: Veld, value: pa.Array) -> pa.Array:
    """The numbers that are neither under the minimum nor over the maximum of their field."""
    nothing = pa.scalar(None, value.type)
    if veld.minimum is not None:
        value = pc.if_else(pc.greater_equal(value, veld.minimum), value, nothing)
    if veld.maximum is not None:
        value = pc.if_else(pc.less_equal(value, veld.maximum), value, nothing)
    return value


def _datum(veld: Veld, text: pa.Array) -> Getypeerd:
    """`yyyymmdd` or `yyyy-mm-dd`; open ends become null where the field says so.

    Where the field says that a date may be incomplete, month and day may be 00 for unknown. Persoonslijsten also hold a
    known day in an unknown month (`19660013`), and SuwiML allows a known day in an unknown year: what comes after the
    first unknown part cannot be used.
    """
    compact = text if only_digits(text) else pc.replace_substring(text, "-", "")
    value = _number(compact, (8, 8), pa.int32(), sign="")
    year = pc.divide(value, pa.scalar(10_000, pa.int32()))
    rest = pc.subtract(value, pc.multiply(year, pa.scalar(10_000, pa.int32())))
    month = pc.divide(rest, 100)
    unknown_year = pc.equal(year, 0)
    unknown_month = pc.or_(pc.equal(month, 0), unknown_year)
    day = pc.if_else(unknown_month, _ZERO, pc.subtract(rest, pc.multiply(month, 100)))
    value = pc.if_else(unknown_month, pc.multiply(year, pa.scalar(10_000, pa.int32())), value)
    in_range = pc.less_equal(month, 12)
    max_day = _MAX_DAY.take(pc.if_else(in_range, month, 0))
    leap = pc.and_(_multiple(year, 4), pc.or_(pc.invert(_multiple(year, 100)), _multiple(year, 400)))
    last = pc.if_else(pc.and_(pc.equal(month, 2), pc.invert(leap)), 28, max_day)
    day_fits = pc.less_equal(day, last)
    open_end = pc.equal(year, OPEN_YEAR)
    readable = pc.and_(in_range, day_fits)
    if not veld.onvolledig:
        readable = pc.and_(readable, pc.greater(day, 0))
    if veld.open_einde:
        readable = pc.or_(readable, open_end)
    kolom = pc.if_else(readable, value, pa.scalar(None, pa.int32()))
    judged = _judge(text, kolom, "R-DATUM")
    if veld.open_einde:
        return Getypeerd(pc.if_else(open_end, pa.scalar(None, pa.int32()), kolom), judged.fout, judged.code)
    return judged


def _multiple(value: pa.Array, of: int) -> pa.Array:
    return pc.equal(pc.multiply(pc.divide(value, of), of), value)


def _lhnr(veld: Veld, text: pa.Array) -> Getypeerd:
    return _judge(text, pc.if_else(pc.match_substring_regex(text, LHNR_VORM), text, _NO_TEXT), "R-LHNR")


_PLAIN = {"lhnr": _plain_lhnr, "datum": _plain_date, "geheel": _plain_number, "bedrag": _plain_number}
_TYPES = {
    "lhnr": _lhnr,
    "tekst": _tekst,
    "code": _code,
    "datum": _datum,
    "geheel": _geheel,
    "bedrag": _bedrag,
    "janee": _janee,
}
