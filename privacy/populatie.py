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
        unique = np.unique(nummer)
        np.bitwise_or.at(self._bits, unique >> 3, (1 << (unique & 7)).astype(np.uint8))

    def bevat(self, nummer: npt.NDArray[np.int32]) -> npt.NDArray[np.bool_]:
        """Which of the persons belong, for a column of n numbers."""
        hit: npt.NDArray[np.bool_] = (self._bits[nummer >> 3] >> (nummer & 7).astype(np.uint8)) & 1 == 1
        return hit
