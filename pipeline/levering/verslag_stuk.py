"""The files of one verwerkingsverslag: text to read, CSV of the rejected records, and JSON with everything."""

from __future__ import annotations

import csv
from pathlib import Path

from schemas.levering import Verwerkingsverslag

KOLOMMEN = ("tabel", "bestandNr", "recordNr", "code", "betekenis")


def schrijf_stukken(folder: Path, verslag: Verwerkingsverslag) -> list[Path]:
    """Writes the three files of a report in a folder; the JSON file, which makes the report count, comes last."""
    folder.mkdir(parents=True, exist_ok=True)
    stam = f"verwerkingsverslag_{verslag.aanleveraar}_{verslag.levering_id}"
    paths = [folder / f"{stam}.{suffix}" for suffix in ("txt", "csv", "json")]
    paths[0].write_text(_tekst(verslag), encoding="utf-8")
    with paths[1].open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file, delimiter=";", lineterminator="\r\n")
        writer.writerow(KOLOMMEN)
        for regel in verslag.regels:
            writer.writerow([regel.tabel, regel.bestand_nr, regel.record_nr, regel.code, verslag.betekenis[regel.code]])
    paths[2].write_text(verslag.model_dump_json(by_alias=True, indent=1) + "\n", encoding="utf-8")
    return paths


def _tekst(verslag: Verwerkingsverslag) -> str:
    lines = [
        f"Verwerkingsverslag voor {verslag.aanleveraar}",
        f"Levering {verslag.levering_id} over {verslag.periode}, ontvangen {verslag.ontvangen_op:%Y-%m-%d %H:%M} UTC",
        "",
    ]
    if verslag.code:
        lines += [f"De levering is in haar geheel afgekeurd: {verslag.code}: {verslag.betekenis[verslag.code]}", ""]
    for tabel in verslag.tabellen:
        lines.append(
            f"{tabel.tabel}: {tabel.ontvangen} ontvangen, {tabel.aangenomen} aangenomen, {tabel.afgekeurd} afgekeurd"
        )
        lines += [f"  {code} ({aantal}): {verslag.betekenis[code]}" for code, aantal in tabel.per_code.items()]
    unusable = [bestand for bestand in verslag.bestanden if bestand.code]
    lines += [f"Bestand {b.bestand_nr} is niet gebruikt: {b.code}: {verslag.betekenis[b.code or '']}" for b in unusable]
    lines += [
        "",
        "Welke records zijn afgekeurd staat in het CSV-bestand, met hun nummer in het aangeleverde bestand: het",
    ]
    lines += ["eerste record is 1, een kopregel telt niet mee. Een bestand is te herkennen aan zijn SHA-256:"]
    lines += [f"  bestand {bestand.bestand_nr}: {bestand.sha256}" for bestand in verslag.bestanden] or ["  geen"]
    return "\n".join(lines) + "\n"
