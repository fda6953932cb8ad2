"""`pip install .[lees]` in a clean environment: what comes along, and that it reads what a gemeente received."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import venv
from pathlib import Path

import pytest

from message_formats.generate import REPOSITORY
from tests.gekregen import maak_levering
from tests.unit.test_lees_opdracht import ZWAAR


@pytest.mark.zwaar
def test_installed_alone(tmp_path: Path) -> None:
    """Fetches a dozen packages; a machine that cannot reach an index says so."""
    # A copy, because a build leaves its folders beside the sources.
    files = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=REPOSITORY,
        capture_output=True,
        check=True,
    ).stdout
    for naam in filter(None, files.decode().split("\0")):
        if not naam.startswith("tests/") and (REPOSITORY / naam).is_file():
            (tmp_path / "bron" / naam).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(REPOSITORY / naam, tmp_path / "bron" / naam)
    venv.create(tmp_path / "venv", with_pip=True)
    python = tmp_path / "venv" / "bin" / "python"
    install = subprocess.run(
        [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", f"{tmp_path / 'bron'}[lees]"],
        capture_output=True,
        text=True,
        check=False,
    )
    if install.returncode and "connection" in install.stderr.lower():
        pytest.skip("er is geen pakketindex te bereiken")
    assert install.returncode == 0, install.stderr[-2000:]

    listed = subprocess.run([python, "-m", "pip", "list", "--format=json"], capture_output=True, text=True, check=True)
    installed = {row["name"].lower().replace("_", "-") for row in json.loads(listed.stdout)}
    assert {"signaalketen", "pyarrow", "lxml", "xlsxwriter"} <= installed
    assert not [naam for naam in installed for zwaar in ZWAAR if zwaar.replace("_", "-") in naam.split("-", 2)[:3]]
    assert not [naam for naam in installed if "airflow" in naam or "dbt" in naam]

    gekregen = maak_levering(tmp_path / "post")
    environment = {key: value for key, value in os.environ.items() if not key.startswith(("KETEN_", "PYTHON"))}
    opties = ["--sleutel", gekregen.sleutel(), "--vertrouwd", gekregen.vertrouwd, "--vergelijk", "--als", "excel"]
    read = subprocess.run(
        [python.with_name("keten"), "lees", gekregen.map, *opties, "--uit", tmp_path / "uit"],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert read.returncode == 0, read.stdout + read.stderr
    assert "gelijk" in read.stdout
    assert (tmp_path / "uit" / "kvkbericht_v1.0.xlsx").is_file()
