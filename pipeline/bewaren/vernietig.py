"""Destroys one thing, provably: voornemen in the ledger, files away, proof in the ledger.

`vernietig` and `vernietig_rijen` do the three in order; `hervat` finishes what a killed process left between them.
Whatever the moment of the kill, there is one proof for what was destroyed, and none for what was not.
"""

from __future__ import annotations

import fcntl
import shutil
import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa

from lineage.ledger import Rij
from lineage.vernietiging import is_doorgelaten, leg_vast, neem_voor, trek_in, voornemens
from pipeline import heelheid
from pipeline.instellingen import Instellingen
from pipeline.levering.verslag import PRODUCT as VERSLAG
from privacy.bewaren import Afdruk, in_map, neem_afdruk, neem_afdruk_van_rijen, vervang, vind, wis, zet_klaar
from schemas.fout import KetenFout

KLAARGEZET = ".vernietigen"  # files without the rows that go, until they take the place of the old ones
SLOT = ".vernietigen.slot"
Zeef = Callable[[pa.Table], pa.Table]


@dataclass(frozen=True)
class Eenheid:
    """What goes in one piece, under one proof.

    Attributes:
        dataset: the kind of data, for example `lake/inkomsten`.
        onderwerp: which one: the id of a levering or run, a period.
        reden: `bewaartermijn`, `exit`, `ongegrond`, `vervallen` (nothing needs it any more) or `rest`.
        grondslag: on what ground, in words.
        plaats: where it stands, as patterns relative to the data folder.
        levering_nr: the levering that is `vernietigd` as a whole by this.
        run_id: the run that is `vernietigd` as a whole by this.
        doorgang: the passage (levering_nr, doel, begin of the toelating) of which these are the lake files.
    """

    dataset: str
    onderwerp: str
    reden: str
    grondslag: str
    plaats: tuple[str, ...] = ()
    levering_nr: int | None = None
    run_id: str | None = None
    doorgang: tuple[int, str, str] | None = None


@contextmanager
def alleen(instellingen: Instellingen) -> Iterator[None]:
    """One process at a time destroys (or rotates a key), and begins with what an earlier one left.

    Raises:
        KetenFout: `V-BEZIG` when another is at it.
    """
    instellingen.map().mkdir(parents=True, exist_ok=True)
    with instellingen.map(SLOT).open("w") as slot:
        try:
            fcntl.flock(slot, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise KetenFout("V-BEZIG") from None
        hervat(instellingen)
        yield


def vernietig(instellingen: Instellingen, eenheid: Eenheid) -> Afdruk | None:
    """Destroys files; None when there was nothing."""
    root = instellingen.map()
    paden = vind(root, eenheid.plaats)
    if not paden and eenheid.levering_nr is None and eenheid.run_id is None:
        return None
    afdruk = neem_afdruk(root, paden)
    return afdruk if _doe(instellingen, eenheid, afdruk, None) else None


def vernietig_rijen(instellingen: Instellingen, eenheid: Eenheid, zeven: Mapping[Path, Zeef]) -> Afdruk | None:
    """Destroys rows: of each Parquet file what its sieve leaves takes its place. None when no row had to go.

    All new files are ready before the first takes its place, so what must go need not be worked out again from files
    of which some are without it.
    """
    root, naam = instellingen.map(), uuid.uuid4().hex
    klaargezet = root / KLAARGEZET / naam
    changed = []
    for pad, zeef in sorted(zeven.items()):
        nieuw = klaargezet / pad.relative_to(root)
        if aantal := zet_klaar(pad, nieuw, zeef):
            changed.append((pad, nieuw, aantal))
        else:
            nieuw.unlink()
    afdruk = neem_afdruk_van_rijen(root, changed)
    if changed and _doe(instellingen, eenheid, afdruk, naam):
        return afdruk
    shutil.rmtree(klaargezet, ignore_errors=True)
    return None


def hervat(instellingen: Instellingen) -> int:
    """Carries out what was entered and not proven; what was prepared and not entered is dropped. Returns how many."""
    pending = voornemens(instellingen.grootboek)
    for voornemen in pending:
        _voer_uit(instellingen, voornemen)
    heelheid.rond_af(instellingen)
    shutil.rmtree(instellingen.map(KLAARGEZET), ignore_errors=True)
    return len(pending)


def _doe(instellingen: Instellingen, eenheid: Eenheid, afdruk: Afdruk, klaargezet: str | None) -> bool:
    values = {
        **{naam: getattr(eenheid, naam) for naam in ("reden", "grondslag", "dataset", "onderwerp")},
        **{naam: getattr(eenheid, naam) for naam in ("levering_nr", "run_id")},
        **{naam: getattr(afdruk, naam) for naam in ("bestanden", "rijen", "bytes", "sha256")},
        "plaats": "\n".join(eenheid.plaats),
        "klaargezet": klaargezet,
    }
    return _voer_uit(instellingen, neem_voor(instellingen.grootboek, values, eenheid.doorgang))


def _voer_uit(instellingen: Instellingen, voornemen: Rij) -> bool:
    root, ledger = instellingen.map(), instellingen.grootboek
    if is_weer_toegelaten(instellingen, voornemen):  # since the voornemen: the files are new ones
        trek_in(ledger, voornemen)
        return False
    if voornemen["klaargezet"]:
        klaargezet = root / KLAARGEZET / voornemen["klaargezet"]
        heelheid.kondig_aan(instellingen, {nieuw: root / nieuw.relative_to(klaargezet) for nieuw in in_map(klaargezet)})
        vervang(klaargezet, root)
        heelheid.rond_af(instellingen)
    wis(root, plaatsen(voornemen))
    return leg_vast(ledger, voornemen)


def plaatsen_van_levering(instellingen: Instellingen, levering: Rij) -> list[str]:
    """Where a levering stands as it was received, with what was noted and reported of it."""
    levering_id = levering["levering_id"]
    landed = instellingen.landing / levering["bron"] / levering_id
    return [
        landed.relative_to(instellingen.map()).as_posix(),
        f"quarantaine/{levering_id}",
        f"verslag/{levering_id}.*",
        f"uitleveringen/*/{VERSLAG}/{levering_id}",
    ]


def plaatsen(row: Rij) -> list[str]:
    """The places of a voornemen or proof, as patterns relative to the data folder."""
    return [plaats for plaats in row["plaats"].split("\n") if plaats]


def is_weer_toegelaten(instellingen: Instellingen, row: Rij) -> bool:
    """Whether lake files that were to go because nothing needed them came back, by a passage the ledger knows."""
    kind, _, doel = row["dataset"].partition("/")
    levering_id, _, toelating = row["onderwerp"].partition(" ")
    if kind != "lake" or not toelating:
        return False
    return is_doorgelaten(instellingen.grootboek, levering_id, doel, toelating)
