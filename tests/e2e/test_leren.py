"""Every command in the tutorials, run in order as it stands there."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from pipeline.instellingen import Instellingen
from tests.bouw import CHECKOUT
from tests.e2e.keten import FEBRUARI, UTRECHT
from tests.e2e.test_retour import als_json, antwoord

pytestmark = pytest.mark.zwaar
BIN = Path(sys.executable).parent


def _blokken(pagina: str) -> list[str]:
    text = (CHECKOUT / "docs" / "leren" / pagina).read_text(encoding="utf-8")
    found = re.findall(r"```sh\n(.*?)```", text, re.DOTALL)
    assert len(found) > 3
    return found


def _doe(script: str, folder: Path) -> str:
    environment = {naam: waarde for naam, waarde in os.environ.items() if not naam.startswith("KETEN_")}
    environment |= {"PATH": f"{BIN}:{os.environ['PATH']}", "COLUMNS": "240"}
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", script],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, f"{script}\n{done.stdout}{done.stderr}"
    return done.stdout


def test_first_run(tmp_path: Path) -> None:
    """In a folder of its own, with what the page says to look up filled in from what the commands before it showed."""
    setup, *blocks = _blokken("first-run.md")
    path, demo = setup.splitlines()
    assert path.startswith("export PATH=")
    (tmp_path / ".venv").symlink_to(BIN.parent)
    said: list[str] = []
    for block in (f"{demo}\n", *blocks):
        script = block
        if "<signaalId>" in block:
            (signaal, *_) = re.findall(r"INK-\d\d ([0-9a-f]{32})\b", said[-1])
            script = block.replace("<signaalId>", signaal)
        if "<run>" in block:
            (run,) = (each.name for each in (tmp_path / "proef" / "runs" / "vsv" / "2026-03").iterdir())
            script = block.replace("<run>", run)
        said.append(_doe(f"{path}\n{script}", tmp_path))
    demo_said, status, came_in, opened, origin, again, twice = said
    assert "Klaar: " in demo_said
    assert "aan de beurt" not in status
    assert "Geparkeerd" in status
    assert "uwv.inkomstenopgave" in came_in
    assert "goed" in opened
    assert "uwv-2026-0" in origin
    assert "alles is gelijk aan toen" in again
    assert "niets te doen" in twice


def test_eerste_bericht(eigen_stad: Instellingen, tmp_path: Path) -> None:
    if shutil.which("openssl") is None:
        pytest.skip("openssl ontbreekt; CI heeft het")
    folder, certificaten = tmp_path / "proef", eigen_stad.certificaten.map
    shutil.copytree(eigen_stad.uitleveringen / UTRECHT / "vsv" / FEBRUARI, folder / "post")
    shutil.copy(certificaten / "demo" / "ontvangers" / f"{UTRECHT}.key", folder / "gemeente.key")
    shutil.copy(certificaten / "ontvangers" / f"{UTRECHT}.pem", folder / "gemeente.pem")
    shutil.copy(certificaten / "vertrouwd.pem", folder / "gezag.pem")
    (folder / "antwoord.json").write_bytes(als_json(antwoord(eigen_stad)))

    opened, shown, _, _ = (_doe(block, folder) for block in _blokken("eerste-bericht.md"))

    assert "goed" in opened
    assert "niet gecontroleerd" not in opened
    assert "bewijs" in shown
    assert [path.suffix for path in (folder / "bewaard").iterdir()] == [".csv"] * 2
    assert (folder / "antwoord.json.p7s").stat().st_size > 100
