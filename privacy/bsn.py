"""Checks burgerservicenummers a column at a time.

A burgerservicenummer has nine digits and passes the elfproef: the sum of the digits weighted 9, 8, 7, 6, 5, 4, 3, 2,
-1 is divisible by 11 (Besluit burgerservicenummer; RvIG Logisch Ontwerp BSN). 000000000 passes that sum and is refused
all the same. An eight-digit value has lost its leading zero; it gets it back, and that is counted.

The first eight digits are handled as one 64-bit word, eight bytes in one operation (`privacy.cijfers`, ADR 0017).
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from privacy.cijfers import WORD, Bytes, Mask, Places, as_rows, as_words, fours, lengths

DIGITS = 9
WEIGHTS = np.array([9, 8, 7, 6, 5, 4, 3, 2, -1], dtype=np.int32)
CODES = (None, "R-BSN-LEEG", "R-BSN-VORM", "R-BSN-ELFPROEF")
GOED, LEEG, VORM, ELFPROEF = range(4)

_ZERO = np.uint8(ord("0"))


def _weighted(first: int, count: int) -> npt.NDArray[np.uint8]:
    """For every number of `count` digits standing at digit `first`: its weighted sum modulo 11."""
    numbers = np.arange(10**count)
    total = sum((numbers // 10 ** (count - 1 - i) % 10) * WEIGHTS[first + i] for i in range(count))
    return np.asarray(total % 11, dtype=np.uint8)


# The elfproef as two look-ups, for the first four digits and the next four: the ninth must equal their sum modulo 11.
# What is no number has room in the tables too, and is refused on other grounds.
_FIRST, _SECOND = (np.resize(_weighted(first, 4), 2**16) for first in (0, 4))


@dataclass(frozen=True)
class BsnKolom:
    """The outcome for a column of n values.

    `cijfers` is uint8 (n, 9), ASCII digits, meaningful where `code` is 0; `nummer` the same as int32; `code` an index
    in `CODES`; `voorloopnul` which values got a leading zero; `lid` is for whoever keeps which persons belong to what.
    """

    cijfers: Bytes
    nummer: npt.NDArray[np.int32]
    code: npt.NDArray[np.uint8]
    voorloopnul: Mask
    lid: dict[int, Mask] = field(default_factory=dict)

    @property
    def goed(self) -> Mask:
        """Which values are a burgerservicenummer."""
        good: Mask = self.code == GOED
        return good

    def kies(self, mask: Mask) -> BsnKolom:
        """The chosen values only."""
        lid = {key: belongs[mask] for key, belongs in self.lid.items()}
        return BsnKolom(self.cijfers[mask], self.nummer[mask], self.code[mask], self.voorloopnul[mask], lid)


def check_bsn(column: pa.Array) -> BsnKolom:
    """Checks a text column (nulls allowed) of n values."""
    text = pc.fill_null(column, "")
    if (lengths(text) == DIGITS).all():
        result = _check(as_rows(text, DIGITS))
        if VORM not in result.code:
            return result
    text = pc.ascii_trim_whitespace(text)
    length = pc.binary_length(text).to_numpy(zero_copy_only=False)
    sized = (length == DIGITS) | (length == DIGITS - 1)
    padded = pc.ascii_lpad(pc.if_else(pa.array(sized), text, ""), DIGITS, "0")
    result = _check(as_rows(padded, DIGITS))
    code = np.where(sized, result.code, np.where(length == 0, LEEG, VORM)).astype(np.uint8)
    return BsnKolom(result.cijfers, result.nummer, code, (length == DIGITS - 1) & (code == GOED))


def _check(cijfers: Bytes) -> BsnKolom:
    first, second, last, numeric = _digits(cijfers)
    total = _FIRST.take(first)
    total += _SECOND.take(second)  # at most 20
    good = total == last
    good |= total == last + np.uint8(11)
    nummer = _number(first, second, last)
    good &= numeric
    good &= nummer != 0
    code = np.zeros(len(good), np.uint8)
    if not good.all():  # nothing is left of what is refused
        code = np.where(good, np.uint8(GOED), np.where(numeric, np.uint8(ELFPROEF), np.uint8(VORM)))
        cijfers, nummer = cijfers.copy(), nummer * good
        cijfers[~good] = _ZERO
    return BsnKolom(cijfers, nummer, code, np.zeros(len(code), bool))


def as_numbers(cijfers: Bytes) -> tuple[npt.NDArray[np.int32], Mask]:
    """Values (n) of nine ASCII digits (n, 9), and which rows are digits only; the others get value 0."""
    first, second, last, numeric = _digits(cijfers)
    return _number(first, second, last) * numeric, numeric


def _digits(cijfers: Bytes) -> tuple[Places, Places, Bytes, Mask]:
    """Four digits, four digits and the last one, as numbers, and which rows are digits only; of others no sense."""
    first, second, numeric = fours(as_words(cijfers))
    last = cijfers[:, WORD] - _ZERO
    numeric &= last <= 9
    return first, second, last, numeric


def _number(first: Places, second: Places, last: Bytes) -> npt.NDArray[np.int32]:
    eight = first * 10_000
    eight += second
    number = eight.astype(np.int32)
    number *= 10
    number += last
    return number
