"""A month of a small country through `keten benchmark`: the same signals as the usual way, and ratios that hold.

`KETEN_BENCHMARK_PERSONEN` sets how large it is. Ratios are of processor time, of work only and in one run, so that they
say the same on a machine with other work. With few persons what a stage costs whatever its size weighs most, so the
ratios here are not those of a country (`docs/performance.md`); they fail when a stage becomes slower than it was.
"""

from __future__ import annotations

import os
from collections import defaultdict

import pytest

from pipeline.instellingen import Instellingen
from pipeline.meting.maand import draai_maand, draai_opnieuw
from pipeline.meting.peers import meet_peers
from pipeline.meting.stap import DEUR, INNAME, SIGNALEN, UITLEVERING
from pipeline.meting.uitslag import Uitslag
from pipeline.meting.voorraad import Proef, Voorraad
from schemas.load import producten

pytestmark = pytest.mark.zwaar
PERSONEN = int(os.environ.get("KETEN_BENCHMARK_PERSONEN", "20000"))
PERIODE = "2026-03"
# Processor time of a stage and of its limit; twice what was measured, so that noise passes and a regression does not.
HOOGSTENS = {INNAME: 9, DEUR: 9, SIGNALEN: 55, UITLEVERING: 110}


@pytest.fixture(scope="module")
def uitslag(tmp_path_factory: pytest.TempPathFactory) -> Uitslag:
    """An earlier month stored, the second measured, then run again unchanged and in other ways."""
    proef = Proef(PERSONEN, PERIODE, 1, 1)
    voorraad = Voorraad(Instellingen(data=tmp_path_factory.mktemp("benchmark")), proef, print)
    voorraad.ruimte()
    werk = voorraad.zet_klaar(voorraad.maak())
    fasen = list(draai_maand(werk, PERIODE, print))
    result = Uitslag(proef, fasen, draai_opnieuw(werk, PERIODE, print), meet_peers(werk, PERIODE, fasen, print))
    print(result.bewaar(voorraad.map).read_text(encoding="utf-8"))
    assert voorraad.maak() == voorraad.maak()  # nothing is made twice
    return result


def test_every_stage_did_its_work(uitslag: Uitslag) -> None:
    for fase in uitslag.fasen:
        gedaan = fase.stap.gedaan
        assert gedaan.bytes > 0, (fase.naam, fase.over)
        assert gedaan.seconden > 0
        assert fase.stap.geheugen > 30e6
    products = [fase.over for fase in uitslag.fasen if fase.naam == UITLEVERING]
    assert products == list(producten()) == list(uitslag.niets)
    delivered = sum(fase.stap.gedaan.rijen for fase in uitslag.fasen if fase.naam == UITLEVERING)
    assert delivered > PERSONEN / 50


def test_same_signals_as_the_usual_way(uitslag: Uitslag) -> None:
    """Pandas, hmac, lxml and json come to the same signals of product inkomsten; every engine to the same answer."""
    assert {peer.naam: peer.gelijk for peer in uitslag.peers} == {peer.naam: True for peer in uitslag.peers}
    assert uitslag.peers[0].rijen > PERSONEN / 100
    assert len(uitslag.peers) > 1


def test_no_stage_became_slower(uitslag: Uitslag) -> None:
    stage: defaultdict[str, float] = defaultdict(float)
    limit: defaultdict[str, float] = defaultdict(float)
    for fase in uitslag.fasen:
        if fase.grens:
            stage[fase.naam] += fase.stap.gedaan.processor
            limit[fase.naam] += fase.grens.gedaan.processor
    ratios = {naam: stage[naam] / limit[naam] for naam in (INNAME, DEUR, SIGNALEN, UITLEVERING)}
    print(ratios)
    assert {naam: ratio for naam, ratio in ratios.items() if ratio > HOOGSTENS[naam]} == {}
