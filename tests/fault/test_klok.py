"""The clock is put back, between steps and within one: nothing lasts less than nothing, and the order stays."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from lineage import tabellen as t
from lineage.ledger import Stap, now
from message_formats.lees import lees_map
from pipeline.bewaren.bewijs import verifieer
from pipeline.instellingen import Instellingen
from pipeline.logboek import Logboek
from tests.bewaar import rijen
from tests.fault.gedood import Ongestoord
from tests.fault.proces import Ploeg, kopieer
from tests.geopend import opener

SECONDEN = 600
UUR, DAG = 3600, 86400
KETEN = (
    "inname", "deur", "verslag", "besluit", "signaleer", "lever", "inkomsten", "maart", "signaleer maart",
    "lever maart", "antwoorden", "retour", "rotatie", "ongegrond",
)  # fmt: skip


@pytest.mark.zwaar
@pytest.mark.parametrize("terug", [UUR, DAG], ids=["uur", "dag"])
def test_back_between_steps_and_within_each(ploeg: Ploeg, ongestoord: Ongestoord, tmp_path: Path, terug: int) -> None:
    """Every step begins before the one before it did, and its clock goes back once more after it began."""
    data = kopieer(ongestoord.voor("inname"), tmp_path / "var")
    begin = datetime.fromisoformat(ongestoord.klok) + timedelta(seconds=terug * 2 * len(KETEN))
    for nummer, stap in enumerate(KETEN):
        klok = (begin - timedelta(seconds=2 * terug * nummer)).isoformat()
        done = ploeg.doe(stap, data, klok=klok, terug=terug)
        assert done["status"] == 0, (stap, done)

    instellingen = Instellingen(data=data)
    steps = rijen(instellingen, t.stap)
    assert len(steps) > len(KETEN)
    assert [row for row in steps if row["beeindigd_op"] < row["begonnen_op"]] == []
    assert not Logboek(instellingen).controleer().breuken
    assert verifieer(instellingen).problemen == ()
    for row in Logboek(instellingen).handelingen():
        assert row[1]["end_time"] >= row[1]["start_time"]
    sent = [row for row in rijen(instellingen, t.uitlevering) if row["volgnummer"]]
    order = {row["run_id"]: row["volgorde"] for row in rijen(instellingen, t.productrun)}
    for ontvanger, product in {(row["ontvanger"], row["product"]) for row in sent}:
        own = sorted(
            (row["volgnummer"], order[row["run_id"]])
            for row in sent
            if (row["ontvanger"], row["product"]) == (ontvanger, product)
        )
        assert [nummer for nummer, _ in own] == list(range(1, len(own) + 1))
        assert [volgorde for _, volgorde in own] == sorted(volgorde for _, volgorde in own)
    outcome = lees_map(instellingen.uitleveringen, opener(instellingen))
    assert outcome.goed, [str(each) for each in outcome.problemen][:5]
    # What was found ungrounded is gone although the clock says that it was judged before it was sent.
    numbers = {row["signaal_id"] for row in rijen(instellingen, t.terugmelding)}
    assert numbers
    assert {row["reden"] for row in rijen(instellingen, t.vernietiging)} >= {"ongegrond"}


def test_outcome_row_does_not_end_before_it_began(instellingen: Instellingen) -> None:
    stap = Stap("proef", "x")
    stap.begonnen_op = now() + timedelta(days=1)
    instellingen.grootboek.schrijf_stap(stap)
    (row,) = instellingen.grootboek.rijen(sa.select(t.stap))
    assert row["beeindigd_op"] == row["begonnen_op"]
