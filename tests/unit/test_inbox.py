"""The inbox gives folders in the order in which they were put down, whatever their names and however fast."""

from __future__ import annotations

from pathlib import Path

from demo.land import Aanlevering
from pipeline.demonstratie import bied_aan
from pipeline.instellingen import Instellingen
from pipeline.levering.inbox import nieuwe_aanleveringen

NAMEN = [f"2026-01-uwv{nr}" for nr in range(199, 99, -1)]  # the first put down is the last by name


def test_folders_put_down_within_a_tick_keep_their_order(instellingen: Instellingen, tmp_path: Path) -> None:
    leeg = [tmp_path / naam for naam in NAMEN]
    for pad in leeg:
        pad.mkdir()
    bied_aan(instellingen, [Aanlevering("uwv", "2026-01", "uwv", pad, "2026-01", 1) for pad in leeg])
    assert nieuwe_aanleveringen(instellingen, "uwv") == NAMEN
