"""What was seen of a levering while it passed the door: how many records per file and table, and where they stand.

Record numbers run on from file to file within a levering. A bron knows its own files, so a verwerkingsverslag needs the
number within the file; here is kept where each file began.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterator

import numpy as np
import numpy.typing as npt

from connectors.rijen import Bevinding, Rijen

UITVAL = "R-"


class Telling:
    """Counts of one levering; tables are read anew when a file turns out to break off, and then counted anew."""

    def __init__(self) -> None:
        self._rijen: defaultdict[int, Counter[str]] = defaultdict(Counter)  # per file and table
        self._begin: dict[str, list[tuple[int, int]]] = {}  # per table (last record before the file, file)
        self._hoogste: Counter[str] = Counter()

    def begin(self, tabellen: Collection[str]) -> None:
        """Starts reading these tables, from the first file on."""
        for tabel in tabellen:
            for counts in self._rijen.values():
                counts.pop(tabel, None)
            self._begin.pop(tabel, None)
            self._hoogste.pop(tabel, None)

    def zie(self, bestand_nr: int, item: Rijen | Bevinding) -> None:
        """Counts what a reader yielded of a file: rows, and records that could not be read."""
        tabel = item.tabel
        if tabel is None or (isinstance(item, Bevinding) and not item.code.startswith(UITVAL)):
            return
        files = self._begin.setdefault(tabel, [])
        if not files or files[-1][1] != bestand_nr:
            files.append((self._hoogste[tabel], bestand_nr))
        if isinstance(item, Bevinding):
            self._rijen[bestand_nr][tabel] += item.aantal
            last = item.record_nr or 0
        else:
            self._rijen[bestand_nr][tabel] += item.batch.num_rows
            last = item.batch.column(0)[-1].as_py()
        self._hoogste[tabel] = max(self._hoogste[tabel], last)

    def van_tabel(self, tabel: str) -> int:
        """How many records a table has."""
        return sum(counts[tabel] for counts in self._rijen.values())

    def van_bestand(self, bestand_nr: int) -> int | None:
        """How many records a file has; None when nothing was read of it."""
        found = self._rijen.get(bestand_nr)
        return found.total() if found else None

    def tabellen(self) -> Iterator[tuple[str, int]]:
        """The tables that have records, with how many."""
        for tabel in sorted(set().union(*self._rijen.values())):
            yield tabel, self.van_tabel(tabel)

    def plaatsen(self) -> Iterator[tuple[str, int, int]]:
        """Per table and file with records of it: the last record number before the file."""
        for tabel, files in sorted(self._begin.items()):
            for before, bestand_nr in files:
                yield tabel, before, bestand_nr

    def in_bestand(
        self, tabel: str, record_nr: npt.NDArray[np.int64]
    ) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
        """For record numbers of the levering: the file, and the number within that file."""
        before, files = np.array(self._begin[tabel], dtype=np.int64).T
        which = np.searchsorted(before, record_nr, side="left") - 1
        return files[which], record_nr - before[which]
