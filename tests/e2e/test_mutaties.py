"""What a recipient hears from month to month, followed for a handful of young persons."""

from __future__ import annotations

import json

import pytest

from pipeline.instellingen import Instellingen
from pipeline.werk import draai
from tests.bouw import maak_bsn, neem_op, schrijf_csv
from tests.geopend import geopend

BLIJFT, VERHUIST, GAAT_NAAR_SCHOOL, WORDT_ZESTIEN = (maak_bsn(nummer) for nummer in range(1, 5))
GEBOREN = {BLIJFT: "20061101", VERHUIST: "20061102", GAAT_NAAR_SCHOOL: "20061103", WORDT_ZESTIEN: "20100215"}
UTRECHT, DEN_HAAG = "0344", "0518"
DUO = ("Burgerservicenr", "IndStartkwalificatieDuo")
OVEREENKOMST = ("Burgerservicenr", "BrinNr", "DatInschrijvingOpleiding", "DatUitschrijvingOpleiding")
PERSOON = ("burgerservicenummer", "geboortedatum")
VERBLIJF = ("burgerservicenummer", "gemeenteVanInschrijving", "datumInschrijving", "datumBegin")


def _duo(instellingen: Instellingen, periode: str, *, naar_school: bool, geslaagd: str = "") -> None:
    persons = schrijf_csv(DUO, [[bsn, "1" if bsn == geslaagd else "2"] for bsn in GEBOREN])
    school = [[GAAT_NAAR_SCHOOL, "01AA", "20260301", ""]] if naar_school else []
    files = {"persoon.csv": persons} | ({"school.csv": schrijf_csv(OVEREENKOMST, school)} if school else {})
    neem_op(instellingen, "duo", files, periode)


def _brp(instellingen: Instellingen, periode: str, *, verhuisd: bool) -> None:
    homes = [[bsn, UTRECHT, "20200101", "20200101"] for bsn in GEBOREN]
    moved = [[VERHUIST, DEN_HAAG, "20260310", "20260310"]] if verhuisd else []
    files = {
        "persoon.csv": schrijf_csv(PERSOON, list(GEBOREN.items())),
        "verblijf.csv": schrijf_csv(VERBLIJF, [*homes, *moved]),
    }
    neem_op(instellingen, "brp", files, periode)


def _berichten(instellingen: Instellingen, periode: str, volgnummer: int) -> dict[str, dict[str, tuple[str, str]]]:
    """Per recipient: person to (mutatie, signaalId)."""
    found = {}
    for path in geopend(instellingen).glob(f"*/vsv/{periode}/*_{volgnummer:06d}.json"):
        document = json.loads(path.read_text(encoding="utf-8"))
        found[document["envelop"]["ontvangerCode"]] = {
            signaal["burgerservicenummer"]: (signaal["mutatie"], signaal["signaalId"])
            for signaal in document["signalen"]
        }
    return found


@pytest.fixture
def twee_maanden(instellingen: Instellingen) -> Instellingen:
    _duo(instellingen, "2026-02", naar_school=False)
    _brp(instellingen, "2026-02", verhuisd=False)
    draai(instellingen, "vsv", "2026-02")
    _duo(instellingen, "2026-03", naar_school=True)
    _brp(instellingen, "2026-03", verhuisd=True)
    draai(instellingen, "vsv", "2026-03")
    return instellingen


def test_moves_ends_returns_and_withdrawals(twee_maanden: Instellingen) -> None:
    february = _berichten(twee_maanden, "2026-02", 1)
    assert {naar: {bsn: mutatie for bsn, (mutatie, _) in sent.items()} for naar, sent in february.items()} == {
        naar: dict.fromkeys(GEBOREN, "nieuw") for naar in (UTRECHT, "rmc-19")
    }

    march = _berichten(twee_maanden, "2026-03", 2) | _berichten(twee_maanden, "2026-03", 1)
    words = {naar: {bsn: mutatie for bsn, (mutatie, _) in sent.items()} for naar, sent in march.items()}
    ended = {VERHUIST: "beeindigd", GAAT_NAAR_SCHOOL: "beeindigd"}
    assert words == {
        UTRECHT: ended,
        "rmc-19": ended,
        DEN_HAAG: {VERHUIST: "nieuw"},
        "rmc-28": {VERHUIST: "nieuw"},
    }
    assert march[UTRECHT][VERHUIST][1] == march[DEN_HAAG][VERHUIST][1] == february[UTRECHT][VERHUIST][1]

    # A correction within the same month withdraws, and reaches whoever was told.
    _duo(twee_maanden, "2026-03", naar_school=True, geslaagd=VERHUIST)
    again = draai(twee_maanden, "vsv", "2026-03")
    assert again.signalering.nieuw
    corrected = _berichten(twee_maanden, "2026-03", 2)
    assert {bsn: mutatie for bsn, (mutatie, _) in corrected[DEN_HAAG].items()} == {VERHUIST: "ingetrokken"}
    assert {bsn: mutatie for bsn, (mutatie, _) in corrected["rmc-28"].items()} == {VERHUIST: "ingetrokken"}
    assert _berichten(twee_maanden, "2026-03", 3) == {}
