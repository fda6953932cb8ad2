"""Patience with a channel: it is tried again when it fails, each time after a longer wait."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeVar

from tenacity import Retrying, retry_if_exception_type, stop_after_attempt, wait_exponential, wait_random

from connectors.kanaal import Storing

T = TypeVar("T")


@dataclass(frozen=True)
class Geduld:
    """How often a channel is tried, and how long is waited at first and at most, in seconds.

    A channel that failed every time is tried once a piece of work from then on, for as long as this lives: one step.
    """

    pogingen: int
    wacht: float
    hoogstens: float = 60.0
    _gestoord: set[str] = field(default_factory=set)

    def probeer(self, kanaal: str, werk: Callable[[], T], mislukt: Callable[[Storing], None]) -> T:
        """Does something with a channel; `mislukt` is called for every attempt that failed.

        Raises:
            Storing: the last attempt failed too.
        """
        times = 1 if kanaal in self._gestoord else self.pogingen

        def attempt() -> T:
            try:
                return werk()
            except Storing as storing:
                mislukt(storing)
                raise

        wait = wait_exponential(self.wacht, self.hoogstens) + wait_random(0, self.wacht)
        retrying = Retrying(
            stop=stop_after_attempt(times), wait=wait, retry=retry_if_exception_type(Storing), reraise=True
        )
        try:
            return retrying(attempt)
        except Storing:
            self._gestoord.add(kanaal)
            raise
