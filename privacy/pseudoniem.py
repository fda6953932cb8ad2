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
from privacy.cijfers import WORD, are_digits, as_rows, as_words, lengths
from schemas.arrow import PSEUDONIEM
from schemas.fout import KetenFout

BLOCK = 16
LHNR = 12
LHNR_VORM = r"^\d{9}L\d{2}$"
LITTLE_ENDIAN = "<u8"
# The end of a loonheffingennummer, `0L00`, and what lifts each of its bytes that is too high over 127.
_TAIL, _TOO_HIGH, _HIGH_BITS = (np.uint32(int.from_bytes(b, "little")) for b in (b"0L00", b"v\x7fvv", b"\x80" * 4))
CHUNK_ROWS = 16_384  # what is in hand, in and out, stays in the processor's cache


class Pseudonimiseerder:
    """Turns burgerservicenummers into pseudonyms of one doel and key version, and back."""

    def __init__(self, key: bytes, versie: int = 1) -> None:
        self.versie = versie
        self._cipher = Cipher(algorithms.AES256(key), modes.ECB())  # noqa: S305 # nosec B305 # see the module's text

    def versleutel(self, cijfers: npt.NDArray[np.uint8], geldig: npt.NDArray[np.bool_] | None = None) -> pa.Array:
        """Digits, uint8 (n, 9), to n pseudonyms of 16 bytes; null where `geldig` is false."""
        data = pa.py_buffer(_encrypt(self._cipher.encryptor(), cijfers))
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
        data = pa.py_buffer(_encrypt(self._cipher.encryptor(), as_rows(filled, LHNR)))
        validity = None
        if nummers.null_count:
            validity = pa.py_buffer(np.packbits(nummers.is_valid().to_numpy(zero_copy_only=False), bitorder="little"))
        return pa.Array.from_buffers(PSEUDONIEM, len(filled), [validity, data])

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
        last = blocks.view(LITTLE_ENDIAN)[:, 1]  # the ninth digit and the padding, as one number
        if not (are_digits(as_words(blocks)).all() and (last - np.uint64(ord("0")) <= 9).all()):
            raise KetenFout("P-VREEMD")
        return blocks[:, :DIGITS]

    def open_blokken(self, pseudoniemen: pa.Array) -> npt.NDArray[np.uint8]:
        """Pseudonyms of persons and of loonheffingennummers to what they were made of, uint8 (n, 16); zeros for a null.

        Raises:
            KetenFout: `P-VREEMD` when a token was not made with this key.
        """
        try:
            present = pa.concat_arrays([pseudoniemen.drop_null().cast(PSEUDONIEM)])
        except pa.ArrowInvalid:
            raise KetenFout("P-VREEMD") from None
        data = np.frombuffer(present.buffers()[1] or b"", np.uint8, len(present) * BLOCK)
        found = _run(self._cipher.decryptor(), data).reshape(-1, BLOCK)
        if not _is_block(found).all():
            raise KetenFout("P-VREEMD")
        if not pseudoniemen.null_count:
            return found
        blocks = np.zeros((len(pseudoniemen), BLOCK), np.uint8)
        blocks[pseudoniemen.is_valid().to_numpy(zero_copy_only=False)] = found
        return blocks

    def sluit_blokken(self, blokken: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
        """Blocks, uint8 (n, 16), encrypted as they are."""
        return _run(self._cipher.encryptor(), blokken).reshape(-1, BLOCK)

    def herversleutel(self, pseudoniemen: pa.Array, naar: Pseudonimiseerder) -> pa.Array:
        """Pseudonyms of this key (nulls allowed, of any binary type) as those of another, of the same type.

        Raises:
            KetenFout: `P-VREEMD` when a token was not made with this key.
        """
        data = pa.py_buffer(naar.sluit_blokken(self.open_blokken(pseudoniemen)))
        valid = pseudoniemen.is_valid().to_numpy(zero_copy_only=False)
        buffers = [pa.py_buffer(np.packbits(valid, bitorder="little")), data]
        return pa.Array.from_buffers(PSEUDONIEM, len(pseudoniemen), buffers).cast(pseudoniemen.type)

    def ontsleutel_tekst(self, pseudoniemen: pa.Array) -> pa.Array:
        """Pseudonyms (nulls allowed) to burgerservicenummers as text."""
        present = pseudoniemen.drop_null()
        digits = self.ontsleutel(present) if len(present) else np.zeros((0, DIGITS), np.uint8)
        text = _as_text(_packed(digits), DIGITS)
        return _spread(text, pseudoniemen.is_valid()) if pseudoniemen.null_count else text


def _is_block(blocks: npt.NDArray[np.uint8]) -> npt.NDArray[np.bool_]:
    """Which blocks, uint8 (n, 16), hold nine digits, alone or as a loonheffingennummer."""
    digit = (blocks >= ord("0")) & (blocks <= ord("9"))
    person = ~blocks[:, DIGITS:LHNR].any(axis=1)
    employer = (blocks[:, DIGITS] == ord("L")) & digit[:, DIGITS + 1 : LHNR].all(axis=1)
    found: npt.NDArray[np.bool_] = digit[:, :DIGITS].all(axis=1) & (person | employer) & ~blocks[:, LHNR:].any(axis=1)
    return found


def _as_text(rows: npt.NDArray[np.uint8], width: int) -> pa.Array:
    """ASCII rows (n, width) as a column of n texts."""
    offsets = np.arange(0, (len(rows) + 1) * width, width, dtype=np.int32)
    buffers = [None, pa.py_buffer(offsets), pa.py_buffer(np.ascontiguousarray(rows))]
    return pa.Array.from_buffers(pa.string(), len(rows), buffers)


def _spread(present: pa.Array, valid: pa.Array) -> pa.Array:
    """The present values at the places where there was one, null elsewhere."""
    filled = valid.to_numpy(zero_copy_only=False)
    return present.take(pa.array(np.cumsum(filled) - 1, mask=~filled))


def _packed(digits: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
    """Rows (n, 9) without what stood between them."""
    rows = np.empty((len(digits), DIGITS), np.uint8)
    as_words(rows)[:] = as_words(digits)
    rows[:, WORD] = digits[:, WORD]
    return rows


def all_lhnr(nummers: pa.Array) -> bool:
    """Whether every value of a text column is there and has the form of a loonheffingennummer."""
    if nummers.null_count or not (lengths(nummers) == LHNR).all():
        return False
    rows = as_rows(nummers, LHNR)
    tail = rows.view("<u4")[:, 2] ^ _TAIL  # the ninth digit, the letter, two digits
    return bool(are_digits(as_words(rows)).all() and not (((tail + _TOO_HIGH) | tail) & _HIGH_BITS).any())


def _encrypt(context: CipherContext, text: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
    """Every row (n, 9 or 12) as a block, padded with zero bytes and encrypted; the blocks are made in cache."""
    out = np.empty(len(text) * BLOCK + BLOCK - 1, dtype=np.uint8)  # see _run
    blocks = np.zeros((min(CHUNK_ROWS, len(text)), 2), LITTLE_ENDIAN)
    words, rest = as_words(text), text[:, WORD:].view(f"<u{text.shape[1] - WORD}")[:, 0]
    plain = blocks.view(np.uint8).reshape(-1).data
    for begin in range(0, len(text), CHUNK_ROWS):
        end = min(begin + CHUNK_ROWS, len(text))
        blocks[: end - begin, 0] = words[begin:end]
        blocks[: end - begin, 1] = rest[begin:end]
        room = memoryview(out.data)[begin * BLOCK : end * BLOCK + BLOCK - 1]
        context.update_into(plain[: (end - begin) * BLOCK], room)
    return out[: len(text) * BLOCK]


def _run(context: CipherContext, data: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
    flat = np.ascontiguousarray(data).reshape(-1)
    out = np.empty(len(flat) + BLOCK - 1, dtype=np.uint8)  # update_into asks for room for one more partial block
    step = CHUNK_ROWS * BLOCK
    for begin in range(0, len(flat), step):
        piece = flat[begin : begin + step]
        context.update_into(piece.data, memoryview(out.data)[begin : begin + len(piece) + BLOCK - 1])
    return out[: len(flat)]
