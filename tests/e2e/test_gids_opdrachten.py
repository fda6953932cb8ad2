"""Every command in the guide for recipients, run as it stands there against a real delivery."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from message_formats.generate import REPOSITORY
from message_formats.gids import FOLDER
from message_formats.manifest import SUFFIX, digest
from message_formats.openen import HANDTEKENING
from message_formats.validate import GENERATED
from pipeline.instellingen import Instellingen
from pipeline.retour.inbox import verwerk_inbox
from schemas.load import meldingen, ontvangers
from tests.e2e.keten import FEBRUARI, UTRECHT
from tests.e2e.test_retour import als_json, antwoord

pytestmark = pytest.mark.zwaar
BERICHT = "vsvbericht"


@pytest.fixture
def kluis(eigen_stad: Instellingen, tmp_path: Path) -> Path:
    """What a gemeente has at hand: its delivery, its key and certificate, the authority, the published schemas."""
    for naam in ("openssl", "xmllint", "bash"):
        if shutil.which(naam) is None:
            pytest.skip(f"{naam} ontbreekt; CI heeft het")
    folder, certificaten = tmp_path / "kluis", eigen_stad.certificaten.map
    shutil.copytree(eigen_stad.uitleveringen / UTRECHT / "vsv" / FEBRUARI, folder)
    shutil.copy(certificaten / "demo" / "ontvangers" / f"{UTRECHT}.key", folder / "gemeente.key")
    shutil.copy(certificaten / "ontvangers" / f"{UTRECHT}.pem", folder / "gemeente.pem")
    shutil.copy(certificaten / "vertrouwd.pem", folder / "gezag.pem")
    (manifest,) = (path for path in folder.glob(f"*{SUFFIX}"))
    version = json.loads(manifest.read_text())["schema"].rpartition(":")[2]
    for schema in (GENERATED / BERICHT / f"v{version}").glob(f"{BERICHT}.*"):
        shutil.copy(schema, folder)
    return folder


def blokken(pagina: str) -> list[str]:
    """The commands of a chapter, as they stand there."""
    found = re.findall(r"```sh\n(.*?)```", (REPOSITORY / FOLDER / pagina).read_text(encoding="utf-8"), re.DOTALL)
    assert found
    return found


def doe(folder: Path, script: str) -> subprocess.CompletedProcess[str]:
    """Runs commands, with the name of the delivery filled in; one that fails ends them."""
    (manifest,) = (path.name for path in folder.glob(f"*{SUFFIX}"))
    for woord, waarde in {"NAAM": manifest.removesuffix(SUFFIX), "BERICHT": BERICHT}.items():
        script = re.sub(rf"\b{woord}(?=[._])", waarde, script)
    script = script.replace("lees <map>", "lees post").replace("--uit <map>", "--uit bewaard")
    assert "<" not in script.replace("</dev/null", "")
    environment = {naam: waarde for naam, waarde in os.environ.items() if not naam.startswith("KETEN_")}
    environment |= {"PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}", "KETEN_DATA": str(folder / "niets")}
    return subprocess.run(
        ["bash", "-euo", "pipefail", "-c", script],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )


def manifest_van(folder: Path) -> dict[str, Any]:
    (path,) = folder.glob(f"*{SUFFIX}")
    document: dict[str, Any] = json.loads(path.read_text())
    return document


def blok(woord: str) -> str:
    """The block of commands in which a word stands."""
    (found,) = (each for each in blokken("verifieren.md") if woord in each)
    return found


def _zet_apart(folder: Path) -> None:
    """`keten lees` is given a folder with deliveries and nothing else."""
    (folder / "post").mkdir()
    (manifest,) = (path.name for path in folder.glob(f"*{SUFFIX}"))
    for path in folder.glob(f"{manifest.removesuffix(SUFFIX)}*"):
        if path.is_file():
            shutil.copy(path, folder / "post")


def test_keten_lees(kluis: Path) -> None:
    _zet_apart(kluis)
    done = doe(kluis, blok("keten lees"))
    assert done.returncode == 0, done.stdout + done.stderr
    assert "niet gecontroleerd" not in done.stdout
    assert {path.suffix for path in (kluis / "bewaard").iterdir()} == {".csv", ".parquet"}


def test_openssl_opens_and_verifies(kluis: Path) -> None:
    done = doe(kluis, blok("-decrypt"))
    assert done.returncode == 0, done.stderr
    assert done.stderr.count("CMS Verification successful") == 2
    (bestand,) = (each for each in manifest_van(kluis)["bestanden"] if each["formaat"] == "json")
    assert bestand["versleuteld"]["sha256"] in done.stdout  # step 2
    assert digest(kluis / bestand["naam"]) == bestand["sha256"]  # step 4
    assert json.loads((kluis / bestand["naam"]).read_text())["envelop"]["ontvangerCode"] == UTRECHT


def test_who_signed_can_be_seen(kluis: Path) -> None:
    done = doe(kluis, blok("-signer afzender.pem"))
    assert done.returncode == 0, done.stderr
    assert re.search(rf"serialNumber ?= ?{manifest_van(kluis)['envelop']['afzenderOin']}\b", done.stdout)
    assert "notAfter=" in done.stdout


def test_schemas_hold(kluis: Path) -> None:
    if shutil.which("check-jsonschema", path=str(Path(sys.executable).parent)) is None:
        pytest.skip("check-jsonschema ontbreekt; pip install .[dev]")
    opening = re.sub(r"\.json(?=\.p7|\b)", ".xml", blok("-decrypt").partition("# 3.")[2].partition("# 4.")[0])
    assert doe(kluis, blok("-decrypt")).returncode == 0
    assert doe(kluis, opening.partition("\n")[2]).returncode == 0

    done = doe(kluis, blok("xmllint"))

    assert done.returncode == 0, done.stdout + done.stderr
    (plain,) = kluis.glob(f"{BERICHT}_*[0-9].json")
    plain.write_text(plain.read_text().replace('"mutatie":"nieuw"', '"mutatie":"anders"', 1))
    assert doe(kluis, blok("check-jsonschema")).returncode != 0


def test_every_block_is_run_by_a_test() -> None:
    """A new block of commands must be found by one of the words above."""
    words = ("keten lees", "-decrypt", "-signer afzender.pem", "xmllint")
    assert all(any(woord in each for woord in words) for each in blokken("verifieren.md"))
    assert len(blokken("verifieren.md")) == len(words)
    assert len(blokken("antwoorden.md")) == 1


@pytest.mark.parametrize("wat", ["manifest", "message"])
def test_what_was_changed_is_seen_by_openssl(kluis: Path, wat: str) -> None:
    path = next(kluis.glob(f"*{SUFFIX}" if wat == "manifest" else "*[0-9].json.p7s"))
    content = bytearray(path.read_bytes())
    content[-2] ^= 1
    path.write_bytes(content)
    assert doe(kluis, blok("-decrypt")).returncode != 0


def test_signing_an_answer(kluis: Path, eigen_stad: Instellingen) -> None:
    """What the chapter on answering says makes a signature that is taken in."""
    (kluis / "antwoord.json").write_bytes(als_json(antwoord(eigen_stad)))
    (block,) = blokken("antwoorden.md")
    assert doe(kluis, block).returncode == 0
    inbox = eigen_stad.map("landing", "retour", UTRECHT)
    inbox.mkdir(parents=True)
    for naam in (f"antwoord.json{HANDTEKENING}", "antwoord.json"):
        shutil.copy(kluis / naam, inbox)
    assert verwerk_inbox(eigen_stad) == {"aangenomen": 1}


def test_tables_of_codes_and_files_are_what_there_is(kluis: Path) -> None:
    page = (REPOSITORY / FOLDER / "verifieren.md").read_text(encoding="utf-8")
    assert set(re.findall(r"^\| `([A-Z]-[A-Z]+)` ", page, re.MULTILINE)) <= meldingen().keys()
    (manifest,) = (path.name for path in kluis.glob(f"*{SUFFIX}"))
    stem = manifest.removesuffix(SUFFIX)
    endings = {path.name.removeprefix(stem) for path in kluis.glob(f"{stem}*")}
    named = set(re.findall(r"`NAAM([._a-z0-9]+)`", page))
    signatures = {f"{each.removesuffix('.p7m')}{HANDTEKENING}" for each in named if each.endswith(".p7m")}
    assert endings == named | signatures
    assert manifest_van(kluis)["envelop"]["ontvangerOin"] == ontvangers()[UTRECHT].oin
