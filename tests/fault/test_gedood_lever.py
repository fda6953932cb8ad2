"""Killed while messages are made and delivered."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.fault.gedood import Ongestoord, dood_overal
from tests.fault.proces import Ploeg

SECONDEN = 900


@pytest.mark.zwaar
@pytest.mark.parametrize("stap", ["lever", "lever maart"])
def test_killed_at_every_transition(ploeg: Ploeg, ongestoord: Ongestoord, stap: str, tmp_path: Path) -> None:
    assert dood_overal(ploeg, ongestoord, stap, tmp_path) > 0
