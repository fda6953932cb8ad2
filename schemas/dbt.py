"""What dbt needs of the declarations: sources, staging models with their descriptions, exposures, and the table keys.

dbt knows the tables and fields that some doel consults, and no others: what is declared besides can be read, but
nothing of it enters.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pyarrow as pa
import yaml

from schemas.arrow import PSEUDONIEM, lake_name
from schemas.bron import Tabel
from schemas.invoer import LEVERING_SCHEMA, consulted_schema
from schemas.load import all_tabellen, bronnen, doelen, geraadpleegd, producten
from schemas.reference import SCHEMAS as REFERENCE_SCHEMAS

GEGENEREERD = "gegenereerd uit schemas/ door schemas/generate.py; niet met de hand wijzigen"
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


class _Dumper(yaml.SafeDumper):
    """Writes lists indented under their key, as the other YAML files of the project have them."""

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:
        """Indent list items."""
        super().increase_indent(flow, indentless=False)


def dbt_artefacts(transforms: str) -> dict[str, str]:
    """The files of the dbt project that are generated: path below the folder `transforms` included -> text."""
    return {
        f"{transforms}/models/sources.yml": _sources(),
        f"{transforms}/models/staging/staging.yml": _staging_descriptions(),
        f"{transforms}/models/exposures.yml": _exposures(),
        f"{transforms}/macros/sleutel.sql": _sleutel_macro(),
        **{f"{transforms}/models/staging/{naam}.sql": sql for naam, sql in _staging_models()},
    }


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
    return f"-- {GEGENEREERD}\nselect\n    {columns}\nfrom {{{{ invoer('{bron}', '{tabel}') }}}}\n"  # nosec B608 # names of schemas/


def _populatie_sql() -> str:
    """Who is in a population table of any doel: a run is given those of its own, the others are empty."""
    columns = {
        (_staging_name(populatie.tabel), lake_name(veld))
        for doel in doelen().values()
        for populatie in doel.populatie
        for veld in populatie.velden
    }
    selects = [
        f"select {column} as persoon from {{{{ ref('{model}') }}}} where {column} is not null"  # noqa: S608 # nosec B608 # names of schemas/
        for model, column in sorted(columns)
    ]
    return f"-- {GEGENEREERD}\n" + "\nunion\n".join(selects) + "\n"


def _sleutel_macro() -> str:
    lines = [
        f"    '{naam}': {json.dumps([lake_name(veld) for veld in tabel.sleutel])},".replace('"', "'")
        for naam, tabel in _consulted()
    ]
    return "\n".join(
        [
            f"{{# {GEGENEREERD} #}}",
            "{# De sleutel van een tabel: van rijen met dezelfde sleutel telt die van de laatste levering. #}",
            "{% macro sleutel(bron, tabel) %}",
            "  {{ return({",
            *lines,
            "  }[bron ~ '.' ~ tabel]) }}",
            "{% endmacro %}",
            "",
        ]
    )


def _as_yaml(content: dict[str, Any]) -> str:
    text: str = yaml.dump(content, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=120)
    return f"# {GEGENEREERD}\n{text}"
