"""Writes what recipients need from the message definitions, and tells whether it has drifted.

`artefacts()` returns every file as text by its path in the repository. `python -m message_formats.generate` writes
them; `--controleer` only compares and exits with 1 when one differs, is missing or is left over. Neither accepts a
definition that breaks what recipients rely on (`schemas.berichtversies`).
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from message_formats.antwoord import voorbeelden
from message_formats.csvw import build_csvw
from message_formats.documentation import build_documentation, build_example
from message_formats.gids import build_gids
from message_formats.json_schema import MANIFEST_VERSIE, build_json_schema, build_manifest_schema, build_retour_schema
from message_formats.xsd import build_retour_xsd, build_xsd
from schemas.berichten import Bericht, berichten
from schemas.berichtversies import afwijkingen, uitgebracht
from schemas.retourbericht import Retour, antwoordbericht, retourbericht

REPOSITORY = Path(__file__).resolve().parent.parent
FOLDER = "message_formats/generated"


def artefacts() -> dict[str, str]:
    """Every generated file: path in the repository to its text."""
    files = {f"{FOLDER}/manifest/v{MANIFEST_VERSIE}/manifest.schema.json": _json(_manifest_schema())}
    for retour in (retourbericht(), antwoordbericht()):
        folder = f"{FOLDER}/{retour.bericht}/v{retour.versie}"
        files |= {f"{folder}/{name}": text for name, text in _retour_files(retour).items()}
    for bericht in berichten().values():
        folder = f"{FOLDER}/{bericht.bericht}/v{bericht.versie}"
        files |= {f"{folder}/{name}": text for name, text in _bericht_files(bericht).items()}
    return files | build_gids()


def _manifest_schema() -> dict[str, Any]:
    return build_manifest_schema(next(iter(berichten().values())))


def _retour_files(retour: Retour) -> dict[str, str]:
    return {
        f"{retour.bericht}.xsd": build_retour_xsd(retour),
        f"{retour.bericht}.schema.json": _json(build_retour_schema(retour)),
        **{f"voorbeeld{ending}": text for ending, text in voorbeelden(retour).items()},
    }


def _bericht_files(bericht: Bericht) -> dict[str, str]:
    example = build_example(bericht)
    return {
        f"{bericht.bericht}.xsd": build_xsd(bericht),
        f"{bericht.bericht}.schema.json": _json(build_json_schema(bericht)),
        f"{bericht.bericht}.csv-metadata.json": _json(build_csvw(bericht)),
        f"{bericht.bericht}.md": build_documentation(bericht, example),
        **{f"voorbeeld{ending}": text for ending, text in example.items()},
    }


def _json(document: dict[str, Any]) -> str:
    return json.dumps(document, ensure_ascii=False, indent=2) + "\n"


def drift() -> list[str]:
    """The paths of files that are not as the definitions say."""
    wanted = artefacts()
    present = {path.relative_to(REPOSITORY).as_posix() for path in (REPOSITORY / FOLDER).rglob("*") if path.is_file()}
    present |= {naam for naam in wanted if (REPOSITORY / naam).is_file()}  # the guide has chapters written by hand too
    different = [naam for naam in present & set(wanted) if (REPOSITORY / naam).read_bytes() != wanted[naam].encode()]
    return sorted({*different, *(present ^ set(wanted))})


def main(arguments: Sequence[str] | None = None) -> int:
    """Writes or, with `--controleer`, compares; returns the exit code."""
    parser = argparse.ArgumentParser(description="Schrijf de schema's en documentatie van de berichten.")
    parser.add_argument("--controleer", action="store_true", help="alleen vergelijken; 1 bij verschil")
    check_only = parser.parse_args(arguments).controleer
    if broken := afwijkingen(berichten(), uitgebracht()):
        sys.stderr.writelines(f"breekt een afspraak: {text}\n" for text in broken)
        return 1
    if check_only:
        different = drift()
        for naam in different:
            sys.stderr.write(f"wijkt af van schemas/berichten: {naam}\n")
        return 1 if different else 0
    wanted = artefacts()
    for naam in drift():
        path = REPOSITORY / naam
        if naam not in wanted:
            path.unlink()
            continue
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(wanted[naam].encode())
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
