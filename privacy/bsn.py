"""Checks burgerservicenummers a column at a time.

A burgerservicenummer has nine digits and passes the elfproef: the sum of the digits weighted 9, 8, 7, 6, 5, 4, 3, 2,
-1 is divisible by 11 (Besluit burgerservicenummer; RvIG Logisch Ontwerp BSN). 000000000 passes that sum and is refused
all the same. An eight-digit value has lost its leading zero; it gets it back, and that is counted.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

DIGITS = 9
WEIGHTS = np.array([9, 8, 7, 6, 5, 4, 3, 2, -1], dtype=np.int32)
CODES = (None, "R-BSN-LEEG", "R-BSN-VORM", "R-BSN-ELFPROEF")
GOED, LEEG, VORM, ELFPROEF = range(4)


def _weighted(first: int, count: int) -> npt.NDArray[np.uint8]:
    """For every number of `count` digits standing at digit `first`: its weighted sum modulo 11."""
    numbers = np.arange(10**count)
    total = sum((numbers // 10 ** (count - 1 - i) % 10) * WEIGHTS[first + i] for i in range(count))
    return np.asarray(total % 11, dtype=np.uint8)


# The elfproef as two look-ups: the first five digits and the last four.
_HEAD, _TAIL = _weighted(0, 5), _weighted(5, 4)


@dataclass(frozen=True)
class BsnKolom:
    """The outcome for a column of n values.

    `cijfers` is uint8 (n, 9), ASCII digits, meaningful where `code` is 0; `nummer` the same as int32; `code` an index
    in `CODES`; `voorloopnul` which values got a leading zero.
    """

    cijfers: npt.NDArray[np.uint8]
    nummer: npt.NDArray[np.int32]
    code: npt.NDArray[np.uint8]
    voorloopnul: npt.NDArray[np.bool_]

    @property
    def goed(self) -> npt.NDArray[np.bool_]:
        """Which values are a burgerservicenummer."""
        good: npt.NDArray[np.bool_] = self.code == GOED
        return good


def check_bsn(column: pa.Array) -> BsnKolom:
    """Checks a text column (nulls allowed) of n values."""
    text = pc.fill_null(pc.ascii_trim_whitespace(column), "")
    length = pc.binary_length(text).to_numpy(zero_copy_only=False)
    code = np.where(length == 0, LEEG, VORM).astype(np.uint8)
    cijfers = np.full((len(column), DIGITS), ord("0"), dtype=np.uint8)
    nummer = np.zeros(len(column), dtype=np.int32)
    sized = np.flatnonzero((length == DIGITS) | (length == DIGITS - 1))
    if len(sized):
        chosen = text if len(sized) == len(text) else text.take(pa.array(sized))
        padded = _as_matrix(pc.ascii_lpad(chosen, DIGITS, "0"))
        value, numeric = as_numbers(padded)
        elf = (_HEAD[value // 10_000] + _TAIL[value % 10_000]) % 11 == 0
        good = numeric & elf & (value != 0)
        code[sized] = np.where(good, GOED, np.where(numeric, ELFPROEF, VORM))
        cijfers[sized[good]] = padded[good]
        nummer[sized[good]] = value[good]
    return BsnKolom(cijfers, nummer, code, (length == DIGITS - 1) & (code == GOED))


def _as_matrix(text: pa.Array) -> npt.NDArray[np.uint8]:
    """The bytes of nine-byte values as a matrix (n, 9), without copying; multi-byte text becomes no digits."""
    start = text.offset
    offsets = np.frombuffer(text.buffers()[1], dtype=np.int32)[start : start + len(text) + 1]
    data = np.frombuffer(text.buffers()[2], dtype=np.uint8)[offsets[0] : offsets[-1]]
    return data.reshape(len(text), DIGITS)


def as_numbers(padded: npt.NDArray[np.uint8]) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.bool_]]:
    """Values (n) of nine ASCII digits (n, 9), and which rows are digits only; the others get value 0."""
    value = np.zeros(len(padded), dtype=np.int32)
    highest = np.zeros(len(padded), dtype=np.uint8)
    for place in range(DIGITS):
        digit = padded[:, place] - np.uint8(ord("0"))  # wraps around below "0", so only digits are at most 9
        np.maximum(highest, digit, out=highest)
        value *= 10
        value += digit
    numeric = highest <= 9
    value[~numeric] = 0
    return value, numeric
