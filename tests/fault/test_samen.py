"""Two schedulers that start the same step at the same moment: it is done once, and becomes what one makes of it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.fault.gedood import Ongestoord
from tests.fault.proces import Ploeg, kopieer
from tests.fault.toestand import verschillen

SECONDEN = 600
BEZIG = "V-BEZIG"  # who destroys or rotates does not wait for another who does


@pytest.fixture(scope="module")
def ander(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ploeg]:
    made = Ploeg(tmp_path_factory.mktemp("ander"))
    yield made
    made.sluit()


@pytest.mark.zwaar
@pytest.mark.parametrize(
    "stap", ["inname", "deur", "verslag", "signaleer", "lever", "retour", "ongegrond", "rotatie", "rapport", "opruimen"]
)
def test_same_step_twice_at_once(ploeg: Ploeg, ander: Ploeg, ongestoord: Ongestoord, tmp_path: Path, stap: str) -> None:
    data = kopieer(ongestoord.voor(stap), tmp_path / "var")
    for each in (ploeg, ander):
        each.vraag(stap, data, klok=ongestoord.klok)
    ended = [each.antwoord() for each in (ploeg, ander)]

    texts = [end.get("fout", "").strip().rpartition("\n")[2] for end in ended]
    assert [text for text in texts if text and BEZIG not in text] == []
    assert "" in texts  # one of them did it
    last = ploeg.doe(stap, data, klok=ongestoord.klok, opname=True, toestand=True)
    assert last["status"] == 0
    assert verschillen(ongestoord.van(stap)["toestand"], last["toestand"]) == []
