"""Holds repeated files against the digests of then."""

from __future__ import annotations

import json
import shutil
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from lineage.ledger import Rij
from pipeline.vastlegging import inhoud_van, sha256_van

Uitkomst = Literal["gelijk", "inhoud gelijk", "anders", "vernietigd"]


@dataclass(frozen=True)
class Vergelijking:
    """How a file compares with then.

    `inhoud gelijk`: the same rows, the pseudonyms under another key version. `vernietigd`: it cannot be made again,
    because what it held, or what it was compared with, was destroyed.
    """

    naam: str
    uitkomst: Uitkomst
    reden: str = ""

    @property
    def gelijk(self) -> bool:
        """Whether it says what it said."""
        return self.uitkomst in ("gelijk", "inhoud gelijk")


def vergelijk_signalen(made: Iterable[Rij], folder: Path, sleutelversie: int) -> Iterator[Vergelijking]:
    """The files a run made; `sleutelversie` is the key version of today."""
    for row in made:
        pad = folder / row["naam"]
        if sha256_van(pad) == row["sha256"]:
            yield Vergelijking(row["naam"], "gelijk")
            continue
        same = inhoud_van(pad) == row["inhoud"]
        if same and row["sleutelversie"] != sleutelversie:
            reden = f"sleutelversie {row['sleutelversie']} toen, {sleutelversie} nu"
            yield Vergelijking(row["naam"], "inhoud gelijk", reden)
        else:
            yield Vergelijking(row["naam"], "anders", "de rijen zijn gelijk, het bestand niet" if same else "")


def vergelijk_berichten(rows: Iterable[Rij], folder: Path, weg: Collection[str]) -> Iterator[Vergelijking]:
    """The messages that were delivered; of recipients in `weg` something was destroyed since.

    What differs because of that is taken away: it is not what was sent.
    """
    for row in rows:
        naar, destroyed = row["ontvanger"], False
        for naam, sha256 in sorted(json.loads(row["vastgelegd"])["bestanden"].items()):
            pad = folder / naar / naam
            place = f"{naar}/{naam}"
            if pad.exists() and sha256_van(pad) == sha256:
                yield Vergelijking(place, "gelijk")
            elif naar in weg:
                destroyed = True
                yield Vergelijking(place, "vernietigd", "een signaal, of de run ervoor, is vernietigd")
            else:
                yield Vergelijking(place, "anders", "" if pad.exists() else "is niet gemaakt")
        if destroyed:
            shutil.rmtree(folder / naar, ignore_errors=True)
