"""Digits as text, eight at a time: a value of eight ASCII digits is one 64-bit word.

What costs eight operations a character by character costs one a word, over a whole column at once, on the bytes as
they lie in the Arrow buffer (ADR 0017).
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pyarrow as pa
from numpy.lib.stride_tricks import sliding_window_view

WORD = 8
_ZERO = np.uint8(ord("0"))
_ZEROS, _ABOVE_NINE, _HIGH_BIT = (np.uint64(int.from_bytes(bytes([byte] * WORD))) for byte in (0x30, 0x76, 0x80))
_EVEN_BYTES, _LOW_BITS = np.uint64(0x00FF_00FF_00FF_00FF), np.uint64(0xFFFF)
_FIRST = np.array([2 ** (8 * count) - 1 for count in range(WORD + 1)], np.uint64)  # a mask for the lowest bytes

Bytes = npt.NDArray[np.uint8]
Words = npt.NDArray[np.uint64]
Places = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]


def as_rows(text: pa.Array, width: int) -> Bytes:
    """The bytes of values that are all `width` long, as a matrix (n, width), without copying."""
    return content(text).reshape(-1, width)


def content(text: pa.Array) -> Bytes:
    """The bytes of all values of a text column behind one another, without copying."""
    if not len(text):
        return np.zeros(0, np.uint8)
    offsets = _offsets(text)
    return np.frombuffer(text.buffers()[2] or b"", np.uint8)[offsets[0] : offsets[-1]]


def lengths(text: pa.Array) -> npt.NDArray[np.int32]:
    """How many bytes every value has; 0 for a null."""
    return np.diff(_offsets(text)) if len(text) else np.zeros(0, np.int32)


def begins(text: pa.Array) -> Words:
    """The first eight bytes of every value of any length, the first byte lowest; a shorter one is followed by zeros."""
    if not len(text):
        return np.zeros(0, np.uint64)
    offsets = _offsets(text)
    padded = np.concatenate([content(text), np.zeros(WORD, np.uint8)])
    words = as_words(sliding_window_view(padded, WORD)[offsets[:-1] - offsets[0]])
    return words & _FIRST[np.minimum(lengths(text), WORD)]


def _offsets(text: pa.Array) -> npt.NDArray[np.int32]:
    return np.frombuffer(text.buffers()[1], np.int32)[text.offset : text.offset + len(text) + 1]


def only_digits(text: pa.Array) -> bool:
    """Whether a column holds nothing but ASCII digits, nulls and empty values."""
    return bool((content(text) - _ZERO <= 9).all())


def as_words(rows: Bytes) -> Words:
    """The first eight bytes of every row, the first byte lowest."""
    words: Words = rows[:, :WORD].view("<u8")[:, 0]
    return words


def are_digits(words: Words) -> Mask:
    """Which words consist of eight ASCII digits."""
    return _below_ten(words ^ _ZEROS)


def fours(words: Words) -> tuple[Places, Places, Mask]:
    """The first and the last four digits as numbers, and which words are digits only; of others no sense."""
    value = words ^ _ZEROS
    numeric = _below_ten(value)
    _join(value, 10, 8)
    value &= _EVEN_BYTES  # four pairs of digits
    _join(value, 100, 16)  # twice four digits, with other bits between
    second = value >> np.uint64(32)
    second &= _LOW_BITS
    value &= _LOW_BITS
    return value.view(np.int64), second.view(np.int64), numeric


def _below_ten(values: Words) -> Mask:
    high = values + _ABOVE_NINE
    high |= values
    high &= _HIGH_BIT
    below: Mask = high == 0
    return below


def _join(words: Words, weight: int, bits: int) -> None:
    """Adds to every part of a word, times its weight, the part above it, which holds the next digits."""
    above = words >> np.uint64(bits)
    words *= np.uint64(weight)
    words += above
