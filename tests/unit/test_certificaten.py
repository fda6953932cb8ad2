"""How certificates stand in time: warned of sixty days before they expire, and not counted the day after."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from demo.certificaten import Gezag, Houder, maak_keten, schrijf_paar
from pipeline.certificaten import AFZENDER, Certificaten, Geldigheid
from pipeline.instellingen import Instellingen
from pipeline.rapport import certificaten
from reports.pagina import bouw
from schemas import load
from schemas.ontvanger import Ontvanger

OIN, UTRECHT = "00000001999999999000", "0344"
NU = datetime(2026, 6, 1, 12, tzinfo=UTC)
JAREN = timedelta(days=3 * 365)


@pytest.fixture
def utrecht(monkeypatch: pytest.MonkeyPatch) -> Ontvanger:
    """The one recipient there is."""
    one = load.ontvangers()[UTRECHT]
    monkeypatch.setattr("pipeline.certificaten.ontvangers", lambda: {UTRECHT: one})
    return one


def stand(folder: Path, utrecht: Ontvanger, dagen: int) -> dict[str, Geldigheid]:
    """How both certificates stand when that of Utrecht expires in so many days."""
    maak_keten(folder, Houder("Wij", OIN), {}, NU - JAREN / 2)
    gezag, houder = Gezag.lees(folder / "demo"), Houder(utrecht.naam, utrecht.oin)
    begin = NU + timedelta(days=dagen) - JAREN
    schrijf_paar(gezag, houder, folder / "ontvangers" / f"{UTRECHT}.pem", folder / "demo" / "utrecht.key", begin)
    return {each.wie: each for each in Certificaten(folder, OIN).geldigheid(NU)}


@pytest.mark.parametrize(
    ("dagen", "code"), [(61, None), (60, "K-VERLOOPT"), (1, "K-VERLOOPT"), (0, "K-VERLOOPT"), (-1, "K-VERLOPEN")]
)
def test_warned_sixty_days_ahead(tmp_path: Path, utrecht: Ontvanger, dagen: int, code: str | None) -> None:
    found = stand(tmp_path, utrecht, dagen)
    assert found[UTRECHT] == Geldigheid(UTRECHT, NU + timedelta(days=dagen), code)
    assert found[AFZENDER].code is None


def test_our_own_is_warned_of_too(tmp_path: Path, utrecht: Ontvanger) -> None:
    maak_keten(tmp_path, Houder("Wij", OIN), {UTRECHT: Houder(utrecht.naam, utrecht.oin)}, NU - JAREN)
    later = [Certificaten(tmp_path, OIN).geldigheid(NU + timedelta(days=each)) for each in (-61, -60, 0, 1)]
    assert [next(iter(each)).code for each in later] == [None, "K-VERLOOPT", "K-VERLOOPT", "K-VERLOPEN"]


def test_absent_one_is_told(tmp_path: Path, utrecht: Ontvanger) -> None:
    maak_keten(tmp_path, Houder("Wij", OIN), {}, NU)
    assert {each.wie: each.code for each in Certificaten(tmp_path, OIN).geldigheid(NU)}[UTRECHT] == "K-CERTIFICAAT"


def test_pages_say_until_when_and_what_to_do(
    tmp_path: Path, instellingen: Instellingen, utrecht: Ontvanger, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A recipient whose certificate is about to expire has that on its page."""
    (instellingen.data / "certificaten").unlink()
    stand(instellingen.data / "certificaten", utrecht, 30)
    monkeypatch.setattr("pipeline.rapport.nu", lambda: NU)
    found = certificaten(instellingen)
    assert found[UTRECHT] == "geldig tot 2026-07-01. K-VERLOOPT: Het certificaat verloopt binnen zestig dagen."
    assert found[AFZENDER].startswith("geldig tot 20")
    monkeypatch.setattr("reports.ontvangers.ontvangers", lambda: {UTRECHT: utrecht})
    bouw(instellingen.grootboek, tmp_path / "rapport", found)
    page = (tmp_path / "rapport" / f"ontvanger-{UTRECHT}.html").read_text(encoding="utf-8")
    assert "geldig tot 2026-07-01. K-VERLOOPT" in page
