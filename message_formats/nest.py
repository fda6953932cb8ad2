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


def nest(signaal_id: pa.ChunkedArray, bewijs: pa.Table) -> Volgorde:
    """For the ids of signals and a bewijs table with `signaal_id` and `volgnummer`; other bewijs is left out."""
    codes = signaal_id.combine_chunks().dictionary_encode()
    signal_code = codes.indices.to_numpy(zero_copy_only=False)
    found = pc.index_in(bewijs.column("signaal_id"), value_set=codes.dictionary).fill_null(len(codes.dictionary))
    bewijs_code = found.to_numpy().astype(np.int64)
    volgnummer = bewijs.column("volgnummer").to_numpy()
    counts = np.bincount(bewijs_code, minlength=len(codes.dictionary) + 1)
    starts = np.cumsum(counts) - counts
    return Volgorde(np.lexsort((volgnummer, bewijs_code)), starts[signal_code], counts[signal_code])
