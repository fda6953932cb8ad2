"""Killed once more while it is finishing, or clearing away, what a process that was killed before left."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.fault.gedood import Ongestoord, dood_overal
from tests.fault.herstel import HERSTEL
from tests.fault.opname import NA, VOOR
from tests.fault.proces import Ploeg

SECONDEN = 900


@pytest.mark.zwaar
@pytest.mark.parametrize("plaats", HERSTEL)
@pytest.mark.parametrize("kant", [VOOR, NA])
def test_killed_again(ploeg: Ploeg, ongestoord: Ongestoord, plaats: str, kant: str, tmp_path: Path) -> None:
    stap, eerst = HERSTEL[plaats]
    dood_overal(ploeg, ongestoord, stap, tmp_path, [(eerst, (plaats, 1, kant))])
