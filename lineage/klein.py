"""From how many persons on a count may be shown: one rule for pages, figures and commands."""

from __future__ import annotations

GRENS = 5


def is_klein(aantal: int) -> bool:
    """Whether a count may not be shown as it is. Zero may: it is about nobody."""
    return 0 < aantal < GRENS
