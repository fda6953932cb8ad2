"""Gives raw text columns the type their field declares, all rows at once.

What cannot be read is not guessed: the value becomes null and the row is marked, so that the door can reject the record
with a code.
"""

from __future__ import annotations

from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc

from privacy.pseudoniem import LHNR_VORM
from schemas.load import codelijst
from schemas.model import Veld

_DAYS = (31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)
_MAX_DAY = pa.array([0, *_DAYS], pa.int32())  # by month; 0 is an unknown month
OPEN_YEAR = 9999
_NO_TEXT = pa.scalar(None, pa.string())
_ZERO = pa.scalar(0, pa.int32())


@dataclass(frozen=True)
class Getypeerd:
    """A typed column, and what is wrong with its rows (None: nothing).

    `fout` marks rows whose value could not be read, with the code for them; `leeg` those that have no value and must.
    """

    kolom: pa.Array
    fout: pa.Array | None = None
    code: str = ""
    leeg: pa.Array | None = None


def typeer(veld: Veld, raw: pa.Array) -> Getypeerd:
    """Types one raw column. A burgerservicenummer is not for this function but for `bsn`."""
    text = pc.utf8_trim_whitespace(raw)
    text = pc.if_else(pc.equal(text, ""), pa.scalar(None, pa.string()), text)
    result = _TYPES[veld.type](veld, text)
    if veld.verplicht:
        missing = pc.is_null(text)
        if pc.any(missing).as_py():
            return Getypeerd(result.kolom, result.fout, result.code, missing)
    return result


def _judge(text: pa.Array, kolom: pa.Array, code: str) -> Getypeerd:
    """Marks rows that had text and got no value."""
    fout = pc.and_(pc.is_valid(text), pc.is_null(kolom))
    return Getypeerd(kolom, fout, code) if pc.any(fout).as_py() else Getypeerd(kolom)


def _tekst(veld: Veld, text: pa.Array) -> Getypeerd:
    return Getypeerd(text)


def _code(veld: Veld, text: pa.Array) -> Getypeerd:
    if veld.waarden is not None:
        return _judge(text, _map_codes(veld, text), "R-CODE")
    if veld.codelijst is not None:
        allowed = pa.array(sorted(codelijst(veld.codelijst)), pa.string())
        known = pc.is_in(text, value_set=allowed)
        return _judge(text, pc.if_else(known, text, pa.scalar(None, pa.string())), "R-CODE")
    return Getypeerd(text)


def _map_codes(veld: Veld, text: pa.Array) -> pa.Array:
    waarden = veld.waarden or {}
    index = pc.index_in(text, value_set=pa.array(list(waarden), pa.string()))
    mapped = pa.array(list(waarden.values()), pa.string()).take(index)
    return mapped if veld.anders is None else pc.if_else(pc.is_valid(text), pc.fill_null(mapped, veld.anders), mapped)


def _janee(veld: Veld, text: pa.Array) -> Getypeerd:
    mapped = _map_codes(veld, text)
    return _judge(text, pc.equal(mapped, "ja"), "R-CODE")


def _number(text: pa.Array, pattern: str, type_: pa.DataType) -> pa.Array:
    readable = pc.match_substring_regex(text, pattern)
    clean = pc.if_else(readable, pc.utf8_ltrim(text, "+"), pa.scalar(None, pa.string()))
    return pc.cast(clean, type_)


def _geheel(veld: Veld, text: pa.Array) -> Getypeerd:
    return _judge(text, _number(text, r"^[+-]?\d{1,9}$", pa.int32()), "R-GETAL")


def _bedrag(veld: Veld, text: pa.Array) -> Getypeerd:
    return _judge(text, _number(text, r"^[+-]?\d{1,16}$", pa.int64()), "R-BEDRAG")


def _datum(veld: Veld, text: pa.Array) -> Getypeerd:
    """`yyyymmdd` or `yyyy-mm-dd`; 00 for an unknown month or day; open ends become null where the field says so.

    Persoonslijsten also hold a known day in an unknown month (`19660013`); only the year of such a date can be used.
    """
    compact = pc.replace_substring(text, "-", "")
    value = _number(compact, r"^\d{8}$", pa.int32())
    year = pc.divide(value, pa.scalar(10_000, pa.int32()))
    rest = pc.subtract(value, pc.multiply(year, pa.scalar(10_000, pa.int32())))
    month = pc.divide(rest, 100)
    unknown_month = pc.equal(month, 0)
    day = pc.if_else(unknown_month, _ZERO, pc.subtract(rest, pc.multiply(month, 100)))
    value = pc.if_else(unknown_month, pc.multiply(year, pa.scalar(10_000, pa.int32())), value)
    in_range = pc.less_equal(month, 12)
    max_day = _MAX_DAY.take(pc.if_else(in_range, month, 0))
    leap = pc.and_(_multiple(year, 4), pc.or_(pc.invert(_multiple(year, 100)), _multiple(year, 400)))
    last = pc.if_else(pc.and_(pc.equal(month, 2), pc.invert(leap)), 28, max_day)
    day_fits = pc.less_equal(day, last)
    open_end = pc.equal(year, OPEN_YEAR)
    readable = pc.and_(in_range, day_fits)
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


_TYPES = {
    "lhnr": _lhnr,
    "tekst": _tekst,
    "code": _code,
    "datum": _datum,
    "geheel": _geheel,
    "bedrag": _bedrag,
    "janee": _janee,
}
