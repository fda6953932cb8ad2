"""A step whose counts do not add up fails, and nothing of it counts or leaves."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from lineage import tabellen as t
from pipeline.instellingen import Instellingen
from pipeline.levering.telling import Telling
from pipeline.uitlevering.samenstel import Samenstelling
from pipeline.werk import draai
from schemas.fout import KetenFout
from tests.e2e.keten import FEBRUARI, neem_jongeren_op

pytestmark = pytest.mark.zwaar


def test_a_run_that_lost_a_signal_delivers_nothing(instellingen: Instellingen, monkeypatch: pytest.MonkeyPatch) -> None:
    neem_jongeren_op(instellingen, FEBRUARI)
    monkeypatch.setattr(Samenstelling, "vervallen", 1)
    with pytest.raises(KetenFout, match="U-AANSLUITING"):
        draai(instellingen, "vsv", FEBRUARI)
    steps = instellingen.grootboek.rijen(sa.select(t.stap).where(t.stap.c.soort == "lever"))
    assert [(step["status"], step["code"]) for step in steps] == [("mislukt", "U-AANSLUITING")]
    assert not instellingen.uitleveringen.exists() or not list(instellingen.uitleveringen.rglob("*.json"))
    monkeypatch.undo()
    assert draai(instellingen, "vsv", FEBRUARI).uitlevering.ontvangers["geleverd"]


def test_a_levering_of_which_a_record_got_lost_does_not_pass(
    instellingen: Instellingen, monkeypatch: pytest.MonkeyPatch
) -> None:
    count = Telling.van_tabel
    monkeypatch.setattr(Telling, "van_tabel", lambda self, tabel: count(self, tabel) + 1)
    neem_jongeren_op(instellingen, FEBRUARI)
    with pytest.raises(KetenFout, match="L-AANSLUITING"):
        draai(instellingen, "vsv", FEBRUARI)
    assert not instellingen.grootboek.rijen(sa.select(t.doorgang))
