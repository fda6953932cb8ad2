"""A ratio is measured again, twice at most, before it fails: a regression is there each time, what else runs is not."""

from __future__ import annotations

from pathlib import Path

import pytest

AGAIN = 2
HERE = Path(__file__).parent


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if HERE in item.path.parents:
            item.add_marker(pytest.mark.flaky(reruns=AGAIN, only_rerun=["AssertionError"]))
