"""Repeated runs hold persons too: retention, a verdict and a rotation of the key reach them."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
import sqlalchemy as sa

from lineage import tabellen as t
from pipeline.instellingen import Instellingen
from pipeline.signaleer import run_map
from privacy.sleutelmerk import versie_van
from tests.e2e.keten import DEN_HAAG, MAART, Keten, laatste_bericht


@pytest.fixture
def herhaald(eigen_stad: Instellingen) -> Path:
    """A repeated run as it stands on disk: its signals, and a message to Den Haag."""
    run = eigen_stad.grootboek.laatste_run("vsv", MAART)
    assert run is not None
    folder = eigen_stad.map("herhalingen", run["run_id"])
    shutil.copytree(run_map(eigen_stad, run["run_id"]), folder / "signalen")
    bericht = folder / "berichten" / DEN_HAAG / "bericht.json"
    bericht.parent.mkdir(parents=True)
    (signaal,) = laatste_bericht(eigen_stad, DEN_HAAG, MAART)["signalen"]
    bericht.write_text(signaal["signaalId"], encoding="utf-8")
    return folder


def test_goes_after_a_month_and_may_be_made_again(keten_stad: Keten, herhaald: Path) -> None:
    assert keten_stad("bewaren", "ruim-op").code == 0
    assert herhaald.exists()
    assert keten_stad("bewaren", "ruim-op", "--op", "2027-03-01").code == 0
    assert not herhaald.exists()
    herhaald.mkdir()
    assert keten_stad("bewaren", "verifieer").code == 0


def test_goes_when_a_signal_in_it_is_found_ungrounded(
    keten_stad: Keten, eigen_stad: Instellingen, herhaald: Path
) -> None:
    (signaal,) = laatste_bericht(eigen_stad, DEN_HAAG, MAART)["signalen"]
    moment = sa.func.current_timestamp()
    retour = {"retour_id": "r", "ontvanger": DEN_HAAG, "status": "aangenomen", "aantal": 1, "ontvangen_op": moment}
    oordeel = {
        "retour_id": "r",
        "signaal_id": signaal["signaalId"],
        "ontvanger": DEN_HAAG,
        "product": "vsv",
        "signaal_code": signaal["signaalCode"],
        "oordeel": "ongegrond",
        "ontvangen_op": moment,
    }
    with eigen_stad.grootboek.transactie() as connection:
        connection.execute(t.retour.insert().values(retour))
        connection.execute(t.terugmelding.insert().values(oordeel))
    assert keten_stad("bewaren", "ruim-op").code == 0
    assert not herhaald.exists()


def test_is_rotated_with_the_rest(keten_stad: Keten, herhaald: Path) -> None:
    assert keten_stad("sleutel", "roteer", "vsv").code == 0
    assert versie_van(herhaald / "signalen" / "signal_vsv.parquet") == 2
