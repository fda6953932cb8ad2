"""The dbt project declares what it must: descriptions everywhere, contracts at the edge, no engine words in models."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

import jinja2
import pytest
import yaml

from schemas.load import producten

MODELS = Path(__file__).resolve().parents[2] / "transforms" / "models"
# What only one engine knows, and what both know but not as the same: concat with a null differs, concat_ws does not.
ENGINE_WORDS = re.compile(
    r"read_parquet|sha256|::|\b(to_years|make_date|interval|qualify|string_agg|varchar|blob|uuid)\b|\bconcat\(|//",
    re.IGNORECASE,
)


@cache
def declared() -> dict[str, dict[str, Any]]:
    files = [yaml.safe_load(path.read_text(encoding="utf-8")) for path in MODELS.rglob("*.yml")]
    return {model["name"]: model for file in files for model in file.get("models", [])}


def test_every_model_has_a_description_and_no_description_is_left_over() -> None:
    models = {path.stem for path in MODELS.rglob("*.sql")}
    described = {naam for naam, model in declared().items() if model.get("description", "").strip()}
    assert described == models


def test_every_product_has_its_three_models_with_an_enforced_contract() -> None:
    contracted = {
        naam for naam, model in declared().items() if model.get("config", {}).get("contract", {}).get("enforced")
    }
    assert contracted == {f"{kind}_{naam}" for naam in producten() for kind in ("signal", "bewijs", "uitgesloten")}


def test_every_contracted_column_has_a_type_and_a_description() -> None:
    for naam, model in declared().items():
        for column in model.get("columns", []):
            assert column.get("description"), (naam, column["name"])
            assert column.get("data_type") or not model.get("config", {}).get("contract"), (naam, column["name"])


def test_accepted_signal_codes_are_those_of_the_product() -> None:
    for naam, product in producten().items():
        columns = {column["name"]: column for column in declared()[f"signal_{naam}"]["columns"]}
        accepted = next(
            test["accepted_values"]["arguments"]["values"]
            for test in columns["signaal_code"]["data_tests"]
            if "accepted_values" in test
        )
        assert set(accepted) == set(product.signalen)


def unit_tests() -> list[dict[str, Any]]:
    files = [yaml.safe_load(path.read_text(encoding="utf-8")) for path in MODELS.rglob("*.yml")]
    return [test for file in files for test in file.get("unit_tests", [])]


def test_every_model_with_a_rule_has_a_unit_test() -> None:
    """Between staging, which is generated, and signals, which only name columns."""
    assert {test["model"] for test in unit_tests()} == {path.stem for path in MODELS.glob("intermediate/*.sql")}


def test_every_signal_code_is_what_a_unit_test_expects() -> None:
    rows = [row for test in unit_tests() for row in test["expect"]["rows"]]
    expected_codes = {row["signaal_code"] for row in rows if "signaal_code" in row}
    assert expected_codes == {code for product in producten().values() for code in product.signalen}


def data_tests(model: dict[str, Any], column: str) -> dict[str, Any]:
    """The data tests of a column, by name, with what they are given."""
    (found,) = [each for each in model["columns"] if each["name"] == column]
    tests = [test if isinstance(test, dict) else {test: {}} for test in found.get("data_tests", [])]
    return {name: given for test in tests for name, given in test.items()}


@pytest.mark.parametrize("product", producten())
def test_every_product_tests_its_data(product: str) -> None:
    """A signal is there once, bewijs is of a signal and numbered, and a person is left out for a known reason."""
    models = declared()
    assert {"unique", "not_null"} <= set(data_tests(models[f"signal_{product}"], "signaal_id"))
    bewijs = models[f"bewijs_{product}"]
    of_signal = data_tests(bewijs, "signaal_id")
    assert of_signal["relationships"]["arguments"] == {"to": f"ref('signal_{product}')", "field": "signaal_id"}
    assert "not_null" in of_signal
    together = [test["uniek_samen"]["arguments"]["kolommen"] for test in bewijs["data_tests"] if "uniek_samen" in test]
    assert ["signaal_id", "volgnummer"] in together
    assert {"unique", "accepted_values"} <= set(data_tests(models[f"uitgesloten_{product}"], "reden"))


@pytest.mark.parametrize("product", producten())
def test_what_the_rest_relies_on_is_required_by_the_contract(product: str) -> None:
    required = {
        f"signal_{product}": {"signaal_code", "ontvanger", "onderwerp", "ingang", "peildatum"},
        f"bewijs_{product}": {"volgnummer", "levering_nr", "waarde"},
    }
    for model, columns in required.items():
        constrained = {
            column["name"]
            for column in declared()[model]["columns"]
            if {"type": "not_null"} in column.get("constraints", [])
        }
        assert columns <= constrained, model


def test_signals_name_a_person_unless_they_are_counts() -> None:
    for naam, product in producten().items():
        columns = {column["name"]: column for column in declared()[f"signal_{naam}"]["columns"]}
        binary = {name for name, column in columns.items() if column["data_type"] == "binary"}
        if product.over == "aantallen":
            assert not binary, naam
        else:
            assert {"persoon", "partner"} <= binary, naam


def test_words_of_one_engine_stay_in_the_macros() -> None:
    for path in MODELS.rglob("*.sql"):
        code = re.sub(r"--.*", "", path.read_text(encoding="utf-8"))
        assert not ENGINE_WORDS.search(code), path.name


def _spark_pattern(paths: Sequence[str]) -> str:
    """What the macro `spark_paden` makes of paths; dbt ends a macro by raising what it returns."""

    class Returned(Exception):
        pass

    def give(value: str) -> None:
        raise Returned(value)

    def refuse(message: str) -> None:
        raise ValueError(message)

    macros = (MODELS.parent / "macros" / "motor.sql").read_text(encoding="utf-8")
    environment = jinja2.Environment(extensions=["jinja2.ext.do"], autoescape=False)
    environment.globals |= {"return": give, "modules": {"re": re}, "exceptions": {"raise_compiler_error": refuse}}
    try:
        environment.from_string(macros).module.spark_paden(list(paths))
    except Returned as returned:
        return str(returned)
    raise AssertionError("the macro returned nothing")


def test_spark_reads_exactly_the_files_it_is_given() -> None:
    assert _spark_pattern(["/lake/a.parquet"]) == "/lake/a.parquet"
    assert _spark_pattern(["/lake/a.parquet", "/x y/b.parquet"]) == "/{lake/a.parquet,x y/b.parquet}"
    assert _spark_pattern(["s3://emmer/l/a.parquet"]) == "s3a://emmer/l/a.parquet"
    assert _spark_pattern(["s3://emmer/a.parquet", "s3://emmer/l/b.parquet"]) == "s3a://emmer/{a.parquet,l/b.parquet}"


@pytest.mark.parametrize(
    "paths",
    [
        ["/a*.parquet"],
        ["/a,b.parquet"],
        ["/{a}.parquet"],
        ["/a'b.parquet"],
        ["/a?"],
        ["/a[1]"],
        ["s3://een/a", "s3://twee/b"],
    ],
)
def test_a_path_that_could_mean_another_file_is_refused(paths: list[str]) -> None:
    with pytest.raises(ValueError, match="Spark kan dit pad niet"):
        _spark_pattern(paths)
