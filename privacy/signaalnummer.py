"""The signaalId: the same person, product, code, subject and start have the same in every run, whatever key version.

It may not be made from the pseudonym, which changes at a rotation, nor from the burgerservicenummer without a key, for
then whoever tries all nine-digit numbers finds the person. It is a CBC-MAC under a key of the doel that is used for
nothing else and does not rotate, over exactly three blocks: person, employer (or zeros), digest of the rest. With a
fixed number of blocks CBC-MAC over a block cipher is a pseudo-random function (Bellare, Kilian and Rogaway, 2000).
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from privacy.pseudoniem import BLOCK, Pseudonimiseerder

HEX = np.frombuffer(b"".join(b"%02x" % value for value in range(256)), np.uint8).reshape(256, 2)
DIGIT = np.zeros(256, np.uint8)
DIGIT[np.frombuffer(b"0123456789abcdef", np.uint8)] = np.arange(16)


def signaalnummers(
    sleutel: bytes,
    persoon: npt.NDArray[np.uint8],
    werkgever: npt.NDArray[np.uint8],
    kenmerk: npt.NDArray[np.uint8],
) -> pa.Array:
    """Three blocks each, uint8 (n, 16), to n numbers of 32 hexadecimal digits."""
    cipher = Pseudonimiseerder(sleutel)
    state = cipher.sluit_blokken(persoon)
    for block in (werkgever, kenmerk):
        state = cipher.sluit_blokken(state ^ block)
    return als_hex(state)


def herversleutel_nummers(nummers: pa.Array, naar: Pseudonimiseerder) -> pa.Array:
    """Numbers that were computed from pseudonyms of an earlier key version, encrypted under a new one.

    Who has the old key could find persons with them as they were. Equal ones stay equal and different ones different.
    """
    return als_hex(naar.sluit_blokken(van_hex(nummers)))


def as_blokken(kolom: pa.Array) -> npt.NDArray[np.uint8]:
    """A column of 16 bytes, without nulls, as blocks, uint8 (n, 16)."""
    start = kolom.offset * BLOCK
    data = np.frombuffer(kolom.buffers()[1] or b"", np.uint8)[start : start + len(kolom) * BLOCK]
    return data.reshape(-1, BLOCK)


def als_hex(blokken: npt.NDArray[np.uint8]) -> pa.Array:
    """Blocks, uint8 (n, 16), as text."""
    offsets = np.arange(0, (len(blokken) + 1) * 2 * BLOCK, 2 * BLOCK, dtype=np.int32)
    return pa.Array.from_buffers(pa.string(), len(blokken), [None, pa.py_buffer(offsets), pa.py_buffer(HEX[blokken])])


def van_hex(text: pa.Array) -> npt.NDArray[np.uint8]:
    """Texts of 32 hexadecimal digits, without nulls, as blocks, uint8 (n, 16)."""
    whole = pa.concat_arrays([text.cast(pa.string())])  # offsets and data from the start, also of a slice
    digits = np.frombuffer(whole.buffers()[2] or b"", np.uint8, len(whole) * 2 * BLOCK).reshape(-1, 2 * BLOCK)
    values: npt.NDArray[np.uint8] = DIGIT[digits]
    blocks: npt.NDArray[np.uint8] = values[:, 0::2] * np.uint8(16) + values[:, 1::2]
    return blocks
