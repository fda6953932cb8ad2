"""The dbt project as a reviewer meets it: a page without network, everything described, and unit tests that pass."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from sqlglot import exp, parse_one

from pipeline.dbt_docs import beproef_modellen, maak_docs
from schemas.load import producten

TRANSFORMS = Path(__file__).resolve().parents[2] / "transforms"
pytestmark = pytest.mark.zwaar


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("docs")
    maak_docs(folder / "uit", folder / "werk")
    return folder


def artefact(site: Path, naam: str) -> Any:
    return json.loads((site / "werk" / "target" / f"{naam}.json").read_text(encoding="utf-8"))


def test_the_site_is_one_file_that_needs_no_network(site: Path) -> None:
    assert [path.name for path in (site / "uit").iterdir()] == ["index.html"]
    page = (site / "uit" / "index.html").read_text(encoding="utf-8")
    assert "int_kwijtschelding__uitkomst" in page and "uitlevering_inkomsten" in page
    for fetched in ('<script src="http', '<link rel="stylesheet" href="http', '@import url("http'):
        assert fetched not in page


def test_every_model_and_column_has_a_description(site: Path) -> None:
    nodes = artefact(site, "manifest")["nodes"] | artefact(site, "manifest")["sources"]
    tables = artefact(site, "catalog")["nodes"]
    assert len(tables) > 50
    for unique_id, table in tables.items():
        node = nodes[unique_id]
        assert node["description"].strip(), unique_id
        bare = [name for name in table["columns"] if not node["columns"].get(name, {}).get("description")]
        assert not bare, (unique_id, bare)
        assert set(node["columns"]) <= set(table["columns"]), unique_id


def test_every_source_column_has_a_description(site: Path) -> None:
    for unique_id, source in artefact(site, "manifest")["sources"].items():
        assert source["description"], unique_id
        assert all(column["description"] for column in source["columns"].values()), unique_id


def test_a_model_names_the_columns_it_gives(site: Path) -> None:
    """`select *` may be used within a model, but not in what it hands on."""
    for unique_id, node in artefact(site, "manifest")["nodes"].items():
        if node["resource_type"] == "model":
            for query in branches(parse_one(node["compiled_code"], read="duckdb")):
                assert not [part for part in query.expressions if part.is_star], unique_id


def branches(query: Any) -> Iterator[Any]:
    """The queries of which a union is made."""
    if isinstance(query, exp.Union):
        yield from branches(query.left)
        yield from branches(query.right)
    else:
        yield query


# Of everybody, or of every firm and vehicle: what the population does not need is left out before anything else.
GROOT = ("uwv", "brp", "rdw", "kvk")


def unrestricted(sql: str) -> list[str]:
    """The tables of large bronnen that a query reads without first keeping to a list of persons, firms or vehicles."""
    found = []
    for table in parse_one(sql, read="duckdb").find_all(exp.Table):
        bron = table.name.removeprefix("stg_").partition("__")[0]
        if table.name.startswith("stg_") and bron in GROOT:
            query = table.find_ancestor(exp.Select)
            where = query.args.get("where") if query else None
            lists = [each.args.get("query") for each in where.find_all(exp.In)] if where else []
            if not any(lists):
                found.append(table.name)
    return found


def test_a_large_table_is_kept_to_the_population_first(site: Path) -> None:
    """Semi-joins first: of the year of a whole country a product reads only the rows of its own persons."""
    readers = set()
    for unique_id, node in artefact(site, "manifest")["nodes"].items():
        if node["resource_type"] == "model" and node["fqn"][1] == "intermediate":
            assert not unrestricted(node["compiled_code"]), unique_id
            if any(f"stg_{bron}__" in node["compiled_code"] for bron in GROOT):
                readers.add(node["name"].partition("__")[0])
    assert readers == {"int_brp", *(f"int_{naam}" for naam in producten())}


def test_a_table_without_a_list_is_found() -> None:
    assert unrestricted("select * from stg_uwv__inkomstenopgave where datum_begin > 1") == ["stg_uwv__inkomstenopgave"]
    assert unrestricted("select * from stg_uwv__inkomstenopgave where x in (1, 2)") == ["stg_uwv__inkomstenopgave"]
    assert unrestricted("select * from stg_uwv__inkomstenopgave where persoon in (select persoon from p)") == []
    assert unrestricted("select a from p where p.x in (select x from stg_rdw__voertuig)") == ["stg_rdw__voertuig"]


def test_every_delivery_is_an_exposure(site: Path) -> None:
    exposures = artefact(site, "manifest")["exposures"].values()
    assert {exposure["name"] for exposure in exposures} == {f"uitlevering_{naam}" for naam in producten()}
    for exposure in exposures:
        product = exposure["name"].removeprefix("uitlevering_")
        assert {naam.split(".")[-1] for naam in exposure["depends_on"]["nodes"]} == {
            f"signal_{product}",
            f"bewijs_{product}",
        }


def test_unit_tests_of_the_models_pass(tmp_path: Path) -> None:
    files = [yaml.safe_load(path.read_text(encoding="utf-8")) for path in TRANSFORMS.rglob("*.yml")]
    declared = {test["name"] for file in files for test in file.get("unit_tests", [])}
    assert beproef_modellen(tmp_path) == dict.fromkeys(declared, "pass")
