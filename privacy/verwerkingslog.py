"""The processing log: which processing touched whom, in the words of Logboek Dataverwerkingen (Logius).

A segment is a Parquet file that is written once. It holds handelingen (spans): a record for the handeling itself, and
below it a record for every betrokkene. The betrokkene is a pseudonym under a key of the log alone, so that it cannot be
joined with the pseudonyms of any doel.

Every record has a *schakel* of 16 bytes that depends on the record and on the schakel before it, under keys that only
this log has. That of a handeling is an HMAC over its fields; those of its betrokkenen are the cipher blocks of AES-CBC
over their pseudonyms, which makes a column of them in one call (ADR 0014). A record that was removed, changed or put
elsewhere does not fit; that the end is missing shows from the last schakel, the *kop*, which is kept in the ledger.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq
from cryptography.hazmat.primitives.ciphers import Cipher, CipherContext, algorithms, modes

from privacy.betrokkenen import Nummers
from privacy.pseudoniem import Pseudonimiseerder
from schemas.arrow import PSEUDONIEM

BLOCK = 16
ROWS = 1 << 16  # of a row group, or a few more: what writing and checking hold in memory
BETROKKENE_SOORT = "urn:signaalketen:pseudoniem:logboek:1"
_TEXT = pa.dictionary(pa.int32(), pa.string())
_MOMENT = pa.timestamp("ms", "UTC")
SCHEMA = pa.schema(
    [
        pa.field("trace_id", _TEXT, nullable=False),
        pa.field("span_id", pa.int64(), nullable=False),
        pa.field("parent_span_id", pa.int64()),
        pa.field("name", _TEXT, nullable=False),
        pa.field("start_time", _MOMENT, nullable=False),
        pa.field("end_time", _MOMENT, nullable=False),
        pa.field("status_code", _TEXT, nullable=False),
        pa.field("resource", _TEXT, nullable=False),
        pa.field("dpl.core.processing_activity_id", _TEXT, nullable=False),
        pa.field("dpl.core.data_subject_id", PSEUDONIEM),
        pa.field("dpl.core.data_subject_id_type", _TEXT),
        pa.field("schakel", PSEUDONIEM, nullable=False),
    ]
)
BETROKKENE, SCHAKEL = "dpl.core.data_subject_id", "schakel"
OF_SPAN = ("trace_id", "name", "start_time", "end_time", "status_code", "resource", "dpl.core.processing_activity_id")


@dataclass(frozen=True)
class Logsleutels:
    """The keys of the log: for the pseudonyms of betrokkenen, for their schakels, and for those of handelingen."""

    betrokkene: Pseudonimiseerder
    keten: bytes
    handeling: bytes


@dataclass(frozen=True)
class Handeling:
    """One processing: a span of the log.

    `onderwerp` is what it was about (a levering, a run) and names the trace; `onderdeel` names the span within it, so a
    step that is taken up again makes the same span. `activiteit` is the id in the verwerkingenregister.
    """

    onderwerp: str
    onderdeel: str
    name: str
    activiteit: str
    begin: datetime
    eind: datetime
    resource: str
    status: str = "OK"

    @property
    def trace_id(self) -> str:
        """32 hexadecimal digits."""
        return hashlib.sha256(self.onderwerp.encode()).hexdigest()[:32]

    @property
    def span_id(self) -> int:
        """The number of the handeling itself; its betrokkenen have the numbers that follow."""
        return span_id(self.onderwerp, self.onderdeel)


@dataclass(frozen=True)
class Segment:
    """A written segment: its number of records and its kop, as hexadecimal digits."""

    pad: Path
    records: int
    kop: str


def span_id(onderwerp: str, onderdeel: str) -> int:
    """The number of a span; leaves room for 2^31 betrokkenen behind it."""
    digest = hashlib.sha256(f"{onderwerp}\n{onderdeel}".encode()).digest()
    return int.from_bytes(digest[:4]) << 31


def as_cijfers(nummers: Nummers) -> npt.NDArray[np.uint8]:
    """Numbers as nine ASCII digits, uint8 (n, 9)."""
    eight = nummers // 10  # a division by a constant is quick, divmod is not
    high = eight // 10_000
    rows = np.empty((len(nummers), 12), np.uint8)
    words = rows.view(_FOUR.dtype)
    words[:, 0], words[:, 1] = _FOUR.take(high), _FOUR.take(eight - high * 10_000)
    rows[:, 8] = nummers - eight * 10 + ord("0")
    return rows[:, :9]


_FOUR = np.frombuffer(b"".join(b"%04d" % number for number in range(10_000)), "<u4")


def schrijf_segment(
    folder: Path, naam: str, handelingen: Iterable[tuple[Handeling, Nummers]], sleutels: Logsleutels
) -> Segment:
    """Writes handelingen with their betrokkenen (distinct numbers) as one segment, readable by its owner alone."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    aside, path = folder / f".{naam}.{os.getpid()}", bestand(folder, naam)
    schakel, records = begin(naam, sleutels), 0
    os.close(os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
    with pq.ParquetWriter(
        aside,
        SCHEMA,
        compression={veld.name: "snappy" if veld.type in (_MOMENT, pa.int64()) else "none" for veld in SCHEMA},
        use_dictionary=[veld.name for veld in SCHEMA if veld.type == _TEXT],
        column_encoding={"span_id": "DELTA_BINARY_PACKED"},
        write_statistics=False,
    ) as writer:
        for rows in _groups(_records(handelingen, schakel, sleutels)):
            writer.write_table(rows, row_group_size=2 * ROWS)
            schakel, records = rows[SCHAKEL][-1].as_py(), records + rows.num_rows
    aside.rename(path)
    return Segment(path, records, schakel.hex())


def bestand(folder: Path, naam: str) -> Path:
    """Where a segment stands."""
    return folder / f"{naam}.parquet"


def _groups(pieces: Iterator[pa.Table]) -> Iterator[pa.Table]:
    """Small pieces taken together, until they are a row group."""
    held: list[pa.Table] = []
    for piece in pieces:
        held.append(piece)
        if sum(map(len, held)) >= ROWS:
            yield pa.concat_tables(held)
            held = []
    if held:
        yield pa.concat_tables(held)


def _records(
    handelingen: Iterable[tuple[Handeling, Nummers]], schakel: bytes, sleutels: Logsleutels
) -> Iterator[pa.Table]:
    """A record for every handeling, then those of its betrokkenen, which make the numbers that follow."""
    for handeling, nummers in handelingen:
        span = _span(handeling)
        schakel = schakel_handeling(span, schakel, sleutels)
        yield _table(span, span["span_id"], pa.nulls(1, PSEUDONIEM), np.frombuffer(schakel, np.uint8))
        context = cbc(sleutels.keten, schakel).encryptor()
        for start in range(0, len(nummers), ROWS):
            tokens = sleutels.betrokkene.versleutel(as_cijfers(nummers[start : start + ROWS]))
            schakels = run(context, as_bytes(tokens))
            yield _table(span, span["span_id"] + 1 + start, tokens, schakels)
            schakel = schakels[-BLOCK:].tobytes()


def _span(handeling: Handeling) -> dict[str, Any]:
    return {
        "trace_id": handeling.trace_id,
        "name": handeling.name,
        "start_time": _moment(handeling.begin),
        "end_time": _moment(handeling.eind),
        "status_code": handeling.status,
        "resource": handeling.resource,
        "dpl.core.processing_activity_id": handeling.activiteit,
        "span_id": handeling.span_id,
    }


def _moment(moment: datetime) -> datetime:
    return moment.replace(microsecond=moment.microsecond // 1000 * 1000, tzinfo=moment.tzinfo or UTC).astimezone(UTC)


def _table(span: dict[str, Any], first: int, tokens: pa.Array, schakels: npt.NDArray[np.uint8]) -> pa.Table:
    """Records of a handeling numbered from `first`: its own when that is its number, else of its betrokkenen."""
    count = len(tokens)
    below = {"parent_span_id": span["span_id"], "dpl.core.data_subject_id_type": BETROKKENE_SOORT}
    shared = {**span, **(below if first > span["span_id"] else dict.fromkeys(below))}
    zeros = pa.array(np.zeros(count, np.int32))
    columns = {naam: _constant(value, SCHEMA.field(naam).type, zeros) for naam, value in shared.items()}
    columns["span_id"] = pa.array(np.arange(first, first + count))
    columns[BETROKKENE] = tokens
    columns[SCHAKEL] = pa.Array.from_buffers(PSEUDONIEM, count, [None, pa.py_buffer(schakels)])
    return pa.table([columns[naam] for naam in SCHEMA.names], schema=SCHEMA)


def _constant(value: object, kind: pa.DataType, zeros: pa.Array) -> pa.Array:
    """A value as often as there are zeros, which are all there is to a column of text that says one thing."""
    if value is None:
        return pa.nulls(len(zeros), kind)
    if kind == _TEXT:
        return pa.DictionaryArray.from_arrays(zeros, pa.array([value], pa.string()), safe=False)
    return pa.repeat(pa.scalar(value, kind), len(zeros))


def begin(naam: str, sleutels: Logsleutels) -> bytes:
    """What the first schakel of a segment builds on."""
    return hmac.digest(sleutels.handeling, naam.encode(), "sha256")[:BLOCK]


def schakel_handeling(span: dict[str, Any], schakel: bytes, sleutels: Logsleutels) -> bytes:
    """The schakel of a handeling, from its fields and the schakel before it."""
    text = json.dumps(span, sort_keys=True, separators=(",", ":"), default=lambda moment: moment.isoformat())
    return hmac.digest(sleutels.handeling, schakel + text.encode(), "sha256")[:BLOCK]


def cbc(key: bytes, schakel: bytes) -> Cipher[modes.CBC]:
    """The cipher that makes schakels of pseudonyms, after a schakel."""
    return Cipher(algorithms.AES256(key), modes.CBC(schakel))


def run(context: CipherContext, data: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
    """Blocks through a cipher, without copying them one by one."""
    out = np.empty(len(data) + BLOCK - 1, np.uint8)  # update_into asks for room for one more partial block
    context.update_into(data.data, out.data)
    return out[: len(data)]


def as_bytes(tokens: pa.Array) -> npt.NDArray[np.uint8]:
    """The bytes of a column of pseudonyms."""
    data = np.frombuffer(tokens.buffers()[1] or b"", np.uint8)
    return data[tokens.offset * BLOCK : (tokens.offset + len(tokens)) * BLOCK]
