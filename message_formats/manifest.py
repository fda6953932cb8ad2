"""The manifest of a delivery: which files it has, with size and checksum, and the envelope of the message.

It is written last, so a manifest at the recipient means that everything it names is there. It holds no personal data.
Names in it are checked before they are joined to a folder: a manifest cannot point outside its own.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import orjson

from message_formats.envelope import Envelop, envelop_velden
from message_formats.json_schema import MANIFEST_VERSIE
from message_formats.names import Formaat, Inhoud, camel
from message_formats.read import load_json
from message_formats.validate import GENERATED, json_problems
from schemas.berichten import Bericht
from schemas.fout import KetenFout

Rol = Literal["bericht", "bewijs"]
SUFFIX = "_manifest.json"
SCHEMA = GENERATED / "manifest" / f"v{MANIFEST_VERSIE}" / "manifest.schema.json"
_BLOCK = 1 << 20


@dataclass(frozen=True)
class Maat:
    """A file as it stands at the recipient; `grootte` in bytes."""

    naam: str
    grootte: int
    sha256: str

    @classmethod
    def meet(cls, path: Path) -> Maat:
        """Measures a file."""
        return cls(path.name, path.stat().st_size, digest(path))


@dataclass(frozen=True)
class Bestand:
    """A file of a message, as it is when opened; `grootte` in bytes.

    `versleuteld` and `handtekening` are the files that were delivered in its place.
    """

    naam: str
    formaat: Formaat
    rol: Rol
    grootte: int
    sha256: str
    versleuteld: Maat | None = None
    handtekening: Maat | None = None

    @classmethod
    def van(cls, path: Path, formaat: Formaat, rol: Rol = "bericht") -> Bestand:
        """Measures a file."""
        return cls(path.name, formaat, rol, path.stat().st_size, digest(path))

    @property
    def geleverd(self) -> tuple[Maat, ...]:
        """The files that were delivered for it."""
        if self.versleuteld is None or self.handtekening is None:
            return (Maat(self.naam, self.grootte, self.sha256),)
        return (self.versleuteld, self.handtekening)


@dataclass(frozen=True)
class Manifest:
    """What was delivered. `envelop` is the whole envelope by snake_case name, as `envelop_velden` gives it."""

    schema: str
    envelop: Mapping[str, Any]
    bestanden: tuple[Bestand, ...]

    @classmethod
    def van(cls, bericht: Bericht, envelop: Envelop, inhoud: Inhoud, bestanden: Iterable[Bestand]) -> Manifest:
        """The manifest of a message that was written with this envelope."""
        ordered = tuple(sorted(bestanden, key=lambda bestand: bestand.naam))
        return cls(bericht.urn, envelop_velden(envelop, bericht, inhoud), ordered)

    @property
    def versie(self) -> str:
        """The version of the message."""
        return f"{self.envelop['bericht_versie']}.{self.envelop['bericht_subversie']}"


def digest(path: Path) -> str:
    """SHA-256 of a file, read in blocks."""
    value = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(_BLOCK):
            value.update(block)
    return value.hexdigest()


def manifest_tekst(manifest: Manifest) -> bytes:
    """The manifest as JSON; the same manifest gives the same bytes."""
    aantallen = [_camel(aantal) for aantal in manifest.envelop["aantallen_per_code"]]
    document = {
        "manifestVersie": MANIFEST_VERSIE,
        "schema": manifest.schema,
        "envelop": _camel(manifest.envelop) | {"aantallenPerCode": aantallen},
        "bestanden": [_document(bestand) for bestand in manifest.bestanden],
    }
    return orjson.dumps(document, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)


def schrijf_manifest(path: Path, manifest: Manifest) -> None:
    """Writes a manifest; the caller puts it in place last."""
    path.write_bytes(manifest_tekst(manifest))


def lees_manifest(path: Path) -> Manifest:
    """Reads a manifest.

    Raises:
        KetenFout: M-MANIFEST when it is missing, not JSON, or does not fit its schema.
    """
    try:
        document = load_json(path)
    except (OSError, KetenFout):
        raise KetenFout("M-MANIFEST", "niet leesbaar") from None
    if place := next(json_problems(document, SCHEMA), None):
        raise KetenFout("M-MANIFEST", place)
    envelop = {_snake(naam): waarde for naam, waarde in document["envelop"].items()}
    envelop["aantallen_per_code"] = [
        {_snake(naam): waarde for naam, waarde in aantal.items()} for aantal in envelop["aantallen_per_code"]
    ]
    return Manifest(document["schema"], envelop, tuple(map(_bestand, document["bestanden"])))


def _document(bestand: Bestand) -> dict[str, Any]:
    return {
        naam: vars(waarde) if isinstance(waarde, Maat) else waarde
        for naam, waarde in vars(bestand).items()
        if waarde is not None
    }


def _bestand(document: Mapping[str, Any]) -> Bestand:
    delivered = {naam: Maat(**document[naam]) for naam in ("versleuteld", "handtekening") if naam in document}
    return Bestand(**{**document, **delivered})


def controleer(manifest: Manifest, folder: Path) -> Iterator[tuple[str, str]]:
    """The opened files that are not as the manifest says, as `bezwaar` says it, with their names."""
    for bestand in manifest.bestanden:
        if code := bezwaar(Maat(bestand.naam, bestand.grootte, bestand.sha256), folder):
            yield code, bestand.naam


def bezwaar(maat: Maat, folder: Path) -> str | None:
    """What is wrong with a file of a manifest: M-ONTBREEKT, M-CONTROLEGETAL, or nothing."""
    path = folder / maat.naam
    if not path.is_file():
        return "M-ONTBREEKT"
    return "M-CONTROLEGETAL" if path.stat().st_size != maat.grootte or digest(path) != maat.sha256 else None


def _camel(velden: Mapping[str, Any]) -> dict[str, Any]:
    return {camel(naam): waarde for naam, waarde in velden.items()}


def _snake(name: str) -> str:
    return "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in name)
