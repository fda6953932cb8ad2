"""What may change between versions of a message, and which one a recipient gets."""

from datetime import date

import pytest

from message_formats import generate
from schemas import berichtversies
from schemas.berichten import Bericht, BerichtVeld, berichten, find_bericht
from schemas.berichtversies import (
    afwijkingen,
    bericht_voor,
    berichten_van,
    breuken,
    controleer_keuzes,
    keuzes,
    uitgebracht,
    vingerafdruk,
)
from schemas.load import SchemaFout, producten

OUD = find_bericht("inkomstenbericht", "1.0")
NIEUW = BerichtVeld(type="datum", klasse="wat", omschrijving="x", herkomst=("product.versie",), voorbeeld="2026-01-01")


def with_signaal(bericht: Bericht, **changes: BerichtVeld | None) -> Bericht:
    velden = {**bericht.signaal, **changes}
    return bericht.model_copy(
        update={"versie": "1.1", "signaal": {naam: veld for naam, veld in velden.items() if veld is not None}}
    )


def with_rules(naam: str, **rules: object) -> Bericht:
    return with_signaal(OUD, **{naam: OUD.signaal[naam].model_copy(update=rules)})


def test_the_versions_that_are_there_keep_every_promise() -> None:
    assert afwijkingen(berichten(), uitgebracht()) == []
    assert uitgebracht().keys() <= berichten().keys()
    assert [bericht.versie for bericht in berichten_van(producten()["inkomsten"])] == ["1.0", "1.1"]
    assert list(berichten()["inkomstenbericht", "1.1"].signaal)[-1] == "begin_inkomstenverhouding"


@pytest.mark.parametrize(
    "additive",
    [
        with_signaal(OUD, iets_nieuws=NIEUW),
        with_rules("regeling", waarden=("PW", "IOAW", "IOAZ", "BBZ", "ANDERS")),
        with_rules("naam_werkgever", max_lengte=300),
        with_rules("ingang", verplicht=True),
        with_rules("regeling", omschrijving="Beter uitgelegd.", voorbeeld="IOAW"),
        OUD.model_copy(update={"signaalcodes": (*OUD.signaalcodes, "INK-05")}),
    ],
)
def test_what_only_adds_is_a_minor_version(additive: Bericht) -> None:
    assert breuken(OUD, additive) == []


@pytest.mark.parametrize(
    ("breaking", "reason"),
    [
        (with_signaal(OUD, tijdvak=None), "tijdvak is weg"),
        (with_signaal(OUD, iets_nieuws=NIEUW.model_copy(update={"verplicht": True})), "nieuw en verplicht"),
        (with_rules("regeling", waarden=("PW", "IOAW", "IOAZ")), "waarden zijn weg: BBZ"),
        (with_rules("regeling", waarden=None, patroon="[A-Z]+"), "vaste lijst"),
        (with_rules("naam_werkgever", max_lengte=500), "langer of groter"),
        (with_rules("naam_werkgever", type="code"), "type is anders"),
        (with_rules("naam_werkgever", klasse="dat"), "klasse is anders"),
        (with_rules("code_soort_ikv", patroon="[0-9]{1,4}"), "patroon is anders"),
        (with_rules("mutatie", verplicht=False), "niet meer verplicht"),
        (OUD.model_copy(update={"signaalcodes": OUD.signaalcodes[1:]}), "INK-01 is weg"),
        (OUD.model_copy(update={"product": "vsv"}), "product"),
        (
            OUD.model_copy(update={"signaal": dict(reversed(OUD.signaal.items()))}),
            "de volgorde is anders",
        ),
        (
            OUD.model_copy(update={"signaal": {"iets_nieuws": NIEUW, **OUD.signaal}}),
            "niet achteraan",
        ),
        (
            OUD.model_copy(
                update={
                    "bewijs": {**OUD.bewijs, "record_nr": OUD.bewijs["record_nr"].model_copy(update={"minimum": -1})}
                }
            ),
            "kan kleiner zijn",
        ),
    ],
)
def test_what_breaks_a_reader_is_a_major_version(breaking: Bericht, reason: str) -> None:
    assert [text for text in breuken(OUD, breaking) if reason in text]
    known = {
        ("inkomstenbericht", "1.0"): OUD,
        ("inkomstenbericht", "1.1"): breaking.model_copy(update={"versie": "1.1"}),
    }
    assert [text for text in afwijkingen(known, {}) if "maak versie 2.0" in text]
    apart = {**known, ("inkomstenbericht", "1.1"): breaking.model_copy(update={"versie": "2.0"})}
    assert afwijkingen(apart, {}) == []


def test_a_version_that_was_given_out_does_not_change(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture
) -> None:
    described = with_rules("regeling", omschrijving="Beter uitgelegd.").model_copy(update={"versie": "1.0"})
    assert vingerafdruk(described) == vingerafdruk(OUD)
    changed = with_signaal(OUD, iets_nieuws=NIEUW).model_copy(update={"versie": "1.0"})
    known = {**berichten(), ("inkomstenbericht", "1.0"): changed}
    assert [text for text in afwijkingen(known, uitgebracht()) if "uitgebracht en veranderd" in text]
    del known["inkomstenbericht", "1.0"]
    assert [text for text in afwijkingen(known, uitgebracht()) if "uitgebracht en veranderd" in text]
    monkeypatch.setattr(generate, "berichten", lambda: known)
    for arguments in ([], ["--controleer"]):
        assert generate.main(arguments) == 1
        assert "inkomstenbericht 1.0 is uitgebracht" in capsys.readouterr().err


def test_a_recipient_gets_what_it_chose_from_the_day_it_chose(monkeypatch: pytest.MonkeyPatch) -> None:
    product = producten()["inkomsten"]
    chosen = {("0344", "inkomstenbericht"): ((date(2026, 1, 1), "1.1"), (date(2026, 6, 1), "1.0"))}
    monkeypatch.setattr(berichtversies, "keuzes", lambda: chosen)
    versies = [bericht_voor(product, "0344", date(2026, month, 1)).versie for month in (1, 5, 6)]
    assert versies == ["1.1", "1.1", "1.0"]
    assert bericht_voor(product, "0344", date(2025, 12, 31)).versie == product.versie
    assert bericht_voor(product, "0014", date(2026, 1, 1)).versie == product.versie


@pytest.mark.parametrize(
    ("ontvanger", "bericht", "versie"), [("9999", "inkomstenbericht", "1.1"), ("0344", "inkomstenbericht", "9.0")]
)
def test_a_choice_that_cannot_be_is_refused(ontvanger: str, bericht: str, versie: str) -> None:
    with pytest.raises(SchemaFout):
        controleer_keuzes({(ontvanger, bericht): [(date(2026, 1, 1), versie)]})


def test_a_version_that_cannot_carry_every_signal_cannot_be_chosen(monkeypatch: pytest.MonkeyPatch) -> None:
    fewer = {"inkomsten": producten()["inkomsten"].model_copy(deep=True)}
    fewer["inkomsten"].signalen["INK-05"] = fewer["inkomsten"].signalen["INK-01"]
    monkeypatch.setattr(berichtversies, "producten", lambda: fewer)
    with pytest.raises(SchemaFout, match="elk signaal"):
        controleer_keuzes({("0344", "inkomstenbericht"): [(date(2026, 1, 1), "1.1")]})


def test_the_choices_that_are_there() -> None:
    assert {bericht for _, bericht in keuzes()} == {"inkomstenbericht"}
    assert bericht_voor(producten()["inkomsten"], "0363", date(2026, 2, 1)).versie == "1.1"
