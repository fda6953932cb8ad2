"""The soak: months of the whole house, and that nothing drifts, gaps or grows without bound.

A short one in `make check`; the long one, of 24 months, by `make soak`. Terms are shortened alike (a
quarter of the months must be kept, half of them may be), so that what is destroyed is a part of what was made, and the
lake has a level to come to. The sizes of the long one are printed, a line a month.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from statistics import mean

import pytest

from lineage.vernietiging import bewijzen
from pipeline.instellingen import Instellingen
from schemas.load import doelen, ontvangers
from tests.soak.duurproef import Duurproef, begin

pytestmark = pytest.mark.zwaar
MAANDEN = int(os.environ.get("KETEN_SOAK_MAANDEN", "4"))
PERSONEN = int(os.environ.get("KETEN_SOAK_PERSONEN", "400"))
LANG = MAANDEN >= 12
MEER = 1.25  # how much more the last part may be than the part before it: months differ


@pytest.fixture
def korte_termijnen(monkeypatch: pytest.MonkeyPatch) -> Iterator[int]:
    """Bewaartermijnen that end within the soak; returns the longest, in months."""
    most, least = max(MAANDEN // 2, 2), max(MAANDEN // 4, 1)
    for naam, doel in doelen().items():
        term = doel.bewaartermijn.model_copy(update={"minimum_maanden": least, "maximum_maanden": most})
        shorter = doel.model_copy(update={"bewaartermijn": term, "terugkijken_maanden": least})
        monkeypatch.setitem(doelen(), naam, shorter)
    yield most


def test_months_on_end(instellingen: Instellingen, korte_termijnen: int, tmp_path: Path) -> None:
    (instellingen.data / "certificaten").unlink()  # of its own, made when the clock has moved
    proef = begin(instellingen, tmp_path / "land", PERSONEN, MAANDEN)
    for periode in proef.perioden:
        proef.maand(periode)
        print(periode, proef.maanden[-1], flush=True)
    assert proef.volledig(proef.perioden[-1]) == []
    print(dict(proef.verteld))

    assert proef.verteld["correcties"] >= MAANDEN - 1
    assert proef.verteld["bewijzen"] == len(bewijzen(instellingen.grootboek)) > 0
    assert {naam for naam in proef.verteld if naam.startswith("retour")} == {"retour aangenomen"}
    _blijft_begrensd(proef, korte_termijnen)
    if LANG:
        served = {ontvanger for ontvanger, _ in proef.ontvangers.volgnummer}
        every = {naam for naam, item in ontvangers().items() if item.soort == "gemeente"}
        print(f"{len(served)} ontvangers bediend, van {len(every)} gemeenten {len(every & served)}")


def _blijft_begrensd(proef: Duurproef, termijn: int) -> None:
    """Files come to a level when the first have had their term; the ledger, which is kept, grows evenly."""
    level = proef.maanden[termijn:]
    for naam in ("lake", "runs", "landing", "uitleveringen"):
        before, after = _helften([maand[naam] for maand in level])
        assert after <= MEER * before, (naam, before, after)
    grown = [
        later["rijen"] - earlier["rijen"] for earlier, later in zip(proef.maanden, proef.maanden[1:], strict=False)
    ]
    before, after = _helften(grown)
    assert after <= MEER * before, ("grootboek", before, after)
    peaks = [maand["piek"] for maand in proef.maanden[1:]]
    before, after = _helften(peaks)
    assert after <= MEER * before, ("geheugen", before, after)


def _helften(waarden: list[int]) -> tuple[float, float]:
    half = len(waarden) // 2
    return mean(waarden[:half] or waarden), mean(waarden[half:])
