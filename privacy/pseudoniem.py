"""A pseudonym per doel: reversible for the key holder, meaningless and unlinkable for everyone else.

The nine digits of a burgerservicenummer stand in one 16-byte block, padded with zero bytes, under AES-256 with the key
of the doel. ECB is used on purpose: every identifier is exactly one block of its own, so equal blocks mean equal
persons, which is what a pseudonym is for, and there is no longer text in which repeated blocks could show a pattern
(ADR 0004). On the way back the padding is checked, so a token of another doel, or a forged one, is refused.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
from cryptography.hazmat.primitives.ciphers import Cipher, CipherContext, algorithms, modes

from privacy.bsn import DIGITS
from schemas.arrow import PSEUDONIEM
from schemas.fout import KetenFout

BLOCK = 16
LHNR = 12
LHNR_VORM = r"^\d{9}L\d{2}$"
CHUNK_ROWS = 65_536  # 1 MiB at a time stays in the processor's cache


class Pseudonimiseerder:
    """Turns burgerservicenummers into pseudonyms of one doel and key version, and back."""

    def __init__(self, key: bytes) -> None:
        self._cipher = Cipher(algorithms.AES256(key), modes.ECB())  # noqa: S305 - see the module's text

    def versleutel(self, cijfers: npt.NDArray[np.uint8], geldig: npt.NDArray[np.bool_] | None = None) -> pa.Array:
        """Digits, uint8 (n, 9), to n pseudonyms of 16 bytes; null where `geldig` is false."""
        blocks = np.zeros((len(cijfers), BLOCK), dtype=np.uint8)
        blocks[:, :DIGITS] = cijfers
        data = pa.py_buffer(_run(self._cipher.encryptor(), blocks))
        validity = None
        if geldig is not None and not geldig.all():
            validity = pa.py_buffer(np.packbits(geldig, bitorder="little"))
        return pa.Array.from_buffers(PSEUDONIEM, len(cijfers), [validity, data])

    def versleutel_lhnr(self, nummers: pa.Array) -> pa.Array:
        """Loonheffingennummers as text (nine digits, L, two digits; nulls allowed) to pseudonyms.

        Such a number may be the burgerservicenummer of a sole trader with L01 behind it. Its block holds a letter, so
        it can never be taken for the block of a person.
        """
        filled = pc.fill_null(nummers, "0" * DIGITS + "L00")
        text = pa.concat_arrays([filled])  # offsets and data from the start, also of a slice
        blocks = np.zeros((len(text), BLOCK), dtype=np.uint8)
        if len(text):
            blocks[:, :LHNR] = np.frombuffer(text.buffers()[2], np.uint8, len(text) * LHNR).reshape(-1, LHNR)
        data = pa.py_buffer(_run(self._cipher.encryptor(), blocks))
        validity = pa.py_buffer(np.packbits(nummers.is_valid().to_numpy(zero_copy_only=False), bitorder="little"))
        return pa.Array.from_buffers(PSEUDONIEM, len(text), [validity, data])

    def ontsleutel_lhnr(self, pseudoniemen: pa.Array) -> pa.Array:
        """Pseudonyms of loonheffingennummers (nulls allowed) back to text.

        Raises:
            KetenFout: `P-VREEMD` when a token was not made with this key.
        """
        present = pa.concat_arrays([pseudoniemen.drop_null()])
        data = np.frombuffer(present.buffers()[1] or b"", np.uint8, len(present) * BLOCK)
        blocks = _run(self._cipher.decryptor(), data).reshape(-1, BLOCK)
        text = _as_text(blocks[:, :LHNR], LHNR)
        if blocks[:, LHNR:].any() or not pc.all(pc.match_substring_regex(text, LHNR_VORM), min_count=0).as_py():
            raise KetenFout("P-VREEMD")
        return _spread(text, pseudoniemen.is_valid())

    def ontsleutel(self, pseudoniemen: pa.Array) -> npt.NDArray[np.uint8]:
        """Pseudonyms without nulls to digits, uint8 (n, 9).

        Raises:
            KetenFout: `P-VREEMD` when a token was not made with this key.
        """
        start = pseudoniemen.offset * BLOCK
        data = np.frombuffer(pseudoniemen.buffers()[1], dtype=np.uint8)[start : start + len(pseudoniemen) * BLOCK]
        blocks = _run(self._cipher.decryptor(), data).reshape(-1, BLOCK)
        digits = blocks[:, :DIGITS]
        if blocks[:, DIGITS:].any() or ((digits < ord("0")) | (digits > ord("9"))).any():
            raise KetenFout("P-VREEMD")
        return digits

    def ontsleutel_tekst(self, pseudoniemen: pa.Array) -> pa.Array:
        """Pseudonyms (nulls allowed) to burgerservicenummers as text."""
        present = pseudoniemen.drop_null()
        digits = self.ontsleutel(present) if len(present) else np.zeros((0, DIGITS), np.uint8)
        return _spread(_as_text(digits, DIGITS), pseudoniemen.is_valid())


def _as_text(rows: npt.NDArray[np.uint8], width: int) -> pa.Array:
    """ASCII rows (n, width) as a column of n texts."""
    offsets = np.arange(0, (len(rows) + 1) * width, width, dtype=np.int32)
    buffers = [None, pa.py_buffer(offsets), pa.py_buffer(np.ascontiguousarray(rows))]
    return pa.Array.from_buffers(pa.string(), len(rows), buffers)


def _spread(present: pa.Array, valid: pa.Array) -> pa.Array:
    """The present values at the places where there was one, null elsewhere."""
    filled = valid.to_numpy(zero_copy_only=False)
    return present.take(pa.array(np.cumsum(filled) - 1, mask=~filled))


def _run(context: CipherContext, data: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
    flat = np.ascontiguousarray(data).reshape(-1)
    out = np.empty(len(flat) + BLOCK - 1, dtype=np.uint8)  # update_into asks for room for one more partial block
    step = CHUNK_ROWS * BLOCK
    for begin in range(0, len(flat), step):
        piece = flat[begin : begin + step]
        context.update_into(piece.data, memoryview(out.data)[begin : begin + len(piece) + BLOCK - 1])
    return out[: len(flat)]
