"""Opens what was delivered: single files, and the members of zip and tar archives, as byte streams.

Archives are read member by member without unpacking to disk, so a path inside an archive can never be written anywhere.
Limits guard against archives that are small outside and huge inside.
"""

from __future__ import annotations

import io
import lzma
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from schemas.fout import KetenFout

MAX_MEMBERS = 5_000_000
MAX_MEMBER_BYTES = 64 * 2**30
MAX_RATIO = 1_000  # compressed to uncompressed; text extracts stay well below 100
RATIO_FLOOR_BYTES = 2**20  # small members may compress very well


@dataclass(frozen=True)
class Lid:
    """One readable stream of a file: the file itself (`nr` None) or a member of an archive (`nr` from 1)."""

    nr: int | None
    open: Callable[[], AbstractContextManager[IO[bytes]]]


def is_archive(path: Path) -> bool:
    """Whether the file is a zip or (compressed) tar archive, told from its content."""
    return zipfile.is_zipfile(path) or (path.stat().st_size > 0 and _is_tar(path))


def _is_tar(path: Path) -> bool:
    return path.name.endswith((".tar", ".tar.gz", ".tgz")) and tarfile.is_tarfile(path)


def leden(path: Path) -> Iterator[Lid]:
    """The streams in a file, in the order of the archive; a plain file is one stream.

    Raises:
        KetenFout: `B-ARCHIEF` for an archive that breaks the limits, `B-KAPOT` for one that cannot be read.
    """
    if not is_archive(path):
        if path.name.endswith((".zip", ".tar", ".tar.gz", ".tgz")):
            raise KetenFout("B-KAPOT", "archief")
        yield Lid(None, lambda: path.open("rb"))
        return
    try:
        yield from _zip_leden(path) if zipfile.is_zipfile(path) else _tar_leden(path)
    except (zipfile.BadZipFile, tarfile.TarError, zlib.error, lzma.LZMAError, EOFError) as error:
        raise KetenFout("B-KAPOT", "archief") from error


def _zip_leden(path: Path) -> Iterator[Lid]:
    with zipfile.ZipFile(path) as archive:
        members = [info for info in archive.infolist() if not info.is_dir()]
        _check_limits(len(members))
        for nr, info in enumerate(members, 1):
            _check_size(info.filename, info.file_size, info.compress_size)
            yield Lid(nr, lambda info=info: _member(lambda: archive.open(info)))  # type: ignore[misc]


def _tar_leden(path: Path) -> Iterator[Lid]:
    with tarfile.open(path, "r:*") as archive:
        nr = 0
        for info in archive:
            if not info.isfile():
                continue
            nr += 1
            _check_limits(nr)
            _check_size(info.name, info.size, info.size)
            yield Lid(nr, lambda info=info: _member(lambda: archive.extractfile(info) or io.BytesIO()))  # type: ignore[misc]


@contextmanager
def _member(open_member: Callable[[], IO[bytes]]) -> Iterator[IO[bytes]]:
    """One member, whose damage shows only while it is read: a checksum, a compressed stream that breaks off."""
    try:
        member = open_member()
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError) as error:  # damaged, unknown method, encrypted
        raise KetenFout("B-KAPOT", "archief") from error
    try:
        with member:
            yield member
    except (zipfile.BadZipFile, tarfile.TarError, zlib.error, lzma.LZMAError, EOFError) as error:
        raise KetenFout("B-KAPOT", "archief") from error


def _check_limits(members: int) -> None:
    if members > MAX_MEMBERS:
        raise KetenFout("B-ARCHIEF", "te veel bestanden")


def _check_size(name: str, size: int, compressed: int) -> None:
    unsafe = name.startswith(("/", "\\")) or ".." in Path(name).parts
    too_large = size > MAX_MEMBER_BYTES
    bomb = size > RATIO_FLOOR_BYTES and size > MAX_RATIO * max(compressed, 1)
    if unsafe or too_large or bomb:
        raise KetenFout("B-ARCHIEF", "pad of omvang")
