"""Gedrag 8: bewaren. Niet korter dan het minimum, niet langer dan het maximum, en van elke vernietiging een bewijs."""

from __future__ import annotations

import json
import shutil
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from pydantic import ValidationError
from typer.testing import CliRunner

from lineage import tabellen as t
from pipeline.bewaren.bewijs import verifieer
from pipeline.bewaren.opruimen import ruim_op, te_vernietigen
from pipeline.cli import app
from pipeline.instellingen import Instellingen
from pipeline.logboek import Logboek
from pipeline.periode import maand_erbij, peildatum
from schemas.doel import Bewaartermijn
from schemas.load import doelen
from schemas.register import register
from tests.e2e.speur import Speurder
from tests.spec.privacy import dorp as d
from tests.spec.privacy.conftest import vergeet

VIJF_JAAR = 60
TERMIJN = doelen()["inkomsten"].bewaartermijn
NA_MAXIMUM = peildatum(maand_erbij(d.PERIODE, TERMIJN.maximum_maanden)) + timedelta(days=1)
NA_MINIMUM = peildatum(maand_erbij(d.PERIODE, TERMIJN.minimum_maanden)) + timedelta(days=1)
# What is no data of persons: the ledger, the log of what was done and the OpenLineage events of it (counts; both have a
# term of their own), declarations, code lists, keys and certificates; and what the test itself offered.
BLIJFT = (
    *("ledger", "logboek", "lineage", "declaraties", "referentie", "sleutels", "certificaten"),
    *("aangeboden", "rapport"),
)


def van_personen(instellingen: Instellingen) -> list[Path]:
    """Every file with data of persons."""
    root = instellingen.data
    files = [path for path in root.rglob("*") if path.is_file() and not path.name.startswith(".")]
    return [path for path in files if path.relative_to(root).parts[0] not in BLIJFT and path.parent.name != "leeg"]


@pytest.mark.parametrize(
    ("minimum", "maximum", "mag"), [(12, 60, True), (0, 1, True), (12, 61, False), (13, 12, False)]
)
def test_above_five_years_is_refused(minimum: int, maximum: int, mag: bool) -> None:
    """Een termijn boven vijf jaar, of een minimum boven het maximum, wordt geweigerd."""
    values = {"minimum_maanden": minimum, "maximum_maanden": maximum, "bron": "een wet"}
    if mag:
        Bewaartermijn(**values)
    else:
        with pytest.raises(ValidationError):
            Bewaartermijn(**values)


def test_every_profile_has_both_terms_with_their_source() -> None:
    """Elk doelprofiel heeft een minimum, een maximum en de bron daarvan."""
    for doel in doelen().values():
        assert 0 < doel.bewaartermijn.minimum_maanden <= doel.bewaartermijn.maximum_maanden <= VIJF_JAAR
        assert doel.bewaartermijn.bron


@pytest.mark.parametrize("dag", [peildatum(d.PERIODE), NA_MINIMUM - timedelta(days=1), NA_MAXIMUM - timedelta(days=1)])
def test_nothing_that_is_needed_goes_before_its_time(eigen_dorp: Instellingen, dag: date) -> None:
    """Tot en met de laatste dag van de maximale termijn blijven lake, runs en leveringen aan gemeenten staan."""
    kept = [path for naam in ("lake", "runs", "uitleveringen") for path in eigen_dorp.map(naam).rglob("*.*")]
    assert len(kept) > 40
    ruim_op(eigen_dorp, dag)
    assert [path for path in kept if not path.exists()] == []


def test_everything_goes_after_the_maximum(eigen_dorp: Instellingen) -> None:
    """De dag na de maximale termijn is er van die maand niets meer dat over een persoon gaat."""
    assert van_personen(eigen_dorp)
    ruim_op(eigen_dorp, NA_MAXIMUM)
    assert van_personen(eigen_dorp) == []
    assert Speurder(d.PERSOON.values()).zoek(eigen_dorp.data, behalve=("aangeboden",)) == []
    assert te_vernietigen(eigen_dorp, NA_MAXIMUM) == []


def test_purge_leaves_a_proof(eigen_dorp: Instellingen) -> None:
    """Van elke vernietiging blijft een bewijs: wat, waarom, op welke grond en wanneer; zonder persoon."""
    expected = {(eenheid.dataset, eenheid.reden) for eenheid in te_vernietigen(eigen_dorp, NA_MAXIMUM)}
    ruim_op(eigen_dorp, NA_MAXIMUM)
    rows = eigen_dorp.grootboek.rijen(sa.select(t.vernietiging))
    assert {(row["dataset"], row["reden"]) for row in rows} == expected
    for row in rows:
        assert row["grondslag"]
        assert len(row["sha256"]) == len(row["bewijs"]) == 64
        assert row["bestanden"] > 0
    assert not Speurder(d.PERSOON.values()).zoekt(json.dumps(rows, default=str))
    assert verifieer(eigen_dorp).problemen == ()


def test_the_log_has_a_term_of_its_own(eigen_dorp: Instellingen) -> None:
    """Het logboek overleeft de gegevens waar het over gaat, gaat na zijn eigen termijn met bewijs, en blijft heel."""
    termijn = register().verwerkingslog
    assert termijn.maanden >= max(doel.bewaartermijn.maximum_maanden for doel in doelen().values())
    assert "artikel" in termijn.bron
    files = list(eigen_dorp.map("logboek").iterdir())
    last = peildatum(maand_erbij(f"{datetime.now(UTC):%Y-%m}", termijn.maanden))
    ruim_op(eigen_dorp, last)
    assert files
    assert all(path.exists() for path in files)
    assert van_personen(eigen_dorp) == []
    ruim_op(eigen_dorp, last + timedelta(days=1))
    assert list(eigen_dorp.map("logboek").iterdir()) == []
    rows = eigen_dorp.grootboek.rijen(sa.select(t.vernietiging).where(t.vernietiging.c.dataset == "logboek"))
    assert [(row["onderwerp"], row["bestanden"]) for row in rows] == [(f"{datetime.now(UTC):%Y-%m}", len(files))]
    assert verifieer(eigen_dorp).problemen == ()
    assert Logboek(eigen_dorp).controleer().breuken == ()


def test_lineage_events_hold_no_person_and_have_a_term_of_their_own(eigen_dorp: Instellingen) -> None:
    """OpenLineage-bestanden noemen niemand en gaan na hun eigen termijn met bewijs; dat van vandaag is in gebruik."""
    (today,) = (path.name for path in eigen_dorp.map("lineage").glob("openlineage-*.ndjson"))
    assert not Speurder(d.PERSOON.values()).zoekt(eigen_dorp.map("lineage", today).read_text("utf-8"))
    kept = eigen_dorp.map("lineage", "openlineage-2026-03-31.ndjson")
    shutil.copy(eigen_dorp.map("lineage", today), kept)
    last = peildatum(maand_erbij("2026-03", register().gebeurtenissen.maanden))
    ruim_op(eigen_dorp, last)
    assert kept.exists()
    ruim_op(eigen_dorp, last + timedelta(days=1))
    assert not kept.exists()
    ruim_op(eigen_dorp, NA_MAXIMUM)
    assert eigen_dorp.map("lineage", today).exists()
    rows = eigen_dorp.grootboek.rijen(sa.select(t.vernietiging).where(t.vernietiging.c.dataset == "lineage"))
    assert [(row["onderwerp"], row["bestanden"]) for row in rows] == [("2026-03", 1)]
    assert verifieer(eigen_dorp).problemen == ()


def test_log_that_goes_without_proof_is_found(eigen_dorp: Instellingen) -> None:
    """Wie het logboek zelf weggooit laat geen bewijs achter, en dat valt op."""
    for path in eigen_dorp.map("logboek").iterdir():
        path.unlink()
    assert {breuk.wat for breuk in Logboek(eigen_dorp).controleer().breuken} >= {"ontbreekt"}


@pytest.mark.parametrize("maanden", [11, 85])
def test_log_may_not_go_before_the_data(eigen_schemas: Path, maanden: int) -> None:
    """Een termijn voor het logboek die korter is dan die van een doel laat de bouw mislukken, en een te lange ook."""
    path = eigen_schemas / "verantwoording" / "register.yml"
    path.write_text(path.read_text("utf-8").replace("maanden: 60", f"maanden: {maanden}"), "utf-8")
    vergeet()
    with pytest.raises(ValueError, match=r"korter bewaard|maanden"):
        register()


def test_forged_proof_is_found(eigen_dorp: Instellingen) -> None:
    """Een gewijzigd bewijs, een weggelaten bewijs en gegevens die er toch nog staan worden gevonden."""
    ruim_op(eigen_dorp, NA_MAXIMUM)
    v = t.vernietiging.c
    with eigen_dorp.grootboek.transactie() as connection:
        connection.execute(t.vernietiging.update().where(v.vernietiging_nr == 2).values(bestanden=1))
        connection.execute(t.vernietiging.delete().where(v.vernietiging_nr == 4))
    problems = " ".join(verifieer(eigen_dorp).problemen)
    assert "gewijzigd" in problems
    assert "sluit niet aan" in problems
    back = eigen_dorp.uitleveringen / d.UTRECHT / "inkomsten" / d.PERIODE / "terug.json"
    back.parent.mkdir(parents=True)
    back.write_text("{}")
    assert any("staat er nog" in problem for problem in verifieer(eigen_dorp).problemen)


def test_purge_is_a_command_and_can_be_repeated(eigen_dorp: Instellingen) -> None:
    """`keten bewaren ruim-op` doet het, `--proef` toont het alleen, en een tweede keer is er niets te doen."""
    env = {"KETEN_DATA": str(eigen_dorp.data), "COLUMNS": "200"}
    run = lambda *args: CliRunner().invoke(app, ["bewaren", *args], env=env)  # noqa: E731
    op = f"{NA_MAXIMUM:%Y-%m-%d}"
    assert run("ruim-op", "--op", op, "--proef").exit_code == 0
    assert van_personen(eigen_dorp)
    assert "Vernietigd met" in run("ruim-op", "--op", op).output
    assert van_personen(eigen_dorp) == []
    assert "niets aan vernietiging toe" in run("ruim-op", "--op", op).output
    assert run("verifieer").exit_code == 0
