"""Listens within a process to everything that changes what outlives it, and kills it at one of those moments.

Python tells of every rename, link, removal and file opened for writing (`sys.addaudithook`), SQLAlchemy of every
commit, and pyarrow's writer is wrapped because it opens files by itself. So the code under test knows nothing of it.
"""

from __future__ import annotations

import os
import re
import signal
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType
from typing import Any

import pyarrow.parquet as pq
import sqlalchemy as sa
from sqlalchemy.engine.default import DefaultDialect

from tests.bouw import CHECKOUT
from tests.fault.plaatsen import GROOTBOEK, KAMERS, SCHRIJF, WIS, ZET, vind

VOOR, NA = "voor", "na"
_EVENTS = {
    "os.rename": ZET,
    "os.link": ZET,
    "os.symlink": ZET,
    "os.remove": WIS,
    "os.rmdir": WIS,
    "shutil.rmtree": WIS,
    "open": SCHRIJF,
}
_WRITE = os.O_WRONLY | os.O_RDWR
_SEAM = ("lineage/ledger.py", "Ledger.transactie")
_CHANGES = re.compile(r"^\s*(insert into|update|delete from)\s+\"?(\w+)", re.IGNORECASE)


@dataclass(frozen=True)
class Overgang:
    """One change as it happened: at which place of the code, and what changed."""

    plaats: str
    wat: str


@dataclass(frozen=True)
class Moment:
    """When to die: before or after the `keer`th change at a place."""

    plaats: str
    keer: int
    kant: str


@dataclass
class Opname:
    """What changed in this process below a folder, in order; dies at `moment`."""

    wortel: Path
    moment: Moment | None = None
    overgangen: list[Overgang] = field(default_factory=list)
    buitenom: list[str] = field(default_factory=list)  # changes at no known place
    _tabellen: dict[int, set[str]] = field(default_factory=dict)
    _keer: int = 0
    _uit: bool = False

    def begin(self) -> None:
        """From here on."""
        sys.addaudithook(self._audit)
        sa.event.listen(sa.engine.Engine, "before_cursor_execute", self._statement)
        commit = DefaultDialect.do_commit

        def do_commit(dialect: Any, connection: Any) -> None:
            tables = self._tabellen.pop(id(getattr(connection, "dbapi_connection", connection)), None)
            if not tables or self._uit:
                commit(dialect, connection)
                return
            after = self._gebeurt(GROOTBOEK, " ".join(sorted(tables)), sys._getframe(1))
            commit(dialect, connection)
            after()

        DefaultDialect.do_commit = do_commit  # type: ignore[method-assign]
        rollback = DefaultDialect.do_rollback

        def do_rollback(dialect: Any, connection: Any) -> None:
            self._tabellen.pop(id(getattr(connection, "dbapi_connection", connection)), None)
            rollback(dialect, connection)

        DefaultDialect.do_rollback = do_rollback  # type: ignore[method-assign]
        init, close = pq.ParquetWriter.__init__, pq.ParquetWriter.close

        def opened(writer: Any, where: Any, *args: Any, **kwargs: Any) -> None:
            path = Path(str(where))
            if not self._hoort(path):
                init(writer, where, *args, **kwargs)
                return
            writer.keten_na = self._gebeurt(SCHRIJF, self._vorm(path), sys._getframe(1))
            init(writer, where, *args, **kwargs)

        def closed(writer: Any) -> None:
            close(writer)
            getattr(writer, "keten_na", lambda: None)()

        pq.ParquetWriter.__init__, pq.ParquetWriter.close = opened, closed

    def stop(self) -> None:
        """Until here."""
        self._uit = True

    def _audit(self, event: str, args: tuple[Any, ...]) -> None:
        soort = _EVENTS.get(event)
        if soort is None or self._uit:
            return
        if event == "open" and not (isinstance(args[2], int) and args[2] & _WRITE):
            return
        place = args[1] if event in ("os.rename", "os.link", "os.symlink") else args[0]
        if isinstance(place, int):
            return
        path = self._volledig(place, args[-1] if event in ("os.remove", "os.rmdir") else -1)
        if not self._hoort(path):
            return
        after = self._gebeurt(soort, self._vorm(path), sys._getframe(1))
        if self._sterft(NA):
            _bij_terugkeer(after)

    def _volledig(self, place: Any, dir_fd: Any) -> Path:
        path = Path(os.fsdecode(place))
        if not path.is_absolute() and isinstance(dir_fd, int) and dir_fd >= 0:
            path = Path(f"/proc/self/fd/{dir_fd}").readlink() / path
        return path

    def _hoort(self, path: Path) -> bool:
        """Whether a file is one of the installation, and not of SQLite, a lock, or dbt for itself."""
        if not path.is_absolute() or not path.is_relative_to(self.wortel) or path == self.wortel:
            return False
        first = path.relative_to(self.wortel).parts[0]
        return first not in ("ledger", "dbt") and path.suffix != ".slot"

    def _vorm(self, path: Path) -> str:
        """A file as a pattern: without what is different every time."""
        text = path.relative_to(self.wortel).as_posix()
        text = re.sub(r"(?<=[./-])\d{2,}(?=$|[./-])", "*", text)
        text = re.sub(r"[0-9a-f]{8,}", "*", text)
        return re.sub(r"\b\d{4}\b|\d{6}", "*", text)

    def _statement(self, connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        if (found := _CHANGES.match(statement)) and not self._uit:
            raw = connection.connection.dbapi_connection
            self._tabellen.setdefault(id(raw), set()).add(found[2])

    def _gebeurt(self, soort: str, wat: str, frame: FrameType | None) -> Callable[[], None]:
        """Notes a change and dies before it when it is the one; what is returned is to be called after it."""
        plaats = _plaats(frame, soort)
        if plaats is None:
            self.buitenom.append(f"{soort} {wat} vanuit {_waar(frame)}")
            return lambda: None
        self.overgangen.append(Overgang(plaats, wat))
        self._keer = sum(overgang.plaats == plaats for overgang in self.overgangen)
        if self._sterft(VOOR):
            _sterf()
        dies = self._sterft(NA)
        return _sterf if dies else lambda: None

    def _sterft(self, kant: str) -> bool:
        return (
            self.moment is not None
            and bool(self.overgangen)
            and self.moment == Moment(self.overgangen[-1].plaats, self._keer, kant)
        )


def _sterf() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def _bij_terugkeer(after: Callable[[], None]) -> None:
    """Calls when the function returns that is about to be called: Python tells before it calls the system."""

    def profile(_frame: FrameType, event: str, _arg: Any) -> None:
        if event in ("return", "c_return", "c_exception"):
            after()

    sys.setprofile(profile)


def _eigen(frame: FrameType | None) -> list[tuple[str, FrameType]]:
    """The frames that are code of the rooms, innermost first."""
    found = []
    while frame is not None:
        path = Path(frame.f_code.co_filename)
        if path.is_relative_to(CHECKOUT) and path.relative_to(CHECKOUT).parts[0] in KAMERS:
            found.append((path.relative_to(CHECKOUT).as_posix(), frame))
        frame = frame.f_back
    return found


def _plaats(frame: FrameType | None, soort: str) -> str | None:
    own = _eigen(frame)
    if soort == GROOTBOEK:  # only by way of the one function that makes transactions
        own = (
            [(module, each) for module, each in own if (module, each.f_code.co_qualname) != _SEAM]
            if any((module, each.f_code.co_qualname) == _SEAM for module, each in own)
            else []
        )
    if not own:
        return None
    module, inner = own[0]
    found = vind(module, inner.f_lineno, soort)
    return found.naam if found else None


def _waar(frame: FrameType | None) -> str:
    own = _eigen(frame)
    return f"{own[0][0]}:{own[0][1].f_lineno}" if own else "geen eigen code"
