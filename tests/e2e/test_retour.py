"""What a recipient answers: held against its schema and its delivery, and its verdict kept."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
import sqlalchemy as sa
from lxml import etree

from lineage import afdrukken
from lineage import tabellen as t
from lineage.retour import onbesliste_signalen as in_onderzoek_voor
from lineage.retour import ongegronde_signalen, oordelen
from pipeline.heelheid import afdrukken_van
from pipeline.instellingen import Instellingen
from pipeline.retour.herbeoordeling import onbesliste_signalen
from pipeline.retour.inbox import verwerk_inbox
from pipeline.signaleer import run_map
from pipeline.werk import draai
from reports.gegevens import lees
from schemas.load import ontvangers
from tests.e2e.keten import (
    BLIJFT,
    DEN_HAAG,
    FEBRUARI,
    MAART,
    UTRECHT,
    VERHUIST,
    Keten,
    laatste_bericht,
    mutaties,
    neem_jongeren_op,
)
from tests.e2e.speur import Speurder

Retour = dict[str, Any]
NIEMANDS_SIGNAAL = "0" * 32


def antwoord(instellingen: Instellingen, oordeel: str = "gegrond", ontvanger: str = UTRECHT) -> Retour:
    """What a recipient says of all signals in its message of February."""
    bericht = laatste_bericht(instellingen, ontvanger, FEBRUARI)
    envelop = {
        "berichtCode": "retourbericht",
        "berichtVersie": 1,
        "berichtSubversie": 0,
        "afzenderOin": ontvangers()[ontvanger].oin,
        "afzenderCode": ontvanger,
        "ontvangerOin": instellingen.afzender_oin,
        "retourIdentificatie": "retour-een",
        "dagtekening": "2026-03-10T09:30:00Z",
        "berichtIdentificatie": bericht["envelop"]["berichtIdentificatie"],
        "retourcode": "0200",
    }
    signalen = [
        {"signaalId": signaal["signaalId"], "retourcode": "0200", "oordeel": oordeel} for signaal in bericht["signalen"]
    ]
    return {"envelop": envelop, "signalen": signalen}


def als_json(answer: Retour) -> bytes:
    return json.dumps(answer).encode()


def als_xml(answer: Retour) -> bytes:
    namespace = "urn:signaalketen:bericht:retourbericht:1.0"
    root = etree.Element(f"{{{namespace}}}Retourbericht", nsmap={None: namespace})

    def add(parent: etree._Element, naam: str, text: object = None) -> etree._Element:
        child = etree.SubElement(parent, f"{{{namespace}}}{naam[0].upper()}{naam[1:]}")
        child.text = None if text is None else str(text)
        return child

    envelop = add(root, "envelop")
    for naam, waarde in answer["envelop"].items():
        add(envelop, naam, waarde)
    signalen = add(root, "signalen")
    for signaal in answer["signalen"]:
        element = add(signalen, "signaal")
        for naam, waarde in signaal.items():
            add(element, naam, waarde)
    return etree.tostring(root, xml_declaration=True, encoding="UTF-8")


@pytest.fixture
def neem_in(keten_stad: Keten, tmp_path: Path) -> Callable[[bytes], Any]:
    def run(content: bytes) -> Any:
        path = tmp_path / "retour.bin"
        path.write_bytes(content)
        return keten_stad("retour", "neem-in", path)

    return run


@pytest.mark.parametrize("vorm", [als_json, als_xml])
@pytest.mark.parametrize("oordeel", ["gegrond", "ongegrond", "in_onderzoek"])
def test_verdicts_are_kept(
    eigen_stad: Instellingen, neem_in: Callable[[bytes], Any], vorm: Callable[[Retour], bytes], oordeel: str
) -> None:
    answer = antwoord(eigen_stad, oordeel)

    outcome = neem_in(vorm(answer))

    assert outcome.code == 0, outcome.tekst
    assert f"{oordeel} 2" in outcome.tekst
    kept = oordelen(eigen_stad.grootboek)
    assert {(row["ontvanger"], row["product"], row["oordeel"]) for row in kept} == {(UTRECHT, "vsv", oordeel)}
    assert {row["signaal_id"] for row in kept} == {signaal["signaalId"] for signaal in answer["signalen"]}
    assert {row["signaal_code"] for row in kept} == {"VSV-D1"}
    sent = {zending for run in lees(eigen_stad.grootboek).runs for zending in run.zendingen if zending.beantwoord_op}
    assert [(each.ontvanger, each.bericht) for each in sent] == [(UTRECHT, answer["envelop"]["berichtIdentificatie"])]
    assert not Speurder([BLIJFT, VERHUIST]).zoek(eigen_stad.map("ledger"))


def test_newest_verdict_counts(eigen_stad: Instellingen, neem_in: Callable[[bytes], Any]) -> None:
    for nr, oordeel in enumerate(("in_onderzoek", "ongegrond", "gegrond", "ongegrond")):
        answer = antwoord(eigen_stad, oordeel)
        answer["envelop"]["retourIdentificatie"] = f"retour-{nr}x"
        assert neem_in(als_json(answer)).code == 0
        current = {row["oordeel"] for row in oordelen(eigen_stad.grootboek)}
        assert current == {oordeel}
    assert len(ongegronde_signalen(eigen_stad.grootboek, "vsv")) == 2


def test_signal_without_verdict_is_no_verdict(eigen_stad: Instellingen, neem_in: Callable[[bytes], Any]) -> None:
    answer = antwoord(eigen_stad)
    del answer["signalen"][0]["oordeel"]
    answer["signalen"][0]["retourcode"] = "9001"

    assert neem_in(als_xml(answer)).code == 0
    assert len(oordelen(eigen_stad.grootboek)) == 1


def _with(**changes: object) -> Callable[[Retour], None]:
    return lambda answer: answer["envelop"].update(changes)


def _elders(answer: Retour) -> None:
    answer["envelop"] |= {"afzenderCode": DEN_HAAG, "afzenderOin": ontvangers()[DEN_HAAG].oin}


REFUSED = {
    "sender is another recipient": (_elders, "T-AFZENDER"),
    "sender has the number of another": (_with(afzenderOin=ontvangers()[DEN_HAAG].oin), "T-AFZENDER"),
    "sender is nobody": (_with(afzenderCode="9999"), "T-AFZENDER"),
    "not for us": (_with(ontvangerOin="00000001000000000000"), "T-ONTVANGER"),
    "unknown delivery": (_with(berichtIdentificatie="00000000-0000-4000-8000-000000000000"), "T-BERICHT"),
    "unknown field": (_with(opmerking=f"gaat over {BLIJFT}"), "T-SCHEMA"),
    "unknown code": (_with(retourcode="0666"), "T-SCHEMA"),
    "other version": (_with(berichtVersie=2), "T-SCHEMA"),
    "identification that is a number": (_with(retourIdentificatie=BLIJFT), "T-SCHEMA"),
    "no envelope field": (lambda answer: answer["envelop"].pop("dagtekening"), "T-SCHEMA"),
    "free text": (lambda answer: answer["signalen"][0].update(toelichting=f"zie {BLIJFT}"), "T-SCHEMA"),
    "unknown verdict": (lambda answer: answer["signalen"][0].update(oordeel="weet niet"), "T-SCHEMA"),
    "signal by a person": (lambda answer: answer["signalen"][0].update(signaalId=BLIJFT), "T-SCHEMA"),
}


@pytest.mark.parametrize("vorm", [als_json, als_xml])
@pytest.mark.parametrize("geval", REFUSED)
def test_refused_as_a_whole(
    eigen_stad: Instellingen, neem_in: Callable[[bytes], Any], vorm: Callable[[Retour], bytes], geval: str
) -> None:
    change, code = REFUSED[geval]
    answer = antwoord(eigen_stad)
    change(answer)

    outcome = neem_in(vorm(answer))

    assert (outcome.code, code in outcome.tekst) == (5, True), outcome.tekst
    assert not Speurder([BLIJFT, VERHUIST]).zoekt(outcome.tekst)
    assert oordelen(eigen_stad.grootboek) == []
    (row,) = eigen_stad.grootboek.rijen(sa.select(t.retour))
    assert (row["status"], row["code"], row["ontvanger"]) == ("afgekeurd", code, None)
    assert not Speurder([BLIJFT, VERHUIST]).zoek(eigen_stad.map("ledger"))


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b"geen bericht",
        b'{"envelop": 1}',
        b"<Retourbericht/>",
        b"<!DOCTYPE a [<!ENTITY b SYSTEM 'file:///etc/passwd'>]><a>&b;</a>",
        b"<!DOCTYPE a [<!ENTITY b 'bb'><!ENTITY c '&b;&b;&b;'>]><a>&c;</a>",
        b"\xff\xfe{\x00}\x00",
    ],
)
def test_what_is_no_retourbericht_is_refused(
    eigen_stad: Instellingen, neem_in: Callable[[bytes], Any], content: bytes
) -> None:
    outcome = neem_in(content)

    assert outcome.code == 5
    assert "T-KAPOT" in outcome.tekst or "T-SCHEMA" in outcome.tekst


def test_file_that_is_too_large_is_not_read(
    eigen_stad: Instellingen, neem_in: Callable[[bytes], Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("message_formats.retour.MOST_BYTES", 100)

    assert "T-KAPOT" in neem_in(als_json(antwoord(eigen_stad))).tekst


def test_taken_in_once(eigen_stad: Instellingen, neem_in: Callable[[bytes], Any]) -> None:
    """Whatever the format: the identification of the sender is what makes it the same."""
    answer = antwoord(eigen_stad)
    assert neem_in(als_json(answer)).code == 0

    for content in (als_json(answer), als_xml(antwoord(eigen_stad, "ongegrond"))):
        outcome = neem_in(content)
        assert (outcome.code, "T-DUBBEL" in outcome.tekst) == (5, True)
    assert {row["oordeel"] for row in oordelen(eigen_stad.grootboek)} == {"gegrond"}


def test_forger_cannot_use_up_an_identification(eigen_stad: Instellingen, neem_in: Callable[[bytes], Any]) -> None:
    """A refused message with somebody's name does not stand in the way of the real one."""
    forged = antwoord(eigen_stad)
    forged["envelop"]["afzenderOin"] = ontvangers()[DEN_HAAG].oin
    assert neem_in(als_json(forged)).code == 5

    assert neem_in(als_json(antwoord(eigen_stad))).code == 0


def test_signals_that_were_not_sent_are_answered_and_the_rest_counts(
    eigen_stad: Instellingen, neem_in: Callable[[bytes], Any]
) -> None:
    answer = antwoord(eigen_stad)
    answer["signalen"].append({**answer["signalen"][0], "signaalId": NIEMANDS_SIGNAAL})
    answer["signalen"] += [copy.copy(answer["signalen"][0])]

    outcome = neem_in(als_xml(answer))

    assert outcome.code == 5
    assert "T-SIGNAAL (1)" in outcome.tekst
    assert "T-HERHAALD (1)" in outcome.tekst
    assert len(oordelen(eigen_stad.grootboek)) == 1


def test_signal_of_another_delivery_does_not_count(eigen_stad: Instellingen, neem_in: Callable[[bytes], Any]) -> None:
    """The one who moved was sent to Den Haag in March, and not to Utrecht."""
    answer = antwoord(eigen_stad)
    (signaal,) = laatste_bericht(eigen_stad, DEN_HAAG, MAART)["signalen"]
    answer["envelop"]["berichtIdentificatie"] = laatste_bericht(eigen_stad, UTRECHT, MAART)["envelop"][
        "berichtIdentificatie"
    ]
    earlier = laatste_bericht(eigen_stad, UTRECHT, FEBRUARI)["signalen"]
    stays = next(each for each in earlier if each["burgerservicenummer"] == BLIJFT)
    answer["signalen"] = [
        {"signaalId": each["signaalId"], "retourcode": "0200", "oordeel": "gegrond"} for each in (signaal, stays)
    ]

    outcome = neem_in(als_json(answer))

    assert "T-SIGNAAL (1)" in outcome.tekst  # who stays was not in the message of March
    assert len(oordelen(eigen_stad.grootboek)) == 1  # who left was, as ended


# The inbox


def test_inbox_is_worked_through_and_answered(eigen_stad: Instellingen) -> None:
    inbox = eigen_stad.map("landing", "retour")
    (inbox / UTRECHT).mkdir(parents=True)
    (inbox / DEN_HAAG).mkdir()
    (inbox / UTRECHT / f"antwoord {BLIJFT}.json").write_bytes(als_json(antwoord(eigen_stad)))
    (inbox / DEN_HAAG / "nagemaakt.json").write_bytes(als_json(antwoord(eigen_stad, "ongegrond")))
    (inbox / UTRECHT / ".half").write_bytes(b"{")

    assert verwerk_inbox(eigen_stad) == {"aangenomen": 1, "T-AFZENDER": 1}
    assert verwerk_inbox(eigen_stad) == {}

    (good,) = (eigen_stad.uitleveringen / UTRECHT / "retour").rglob("*.json")
    (bad,) = (eigen_stad.uitleveringen / DEN_HAAG / "retour").rglob("*.json")
    assert json.loads(good.read_text())["envelop"]["aantalGegrond"] == 2
    assert json.loads(bad.read_text())["envelop"]["code"] == "T-AFZENDER"
    assert not [path for path in inbox.rglob("*") if BLIJFT in path.name]
    assert [path.name for path in (inbox / UTRECHT).iterdir() if path.is_file()] == [".half"]


# What follows


def test_ungrounded_is_not_sent_again(eigen_stad: Instellingen, neem_in: Callable[[bytes], Any]) -> None:
    """Also when the run in which it was sent no longer has it, as after it was destroyed; others go on hearing."""
    neem_in(als_json(antwoord(eigen_stad, "ongegrond")))
    for run in eigen_stad.grootboek.rijen(sa.select(t.productrun)):
        path = run_map(eigen_stad, run["run_id"]) / "signal_vsv.parquet"
        pq.write_table(pq.read_table(path).slice(0, 0), path)
        with eigen_stad.grootboek.transactie() as connection:  # or it would be taken for damaged
            afdrukken.leg_vast(connection, afdrukken_van(eigen_stad, [path]))
    neem_jongeren_op(eigen_stad, "2026-04")

    outcome = draai(eigen_stad, "vsv", "2026-04").uitlevering

    assert UTRECHT not in {path.parent.parent.name for path in eigen_stad.uitleveringen.glob("*/vsv/2026-04")}
    assert mutaties(eigen_stad, "rmc-19", "2026-04") == {BLIJFT: "nieuw"}
    assert mutaties(eigen_stad, DEN_HAAG, "2026-04") == {VERHUIST: "nieuw"}
    assert outcome.signalen["ongewijzigd"] == 1


def test_undecided_ones_come_up(eigen_stad: Instellingen, neem_in: Callable[[bytes], Any]) -> None:
    """Never answered, or in onderzoek, for longer than a term; what has ended needs no answer."""
    later = datetime.now(UTC) + timedelta(days=1)
    found = {(item.ontvanger, item.signaal_code) for item in onbesliste_signalen(eigen_stad, "vsv", later)}
    everybody = [item.ontvanger for item in onbesliste_signalen(eigen_stad, "vsv", later)]
    assert found == {(naar, "VSV-D1") for naar in (UTRECHT, DEN_HAAG, "rmc-19", "rmc-28")}
    assert sorted(everybody) == sorted([UTRECHT, DEN_HAAG, "rmc-19", "rmc-28"])  # who moved has ended in Utrecht
    assert onbesliste_signalen(eigen_stad, "vsv", datetime.now(UTC) - timedelta(days=1)) == []

    neem_in(als_json(antwoord(eigen_stad, "in_onderzoek")))
    assert len(in_onderzoek_voor(eigen_stad.grootboek, later)) == 2
    assert in_onderzoek_voor(eigen_stad.grootboek, datetime.now(UTC) - timedelta(days=1)) == []
    answer = antwoord(eigen_stad, "gegrond")
    answer["envelop"]["retourIdentificatie"] = "retour-twee"
    neem_in(als_json(answer))
    assert UTRECHT not in {item.ontvanger for item in onbesliste_signalen(eigen_stad, "vsv", later)}
