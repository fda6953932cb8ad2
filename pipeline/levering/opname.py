"""What reading a large file of a levering yielded, kept beside it, so that a later passage need not read it again.

A population that has grown has all that its doel looks back on pass again (ADR 0005); unpacking and parsing the same
file each month was most of what that cost. An *opname* is a copy and no source: it is used when it is what was written
and says what reading would say, and otherwise the file is read, and recorded anew. It stands in the folder of the
levering, so it is destroyed with it, and holds no field that no doel of the passage asked for (ADR 0064).
"""

from __future__ import annotations

import hashlib
import json
import logging
import os
from collections.abc import Callable, Collection, Mapping
from dataclasses import replace
from functools import cache, cached_property
from importlib.metadata import version
from pathlib import Path

from connectors.rijen import Gelezen
from lineage.ledger import Rij
from pipeline import heelheid
from pipeline.instellingen import Instellingen
from pipeline.levering.opnamebestand import Opnemer, Slot, lees_slot, speel_af
from pipeline.vastlegging import sha256_van
from schemas.bron import Bron

MAP = "opname"  # in the folder of the levering
VANAF = 2**18  # bytes as delivered: a smaller file is often read as soon as an opname is opened and checked (ADR 0064)
_ZONDER = "parquet"  # has columns already
_OOK = ("schemas/bron.py", "schemas/model.py", "pipeline/levering/opnamebestand.py")
_PARSERS = ("pyarrow", "lxml", "ijson", "orjson", "numpy")
_log = logging.getLogger(__name__)
Gevraagd = Mapping[str, Collection[str]]
Lees = Callable[[], Gelezen]


class Opnames:
    """The opnames of one levering during one passage.

    `afdrukken` is what the step enters of them: the digest of each that was made, None for one that went.
    """

    def __init__(self, instellingen: Instellingen, bron: Bron, folder: Path) -> None:
        self._instellingen, self._bron, self._map = instellingen, bron, folder / MAP
        self.afdrukken: dict[str, str | None] = {}

    def lees(self, bestand: Rij, gevraagd: Gevraagd, overslaan: Collection[int | None], lees: Lees) -> Gelezen:
        """What reading a file for these tables (names within the bron) and fields yields; `lees` reads it."""
        if bestand["bytes"] < VANAF or bestand["formaat"] == _ZONDER:
            return lees()
        nr, slot = bestand["bestand_nr"], self._slot(bestand, gevraagd, overslaan)
        found = self._vind(nr, slot)
        return self._neem_op(nr, slot, lees()) if found is None else speel_af(found, slot.tabellen)

    def _slot(self, bestand: Rij, gevraagd: Gevraagd, overslaan: Collection[int | None]) -> Slot:
        """What an opname of this reading is of."""
        tabellen = {}
        for naam in sorted(bestand["tabellen"].split()):
            tabel = naam.partition(".")[2]
            if tabel in gevraagd:
                tabellen[naam] = sorted(self._bron.tabellen[tabel].velden.keys() & set(gevraagd[tabel]))
        lezing = hashlib.sha256(f"{bestand['sha256']} {self._lezer}".encode()).hexdigest()
        return Slot(lezing, tuple(sorted(lid for lid in overslaan if lid is not None)), tabellen)

    def _vind(self, nr: int, slot: Slot) -> Path | None:
        """An opname that says what reading would say: the exact one, or one of more."""
        exact = self._pad(nr, slot)
        others = sorted(pad for pad in self._map.glob(f"{_begin(nr)}*.arrow") if pad != exact)
        return next((pad for pad in (exact, *others) if _dekt(lees_slot(pad), slot) and self._is_heel(pad)), None)

    def _is_heel(self, pad: Path) -> bool:
        """Whether it is what was entered; one that is not counts for nothing, since the file itself is still there."""
        plaats = self._plaats(pad)
        own = self.afdrukken.get(plaats)
        known = self._bekend.get(plaats, frozenset()) if own is None else {own}
        if not known:  # made by a process that was killed before it entered it
            return False
        whole = sha256_van(pad) in known
        if not whole:
            _log.warning("opname is niet wat geschreven werd; het bestand wordt opnieuw gelezen (%s)", plaats)
        return whole

    def _neem_op(self, nr: int, slot: Slot, gelezen: Gelezen) -> Gelezen:
        """Yields what is read and records it meanwhile: all of it, or nothing when it breaks off."""
        final = self._pad(nr, slot)
        aside = final.with_name(f".{final.name}.{os.getpid()}")
        opnemer = Opnemer(aside)
        try:
            for item in gelezen:
                opnemer.neem_op(item)
                yield item
            slot = replace(slot, deelbaar=not opnemer.zonder_tabel)
            opnemer.sluit(slot)
        except BaseException:
            opnemer.breek_af()
            raise
        aside.replace(final)
        for left in self._overbodig(nr, slot, final):
            left.unlink(missing_ok=True)
            self.afdrukken[self._plaats(left)] = None
        self.afdrukken |= heelheid.afdrukken_van(self._instellingen, [final])

    def _overbodig(self, nr: int, slot: Slot, final: Path) -> list[Path]:
        """What else there is or was entered of the file and is of no more use.

        That is what was read in another way, what is part of what there is now, and what does not count.
        """
        names = (plaats.rpartition("/")[2] for plaats in (*self._bekend, *self.afdrukken))  # of all its files
        entered = {self._map / naam for naam in names if naam.startswith(_begin(nr))}
        found = {*self._map.glob(f"{_begin(nr)}*.arrow"), *entered} - {final}
        return sorted(pad for pad in found if not self._telt_naast(pad, slot))

    def _telt_naast(self, pad: Path, slot: Slot) -> bool:
        of = lees_slot(pad)
        return of is not None and of.lezing == slot.lezing and not slot.dekt(of) and self._is_heel(pad)

    @cached_property
    def _bekend(self) -> Mapping[str, frozenset[str]]:
        """What was entered, with the digests."""
        return heelheid.bekend(self._instellingen, self._plaats(self._map))

    @cached_property
    def _lezer(self) -> str:
        """All that decides how a file of the bron is read."""
        return hashlib.sha256(f"{self._bron.model_dump_json()}\n{leescode()}".encode()).hexdigest()

    def _pad(self, nr: int, slot: Slot) -> Path:
        text = json.dumps([slot.lezing, slot.overslaan, slot.tabellen])
        return self._map / f"{_begin(nr)}{hashlib.sha256(text.encode()).hexdigest()[:16]}.arrow"

    def _plaats(self, pad: Path) -> str:
        return heelheid.plaats_van(self._instellingen, pad)


def _begin(nr: int) -> str:
    """How the names of the opnames of a file begin."""
    return f"{nr:06d}-"


def _dekt(een: Slot | None, ander: Slot) -> bool:
    return een is not None and een.dekt(ander)


@cache
def leescode() -> str:
    """The code that reads, and how an opname holds what it yields: sources, and versions of the parsers."""
    base = Path(__file__).resolve().parents[2]
    sources = [*sorted((base / "connectors").glob("*.py")), *(base / place for place in _OOK)]
    digest = hashlib.sha256(b"".join(pad.read_bytes() for pad in sources)).hexdigest()
    return " ".join([digest, *(f"{naam} {version(naam)}" for naam in _PARSERS)])
