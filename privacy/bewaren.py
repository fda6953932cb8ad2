"""Destroying files: what is about to go as a digest, files and folders away, Parquet without some of its rows.

Nothing here decides what may go. Every action can be done again after a killed process, with the same end.
"""

from __future__ import annotations

import errno
import hashlib
import os
import shutil
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

BATCH_ROWS = 524_288  # what must go is looked up once a batch, so small batches cost more


@dataclass(frozen=True)
class Afdruk:
    """What some files hold, without their content: how many, rows, bytes, and the digest of the list of digests.

    `rijen` counts rows of Parquet files and is None when there was none.
    """

    bestanden: int
    rijen: int | None
    bytes: int
    sha256: str


def vind(root: Path, plaatsen: Iterable[str]) -> list[Path]:
    """All files at some places (patterns relative to `root`; a folder stands for all that is in it)."""
    found = {path for plaats in plaatsen for path in root.glob(plaats)}
    files = {path for path in found if path.is_file() and not path.is_symlink()}
    return sorted(files | {path for folder in found - files if folder.is_dir() for path in in_map(folder)})


def in_map(folder: Path) -> list[Path]:
    """All files below a folder, in order; none when it is not there."""
    return sorted(path for path in folder.rglob("*") if path.is_file())


def neem_afdruk(root: Path, paden: Iterable[Path]) -> Afdruk:
    """The digest of files as they are, to prove afterwards what was destroyed."""
    lines, rows, size = [], None, 0
    for pad in sorted(paden):
        lines.append(f"{pad.relative_to(root).as_posix()} {_sha256(pad)}")
        size += pad.stat().st_size
        if pad.suffix == ".parquet":
            rows = (rows or 0) + pq.read_metadata(pad).num_rows
    return Afdruk(len(lines), rows, size, hashlib.sha256("\n".join(lines).encode()).hexdigest())


def neem_afdruk_van_rijen(root: Path, gewijzigd: Iterable[tuple[Path, Path, int]]) -> Afdruk:
    """The digest of rows taken out of files: (file, the same without them, how many)."""
    lines, rows, size = [], 0, 0
    for pad, nieuw, aantal in gewijzigd:
        lines.append(f"{pad.relative_to(root).as_posix()} {_sha256(pad)} {_sha256(nieuw)}")
        rows += aantal
        size += max(0, pad.stat().st_size - nieuw.stat().st_size)
    return Afdruk(len(lines), rows, size, hashlib.sha256("\n".join(sorted(lines)).encode()).hexdigest())


def _sha256(pad: Path) -> str:
    with pad.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def wis(root: Path, plaatsen: Iterable[str]) -> None:
    """Deletes the files and folders at some places."""
    for plaats in plaatsen:
        for path in sorted(root.glob(plaats)):
            if path.is_dir() and not path.is_symlink():
                shutil.rmtree(path)
            else:
                path.unlink(missing_ok=True)


def zet_klaar(pad: Path, nieuw: Path, zonder: Callable[[pa.Table], pa.Table]) -> int:
    """Writes to `nieuw` what `zonder` leaves of a Parquet file, batch by batch; returns how many rows are not in it.

    Rows keep their order, the file its columns and its mark of the key version.
    """
    source = pq.ParquetFile(pad)
    schema = _schema(source)
    nieuw.parent.mkdir(parents=True, exist_ok=True)
    kept = 0
    options = {"compression": "zstd", "compression_level": 1, "use_dictionary": _dictionaries(source.metadata)}
    with pq.ParquetWriter(nieuw, schema, **options) as writer:
        for batch in source.iter_batches(BATCH_ROWS):
            left = zonder(pa.Table.from_batches([batch]))
            kept += len(left)
            writer.write_table(left.cast(schema))
    return int(source.metadata.num_rows) - kept


def _dictionaries(metadata: pq.FileMetaData) -> list[str]:
    """The columns that had a dictionary: where values are unique it would only cost."""
    group = metadata.row_group(0) if metadata.num_row_groups else None
    columns = [group.column(index) for index in range(metadata.num_columns)] if group else []
    return [column.path_in_schema for column in columns if column.has_dictionary_page]


def _schema(source: pq.ParquetFile) -> pa.Schema:
    marks = {key: value for key, value in (source.metadata.metadata or {}).items() if key != b"ARROW:schema"}
    return source.schema_arrow.with_metadata(marks or None)


def _plaats(nieuw: Path, doel: Path) -> None:
    """By rename, also where the old file is on a file system of its own, such as a lake that is mounted."""
    try:
        nieuw.replace(doel)
    except OSError as fout:
        if fout.errno != errno.EXDEV:
            raise
        aside = doel.with_name(f".{doel.name}.{os.getpid()}")
        shutil.copyfile(nieuw, aside)
        aside.replace(doel)
        nieuw.unlink()


def vervang(klaargezet: Path, root: Path) -> None:
    """Puts prepared files in the place of the old ones, each by rename; what is not there was put in place before."""
    for nieuw in in_map(klaargezet):
        _plaats(nieuw, root / nieuw.relative_to(klaargezet))
    shutil.rmtree(klaargezet, ignore_errors=True)
