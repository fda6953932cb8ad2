"""Which facts belong to which signal, and in what order."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

Grenzen = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Feiten:
    """The facts of signals in the order of those: of the signal in row i the facts [grens[i], grens[i + 1]).

    `lees` gives facts [start, stop), so that they need not be in memory all at once.
    """

    grens: Grenzen
    lees: Callable[[int, int], pa.Table]

    def __len__(self) -> int:
        """How many facts there are."""
        return int(self.grens[-1])

    def met(self, bewerk: Callable[[pa.Table], pa.Table]) -> Feiten:
        """The same facts, changed when they are read."""
        return Feiten(self.grens, lambda start, stop: bewerk(self.lees(start, stop)))

    def deel(self, start: int, rows: int) -> tuple[pa.Table, Grenzen]:
        """For n rows of signals from `start`: their facts, and the n + 1 limits within those."""
        grens = self.grens[start : start + rows + 1]
        return self.lees(int(grens[0]), int(grens[-1])), grens - grens[0]


def grenzen(aantal: npt.NDArray[np.integer]) -> Grenzen:
    """The limits between the facts of signals that have so many each."""
    return np.concatenate(([0], np.cumsum(aantal))).astype(np.int64)


def nest(signaal_id: pa.ChunkedArray, bewijs: pa.Table) -> Feiten:
    """For the ids of signals and a bewijs table with `signaal_id` and `volgnummer`; other bewijs is left out.

    Facts of one signal mostly stand together, so an id is looked up once for such a run.
    """
    runs = pc.run_end_encode(bewijs.column("signaal_id").combine_chunks())
    codes = pa.concat_arrays([signaal_id.combine_chunks(), runs.values]).dictionary_encode().indices.fill_null(-1)
    signal_code, run_code = np.split(codes.to_numpy(), [len(signaal_id)])
    known = int(signal_code.max(initial=-1)) + 1  # codes are given in order, so of signals come first
    lengths = np.diff(runs.run_ends.to_numpy(), prepend=0)
    bewijs_code = np.repeat(np.where((run_code < 0) | (run_code > known), known, run_code), lengths).astype(np.int64)
    counts = np.bincount(bewijs_code, minlength=known + 1)
    starts = np.cumsum(counts) - counts
    order = np.lexsort((bewijs.column("volgnummer").to_numpy(), bewijs_code))
    grens = grenzen(counts[signal_code])
    within = np.arange(grens[-1]) - np.repeat(grens[:-1], counts[signal_code])
    feiten = order[np.repeat(starts[signal_code], counts[signal_code]) + within]
    return Feiten(grens, lambda start, stop: _neem(bewijs, feiten[start:stop]))


def _neem(bewijs: pa.Table, feiten: npt.NDArray[np.int64]) -> pa.Table:
    """Rows of bewijs; without a copy when they stand there in that order."""
    if len(feiten) and feiten[-1] - feiten[0] == len(feiten) - 1 and bool((np.diff(feiten) == 1).all()):
        return bewijs.slice(int(feiten[0]), len(feiten))
    return bewijs.take(pa.array(feiten))
