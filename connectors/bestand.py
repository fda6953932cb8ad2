"""Opens what was delivered: single files, and the members of zip and tar archives, as byte streams.

Archives are read member by member without unpacking to disk, so a path inside an archive can never be written anywhere.
Limits guard against archives that are small outside and huge inside.
"""

from __future__ import annotations

import io
import lzma
import struct
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import pyarrow as pa

from schemas.fout import KetenFout

MAX_MEMBERS = 500_000
MAX_DIRECTORY_BYTES = 64 * 2**20  # of the list of members of a zip, which is read whole
MAX_MEMBER_BYTES = 64 * 2**30
MAX_RATIO = 1_000  # compressed to uncompressed; text extracts stay well below 100
RATIO_FLOOR_BYTES = 2**20  # small members may compress very well


@dataclass(frozen=True)
class Lid:
    """One readable stream of a file: the file itself (`nr` None) or a member of an archive (`nr` from 1)."""

    nr: int | None
    open: Callable[[], AbstractContextManager[IO[bytes]]]


def voor_arrow(stream: IO[bytes]) -> IO[bytes] | pa.BufferReader:
    """The stream as Arrow reads it soonest: without asking Python for every piece when it is in memory already."""
    return pa.BufferReader(stream.getvalue()) if isinstance(stream, io.BytesIO) else stream


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
        yield from _tar_leden(path) if _is_tar(path) else _zip_leden(path)
    except (zipfile.BadZipFile, tarfile.TarError, zlib.error, lzma.LZMAError, EOFError) as error:
        raise KetenFout("B-KAPOT", "archief") from error


def _zip_leden(path: Path) -> Iterator[Lid]:
    if _directory_bytes(path) > MAX_DIRECTORY_BYTES:
        raise KetenFout("B-ARCHIEF", "te veel bestanden")
    with zipfile.ZipFile(path) as archive:
        members = [info for info in archive.infolist() if not info.is_dir()]
        limits = _Grenzen(path)
        for nr, info in enumerate(members, 1):
            limits.check(info.filename, info.file_size, info.compress_size)
            yield Lid(nr, lambda info=info: _member(lambda: archive.open(info)))  # type: ignore[misc]


def _directory_bytes(path: Path) -> int:
    """How long the list of members of a zip is, from its end record (or that of ZIP64), before it is read."""
    with path.open("rb") as file:
        size = file.seek(0, io.SEEK_END)
        tail = file.seek(max(0, size - 2**16 - 42))
        end = file.read()
        at = end.rfind(b"PK\5\6")
        if at < 0 or len(end) < at + 16:
            return 0
        (length,) = struct.unpack_from("<I", end, at + 12)
        if length != 0xFFFF_FFFF or at < 20:
            return int(length)
        file.seek(min(struct.unpack_from("<Q", end, at - 12)[0], tail + at))
        large = file.read(48)
        return int(struct.unpack_from("<Q", large, 40)[0]) if len(large) == 48 else 0


def _tar_leden(path: Path) -> Iterator[Lid]:
    limits = _Grenzen(path)
    with tarfile.open(path, "r:*") as archive:
        nr = 0
        for info in archive:
            archive.members.clear()  # type: ignore[attr-defined]  # or every header ever read stays in memory
            nr += info.isfile()
            limits.check(info.name, info.size if info.isfile() else 0, path.stat().st_size)
            if info.isfile():
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


class _Grenzen:
    """What an archive may hold: members with a name of their own, and not unreasonably much, each or all together."""

    def __init__(self, path: Path) -> None:
        self._outside = path.stat().st_size
        self._inside = self._members = 0

    def check(self, name: str, size: int, compressed: int) -> None:
        """Counts one member.

        Raises:
            KetenFout: `B-ARCHIEF` when it is one too many, has an unsafe name, or is or makes a bomb.
        """
        self._members += 1
        self._inside += size
        if self._members > MAX_MEMBERS:
            raise KetenFout("B-ARCHIEF", "te veel bestanden")
        unsafe = name.startswith(("/", "\\")) or ".." in Path(name).parts
        too_large = size > MAX_MEMBER_BYTES
        if unsafe or too_large or is_bomb(size, compressed) or is_bomb(self._inside, self._outside):
            raise KetenFout("B-ARCHIEF", "pad of omvang")


def is_bomb(inside: int, outside: int) -> bool:
    """Whether what is inside is out of proportion to what is outside."""
    return inside > RATIO_FLOOR_BYTES and inside > MAX_RATIO * max(outside, 1)
