"""A release of what is committed: the same twice, its signature verified by the commands of `docs/releasing.md`."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest

from tests.bouw import CHECKOUT
from tools.sbom import keur

pytestmark = pytest.mark.zwaar
PAGINA = (CHECKOUT / "docs" / "releasing.md").read_text(encoding="utf-8")


def _maak(uit: Path, data: Path, umask: int) -> subprocess.CompletedProcess[str]:
    environment = {naam: waarde for naam, waarde in os.environ.items() if not naam.startswith("KETEN_")}
    return subprocess.run(
        [sys.executable, "-m", "tools.release", "--uit", str(uit)],
        cwd=CHECKOUT,
        env=environment | {"KETEN_DATA": str(data)},
        umask=umask,
        check=False,
        capture_output=True,
        text=True,
    )


@pytest.fixture(scope="module")
def certificaten(tmp_path_factory: pytest.TempPathFactory) -> Path:
    data = tmp_path_factory.mktemp("certificaten")
    environment = {**os.environ, "KETEN_DATA": str(data)}
    subprocess.run(
        [sys.executable, "-m", "pipeline.cli", "certificaat", "maak"], env=environment, cwd=CHECKOUT, check=True
    )
    return data


@pytest.fixture(scope="module")
def uitgave(certificaten: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    uit = tmp_path_factory.mktemp("uitgave")
    done = _maak(uit, certificaten, 0o022)
    assert done.returncode == 0, done.stderr
    shutil.copy(certificaten / "certificaten" / "vertrouwd.pem", uit / "gezag.pem")
    return uit


def _controleer(uitgave: Path) -> subprocess.CompletedProcess[str]:
    (block,) = re.findall(r"```sh\n(.*?)```", PAGINA, re.S)
    return subprocess.run(
        ["bash", "-euo", "pipefail", "-c", block], cwd=uitgave, check=False, capture_output=True, text=True
    )


def test_the_same_commit_gives_the_same_bytes(uitgave: Path, certificaten: Path, tmp_path: Path) -> None:
    """Later, in another folder, under another umask."""
    assert _maak(tmp_path, certificaten, 0o077).returncode == 0
    again = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    assert len(again) == 5
    for naam, content in again.items():
        assert ((uitgave / naam).read_bytes() == content) == (not naam.endswith(".p7s")), naam


def test_what_is_documented_verifies_it(uitgave: Path) -> None:
    done = _controleer(uitgave)
    assert done.returncode == 0, done.stderr
    assert "CMS Verification successful" in done.stderr
    assert re.search(r"serialNumber ?= ?00000001999999999000\b", done.stdout)
    assert done.stdout.count(": OK") == 3


@pytest.mark.parametrize("naam", ["sbom.cdx.json", "SHA256SUMS", "SHA256SUMS.p7s"])
def test_what_was_changed_is_found(uitgave: Path, tmp_path: Path, naam: str) -> None:
    shutil.copytree(uitgave, tmp_path / "uit")
    content = bytearray((tmp_path / "uit" / naam).read_bytes())
    content[-2] ^= 1
    (tmp_path / "uit" / naam).write_bytes(content)
    assert _controleer(tmp_path / "uit").returncode != 0


def test_a_signature_of_somebody_else_is_found(uitgave: Path, tmp_path: Path) -> None:
    environment = {**os.environ, "KETEN_DATA": str(tmp_path)}
    subprocess.run(
        [sys.executable, "-m", "pipeline.cli", "certificaat", "maak"], env=environment, cwd=CHECKOUT, check=True
    )
    shutil.copytree(uitgave, tmp_path / "uit")
    shutil.copy(tmp_path / "certificaten" / "vertrouwd.pem", tmp_path / "uit" / "gezag.pem")
    assert _controleer(tmp_path / "uit").returncode != 0


def test_without_a_certificate_nothing_is_made(tmp_path: Path) -> None:
    done = _maak(tmp_path / "uit", tmp_path / "leeg", 0o022)
    assert done.returncode == 3
    assert done.stderr.startswith("K-AFZENDER")
    assert not (tmp_path / "uit").exists()


def test_sdist_is_what_is_committed_and_nothing_else(uitgave: Path) -> None:
    (sdist,) = uitgave.glob("*.tar.gz")
    with tarfile.open(sdist) as archive:
        found = {member.name.partition("/")[2] for member in archive.getmembers() if member.isfile()}
        assert {member.mtime for member in archive.getmembers()} == {archive.getmembers()[0].mtime}
    listing = ["git", "ls-tree", "-r", "--name-only", "-z", "HEAD"]
    committed = set(subprocess.run(listing, cwd=CHECKOUT, check=True, capture_output=True).stdout.decode().split("\0"))
    assert committed - {""} <= found
    made = {naam for naam in found - committed if not naam.startswith("signaalketen.egg-info/")}
    assert made == {"PKG-INFO", "setup.cfg"}


def test_wheel_has_the_rooms_and_what_they_read(uitgave: Path) -> None:
    (wheel,) = uitgave.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
    rooms = {naam.partition("/")[0] for naam in names} - {"signaalketen-0.1.0.dist-info"}
    assert rooms == {
        "connectors", "dags", "demo", "lineage", "message_formats", "pipeline", "privacy", "reports", "schemas",
    }  # fmt: skip
    for naam in ("schemas/codes/melding.csv", "message_formats/generated/vsvbericht/v1.0/vsvbericht.xsd"):
        assert naam in names


def test_bill_of_materials_is_valid_and_names_every_package_of_the_lock(uitgave: Path) -> None:
    text = (uitgave / "sbom.cdx.json").read_text(encoding="utf-8")
    lock = (CHECKOUT / "requirements.lock").read_text(encoding="utf-8")
    document = json.loads(text)
    named = {(each["name"], each["version"]) for each in document["components"]}
    assert named == set(re.findall(r"^([a-z0-9._-]+)==([^\s;]+)", lock, re.M))
    assert all(each["externalReferences"][0]["hashes"] for each in document["components"])
    few = json.dumps(document | {"components": document["components"][:2], "dependencies": []})
    assert keur(few) is None  # the whole was held against the schema when it was made
    assert keur(few.replace('"type": "library"', '"type": "bibliotheek"')) is not None
