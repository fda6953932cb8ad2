"""The manifest a bron may send beside its files: `levering.json`, of the shape `schemas.levering.LeveringManifest`.

What it says is held against what was received. An objection is a code with a place (the number of a file, or of a line
of the manifest) and never a name or value, because the names of files may hold a burgerservicenummer.
"""

from __future__ import annotations

import hashlib
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path, PurePosixPath

from pydantic import ValidationError

from schemas.fout import KetenFout
from schemas.levering import LeveringManifest, ManifestBestand
from schemas.load import ontvangers

NAAM = "levering.json"
MAX_BYTES = 64 * 2**20
_MOST = 5  # places that a pointer names


@dataclass(frozen=True)
class Ontvangen:
    """A file that was received."""

    nr: int
    pad: Path
    sha256: str
    bytes: int


@dataclass(frozen=True)
class Gelezen:
    """A manifest as it was found; `inhoud` is None when it cannot be understood, and `fout` then says why."""

    map: Path
    sha256: str
    inhoud: LeveringManifest | None
    fout: KetenFout | None = None

    @cached_property
    def bestanden(self) -> dict[str, ManifestBestand]:
        """The files the manifest names, in its order."""
        named = self.inhoud.bestanden if self.inhoud else None
        return {_key(item.naam): item for item in named or ()}

    def bestand(self, pad: Path) -> ManifestBestand | None:
        """What the manifest says of a file."""
        return self.bestanden.get(_place(pad, self.map))


def zoek_manifest(paden: Sequence[Path]) -> Gelezen | None:
    """The manifest among the files and folders given, read."""
    found: list[Path] = []
    for pad in paden:
        found += sorted(pad.rglob(NAAM)) if pad.is_dir() else [pad] * (pad.name == NAAM)
    if not found:
        return None
    if len(found) > 1:
        text = "\n".join(hashlib.sha256(pad.read_bytes()).hexdigest() for pad in found).encode()
        return _onleesbaar(found[0], text, "meer dan een manifest")
    return _lees(found[0])


def _lees(pad: Path) -> Gelezen:
    with pad.open("rb") as file:
        content = file.read(MAX_BYTES + 1)
    if len(content) > MAX_BYTES:
        return _onleesbaar(pad, content, "te groot")
    try:
        inhoud = LeveringManifest.model_validate_json(content.removeprefix(b"\xef\xbb\xbf"))
    except ValidationError as error:
        places = dict.fromkeys(_wrong(item["loc"], item["type"]) for item in error.errors(include_input=False))
        return _onleesbaar(pad, content, _enkele(list(places)))
    return Gelezen(pad.parent, hashlib.sha256(content).hexdigest(), inhoud)


def _onleesbaar(pad: Path, content: bytes, wijzer: str) -> Gelezen:
    return Gelezen(pad.parent, hashlib.sha256(content).hexdigest(), None, KetenFout("L-MANIFEST-ONLEESBAAR", wijzer))


def _wrong(loc: tuple[int | str, ...], kind: str) -> str:
    """A place in the manifest; a key that the schema does not know is the sender's and is not repeated."""
    known = LeveringManifest.model_fields.keys() | ManifestBestand.model_fields.keys()
    parts = [str(part + 1) if isinstance(part, int) else part for part in loc if isinstance(part, int) or part in known]
    return " ".join([*parts, "onbekende sleutel"] if kind == "extra_forbidden" else parts) or "geen JSON"


def controleer(gelezen: Gelezen, bron: str, periode: str, bestanden: Sequence[Ontvangen]) -> KetenFout | None:
    """The first objection to a levering on account of its manifest."""
    if gelezen.inhoud is None:
        return gelezen.fout
    manifest = gelezen.inhoud
    if manifest.bron != bron:
        return KetenFout("L-MANIFEST-BRON")
    if manifest.periode != periode:
        return KetenFout("L-MANIFEST-PERIODE")
    if manifest.aanleveraar not in (None, bron, *ontvangers()):
        return KetenFout("L-MANIFEST-AANLEVERAAR")
    return _controleer_bestanden(gelezen, bestanden) if manifest.bestanden is not None else None


def _controleer_bestanden(gelezen: Gelezen, bestanden: Sequence[Ontvangen]) -> KetenFout | None:
    present = {_place(bestand.pad, gelezen.map) for bestand in bestanden}
    missing = [f"manifest {nr}" for nr, naam in enumerate(gelezen.bestanden, 1) if naam not in present]
    extra = [f"bestand {bestand.nr}" for bestand in bestanden if gelezen.bestand(bestand.pad) is None]
    other = [f"bestand {bestand.nr}" for bestand in bestanden if _differs(gelezen.bestand(bestand.pad), bestand)]
    for code, places in (
        ("L-MANIFEST-ONTBREEKT", missing),
        ("L-MANIFEST-EXTRA", extra),
        ("L-MANIFEST-DIGEST", other),
    ):
        if places:
            return KetenFout(code, _enkele(places))
    return None


def _differs(said: ManifestBestand | None, bestand: Ontvangen) -> bool:
    return said is not None and (said.sha256 != bestand.sha256 or said.bytes not in (None, bestand.bytes))


def _enkele(places: Sequence[str]) -> str:
    more = len(places) - _MOST
    return ", ".join(places[:_MOST]) + (f" en nog {more}" if more > 0 else "")


def _place(pad: Path, map_: Path) -> str:
    relative = pad.relative_to(map_) if pad.is_relative_to(map_) else Path(pad.name)
    return _key(relative.as_posix())


def _key(naam: str) -> str:
    """A name as it is compared: what is the same to the eye is the same file."""
    return unicodedata.normalize("NFC", PurePosixPath(naam.replace("\\", "/")).as_posix())
