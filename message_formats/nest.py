"""Which facts belong to which signal, and in what order."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc


@dataclass(frozen=True)
class Volgorde:
    """Which facts belong to which signal: `feiten` lists the facts by signal_id, in the order of their volgnummer.

    Those of the signal in row i are the `aantal[i]` from `vanaf[i]`.
    """

    feiten: npt.NDArray[np.int64]
    vanaf: npt.NDArray[np.int64]
    aantal: npt.NDArray[np.int64]

    def deel(self, start: int, rows: int) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
        """For n rows of signals from `start`: which facts, in the order of the signals, and the n + 1 limits."""
        aantal = self.aantal[start : start + rows]
        grens = np.concatenate(([0], np.cumsum(aantal))).astype(np.int64)
        within = np.arange(grens[-1]) - np.repeat(grens[:-1], aantal)
        return self.feiten[np.repeat(self.vanaf[start : start + rows], aantal) + within], grens


def neem(bewijs: pa.Table, feiten: npt.NDArray[np.int64]) -> pa.Table:
    """Rows of bewijs; without a copy when they stand there in that order."""
    if len(feiten) and feiten[-1] - feiten[0] == len(feiten) - 1 and bool((np.diff(feiten) == 1).all()):
        return bewijs.slice(int(feiten[0]), len(feiten))
    return bewijs.take(pa.array(feiten))


def nest(signaal_id: pa.ChunkedArray, bewijs: pa.Table) -> Volgorde:
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
    return Volgorde(order, starts[signal_code], counts[signal_code])
