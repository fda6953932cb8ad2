"""Signals, bewijs and envelopes for the tests of messages."""

from __future__ import annotations

import io
from collections.abc import Mapping
from datetime import UTC, date, datetime
from pathlib import Path

import pyarrow as pa

from message_formats.envelope import Envelop
from message_formats.manifest import Bestand, Manifest, schrijf_manifest
from message_formats.names import Formaat, Inhoud, bewijs_schema, signaal_schema
from message_formats.write import Fragmenten
from schemas.berichten import Bericht, find_bericht

INKOMSTEN = find_bericht("inkomstenbericht", "1.0")
KVK = find_bericht("kvkbericht", "1.0")
FORMATEN: tuple[Formaat, ...] = ("json", "xml", "csv")


def make_envelop(bericht: Bericht, aantallen: Mapping[str, int], **anders: object) -> Envelop:
    values: dict[str, object] = {
        "bericht": bericht.bericht,
        "versie": bericht.versie,
        "afzender_oin": "00000001900000000000",
        "ontvanger_oin": "00000001900000344000",
        "ontvanger": "0344",
        "ontvanger_naam": "Utrecht",
        "bericht_identificatie": "6f0d3a52-8c1e-5b7a-9f44-2d6c1b0a7e93",
        "volgnummer": 7,
        "dagtekening": datetime(2026, 2, 3, 6, 0, 0, 123456, UTC),
        "periode": "2026-01",
        "peildatum": date(2026, 1, 31),
        "leveringsoort": "mutaties",
        "aantal_signalen": sum(aantallen.values()),
        "aantallen": aantallen,
        "run_id": "run-1",
        "contact_naam": "Productteam",
        "contact": "team@signaalketen.example",
    }
    return Envelop(**{**values, **anders})  # type: ignore[arg-type]


def make_signalen(bericht: Bericht, rows: list[dict[str, object]]) -> pa.Table:
    """Signals with the examples of the definition, except for what the rows say."""
    schema = signaal_schema(bericht)
    base = {
        field.name: pa.array([bericht.signaal[field.name].voorbeeld]).cast(field.type)[0].as_py() for field in schema
    }
    records = [{**base, "signaal_id": f"{number:032x}", **row} for number, row in enumerate(rows)]
    return pa.Table.from_pylist(records, schema=schema)


def make_bewijs(bericht: Bericht, rows: list[dict[str, object]]) -> pa.Table:
    """Facts; a row says at least its signaal_id and volgnummer."""
    base = {"bron": "uwv", "tabel": "inkomstenopgave", "kenmerk": "bedrag_loon_sv"}
    return pa.Table.from_pylist([{**base, **row} for row in rows], schema=bewijs_schema(bericht))


def write_all(
    folder: Path,
    fragmenten: Fragmenten,
    envelop: Envelop,
    start: int,
    stop: int,
    inhoud: Inhoud = "wat",
) -> dict[Formaat, tuple[Path, Path | None]]:
    """Writes one message in the three formats: per format its file and its file of bewijs."""
    folder.mkdir(parents=True, exist_ok=True)
    stem = f"{envelop.bericht}_{envelop.ontvanger}_{envelop.periode}_{envelop.volgnummer}"
    paths: dict[Formaat, tuple[Path, Path | None]] = {}
    for formaat in FORMATEN:
        doel, bewijs = io.BytesIO(), io.BytesIO()
        fragmenten.schrijf(envelop, start, stop, formaat, doel, bewijs, inhoud)
        path = folder / f"{stem}.{formaat}"
        path.write_bytes(doel.getvalue())
        bewijs_path = folder / f"{stem}_bewijs.csv" if formaat == "csv" else None
        if bewijs_path is not None:
            bewijs_path.write_bytes(bewijs.getvalue())
        paths[formaat] = (path, bewijs_path)
    return paths


def write_manifest(
    paths: Mapping[Formaat, tuple[Path, Path | None]], bericht: Bericht, envelop: Envelop, inhoud: Inhoud = "wat"
) -> Path:
    """The manifest beside the files of a message."""
    bestanden = []
    for formaat, (path, bewijs_path) in paths.items():
        bestanden.append(Bestand.van(path, formaat))
        if bewijs_path is not None:
            bestanden.append(Bestand.van(bewijs_path, formaat, "bewijs"))
    first = paths["json"][0]
    manifest_path = first.with_name(f"{first.stem}_manifest.json")
    schrijf_manifest(manifest_path, Manifest.van(bericht, envelop, inhoud, bestanden))
    return manifest_path
