"""The dbt project as a reviewer meets it: a page without network, everything described, and unit tests that pass."""

from __future__ import annotations

import json
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
            query = parse_one(node["compiled_code"], read="duckdb")
            while isinstance(query, exp.Union):
                query = query.left
            stars = [part for part in query.expressions if part.is_star]
            assert not stars, unique_id


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
    assert len(declared) >= 5
    assert beproef_modellen(tmp_path) == dict.fromkeys(declared, "pass")
