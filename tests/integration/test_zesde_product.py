"""A sixth product from levering to message: schemas, SQL and cases laid over a copy of the project, and no Python.

What is added is in `zesde_product/`, in the places it would have in the project; one word in the list of recipients
says that Utrecht has agreed on it. Everything then runs in the copy, as an installation with that product would.
"""

from __future__ import annotations

import csv
import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.bouw import BIJSTAND, CHECKOUT, bijstand, maak_bsn, schrijf_csv

pytestmark = pytest.mark.zwaar

TOEGEVOEGD = Path(__file__).parent / "zesde_product"
KAMERS = ("connectors", "dags", "demo", "docs", "lineage", "message_formats", "pipeline", "privacy", "reports")
KAMERS += ("schemas", "tests", "transforms")
NIET = shutil.ignore_patterns("__pycache__", "target", "logs", "zesde_product", ".*")
MET_AUTO, ZONDER_BIJSTAND = maak_bsn(601), maak_bsn(602)
BRP = ("burgerservicenummer", "geboortedatum")
VERBLIJF = ("burgerservicenummer", "gemeenteVanInschrijving", "datumInschrijving", "datumBegin")
BEZIT = ("Burgerservicenr", "KentekenVoertuig", "DatRegistratieAansprakelijkheid", "DatEAansprakelijkheid")


@dataclass(frozen=True)
class Installatie:
    """A copy of the project with its own data."""

    project: Path

    @property
    def data(self) -> Path:
        """Where it writes."""
        return self.project / "var"

    def python(self, *args: str | Path) -> str:
        """Runs a module in the copy, of which the code comes before that of this project; returns what it said."""
        environment = {
            naam: waarde for naam, waarde in os.environ.items() if not naam.startswith(("KETEN_", "PYTEST_"))
        }
        environment |= {"PYTHONPATH": str(self.project), "KETEN_DATA": str(self.data), "COLUMNS": "200"}
        command = [sys.executable, *map(str, args)]
        done = subprocess.run(command, cwd=self.project, env=environment, capture_output=True, text=True, check=False)
        assert done.returncode == 0, f"{args}\n{done.stdout}\n{done.stderr}"
        return done.stdout

    def keten(self, *args: str | Path) -> str:
        """The `keten` command of the copy."""
        return self.python("-m", "pipeline.cli", *args)

    def code(self) -> Mapping[str, str]:
        """Every Python file with its digest."""
        return {
            path.relative_to(self.project).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
            for path in sorted(self.project.rglob("*.py"))
        }


@pytest.fixture(scope="module")
def installatie(tmp_path_factory: pytest.TempPathFactory) -> Installatie:
    """The project with the product laid over it, and everything generated that follows from it."""
    found = Installatie(tmp_path_factory.mktemp("zesde") / "project")
    for kamer in KAMERS:
        shutil.copytree(CHECKOUT / kamer, found.project / kamer, ignore=NIET)
    shutil.copy(CHECKOUT / "pyproject.toml", found.project)
    before = found.code()
    shutil.copytree(TOEGEVOEGD, found.project, dirs_exist_ok=True)
    _spreek_af(found.project / "schemas" / "ontvangers" / "ontvanger.csv", "0344", "autobezit")
    for generator in ("schemas.generate", "message_formats.generate", "pipeline.herkomst.kolommen"):
        found.python("-m", generator)
        found.python("-m", generator, "--controleer")
    assert found.code() == before
    return found


def _spreek_af(path: Path, ontvanger: str, product: str) -> None:
    """The agreement of a recipient names one product more."""
    lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
    (nr,) = [nr for nr, line in enumerate(lines) if line.startswith(f"{ontvanger},")]
    assert ",inkomsten " in lines[nr]
    lines[nr] = lines[nr].replace(",inkomsten ", f",{product} inkomsten ", 1)
    path.write_text("".join(lines), encoding="utf-8")


def test_the_copy_runs_its_own_code(installatie: Installatie) -> None:
    said = installatie.python("-c", "import schemas, pipeline; print(schemas.__file__); print(pipeline.__file__)")
    assert all(Path(line).is_relative_to(installatie.project) for line in said.split())


def test_its_cases_and_models_pass_the_tests_that_were_there(installatie: Installatie) -> None:
    said = installatie.python(
        *("-m", "pytest", "-v", "-n", "0", "-p", "no:cacheprovider"),
        *("tests/spec/signals/test_spec.py", "tests/unit/test_transforms.py"),
        *("-k", "autobezit or code_says_what or description or every_product_has or accepted or engine"),
    )
    of_product = [line for line in said.splitlines() if "autobezit" in line and "PASSED" in line]
    cases = len(list(TOEGEVOEGD.glob("tests/spec/signals/*/*/case.yml")))
    assert cases == 2
    assert len(of_product) == 4 * cases + 2  # four tests of a case; its data tests and its contract


def test_from_levering_to_message(installatie: Installatie) -> None:
    inbox = installatie.project / "aangeboden"
    leveringen = {
        "gemeente": {"populatie.csv": schrijf_csv(BIJSTAND, [bijstand(MET_AUTO)])},
        "brp": {
            "persoon.csv": schrijf_csv(BRP, [[wie, "19800101"] for wie in (MET_AUTO, ZONDER_BIJSTAND)]),
            "verblijf.csv": schrijf_csv(VERBLIJF, [[MET_AUTO, "0344", "20200101", "20200101"]]),
        },
        "rdw": {
            "bezit.csv": schrijf_csv(
                BEZIT, [[MET_AUTO, "AA01AA", "20260131", ""], [ZONDER_BIJSTAND, "AA02AA", "20260131", ""]]
            ),
            "voertuig.csv": schrijf_csv(
                ("kenteken", "voertuigsoort"), [["AA01AA", "Personenauto"], ["AA02AA", "Personenauto"]]
            ),
        },
    }
    installatie.keten("certificaat", "maak")
    for bron, bestanden in leveringen.items():
        folder = inbox / bron
        folder.mkdir(parents=True)
        for naam, inhoud in bestanden.items():
            (folder / naam).write_text(inhoud, encoding="utf-8")
        installatie.keten("ontvang", bron, folder, "--periode", "2026-01")
    installatie.keten("draai", "autobezit", "--periode", "2026-01")

    uit = installatie.project / "gelezen"
    delivered = installatie.data / "uitleveringen"
    assert [path.name for path in delivered.iterdir() if (path / "autobezit").is_dir()] == ["0344"]
    installatie.keten("lees", delivered / "0344" / "autobezit", "--uit", uit, "--als", "csv", "--vergelijk")
    signalen, bewijs = (_lees(uit / f"autobericht_v1.0_{soort}.csv") for soort in ("signalen", "bewijs"))
    assert [(row["signaal_code"], row["mutatie"], row["kenteken"]) for row in signalen] == [
        ("AUT-01", "nieuw", "AA01AA")
    ]
    assert signalen[0]["burgerservicenummer"] == MET_AUTO
    facts = {row["kenmerk"]: row["waarde"] for row in bewijs}
    assert facts["kenteken"] == "AA01AA"
    assert (facts["datum_begin"], facts["soort_voertuig"], facts["regeling"]) == ("2026-01-31", "P", "PW")


def _lees(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file, delimiter=";"))
