"""Writes the artefacts that other tools need from the declarations, and tells whether they have drifted.

`artefacts()` returns every artefact as text by its path in the repository: the dbt sources, the staging models and
their descriptions, the deliveries as dbt exposures, the table keys as a dbt macro, and a listing of Arrow schemas. dbt
knows the tables and fields that some doel consults, and no others: what is declared besides can be read, but nothing of
it enters.

`python -m schemas.generate` writes them, `--controleer` only compares and exits with 1 when one differs. Message
schemas have a generator of their own in `message_formats`.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import yaml

from schemas import doelversie
from schemas.arrow import PSEUDONIEM, lake_name, lake_schema, raw_schema
from schemas.levering import LeveringManifest, Verwerkingsverslag
from schemas.load import all_tabellen, bronnen, doelen, geraadpleegd, producten
from schemas.model import Model, Tabel
from schemas.reference import SCHEMAS as REFERENCE_SCHEMAS

REPOSITORY = Path(__file__).resolve().parent.parent
TRANSFORMS = "transforms"

# Which leveringen a run may read; the pipeline writes it from the ledger for every run.
LEVERING_SCHEMA = pa.schema(
    [
        ("levering_nr", pa.int32()),
        ("levering_id", pa.string()),
        ("bron", pa.string()),
        ("periode", pa.string()),
        ("ontvangen_op", pa.timestamp("s")),
    ]
)

_GENERATED = "gegenereerd uit schemas/ door schemas/generate.py; niet met de hand wijzigen"
_LEVERING_COLUMNS = {
    "levering_nr": "Volgnummer van de levering; een hoger nummer is later ontvangen.",
    "record_nr": "Nummer van het record binnen de levering, voor de weg terug naar de bron.",
}
_PLAIN_DESCRIPTIONS = {
    "norm": "Naam van de norm.",
    "waarde": "Waarde van de norm, in de eenheid die erbij staat.",
    "eenheid": "Eenheid van de waarde.",
    "bron": "Waar de waarde vandaan komt.",
    "geldig_van": "Eerste dag waarop dit geldt; leeg als dat altijd al zo was.",
    "geldig_tot": "Laatste dag waarop dit geldt; leeg zolang het geldt.",
    "gemeentecode": "Code van de gemeente (Landelijke tabel 33).",
    "gemeentenaam": "Naam van de gemeente.",
    "gemeente": "De gemeente die deze code in deze tijd aanduidt.",
    "opvolger": "De gemeente waarin deze is opgegaan.",
    "gemeente_actueel": "De gemeente die er nu voor in de plaats is.",
    "rmc_regio": "RMC-regio (Doorstroompunt) van de gemeente.",
    "code": "Code van de soort inkomsten.",
    "groep": "Groep waarin de regels deze soort rekenen.",
    "omschrijving": "Omschrijving.",
    "niveau": "Niveau van de opleiding.",
    "startkwalificatie": "Of een diploma op dit niveau een startkwalificatie is.",
    "speciaal": "Of dit praktijkonderwijs of voortgezet speciaal onderwijs is.",
    "leeftijd_van": "Leeftijd in jaren vanaf wanneer het percentage geldt.",
    "leeftijd_tot": "Leeftijd in jaren tot en met wanneer het percentage geldt.",
    "percentage": "Percentage van de catalogusprijs.",
    "ontvanger": "Code van de ontvanger.",
    "soort": "Soort ontvanger: gemeente, rmc of waterschap.",
    "percentage_kosten_van_bestaan": "Percentage van de norm dat de ontvanger heeft gekozen (90 tot en met 100).",
    "aow_norm": "Of de ontvanger een pensioengerechtigd huishouden aan de AOW-norm toetst.",
    "levering_nr": _LEVERING_COLUMNS["levering_nr"],
    "levering_id": "Kenmerk van de levering.",
    "periode": "Maand van de levering, JJJJ-MM.",
    "ontvangen_op": "Wanneer de levering is ontvangen.",
}
_SQL_TYPES: dict[pa.DataType, str] = {
    PSEUDONIEM: "binary",
    pa.string(): "string",
    pa.int32(): "integer",
    pa.int64(): "bigint",
    pa.bool_(): "boolean",
    pa.date32(): "date",
    pa.timestamp("s"): "timestamp",
}


def consulted_schema(naam: str, tabel: Tabel) -> pa.Schema:
    """The lake columns of a table that a run may see: those that some doel asks for."""
    return lake_schema(tabel, [veld for veld in tabel.velden if veld in geraadpleegd()[naam]])


class _Dumper(yaml.SafeDumper):
    """Writes lists indented under their key, as the other YAML files of the project have them."""

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:
        """Indent list items."""
        super().increase_indent(flow, indentless=False)


def artefacts() -> dict[str, str]:
    """Every generated artefact: path relative to the repository -> text."""
    return {
        f"{TRANSFORMS}/models/sources.yml": _sources(),
        f"{TRANSFORMS}/models/staging/staging.yml": _staging_descriptions(),
        f"{TRANSFORMS}/models/exposures.yml": _exposures(),
        f"{TRANSFORMS}/macros/sleutel.sql": _sleutel_macro(),
        "schemas/generated/arrow.json": _arrow_listing(),
        f"schemas/{doelversie.REGISTER}": doelversie.register(),
        "schemas/generated/levering.schema.json": _json_schema(LeveringManifest),
        "schemas/generated/verwerkingsverslag.schema.json": _json_schema(Verwerkingsverslag),
        **{f"{TRANSFORMS}/models/staging/{naam}.sql": sql for naam, sql in _staging_models()},
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


def _sources() -> str:
    sources = [
        {
            "name": bron.bron,
            "description": f"{bron.naam}. {bron.omschrijving}",
            "config": {"meta": {"houder": bron.houder, "frequentie": bron.frequentie}},
            "tables": [_source_table(naam, tabel) for naam, tabel in _consulted() if naam.startswith(f"{bron.bron}.")],
        }
        for bron in bronnen().values()
        if any(naam.startswith(f"{bron.bron}.") for naam in geraadpleegd())
    ]
    sources.append(
        {
            "name": "referentie",
            "description": "Codelijsten, normen en kenmerken van ontvangers uit schemas/, vastgelegd per run.",
            "tables": [_plain_table(naam, schema) for naam, schema in REFERENCE_SCHEMAS.items()],
        }
    )
    sources.append(
        {
            "name": "run",
            "description": "Wat bij een run is vastgelegd over zijn invoer.",
            "tables": [_plain_table("levering", LEVERING_SCHEMA)],
        }
    )
    return _as_yaml({"version": 2, "sources": sources})


def _consulted() -> Iterator[tuple[str, Tabel]]:
    return ((naam, tabel) for naam, tabel in all_tabellen() if naam in geraadpleegd())


def _source_table(naam: str, tabel: Tabel) -> dict[str, Any]:
    return {
        "name": tabel.tabel,
        "description": tabel.omschrijving,
        "config": {"meta": {"sleutel": [lake_name(veld) for veld in tabel.sleutel]}},
        "columns": _columns(naam, tabel),
    }


def _plain_table(naam: str, schema: pa.Schema) -> dict[str, Any]:
    return {
        "name": naam,
        "description": f"{naam} uit schemas/." if naam != "levering" else "De leveringen die de run mag lezen.",
        "columns": _plain_columns(schema),
    }


def _plain_columns(schema: pa.Schema) -> list[dict[str, Any]]:
    return [
        {"name": f.name, "data_type": _SQL_TYPES[f.type], "description": _PLAIN_DESCRIPTIONS[f.name]} for f in schema
    ]


def _exposures() -> str:
    """What leaves the house: a delivery per product, resting on its signals and their bewijs."""
    exposures = [
        {
            "name": f"uitlevering_{naam}",
            "label": product.naam,
            "type": "application",
            "maturity": "high",
            "description": f"{product.omschrijving} Bericht {product.bericht} {product.versie}, {product.frequentie}.",
            "owner": {"name": product.eigenaar.naam, "email": product.eigenaar.contact},
            "depends_on": [f"ref('signal_{naam}')", f"ref('bewijs_{naam}')"],
        }
        for naam, product in producten().items()
    ]
    return _as_yaml({"version": 2, "exposures": exposures})


def _columns(naam: str, tabel: Tabel) -> list[dict[str, Any]]:
    descriptions = {lake_name(veld): declared.omschrijving for veld, declared in tabel.velden.items()}
    descriptions |= _LEVERING_COLUMNS
    return [
        {"name": field.name, "data_type": _SQL_TYPES[field.type], "description": descriptions[field.name]}
        for field in consulted_schema(naam, tabel)
    ]


def _staging_descriptions() -> str:
    models = [
        {
            "name": _staging_name(naam),
            "description": f"{tabel.omschrijving} Alle ontvangen rijen, ook die later zijn herzien.",
            "columns": [{k: column[k] for k in ("name", "description")} for column in _columns(naam, tabel)],
        }
        for naam, tabel in _consulted()
    ]
    models += [
        {
            "name": f"stg_referentie__{naam}",
            "description": f"Referentietabel {naam} zoals vastgelegd bij de run.",
            "columns": [{k: column[k] for k in ("name", "description")} for column in _plain_columns(schema)],
        }
        for naam, schema in REFERENCE_SCHEMAS.items()
    ]
    models.append(
        {
            "name": "stg_run__levering",
            "description": "De leveringen die de run mag lezen.",
            "columns": [{k: column[k] for k in ("name", "description")} for column in _plain_columns(LEVERING_SCHEMA)],
        }
    )
    persoon = [{"name": "persoon", "description": "Pseudoniem van de persoon."}]
    models.append(
        {
            "name": "stg_run__populatie",
            "description": "Iedereen in de doelpopulatie van de run, een keer.",
            "columns": persoon,
        }
    )
    return _as_yaml({"version": 2, "models": models})


def _staging_name(naam: str) -> str:
    return f"stg_{naam.replace('.', '__')}"


def _staging_models() -> Iterator[tuple[str, str]]:
    for naam, tabel in _consulted():
        yield _staging_name(naam), _staging_sql(naam, consulted_schema(naam, tabel))
    for naam, schema in REFERENCE_SCHEMAS.items():
        yield f"stg_referentie__{naam}", _staging_sql(f"referentie.{naam}", schema)
    yield "stg_run__levering", _staging_sql("run.levering", LEVERING_SCHEMA)
    yield "stg_run__populatie", _populatie_sql()


def _staging_sql(naam: str, schema: pa.Schema) -> str:
    bron, _, tabel = naam.partition(".")
    columns = ",\n    ".join(
        f"{{{{ pseudoniem('{field.name}') }}}} as {field.name}" if field.type == PSEUDONIEM else field.name
        for field in schema
    )
    return f"-- {_GENERATED}\nselect\n    {columns}\nfrom {{{{ invoer('{bron}', '{tabel}') }}}}\n"


def _populatie_sql() -> str:
    """Who is in a population table of any doel: a run is given those of its own, the others are empty."""
    columns = {
        (_staging_name(populatie.tabel), lake_name(veld))
        for doel in doelen().values()
        for populatie in doel.populatie
        for veld in populatie.velden
    }
    selects = [
        f"select {column} as persoon from {{{{ ref('{model}') }}}} where {column} is not null"  # noqa: S608 - names of schemas/
        for model, column in sorted(columns)
    ]
    return f"-- {_GENERATED}\n" + "\nunion\n".join(selects) + "\n"


def _sleutel_macro() -> str:
    lines = [
        f"    '{naam}': {json.dumps([lake_name(veld) for veld in tabel.sleutel])},".replace('"', "'")
        for naam, tabel in _consulted()
    ]
    return "\n".join(
        [
            f"{{# {_GENERATED} #}}",
            "{# De sleutel van een tabel: van rijen met dezelfde sleutel telt die van de laatste levering. #}",
            "{% macro sleutel(bron, tabel) %}",
            "  {{ return({",
            *lines,
            "  }[bron ~ '.' ~ tabel]) }}",
            "{% endmacro %}",
            "",
        ]
    )


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
    content = {"$schema": "https://json-schema.org/draft/2020-12/schema", "$comment": _GENERATED, **schema}
    return json.dumps(content, indent=1, ensure_ascii=False) + "\n"


def _fields(schema: pa.Schema) -> dict[str, str]:
    return {field.name: str(field.type) for field in schema}


def _as_yaml(content: dict[str, Any]) -> str:
    text: str = yaml.dump(content, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=120)
    return f"# {_GENERATED}\n{text}"


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
