"""The file of an opname: everything a reader yielded of a file, in that order, so that it can be yielded again.

An Arrow IPC file (zstd) in which every batch is one item. Of rows a batch has a line per column, with its name, the
lengths of its values, their text without anything between, and which are there. Record numbers are kept as what each
adds to the one before. An Arrow column has a place of four bytes for every value, which does not repeat and so hardly
compresses; lengths mostly do (ADR 0064). Findings are an empty batch with them in its metadata. The last batch is
empty too, and says what the opname is of.
"""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Collection, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import asdict, dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from connectors.rijen import Bevinding, Gelezen, Rijen

AHEAD = 2  # batches that may wait to be written
MAX_BEVINDINGEN = 10_000  # in one batch
RECORD_NR = "record_nr"
TABEL, BEVINDINGEN, SLOT = b"tabel", b"bevindingen", b"slot"
_SCHEMA = pa.schema(
    [
        ("kolom", pa.string()),
        ("lengte", pa.large_binary()),
        ("tekst", pa.large_binary()),
        ("aanwezig", pa.large_binary()),
    ]
)
_LEEG = pa.RecordBatch.from_pylist([], schema=_SCHEMA)
_ZSTD = pa.Codec("zstd", compression_level=1)
_BYTE = 2**8
_Cellen = tuple[bytes, bytes | memoryview, bytes]  # of a column: lengths, text, which are there


@dataclass(frozen=True)
class Slot:
    """What an opname is of.

    Attributes:
        lezing: a digest of the file and of all that decides how it is read.
        overslaan: the members that were left out.
        tabellen: per table that was asked for (full name) the fields, both in order.
        deelbaar: whether less of it is what reading less would yield; what is found about no table depends on what else
            is looked for.
    """

    lezing: str
    overslaan: tuple[int, ...]
    tabellen: Mapping[str, Sequence[str]]
    deelbaar: bool = False

    def dekt(self, ander: Slot) -> bool:
        """Whether an opname of this says what one of `ander` would."""
        if (self.lezing, self.overslaan) != (ander.lezing, ander.overslaan):
            return False
        if not self.deelbaar:
            return self.tabellen == ander.tabellen
        return all(
            naam in self.tabellen and set(velden) <= set(self.tabellen[naam]) for naam, velden in ander.tabellen.items()
        )


class Opnemer:
    """Writes an opname to `pad`, on a thread of its own so that the next rows are read meanwhile."""

    def __init__(self, pad: Path) -> None:
        self._pad = pad
        pad.parent.mkdir(mode=0o700, exist_ok=True)
        self._file = pad.open("wb")
        self._writer = pa.ipc.new_file(self._file, _SCHEMA, options=pa.ipc.IpcWriteOptions(compression=_ZSTD))
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="opnemer")
        self._waiting: deque[Future[None]] = deque()
        self._bevindingen: list[Bevinding] = []
        self.zonder_tabel = False  # whether there is a finding about no table

    def neem_op(self, item: Rijen | Bevinding) -> None:
        """Adds what was read; what went wrong with writing earlier items is raised here."""
        if isinstance(item, Bevinding):
            self.zonder_tabel |= item.tabel is None
            self._bevindingen.append(item)
            if len(self._bevindingen) >= MAX_BEVINDINGEN:
                self._sla_bevindingen_op()
            return
        self._sla_bevindingen_op()
        self._submit(item.batch, {TABEL: item.tabel})

    def sluit(self, slot: Slot) -> None:
        """Ends the file with what it is of."""
        self._sla_bevindingen_op()
        self._submit(None, {SLOT: json.dumps(asdict(slot))})
        self._thread.shutdown(wait=True)
        for written in self._waiting:
            written.result()
        self._writer.close()
        self._file.close()

    def breek_af(self) -> None:
        """Leaves nothing of it."""
        self._thread.shutdown(wait=True, cancel_futures=True)
        self._file.close()
        self._pad.unlink(missing_ok=True)

    def _sla_bevindingen_op(self) -> None:
        if self._bevindingen:
            self._submit(None, {BEVINDINGEN: json.dumps([list(asdict(each).values()) for each in self._bevindingen])})
            self._bevindingen = []

    def _submit(self, batch: pa.RecordBatch | None, metadata: dict[bytes, str]) -> None:
        while len(self._waiting) >= AHEAD:
            self._waiting.popleft().result()
        self._waiting.append(self._thread.submit(self._write, batch, metadata))

    def _write(self, batch: pa.RecordBatch | None, metadata: dict[bytes, str]) -> None:
        lines = _LEEG if batch is None else _inpakken(batch)
        self._writer.write_batch(lines, custom_metadata=metadata)


def lees_slot(pad: Path) -> Slot | None:
    """What an opname is of; None when it cannot be told, because the file is damaged."""
    try:
        with pa.memory_map(str(pad)) as file:
            reader = pa.ipc.open_file(file)
            last = reader.get_batch_with_custom_metadata(reader.num_record_batches - 1)
            said = json.loads(last.custom_metadata[SLOT])
            return Slot(**{**said, "overslaan": tuple(said["overslaan"])})
    except (pa.ArrowException, OSError, ValueError, KeyError, TypeError):
        return None


def speel_af(pad: Path, gevraagd: Mapping[str, Collection[str]]) -> Gelezen:
    """Yields what was read, of these tables and fields."""
    with pa.memory_map(str(pad)) as file:
        reader = pa.ipc.open_file(file)
        for index in range(reader.num_record_batches - 1):
            lines, metadata = reader.get_batch_with_custom_metadata(index)
            if BEVINDINGEN in metadata:
                found = (Bevinding(*values) for values in json.loads(metadata[BEVINDINGEN]))
                yield from (each for each in found if each.tabel is None or each.tabel in gevraagd)
            elif (tabel := metadata[TABEL].decode()) in gevraagd:
                yield Rijen(tabel, _uitpakken(lines, gevraagd[tabel]))


def _inpakken(batch: pa.RecordBatch) -> pa.RecordBatch:
    """A line for every column."""
    columns = [
        _getallen(kolom) if naam == RECORD_NR else _teksten(kolom.cast(pa.string()))
        for naam, kolom in zip(batch.schema.names, batch.columns, strict=True)
    ]
    return pa.RecordBatch.from_arrays(
        [pa.array(batch.schema.names, pa.string()), *(_binair(cells) for cells in zip(*columns, strict=True))],
        schema=_SCHEMA,
    )


def _getallen(kolom: pa.Array) -> _Cellen:
    return b"", np.diff(kolom.to_numpy(), prepend=np.int64(0)).tobytes(), b""


def _teksten(kolom: pa.Array) -> _Cellen:
    _, places, text = kolom.buffers()
    begins = np.frombuffer(places, np.int32)[kolom.offset : kolom.offset + len(kolom) + 1]
    lengths = np.diff(begins)
    small = not len(lengths) or lengths.max() < _BYTE
    own = memoryview(text)[begins[0] : begins[-1]] if text is not None else b""
    return (lengths.astype(np.uint8) if small else lengths).tobytes(), own, _aanwezig(kolom)


def _aanwezig(kolom: pa.Array) -> bytes:
    """A bit for every value, as Arrow has them; nothing when all are there."""
    if not kolom.null_count:
        return b""
    return np.packbits(kolom.is_valid().to_numpy(zero_copy_only=False), bitorder="little").tobytes()


def _binair(cells: Sequence[bytes | memoryview]) -> pa.Array:
    places = np.zeros(len(cells) + 1, np.int64)
    np.cumsum([len(cell) for cell in cells], out=places[1:])
    return pa.Array.from_buffers(
        pa.large_binary(), len(cells), [None, pa.py_buffer(places), pa.py_buffer(b"".join(cells))]
    )


def _uitpakken(lines: pa.RecordBatch, velden: Collection[str]) -> pa.RecordBatch:
    """The columns as they were, of these fields."""
    lengths, texts, theres = (_cellen(lines.column(naam)) for naam in ("lengte", "tekst", "aanwezig"))
    steps = np.frombuffer(texts[0], np.int64)
    names, columns = [RECORD_NR], [pa.array(np.cumsum(steps))]
    for index, naam in enumerate(lines.column("kolom").to_pylist()):
        if naam in velden:
            names.append(naam)
            columns.append(_tekstkolom(len(steps), lengths[index], texts[index], theres[index]))
    return pa.RecordBatch.from_arrays(columns, names=names)


def _tekstkolom(count: int, lengte: pa.Buffer, tekst: pa.Buffer, aanwezig: pa.Buffer) -> pa.Array:
    small = lengte.size == count
    lengths: npt.NDArray[Any] = np.frombuffer(lengte, np.uint8 if small else np.int32)
    places = np.zeros(count + 1, np.int32)
    np.cumsum(lengths, out=places[1:])
    return pa.Array.from_buffers(pa.string(), count, [aanwezig if aanwezig.size else None, pa.py_buffer(places), tekst])


def _cellen(kolom: pa.Array) -> list[pa.Buffer]:
    _, places, bytes_ = kolom.buffers()
    ends = np.frombuffer(places, np.int64)[kolom.offset :]
    empty = pa.py_buffer(b"")
    return [
        bytes_.slice(int(begin), int(end - begin)) if end > begin else empty
        for begin, end in pairwise(ends[: len(kolom) + 1])
    ]
