"""Gedrag 6: dat voor wat. Inhoud gaat alleen mee als de overeenkomst dat zegt; zonder geldige gaat er niets."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta

import pytest

from message_formats.read import GelezenBericht, lees_bericht
from pipeline.instellingen import Instellingen
from pipeline.lever import lever
from schemas.berichten import berichten, find_bericht, wat_velden
from tests.spec.privacy import dorp as d
from tests.spec.privacy.test_01_doelbinding import laatste_run

FORMATEN = ("json", "xml", "csv")
INHOUD = (d.WERKGEVER.encode(), str(d.LOON).encode())


def geleverd(instellingen: Instellingen, formaat: str) -> tuple[bytes, GelezenBericht]:
    """What Utrecht got in one format: every byte of it, and what its own reader makes of it."""
    [path] = d.bericht(instellingen, "inkomsten", formaat)
    bewijs = path.with_name(f"{path.stem}_bewijs.csv") if formaat == "csv" else None
    raw = path.read_bytes() + (bewijs.read_bytes() if bewijs else b"")
    return raw, lees_bericht(path, formaat, find_bericht("inkomstenbericht", "1.0"), bewijs)


@pytest.mark.parametrize("formaat", FORMATEN)
def test_recipient_of_dat_gets_no_content(berekend_dorp: Instellingen, formaat: str) -> None:
    """Met een overeenkomst voor dat komt geen wat-veld mee, in geen van de drie formaten, ook niet in het bewijs."""
    with d.afgesproken(_0344={"inhoud": "dat", "formaten": (formaat,)}):
        lever(berekend_dorp, laatste_run(berekend_dorp, "inkomsten"))
    raw, gelezen = geleverd(berekend_dorp, formaat)
    definitie = find_bericht("inkomstenbericht", "1.0")
    for naam in wat_velden(definitie.signaal):
        assert gelezen.signalen[naam].null_count == len(gelezen.signalen), naam
    for naam in wat_velden(definitie.bewijs):
        assert gelezen.bewijs[naam].null_count == len(gelezen.bewijs), naam
    assert not [inhoud for inhoud in INHOUD if inhoud in raw]
    assert set(gelezen.signalen["burgerservicenummer"].to_pylist()) >= {d.ANNA, d.CARL}  # that there is something


@pytest.mark.parametrize("formaat", FORMATEN)
def test_recipient_of_wat_gets_the_content(dorp: Instellingen, formaat: str) -> None:
    """Met een overeenkomst voor wat komt de inhoud wel mee; anders zou de vorige test niets zeggen."""
    raw, gelezen = geleverd(dorp, formaat)
    assert all(inhoud in raw for inhoud in INHOUD)
    assert d.WERKGEVER in gelezen.signalen["naam_werkgever"].to_pylist()


def test_partner_only_where_the_agreement_has_it(berekend_dorp: Instellingen) -> None:
    """Het nummer van de partner gaat alleen mee als de overeenkomst dat zegt."""
    with d.afgesproken(_0344={"partner": False, "formaten": ("json",)}):
        lever(berekend_dorp, laatste_run(berekend_dorp, "inkomsten"))
    _, gelezen = geleverd(berekend_dorp, "json")
    assert gelezen.signalen["partner_burgerservicenummer"].null_count == len(gelezen.signalen)


VANDAAG = datetime.now(UTC).date()


@pytest.mark.parametrize(
    "afspraak",
    [
        {"overeenkomst_tot": VANDAAG - timedelta(days=1)},
        {"overeenkomst_van": VANDAAG + timedelta(days=1)},
        {"producten": frozenset({"vsv"})},
        {"overeenkomst_van": date(2020, 1, 1), "overeenkomst_tot": date(2020, 12, 31)},
    ],
)
def test_no_agreement_that_is_valid_no_delivery(berekend_dorp: Instellingen, afspraak: Mapping[str, object]) -> None:
    """Zonder overeenkomst voor dit product die vandaag geldt gaat er niets uit; wat is tegengehouden wordt geteld."""
    with d.afgesproken(_0344=afspraak):
        uitkomst = lever(berekend_dorp, laatste_run(berekend_dorp, "inkomsten"))
    assert uitkomst.redenen == {"U-OVEREENKOMST": 1}
    assert uitkomst.signalen["tegengehouden"] > 0
    assert not list((berekend_dorp.uitleveringen / d.UTRECHT).rglob("*inkomsten*"))


def test_every_message_field_is_classed() -> None:
    """Elk veld van elk bericht is ingedeeld: identificerend, dat of wat; een wat-veld is nooit verplicht."""
    definities = berichten()
    assert definities
    for definitie in definities.values():
        for velden in (definitie.envelop, definitie.aantal, definitie.signaal, definitie.bewijs):
            for naam, veld in velden.items():
                assert veld.klasse in ("identifier", "dat", "wat"), naam
                assert not (veld.klasse == "wat" and veld.verplicht), naam
        assert list(wat_velden(definitie.signaal)), definitie.bericht
