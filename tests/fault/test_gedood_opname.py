"""A process that is killed while it makes an opname, at every place where something changes."""

from __future__ import annotations

import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from pipeline.instellingen import Instellingen
from pipeline.levering import opname
from pipeline.toelaten import toelaten
from tests.bouw import CHECKOUT, IKV, ikv, neem_op, populatie_csv, schrijf_csv
from tests.fault.inputs.geval import ANDERE, GOED
from tests.fault.plaatsen import plaatsen
from tests.opgenomen import ALLES, beeld, bekende_opnames, opnames

pytestmark = pytest.mark.zwaar
SECONDEN = 300
MODULES = ("pipeline/levering/opname.py", "pipeline/levering/opnamebestand.py")
# Of a reading that breaks off: tests/unit/test_opname.py sees that nothing is left.
NIET = {"pipeline/levering/opnamebestand.py:Opnemer.breek_af wist"}


def gedood(data: Path, plaats: str, kant: str) -> None:
    """Passes everything, with another reader, in a process that dies at a place."""
    script = f"""
from pathlib import Path
from pipeline.instellingen import Instellingen
from pipeline.levering import opname
from pipeline.toelaten import toelaten
from tests.fault.opname import Moment, Opname
opname.VANAF = 0
opname.leescode = lambda: "een andere lezer"
instellingen = Instellingen(data=Path({str(data)!r}))
Opname(instellingen.map(), Moment({plaats!r}, 1, {kant!r})).begin()
toelaten(instellingen)
"""
    done = subprocess.run([sys.executable, "-c", script], cwd=CHECKOUT, check=False, capture_output=True, timeout=120)
    assert done.returncode == -signal.SIGKILL, done.stderr.decode()


def test_killed_at_every_change(instellingen: Instellingen, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """An opname is made in the place of one by another reader; wherever that ends, the same call finishes it."""
    neem_op(instellingen, "gemeente", {"b.csv": populatie_csv([GOED])})
    neem_op(instellingen, "uwv", {"i.csv": schrijf_csv(IKV, [ikv(GOED), ikv(ANDERE)])})
    monkeypatch.setattr(opname, "VANAF", ALLES)
    toelaten(instellingen)
    neem_op(instellingen, "gemeente", {"b.csv": populatie_csv([ANDERE])}, "2026-02")
    before = shutil.copytree(instellingen.data, tmp_path / "voor", symlinks=True)
    monkeypatch.setattr(opname, "leescode", lambda: "een andere lezer")
    toelaten(instellingen)
    ongestoord = beeld(instellingen), bekende_opnames(instellingen)
    assert len(ongestoord[1]) == 3
    places = {plaats.naam for plaats in plaatsen() if plaats.module in MODULES} - NIET
    assert len(places) == 3  # opened, put in place, the old one removed
    for nummer, (plaats, kant) in enumerate((plaats, kant) for plaats in sorted(places) for kant in ("voor", "na")):
        data = shutil.copytree(before, tmp_path / f"dood-{nummer}", symlinks=True)
        gedood(data, plaats, kant)
        again = Instellingen(data=data)
        toelaten(again)
        assert (beeld(again), bekende_opnames(again)) == ongestoord, (plaats, kant)
        whole = {pad.relative_to(data).as_posix() for pad in opnames(again) if not pad.name.startswith(".")}
        assert whole == ongestoord[1].keys(), (plaats, kant)
