"""Two versions of one message side by side, and an invalid one that stays behind, through the pipeline."""

from __future__ import annotations

import shutil
from datetime import date
from pathlib import Path

import pytest

from message_formats import validate
from message_formats.generate import _bericht_files
from message_formats.keuring import LOONT_VANAF, Keurmeester
from message_formats.lees import lees_map
from pipeline.instellingen import Instellingen
from pipeline.lever import lever
from pipeline.signaleer import signaleer
from schemas import berichtversies
from schemas.berichten import berichten, find_bericht
from schemas.berichtversies import breuken, latere_waarden
from tests.bouw import maak_bsn
from tests.geopend import met_certificaten, opener
from tests.spec.privacy.dorp import afgesproken, neem_nieuwe_banen_op
from tests.spec.privacy.test_01_doelbinding import laatste_run

pytestmark = pytest.mark.zwaar

PERIODE, UTRECHT, AMSTERDAM = "2026-01", "0344", "0363"
WOONT = {maak_bsn(900 + nr): (UTRECHT, AMSTERDAM)[nr % 2] for nr in range(8)}


@pytest.fixture(scope="module")
def berekend(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two gemeenten with new jobs beside bijstand; signals made, nothing delivered."""
    instellingen = met_certificaten(tmp_path_factory.mktemp("versies") / "var")
    neem_nieuwe_banen_op(instellingen, WOONT)
    signaleer(instellingen, "inkomsten", PERIODE)
    return instellingen.data


@pytest.fixture
def instellingen(berekend: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Instellingen:
    """The same, of its own for one test; Amsterdam chose 1.1."""
    keuze = {(AMSTERDAM, "inkomstenbericht"): ((date(2026, 1, 1), "1.1"),)}
    monkeypatch.setattr(berichtversies, "keuzes", lambda: keuze)
    return Instellingen(data=shutil.copytree(berekend, tmp_path / "var"))


def run_id(instellingen: Instellingen) -> str:
    return laatste_run(instellingen, "inkomsten")


def test_two_versions_of_one_message_go_out_side_by_side(instellingen: Instellingen) -> None:
    uitkomst = lever(instellingen, run_id(instellingen))
    assert uitkomst.ontvangers == {"geleverd": 2}
    gelezen = lees_map(instellingen.uitleveringen, opener(instellingen))
    assert gelezen.goed
    found = {levering.envelop["ontvanger_code"]: levering for levering in gelezen.leveringen}
    versies = {code: levering.bericht.versie for code, levering in found.items() if levering.bericht}
    assert versies == {UTRECHT: "1.0", AMSTERDAM: "1.1"}
    oud, nieuw = found[UTRECHT].signalen, found[AMSTERDAM].signalen
    assert oud is not None and nieuw is not None
    assert oud.num_rows == nieuw.num_rows == 4
    assert "begin_inkomstenverhouding" not in oud.column_names
    assert set(nieuw["begin_inkomstenverhouding"].to_pylist()) == {date(2026, 1, 5)}
    for tabel, waar in ((oud, UTRECHT), (nieuw, AMSTERDAM)):
        assert set(tabel["burgerservicenummer"].to_pylist()) == {wie for wie, plaats in WOONT.items() if plaats == waar}


def test_a_value_added_to_a_list_reaches_who_knows_it_and_is_left_out_for_the_others(
    instellingen: Instellingen, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As if 1.1 had added the regeling PW: who stays on 1.0 gets the signal without it, valid for its old schema."""
    oud = find_bericht("inkomstenbericht", "1.0")
    korter = oud.signaal["regeling"].model_copy(update={"waarden": ("IOAW", "IOAZ", "BBZ"), "voorbeeld": "IOAW"})
    oud = oud.model_copy(update={"signaal": oud.signaal | {"regeling": korter}})
    assert breuken(oud, find_bericht("inkomstenbericht", "1.1")) == []
    assert latere_waarden(oud, "signaal") == {"regeling": {"PW"}}
    monkeypatch.setitem(berichten(), ("inkomstenbericht", "1.0"), oud)
    generated = shutil.copytree(validate.GENERATED, tmp_path / "generated")
    for ending, text in _bericht_files(oud).items():
        (generated / "inkomstenbericht" / "v1.0" / ending).write_text(text, encoding="utf-8")
    monkeypatch.setattr(validate, "GENERATED", generated)

    assert lever(instellingen, run_id(instellingen)).ontvangers == {"geleverd": 2}

    gelezen = lees_map(instellingen.uitleveringen, opener(instellingen))
    assert gelezen.goed, [str(probleem) for probleem in gelezen.problemen]
    found = {levering.envelop["ontvanger_code"]: levering.signalen for levering in gelezen.leveringen}
    regelingen = {code: set(tabel["regeling"].to_pylist()) for code, tabel in found.items() if tabel is not None}
    assert regelingen == {UTRECHT: {None}, AMSTERDAM: {"PW"}}
    assert {tabel.num_rows for tabel in found.values() if tabel is not None} == {4}


@pytest.mark.parametrize("loont_vanaf", [0, LOONT_VANAF])
def test_an_invalid_message_stays_behind_with_its_reason_and_the_others_go_on(
    instellingen: Instellingen, monkeypatch: pytest.MonkeyPatch, loont_vanaf: int
) -> None:
    monkeypatch.setattr("pipeline.lever.Keurmeester", lambda: Keurmeester(loont_vanaf))
    secret = "Utrecht" * 40  # longer than a name may be
    with afgesproken(_0344={"naam": secret}):
        uitkomst = lever(instellingen, run_id(instellingen))
        assert uitkomst.ontvangers == {"geleverd": 1, "tegengehouden": 1}
        assert uitkomst.redenen == {"U-ONGELDIG": 1}
        assert lever(instellingen, run_id(instellingen)) == uitkomst
    rows = instellingen.grootboek.uitleveringen(run_id(instellingen))
    assert rows[UTRECHT]["volgnummer"] is None
    assert "ontvangerNaam" in rows[UTRECHT]["wijzer"]
    assert secret not in rows[UTRECHT]["wijzer"]
    assert rows[AMSTERDAM]["volgnummer"] == 1
    assert not [path for path in (instellingen.uitleveringen / UTRECHT).rglob("*") if path.is_file()]
    assert not [path for path in instellingen.uitleveringen.rglob("*") if secret.encode() in path.name.encode()]
    assert lees_map(instellingen.uitleveringen / AMSTERDAM, opener(instellingen)).goed
