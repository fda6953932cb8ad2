"""What a gemeente does with what it received: open it, check it, look at it, take it into its own system.

`lees_map` finds the deliveries below a folder by their manifests, opens what is encrypted into a folder that is gone
afterwards, holds each file against its signature, checksum and schema, reads it, and compares the formats with each
other. Needs nothing of the pipeline.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from message_formats import manifest as manifesten
from message_formats.aankondiging import GB_SUFFIX, NOTIFICATIE_SUFFIX
from message_formats.manifest import Bestand, Manifest
from message_formats.names import Formaat, csv_columns, pascal
from message_formats.openen import HANDTEKENING, Opener
from message_formats.read import GelezenBericht, lees_bericht, load_csv, load_json, load_xml
from message_formats.validate import valideer
from message_formats.vergelijk import Vergelijking, vergelijk
from schemas.berichten import Bericht, berichten
from schemas.fout import KetenFout
from schemas.load import meldingen

_MESSAGE_SUFFIXES: dict[str, Formaat] = {".json": "json", ".xml": "xml", ".csv": "csv"}
_MESSAGE_NAME = re.compile(r"[a-z]+_[a-z0-9-]+_\d{4}-\d{2}_\d+[a-z_]*\.(json|xml|csv)(\.p7[ms])?$")
_BEWIJS = "_bewijs"


@dataclass(frozen=True)
class Probleem:
    """Something wrong with a file: a code from `codes/melding.csv` and the place, never a value."""

    code: str
    bestand: str
    plaats: str = ""

    def __str__(self) -> str:
        """In Dutch, with what to do about it."""
        melding = meldingen()[self.code]
        place = f" ({self.plaats})" if self.plaats else ""
        return f"{self.code} {self.bestand}{place}: {melding.betekenis} {melding.wat_te_doen}"


@dataclass(frozen=True)
class Levering:
    """One delivery as it was read; the tables are None when no format of it could be read."""

    pad: Path
    envelop: Mapping[str, Any]
    bericht: Bericht | None
    formaten: tuple[Formaat, ...]
    signalen: pa.Table | None
    bewijs: pa.Table | None
    problemen: tuple[Probleem, ...]
    vergelijking: tuple[Vergelijking, ...] = ()

    @property
    def aantallen(self) -> dict[str, int]:
        """Signals per signaalcode according to the envelope."""
        return {item["signaal_code"]: item["aantal"] for item in self.envelop.get("aantallen_per_code", ())}


@dataclass(frozen=True)
class LeesUitkomst:
    """Everything found: the deliveries in order of their path, and problems that belong to no delivery."""

    leveringen: tuple[Levering, ...]
    losse_problemen: tuple[Probleem, ...] = field(default=())

    @property
    def problemen(self) -> tuple[Probleem, ...]:
        """All problems."""
        return (*(p for levering in self.leveringen for p in levering.problemen), *self.losse_problemen)

    @property
    def goed(self) -> bool:
        """Whether there was something to read and nothing is wrong with it."""
        return bool(self.leveringen) and not self.problemen


def lees_map(pad: Path, opener: Opener | None = None) -> LeesUitkomst:
    """Reads all deliveries below a folder, the delivery of one manifest, or one message file on its own.

    `opener` has the key for what is encrypted, and says whose signatures count.
    """
    opener = opener or Opener()
    if pad.is_file() and not pad.name.endswith(manifesten.SUFFIX):
        return LeesUitkomst((_read_single(pad),))
    paths = [pad] if pad.is_file() else sorted(pad.rglob(f"*{manifesten.SUFFIX}"))
    leveringen = tuple(_read_levering(path, opener) for path in paths)
    if pad.is_file():
        return LeesUitkomst(leveringen)
    named = {levering.pad.parent / naam for levering in leveringen for naam in _named(levering.pad)} | set(paths)
    loose = [path for path in sorted(pad.rglob("*")) if _MESSAGE_NAME.match(path.name) and path not in named]
    problemen = tuple(Probleem("M-ONBEKEND", path.name) for path in loose)
    return LeesUitkomst(leveringen, problemen or (() if paths else (Probleem("M-MANIFEST", pad.name),)))


def _named(path: Path) -> tuple[str, ...]:
    try:
        bestanden = manifesten.lees_manifest(path).bestanden
        delivered = [maat.naam for bestand in bestanden for maat in bestand.geleverd]
        stam = path.name.removesuffix(manifesten.SUFFIX)
        beside = (f"{path.name}{HANDTEKENING}", f"{stam}{GB_SUFFIX}", f"{stam}{NOTIFICATIE_SUFFIX}")
        return (*(bestand.naam for bestand in bestanden), *delivered, *beside)
    except KetenFout:
        return ()


def _read_levering(path: Path, opener: Opener) -> Levering:
    try:
        manifest = manifesten.lees_manifest(path)
    except KetenFout as fout:
        return _unread(path, Probleem(fout.code, path.name, fout.wijzer))
    bericht = berichten().get((manifest.envelop["bericht_code"], manifest.versie))
    if bericht is None or bericht.urn != manifest.schema:
        return _unread(path, Probleem("M-VERSIE", path.name), envelop=manifest.envelop)
    with TemporaryDirectory(prefix="keten-") as folder:  # only this user can look into it
        return _read_opened(path, manifest, bericht, opener, Path(folder))


def _read_opened(path: Path, manifest: Manifest, bericht: Bericht, opener: Opener, folder: Path) -> Levering:
    problemen = [Probleem(*wrong) for wrong in opener.open(path, manifest, folder)]
    # What was delivered is as it was sent; the opened file must be what the manifest says as well.
    problemen += [
        Probleem(code, naam) for code, naam in manifesten.controleer(manifest, folder) if code != "M-ONTBREEKT"
    ]
    broken = {probleem.bestand for probleem in problemen}
    read: dict[Formaat, GelezenBericht] = {}
    for formaat, bestanden in _per_formaat(manifest).items():
        whole = all((folder / bestand.naam).is_file() for bestand in bestanden)
        if whole and broken.isdisjoint(naam for bestand in bestanden for naam in _names(bestand)):
            problemen += _read_formaat(folder, formaat, bestanden, bericht, read)
    vergelijking = vergelijk(manifest.envelop, read)
    problemen += _compare(manifest, read, vergelijking, path.name)
    return replace(_levering(path, manifest.envelop, bericht, read, problemen), vergelijking=vergelijking)


def _names(bestand: Bestand) -> tuple[str, ...]:
    """The names under which something may be wrong with a file."""
    return (bestand.naam, *(maat.naam for maat in bestand.geleverd))


def _levering(
    path: Path,
    envelop: Mapping[str, Any],
    bericht: Bericht,
    read: Mapping[Formaat, GelezenBericht],
    problemen: Iterable[Probleem],
) -> Levering:
    first = next(iter(read.values()), None)
    signalen, bewijs = (first.signalen, first.bewijs) if first else (None, None)
    return Levering(path, envelop, bericht, tuple(read), signalen, bewijs, tuple(problemen))


def _unread(path: Path, *problemen: Probleem, envelop: Mapping[str, Any] | None = None) -> Levering:
    return Levering(path, envelop or {}, None, (), None, None, problemen)


def _per_formaat(manifest: Manifest) -> dict[Formaat, list[Bestand]]:
    found: dict[Formaat, list[Bestand]] = {}
    for bestand in sorted(manifest.bestanden, key=lambda bestand: bestand.rol != "bericht"):
        found.setdefault(bestand.formaat, []).append(bestand)
    return found


def _read_formaat(
    folder: Path, formaat: Formaat, bestanden: list[Bestand], bericht: Bericht, read: dict[Formaat, GelezenBericht]
) -> list[Probleem]:
    """Validates and reads the files of one format, message first; adds it to `read` when it is sound."""
    expected = ["bericht", "bewijs"] if formaat == "csv" else ["bericht"]
    if [bestand.rol for bestand in bestanden] != expected:
        return [Probleem("M-MANIFEST", bestanden[0].naam, "bestanden")]
    problemen = [
        _from_text(text, bestand.naam)
        for bestand in bestanden
        for text in valideer(folder / bestand.naam, formaat, bericht, bestand.rol)
    ]
    if problemen:
        return problemen
    bewijs_path = folder / bestanden[1].naam if formaat == "csv" else None
    try:
        read[formaat] = lees_bericht(folder / bestanden[0].naam, formaat, bericht, bewijs_path)
    except KetenFout as fout:
        return [Probleem(fout.code, bestanden[0].naam, fout.wijzer)]
    return [Probleem(code, bestanden[0].naam, place) for code, place in _coherence(read[formaat])]


def _from_text(text: str, naam: str) -> Probleem:
    code, _, place = text.partition(" ")
    return Probleem(code, naam, place.removeprefix("(").removesuffix(")"))


def _coherence(gelezen: GelezenBericht) -> Iterator[tuple[str, str]]:
    """What no schema can say: counts, unique signals, and bewijs that belongs to a signal."""
    ids = gelezen.signalen.column("signaal_id")
    if pc.count_distinct(ids).as_py() != len(ids):
        yield "M-SAMENHANG", "signaalId"
    if not pc.all(pc.is_in(gelezen.bewijs.column("signaal_id"), value_set=ids.combine_chunks()), min_count=0).as_py():
        yield "M-SAMENHANG", "bewijs"
    if "aantal_signalen" in gelezen.envelop and not _counts_match(gelezen.envelop, gelezen.signalen):
        yield "M-AANTAL", "envelop"


def _counts_match(envelop: Mapping[str, Any], signalen: pa.Table) -> bool:
    counted = {item["values"]: item["counts"] for item in pc.value_counts(signalen.column("signaal_code")).to_pylist()}
    said = {item["signaal_code"]: item["aantal"] for item in envelop["aantallen_per_code"]}
    return envelop["aantal_signalen"] == signalen.num_rows and said == counted


def _compare(
    manifest: Manifest, read: Mapping[Formaat, GelezenBericht], vergelijking: Iterable[Vergelijking], naam: str
) -> Iterator[Probleem]:
    for een in vergelijking:
        yield from (Probleem("M-VERSCHIL", naam, f"{een.formaat}, {place}") for place in een.verschillen)
    for formaat, gelezen in read.items():
        if not _counts_match(manifest.envelop, gelezen.signalen):
            yield Probleem("M-AANTAL", naam, formaat)


def _read_single(path: Path) -> Levering:
    """A message file without its manifest: which message it is stands in the file itself."""
    formaat = _MESSAGE_SUFFIXES.get(path.suffix)
    if formaat is None:
        return _unread(path, Probleem("M-VERSIE", path.name))
    try:
        bericht = _recognise(path, formaat)
    except KetenFout as fout:
        return _unread(path, Probleem(fout.code, path.name, fout.wijzer))
    if bericht is None:
        return _unread(path, Probleem("M-VERSIE", path.name))
    bestanden = [Bestand.van(path, formaat)]
    if formaat == "csv":
        bewijs_path = path.with_name(f"{path.stem}{_BEWIJS}.csv")
        if not bewijs_path.is_file():
            return _unread(path, Probleem("M-ONTBREEKT", bewijs_path.name))
        bestanden.append(Bestand.van(bewijs_path, formaat, "bewijs"))
    read: dict[Formaat, GelezenBericht] = {}
    problemen = _read_formaat(path.parent, formaat, bestanden, bericht, read)
    envelop = read[formaat].envelop if formaat in read else {}
    return _levering(path, envelop, bericht, read, problemen)


def _recognise(path: Path, formaat: Formaat) -> Bericht | None:
    """The definition of a message file, the newest when several fit; None when there is none."""
    newest = list(reversed(berichten().values()))
    if formaat == "csv":
        names = load_csv(path).column_names
        return next((bericht for bericht in newest if names == list(csv_columns(bericht, "bericht"))), None)
    if formaat == "xml":
        tag = load_xml(path).getroot().tag
        return next((b for b in newest if tag == f"{{{b.urn}}}{pascal(b.bericht)}"), None)
    document = load_json(path)
    envelop = document.get("envelop") if isinstance(document, dict) else None
    if not isinstance(envelop, dict):
        return None
    versie = f"{envelop.get('berichtVersie')}.{envelop.get('berichtSubversie')}"
    return berichten().get((str(envelop.get("berichtCode")), versie))
