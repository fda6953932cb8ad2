"""Step: take in a levering.

The files are recognised, copied to the landing area under a number (their own names may hold a burgerservicenummer),
and entered in the ledger under the digest of their content, so the same files twice are one levering. A file that
cannot be used is put aside with a code; the others go on.
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from connectors.bestand import is_archive
from connectors.herken import Herkend
from connectors.lees import herken_bestand
from lineage.ledger import Stap, now
from pipeline.instellingen import Instellingen
from pipeline.periode import controleer
from schemas.fout import KetenFout
from schemas.load import bronnen
from schemas.model import Bron

MANIFEST = "levering.json"


@dataclass(frozen=True)
class Ontvangst:
    """The outcome: which levering it is, whether it was known, and what each file turned out to be."""

    levering_id: str
    status: str
    code: str | None
    bestanden: int
    onbruikbaar: dict[int, str]
    nieuw: bool


@dataclass(frozen=True)
class _Bestand:
    nr: int
    pad: Path
    sha256: str
    bytes: int
    formaat: str | None
    tabellen: tuple[str, ...]
    code: str | None = None
    wijzer: str | None = None


def ontvang(
    instellingen: Instellingen, bron: str, paden: Sequence[Path], periode: str, omschrijving: str = ""
) -> Ontvangst:
    """Takes in files or folders of one bron as one levering for a period (`YYYY-MM`).

    Raises:
        KetenFout: `L-BRON` or `L-PERIODE` when it is not known what the files are.
    """
    if bron not in bronnen():
        raise KetenFout("L-BRON")
    controleer(periode)
    begonnen = now()
    bestanden = [_bekijk(nr, pad, bronnen()[bron]) for nr, pad in enumerate(_list_files(paden), 1)]
    inhoud = _digest(bron, periode, bestanden)
    ledger = instellingen.grootboek
    if known := ledger.vind_levering(inhoud):
        return _ontvangst(known["levering_id"], known["status"], "L-DUBBEL", bestanden, nieuw=False)
    levering_id = f"{bron}-{periode}-{inhoud[:12]}"
    usable = [bestand for bestand in bestanden if bestand.code is None]
    status, code = ("ontvangen", None) if usable else ("geparkeerd", "L-LEEG")
    _land(instellingen.landing / bron / levering_id, bestanden)
    tellingen: dict[tuple[str, str, str], int] = {("", "bestand", "gebruikt"): len(usable)}
    for bestand in bestanden:
        if bestand.code:
            key = ("", "bestand", bestand.code)
            tellingen[key] = tellingen.get(key, 0) + 1
    stap = Stap("ontvang", levering_id, None, periode, "gelukt" if usable else "geparkeerd", code, begonnen, tellingen)
    ledger.registreer_levering(
        {
            "levering_id": levering_id,
            "bron": bron,
            "periode": periode,
            "inhoud": inhoud,
            "omschrijving": omschrijving,
            "status": status,
            "code": code,
            "ontvangen_op": begonnen,
        },
        [
            {
                "bestand_nr": bestand.nr,
                "formaat": bestand.formaat,
                "tabellen": " ".join(bestand.tabellen),
                "bytes": bestand.bytes,
                "sha256": bestand.sha256,
                "code": bestand.code,
                "wijzer": bestand.wijzer,
            }
            for bestand in bestanden
        ],
        stap,
    )
    return _ontvangst(levering_id, status, code, bestanden, nieuw=True)


def _ontvangst(levering_id: str, status: str, code: str | None, bestanden: list[_Bestand], *, nieuw: bool) -> Ontvangst:
    unusable = {bestand.nr: bestand.code for bestand in bestanden if bestand.code}
    return Ontvangst(levering_id, status, code, len(bestanden), unusable, nieuw)


def _list_files(paden: Sequence[Path]) -> list[Path]:
    """All files given and in folders given, in name order; hidden files and the manifest of a levering are no data."""
    found: list[Path] = []
    for pad in paden:
        found += sorted(pad.rglob("*")) if pad.is_dir() else [pad]
    return [pad for pad in found if pad.is_file() and not pad.name.startswith(".") and pad.name != MANIFEST]


def _bekijk(nr: int, pad: Path, bron: Bron) -> _Bestand:
    with pad.open("rb") as file:
        sha256 = hashlib.file_digest(file, "sha256").hexdigest()
    size = pad.stat().st_size
    try:
        herkend = herken_bestand(pad, bron)
    except KetenFout as fout:
        return _Bestand(nr, pad, sha256, size, None, (), fout.code, fout.wijzer or None)
    tabellen = tuple(f"{bron.bron}.{naam}" for naam in _may_hold(pad, herkend, bron))
    return _Bestand(nr, pad, sha256, size, herkend.formaat, tabellen)


def _may_hold(pad: Path, herkend: Herkend, bron: Bron) -> tuple[str, ...]:
    """The tables of a file; an archive may hold more than its first member shows."""
    if not is_archive(pad):
        return herkend.tabellen
    if herkend.formaat == "xml":
        return tuple(naam for naam, tabel in bron.tabellen.items() if tabel.xml)
    return tuple(bron.tabellen)


def _digest(bron: str, periode: str, bestanden: list[_Bestand]) -> str:
    """What makes a levering the same: bron, period and the content of its files, whatever their names and order."""
    text = "\n".join([bron, periode, *sorted(bestand.sha256 for bestand in bestanden)])
    return hashlib.sha256(text.encode()).hexdigest()


def _land(folder: Path, bestanden: list[_Bestand]) -> None:
    """Puts the files in the landing area, whole or not at all; a folder left by a killed process is replaced."""
    aside = folder.with_name(f".{folder.name}.{os.getpid()}")
    shutil.rmtree(aside, ignore_errors=True)
    aside.mkdir(parents=True, mode=0o700)
    for bestand in bestanden:
        target = landed(aside, bestand.nr, bestand.pad.name)
        shutil.copyfile(bestand.pad, target)  # no link: what is changed in the inbox may not change what was received
    shutil.rmtree(folder, ignore_errors=True)
    aside.rename(folder)


def landed(folder: Path, nr: int, naam: str = "") -> Path:
    """Where file `nr` of a levering stands; the extension is kept, the name is not."""
    if not naam:
        return next(folder.glob(f"{nr:06d}*"))
    suffix = re.search(r"(\.tar)?\.[A-Za-z0-9]{1,8}$", naam)
    return folder / f"{nr:06d}{suffix.group().lower() if suffix else ''}"
