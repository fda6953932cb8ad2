"""Measuring: what a process is seen to do, what a table and a page say of it, and what a disk must have."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from demo.land import BRONNEN
from pipeline.instellingen import Instellingen
from pipeline.meting import blad, grens, stap
from pipeline.meting.maand import Fase
from pipeline.meting.peers import Peer
from pipeline.meting.proces import Gedaan, Gemeten, Klok, ProcesMislukt, meet
from pipeline.meting.stap import DEUR, RAPPORT, UITLEVERING
from pipeline.meting.uitslag import Uitslag
from pipeline.meting.voorraad import Proef, TeWeinigSchijf, Voorraad, leverende_bronnen, opdracht

PROEF = Proef(17_500_000, "2026-03", 11, 1)


def gemeten(seconden: float, **gedaan: int) -> Gemeten:
    return Gemeten(Gedaan(seconden=seconden, processor=seconden, **gedaan), seconden + 1, seconden, 500_000_000)


@pytest.fixture
def uitslag() -> Uitslag:
    fasen = [
        Fase(DEUR, "uwv", gemeten(20.0, rijen=60_000_000, bytes=4_000_000_000, opnieuw=1_000_000_000), gemeten(8.0)),
        Fase(UITLEVERING, "vsv", gemeten(10.0, rijen=1_000, bytes=2_000_000), gemeten(2.0)),
        Fase(RAPPORT, "", gemeten(1.0, bytes=400_000), None),
    ]
    peer = Peer("inkomsten: gewoon", 300.0, 9 * 10**9, 1_000, True, 30.0, 500_000_000)
    return Uitslag(PROEF, fasen, {"vsv": gemeten(3.0)}, [peer])


def test_a_process_is_seen_from_outside(tmp_path: Path) -> None:
    gezien = meet("pipeline.meting.grens", opdracht(Instellingen(data=tmp_path), UITLEVERING, grootte=30_000_000))
    assert 0 < gezien.gedaan.seconden < gezien.looptijd
    assert 0 < gezien.gedaan.processor < gezien.processortijd
    assert 50e6 < gezien.geheugen < 1e9
    assert list(tmp_path.iterdir()) == []


def test_a_process_that_fails_says_what_it_was_doing(tmp_path: Path) -> None:
    with pytest.raises(ProcesMislukt, match="dit bestaat niet uwv: KeyError"):
        meet("pipeline.meting.grens", opdracht(Instellingen(data=tmp_path), "dit bestaat niet", "uwv"))


def test_every_stage_but_the_report_has_a_limit() -> None:
    assert stap.STAPPEN.keys() - grens.GRENZEN.keys() == {stap.RAPPORT, stap.NIETS}


def test_processor_time_of_work() -> None:
    klok = Klok()
    sum(nr * nr for nr in range(200_000))
    gedaan = klok.klaar(Gedaan(rijen=3))
    assert gedaan.rijen == 3
    assert gedaan.processor > 0
    assert gedaan.seconden > 0


def test_sums_and_ratios(uitslag: Uitslag) -> None:
    assert [fase.verhouding for fase in uitslag.fasen] == [2.5, 5.0, None]
    totaal = uitslag.als_json()["totaal"]
    assert (totaal["seconden"], totaal["grens"], totaal["verhouding"]) == (31.0, 10.0, 3.1)
    assert totaal["geheugen"] == 500_000_000


def test_the_tables_say_it(uitslag: Uitslag) -> None:
    console = Console(width=200)
    with console.capture() as capture:
        console.print(uitslag.tabel(), uitslag.peertabel())
    text = capture.get()
    (door,) = (line.split() for line in text.splitlines() if line.strip().startswith("deur"))
    assert door == ["deur", "uwv", "60.000.000", "4000", "1000", "20.0", "200", "0.50", "8.0", "2.5"]
    (peer,) = (line.split() for line in text.splitlines() if "gewoon" in line)
    assert peer[-6:] == ["ja", "300.0", "30.0", "10.0", "9.00", "0.50"]


def test_the_page_has_the_figures_and_the_chart(
    uitslag: Uitslag, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    page, chart = tmp_path / "performance.md", tmp_path / "performance.svg"
    page.write_text(blad.BLAD.read_text(encoding="utf-8"), encoding="utf-8")
    monkeypatch.setattr(blad, "BLAD", page)
    monkeypatch.setattr(blad, "GRAFIEK", chart)
    for _ in range(2):  # the second time puts the same in its place
        blad.schrijf([json.loads(uitslag.bewaar(tmp_path).read_text(encoding="utf-8"))])
    text = page.read_text(encoding="utf-8")
    assert text.count("### 17,500,000 persons, 11 earlier months") == 1
    assert "| deur | uwv | 60,000,000 | 4,000 | 1,000 | 20.0 | 200 | 0.50 | 8.0 | 2.5 |" in text
    assert "Not measured yet" not in text
    assert "4.0 s for the slowest product" in text
    assert text.rstrip().endswith(blad.BLAD.read_text(encoding="utf-8").rstrip()[-80:])
    assert "million persons" in chart.read_text(encoding="utf-8")


def test_the_chart_compares_what_differs_in_size_only(uitslag: Uitslag) -> None:
    def meting(personen: int, eerder: int, seconden: float) -> dict[str, Any]:
        values = uitslag.als_json()
        values["proef"] |= {"personen": personen, "eerder": eerder}
        values["totaal"] |= {"seconden": seconden}
        return values

    measured = [(10**6, 11, 17.5), (10**6, 1, 12.5), (10**7, 1, 98.5), (10**6, 1, 13.5)]
    drawn = blad.teken([meting(*each) for each in measured])
    assert "1 earlier month<" in drawn
    assert "98.5" in drawn
    assert "12.5" in drawn
    assert "13.5" not in drawn  # slower
    assert "17.5" not in drawn  # with more months


def test_what_the_disk_must_have(tmp_path: Path) -> None:
    """Of a whole country less than a small disk holds; a country without end is refused before it is begun."""
    assert 90e9 < PROEF.schijf < 130e9
    groot = Voorraad(Instellingen(data=tmp_path), Proef(10**12, "2026-03", 11, 1), print)
    with pytest.raises(TeWeinigSchijf, match="GB nodig"):
        groot.ruimte()
    assert list(groot.map.iterdir()) == []


def test_an_installation_of_its_own(tmp_path: Path) -> None:
    """Nothing of a measurement comes in the data folder of the installation, or in its ledger; its limits hold."""
    eigen = Instellingen(
        data=tmp_path, ledger="postgresql://elders/ledger", geheugen="1GB", werkmap=tmp_path / "elders"
    )
    voorraad = Voorraad(eigen, PROEF, print)
    for each in (voorraad.basis, voorraad.werk):
        assert each.map().is_relative_to(tmp_path / "benchmark")
        assert each.ledger_url.startswith("sqlite:///")
        assert all(pad.is_relative_to(each.map()) for pad in each.paden.values())
        assert each.geheugen == "1GB"


def test_populations_pass_the_door_first() -> None:
    volgorde = leverende_bronnen()
    assert set(volgorde) == BRONNEN
    assert set(volgorde[:2]) == {"duo", "gemeente"}


def test_a_month_that_was_removed_is_made_again(tmp_path: Path) -> None:
    """Somebody may have made room with it."""
    voorraad = Voorraad(Instellingen(data=tmp_path), Proef(400, "2026-03", 0, 1), print)
    first = voorraad.maak()
    assert first
    shutil.rmtree(voorraad.map / "maand")
    assert voorraad.maak() == first
