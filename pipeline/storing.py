"""A full disk said with a code: the libraries that write each have an error of their own for it.

Whoever starts a step does it through `gecodeerd`, so that an operator reads what to do, and no trace with paths and
statements. That the ledger cannot be reached is said by the ledger itself.
"""

from __future__ import annotations

import errno
import functools
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import ParamSpec, TypeVar

from schemas.fout import KetenFout

P = ParamSpec("P")
T = TypeVar("T")
VOL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
SCHIJF_VOL = os.strerror(errno.ENOSPC)
_TEKST = tuple(os.strerror(nummer) for nummer in VOL)  # a library in C++ gives the text of the system


@contextmanager
def vertaald(waar: str) -> Iterator[None]:
    """Turns the errors of a full disk into `O-SCHIJF`."""
    try:
        yield
    except KetenFout:
        raise
    except Exception as fout:
        if is_vol(fout):
            raise KetenFout("O-SCHIJF", waar) from None
        raise


def gecodeerd(stap: Callable[P, T]) -> Callable[P, T]:
    """A step that says with a code that the disk is full."""

    @functools.wraps(stap)
    def met_code(*args: P.args, **kwargs: P.kwargs) -> T:
        with vertaald(stap.__name__):
            return stap(*args, **kwargs)

    return met_code


def is_vol(fout: BaseException) -> bool:
    """Whether an error, or what it came from, says that the disk is full."""
    seen: BaseException | None = fout
    while seen is not None:
        if isinstance(seen, OSError) and seen.errno in VOL:
            return True
        if meldt_vol(str(seen)):
            return True
        seen = seen.__cause__ or seen.__context__
    return False


def meldt_vol(tekst: str) -> bool:
    """Whether a text of a library says that the disk is full."""
    return any(each in tekst for each in _TEKST)
