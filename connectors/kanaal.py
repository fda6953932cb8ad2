"""Channels: how a delivery reaches its recipient, whole or not at all.

`lever` puts the files of a delivery in their place, the manifest last, so that a manifest means that all it names is
there. Called again after it was cut off it does the whole delivery again; `haal` tells whether that is needed.

A store can also be where others put what is for us: `Afhaalkanaal` lists it, fetches from it and clears it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, runtime_checkable


class Storing(Exception):
    """The other side did not answer or failed; it may go well later. Says what kind of failure, never what was sent."""


class Kanaal(Protocol):
    """Where the deliveries of a recipient go; `plaats` is `<ontvanger>/<product>/<periode>`."""

    def lever(self, bestanden: Sequence[Path], plaats: str) -> None:
        """Puts files in their place in the given order; the last, the manifest, makes the delivery count.

        Raises:
            Storing: when it may go well later; nothing counts then.
            KetenFout: `U-TOEGANG` when the other side refuses us, or is not who it should be.
        """

    def haal(self, plaats: str, naam: str) -> bytes | None:
        """A small file that stands at the recipient; None when it is not there. Raises what `lever` raises."""


@dataclass(frozen=True)
class Gevonden:
    """A file in a store: its name below the place that was listed, with `/` between folders.

    With its size in bytes, and when it was written, in whole seconds since 1970 by the clock of the store.
    """

    naam: str
    bytes: int
    gewijzigd: int


@runtime_checkable
class Afhaalkanaal(Kanaal, Protocol):
    """A store from which we fetch what others put there. Each raises what `Kanaal.lever` raises."""

    def lijst(self, plaats: str) -> list[Gevonden]:
        """Every file below a place, in the order of their names.

        A file of which a part of the name begins with a point is still being written and is not among them; nor is
        what is no plain file.
        """

    def ontvang(self, plaats: str, namen: Mapping[str, Path]) -> None:
        """Fetches files, by the name `lijst` gave, each to a file here."""

    def verwijder(self, plaats: str, namen: Sequence[str]) -> None:
        """Removes files, one by one in this order; one that is gone is no failure."""


def leesbaar(naam: str) -> bool:
    """Whether a name in a store is one to fetch: below the place, and finished."""
    return all(deel and not deel.startswith(".") and "\\" not in deel and "\0" not in deel for deel in naam.split("/"))


@dataclass(frozen=True)
class MapKanaal:
    """A folder on this machine from which the recipient fetches: `<map>/<ontvanger>/<product>/<periode>/`."""

    map: Path

    def lever(self, bestanden: Sequence[Path], plaats: str) -> None:
        """Moves finished files to their place: each appears by rename, so a reader never sees half a file."""
        folder = self.map / plaats
        try:
            folder.mkdir(parents=True, exist_ok=True)
            for bestand in bestanden:
                if bestand.exists():  # not there when it was moved before something failed
                    bestand.rename(folder / bestand.name)
        except OSError as fout:
            raise Storing(type(fout).__name__) from None

    def haal(self, plaats: str, naam: str) -> bytes | None:
        """The content of a file in the folder."""
        try:
            return (self.map / plaats / naam).read_bytes()
        except FileNotFoundError:
            return None
