"""No input may make a test hang: each gets a minute, or what its module says in `SECONDEN`. Kills are in `gedood`."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from types import FrameType

import pytest

from tests.e2e.eenmalig import eenmalig
from tests.fault.gedood import Ongestoord, doorloop
from tests.fault.proces import Ploeg

SECONDS = 60 + int(os.environ.get("KETEN_GROOT_MB", "0"))  # more for larger files than usual


@pytest.fixture(autouse=True)
def tijdslimiet(request: pytest.FixtureRequest) -> Iterator[None]:
    seconds = getattr(request.module, "SECONDEN", SECONDS)

    def stop(_: int, __: FrameType | None) -> None:
        raise TimeoutError(f"na {seconds} seconden nog bezig")

    before = signal.signal(signal.SIGALRM, stop)
    signal.alarm(seconds)
    yield
    signal.alarm(0)
    signal.signal(signal.SIGALRM, before)


@pytest.fixture(scope="session")
def ongestoord(tmp_path_factory: pytest.TempPathFactory) -> Ongestoord:
    """The chain of steps as it goes when nothing happens."""
    return Ongestoord(eenmalig(tmp_path_factory, "fouten", doorloop))


@pytest.fixture(scope="module")
def ploeg(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ploeg]:
    """A process that does steps in copies of itself."""
    made = Ploeg(tmp_path_factory.mktemp("ploeg"))
    yield made
    made.sluit()
