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
ROWS = 1 << 17  # of a row group: what writing and checking hold in memory
BETROKKENE_SOORT = "urn:signaalketen:pseudoniem:logboek:1"
_TEXT = pa.dictionary(pa.int32(), pa.string())
SCHEMA = pa.schema(
    [
        ("trace_id", pa.dictionary(pa.int32(), pa.string())),
        ("span_id", pa.int64()),
        ("parent_span_id", pa.dictionary(pa.int32(), pa.int64())),
        ("name", _TEXT),
        ("start_time", pa.dictionary(pa.int32(), pa.timestamp("ms", "UTC"))),
        ("end_time", pa.dictionary(pa.int32(), pa.timestamp("ms", "UTC"))),
        ("status_code", _TEXT),
        ("resource", _TEXT),
        ("dpl.core.processing_activity_id", _TEXT),
        ("dpl.core.data_subject_id", PSEUDONIEM),
        ("dpl.core.data_subject_id_type", _TEXT),
        ("schakel", PSEUDONIEM),
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
    eight, last = np.divmod(nummers.astype(np.uint32), np.uint32(10))
    high, low = np.divmod(eight, np.uint32(10_000))
    rows = np.empty((len(nummers), 12), np.uint8)
    words = rows.view(_FOUR.dtype)
    words[:, 0], words[:, 1] = _FOUR.take(high), _FOUR.take(low)
    rows[:, 8] = last + ord("0")
    return rows[:, :9]


_FOUR = np.frombuffer(b"".join(b"%04d" % number for number in range(10_000)), "<u4")


def schrijf_segment(
    folder: Path, naam: str, handelingen: Iterable[tuple[Handeling, Nummers]], sleutels: Logsleutels
) -> Segment:
    """Writes handelingen with their betrokkenen (distinct numbers) as one segment, readable by its owner alone."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    aside, path = folder / f".{naam}", bestand(folder, naam)
    schakel, records = begin(naam, sleutels), 0
    os.close(os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
    with pq.ParquetWriter(
        aside,
        SCHEMA,
        compression={naam: "none" if naam in (BETROKKENE, SCHAKEL) else "zstd" for naam in SCHEMA.names},
        use_dictionary=[naam for naam in SCHEMA.names if naam not in ("span_id", BETROKKENE, SCHAKEL)],
        column_encoding={"span_id": "DELTA_BINARY_PACKED"},
        write_statistics=False,
    ) as writer:
        for rows in _groups(_records(handelingen, schakel, sleutels)):
            writer.write_table(rows, row_group_size=ROWS)
            schakel, records = rows[SCHAKEL][-1].as_py(), records + rows.num_rows
    aside.rename(path)
    return Segment(path, records, schakel.hex())


def bestand(folder: Path, naam: str) -> Path:
    """Where a segment stands."""
    return folder / f"{naam}.parquet"


def _groups(pieces: Iterator[pa.Table]) -> Iterator[pa.Table]:
    """Small pieces taken together, up to a row group."""
    held: list[pa.Table] = []
    for piece in pieces:
        if held and sum(map(len, held)) + len(piece) > ROWS:
            yield pa.concat_tables(held)
            held = []
        held.append(piece)
    if held:
        yield pa.concat_tables(held)


def _records(
    handelingen: Iterable[tuple[Handeling, Nummers]], schakel: bytes, sleutels: Logsleutels
) -> Iterator[pa.Table]:
    for handeling, nummers in handelingen:
        span = _span(handeling)
        schakel = schakel_handeling(span, schakel, sleutels)
        context = cbc(sleutels.keten, schakel).encryptor()
        leading = schakel  # the record of the handeling itself stands before those of its betrokkenen
        for start in range(0, len(nummers) or 1, ROWS):
            tokens = as_bytes(sleutels.betrokkene.versleutel(as_cijfers(nummers[start : start + ROWS])))
            schakels = np.r_[np.frombuffer(leading, np.uint8), run(context, tokens)]
            yield _table(span, start, tokens, schakels)
            schakel, leading = schakels[-BLOCK:].tobytes(), b""


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


def _table(
    span: dict[str, Any], start: int, tokens: npt.NDArray[np.uint8], schakels: npt.NDArray[np.uint8]
) -> pa.Table:
    """The records of a handeling from betrokkene `start` on, the first with that of the handeling itself."""
    count, own = len(schakels) // BLOCK, len(schakels) > len(tokens)
    number = span["span_id"] + start + (0 if own else 1)
    columns = {naam: _constant(span[naam], SCHEMA.field(naam).type, count) for naam in OF_SPAN}
    columns["span_id"] = pa.array(np.arange(number, number + count))
    columns["parent_span_id"] = _constant(span["span_id"], SCHEMA.field("parent_span_id").type, count, not_first=own)
    padding = np.zeros(BLOCK if own else 0, np.uint8)
    columns[BETROKKENE] = _blocks(np.r_[padding, tokens], not_first=own)
    columns["dpl.core.data_subject_id_type"] = _constant(BETROKKENE_SOORT, _TEXT, count, not_first=own)
    columns[SCHAKEL] = _blocks(schakels)
    return pa.table([columns[naam] for naam in SCHEMA.names], schema=SCHEMA)


def _constant(value: object, kind: pa.DictionaryType, count: int, *, not_first: bool = False) -> pa.Array:
    buffers = [_not_first(count) if not_first else None, pa.py_buffer(np.zeros(count, np.int32))]
    return pa.DictionaryArray.from_buffers(kind, count, buffers, pa.array([value], kind.value_type))


def _blocks(data: npt.NDArray[np.uint8], *, not_first: bool = False) -> pa.Array:
    count = len(data) // BLOCK
    return pa.Array.from_buffers(PSEUDONIEM, count, [_not_first(count) if not_first else None, pa.py_buffer(data)])


def _not_first(count: int) -> pa.Buffer:
    valid = np.ones(count, bool)
    valid[0] = False
    return pa.py_buffer(np.packbits(valid, bitorder="little"))


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
