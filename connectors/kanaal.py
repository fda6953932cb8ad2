"""Channels: how a delivery reaches its recipient, whole or not at all."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class MapKanaal:
    """A folder on this machine from which the recipient fetches: `<map>/<ontvanger>/<product>/<periode>/`."""

    map: Path

    def lever(self, bestanden: Sequence[Path], plaats: str) -> None:
        """Moves finished files to their place in the given order; the last, the manifest, makes the delivery count.

        Each file appears by rename, so a reader never sees half a file; doing it again replaces files by equal ones.
        """
        folder = self.map / plaats
        folder.mkdir(parents=True, exist_ok=True)
        for bestand in bestanden:
            bestand.rename(folder / bestand.name)
