"""Step: take in a levering.

The files are recognised, held against the manifest if the bron sent one, copied to the landing area under a number
(their own names may hold a burgerservicenummer), and entered in the ledger under the digest of their content, so the
same files twice are one levering. A file that cannot be used is put aside with a code and the others go on; a levering
that is not what its manifest says is parked until somebody decides on it.
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from connectors.bestand import is_archive
from connectors.herken import Herkend
from connectors.lees import herken_bestand
from lineage import leveringen
from lineage.ledger import Ledger, Rij, Stap, now
from lineage.vervanging import VERVANGEND
from pipeline.instellingen import Instellingen
from pipeline.levering import manifest as levering_manifest
from pipeline.levering.manifest import Gelezen, Ontvangen
from pipeline.periode import controleer
from pipeline.storing import gecodeerd
from schemas.bron import Bron
from schemas.fout import KetenFout
from schemas.levering import LeveringManifest
from schemas.load import bronnen


@dataclass(frozen=True)
class Ontvangst:
    """The outcome: which levering it is, whether it was known, and what each file turned out to be."""

    levering_id: str
    status: str
    code: str | None
    bestanden: int
    onbruikbaar: dict[int, str]
    nieuw: bool
    wijzer: str | None = None


@dataclass(frozen=True)
class _Bestand(Ontvangen):
    formaat: str | None
    tabellen: tuple[str, ...]
    code: str | None = None
    wijzer: str | None = None


@gecodeerd
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
    with instellingen.grootboek.alleen("ontvang", bron):
        return _ontvang(instellingen, bron, paden, periode, omschrijving)


def _ontvang(
    instellingen: Instellingen, bron: str, paden: Sequence[Path], periode: str, omschrijving: str
) -> Ontvangst:
    begonnen, ledger = now(), instellingen.grootboek
    bestanden = [_bekijk(nr, pad, bronnen()[bron]) for nr, pad in enumerate(_list_files(paden), 1)]
    gelezen = levering_manifest.zoek_manifest(paden)
    fout = levering_manifest.controleer(gelezen, bron, periode, bestanden) if gelezen else None
    wat = _wat(bron, periode, gelezen, fout)
    inhoud = _digest(wat, bestanden, gelezen.sha256 if gelezen and fout else "")
    if known := ledger.vind_levering(inhoud):
        return _ontvangst(known, "L-DUBBEL", bestanden, nieuw=False)
    usable = [bestand for bestand in bestanden if bestand.code is None]
    fout = fout or _vervangt_deel(ledger, wat, bestanden)
    if not usable:
        fout = KetenFout("L-LEEG")
    levering = {
        **wat,
        "levering_id": f"{bron}-{periode}-{inhoud[:12]}",
        "inhoud": inhoud,
        "omschrijving": omschrijving,
        "status": leveringen.GEPARKEERD if fout else "ontvangen",
        "code": fout.code if fout else None,
        "wijzer": (fout.wijzer or None) if fout else None,
        "ontvangen_op": begonnen,
    }
    _land(instellingen.landing / bron / levering["levering_id"], bestanden)
    tellingen = Counter({("", "bestand", "gebruikt"): len(usable)})
    tellingen.update(("", "bestand", bestand.code) for bestand in bestanden if bestand.code)
    stap = Stap("ontvang", levering["levering_id"], None, periode, "geparkeerd" if fout else "gelukt", levering["code"])
    stap.begonnen_op, stap.tellingen = begonnen, dict(tellingen)
    ledger.registreer_levering(levering, [_rij(bestand, gelezen) for bestand in bestanden], stap)
    return _ontvangst(levering, levering["code"], bestanden, nieuw=True)


def _wat(bron: str, periode: str, gelezen: Gelezen | None, fout: KetenFout | None) -> dict[str, Any]:
    """What a levering is, as the ledger has it; a manifest that is about something else says nothing of this one."""
    about = fout is None or fout.code in ("L-MANIFEST-ONTBREEKT", "L-MANIFEST-EXTRA", "L-MANIFEST-DIGEST")
    manifest = (gelezen.inhoud if gelezen and about else None) or LeveringManifest(bron=bron, periode=periode)
    return {
        "bron": bron,
        "periode": periode,
        "soort": manifest.soort,
        "volledig": manifest.volledig,
        "aanleveraar": manifest.aanleveraar,
    }


def _vervangt_deel(ledger: Ledger, wat: Rij, bestanden: Sequence[_Bestand]) -> KetenFout | None:
    """A levering that restates part of another cannot take its place: somebody must say that both may count."""
    if wat["soort"] != VERVANGEND:
        return None
    tabellen = {naam for bestand in bestanden for naam in bestand.tabellen}
    overlap = leveringen.overlappend(ledger, wat, tabellen)
    return KetenFout("L-VERVANGT-DEEL", overlap[0]) if overlap else None


def _rij(bestand: _Bestand, gelezen: Gelezen | None) -> dict[str, Any]:
    said = gelezen.bestand(bestand.pad) if gelezen else None
    return {
        "bestand_nr": bestand.nr,
        "formaat": bestand.formaat,
        "tabellen": " ".join(bestand.tabellen),
        "bytes": bestand.bytes,
        "sha256": bestand.sha256,
        "records": said.records if said else None,
        "code": bestand.code,
        "wijzer": bestand.wijzer,
    }


def _ontvangst(levering: Rij, code: str | None, bestanden: list[_Bestand], *, nieuw: bool) -> Ontvangst:
    unusable = {bestand.nr: bestand.code for bestand in bestanden if bestand.code}
    wijzer = levering["wijzer"] if nieuw else None
    return Ontvangst(levering["levering_id"], levering["status"], code, len(bestanden), unusable, nieuw, wijzer)


def _list_files(paden: Sequence[Path]) -> list[Path]:
    """All files given and in folders given, in name order; hidden files and the manifest of a levering are no data."""
    found: list[Path] = []
    for pad in paden:
        found += sorted(pad.rglob("*")) if pad.is_dir() else [pad]
    no_data = levering_manifest.NAAM
    return [pad for pad in found if pad.is_file() and not pad.name.startswith(".") and pad.name != no_data]


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


def _digest(wat: Rij, bestanden: list[_Bestand], manifest: str) -> str:
    """What makes a levering the same: what it is, and the content of its files, whatever their names and order.

    A manifest that was wrong counts too, so that the same files with a better one are another levering.
    """
    declared = [wat["soort"]] * (wat["soort"] == VERVANGEND) + [wat["aanleveraar"]] * bool(wat["aanleveraar"])
    parts = [wat["bron"], wat["periode"], *declared, *sorted(bestand.sha256 for bestand in bestanden)]
    return hashlib.sha256("\n".join([*parts, manifest] if manifest else parts).encode()).hexdigest()


def _land(folder: Path, bestanden: list[_Bestand]) -> None:
    """Puts the files in the landing area, whole or not at all; a folder left by a killed process is replaced."""
    aside = folder.with_name(f".{folder.name}.{os.getpid()}")
    shutil.rmtree(aside, ignore_errors=True)
    aside.mkdir(parents=True, mode=0o700)
    for bestand in bestanden:
        target = _plaats(aside, bestand.nr, bestand.pad.name)
        shutil.copyfile(bestand.pad, target)  # no link: what is changed in the inbox may not change what was received
    shutil.rmtree(folder, ignore_errors=True)
    aside.rename(folder)


def landed(folder: Path) -> dict[int, Path]:
    """Where the files of a levering stand, by their number."""
    return {int(pad.name[:6]): pad for pad in folder.glob("[0-9]*")}


def _plaats(folder: Path, nr: int, naam: str) -> Path:
    """Where a file of a levering is to stand; the extension is kept, the name is not."""
    suffix = re.search(r"(\.tar)?\.[A-Za-z0-9]{1,8}$", naam)
    return folder / f"{nr:06d}{suffix.group().lower() if suffix else ''}"
