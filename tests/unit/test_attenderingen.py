"""What waits for a person: what is found, entered once, and told once per channel; and the words it is told in."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from pathlib import Path

import jsonschema_rs
import pytest
import sqlalchemy as sa

from lineage import attenderingen, deadlines
from lineage import tabellen as t
from lineage.attenderingen import Aandacht, leg_vast, schrijf_bezorging, te_vertellen, wachtend
from lineage.ledger import Ledger, Stap
from pipeline.bewaking import tekst
from pipeline.bewaking.post import stel_op
from pipeline.bewaking.webhook import gebeurtenis
from pipeline.instellingen import Instellingen
from schemas.fout import KetenFout
from schemas.load import draaiboek, meldingen
from tests.bouw import CHECKOUT
from tests.unit.test_ledger import levering, run, uitlevering

CLOUDEVENT = jsonschema_rs.validator_for(
    json.loads((CHECKOUT / "tests" / "published" / "cloudevents-1.0.json").read_text(encoding="utf-8"))
)


@pytest.fixture
def ledger(instellingen: Instellingen) -> Ledger:
    return instellingen.grootboek


def parkeer(ledger: Ledger, nummer: int) -> str:
    values = {**levering(nummer, status="geparkeerd"), "code": "L-DREMPEL-VOLUME", "wijzer": "uwv.inkomstenopgave"}
    ledger.registreer_levering(values, [], Stap("ontvang", values["levering_id"]))
    return str(values["levering_id"])


def zend(ledger: Ledger, run_id: str, status: str, code: str | None) -> None:
    row = uitlevering(run_id, "0344", None, "voorgenomen")
    ledger.neem_voor([row])
    ledger.rond_af([{**row, "status": status, "code": code, "wijzer": None, "vastgelegd": None}], [])


def open_(ledger: Ledger, kanaal: str = "post") -> list[tuple[str, str]]:
    return [(row["soort"], row["code"]) for row in te_vertellen(ledger, kanaal)]


class TestWatWacht:
    def test_nothing_in_an_empty_ledger(self, ledger: Ledger) -> None:
        assert wachtend(ledger) == []

    def test_a_parked_levering(self, ledger: Ledger) -> None:
        levering_id = parkeer(ledger, 1)
        assert wachtend(ledger) == [Aandacht("levering", levering_id, "L-DREMPEL-VOLUME", "uwv.inkomstenopgave")]

    @pytest.mark.parametrize(
        ("status", "code"),
        [("tegengehouden", "U-OVEREENKOMST"), ("voorgenomen", "U-KANAAL"), ("tegengehouden", "K-OIN")],
    )
    def test_a_delivery_until_its_recipient_gets_a_later_one(self, ledger: Ledger, status: str, code: str) -> None:
        run(ledger, "a")
        zend(ledger, "a", status, code)
        assert wachtend(ledger) == [Aandacht("uitlevering", "a 0344", code)]
        run(ledger, "b")
        zend(ledger, "b", "geleverd", None)
        assert wachtend(ledger) == []

    def test_an_earlier_delivery_does_not_solve_it(self, ledger: Ledger) -> None:
        for run_id, status, code in (("a", "geleverd", None), ("b", "tegengehouden", "U-ONGELDIG")):
            run(ledger, run_id)
            zend(ledger, run_id, status, code)
        assert wachtend(ledger) == [Aandacht("uitlevering", "b 0344", "U-ONGELDIG")]

    def test_a_delivery_that_is_only_planned_waits_for_nobody(self, ledger: Ledger) -> None:
        run(ledger, "a")
        zend(ledger, "a", "voorgenomen", None)
        assert wachtend(ledger) == []

    def test_a_run_that_does_not_reconcile_until_it_does(self, ledger: Ledger) -> None:
        ledger.schrijf_stap(Stap("lever", "a", "vsv", "2026-01", "mislukt", "U-AANSLUITING"))
        ledger.schrijf_stap(Stap("lever", "a", "vsv", "2026-01", "mislukt", "U-AANSLUITING"))  # tried again
        assert wachtend(ledger) == [Aandacht("stap", "lever a", "U-AANSLUITING")]
        ledger.schrijf_stap(Stap("lever", "b", "inkomsten", "2026-01"))  # of another product
        ledger.schrijf_stap(Stap("signaleer", "b", "vsv", "2026-01"))  # another step
        assert wachtend(ledger) == [Aandacht("stap", "lever a", "U-AANSLUITING")]
        ledger.schrijf_stap(Stap("lever", "b", "vsv", "2026-01"))
        assert wachtend(ledger) == []

    def test_a_deadline_that_was_missed_until_it_came(self, ledger: Ledger) -> None:
        deadlines.stel(ledger, "vsv", {"2026-01": date(2026, 2, 15)})
        assert wachtend(ledger) == []
        deadlines.mis(ledger, "vsv", "2026-01")
        assert wachtend(ledger) == [Aandacht("deadline", "vsv 2026-01", "O-DEADLINE", "uiterlijk 2026-02-15")]
        deadlines.haal(ledger, "vsv", "2026-01", datetime(2026, 2, 20, tzinfo=UTC))
        assert wachtend(ledger) == []


class TestEenKeer:
    def test_found_again_is_entered_once(self, ledger: Ledger) -> None:
        parkeer(ledger, 1)
        for _ in range(3):
            leg_vast(ledger, wachtend(ledger))
        assert open_(ledger) == [("levering", "L-DREMPEL-VOLUME")]

    def test_told_once_per_channel(self, ledger: Ledger) -> None:
        parkeer(ledger, 1)
        leg_vast(ledger, wachtend(ledger))
        schrijf_bezorging(ledger, "post", [1], None)
        leg_vast(ledger, wachtend(ledger))
        assert (open_(ledger, "post"), open_(ledger, "webhook")) == ([], [("levering", "L-DREMPEL-VOLUME")])

    def test_a_failed_attempt_is_entered_and_does_not_count(self, ledger: Ledger) -> None:
        parkeer(ledger, 1)
        leg_vast(ledger, wachtend(ledger))
        schrijf_bezorging(ledger, "post", [1], "ConnectionRefusedError")
        parkeer(ledger, 2)
        leg_vast(ledger, wachtend(ledger))
        assert len(open_(ledger)) == 2
        schrijf_bezorging(ledger, "post", [1, 2], None)
        assert open_(ledger) == []
        b = t.attendering_bezorging.c
        rows = ledger.rijen(sa.select(b.attendering_nr, b.pogingen, b.reden).order_by(b.attendering_nr))
        assert [tuple(row.values()) for row in rows] == [(1, 2, None), (2, 1, None)]

    def test_solved_before_it_was_told_is_not_told(self, ledger: Ledger) -> None:
        ledger.schrijf_stap(Stap("lever", "a", "vsv", "2026-01", "mislukt", "U-AANSLUITING"))
        leg_vast(ledger, wachtend(ledger))
        ledger.schrijf_stap(Stap("lever", "a", "vsv", "2026-01"))
        leg_vast(ledger, wachtend(ledger))
        assert open_(ledger) == []

    def test_the_same_again_after_it_was_solved_is_told_again(self, ledger: Ledger) -> None:
        for status, code in (("mislukt", "S-MODEL"), ("gelukt", None), ("mislukt", "S-MODEL")):
            ledger.schrijf_stap(Stap("signaleer", "a", "vsv", "2026-01", status, code))
            leg_vast(ledger, wachtend(ledger))
            schrijf_bezorging(ledger, "post", [row["attendering_nr"] for row in te_vertellen(ledger, "post")], None)
        told = ledger.rijen(sa.select(t.attendering_bezorging))
        assert [row["attendering_nr"] for row in told] == [1, 2]

    def test_what_is_not_looked_for_is_not_solved(self, ledger: Ledger) -> None:
        leg_vast(ledger, [Aandacht("taak", "deliver_vsv lever", "O-TAAK")], ())
        leg_vast(ledger, [])
        assert open_(ledger) == [("taak", "O-TAAK")]


class TestWoorden:
    @pytest.fixture
    def bedraad(self, instellingen: Instellingen) -> Instellingen:
        values = {"post": "smtp://x", "post_van": "keten@x.example", "post_aan": "a@x.example, b@x.example"}
        return Instellingen(data=instellingen.data, draaiboeken="https://wiki.example/d/", **values)

    def test_code_pointer_what_to_do_and_runbook(self, bedraad: Instellingen, ledger: Ledger) -> None:
        levering_id = parkeer(ledger, 1)
        leg_vast(ledger, wachtend(ledger))
        mail = stel_op(bedraad, te_vertellen(ledger, "post"))
        text = mail.get_content()
        melding = meldingen()["L-DREMPEL-VOLUME"]
        for part in (
            f"L-DREMPEL-VOLUME: {melding.betekenis}",
            f"levering {levering_id} (uwv.inkomstenopgave)",
            melding.wat_te_doen,
            "https://wiki.example/d/levering-geparkeerd.md",
        ):
            assert part in text
        assert (mail["From"], mail["To"]) == ("keten@x.example", "a@x.example, b@x.example")
        assert mail["Subject"] == f"Signaalketen: L-DREMPEL-VOLUME {levering_id}"
        assert stel_op(bedraad, te_vertellen(ledger, "post"))["Message-ID"] == mail["Message-ID"]

    def test_many_at_once_are_one_mail_that_says_how_many_more(self, bedraad: Instellingen, ledger: Ledger) -> None:
        leg_vast(ledger, [Aandacht("uitlevering", f"a {nr:04d}", "U-OVEREENKOMST") for nr in range(tekst.TOON + 7)])
        mail = stel_op(bedraad, te_vertellen(ledger, "post"))
        assert mail["Subject"] == f"Signaalketen: {tekst.TOON + 7} meldingen (U-OVEREENKOMST)"
        assert mail.get_content().count("Te doen:") == tekst.TOON
        assert "En nog 7; keten status toont alles." in mail.get_content()

    def test_the_event_follows_its_published_schema(self, bedraad: Instellingen, ledger: Ledger) -> None:
        levering_id = parkeer(ledger, 1)
        leg_vast(ledger, wachtend(ledger))
        [row] = te_vertellen(ledger, "webhook")
        event = gebeurtenis(bedraad, row)
        CLOUDEVENT.validate(event)
        assert (event["subject"], event["type"]) == (levering_id, "nl.signaalketen.attendering.levering")
        assert event["source"] == f"urn:nld:oin:{bedraad.afzender_oin}:systeem:signaalketen"
        assert event["data"]["draaiboek"] == "https://wiki.example/d/levering-geparkeerd.md"
        assert gebeurtenis(bedraad, row) == event

    def test_every_code_has_a_runbook_that_is_there(self) -> None:
        for code in meldingen():
            assert Path(CHECKOUT / "docs" / "runbooks" / draaiboek(code)).is_file(), code
        assert draaiboek("U-AANSLUITING") != draaiboek("U-KANAAL")
        assert draaiboek("O-DEADLINE") == "bron-te-laat.md"

    def test_every_kind_that_is_found_is_closed_again(self) -> None:
        assert set(attenderingen.GEVONDEN) == {"levering", "uitlevering", "stap", "deadline"}


MET_WACHTWOORD = "smtp://wie:geheim@mail.example"  # pragma: allowlist secret


@pytest.mark.parametrize(
    "values",
    [
        {"post": "smtp://mail.example"},  # from nobody, to nobody
        {"post": "smtp://mail.example", "post_van": "keten@x.example"},
        {"post": "http://mail.example", "post_van": "a@x.example", "post_aan": "a@x.example"},
        {"post": MET_WACHTWOORD, "post_van": "a@x.example", "post_aan": "a@x.example"},
        {"post": "smtp://m.example", "post_van": "a@x.example", "post_aan": "a@x.example\nBcc: b@x.example"},
        {"webhook": "ftp://x.example"},
        {"draaiboeken": "https://x.example/zonder-streep"},
        {"looptijd": "0"},
    ],
)
def test_settings_that_cannot_be(values: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    for naam, waarde in values.items():
        monkeypatch.setenv(f"KETEN_{naam.upper()}", waarde)
    with pytest.raises(KetenFout) as fout:
        Instellingen()
    assert fout.value.code == "S-INSTELLING"
    assert "geheim" not in str(fout.value)
