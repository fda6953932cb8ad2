"""Work that is done once per test session, also when several processes share the tests."""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

GEDEELD = "PYTEST_XDIST_WORKER"


def eenmalig(tmp_path_factory: pytest.TempPathFactory, naam: str, maak: Callable[[Path], None]) -> Path:
    """A folder of this session that `maak` filled; the first process that asks makes it, the others wait for it."""
    base = tmp_path_factory.getbasetemp()
    root = base.parent if GEDEELD in os.environ else base
    folder, klaar = root / naam, root / f"{naam}.klaar"
    with (root / f"{naam}.slot").open("w") as slot:
        fcntl.flock(slot, fcntl.LOCK_EX)
        if not klaar.exists():
            shutil.rmtree(folder, ignore_errors=True)  # of a process that failed half-way
            folder.mkdir()
            maak(folder)
            klaar.touch()
    return folder


def vingerafdruk(map_: Path) -> dict[str, str]:
    """Digest of every file below a folder, but for the side files that SQLite makes while a database is open."""
    return {
        path.relative_to(map_).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(map_.rglob("*"))
        if path.is_file() and not path.name.endswith(("-shm", "-wal"))
    }


def schone_omgeving(monkeypatch: pytest.MonkeyPatch) -> None:
    """No setting of the machine reaches the tests."""
    for naam in [naam for naam in os.environ if naam.startswith("KETEN_")]:
        monkeypatch.delenv(naam)
