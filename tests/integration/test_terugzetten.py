"""The runbook for a restore, followed as it stands: an installation is lost with its ledger, and comes back."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from pipeline.instellingen import Instellingen
from pipeline.proefketen import maak_proefketen
from pipeline.werk import draai
from tests.bouw import CHECKOUT
from tests.e2e.keten import FEBRUARI, neem_jongeren_op
from tests.postgres import Cluster, cluster

pytestmark = pytest.mark.zwaar
PAGINA = (CHECKOUT / "docs" / "runbooks" / "terugzetten.md").read_text(encoding="utf-8")
BLOKKEN = [
    (taal, re.sub(r"^ +", "", block, flags=re.MULTILINE))
    for taal, block in re.findall(r"^ *```(\w*)\n(.*?)^ *```$", PAGINA, re.DOTALL | re.MULTILINE)
]
KOPIE, TERUG = (block for taal, block in BLOKKEN if not taal)  # what the operating system and PostgreSQL do
KETEN = [line for taal, block in BLOKKEN if taal for line in block.splitlines()]


def _doe(server: Cluster, folder: Path, data: Path, url: str, script: str) -> subprocess.CompletedProcess[str]:
    environment = {naam: waarde for naam, waarde in os.environ.items() if not naam.startswith("KETEN_")}
    environment |= {"KETEN_DATA": str(data), "KETEN_LEDGER": url, "COLUMNS": "240"}
    environment["PATH"] = f"{Path(sys.executable).parent}:{server.binaries}:{os.environ['PATH']}"
    return subprocess.run(
        ["bash", "-euo", "pipefail", "-c", script],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )


def test_what_was_lost_comes_back(tmp_path: Path) -> None:
    data, apart = tmp_path / "data", tmp_path / "apart"
    with cluster() as server:
        url = server.maak("grootboek")
        instellingen = Instellingen(data=data, ledger=url)
        maak_proefketen(instellingen)
        neem_jongeren_op(instellingen, FEBRUARI)
        draai(instellingen, "vsv", FEBRUARI)
        (run,) = (each.name for each in (data / "runs" / "vsv" / FEBRUARI).iterdir())
        instellingen.grootboek._engine.dispose()
        for naam in ("sleutels", "certificaten"):
            shutil.copytree(data / naam, apart / naam)
        done = _doe(server, tmp_path, data, url, KOPIE)
        assert done.returncode == 0, done.stderr
        assert "master.key" not in subprocess.check_output(["tar", "tzf", tmp_path / "data.tar.gz"], text=True)

        shutil.rmtree(data)
        data.mkdir(mode=0o750)
        url = server.maak("nieuw")
        gone = _doe(server, tmp_path, data, url, "keten gezond --onderdeel grootboek --onderdeel sleutel")
        assert (gone.returncode, "G-TABELLEN" in gone.stdout, "P-SLEUTEL" in gone.stdout) == (3, True, True)

        done = _doe(server, tmp_path, data, url, TERUG)
        assert done.returncode == 0, done.stderr
        for naam in ("sleutels", "certificaten"):
            shutil.copytree(apart / naam, data / naam)

        assert len(KETEN) == 6
        for opdracht in KETEN:
            done = _doe(server, tmp_path, data, url, re.sub(r"vsv-\d{4}-\d\d-[0-9a-f]{12}", run, opdracht))
            assert done.returncode == 0, f"{opdracht}\n{done.stdout}{done.stderr}"
        assert "alles is gelijk aan toen" in done.stdout
