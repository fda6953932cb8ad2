"""A channel to an SFTP server: temporary names, then renames.

The host key is pinned: a server that has another is not spoken to. The files go up under names that begin with a point,
and get their own when all are there. The connection lasts one delivery.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

import asyncssh

from connectors.kanaal import Gevonden, Storing, leesbaar
from schemas.fout import KetenFout

T = TypeVar("T")
WACHT = 30.0  # seconds for the connection, and in which the other side must say something
_REFUSED = (asyncssh.PermissionDenied, asyncssh.HostKeyNotVerifiable, asyncssh.KeyExchangeFailed)
_REFUSED_THERE = (asyncssh.SFTPPermissionDenied, asyncssh.SFTPWriteProtect)
_ABSENT = (asyncssh.SFTPNoSuchFile, asyncssh.SFTPNoSuchPath)


@dataclass(frozen=True)
class SftpKanaal:
    """A folder on an SFTP server. `hostsleutel` is the server's public key as in `known_hosts`, without the name."""

    host: str
    poort: int
    gebruiker: str
    hostsleutel: str
    sleutel: Path = field(repr=False)
    map: str = "."

    def lever(self, bestanden: Sequence[Path], plaats: str) -> None:
        """Puts the files up under temporary names and renames them when all are whole."""

        async def work(sftp: asyncssh.SFTPClient) -> None:
            folder = f"{self.map}/{plaats}"
            await sftp.makedirs(folder, exist_ok=True)
            for bestand in bestanden:
                await sftp.put(str(bestand), f"{folder}/.{bestand.name}.deel")
            for bestand in bestanden:
                await sftp.posix_rename(f"{folder}/.{bestand.name}.deel", f"{folder}/{bestand.name}")

        self._met_verbinding(work)

    def haal(self, plaats: str, naam: str) -> bytes | None:
        """The content of a file on the server."""

        async def work(sftp: asyncssh.SFTPClient) -> bytes | None:
            try:
                async with sftp.open(f"{self.map}/{plaats}/{naam}", "rb") as file:
                    content = await file.read()
            except _ABSENT:
                return None
            return content if isinstance(content, bytes) else content.encode()

        return self._met_verbinding(work)

    def lijst(self, plaats: str) -> list[Gevonden]:
        """The plain files in a folder and the folders in it; links are not followed."""

        async def work(sftp: asyncssh.SFTPClient) -> list[Gevonden]:
            return sorted([each async for each in _doorloop(sftp, f"{self.map}/{plaats}", "")], key=lambda g: g.naam)

        return self._met_verbinding(work)

    def ontvang(self, plaats: str, namen: Mapping[str, Path]) -> None:
        """Fetches files over one connection."""

        async def work(sftp: asyncssh.SFTPClient) -> None:
            for naam, doel in namen.items():
                await sftp.get(f"{self.map}/{plaats}/{naam}", str(doel))

        self._met_verbinding(work)

    def verwijder(self, plaats: str, namen: Sequence[str]) -> None:
        """Removes files, and the folder they were in when nothing is left in it."""

        async def work(sftp: asyncssh.SFTPClient) -> None:
            for naam in namen:
                with suppress(*_ABSENT):
                    await sftp.remove(f"{self.map}/{plaats}/{naam}")
            folders = {folder for naam in namen if (folder := naam.rpartition("/")[0])}
            for folder in sorted(folders, reverse=True):
                with suppress(asyncssh.SFTPError):  # something else is in it, or it is gone
                    await sftp.rmdir(f"{self.map}/{plaats}/{folder}")

        self._met_verbinding(work)

    def _met_verbinding(self, work: Callable[[asyncssh.SFTPClient], Coroutine[None, None, T]]) -> T:
        async def run() -> T:
            async with self._verbind() as sftp:
                return await work(sftp)

        try:
            return asyncio.run(run())
        except (*_REFUSED, *_REFUSED_THERE) as fout:
            raise KetenFout("U-TOEGANG", f"{self.host}: {type(fout).__name__}") from None
        except (OSError, asyncssh.Error, TimeoutError) as fout:
            raise Storing(type(fout).__name__) from None

    @asynccontextmanager
    async def _verbind(self) -> AsyncIterator[asyncssh.SFTPClient]:
        known = asyncssh.import_known_hosts(f"{_naam(self.host, self.poort)} {self.hostsleutel}\n")
        async with (
            asyncssh.connect(
                self.host,
                self.poort,
                username=self.gebruiker,
                client_keys=[str(self.sleutel)],
                known_hosts=known,
                config=None,
                agent_path=None,
                preferred_auth="publickey",
                connect_timeout=WACHT,
                login_timeout=WACHT,
                keepalive_interval=WACHT / 2,
            ) as connection,
            connection.start_sftp_client() as sftp,
        ):
            yield sftp


async def _doorloop(sftp: asyncssh.SFTPClient, folder: str, voor: str) -> AsyncIterator[Gevonden]:
    try:
        entries = [entry async for entry in sftp.scandir(folder)]
    except _ABSENT:
        return
    for entry in entries:
        name = entry.filename if isinstance(entry.filename, str) else entry.filename.decode(errors="replace")
        if not leesbaar(name):
            continue
        if entry.attrs.type == asyncssh.FILEXFER_TYPE_DIRECTORY:
            async for found in _doorloop(sftp, f"{folder}/{name}", f"{voor}{name}/"):
                yield found
        elif entry.attrs.type == asyncssh.FILEXFER_TYPE_REGULAR:
            yield Gevonden(f"{voor}{name}", entry.attrs.size or 0, entry.attrs.mtime or 0)


def _naam(host: str, poort: int) -> str:
    return host if poort == 22 else f"[{host}]:{poort}"
