"""Writes the artefacts that other tools need from the declarations, and tells whether they have drifted.

`artefacts()` returns every artefact as text by its path in the repository: what dbt needs (`schemas.dbt`), a listing of
Arrow schemas, JSON Schemas of files that are exchanged, and the register of doelprofielen.

`python -m schemas.generate` writes them, `--controleer` only compares and exits with 1 when one differs. Message
schemas have a generator of their own in `message_formats`.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path

import pyarrow as pa

from schemas import doelversie
from schemas.arrow import lake_schema, raw_schema
from schemas.dbt import GEGENEREERD, dbt_artefacts
from schemas.invoer import LEVERING_SCHEMA
from schemas.levering import LeveringManifest, Verwerkingsverslag
from schemas.load import all_tabellen
from schemas.model import Model
from schemas.reference import SCHEMAS as REFERENCE_SCHEMAS

REPOSITORY = Path(__file__).resolve().parent.parent
TRANSFORMS = "transforms"


def artefacts() -> dict[str, str]:
    """Every generated artefact: path relative to the repository -> text."""
    return {
        **dbt_artefacts(TRANSFORMS),
        "schemas/generated/arrow.json": _arrow_listing(),
        f"schemas/{doelversie.REGISTER}": doelversie.register(),
        "schemas/generated/levering.schema.json": _json_schema(LeveringManifest),
        "schemas/generated/verwerkingsverslag.schema.json": _json_schema(Verwerkingsverslag),
    }


def drifted() -> list[str]:
    """The paths of the artefacts that are missing, differ, or should no longer exist."""
    expected = artefacts()
    differing = [path for path, text in expected.items() if _read(path) != text]
    staging = REPOSITORY / TRANSFORMS / "models" / "staging"
    present = {path.relative_to(REPOSITORY).as_posix() for path in staging.glob("*")}
    return sorted({*differing, *(present - set(expected))})


def _read(path: str) -> str | None:
    file = REPOSITORY / path
    return file.read_text(encoding="utf-8") if file.exists() else None


def _arrow_listing() -> str:
    listing = {
        naam: {"raw": _fields(raw_schema(tabel)), "lake": _fields(lake_schema(tabel))} for naam, tabel in all_tabellen()
    }
    listing |= {f"referentie.{naam}": {"lake": _fields(schema)} for naam, schema in REFERENCE_SCHEMAS.items()}
    listing["run.levering"] = {"lake": _fields(LEVERING_SCHEMA)}
    return json.dumps(listing, indent=1, ensure_ascii=False) + "\n"


def _json_schema(model: type[Model]) -> str:
    """What may stand in a file that is exchanged; the docstrings of models are for who reads the code."""
    schema = model.model_json_schema(by_alias=True)
    for part in (schema, *schema.get("$defs", {}).values()):
        part.pop("description", None)
    content = {"$schema": "https://json-schema.org/draft/2020-12/schema", "$comment": GEGENEREERD, **schema}
    return json.dumps(content, indent=1, ensure_ascii=False) + "\n"


def _fields(schema: pa.Schema) -> dict[str, str]:
    return {field.name: str(field.type) for field in schema}


def main(arguments: Sequence[str] | None = None) -> int:
    """Write the artefacts, or with `--controleer` only compare; returns the exit code."""
    parser = argparse.ArgumentParser(description="Schrijf of controleer wat uit schemas/ wordt gegenereerd.")
    parser.add_argument("--controleer", action="store_true", help="alleen vergelijken; 1 als er verschil is")
    if parser.parse_args(arguments).controleer:
        differing = drifted()
        sys.stdout.writelines(f"wijkt af van schemas/: {path}\n" for path in differing)
        return 1 if _changed_profiles() or differing else 0
    expected = artefacts()
    for path in drifted():
        if path in expected:
            (REPOSITORY / path).parent.mkdir(parents=True, exist_ok=True)
            (REPOSITORY / path).write_text(expected[path], encoding="utf-8")
        else:
            (REPOSITORY / path).unlink()
        sys.stdout.write(f"{path}\n")
    return 1 if _changed_profiles() else 0


def _changed_profiles() -> bool:
    """Whether a doelprofiel changed while its versie did not: that is for people to mend, not for this script."""
    changed = doelversie.gewijzigd()
    sys.stdout.writelines(f"gewijzigd zonder hogere versie: schemas/doelen/{doel}.yml\n" for doel in changed)
    return bool(changed)


if __name__ == "__main__":
    raise SystemExit(main())
