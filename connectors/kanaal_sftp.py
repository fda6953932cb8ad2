"""A channel to an SFTP server: temporary names, then renames.

The host key is pinned: a server that has another is not spoken to. The files go up under names that begin with a point,
and get their own when all are there. The connection lasts one delivery.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

import asyncssh

from connectors.kanaal import Storing
from schemas.fout import KetenFout

T = TypeVar("T")
WACHT = 30.0  # seconds for the connection, and in which the other side must say something
_REFUSED = (asyncssh.PermissionDenied, asyncssh.HostKeyNotVerifiable, asyncssh.KeyExchangeFailed)
_REFUSED_THERE = (asyncssh.SFTPPermissionDenied, asyncssh.SFTPWriteProtect)


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
            except (asyncssh.SFTPNoSuchFile, asyncssh.SFTPNoSuchPath):
                return None
            return content if isinstance(content, bytes) else content.encode()

        return self._met_verbinding(work)

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


def _naam(host: str, poort: int) -> str:
    return host if poort == 22 else f"[{host}]:{poort}"
