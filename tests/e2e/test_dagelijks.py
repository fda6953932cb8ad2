"""Aan- en afmeldingen of DUO that come after the list of the month, through the door to the gemeente."""

from __future__ import annotations

import pytest

from pipeline.instellingen import Instellingen
from pipeline.werk import draai
from tests.bouw import maak_bsn, neem_op, schrijf_csv
from tests.e2e.keten import UTRECHT, mutaties

pytestmark = pytest.mark.zwaar
JANUARI = "2026-01"
VAN_SCHOOL, OP_SCHOOL = maak_bsn(701), maak_bsn(702)
OVEREENKOMST = ("Burgerservicenr", "BrinNr", "DatInschrijvingOpleiding", "DatUitschrijvingOpleiding")


def meld(instellingen: Instellingen, uitschrijving: str) -> None:
    """A levering with one record: when somebody left school, or that he did not after all."""
    row = [OP_SCHOOL, "01AA", "20240801", uitschrijving]
    neem_op(instellingen, "duo", {"school.csv": schrijf_csv(OVEREENKOMST, [row])}, JANUARI)
    draai(instellingen, "vsv", JANUARI)


def test_an_afmelding_and_its_withdrawal_reach_the_gemeente_within_the_month(instellingen: Instellingen) -> None:
    both = (VAN_SCHOOL, OP_SCHOOL)
    duo = {
        "persoon.csv": schrijf_csv(("Burgerservicenr", "IndStartkwalificatieDuo"), [[wie, "2"] for wie in both]),
        "school.csv": schrijf_csv(OVEREENKOMST, [[OP_SCHOOL, "01AA", "20240801", ""]]),
    }
    brp = {
        "persoon.csv": schrijf_csv(("burgerservicenummer", "geboortedatum"), [[wie, "20070601"] for wie in both]),
        "verblijf.csv": schrijf_csv(
            ("burgerservicenummer", "gemeenteVanInschrijving", "datumInschrijving", "datumBegin"),
            [[wie, UTRECHT, "20200101", "20200101"] for wie in both],
        ),
    }
    neem_op(instellingen, "duo", duo, JANUARI)
    neem_op(instellingen, "brp", brp, JANUARI)
    draai(instellingen, "vsv", JANUARI)
    assert mutaties(instellingen, UTRECHT, JANUARI) == {VAN_SCHOOL: "nieuw"}

    meld(instellingen, "20260110")
    assert mutaties(instellingen, UTRECHT, JANUARI) == {OP_SCHOOL: "nieuw"}
    meld(instellingen, "")
    assert mutaties(instellingen, UTRECHT, JANUARI) == {OP_SCHOOL: "ingetrokken"}
