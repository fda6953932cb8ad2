"""A store in a folder, for tests of fetching that need no server."""

from __future__ import annotations

import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from connectors.kanaal import Gevonden, leesbaar


@dataclass(frozen=True)
class WinkelInMap:
    """What `Afhaalkanaal` asks, over a folder."""

    map: Path

    def lijst(self, plaats: str) -> list[Gevonden]:
        root = self.map / plaats
        files = {path.relative_to(root).as_posix(): path.stat() for path in root.rglob("*") if path.is_file()}
        return [Gevonden(naam, st.st_size, int(st.st_mtime)) for naam, st in sorted(files.items()) if leesbaar(naam)]

    def ontvang(self, plaats: str, namen: Mapping[str, Path]) -> None:
        for naam, doel in namen.items():
            shutil.copyfile(self.map / plaats / naam, doel)

    def verwijder(self, plaats: str, namen: Sequence[str]) -> None:
        for naam in namen:
            (self.map / plaats / naam).unlink(missing_ok=True)
