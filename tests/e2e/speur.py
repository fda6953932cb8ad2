"""Looks for burgerservicenummers in every byte below a folder.

As text: nine digits, or eight when the first is a zero. Inside Parquet: every column decoded, text and binary by its
characters, numbers by their value (which is what int32 or int64 on disk come down to, however they are compressed).
Inside SQLite: every column of every table, and the file itself, free pages included. Inside zip, gzip and tar: every
member.
"""

from __future__ import annotations

import gzip
import io
import re
import shutil
import sqlite3
import tarfile
import tempfile
import zipfile
from collections.abc import Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

_SQLITE = b"SQLite format 3\x00"
_PARQUET = b"PAR1"


@dataclass(frozen=True)
class Vondst:
    """Where a burgerservicenummer was found; never which."""

    plaats: str
    hoe: str


class Speurder:
    """Looks for a fixed set of burgerservicenummers."""

    def __init__(self, nummers: Iterable[str]) -> None:
        forms = {form for nummer in nummers for form in (nummer, nummer.lstrip("0"))}
        self._text = re.compile("|".join(sorted(forms, key=len, reverse=True)).encode())
        self._numbers = pa.array(sorted({int(form) for form in forms}), pa.int64())
        self.gelezen = 0

    def zoek(self, map_: Path, behalve: Iterable[str] = ()) -> list[Vondst]:
        """Everything found below a folder and in its file names; top-level folders may be left out."""
        found: list[Vondst] = []
        left_out = set(behalve)
        for path in sorted(map_.rglob("*")):
            relative = path.relative_to(map_)
            if relative.parts[0] in left_out:
                continue
            if self._text.search(relative.as_posix().encode()):
                found.append(Vondst(relative.parent.as_posix(), "bestandsnaam"))
            if path.is_file():
                data = path.read_bytes()
                found += self._in_bytes(data, relative.as_posix())
                if data.startswith(_SQLITE):
                    found += self._in_sqlite(path, relative.as_posix())
        return found

    def zoekt(self, tekst: str) -> bool:
        """Whether a text holds any of them."""
        return self._text.search(tekst.encode()) is not None

    def _in_bytes(self, data: bytes, plaats: str) -> Iterator[Vondst]:
        self.gelezen += len(data)
        if self._text.search(data):
            yield Vondst(plaats, "tekst")
        if data[:4] == _PARQUET and data[-4:] == _PARQUET:
            yield from self._in_parquet(data, plaats)
        elif data[:2] == b"\x1f\x8b":
            yield from self._in_bytes(gzip.decompress(data), f"{plaats}!")
        elif data[:4] == b"PK\x03\x04":
            with zipfile.ZipFile(io.BytesIO(data)) as archive:
                for name in archive.namelist():
                    yield from self._in_bytes(archive.read(name), f"{plaats}!{name}")
        elif data[257:262] == b"ustar":
            with tarfile.open(fileobj=io.BytesIO(data)) as archive:
                for member in archive.getmembers():
                    if (stream := archive.extractfile(member)) is not None:
                        yield from self._in_bytes(stream.read(), f"{plaats}!{member.name}")

    def _in_parquet(self, data: bytes, plaats: str) -> Iterator[Vondst]:
        file = pq.ParquetFile(io.BytesIO(data))
        for key, value in (file.metadata.metadata or {}).items():
            if key != b"ARROW:schema" and self._text.search(key + b" " + value):
                yield Vondst(plaats, "metadata")
        for name, column in zip(file.schema_arrow.names, file.read().columns, strict=True):
            if self._in_column(column):
                yield Vondst(plaats, f"kolom {name}")

    def _in_column(self, column: pa.ChunkedArray) -> bool:
        kind = column.type
        if pa.types.is_dictionary(kind):
            column, kind = column.cast(kind.value_type), kind.value_type
        if pa.types.is_integer(kind):
            return bool(pc.any(pc.is_in(column.cast(pa.int64()), value_set=self._numbers)).as_py())
        if pa.types.is_fixed_size_binary(kind) or pa.types.is_binary(kind) or pa.types.is_large_binary(kind):
            return any(self._text.search(value) for value in column.to_pylist() if value is not None)
        return any(self._text.search(str(value).encode()) for value in column.unique().to_pylist() if value is not None)

    def _in_sqlite(self, path: Path, plaats: str) -> Iterator[Vondst]:
        """On a copy, with what is still in the write-ahead log: opening a database would change the folder."""
        with tempfile.TemporaryDirectory() as aside:
            copy = Path(aside) / "kopie.db"
            for suffix in ("", "-wal"):
                if (source := path.with_name(path.name + suffix)).exists():
                    shutil.copyfile(source, f"{copy}{suffix}")
            with closing(sqlite3.connect(copy)) as connection:
                tables = [row[0] for row in connection.execute("select name from sqlite_master where type = 'table'")]
                for table in tables:
                    rows = connection.execute(f'select * from "{table}"')  # the name is that of a table that exists
                    if any(self._in_value(value) for row in rows for value in row):
                        yield Vondst(plaats, f"tabel {table}")

    def _in_value(self, value: object) -> bool:
        raw = value if isinstance(value, bytes) else str(value).encode()
        return value is not None and self._text.search(raw) is not None
