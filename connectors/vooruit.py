"""Reads ahead, so that the next batch is parsed while the one before it is used."""

from __future__ import annotations

from collections import deque
from collections.abc import Generator, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

T = TypeVar("T")
BATCHES = 2  # that may wait
_END = object()


def vooruit(items: Iterator[T], aantal: int = BATCHES) -> Generator[T]:
    """Yields what `items` yields, taken from it on a thread of its own; what it raises is raised here, in its place.

    `aantal` may wait; closing it waits for what is in hand.
    """
    with ThreadPoolExecutor(max_workers=1, thread_name_prefix="lezer") as thread:
        waiting = deque(thread.submit(next, items, _END) for _ in range(aantal))
        while (item := waiting.popleft().result()) is not _END:
            waiting.append(thread.submit(next, items, _END))
            yield item  # type: ignore[misc]
