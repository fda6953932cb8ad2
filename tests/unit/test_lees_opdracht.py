"""`keten lees` as a gemeente uses it: what it opens, shows and saves, and what it says of what is wrong."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest
from typer.testing import CliRunner

from message_formats.generate import REPOSITORY
from pipeline.cli import app
from tests.gekregen import DEN_HAAG, Gekregen, maak_levering

# What only the pipeline needs: none of it is installed by `pip install .[lees]`.
ZWAAR = (
    "airflow",
    "alembic",
    "asyncssh",
    "boto3",
    "dbt",
    "duckdb",
    "ijson",
    "jinja2",
    "networkx",
    "openlineage",
    "pandas",
    "polars",
    "pydantic_settings",
    "pygal",
    "pyspark",
    "sqlalchemy",
    "sqlglot",
    "tenacity",
)


@pytest.fixture
def gekregen(tmp_path: Path) -> Gekregen:
    return maak_levering(tmp_path / "post")


@dataclass(frozen=True)
class Antwoord:
    code: int
    tekst: str


def lees(gekregen: Gekregen, *opties: object, sleutel: Path | None = None) -> Antwoord:
    vast = ("--sleutel", sleutel or gekregen.sleutel(), "--vertrouwd", gekregen.vertrouwd)
    outcome = CliRunner().invoke(app, ["lees", *map(str, (gekregen.map, *vast, *opties))])
    assert outcome.exception is None or isinstance(outcome.exception, SystemExit), outcome.exception
    return Antwoord(outcome.exit_code, outcome.output)


def test_opens_verifies_compares_shows_and_saves(gekregen: Gekregen, tmp_path: Path) -> None:
    uit = tmp_path / "uit"
    vormen = [word for vorm in ("csv", "parquet", "excel") for word in ("--als", vorm)]

    outcome = lees(gekregen, "--vergelijk", "--toon", 1, "--uit", uit, *vormen)

    assert outcome.code == 0, outcome.tekst
    assert "niet gecontroleerd" not in outcome.tekst
    assert len(re.findall(r"\b(?:csv|json|xml) +2 +1 +gelijk", outcome.tekst)) == 3
    assert len(re.findall(r"(?<!_)burgerservicenummer: ", outcome.tekst)) == 1
    assert "bewijs volgnummer: 1, bron: uwv" in outcome.tekst
    assert {path.suffix for path in uit.iterdir()} == {".csv", ".parquet", ".xlsx"}
    assert not [path for path in gekregen.map.iterdir() if path.suffix in (".xml", ".csv")]  # nothing opened is left


def test_saves_nothing_without_a_place(gekregen: Gekregen) -> None:
    outcome = lees(gekregen, "--als", "excel")
    assert outcome.code == 2
    assert "--uit" in outcome.tekst


def _verander(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[-3] ^= 1
    path.write_bytes(content)


def test_wrong_key(gekregen: Gekregen) -> None:
    outcome = lees(gekregen, sleutel=gekregen.sleutel(DEN_HAAG))
    assert outcome.code == 5
    assert "M-SLEUTEL" in outcome.tekst
    assert "Het bestand is niet met deze sleutel te openen." in outcome.tekst


def test_broken_signature(gekregen: Gekregen) -> None:
    _verander(gekregen.bestand("_manifest.json.p7s"))
    outcome = lees(gekregen)
    assert outcome.code == 5
    assert "M-HANDTEKENING" in outcome.tekst


def test_signature_of_a_stranger(gekregen: Gekregen, tmp_path: Path) -> None:
    ander = maak_levering(tmp_path / "ander")
    outcome = lees(Gekregen(gekregen.map, ander.keten), sleutel=gekregen.sleutel())
    assert outcome.code == 5
    assert "M-ONDERTEKENAAR" in outcome.tekst


def test_missing_file(gekregen: Gekregen) -> None:
    path = gekregen.bestand(".xml.p7m")
    path.unlink()
    outcome = lees(gekregen)
    assert outcome.code == 5
    assert f"M-ONTBREEKT {path.name}" in outcome.tekst


def test_changed_file(gekregen: Gekregen) -> None:
    path = gekregen.bestand(".json.p7m")
    _verander(path)
    outcome = lees(gekregen)
    assert outcome.code == 5
    assert f"M-CONTROLEGETAL {path.name}" in outcome.tekst


def test_unknown_version(gekregen: Gekregen) -> None:
    path = gekregen.bestand("_manifest.json")
    document = json.loads(path.read_bytes())
    document["envelop"]["berichtVersie"] = 9
    path.write_text(json.dumps(document), encoding="utf-8")
    outcome = lees(gekregen)
    assert outcome.code == 5
    assert "M-VERSIE" in outcome.tekst
    assert "Werk de leessoftware bij" in outcome.tekst


def test_says_that_signatures_were_not_checked(gekregen: Gekregen, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KETEN_DATA", str(gekregen.map / "niets"))
    outcome = CliRunner().invoke(app, ["lees", str(gekregen.map), "--sleutel", str(gekregen.sleutel())])
    assert outcome.exit_code == 0
    assert "Handtekeningen zijn niet gecontroleerd" in outcome.output


BLOKKEER = """
import sys
class Blokkade:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in {zwaar!r}:
            raise ModuleNotFoundError(f"No module named {{name!r}}", name=name)
sys.meta_path.insert(0, Blokkade())
from pipeline.cli import main
main()
"""


def test_lees_works_where_the_pipeline_is_not_installed(gekregen: Gekregen) -> None:
    def keten(*args: object) -> subprocess.CompletedProcess[str]:
        program = [sys.executable, "-c", BLOKKEER.format(zwaar=ZWAAR), *map(str, args)]
        omgeving = os.environ | {"KETEN_DATA": str(gekregen.map / "niets")}
        return subprocess.run(program, cwd=REPOSITORY, env=omgeving, capture_output=True, text=True, check=False)

    good = keten("lees", gekregen.map, "--sleutel", gekregen.sleutel(), "--vertrouwd", gekregen.vertrouwd)
    assert good.returncode == 0, good.stderr
    other = keten("status")
    assert other.returncode == 3
    assert "S-PIJPLIJN" in other.stderr
    assert "pip install .[pijplijn]" in other.stderr
    assert "Traceback" not in other.stderr


GELADEN = """
import sys
from pipeline.cli import app
eerst = set(sys.modules)
app(sys.argv[1:], standalone_mode=False)
for wanneer, namen in (("eerst", eerst), ("daarna", set(sys.modules))):
    print(wanneer, *sorted({naam.partition(".")[0] for naam in namen}), file=sys.stderr)
"""


def test_loads_nothing_it_does_not_need(gekregen: Gekregen, tmp_path: Path) -> None:
    """The command starts without the libraries of messages; reading takes those, and none of the pipeline."""
    arguments = ["lees", gekregen.map, "--sleutel", gekregen.sleutel(), "--vertrouwd", gekregen.vertrouwd]
    arguments += ["--vergelijk", "--uit", tmp_path / "uit"]
    program = [sys.executable, "-c", GELADEN, *map(str, arguments)]
    done = subprocess.run(program, cwd=REPOSITORY, capture_output=True, text=True, check=True)
    first, after = (set(line.split()[1:]) for line in done.stderr.splitlines()[-2:])

    assert not first & {*ZWAAR, "pyarrow", "lxml", "numpy", "cryptography", "orjson", "jsonschema_rs", "xlsxwriter"}
    assert {"pyarrow", "lxml", "cryptography"} <= after
    # Only who asks for Excel loads that; pandas is tried for by Arrow itself where somebody installed it.
    assert not after & {*ZWAAR, "xlsxwriter"} - {"pandas"}


@pytest.mark.parametrize("rechten", [0o644, 0o640])
def test_key_that_others_may_read_is_refused(gekregen: Gekregen, rechten: int) -> None:
    gekregen.sleutel().chmod(rechten)
    outcome = lees(gekregen)
    assert outcome.code == 5
    assert "K-SLEUTEL" in outcome.tekst
    assert "rechten 0600" in outcome.tekst


def test_folder_without_a_delivery_and_no_folder(gekregen: Gekregen, tmp_path: Path) -> None:
    (tmp_path / "leeg").mkdir()
    empty = CliRunner().invoke(app, ["lees", str(tmp_path / "leeg")])
    assert (empty.exit_code, "M-MANIFEST" in empty.output) == (5, True)
    assert "Vraag de afzender" in empty.output
    absent = CliRunner().invoke(app, ["lees", str(tmp_path / "niets")])
    assert absent.exit_code == 2
    assert "bestaat niet" in absent.output
