"""What is generated from schemas/ is what stands in the repository, and the check would notice if it were not."""

from __future__ import annotations

from pathlib import Path

import pytest

from schemas import generate
from schemas.arrow import lake_name
from schemas.invoer import consulted_schema
from schemas.load import find_tabel, geraadpleegd


def test_nothing_has_drifted() -> None:
    assert generate.drifted() == [], "draai python -m schemas.generate"


@pytest.fixture
def copy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(generate, "REPOSITORY", tmp_path)
    assert generate.main([]) == 0
    return tmp_path


def test_a_changed_a_missing_and_a_leftover_file_are_seen(copy: Path) -> None:
    assert generate.main(["--controleer"]) == 0
    staging = copy / "transforms" / "models" / "staging"
    (copy / "transforms" / "models" / "sources.yml").write_text("version: 2\n", encoding="utf-8")
    (staging / "stg_duo__persoon.sql").unlink()
    (staging / "stg_oud__tabel.sql").write_text("select 1", encoding="utf-8")
    assert generate.drifted() == [
        "transforms/models/sources.yml",
        "transforms/models/staging/stg_duo__persoon.sql",
        "transforms/models/staging/stg_oud__tabel.sql",
    ]
    assert generate.main(["--controleer"]) == 1
    assert generate.main([]) == 0
    assert generate.drifted() == []


def test_dbt_knows_the_consulted_tables_and_fields_only() -> None:
    consulted = geraadpleegd()
    models = {path.removeprefix("transforms/models/staging/") for path in generate.artefacts()}
    assert {f"stg_{naam.replace('.', '__')}.sql" for naam in consulted} <= models
    assert "stg_svb__uitkeringsverhouding.sql" not in models
    for naam, velden in consulted.items():
        columns = consulted_schema(naam, find_tabel(naam)).names
        assert set(columns) == {"levering_nr", "record_nr", *map(lake_name, velden)}
