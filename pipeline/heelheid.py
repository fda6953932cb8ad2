"""Whether the files that count are what was written: held against the digest the ledger has of them.

Everything a step reads of the lake and of the runs goes through `controleer` first, so that a disk that lost or changed
something is found before anybody is told what follows from it. Who rewrites such a file says so first
with `kondig_aan`, and `rond_af` when it is done.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from lineage import afdrukken
from lineage.ledger import Stap
from pipeline.instellingen import Instellingen
from pipeline.vastlegging import sha256_van
from schemas.fout import KetenFout

ONTBREEKT, BESCHADIGD = "O-ONTBREEKT", "O-BESCHADIGD"


def plaats_van(instellingen: Instellingen, pad: Path) -> str:
    """Where a file stands below the data folder: how the ledger knows it."""
    return pad.relative_to(instellingen.map()).as_posix()


def afdrukken_van(instellingen: Instellingen, paden: Iterable[Path]) -> dict[str, str]:
    """What files hold, as it is entered with the step that made them."""
    return {plaats_van(instellingen, pad): sha256_van(pad) for pad in paden}


def bekend(instellingen: Instellingen, *delen: str) -> dict[str, frozenset[str]]:
    """The files below a folder that the ledger knows, with the digests they may have."""
    return afdrukken.van(instellingen.grootboek, "/".join(delen))


def controleer(instellingen: Instellingen, paden: Iterable[Path]) -> None:
    """Holds files against what was written. Of one from before digests were kept only that it is there is known.

    Raises:
        KetenFout: `O-ONTBREEKT` or `O-BESCHADIGD` with the place of the first that is not what it was.
    """
    known: dict[str, dict[str, frozenset[str]]] = {}
    for pad in sorted(set(paden)):
        plaats = plaats_van(instellingen, pad)
        map_ = plaats.rpartition("/")[0]
        if map_ not in known:
            known[map_] = bekend(instellingen, map_)
        if not pad.exists():
            raise KetenFout(ONTBREEKT, plaats)
        if (expected := known[map_].get(plaats)) is None:
            continue
        found = sha256_van(pad)
        if found not in expected and found not in bekend(instellingen, map_).get(plaats, expected):
            raise KetenFout(BESCHADIGD, plaats)  # also not rewritten since the ledger was asked


def vergelijk(instellingen: Instellingen, pad: Path, sha256: str) -> None:
    """Holds one file against the digest it was received with.

    Raises:
        KetenFout: `O-ONTBREEKT` or `O-BESCHADIGD` with its place.
    """
    if not pad.is_file():
        raise KetenFout(ONTBREEKT, plaats_van(instellingen, pad))
    if sha256_van(pad) != sha256:
        raise KetenFout(BESCHADIGD, plaats_van(instellingen, pad))


@contextmanager
def bewaakt(instellingen: Instellingen, stap: Stap) -> Iterator[None]:
    """A step that meets something damaged ends, and is entered as failed with the code."""
    try:
        yield
    except KetenFout as fout:
        if fout.code in (ONTBREEKT, BESCHADIGD):
            stap.status, stap.code = "mislukt", fout.code
            instellingen.grootboek.schrijf_stap(stap)
        raise


def kondig_aan(instellingen: Instellingen, nieuw: Mapping[Path, Path]) -> None:
    """Enters that finished files (file to whose place it takes) are about to replace others; then rename them."""
    coming = {plaats_van(instellingen, pad): sha256_van(aside) for aside, pad in nieuw.items()}
    afdrukken.kondig_aan(instellingen.grootboek, coming)


def rond_af(instellingen: Instellingen) -> None:
    """Ends the replacing of files, also by a process that was killed at it: what stands there is what it is."""
    for plaats in afdrukken.dubbel(instellingen.grootboek):
        pad = instellingen.map(plaats)
        if pad.exists():
            afdrukken.bevestig(instellingen.grootboek, {plaats: sha256_van(pad)})
