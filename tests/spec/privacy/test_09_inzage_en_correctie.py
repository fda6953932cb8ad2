"""Gedrag 9: inzage en correctie. Iemand hoort wat er over hem is verwerkt; een fout bereikt wie haar kreeg."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from pipeline.betrokkene.correctie import meld, rond_af
from pipeline.betrokkene.inzage import vraag_inzage
from pipeline.betrokkene.tekst import als_tekst
from pipeline.cli import app
from pipeline.instellingen import Instellingen
from pipeline.toelaten import toelaten
from pipeline.werk import draai
from schemas.fout import KetenFout
from schemas.load import bronnen, doelen
from tests.bouw import personen_in_lake
from tests.e2e.speur import Speurder
from tests.spec.privacy import dorp as d

IKV = "uwv.inkomstenverhouding"
VAN_CARL = d.BIJ_UWV.index(d.CARL) + 1  # the number of his record
REDEN = "De dienst is later begonnen dan hier staat."


def levering(instellingen: Instellingen, bron: str) -> str:
    [found] = [row["levering_id"] for row in instellingen.grootboek.leveringen() if row["bron"] == bron]
    return str(found)


def mutaties(instellingen: Instellingen, product: str) -> dict[tuple[str, str], list[str]]:
    """Of every (person, code) what Utrecht was told, in order."""
    told: dict[tuple[str, str], list[str]] = {}
    for path in d.bericht(instellingen, product, "json"):
        for signaal in json.loads(path.read_text(encoding="utf-8"))["signalen"]:
            key = (signaal["burgerservicenummer"], signaal["signaalCode"])
            told.setdefault(key, []).append(signaal["mutatie"])
    return told


# -- inzage ---------------------------------------------------------------------------------------------------------


def test_inzage_answers_everything(eigen_dorp: Instellingen) -> None:
    """Inzage zegt: welke bronnen, welke doelen, welke signalen, aan wie geleverd, wanneer en op welke grond."""
    answer = vraag_inzage(eigen_dorp, d.ANNA)
    per_doel = {doel["doel"]: doel for doel in answer["doelen"]}
    assert set(per_doel) == set(doelen())
    inkomsten = per_doel["inkomsten"]
    assert {gegeven["bron"] for gegeven in inkomsten["gegevens"]} == {
        bronnen()[naam].naam for naam in ("gemeente", "brp", "uwv")
    }
    assert inkomsten["grondslag"] == list(doelen()["inkomsten"].grondslag)
    assert {signaal["signaalcode"] for signaal in inkomsten["signalen"]} == {"INK-01", "INK-02"}
    assert {geleverd["ontvanger"] for geleverd in inkomsten["geleverd"]} == {"Utrecht"}
    assert all(geleverd["op"] for geleverd in inkomsten["geleverd"])
    assert {regel["wat"].split()[0] for regel in answer["verwerkingen"]} == {"toelaten", "leveren"}
    assert not per_doel["kwijtschelding"]["signalen"][0].get("nettoInkomen")
    assert {gegeven["tabel"] for gegeven in per_doel["kwijtschelding"]["gegevens"]}.isdisjoint({IKV})  # not looked up


def test_inzage_never_shows_another_member_of_the_household(eigen_dorp: Instellingen) -> None:
    """Van een huisgenoot staat er niets: geen nummer, geen gegeven en niet de uitkomst die op diens gegevens rust."""
    for wie, ander in ((d.ANNA, d.BAS), (d.BAS, d.ANNA), (d.DIRK, d.JAN), (d.JAN, d.DIRK)):
        answer = vraag_inzage(eigen_dorp, wie)
        text = als_tekst(answer) + json.dumps(answer, ensure_ascii=False, default=str)
        assert not Speurder([ander]).zoekt(text)
        for doel in answer["doelen"]:
            for gegeven in doel["gegevens"]:
                assert gegeven["rol"] == "betrokkene" or gegeven["velden"] == {}
    text = json.dumps(vraag_inzage(eigen_dorp, d.BAS), ensure_ascii=False, default=str)
    assert "KW-" not in text  # Anna asked for kwijtschelding; Bas is only in it
    assert "KW-GEEN" in json.dumps(vraag_inzage(eigen_dorp, d.ANNA), ensure_ascii=False, default=str)


def test_inzage_of_somebody_unknown_is_empty(eigen_dorp: Instellingen) -> None:
    """Van wie niets wordt bewaard zegt inzage dat er niets is, ook als een bron hem wel leverde."""
    answer = vraag_inzage(eigen_dorp, d.NIEMAND)
    for doel in answer["doelen"]:
        assert (doel["gegevens"], doel["signalen"], doel["geleverd"]) == ([], [], [])
    assert answer["verwerkingen"] == []


def test_inzage_is_logged_and_asks_for_a_real_number(eigen_dorp: Instellingen, tmp_path: Path) -> None:
    """Dat er inzage was staat in het logboek; het nummer wordt gelezen, nooit meegegeven, en komt nergens terecht."""
    number = tmp_path / "nummer.txt"
    number.write_text(f"{d.ANNA}\n")
    env = {"KETEN_DATA": str(eigen_dorp.data), "COLUMNS": "200"}
    done = CliRunner().invoke(app, ["inzage", "--bsn-bestand", str(number)], env=env)
    assert done.exit_code == 0
    assert not Speurder([d.BAS]).zoekt(done.output)
    again = vraag_inzage(eigen_dorp, d.ANNA)
    assert [regel for regel in again["verwerkingen"] if regel["wat"].startswith("inzage")]
    with pytest.raises(KetenFout, match="I-BSN") as raised:
        vraag_inzage(eigen_dorp, "123456789")
    assert "123456789" not in str(raised.value)
    behalve = ("landing", "aangeboden", "uitleveringen")
    assert Speurder(d.PERSOON.values()).zoek(eigen_dorp.data, behalve=behalve) == []


# -- correctie ------------------------------------------------------------------------------------------------------


def test_correction_marks_the_record_and_keeps_it_out(eigen_dorp: Instellingen) -> None:
    """Een record in onderzoek komt niet meer door de deur; het wordt geteld, en komt terug als het toch klopt."""
    nr = meld(eigen_dorp, levering(eigen_dorp, "uwv"), IKV, VAN_CARL, REDEN).correctie_nr
    passed = {item.levering_id: item for item in toelaten(eigen_dorp, doel="inkomsten", tot_periode=d.PERIODE)}
    assert passed[levering(eigen_dorp, "uwv")].tellingen["inkomsten", IKV, "D-ONDERZOEK"] == 1
    assert d.CARL not in personen_in_lake(eigen_dorp, "inkomsten", IKV)
    rond_af(eigen_dorp, nr, "hersteld")
    toelaten(eigen_dorp, doel="inkomsten", tot_periode=d.PERIODE)
    assert d.CARL in personen_in_lake(eigen_dorp, "inkomsten", IKV)


def test_correction_reaches_every_earlier_recipient(eigen_dorp: Instellingen) -> None:
    """Wie een signaal kreeg dat op het record rust, is via het bewijs te vinden en krijgt een intrekking."""
    assert mutaties(eigen_dorp, "inkomsten")[d.CARL, "INK-01"] == ["nieuw"]
    gemeld = meld(eigen_dorp, levering(eigen_dorp, "uwv"), IKV, VAN_CARL, REDEN)
    assert {(item.product, item.ontvanger) for item in gemeld.geraakt} == {("inkomsten", d.UTRECHT)}
    draai(eigen_dorp, "inkomsten", d.PERIODE)
    told = mutaties(eigen_dorp, "inkomsten")
    assert told[d.CARL, "INK-01"] == ["nieuw", "ingetrokken"]
    assert told[d.ANNA, "INK-01"] == ["nieuw"]  # others hear nothing
    rond_af(eigen_dorp, gemeld.correctie_nr, "hersteld")
    draai(eigen_dorp, "inkomsten", d.PERIODE)
    assert mutaties(eigen_dorp, "inkomsten")[d.CARL, "INK-01"] == ["nieuw", "ingetrokken", "nieuw"]


def test_correction_of_the_bijstand_makes_the_door_look_again(eigen_dorp: Instellingen) -> None:
    """Staat de bijstand zelf in onderzoek, dan zegt zij niet meer genoeg, en wordt de aanvrager alsnog opgezocht."""
    assert d.ANNA not in personen_in_lake(eigen_dorp, "kwijtschelding", IKV)
    meld(eigen_dorp, levering(eigen_dorp, "gemeente"), "gemeente.bijstandspopulatie", 1, REDEN)
    toelaten(eigen_dorp, doel="kwijtschelding", tot_periode=d.PERIODE)
    assert {d.ANNA, d.BAS} <= set(personen_in_lake(eigen_dorp, "kwijtschelding", IKV))
    assert d.DIRK not in personen_in_lake(eigen_dorp, "kwijtschelding", IKV)


def test_reason_holds_no_person(eigen_dorp: Instellingen) -> None:
    """Een reden met een burgerservicenummer erin wordt geweigerd."""
    with pytest.raises(KetenFout, match="C-REDEN"):
        meld(eigen_dorp, levering(eigen_dorp, "uwv"), IKV, VAN_CARL, f"Hoort bij {d.CARL}.")
