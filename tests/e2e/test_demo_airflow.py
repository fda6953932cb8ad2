"""`keten demo`: the real DAGs on a small country, twice."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from message_formats.lees import lees_map
from pipeline.instellingen import Instellingen
from tests.bouw import CHECKOUT
from tests.e2e.eenmalig import vingerafdruk
from tests.e2e.speur import Speurder
from tests.e2e.test_geplant_bsn import MAG_ERIN, met_signaal
from tests.geopend import geopend, opener

pytestmark = pytest.mark.zwaar
COMMAND = "import sys; from pipeline.cli import main; sys.argv[0] = 'keten'; main()"


def _demo(data: Path) -> str:
    env = {naam: waarde for naam, waarde in os.environ.items() if not naam.startswith(("KETEN_", "AIRFLOW"))}
    env |= {"KETEN_DATA": str(data), "COLUMNS": "200", "TERM": "dumb"}
    outcome = subprocess.run(
        [sys.executable, "-c", COMMAND, "demo", "--personen", "600"],
        cwd=CHECKOUT,
        env=env,
        capture_output=True,
        text=True,
        timeout=400,
        check=False,
    )
    assert outcome.returncode == 0, outcome.stdout[-2000:] + outcome.stderr[-2000:]
    assert "Traceback" not in outcome.stderr
    return outcome.stdout


def test_demo_twice(tmp_path: Path) -> None:
    data = tmp_path / "var"

    first = _demo(data)
    before = vingerafdruk(data)
    second = _demo(data)
    after = vingerafdruk(data)

    # What it prints is true.
    assert re.search(r"Klaar: \d+ DAG-runs over 2026-02, 2026-03", first)
    deliveries, report = (Path(re.search(rf"{woord}: +(\S.*)", first)[1]) for woord in ("ontvanger", "Rapport"))  # type: ignore[index]
    assert deliveries == data / "uitleveringen"
    assert report == data / "rapport" / "index.html"
    assert "<html" in report.read_text(encoding="utf-8")
    uitkomst = lees_map(deliveries, opener(Instellingen(data=data)))
    assert uitkomst.goed, [str(probleem) for probleem in uitkomst.problemen]
    assert {str(levering.envelop["periode"]) for levering in uitkomst.leveringen} == {"2026-02", "2026-03"}
    products = {str(levering.envelop["bericht_code"]) for levering in uitkomst.leveringen}
    assert products == {"inkomstenbericht", "kvkbericht", "kwijtscheldingsbericht", "vsvbericht"}

    # A second time nothing changes, not even Airflow's own files.
    assert "Er was niets te doen" in second
    assert {naam for naam in before.keys() | after.keys() if before.get(naam) != after.get(naam)} == set()

    # Airflow leaves no burgerservicenummer behind either: not in logs, not in XCom, not in its databases.
    assert any(naam.startswith("airflow/") and naam.endswith(".db") for naam in before)
    persons = sorted(met_signaal(geopend(Instellingen(data=data))))
    assert len(persons) > 50
    assert Speurder(persons[:: len(persons) // 25]).zoek(data, MAG_ERIN) == []
