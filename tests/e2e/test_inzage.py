"""Inzage: everything about one person and nothing about anybody else in the household."""

from __future__ import annotations

import json
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from pipeline.betrokkene.gegevens import BETROKKENE, GENOEMD, NIET_GETOOND
from pipeline.betrokkene.inzage import vraag_inzage
from pipeline.betrokkene.tekst import DELEN, als_tekst
from pipeline.instellingen import Instellingen
from pipeline.logboek import Logboek
from pipeline.werk import draai
from privacy.leesbaar import bedrag, datum, gaat_over_ander, rollen
from schemas.fout import KetenFout
from schemas.load import doelen, find_tabel
from tests.bouw import maak_bsn
from tests.e2e.eenmalig import eenmalig, schone_omgeving
from tests.e2e.keten import BLIJFT, DEN_HAAG, FEBRUARI, MAART, UTRECHT, VERHUIST, Keten
from tests.e2e.speur import Speurder
from tests.geopend import met_certificaten
from tests.spec.privacy.dorp import ANNA, BAS, CARL, NIEMAND, PERIODE, PERSOON, neem_alles_op

Document = dict[str, Any]


@pytest.fixture(scope="session")
def huishouden(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Instellingen]:
    """Anna and Bas share a household with bijstand; she also asked for kwijtschelding."""

    def make(folder: Path) -> None:
        instellingen = met_certificaten(folder / "var")
        neem_alles_op(instellingen)
        for product in ("inkomsten", "kwijtschelding"):
            draai(instellingen, product, PERIODE)

    with pytest.MonkeyPatch.context() as monkeypatch:
        schone_omgeving(monkeypatch)
        yield Instellingen(data=eenmalig(tmp_path_factory, "huishouden", make) / "var")


def van(document: Document, doel: str) -> Document:
    return next(each for each in document["doelen"] if each["doel"] == doel)


def rijen(document: Document, doel: str, rol: str) -> set[tuple[str, int]]:
    return {(row["tabel"], row["record"]) for row in van(document, doel)["gegevens"] if row["rol"] == rol}


# What is answered


def test_bronnen_doelen_signals_and_recipients(eigen_stad: Instellingen) -> None:
    document = vraag_inzage(eigen_stad, VERHUIST)

    vsv = van(document, "vsv")
    assert {doel["doel"] for doel in document["doelen"]} == set(doelen())
    assert vsv["grondslag"] == list(doelen()["vsv"].grondslag)
    assert {row["tabel"] for row in vsv["gegevens"]} == {"duo.persoon", "brp.persoon", "brp.verblijfplaats"}
    assert {row["record"] for row in vsv["gegevens"] if row["tabel"] == "duo.persoon"} == {2}
    assert {row["periode"] for row in vsv["gegevens"]} == {FEBRUARI, MAART}
    home = [row["velden"] for row in vsv["gegevens"] if row["tabel"] == "brp.verblijfplaats"]
    assert {(row["gemeente_van_inschrijving"], row["datum_begin"]) for row in home} == {
        (UTRECHT, "01-01-2020"),
        (DEN_HAAG, "10-03-2026"),
    }
    assert {(row["periode"], row["signaalcode"]) for row in vsv["signalen"]} == {
        (FEBRUARI, "VSV-D1"),
        (MAART, "VSV-D1"),
    }
    assert all(row["bewijs"] and not row["bewijs_over_ander"] for row in vsv["signalen"])
    assert {(row["periode"], row["ontvanger"], row["mutatie"]) for row in vsv["geleverd"]} >= {
        (FEBRUARI, "Utrecht", "nieuw"),
        (MAART, "Utrecht", "beeindigd"),
        (MAART, "'s-Gravenhage", "nieuw"),
    }
    assert len({row["signaal"] for row in vsv["geleverd"]}) == 1
    assert all(row["op"] and row["bericht"] for row in vsv["geleverd"])
    for doel in set(doelen()) - {"vsv"}:
        assert not any(van(document, doel)[part] for part in DELEN)


def test_log_says_what_was_done(eigen_stad: Instellingen) -> None:
    words = [row["wat"].split()[0] for row in vraag_inzage(eigen_stad, BLIJFT)["verwerkingen"]]

    assert {"toelaten", "leveren"} <= set(words)


def test_nobody_is_answered_with_nothing(eigen_stad: Instellingen) -> None:
    document = vraag_inzage(eigen_stad, maak_bsn(999))

    assert not any(doel[part] for doel in document["doelen"] for part in DELEN)
    assert document["verwerkingen"] == []
    assert "niets over u vastgelegd" in als_tekst(document)


@pytest.mark.parametrize("bsn", ["", "123", "123456789", "abcdefghi", "000000000"])
def test_what_is_no_number_is_refused(eigen_stad: Instellingen, bsn: str) -> None:
    with pytest.raises(KetenFout, match="I-BSN") as error:
        vraag_inzage(eigen_stad, bsn)
    assert not bsn or bsn not in str(error.value)


def test_inzage_logs_itself(eigen_stad: Instellingen) -> None:
    before = vraag_inzage(eigen_stad, BLIJFT)
    after = vraag_inzage(eigen_stad, BLIJFT)

    assert [row["wat"] for row in before["verwerkingen"] if row["wat"].startswith("inzage")] == []
    (asked,) = [row for row in after["verwerkingen"] if row["wat"].startswith("inzage")]
    assert asked == {**asked, "wat": f"inzage {before['inzage']}", "activiteit": "urn:signaalketen:verwerking:inzage:1"}
    assert not [row for row in vraag_inzage(eigen_stad, VERHUIST)["verwerkingen"] if before["inzage"] in row["wat"]]
    assert Logboek(eigen_stad).controleer().breuken == ()


# Nobody else


def test_of_a_record_of_the_partner_nothing_is_shown(huishouden: Instellingen) -> None:
    document = vraag_inzage(huishouden, BAS)

    named = [row for row in van(document, "inkomsten")["gegevens"] if row["rol"] == GENOEMD]
    assert {row["tabel"] for row in named} == {"gemeente.bijstandspopulatie"}
    assert all(row["velden"] == {} for doel in document["doelen"] for row in doel["gegevens"] if row["rol"] == GENOEMD)
    assert {row["rol"] for row in van(document, "kwijtschelding")["gegevens"] if row["tabel"].startswith("uwv")} <= {
        BETROKKENE
    }
    for part in ("signalen", "geleverd"):
        assert van(document, "kwijtschelding")[part] == []
    assert van(document, "kwijtschelding")["nummer_bij_een_ander"] == ["Utrecht"]


def test_records_of_each_are_apart(huishouden: Instellingen) -> None:
    anna, bas = (vraag_inzage(huishouden, wie) for wie in (ANNA, BAS))

    for doel in doelen():
        assert not rijen(anna, doel, BETROKKENE) & rijen(bas, doel, BETROKKENE)
    assert rijen(anna, "inkomsten", BETROKKENE)
    assert rijen(bas, "inkomsten", BETROKKENE)


@pytest.mark.parametrize(("wie", "doel"), [(ANNA, "kwijtschelding"), (ANNA, "inkomsten"), (BAS, "inkomsten")])
def test_facts_about_the_partner_and_what_follows_from_them_are_not_shown(
    huishouden: Instellingen, wie: str, doel: str
) -> None:
    """The signals of Bas rest on the bijstand that stands in the record of Anna."""
    document = vraag_inzage(huishouden, wie)
    own = rijen(document, doel, BETROKKENE)

    signalen = van(document, doel)["signalen"]
    assert signalen
    assert any(signaal["bewijs_over_ander"] for signaal in signalen) == (wie == BAS)
    for signaal in signalen:
        assert {(f"{feit['bron']}.{feit['tabel']}", feit["record_nr"]) for feit in signaal["bewijs"]} <= own
        if signaal["bewijs_over_ander"]:
            assert {waarde for naam, waarde in signaal["velden"].items() if naam not in ("ingang", "einde")} <= {
                NIET_GETOOND
            }


def test_numbers_of_nobody_are_in_the_answer(huishouden: Instellingen) -> None:
    """Not one's own either, so that what is kept of an answer names nobody."""
    for wie in (ANNA, BAS, CARL, NIEMAND):
        document = vraag_inzage(huishouden, wie)
        assert not Speurder(PERSOON.values()).zoekt(als_tekst(document) + json.dumps(document, default=str))


def test_what_hangs_on_an_own_record_is_shown(huishouden: Instellingen) -> None:
    """Every field of a record is about the person, or is not shown."""
    document = vraag_inzage(huishouden, ANNA)
    for row in van(document, "inkomsten")["gegevens"]:
        velden = find_tabel(row["tabel"]).velden
        for naam, waarde in row["velden"].items():
            assert (waarde == NIET_GETOOND) == gaat_over_ander(naam, velden[naam]), naam


def test_roles_are_those_of_the_bronnen() -> None:
    velden = find_tabel("brp.huwelijk").velden

    assert "partner" in rollen()
    assert gaat_over_ander("achternaam_partner", velden["achternaam_partner"])
    assert gaat_over_ander("burgerservicenummer_partner", velden["burgerservicenummer_partner"])
    assert not gaat_over_ander("datum_sluiting", velden["datum_sluiting"])
    assert not gaat_over_ander("burgerservicenummer", velden["burgerservicenummer"])


@pytest.mark.parametrize(
    ("waarde", "tekst"),
    [(123456, "€ 1.234,56"), (-5, "-€ 0,05"), (0, "€ 0,00"), (100000000, "€ 1.000.000,00")],
)
def test_amounts_are_readable(waarde: int, tekst: str) -> None:
    assert bedrag(waarde) == tekst


@pytest.mark.parametrize(
    ("waarde", "tekst"), [(20260131, "31-01-2026"), (20260100, "01-2026"), (20260000, "2026"), (0, "onbekend")]
)
def test_dates_are_readable(waarde: int, tekst: str) -> None:
    assert datum(waarde) == tekst


# The command


def test_number_is_typed_or_in_a_file_and_never_an_argument(keten_stad: Keten, tmp_path: Path) -> None:
    path = tmp_path / "nummer.txt"
    path.write_text(f"{VERHUIST}\n", encoding="utf-8")

    typed = keten_stad("inzage", invoer=f"{VERHUIST}\n")
    from_file = keten_stad("inzage", "--bsn-bestand", path)

    assert typed.code == from_file.code == 0
    assert "brp.verblijfplaats" not in typed.tekst or "Utrecht" in typed.tekst
    assert "Geleverd aan Utrecht" in typed.tekst
    assert keten_stad("inzage", VERHUIST).code == 2
    assert keten_stad("inzage", "--bsn", VERHUIST).code == 2
    assert not Speurder([VERHUIST, BLIJFT]).zoekt(typed.tekst + from_file.tekst)
    assert keten_stad("inzage", invoer="123456789\n").code == 3


def test_answer_is_kept_for_its_owner_alone(keten_stad: Keten, eigen_stad: Instellingen, tmp_path: Path) -> None:
    folder = tmp_path / "antwoord"

    assert keten_stad("inzage", "--uit", folder, invoer=VERHUIST).code == 0
    again = keten_stad("inzage", "--uit", folder, invoer=VERHUIST)

    assert (again.code, "I-MAP" in again.tekst) == (3, True)
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert {path.name: stat.S_IMODE(path.stat().st_mode) for path in folder.iterdir()} == {
        "inzage.json": 0o600,
        "inzage.txt": 0o600,
    }
    assert json.loads((folder / "inzage.json").read_text(encoding="utf-8"))["doelen"]
    assert not Speurder([VERHUIST, BLIJFT]).zoek(folder)
    assert not Speurder([VERHUIST, BLIJFT]).zoek(eigen_stad.map("logboek"))
