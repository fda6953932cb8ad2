"""`keten herkomst`: from a signal back to file and line, and from a record on to what became of it."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest

from pipeline.herkomst.record import BUITEN_DOEL, GEBRUIKT, UITVAL, volg_record
from pipeline.herkomst.signaal import volg_signaal
from pipeline.instellingen import Instellingen
from pipeline.levering.ontvang import landed
from pipeline.scherm import KODE_FOUT
from pipeline.werk import draai
from schemas.fout import KetenFout
from tests.bouw import maak_bsn, neem_op, schrijf_csv
from tests.e2e.keten import DUO, FEBRUARI, MAART, PERSOON, UTRECHT, VERBLIJF, keten_in
from tests.geopend import geopend, met_certificaten

EEN, TWEE, BUITEN = maak_bsn(701), maak_bsn(702), maak_bsn(703)


@pytest.fixture(scope="module")
def stad(tmp_path_factory: pytest.TempPathFactory) -> Instellingen:
    """Two of nineteen without school; the BRP comes in two files and tells of somebody nobody asked about."""
    instellingen = met_certificaten(tmp_path_factory.mktemp("herkomst") / "var")
    neem_op(instellingen, "duo", {"persoon.csv": schrijf_csv(DUO, [[EEN, "2"], [TWEE, "2"]])}, FEBRUARI)
    born = [[wie, "20061101", "", "", ""] for wie in (BUITEN, "123456789", EEN)]
    homes = [[wie, UTRECHT, "20200101", "20200101"] for wie in (BUITEN, EEN, TWEE)]
    brp = {
        "a_persoon.csv": schrijf_csv(PERSOON, born),
        "b_persoon.csv": schrijf_csv(PERSOON, [[TWEE, "20061101", "", "", ""]]),
        "c_verblijf.csv": schrijf_csv(VERBLIJF, homes),
    }
    neem_op(instellingen, "brp", brp, FEBRUARI)
    draai(instellingen, "vsv", FEBRUARI)
    return instellingen


def _signalen(instellingen: Instellingen) -> dict[str, str]:
    """Person to signaalId in what Utrecht received."""
    pad = next((geopend(instellingen) / UTRECHT / "vsv" / FEBRUARI).glob("vsvbericht_*_??????.json"))
    return {item["burgerservicenummer"]: item["signaalId"] for item in json.loads(pad.read_text())["signalen"]}


def test_a_signal_leads_back_to_the_very_line_of_its_person(stad: Instellingen) -> None:
    spoor = volg_signaal(stad, _signalen(stad)[TWEE])
    assert {(item.ontvanger, item.mutatie, item.status) for item in spoor.verzendingen} == {
        ("0344", "nieuw", "geleverd"),
        ("rmc-19", "nieuw", "geleverd"),
    }
    assert {feit.tabel for feit in spoor.feiten} >= {"duo.persoon", "brp.persoon", "brp.verblijfplaats"}
    assert {norm for feit in spoor.feiten for norm in feit.normen}
    for feit in spoor.feiten:
        plaats = feit.plaats
        assert plaats is not None
        assert plaats.regel is not None
        bron = feit.tabel.partition(".")[0]
        lines = landed(stad.landing / bron / feit.levering_id)[plaats.bestand_nr].read_text().splitlines()
        assert next(csv.reader([lines[plaats.regel - 1]], delimiter=";"))[0] == TWEE


def test_a_record_leads_on_to_its_outcome_and_the_signals_it_is_in(stad: Instellingen) -> None:
    brp = volg_signaal(stad, _signalen(stad)[TWEE]).feiten
    levering = next(feit.levering_id for feit in brp if feit.tabel == "brp.persoon")
    outcomes = {}
    for record in (1, 2, 3, 4):
        spoor = volg_record(stad, levering, "brp.persoon", record)
        outcomes[record] = next(uitkomst for uitkomst in spoor.uitkomsten if uitkomst.doel == "vsv")
    assert {record: uitkomst.uitkomst for record, uitkomst in outcomes.items()} == {
        1: BUITEN_DOEL,
        2: UITVAL,
        3: GEBRUIKT,
        4: GEBRUIKT,
    }
    assert outcomes[1].codes == ("D-POPULATIE",)
    assert all(code.startswith("R-") for code in outcomes[2].codes)
    used = volg_record(stad, levering, "brp.persoon", 4)
    assert {(item.signaal_id, item.ontvangers) for item in used.gebruik} == {
        (_signalen(stad)[TWEE], ("0344", "rmc-19"))
    }
    assert used.plaats is not None
    assert (used.plaats.bestand_nr, used.plaats.record_in_bestand, used.plaats.regel) == (2, 1, 2)
    assert volg_record(stad, levering, "brp.persoon", 1).gebruik == ()


def test_the_command_shows_both_ways_and_no_person(stad: Instellingen, monkeypatch: pytest.MonkeyPatch) -> None:
    keten = keten_in(stad.data, monkeypatch)
    signaal_id = _signalen(stad)[TWEE]
    back = keten("herkomst", signaal_id)
    assert back.code == 0
    assert "bestand 2 (csv), record 1, regel 2" in back.tekst
    levering = next(feit.levering_id for feit in volg_signaal(stad, signaal_id).feiten if feit.tabel == "brp.persoon")
    forward = keten("herkomst", "--levering", levering, "--tabel", "brp.persoon", "--record", 4)
    assert forward.code == 0
    assert signaal_id in forward.tekst
    assert not [wie for wie in (EEN, TWEE, BUITEN) if wie in back.tekst + forward.tekst]


@pytest.mark.parametrize(
    ("args", "code"),
    [
        (("herkomst", "00000000-0000-0000-0000-000000000000"), "H-SIGNAAL"),
        (
            ("herkomst", "--levering", "brp-2026-02-bestaatniet", "--tabel", "brp.persoon", "--record", "1"),
            "L-ONBEKEND",
        ),
    ],
)
def test_what_is_not_there_has_a_code(
    stad: Instellingen, monkeypatch: pytest.MonkeyPatch, args: tuple[str, ...], code: str
) -> None:
    answer = keten_in(stad.data, monkeypatch)(*args)
    assert answer.code == KODE_FOUT
    assert code in answer.tekst


def test_a_record_that_was_never_received_has_a_code(stad: Instellingen) -> None:
    levering = volg_signaal(stad, _signalen(stad)[EEN]).feiten[0]
    with pytest.raises(KetenFout, match="H-RECORD"):
        volg_record(stad, levering.levering_id, levering.tabel, 10_000)


def test_a_signal_that_stayed_the_same_is_found_in_the_month_it_was_sent(tmp_path: Path) -> None:
    instellingen = met_certificaten(tmp_path / "var")
    for periode in (FEBRUARI, MAART):
        neem_op(instellingen, "duo", {"persoon.csv": schrijf_csv(DUO, [[EEN, "2"]])}, periode)
        born, home = [[EEN, "20061101", "", "", ""]], [[EEN, UTRECHT, "20200101", "20200101"]]
        brp = {"p.csv": schrijf_csv(PERSOON, born), "v.csv": schrijf_csv(VERBLIJF, home)}
        neem_op(instellingen, "brp", brp, periode)
        draai(instellingen, "vsv", periode)
    spoor = volg_signaal(instellingen, _signalen(instellingen)[EEN])
    assert spoor.run["periode"] == FEBRUARI
    assert spoor.feiten
