"""A PostgreSQL cluster of its own for tests: made, started and thrown away by them, on a socket in a folder of its own.

The server refuses to run as root, so then it runs as the user that Debian's package made.
"""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
import sqlalchemy as sa

GEBRUIKER = "postgres"


@dataclass(frozen=True)
class Cluster:
    """A running server; anyone on this machine may enter, for it holds test data and lives as long as a test."""

    binaries: Path
    folder: Path

    def url(self, database: str) -> str:
        """The URL of a database, as an installation would be given it."""
        return f"postgresql://{GEBRUIKER}@/{database}?host={self.folder}"

    def maak(self, database: str, sjabloon: str = "template1") -> str:
        """Makes a database, as a copy of another; returns its URL."""
        self.voer_uit(f'create database "{database}" template "{sjabloon}"')
        return self.url(database)

    def voer_uit(self, sql: str) -> None:
        """Runs a statement outside any transaction."""
        engine = sa.create_engine(f"postgresql+psycopg://{GEBRUIKER}@/postgres?host={self.folder}")
        with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.exec_driver_sql(sql)
        engine.dispose()

    def start(self) -> None:
        """Starts the server, or starts it again."""
        options = f"-k {self.folder} -c listen_addresses= -c fsync=off -c max_connections=200"
        _als_gebruiker(
            self,
            "pg_ctl",
            "-w",
            "-D",
            str(self.folder / "data"),
            "-l",
            str(self.folder / "log"),
            "-o",
            options,
            "start",
        )

    def stop(self) -> None:
        """Stops the server; who is connected is cut off."""
        _als_gebruiker(self, "pg_ctl", "-w", "-D", str(self.folder / "data"), "-m", "immediate", "stop")


@contextmanager
def cluster() -> Iterator[Cluster]:
    """A running cluster; skips the test when PostgreSQL is not installed."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[-3]))
    if not found:
        pytest.skip("PostgreSQL ontbreekt: geen /usr/lib/postgresql/*/bin/initdb (apt-get install postgresql)")
    folder = Path(tempfile.mkdtemp(prefix="keten-pg-", dir="/tmp"))
    if os.getuid() == 0:
        account = pwd.getpwnam(GEBRUIKER)
        os.chown(folder, account.pw_uid, account.pw_gid)
    folder.chmod(0o755)
    server = Cluster(found[-1].parent, folder)
    # Not in the order of code points, which is how Python sorts: what must be in an order has to say so itself.
    locale = ("--locale=C.UTF-8", "--locale-provider=icu", "--icu-locale=nl", "--encoding=UTF8")
    _als_gebruiker(server, "initdb", "-D", str(folder / "data"), "-U", GEBRUIKER, "--auth=trust", "--no-sync", *locale)
    server.start()
    try:
        yield server
    finally:
        server.stop()
        shutil.rmtree(folder, ignore_errors=True)


def _als_gebruiker(server: Cluster, binary: str, *args: str) -> None:
    command = [str(server.binaries / binary), *args]
    if os.getuid() == 0:
        command = ["runuser", "-u", GEBRUIKER, "--", *command]
    done = subprocess.run(
        command, cwd=server.folder, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
