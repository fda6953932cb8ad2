"""`keten gezond`: every part says what is wrong by its code, and looking changes nothing."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from typer.testing import CliRunner

from lineage import tabellen as t
from lineage.ledger import Stap, now
from pipeline.cli import app
from pipeline.gezond import Grenzen, Onderdeel, onderzoek
from pipeline.instellingen import Instellingen
from tests.geopend import met_certificaten

GRENZEN = Grenzen(0.001, timedelta(hours=48))


@pytest.fixture
def heel(tmp_path: Path) -> Instellingen:
    """An installation in which everything is well and something was done."""
    instellingen = met_certificaten(tmp_path / "var")
    instellingen.hoofdsleutel.maak()
    instellingen.grootboek.schrijf_stap(Stap("ontvang", "uwv-2026-01-0123456789ab"))
    return instellingen


def codes(instellingen: Instellingen, grenzen: Grenzen = GRENZEN) -> dict[str, str]:
    return {each.onderdeel.value: each.code for each in onderzoek(instellingen, list(Onderdeel), grenzen) if each.code}


def _voer_uit(instellingen: Instellingen, statement: sa.Executable) -> None:
    with instellingen.grootboek.transactie() as connection:
        connection.execute(statement)


def test_all_is_well(heel: Instellingen) -> None:
    assert codes(heel) == {}


def test_looking_makes_nothing(tmp_path: Path) -> None:
    found = codes(Instellingen(data=tmp_path / "niets"))
    assert found == {"grootboek": "G-GROOTBOEK", "sleutel": "P-SLEUTEL", "certificaat": "K-AFZENDER"}
    assert list(tmp_path.iterdir()) == []


def test_tables_of_another_version_are_not_brought_up_to_date_by_looking(heel: Instellingen) -> None:
    older = sa.text("update alembic_version set version_num = '0001'")
    _voer_uit(heel, older)
    assert codes(heel)["grootboek"] == "G-TABELLEN"
    assert heel.grootboek.rijen(sa.select(sa.text("version_num from alembic_version")))[0]["version_num"] == "0001"


def test_a_database_that_does_not_answer(heel: Instellingen) -> None:
    gone = Instellingen(data=heel.data, ledger="postgresql://keten@127.0.0.1:9/keten")
    assert codes(gone)["grootboek"] == "G-GROOTBOEK"


def test_a_file_that_is_no_database(heel: Instellingen) -> None:
    for path in heel.map("ledger").iterdir():  # also what it has not written back yet
        path.write_bytes(b"geen database" * 100)
    assert codes(heel)["grootboek"] == "G-GROOTBOEK"


def test_a_key_that_others_may_read(heel: Instellingen) -> None:
    heel.paden["sleutel"].chmod(0o644)
    assert codes(heel) == {"sleutel": "P-SLEUTEL"}


def test_a_certificate_without_its_key(heel: Instellingen) -> None:
    (heel.certificaten.map / "afzender.key").unlink()
    assert codes(heel)["certificaat"].startswith("K-")


def test_too_little_room(heel: Instellingen) -> None:
    assert codes(heel, Grenzen(1e9, GRENZEN.stil)) == {"schijf": "G-SCHIJF"}


@pytest.mark.parametrize(("uren", "code"), [(47, None), (49, "G-STIL")])
def test_too_long_nothing_succeeded(heel: Instellingen, uren: int, code: str | None) -> None:
    """A step that failed since does not count."""
    _voer_uit(heel, sa.update(t.stap).values(beeindigd_op=now() - timedelta(hours=uren)))
    heel.grootboek.schrijf_stap(Stap("signaleer", "vsv-2026-01-0123456789ab", status="mislukt", code="S-MODEL"))
    assert codes(heel).get("stappen") == code


def test_command_looks_at_what_is_asked_and_its_exit_code_tells(
    heel: Instellingen, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KETEN_DATA", str(heel.data))
    heel.paden["sleutel"].unlink()

    def keten(*args: str) -> tuple[int, str]:
        done = CliRunner().invoke(app, ["gezond", "--vrij", "0.001", *args], env={"COLUMNS": "250"})
        return done.exit_code, done.output

    code, text = keten()
    assert (code, "P-SLEUTEL" in text) == (3, True)
    assert keten("--onderdeel", "grootboek", "--onderdeel", "schijf")[0] == 0
    assert keten("--onderdeel", "motor")[0] == 2
