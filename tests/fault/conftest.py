"""No input may make a test hang: each gets a minute."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from types import FrameType

import pytest

SECONDS = 60 + int(os.environ.get("KETEN_GROOT_MB", "0"))  # more for larger files than usual


@pytest.fixture(autouse=True)
def tijdslimiet() -> Iterator[None]:
    def stop(_: int, __: FrameType | None) -> None:
        raise TimeoutError(f"na {SECONDS} seconden nog bezig")

    before = signal.signal(signal.SIGALRM, stop)
    signal.alarm(SECONDS)
    yield
    signal.alarm(0)
    signal.signal(signal.SIGALRM, before)
