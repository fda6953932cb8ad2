"""Published test persons give the signals that signals.md says; what to expect was worked out by hand.

The expectations stand in `verwacht_<product>.yml`, one sentence per signal. They are held against every signal in every
message that was delivered, so one too many fails as well.
"""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
import yaml

from lineage import tabellen as t
from message_formats.lees import lees_map
from pipeline.periode import peildatum
from tests.geopend import geopend, opener
from tests.spec.echt.conftest import HIER, PRODUCTEN, Wereld

pytestmark = pytest.mark.zwaar  # three months of each of two worlds are run first

VASTE_VELDEN = ("signaalId", "toelichting", "peildatum", "bewijs")
Signaal = dict[str, Any]


def _verwacht(product: str) -> list[dict[str, Any]]:
    return yaml.safe_load((HIER / f"verwacht_{product}.yml").read_text(encoding="utf-8"))


VERWACHT = {
    (maand["wereld"], str(maand["periode"]), product): maand
    for product in ("inkomsten", "kwijtschelding", "kvk", "vsv")
    for maand in _verwacht(product)
}
GEVALLEN = pytest.mark.parametrize(("wereld", "periode", "product"), VERWACHT)


def _geleverd(wereld: Wereld, product: str, periode: str) -> list[tuple[str, Signaal]]:
    """Every signal delivered, with its recipient, from the JSON messages themselves."""
    found = []
    for path in sorted(geopend(wereld.instellingen).glob(f"*/{product}/{periode}/*.json")):
        if not path.name.endswith("_manifest.json"):
            document = json.loads(path.read_text(encoding="utf-8"))
            found += [(document["envelop"]["ontvangerCode"], signaal) for signaal in document["signalen"]]
    return found


def _leesbaar(signalen: list[tuple[str, Signaal]]) -> list[str]:
    """Sorted lines, one per signal, so that a difference reads as a difference."""
    return sorted(f"{naar} {json.dumps(velden, sort_keys=True, ensure_ascii=False)}" for naar, velden in signalen)


def test_every_run_has_an_expectation() -> None:
    runs = {(wereld, periode, product) for (wereld, periode), products in PRODUCTEN.items() for product in products}

    assert set(VERWACHT) == runs


@GEVALLEN
def test_signals_are_those_worked_out_by_hand(
    werelden: dict[str, Wereld], wereld: str, periode: str, product: str
) -> None:
    delivered = [
        (naar, {naam: waarde for naam, waarde in signaal.items() if naam not in VASTE_VELDEN})
        for naar, signaal in _geleverd(werelden[wereld], product, periode)
    ]
    expected = [
        (naar, {naam: waarde for naam, waarde in signaal["velden"].items() if waarde is not None})
        for signaal in VERWACHT[wereld, periode, product]["signalen"]
        for naar in ([signaal["ontvanger"]] if isinstance(signaal["ontvanger"], str) else signaal["ontvanger"])
    ]

    assert _leesbaar(delivered) == _leesbaar(expected)


@GEVALLEN
def test_persons_left_out_are_counted_by_reason(
    werelden: dict[str, Wereld], wereld: str, periode: str, product: str
) -> None:
    grootboek = werelden[wereld].instellingen.grootboek
    run = grootboek.laatste_run(product, periode)
    assert run is not None
    query = (
        sa.select(t.telling.c.reden, t.telling.c.aantal)
        .join(t.stap, t.stap.c.stap_nr == t.telling.c.stap_nr)
        .where(t.stap.c.onderwerp == run["run_id"], t.telling.c.tabel == "uitgesloten")
    )

    counted = {row["reden"]: row["aantal"] for row in grootboek.rijen(query)}

    assert counted == VERWACHT[wereld, periode, product]["uitgesloten"]


@GEVALLEN
def test_who_should_get_no_signal_gets_none(
    werelden: dict[str, Wereld], wereld: str, periode: str, product: str
) -> None:
    delivered = {signaal["burgerservicenummer"] for _, signaal in _geleverd(werelden[wereld], product, periode)}

    assert delivered.isdisjoint(VERWACHT[wereld, periode, product]["geen_signaal"])


@GEVALLEN
def test_every_signal_rests_on_records_of_a_known_levering(
    werelden: dict[str, Wereld], wereld: str, periode: str, product: str
) -> None:
    known = {row["levering_id"]: row["bron"] for row in werelden[wereld].instellingen.grootboek.leveringen()}

    for _, signaal in _geleverd(werelden[wereld], product, periode):
        assert signaal["bewijs"], signaal["signaalId"]
        assert [feit["volgnummer"] for feit in signaal["bewijs"]] == list(range(1, len(signaal["bewijs"]) + 1))
        assert all(known[feit["leveringId"]] == feit["bron"] for feit in signaal["bewijs"])
        assert all(feit["recordNr"] >= 1 for feit in signaal["bewijs"])
        if signaal["mutatie"] != "beeindigd":
            assert signaal["peildatum"] == peildatum(periode).isoformat()


def test_amounts_in_the_bewijs_are_those_of_the_answer(werelden: dict[str, Wereld]) -> None:
    (signaal,) = [
        signaal
        for _, signaal in _geleverd(werelden["toen"], "inkomsten", "2023-09")
        if signaal["burgerservicenummer"] == "999990238"
    ]

    facts = {(feit["tabel"], feit["kenmerk"]): feit["waarde"] for feit in signaal["bewijs"] if feit["bron"] == "uwv"}

    assert facts["inkomstenopgave", "bedrag_loon_sv"] == "250000"


@pytest.mark.parametrize("wereld", ["toen", "nu"])
def test_every_delivery_reads_back_without_a_problem(werelden: dict[str, Wereld], wereld: str) -> None:
    folder = werelden[wereld].instellingen.uitleveringen

    uitkomst = lees_map(folder, opener(werelden[wereld].instellingen))
    gelezen = werelden[wereld].keten("lees", folder)

    assert uitkomst.goed, [str(probleem) for probleem in uitkomst.problemen]
    assert gelezen.exit_code == 0


@pytest.mark.parametrize("wereld", ["toen", "nu"])
def test_runs_succeed(werelden: dict[str, Wereld], wereld: str) -> None:
    outcomes = {naam: (run.exit_code, run.exception) for naam, run in werelden[wereld].gedraaid.items()}

    assert set(outcomes.values()) == {(0, None)}, outcomes


@pytest.mark.parametrize("wereld", ["toen", "nu"])
def test_leveringen_are_taken_in(werelden: dict[str, Wereld], wereld: str) -> None:
    """Persoonslijsten without a burgerservicenummer are put aside, which the exit code says; the rest is clean."""
    codes = {naam: outcome.exit_code for naam, outcome in werelden[wereld].ontvangen.items()}

    assert codes.pop("lo_brp") == 5
    assert set(codes.values()) == {0}, codes


def test_fwi_in_place_of_data_is_an_outcome(werelden: dict[str, Wereld]) -> None:
    output = werelden["nu"].ontvangen["bijstand"].output

    assert "W-FWI" in output
    assert "uitkeringsverhouding" not in output  # none of these answers holds a running benefit


def test_nietsgevonden_is_an_outcome(werelden: dict[str, Wereld], tmp_path: Path) -> None:
    """None of the published answers of these services says NietsGevonden; this one has the shape that their schema
    gives."""
    path = tmp_path / "niets.xml"
    path.write_text(
        '<a:UWVPersoonsIkvInfoResponse xmlns:a="http://bkwi.nl/SuwiML/Diensten/UWVDossierInkomstenGSD/v0200">'
        '<b:NietsGevonden xmlns:b="http://bkwi.nl/SuwiML/FWI/v0205"/></a:UWVPersoonsIkvInfoResponse>',
        encoding="utf-8",
    )

    outcome = werelden["nu"].keten("ontvang", "uwv", path, "--periode", "2026-06")

    assert outcome.exit_code == 0, outcome.output
    assert "W-NIETS-GEVONDEN" in outcome.output


def test_answers_of_a_service_that_no_doel_asks_for_are_put_aside(werelden: dict[str, Wereld], real: Path) -> None:
    answers = sorted((real / "suwinet").glob("SVBDossierPersoonGSD_*"))

    outcome = werelden["nu"].keten("ontvang", "uwv", *answers, "--periode", "2026-06")

    assert outcome.exit_code == 5
    assert "B-ONBEKEND" in outcome.output


def test_commands_name_nobody(werelden: dict[str, Wereld]) -> None:
    persons = {signaal["velden"]["burgerservicenummer"] for maand in VERWACHT.values() for signaal in maand["signalen"]}
    outcomes = [
        outcome for wereld in werelden.values() for outcome in (*wereld.ontvangen.values(), *wereld.gedraaid.values())
    ]

    named = Counter(bsn for outcome in outcomes for bsn in persons if bsn in outcome.output)

    assert len(persons) > 15
    assert not named
