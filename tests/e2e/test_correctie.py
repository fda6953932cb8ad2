"""A record somebody says is wrong: not used any more, and whoever was told of it hears so."""

from __future__ import annotations

import csv
import io

import pytest

from lineage.correcties import correcties
from pipeline.instellingen import Instellingen
from pipeline.toelaten import toelaten
from tests.bouw import personen_in_lake
from tests.e2e.keten import (
    BLIJFT,
    DEN_HAAG,
    FEBRUARI,
    MAART,
    RMC_DEN_HAAG,
    RMC_UTRECHT,
    UTRECHT,
    VERHUIST,
    Keten,
    mutaties,
)
from tests.e2e.speur import Speurder

TABEL, RECORD = "duo.persoon", 2  # the second record of each levering of DUO is the one who moves
REDEN = "Betrokkene heeft een diploma getoond"


def _duo(instellingen: Instellingen, periode: str) -> str:
    (levering,) = [lev for lev in instellingen.grootboek.leveringen(bronnen=["duo"]) if lev["periode"] == periode]
    return str(levering["levering_id"])


def _uitvoer(keten: Keten, *args: str | int) -> str:
    outcome = keten(*args)
    assert outcome.code == 0, outcome.tekst
    return outcome.tekst


@pytest.mark.zwaar
def test_withdrawal_reaches_all_who_were_told_and_return_too(keten_stad: Keten, eigen_stad: Instellingen) -> None:
    """Also Utrecht, where the person no longer lives."""
    keten = keten_stad
    assert mutaties(eigen_stad, UTRECHT, MAART) == {VERHUIST: "beeindigd"}
    assert mutaties(eigen_stad, DEN_HAAG, MAART) == {VERHUIST: "nieuw"}

    told = _uitvoer(keten, "correctie", "meld", _duo(eigen_stad, FEBRUARI), TABEL, RECORD, "--reden", REDEN)
    assert all(naam in told for naam in (FEBRUARI, UTRECHT, RMC_UTRECHT))
    assert DEN_HAAG not in told
    told = _uitvoer(keten, "correctie", "meld", _duo(eigen_stad, MAART), TABEL, RECORD, "--reden", REDEN)
    assert all(naam in told for naam in (MAART, DEN_HAAG, RMC_DEN_HAAG))
    assert _uitvoer(keten, "status").count("gewijzigd") >= 2  # both periods are due again

    for periode in (FEBRUARI, MAART):
        _uitvoer(keten, "draai", "vsv", "--periode", periode)
    assert mutaties(eigen_stad, UTRECHT, FEBRUARI) == {VERHUIST: "ingetrokken"}
    assert mutaties(eigen_stad, RMC_UTRECHT, FEBRUARI) == {VERHUIST: "ingetrokken"}
    assert mutaties(eigen_stad, DEN_HAAG, MAART) == {VERHUIST: "ingetrokken"}
    assert mutaties(eigen_stad, RMC_DEN_HAAG, MAART) == {VERHUIST: "ingetrokken"}

    for nr in (1, 2):
        _uitvoer(keten, "correctie", "afrond", nr, "--uitkomst", "hersteld")
    for periode in (FEBRUARI, MAART):
        _uitvoer(keten, "draai", "vsv", "--periode", periode)
    assert mutaties(eigen_stad, UTRECHT, FEBRUARI) == {VERHUIST: "nieuw"}
    assert mutaties(eigen_stad, DEN_HAAG, MAART) == {VERHUIST: "nieuw"}
    assert keten("log", "verifieer").code == 0


def test_door_keeps_it_out_and_the_sums_hold(keten_stad: Keten, eigen_stad: Instellingen) -> None:
    """It was the only record in March by which this person belonged, but not the only one that month sees."""
    for periode in (FEBRUARI, MAART):
        keten_stad("correctie", "meld", _duo(eigen_stad, periode), TABEL, RECORD, "--reden", REDEN)

    passed = {levering.levering_id: levering for levering in toelaten(eigen_stad)}

    assert len(passed) == 4  # whoever hangs on the population passes again as well
    counts = passed[_duo(eigen_stad, MAART)].tellingen
    assert {reden: counts["vsv", TABEL, reden] for reden in ("gebruikt", "D-ONDERZOEK")} == {
        "gebruikt": 1,
        "D-ONDERZOEK": 1,
    }
    assert (
        sum(n for (doel, tabel, _), n in counts.items() if (doel, tabel) == ("vsv", TABEL))
        == counts["", TABEL, "ontvangen"]
    )
    for tabel in (TABEL, "brp.persoon", "brp.verblijfplaats"):
        assert set(personen_in_lake(eigen_stad, "vsv", tabel)) == {BLIJFT}
    assert toelaten(eigen_stad, doel="vsv") == []


def test_wrong_record_stays_out(keten_stad: Keten, eigen_stad: Instellingen) -> None:
    keten_stad("correctie", "meld", _duo(eigen_stad, MAART), TABEL, RECORD, "--reden", REDEN)
    toelaten(eigen_stad)

    outcome = keten_stad("correctie", "afrond", 1, "--uitkomst", "onjuist")

    assert outcome.code == 0
    assert toelaten(eigen_stad, doel="vsv") == []
    assert [row["status"] for row in correcties(eigen_stad.grootboek)] == ["onjuist"]


def test_only_what_is_open_can_be_ended(keten_stad: Keten, eigen_stad: Instellingen) -> None:
    keten_stad("correctie", "meld", _duo(eigen_stad, MAART), TABEL, RECORD, "--reden", REDEN)

    assert keten_stad("correctie", "afrond", 1, "--uitkomst", "misschien").code == 2
    assert "C-ONBEKEND" in keten_stad("correctie", "afrond", 2, "--uitkomst", "hersteld").tekst
    assert keten_stad("correctie", "afrond", 1, "--uitkomst", "hersteld").code == 0
    assert "C-ONBEKEND" in keten_stad("correctie", "afrond", 1, "--uitkomst", "hersteld").tekst


@pytest.mark.parametrize(
    ("levering", "tabel", "record", "reden", "code"),
    [
        ("duo-2026-09-000000000000", TABEL, 1, REDEN, "C-LEVERING"),
        (None, "duo.deelname", 1, REDEN, "C-RECORD"),
        (None, "niets", 1, REDEN, "C-RECORD"),
        (None, TABEL, 3, REDEN, "C-RECORD"),
        (None, TABEL, RECORD, "  ", "C-REDEN"),
        (None, TABEL, RECORD, f"Het gaat om {VERHUIST}", "C-REDEN"),
        (None, TABEL, RECORD, f"Het gaat om {VERHUIST[:4]}.{VERHUIST[4:6]}.{VERHUIST[6:]}", "C-REDEN"),
    ],
)
def test_what_cannot_be_is_refused(
    keten_stad: Keten, eigen_stad: Instellingen, levering: str | None, tabel: str, record: int, reden: str, code: str
) -> None:
    outcome = keten_stad("correctie", "meld", levering or _duo(eigen_stad, MAART), tabel, record, "--reden", reden)

    assert outcome.code == 3
    assert code in outcome.tekst
    assert not Speurder([VERHUIST]).zoekt(outcome.tekst)
    assert correcties(eigen_stad.grootboek) == []
    assert toelaten(eigen_stad, doel="vsv") == []


def test_record_is_reported_once(keten_stad: Keten, eigen_stad: Instellingen) -> None:
    args = ("correctie", "meld", _duo(eigen_stad, MAART), TABEL, RECORD, "--reden", REDEN)

    assert keten_stad(*args).code == 0
    outcome = keten_stad(*args)

    assert (outcome.code, "C-DUBBEL" in outcome.tekst) == (3, True)
    assert len(correcties(eigen_stad.grootboek)) == 1


def test_bronhouder_gets_pointers_and_no_values(keten_stad: Keten, eigen_stad: Instellingen) -> None:
    levering = _duo(eigen_stad, MAART)
    keten_stad("correctie", "meld", levering, TABEL, RECORD, "--reden", REDEN)
    target = eigen_stad.map("terug", "duo.csv")

    assert keten_stad("correctie", "terugmelding", "duo", "--uit", target).code == 0
    assert "L-BRON" in keten_stad("correctie", "terugmelding", "nergens", "--uit", target).tekst

    rows = list(csv.DictReader(io.StringIO(target.read_text(encoding="utf-8-sig")), delimiter=";"))
    assert [(row["levering"], row["bestanden"], row["tabel"], row["record"], row["status"]) for row in rows] == [
        (levering, "1", TABEL, "2", "in_onderzoek")
    ]
    assert REDEN not in target.read_text(encoding="utf-8-sig")
    assert not Speurder([BLIJFT, VERHUIST]).zoek(target.parent)
    listed = keten_stad("correctie", "lijst").tekst
    assert all(word in listed for word in (levering, TABEL, "in_onderzoek", REDEN))
