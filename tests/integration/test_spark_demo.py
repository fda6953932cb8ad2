"""The demo country through both engines: every product run of two months gives the same signals, bewijs and counts."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest

from demo.land import maak_land
from pipeline import dbt_build
from pipeline.instellingen import Instellingen
from schemas.load import producten
from tests.e2e.conftest import MAANDEN, PERIODE, Land, draai_maand
from tests.spark import SPARK, assert_same_outcome, needs_spark

pytestmark = needs_spark
PERSONEN = 600


def test_every_run_of_the_demo_is_the_same_on_spark(
    instellingen: Instellingen, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    signals: dict[tuple[str, str], int] = {}
    duckdb_build = dbt_build.build

    def on_both(product: str, invoer: Any, uitvoer: Path, **options: Any) -> dbt_build.DbtUitkomst:
        uitkomst = duckdb_build(product, invoer, uitvoer, **options)
        folder = tmp_path / f"spark-{len(signals)}"
        again = {**options, "werkmap": folder, "motor": SPARK}
        other = duckdb_build(product, invoer, folder / "uit", **again)
        assert other.ok, (other.fouten, other.tests_mislukt)
        signals[product, options["periode"]] = assert_same_outcome(product, uitvoer, folder / "uit")
        assert [_rows(model) for model in other.modellen] == [_rows(model) for model in uitkomst.modellen]
        return uitkomst

    monkeypatch.setattr(dbt_build, "build", on_both)
    bron = instellingen.map("landing", "demo")
    land = Land(instellingen, tuple(maak_land(bron, personen=PERSONEN, periode=PERIODE, maanden=len(MAANDEN), seed=1)))
    for maand in MAANDEN:
        draai_maand(land, maand)
    assert {product for product, _ in signals} == set(producten())
    # In so small a country every count of a product of counts is too small to be told.
    about_persons = [naam for naam, product in producten().items() if product.over == "personen"]
    assert all(any(count for (product, _), count in signals.items() if product == naam) for naam in about_persons)


def _rows(model: dbt_build.DbtModel) -> dict[str, Any]:
    return {**asdict(model), "seconden": 0}
