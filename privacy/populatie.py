"""Who belongs to a doel, as a bitmap over all possible numbers.

One bit for each nine-digit number is 125 MB of address space, of which only the touched pages take memory; a lookup of
a whole column is one gather. Nothing of it is ever written.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

NUMBERS = 10**9


class Populatie:
    """A set of persons (burgerservicenummer as int32)."""

    def __init__(self) -> None:
        self._bits = np.zeros(NUMBERS // 8, dtype=np.uint8)

    def voeg_toe(self, nummer: npt.NDArray[np.int32]) -> None:
        """Adds persons."""
        for bit in range(8):  # numbers that share a byte must not overwrite each other
            self._bits[nummer[nummer & 7 == bit] >> 3] |= np.uint8(1 << bit)

    def bevat(self, nummer: npt.NDArray[np.int32]) -> npt.NDArray[np.bool_]:
        """Which of the persons belong, for a column of n numbers."""
        places = self._bits.take((nummer >> 3).astype(np.intp))
        places >>= (nummer & 7).astype(np.uint8)
        places &= 1
        hit: npt.NDArray[np.bool_] = places.view(np.bool_)
        return hit
