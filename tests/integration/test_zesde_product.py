"""A sixth product from levering to message: schemas, SQL and cases laid over a copy of the project, and no Python.

What is added is in `zesde_product/`, in the places it would have in the project; one word in the list of recipients
says that Utrecht has agreed on it. Everything then runs in the copy, as an installation with that product would, by the
commands of the runbook as they stand.
"""

from __future__ import annotations

import csv
import shutil
from pathlib import Path

import pytest

from tests.bouw import BIJSTAND, bijstand, maak_bsn, schrijf_csv
from tests.kopie import Kopie, opdrachten

pytestmark = pytest.mark.zwaar

TOEGEVOEGD = Path(__file__).parent / "zesde_product"
*GENEREER, DRIFT, CASES, STATUS, DRAAI, RAPPORT = opdrachten("product-toevoegen.md")
MET_AUTO, ZONDER_BIJSTAND = maak_bsn(601), maak_bsn(602)
BRP = ("burgerservicenummer", "geboortedatum")
VERBLIJF = ("burgerservicenummer", "gemeenteVanInschrijving", "datumInschrijving", "datumBegin")
BEZIT = ("Burgerservicenr", "KentekenVoertuig", "DatRegistratieAansprakelijkheid", "DatEAansprakelijkheid")


@pytest.fixture(scope="module")
def kopie(tmp_path_factory: pytest.TempPathFactory) -> Kopie:
    """The project with the product laid over it, and everything generated that follows from it."""
    found = Kopie.maak(tmp_path_factory.mktemp("zesde") / "project")
    before = found.code()
    shutil.copytree(TOEGEVOEGD, found.project, dirs_exist_ok=True)
    assert found.probeer(DRIFT).returncode != 0
    for opdracht in (*GENEREER, DRIFT):
        found.doe(opdracht)
    assert found.code() == before
    _spreek_af(found.project / "schemas" / "ontvangers" / "ontvanger.csv", "0344", "autobezit")
    return found


def _spreek_af(path: Path, ontvanger: str, product: str) -> None:
    """The agreement of a recipient names one product more."""
    lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
    (nr,) = [nr for nr, line in enumerate(lines) if line.startswith(f"{ontvanger},")]
    assert ",inkomsten " in lines[nr]
    lines[nr] = lines[nr].replace(",inkomsten ", f",{product} inkomsten ", 1)
    path.write_text("".join(lines), encoding="utf-8")


def test_the_copy_runs_its_own_code(kopie: Kopie) -> None:
    said = kopie.doe("python -c 'import schemas, pipeline; print(schemas.__file__); print(pipeline.__file__)'")
    assert all(Path(line).is_relative_to(kopie.project) for line in said.split())


def test_its_cases_and_models_pass_the_tests_that_were_there(kopie: Kopie) -> None:
    """Of those tests, the ones that are about it: the others are not about what was added."""
    of_this = "-k 'autobezit or code_says_what or description or every_product_has or accepted or engine'"
    said = kopie.doe(f"{CASES} -v -p no:cacheprovider {of_this}")
    of_product = [line for line in said.splitlines() if "autobezit" in line and "PASSED" in line]
    cases = len(list(TOEGEVOEGD.glob("tests/spec/signals/*/*/case.yml")))
    assert cases == 2
    assert len(of_product) == 4 * cases + 2  # four tests of a case; its data tests and its contract


def test_from_levering_to_message(kopie: Kopie) -> None:
    inbox = kopie.project / "aangeboden"
    leveringen = {
        "gemeente": {"populatie.csv": schrijf_csv(BIJSTAND, [bijstand(MET_AUTO)])},
        "brp": {
            "persoon.csv": schrijf_csv(BRP, [[wie, "19800101"] for wie in (MET_AUTO, ZONDER_BIJSTAND)]),
            "verblijf.csv": schrijf_csv(VERBLIJF, [[MET_AUTO, "0344", "20200101", "20200101"]]),
        },
        "rdw": {
            "bezit.csv": schrijf_csv(
                BEZIT, [[MET_AUTO, "AA01AA", "20260331", ""], [ZONDER_BIJSTAND, "AA02AA", "20260331", ""]]
            ),
            "voertuig.csv": schrijf_csv(
                ("kenteken", "voertuigsoort"), [["AA01AA", "Personenauto"], ["AA02AA", "Personenauto"]]
            ),
        },
    }
    kopie.doe("keten certificaat maak")
    for bron, bestanden in leveringen.items():
        folder = inbox / bron
        folder.mkdir(parents=True)
        for naam, inhoud in bestanden.items():
            (folder / naam).write_text(inhoud, encoding="utf-8")
        kopie.doe(f"keten ontvang {bron} {folder} --periode 2026-03")
    assert "autobezit" in kopie.doe(STATUS)
    assert "kvk" in DRAAI
    kopie.doe(DRAAI.replace("kvk", "autobezit"))
    kopie.doe(RAPPORT)
    assert list((kopie.data / "rapport").rglob("*autobezit*.html"))

    uit = kopie.project / "gelezen"
    delivered = kopie.data / "uitleveringen"
    assert [path.name for path in delivered.iterdir() if (path / "autobezit").is_dir()] == ["0344"]
    kopie.doe(f"keten lees {delivered / '0344' / 'autobezit'} --uit {uit} --als csv --vergelijk")
    signalen, bewijs = (_lees(uit / f"autobericht_v1.0_{soort}.csv") for soort in ("signalen", "bewijs"))
    assert [(row["signaal_code"], row["mutatie"], row["kenteken"]) for row in signalen] == [
        ("AUT-01", "nieuw", "AA01AA")
    ]
    assert signalen[0]["burgerservicenummer"] == MET_AUTO
    facts = {row["kenmerk"]: row["waarde"] for row in bewijs}
    assert facts["kenteken"] == "AA01AA"
    assert (facts["datum_begin"], facts["soort_voertuig"], facts["regeling"]) == ("2026-03-31", "P", "PW")


def _lees(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file, delimiter=";"))
