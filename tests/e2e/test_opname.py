"""The second month of a small country, with all formats in which bronnen deliver: from opnames and by reading."""

from __future__ import annotations

from pathlib import Path

import pytest

from demo.land import BRONNEN, maak_land
from pipeline import passage
from pipeline.demonstratie import bied_aan
from pipeline.instellingen import Instellingen
from pipeline.levering import opname
from pipeline.levering.inbox import neem_in, nieuwe_aanleveringen
from pipeline.toelaten import toelaten
from schemas.load import bronnen
from tests.opgenomen import ALLES, NIETS, beeld, opnames, zonder_opnames

FEBRUARI, MAART = "2026-02", "2026-03"


@pytest.mark.zwaar
def test_second_month_is_the_same(instellingen: Instellingen, monkeypatch: pytest.MonkeyPatch) -> None:
    land = maak_land(instellingen.map("landing", "demo"), personen=1_000, periode=MAART, maanden=2, seed=1)

    def neem_maand_in(ontvangen: str) -> None:
        bied_aan(instellingen, [item for item in land if item.ontvangen == ontvangen])
        for bron in bronnen():
            for naam in nieuwe_aanleveringen(instellingen, bron):
                neem_in(instellingen, bron, naam)

    monkeypatch.setattr(opname, "VANAF", ALLES)
    neem_maand_in(FEBRUARI)
    toelaten(instellingen)
    recorded = {(pad.parent.parent.name, pad.name[:6]) for pad in opnames(instellingen)}
    assert {levering_id.partition("-")[0] for levering_id, _ in recorded} == {*BRONNEN}
    neem_maand_in(MAART)
    ander = zonder_opnames(instellingen, instellingen.data.with_name("ander"))
    with monkeypatch.context() as context:
        context.setattr(opname, "VANAF", NIETS)
        toelaten(ander)

    lees, read = passage.lees_bestand, set[tuple[str, str]]()

    def telt(path: Path, *rest: object) -> object:
        read.add((path.parent.name, path.name[:6]))
        return lees(path, *rest)  # type: ignore[arg-type]

    monkeypatch.setattr(passage, "lees_bestand", telt)
    toelaten(instellingen)
    assert read and not read & recorded  # what passed again came from its opname
    mine, theirs = beeld(instellingen), beeld(ander)
    assert mine.keys() == theirs.keys()
    assert [naam for naam in mine if mine[naam] != theirs[naam]] == []
    assert {row["reden"][:2] for row in mine["telling"]} >= {"D-", "R-", "W-"}
