"""Figures for Prometheus: each is a line that its own grammar allows, and says what the ledger says."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from typer.testing import CliRunner

from lineage import deadlines
from lineage.ledger import Stap, now
from pipeline.cli import app
from pipeline.instellingen import Instellingen
from pipeline.metrieken import metrieken
from tests.unit.test_ledger import levering, run, uitlevering

# Of the exposition format, version 0.0.4.
REGEL = re.compile(r'^[a-z_]+\{([a-z_]+="([^"\\\n]|\\[\\"n])*",?)*\} \d+$')


@pytest.fixture
def gevuld(instellingen: Instellingen) -> Instellingen:
    ledger = instellingen.grootboek
    for nummer, status in enumerate(("ontvangen", "ontvangen", "geparkeerd"), 1):
        values = {**levering(nummer, status=status), "code": "L-LEEG" if status == "geparkeerd" else None}
        ledger.registreer_levering(values, [], Stap("ontvang", values["levering_id"], status=status))
    run(ledger, "a")
    ledger.neem_voor([uitlevering("a", "0344", 1, "geleverd"), uitlevering("a", "0363", 1, "geleverd")])
    return instellingen


def test_deadlines_that_were_missed_are_counted(gevuld: Instellingen) -> None:
    ledger = gevuld.grootboek
    deadlines.stel(ledger, "vsv", {f"2026-0{maand}": date(2026, maand + 1, 15) for maand in (1, 2, 3)})
    deadlines.haal(ledger, "vsv", "2026-01", datetime(2026, 2, 10, tzinfo=UTC))
    deadlines.mis(ledger, "vsv", "2026-02")
    lines = [line for line in metrieken(ledger).splitlines() if line.startswith("keten_deadlines{")]
    assert lines == [f'keten_deadlines{{product="vsv",stand="{stand}"}} 1' for stand in ("gehaald", "gemist", "loopt")]


def test_counts_are_those_of_the_ledger(gevuld: Instellingen) -> None:
    lines = metrieken(gevuld.grootboek).splitlines()
    assert 'keten_leveringen{bron="uwv",status="ontvangen",code=""} 2' in lines
    assert 'keten_leveringen{bron="uwv",status="geparkeerd",code="L-LEEG"} 1' in lines
    assert 'keten_uitleveringen{product="vsv",status="geleverd",code=""} 2' in lines
    [last] = [line for line in lines if line.startswith('keten_laatste_stap_seconden{soort="signaleer",product="vsv"}')]
    assert abs(int(last.split()[-1]) - datetime.now(UTC).timestamp()) < 600
    assert abs(int(last.split()[-1]) - now().timestamp()) < 600


def test_every_line_is_of_the_format(gevuld: Instellingen) -> None:
    deadlines.stel(gevuld.grootboek, "vsv", {"2026-01": date(2026, 2, 15)})
    gevuld.grootboek.schrijf_stap(Stap('vreemd "\\\n', "x"))
    lines = metrieken(gevuld.grootboek).split("\n")
    assert lines.pop() == ""
    figures = [line for line in lines if not line.startswith("# ")]
    assert len(figures) > 5
    assert [line for line in figures if not REGEL.match(line)] == []
    names = {line.partition("{")[0] for line in figures}
    assert {line.split()[2] for line in lines if line.startswith("# TYPE")} == names
    assert len(figures) == len({line.rpartition(" ")[0] for line in figures})


def test_command_shows_and_writes(gevuld: Instellingen, tmp_path: Path) -> None:
    env = {"KETEN_DATA": str(gevuld.data), "COLUMNS": "80"}
    shown = CliRunner().invoke(app, ["metrieken"], env=env, catch_exceptions=False)
    file = tmp_path / "keten.prom"
    CliRunner().invoke(app, ["metrieken", "--uit", str(file)], env=env, catch_exceptions=False)
    assert shown.output == file.read_text(encoding="utf-8") == metrieken(gevuld.grootboek)
    assert list(tmp_path.glob(".keten*")) == []
