"""On which line of a file a record begins: the last step back from a signal to its source."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from connectors.bestand import is_archive

_BLOCK = 16 * 2**20
_NEWLINE, _QUOTE = ord("\n"), ord('"')
_HEADER = {"csv": 1, "lo_brp": 1, "jsonregels": 0}  # records of the format that are not records of the bron


def regel_van(pad: Path, formaat: str, record_nr: int) -> int | None:
    """The line (from 1) on which record `record_nr` (from 1) of a file begins.

    None for a format in which a record has no line of its own (XML, Parquet, a JSON document, an archive). A record of
    CSV may hold newlines between quotes, and an empty line is no record. Reads as far as it must, a block at a time.
    """
    if formaat not in _HEADER or is_archive(pad):
        return None
    teller = _Regelteller(record_nr + _HEADER[formaat], quotes=formaat != "jsonregels")
    with pad.open("rb") as stream:
        while block := stream.read(_BLOCK):
            if (regel := teller.zie(block)) is not None:
                return regel
    return None


class _Regelteller:
    """Counts lines and records until the record that is wanted (from 1, the header among them) begins."""

    def __init__(self, wanted: int, *, quotes: bool) -> None:
        self._left, self._quotes = wanted, quotes
        self._lines, self._at_start, self._inside = 0, True, False

    def zie(self, block: bytes) -> int | None:
        """Takes the next block; the line of the record when it begins here."""
        plain = not self._inside and not (self._quotes and b'"' in block)
        if plain and not (self._at_start and block.startswith((b"\r", b"\n"))) and not _has_empty_line(block):
            return self._plain(block)
        bare = block.replace(b"\r", b"")
        return self._careful(bare) if bare else None

    def _plain(self, block: bytes) -> int | None:
        """Every line is a record, so that counting newlines is enough."""
        newlines = block.count(b"\n")
        starts = newlines + self._at_start - block.endswith(b"\n")
        if starts >= self._left:
            return self._lines + self._left + (not self._at_start)
        self._left, self._lines, self._at_start = self._left - starts, self._lines + newlines, block.endswith(b"\n")
        return None

    def _careful(self, block: bytes) -> int | None:
        data = np.frombuffer(block, np.uint8)
        newline = data == _NEWLINE
        outside = np.ones(len(data), bool)
        if self._quotes:
            outside = (np.cumsum(data == _QUOTE) + self._inside) % 2 == 0
        ends = newline & outside
        starts = np.flatnonzero(np.concatenate(([self._at_start], ends[:-1])) & ~newline)
        if len(starts) >= self._left:
            return self._lines + int(np.count_nonzero(newline[: starts[self._left - 1]])) + 1
        self._left, self._lines = self._left - len(starts), self._lines + int(np.count_nonzero(newline))
        self._at_start, self._inside = bool(ends[-1]), not bool(outside[-1])
        return None


def _has_empty_line(block: bytes) -> bool:
    """Whether a line ends where the one before ended; two bytes at a time, many times as fast as a search for them."""
    pairs = [np.frombuffer(block, "<u2", (len(block) - begin) // 2, begin) for begin in (0, 1)]
    wanted = (0x0A0A, 0x0D0A) if b"\r" in block else (0x0A0A,)  # little-endian: newline, and what comes after it
    return any(bool((pair == value).any()) for pair in pairs for value in wanted)
