"""Distinct persons, gathered batch by batch in memory that follows how many there are and not how many rows."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Nummers = npt.NDArray[np.int32]
_LOOSE = 1 << 20


class Betrokkenen:
    """A growing set of persons (burgerservicenummer as int32)."""

    def __init__(self) -> None:
        self._known: Nummers = np.empty(0, np.int32)
        self._loose: list[Nummers] = []
        self._count = 0

    def voeg_toe(self, nummers: Nummers) -> None:
        """Adds persons; the same ones may come again."""
        self._loose.append(nummers)
        self._count += len(nummers)
        if self._count > max(_LOOSE, len(self._known)):
            self._merge()

    def nummers(self) -> Nummers:
        """Everybody once, in ascending order."""
        self._merge()
        return self._known

    def _merge(self) -> None:
        if self._loose:
            everybody = np.concatenate([self._known, *self._loose])
            everybody.sort()  # several times quicker than np.unique, which hashes
            first = np.ones(len(everybody), bool)
            np.not_equal(everybody[1:], everybody[:-1], out=first[1:])
            self._known, self._loose, self._count = everybody[first], [], 0
