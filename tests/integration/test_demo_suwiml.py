"""Every SuwiML answer of the synthetic country is valid against the schemas that BKWI published."""

from __future__ import annotations

import os
import zipfile
from pathlib import Path

import pytest
from lxml import etree

from demo.land import maak_land

REAL = Path(os.environ.get("KETEN_REAL") or Path(__file__).parents[2].parent / "shared" / "real")
SCHEMAS = {
    "uwv": "suwinet-xsd/UWVDossierInkomstenGSD-v0200-b02/Diensten/UWVDossierInkomstenGSD/v0200-b02/BodyReaction.xsd",
    "duo": "suwinet-xsd/DUODossierPersoonGSD-v0300-b01/Diensten/DUODossierPersoonGSD/v0300-b01/BodyReaction.xsd",
}
pytestmark = pytest.mark.skipif(
    not (REAL / "suwinet-xsd").is_dir(), reason="the published SuwiML schemas are not there (set KETEN_REAL)"
)


@pytest.fixture(scope="module")
def land(tmp_path_factory: pytest.TempPathFactory) -> Path:
    doel = tmp_path_factory.mktemp("land")
    # A month of May as well, since holiday allowance is paid then.
    maak_land(doel, personen=4_000, periode="2026-05", maanden=2)
    return doel


@pytest.mark.parametrize("bron", SCHEMAS)
def test_answers_are_valid_against_the_published_schema(land: Path, bron: str) -> None:
    schema = etree.XMLSchema(etree.parse(REAL / SCHEMAS[bron]))
    geldig, kapot = 0, 0
    archieven = sorted(land.glob(f"{bron}/*/*.zip"))
    assert len(archieven) == 2
    for pad in archieven:
        with zipfile.ZipFile(pad) as archief:
            for naam in archief.namelist():
                try:
                    antwoord = etree.fromstring(archief.read(naam))
                except etree.XMLSyntaxError:
                    kapot += 1
                    continue
                schema.assertValid(antwoord)
                geldig += 1
    assert geldig > 1_000
    assert kapot == (1 if bron == "uwv" else 0)  # the one transfer that broke off


def test_holiday_allowance_is_in_the_answers_of_may(land: Path) -> None:
    (pad,) = land.glob("uwv/2026-05-inkomsten/*.zip")
    with zipfile.ZipFile(pad) as archief:
        assert any(b"<BedrVakantietoeslag>" in archief.read(naam) for naam in archief.namelist())
