"""What the files that count hold: the digest under which each was entered, by its place below the data folder.

A file that is rewritten has two for as long as that lasts: the new one is entered before the file takes its place, the
old one goes after it. So at whatever moment a process is killed, what stands there is known.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from lineage import tabellen as t

if TYPE_CHECKING:
    from lineage.ledger import Ledger

_A = t.afdruk.c
_KNOWN = ("lake/", "runs/", "landing/leveringen/")  # where files stand of which the digest is entered


def leg_vast(connection: Connection, afdrukken: Mapping[str, str | None]) -> None:
    """Enters files (place to digest, None for one that went) in the transaction that makes them count.

    What was known of them gives way.
    """
    for plaats, sha256 in sorted(afdrukken.items()):
        connection.execute(t.afdruk.delete().where(_A.plaats == plaats))
        if sha256 is not None:
            connection.execute(t.afdruk.insert().values(plaats=plaats, sha256=sha256))


def van(ledger: Ledger, map_: str) -> dict[str, frozenset[str]]:
    """Of every file below a folder the digests it may have."""
    query = sa.select(t.afdruk).where(_A.plaats.startswith(f"{map_}/", autoescape=True))
    found: dict[str, frozenset[str]] = {}
    for row in ledger.rijen(query):
        found[row["plaats"]] = found.get(row["plaats"], frozenset()) | {row["sha256"]}
    return found


def kondig_aan(ledger: Ledger, afdrukken: Mapping[str, str]) -> None:
    """Enters what files are about to become, beside what they are; one of which nothing was known stays unknown."""
    with ledger.transactie() as connection:
        for plaats, sha256 in sorted(afdrukken.items()):
            rows: set[str] = set(connection.execute(sa.select(_A.sha256).where(_A.plaats == plaats)).scalars())
            if rows and sha256 not in rows:
                connection.execute(t.afdruk.insert().values(plaats=plaats, sha256=sha256))


def dubbel(ledger: Ledger) -> list[str]:
    """The files that may be one of two things: a process was killed while it rewrote them, or is at it."""
    query = sa.select(_A.plaats).group_by(_A.plaats).having(sa.func.count() > 1)
    return [row["plaats"] for row in ledger.rijen(query)]


def bevestig(ledger: Ledger, afdrukken: Mapping[str, str]) -> None:
    """Enters that files have become what was announced: no other digest counts any more."""
    with ledger.transactie() as connection:
        for plaats, sha256 in sorted(afdrukken.items()):
            connection.execute(t.afdruk.delete().where(_A.plaats == plaats, _A.sha256 != sha256))


def vergeet(connection: Connection, patronen: Iterable[str]) -> None:
    """Drops what is known of files at some places (patterns, a folder for all in it), because they were destroyed."""
    patterns = [patroon for patroon in patronen if patroon.startswith(_KNOWN)]
    for patroon in patterns:
        fixed = patroon.partition("*")[0].rpartition("/")[0]
        query = sa.select(_A.plaats).where(_A.plaats.startswith(fixed, autoescape=True)).distinct()
        known: list[str] = list(connection.execute(query).scalars())
        for plaats in (plaats for plaats in known if _past(plaats, patroon)):
            connection.execute(t.afdruk.delete().where(_A.plaats == plaats))


def _past(plaats: str, patroon: str) -> bool:
    path = PurePosixPath(plaats)
    return any(each.match(patroon) and len(each.parts) == patroon.count("/") + 1 for each in (path, *path.parents))
