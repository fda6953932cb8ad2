"""Opnames of everything hostile."""

from __future__ import annotations

import pytest

from pipeline.instellingen import Instellingen
from pipeline.levering import opname
from pipeline.toelaten import toelaten
from tests.bouw import IKV, ikv, neem_op, populatie_csv, schrijf_csv
from tests.fault.inputs import GEVALLEN
from tests.fault.inputs.geval import ANDERE, GOED
from tests.opgenomen import ALLES, opnames, vergelijk

SECONDEN = 300


@pytest.mark.zwaar
def test_hostile_files_give_from_an_opname_what_reading_gives(
    instellingen: Instellingen, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Files that are put aside, members that break off, records that cannot be read: beside a good file each."""
    monkeypatch.setattr(opname, "VANAF", ALLES)
    neem_op(instellingen, "gemeente", {"b.csv": populatie_csv([GOED])})
    for nummer, geval in enumerate(GEVALLEN):
        goed = schrijf_csv(IKV, [ikv(GOED, nummer), ikv(ANDERE, nummer)])
        neem_op(instellingen, geval.bron, {"goed.csv": goed, geval.bestand: geval.inhoud})
    toelaten(instellingen)
    assert len(opnames(instellingen)) > len(GEVALLEN) / 2
    vergelijk(instellingen, monkeypatch)
