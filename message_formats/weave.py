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
LEEG = 0  # the position of the empty text


@dataclass(frozen=True)
class Rijen:
    """Rendered rows: row i is `data[grens[i]:grens[i + 1]]`."""

    data: memoryview
    grens: Posities

    def __len__(self) -> int:
        """How many rows there are."""
        return len(self.grens) - 1

    def slice(self, start: int, stop: int) -> memoryview:
        """The text of rows [start, stop)."""
        return self.data[self.grens[start] : self.grens[stop]]

    def tekst(self, start: int, stop: int) -> pa.StringArray:
        """Rows [start, stop) as a column, without a copy."""
        offsets = np.ascontiguousarray(self.grens[start : stop + 1])
        return pa.StringArray.from_buffers(stop - start, pa.py_buffer(offsets), pa.py_buffer(self.data))

    def per(self, grens: npt.NDArray[np.int64]) -> pa.StringArray:
        """The rows [grens[i], grens[i + 1]) put together, one text for each i, without a copy."""
        offsets = self.grens[grens]
        return pa.StringArray.from_buffers(len(grens) - 1, pa.py_buffer(offsets), pa.py_buffer(self.data))


class Weefsel:
    """A chunk of rows in the making: `vast` and `voeg_toe` put texts on the spool, `zet` puts a piece in every row."""

    def __init__(self, rows: int) -> None:
        """For a known number of rows."""
        self._rows = rows
        self._spool: list[pa.StringArray] = []
        self._length = 0
        self._pieces: list[Posities | int] = []
        self.vast([""])

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

    def weef(self) -> Rijen:
        """The rows."""
        if not self._rows:
            return Rijen(memoryview(b""), np.zeros(1, np.int32))
        width = len(self._pieces)
        positions = np.empty((self._rows, width), np.int32)
        positions[:] = [piece if isinstance(piece, int) else LEEG for piece in self._pieces]
        for place, piece in enumerate(self._pieces):
            if not isinstance(piece, int):
                positions[:, place] = piece
        woven = pa.concat_arrays(self._spool).take(pa.array(positions.reshape(-1)))
        _, offsets, data = woven.buffers()
        grens = np.frombuffer(offsets, np.int32)[: self._rows * width + 1 : width]
        return Rijen(memoryview(data or b"").cast("B"), grens)
