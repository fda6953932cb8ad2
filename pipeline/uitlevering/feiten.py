"""The facts under the signals of a message, on disk in the order of the signals: there may be many times as many.

They are read back a part at a time, as far as the chunk that is written needs (`message_formats.write`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import duckdb
import numpy as np
import numpy.typing as npt
import pyarrow as pa

from message_formats.nest import Feiten, grenzen
from pipeline.mutaties import lees_bewijs

RIJEN = 16_384  # facts in a batch: a chunk of messages takes some batches, and reads little beside what it needs


def leg_klaar(databank: duckdb.DuckDBPyConnection, bewijs: Sequence[str], signalen: pa.Table, pad: Path) -> Feiten:
    """Writes the facts of signals (see `lees_bewijs`) to a file, which must stay as long as they are read.

    Raises:
        ValueError: a fact has no volgnummer.
    """
    aantal = np.zeros(len(signalen), np.int64)
    begin = [0]
    with lees_bewijs(databank, bewijs, signalen, RIJEN) as reader:
        schema = reader.schema.remove(reader.schema.get_field_index("rij"))
        with pa.ipc.new_file(pad, schema, options=pa.ipc.IpcWriteOptions(compression="lz4")) as writer:
            for batch in reader:
                if batch.column("volgnummer").null_count:
                    raise ValueError("een feit zonder volgnummer")
                np.add.at(aantal, batch.column("rij").to_numpy(), 1)
                writer.write_batch(batch.drop_columns(["rij"]))
                begin.append(begin[-1] + len(batch))
    return Feiten(grenzen(aantal), _Bestand(pad, schema, np.array(begin)).lees)


@dataclass(frozen=True)
class _Bestand:
    """A file of batches of which the first row of each, and after the last, is known."""

    pad: Path
    schema: pa.Schema
    begin: npt.NDArray[np.int64]

    def lees(self, start: int, stop: int) -> pa.Table:
        """Rows [start, stop). Opened each time, because two threads read."""
        first, last = np.searchsorted(self.begin, start, "right") - 1, np.searchsorted(self.begin, stop, "left")
        with pa.OSFile(str(self.pad)) as file, pa.ipc.open_file(file) as reader:
            batches = [reader.get_batch(number) for number in range(first, last)] if stop > start else []
        return pa.Table.from_batches(batches, self.schema).slice(start - int(self.begin[first]), stop - start)
