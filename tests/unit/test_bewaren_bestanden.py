"""Putting prepared files in the place of old ones."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from privacy.bewaren import vervang

ELDERS = Path("/dev/shm")


@pytest.fixture
def ander_bestandssysteem(tmp_path: Path) -> Iterator[Path]:
    """A folder on another file system than the one of the test, as a lake that is mounted."""
    if not ELDERS.is_dir() or ELDERS.stat().st_dev == tmp_path.stat().st_dev:
        pytest.skip(f"{ELDERS} is hier geen bestandssysteem van zichzelf")
    with tempfile.TemporaryDirectory(dir=ELDERS) as folder:
        yield Path(folder)


@pytest.mark.parametrize("elders", [False, True])
def test_prepared_files_take_the_place_of_the_old_ones(
    elders: bool, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    lake = tmp_path / "lake"
    if elders:
        lake.symlink_to(request.getfixturevalue("ander_bestandssysteem"))
    else:
        lake.mkdir()
    for naam in ("a", "b"):
        (lake / naam).write_text("oud")
    klaargezet = tmp_path / ".vernietigen" / "1"
    (klaargezet / "lake").mkdir(parents=True)
    (klaargezet / "lake" / "a").write_text("nieuw")

    vervang(klaargezet, tmp_path)
    vervang(klaargezet, tmp_path)  # as after a killed process: nothing more to do

    assert {path.name: path.read_text() for path in lake.iterdir()} == {"a": "nieuw", "b": "oud"}
    assert not klaargezet.exists()


def test_a_copy_that_was_cut_off_is_no_file_of_the_lake(
    tmp_path: Path, ander_bestandssysteem: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "lake").symlink_to(ander_bestandssysteem)
    (ander_bestandssysteem / "a").write_text("oud")
    klaargezet = tmp_path / ".vernietigen" / "1"
    (klaargezet / "lake").mkdir(parents=True)
    (klaargezet / "lake" / "a").write_text("nieuw")

    def cut_off(source: Path, target: Path) -> None:
        target.write_text("nie")
        raise OSError(28, "geen ruimte")

    with monkeypatch.context() as patch:
        patch.setattr("shutil.copyfile", cut_off)
        with pytest.raises(OSError, match="geen ruimte"):
            vervang(klaargezet, tmp_path)
    assert (ander_bestandssysteem / "a").read_text() == "oud"
    assert {path.name for path in ander_bestandssysteem.iterdir()} == {"a", f".a.{os.getpid()}"}
    vervang(klaargezet, tmp_path)
    assert {path.name: path.read_text() for path in ander_bestandssysteem.iterdir()} == {"a": "nieuw"}
