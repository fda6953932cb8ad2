"""Who on the machine may see what is written: its owner, its group to read, and nobody else.

A group is how roles are told apart on one machine: the server through which recipients fetch reads deliveries and no
more.
"""

from __future__ import annotations

import os

MASKER = 0o027


def sluit_af() -> None:
    """From here on what this process makes is not for others; secrets have a narrower mode of their own."""
    os.umask(MASKER)
