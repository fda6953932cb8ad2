"""Rows of text from pieces: columns and fixed texts, put side by side for a whole chunk at a time.

Every piece a row can hold, the fixed texts included, stands once in one array of texts (the spool). A row is a list of
positions in it, so all rows together are one gather (`take`) that copies each piece once: half the time of a string
join, and an absent value costs nothing but the position of the empty text. There is no Python per row.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa

Posities = npt.NDArray[np.int32]
VOOR, LEEG = 0, 1  # the position of what is known only when a row is woven, and of the empty text


@dataclass(frozen=True)
class Rijen:
    """Rendered rows: row i is `data[grens[i]:grens[i + 1]]`."""

    data: memoryview
    grens: Posities

    def per(self, grens: npt.NDArray[np.int64]) -> pa.StringArray:
        """The rows [grens[i], grens[i + 1]) put together, one text for each i, without a copy."""
        offsets = self.grens[grens]
        return pa.StringArray.from_buffers(len(grens) - 1, pa.py_buffer(offsets), pa.py_buffer(self.data))


@dataclass(frozen=True)
class Schering:
    """A chunk of rows of which every piece is in place: row i is `spoel[posities[i]]`, joined."""

    spoel: pa.StringArray
    posities: Posities

    def weef(self, start: int, stop: int, voor: str = "") -> Rijen:
        """Rows [start, stop), with `voor` where a row has its place for it."""
        rows, width = stop - start, self.posities.shape[1]
        if not rows * width:
            return Rijen(memoryview(b""), np.zeros(rows + 1, np.int32))
        spoel = pa.concat_arrays([pa.array([voor]), self.spoel.slice(1)]) if voor else self.spoel
        woven = spoel.take(pa.array(self.posities[start:stop].reshape(-1)))
        _, offsets, data = woven.buffers()
        grens = np.frombuffer(offsets, np.int32)[: rows * width + 1 : width]
        return Rijen(memoryview(data or b"").cast("B"), grens)


class Weefsel:
    """A chunk of rows in the making: `vast` and `voeg_toe` put texts on the spool, `zet` puts a piece in every row."""

    def __init__(self, rows: int) -> None:
        """For a known number of rows."""
        self._rows = rows
        self._spool: list[pa.StringArray] = []
        self._length = 0
        self._pieces: list[Posities | int] = []
        self.vast(["", ""])  # VOOR and LEEG

    def vast(self, texts: Sequence[str]) -> int:
        """Puts fixed texts on the spool; returns the position of the first."""
        return self.voeg_toe(pa.array(texts, pa.string()))

    def voeg_toe(self, texts: pa.StringArray) -> int:
        """Puts a column on the spool; returns the position of its first value. A null there must not be used."""
        if texts.null_count:
            _, offsets, data = texts.buffers()
            texts = pa.StringArray.from_buffers(len(texts), offsets, data, None, 0, texts.offset)
        self._spool.append(texts)
        self._length += len(texts)
        return self._length - len(texts)

    def zet(self, positions: Posities | int) -> None:
        """Adds a piece to every row: the text at the one position, or at each row's own."""
        self._pieces.append(positions)

    def af(self) -> Schering:
        """The rows, ready to be woven."""
        positions = np.empty((len(self._pieces), self._rows), np.int32)
        for place, piece in enumerate(self._pieces):
            positions[place] = piece
        return Schering(pa.concat_arrays(self._spool), np.ascontiguousarray(positions.T))
