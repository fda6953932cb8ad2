"""The dbt project is read once for all processes, and anew when it may have changed or what was kept is damaged."""

from __future__ import annotations

from pathlib import Path
from unittest.mock import patch

import pytest

from pipeline import dbt_build, dbt_project
from tests.integration.test_dbt_build import build, digests


class Lezingen:
    """A process that has read nothing yet; counts how often dbt reads the project in it."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.aantal, self._invoke = 0, dbt_build._invoke
        monkeypatch.setattr(dbt_build, "_parsed", {})
        monkeypatch.setattr(dbt_build, "_invoke", self)

    def __call__(self, command: list[str], *arguments: object) -> object:
        self.aantal += command == ["parse"]
        return self._invoke(command, *arguments)  # type: ignore[arg-type]

    def vergeet(self) -> None:
        """What a new process begins with."""
        dbt_build._parsed.clear()


@pytest.fixture
def lezingen(monkeypatch: pytest.MonkeyPatch) -> Lezingen:
    return Lezingen(monkeypatch)


@pytest.mark.zwaar
def test_what_was_kept_gives_the_same_signals(tmp_path: Path, lezingen: Lezingen) -> None:
    kept = tmp_path / "dbt"
    dbt_build.laad(tmp_path / "werk", kept)
    assert build(tmp_path, "gelezen").ok
    lezingen.vergeet()
    dbt_build.laad(tmp_path / "werk", kept)
    assert build(tmp_path, "bewaard").ok
    assert lezingen.aantal == 1
    assert digests(tmp_path / "gelezen") == digests(tmp_path / "bewaard")


@pytest.mark.zwaar
def test_it_is_read_anew_when_a_declaration_changed_and_only_the_last_is_kept(
    tmp_path: Path, lezingen: Lezingen
) -> None:
    kept = tmp_path / "dbt"
    dbt_build.laad(tmp_path / "werk", kept)
    lezingen.vergeet()
    with patch.object(dbt_project, "declaraties_nu", return_value="andere"):
        dbt_build.laad(tmp_path / "werk", kept)
    assert lezingen.aantal == 2
    assert len(list(kept.iterdir())) == 1


@pytest.mark.zwaar
@pytest.mark.parametrize("content", [b"", b"geen msgpack"])
def test_what_is_damaged_is_read_anew(tmp_path: Path, lezingen: Lezingen, content: bytes) -> None:
    dbt_project._bestand(tmp_path).write_bytes(content)
    dbt_build.laad(tmp_path / "werk", tmp_path)
    assert lezingen.aantal == 1
    assert dbt_project.haal(tmp_path) is not None


@pytest.mark.zwaar
def test_where_nothing_can_be_written_it_is_read_all_the_same(tmp_path: Path, lezingen: Lezingen) -> None:
    (tmp_path / "dbt").write_text("geen map", encoding="utf-8")
    dbt_build.laad(tmp_path / "werk", tmp_path / "dbt")
    assert lezingen.aantal == 1
    assert dbt_build._parsed
