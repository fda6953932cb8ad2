"""Checks burgerservicenummers a column at a time.

A burgerservicenummer has nine digits and passes the elfproef: the sum of the digits weighted 9, 8, 7, 6, 5, 4, 3, 2,
-1 is divisible by 11 (Besluit burgerservicenummer; RvIG Logisch Ontwerp BSN). 000000000 passes that sum and is refused
all the same. An eight-digit value has lost its leading zero; it gets it back, and that is counted.

The first eight digits are handled as one 64-bit word, eight bytes in one operation (ADR 0017).
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

DIGITS, WORD = 9, 8
WEIGHTS = np.array([9, 8, 7, 6, 5, 4, 3, 2, -1], dtype=np.int32)
CODES = (None, "R-BSN-LEEG", "R-BSN-VORM", "R-BSN-ELFPROEF")
GOED, LEEG, VORM, ELFPROEF = range(4)

Cijfers = npt.NDArray[np.uint8]
Words = npt.NDArray[np.uint64]
Places = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]
_ZERO = np.uint8(ord("0"))
_ZEROS, _ABOVE_NINE, _HIGH_BIT = (np.uint64(int.from_bytes(bytes([byte] * WORD))) for byte in (0x30, 0x76, 0x80))
_EVEN_BYTES, _LOW_BITS = np.uint64(0x00FF_00FF_00FF_00FF), np.uint64(0xFFFF)


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

    cijfers: Cijfers
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
    if _all_nine_bytes(text):
        result = _check(_as_matrix(text))
        if VORM not in result.code:
            return result
    text = pc.ascii_trim_whitespace(text)
    length = pc.binary_length(text).to_numpy(zero_copy_only=False)
    sized = (length == DIGITS) | (length == DIGITS - 1)
    padded = pc.ascii_lpad(pc.if_else(pa.array(sized), text, ""), DIGITS, "0")
    result = _check(_as_matrix(padded))
    code = np.where(sized, result.code, np.where(length == 0, LEEG, VORM)).astype(np.uint8)
    return BsnKolom(result.cijfers, result.nummer, code, (length == DIGITS - 1) & (code == GOED))


def _all_nine_bytes(text: pa.Array) -> bool:
    offsets = np.frombuffer(text.buffers()[1], np.int32)[text.offset : text.offset + len(text) + 1]
    return bool((np.diff(offsets) == DIGITS).all())


def _as_matrix(text: pa.Array) -> Cijfers:
    """The bytes of nine-byte values as a matrix (n, 9), without copying."""
    if not len(text):
        return np.zeros((0, DIGITS), np.uint8)
    first = np.frombuffer(text.buffers()[1], np.int32)[text.offset]
    return np.frombuffer(text.buffers()[2], np.uint8, len(text) * DIGITS, first).reshape(-1, DIGITS)


def _check(cijfers: Cijfers) -> BsnKolom:
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


def as_words(cijfers: Cijfers) -> Words:
    """The first eight bytes of every row, the first byte lowest."""
    words: Words = cijfers[:, :WORD].view("<u8")[:, 0]
    return words


def are_digits(words: Words) -> Mask:
    """Which words consist of eight ASCII digits."""
    return _below_ten(words ^ _ZEROS)


def _below_ten(values: Words) -> Mask:
    high = values + _ABOVE_NINE
    high |= values
    high &= _HIGH_BIT
    below: Mask = high == 0
    return below


def as_numbers(cijfers: Cijfers) -> tuple[npt.NDArray[np.int32], Mask]:
    """Values (n) of nine ASCII digits (n, 9), and which rows are digits only; the others get value 0."""
    first, second, last, numeric = _digits(cijfers)
    return _number(first, second, last) * numeric, numeric


def _digits(cijfers: Cijfers) -> tuple[Places, Places, Cijfers, Mask]:
    """Four digits, four digits and the last one, as numbers, and which rows are digits only; of others no sense."""
    value, last = as_words(cijfers) ^ _ZEROS, cijfers[:, WORD] - _ZERO
    numeric = _below_ten(value)
    numeric &= last <= 9
    _join(value, 10, 8)
    value &= _EVEN_BYTES  # four pairs of digits
    _join(value, 100, 16)  # twice four digits, with other bits between
    second = value >> np.uint64(32)
    second &= _LOW_BITS
    value &= _LOW_BITS
    return value.view(np.int64), second.view(np.int64), last, numeric


def _join(words: Words, weight: int, bits: int) -> None:
    """Adds to every part of a word, times its weight, the part above it, which holds the next digits."""
    above = words >> np.uint64(bits)
    words *= np.uint64(weight)
    words += above


def _number(first: Places, second: Places, last: Cijfers) -> npt.NDArray[np.int32]:
    eight = first * 10_000
    eight += second
    number = eight.astype(np.int32)
    number *= 10
    number += last
    return number
