"""The datasets of OpenLineage events: how each is named, and what its facets say, all from the declarations.

One name space holds what a levering goes through: `bron/<bron>.<tabel>`, `lake/<doel>/<bron>.<tabel>`,
`runs/<product>/<model>` and `berichten/<bericht>`. Facets describe columns and owners; nothing in them is of a person.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from functools import cache

from openlineage.client.event_v2 import InputDataset, OutputDataset
from openlineage.client.facet_v2 import (
    DatasetFacet,
    InputDatasetFacet,
    OutputDatasetFacet,
    column_lineage_dataset,
    documentation_dataset,
    output_statistics_output_dataset,
    ownership_dataset,
    schema_dataset,
)

from lineage.kolommen import Kant, Kolom, kolomgraaf
from lineage.velden import van_veld
from schemas.arrow import PSEUDONIEM, lake_name, lake_schema
from schemas.berichten import find_bericht
from schemas.load import bronnen, doelen, find_tabel, producten
from schemas.product import Product

NAMESPACE = "signaalketen"
InputField = column_lineage_dataset.InputField
Facetten = dict[str, DatasetFacet]


def bron_naam(tabel: str) -> str:
    """The extract of a bron."""
    return f"bron/{tabel}"


def lake_naam(doel: str, tabel: str) -> str:
    """What the lake holds of a table for a doel."""
    return f"lake/{doel}/{tabel}"


def model_naam(product: str, model: str) -> str:
    """What a run writes."""
    return f"runs/{product}/{model}"


def bericht_naam(bericht: str) -> str:
    """What ontvangers receive."""
    return f"berichten/{bericht}"


def als_invoer(naam: str, facetten: Mapping[str, InputDatasetFacet] | None = None) -> InputDataset:
    """A dataset as input, with facets of this reading of it."""
    return InputDataset(NAMESPACE, naam, inputFacets=dict(facetten or {}))


def als_uitvoer(naam: str, facetten: Facetten, rijen: int | None = None, bestanden: int | None = None) -> OutputDataset:
    """A dataset as output, with how much was written."""
    written = output_statistics_output_dataset.OutputStatisticsOutputDatasetFacet(rowCount=rijen, fileCount=bestanden)
    statistics: dict[str, OutputDatasetFacet] = {"outputStatistics": written}
    return OutputDataset(NAMESPACE, naam, facets=facetten, outputFacets=statistics)


@cache
def lake_facetten(doel: str, tabel: str) -> Facetten:
    """What the door leaves of a table: each field as it was, typed, or a pseudonym in its place (masking)."""
    raadpleging = next(item for item in doelen()[doel].bronnen if item.tabel == tabel)
    declared = find_tabel(tabel)
    columns = lake_schema(declared, raadpleging.velden)
    bron = bronnen()[tabel.partition(".")[0]]
    masked = {veld for veld in raadpleging.velden if columns.field(lake_name(veld)).type == PSEUDONIEM}
    fields = {
        lake_name(veld): _fields([_input(bron_naam(tabel), veld, "DIRECT", "IDENTITY", masking=veld in masked)])
        for veld in raadpleging.velden
    }
    return {
        "schema": _schema(
            (lake_name(veld), str(columns.field(lake_name(veld)).type), f"{declared.velden[veld].omschrijving} {why}")
            for veld, why in raadpleging.velden.items()
        ),
        "columnLineage": column_lineage_dataset.ColumnLineageDatasetFacet(fields=fields),
        "documentation": documentation_dataset.DocumentationDatasetFacet(description=declared.omschrijving),
        "ownership": _ownership(
            (bron.houder, "bronhouder"), (doelen()[doel].verwerkingsverantwoordelijke, "controller")
        ),
    }


@cache
def model_facetten(product: str, model: str) -> Facetten:
    """The columns of a model of a product, and the fields in the lake they come from."""
    declared = producten()[product]
    columns = kolomgraaf().modellen[model].kolommen
    fields = {}
    for kolom in columns:
        edges = sorted(kolomgraaf().bronnen(Kolom(model, kolom)))
        if edges:
            fields[kolom] = _fields([_van_kant(declared, edge) for edge in edges])
    rows = [_van_kant(declared, edge) for edge in sorted(kolomgraaf().rijen(model))]
    return {
        "schema": _schema((kolom, None, None) for kolom in columns),
        "columnLineage": column_lineage_dataset.ColumnLineageDatasetFacet(fields=fields, dataset=rows),
        "documentation": documentation_dataset.DocumentationDatasetFacet(description=declared.omschrijving),
        "ownership": _ownership((declared.eigenaar.naam, "owner")),
    }


@cache
def bericht_facetten(product: str) -> Facetten:
    """The fields of the message of a product, and the columns of the signal they are made of."""
    declared = producten()[product]
    bericht = find_bericht(declared.bericht, declared.versie)
    fields = {}
    for naam in bericht.signaal:
        kolom = van_veld(kolomgraaf(), bericht, naam).kolom
        if kolom is not None:
            how = "IDENTITY" if kolom.kolom == naam else "TRANSFORMATION"
            fields[naam] = _fields([_input(model_naam(product, kolom.tabel), kolom.kolom, "DIRECT", how)])
    return {
        "schema": _schema((naam, veld.type, veld.omschrijving) for naam, veld in bericht.signaal.items()),
        "columnLineage": column_lineage_dataset.ColumnLineageDatasetFacet(fields=fields),
        "documentation": documentation_dataset.DocumentationDatasetFacet(description=bericht.omschrijving),
        "ownership": _ownership((declared.eigenaar.naam, "owner")),
    }


def invoer_van(product: str) -> Iterator[str]:
    """The datasets in the lake that the models of a product may read."""
    doel = doelen()[producten()[product].doel]
    return (lake_naam(doel.doel, raadpleging.tabel) for raadpleging in doel.bronnen)


def _van_kant(product: Product, edge: Kant) -> InputField:
    own = edge.van.tabel.startswith(("referentie.", "run."))
    naam = edge.van.tabel.replace(".", "/", 1) if own else lake_naam(product.doel, edge.van.tabel)
    return _input(naam, edge.van.kolom, edge.soort, edge.wijze)


def _input(naam: str, veld: str, soort: str, wijze: str, *, masking: bool | None = None) -> InputField:
    how = column_lineage_dataset.Transformation(type=soort, subtype=wijze, masking=masking)
    return InputField(namespace=NAMESPACE, name=naam, field=veld, transformations=[how])


def _fields(inputs: list[InputField]) -> column_lineage_dataset.Fields:
    return column_lineage_dataset.Fields(inputFields=inputs)


def _schema(columns: Iterable[tuple[str, str | None, str | None]]) -> schema_dataset.SchemaDatasetFacet:
    return schema_dataset.SchemaDatasetFacet(
        fields=[schema_dataset.SchemaDatasetFacetFields(name=n, type=t, description=d) for n, t, d in columns]
    )


def _ownership(*owners: tuple[str, str]) -> ownership_dataset.OwnershipDatasetFacet:
    return ownership_dataset.OwnershipDatasetFacet(
        owners=[ownership_dataset.Owner(name=naam, type=soort) for naam, soort in owners]
    )
