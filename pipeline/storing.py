"""What the machine lacks said with a code: the libraries each have an error of their own for it.

Whoever starts a step does it through `gecodeerd`, so that an operator reads what to do, and no trace with paths and
statements. That the ledger cannot be reached is said by the ledger itself.
"""

from __future__ import annotations

import errno
import functools
import os
from collections.abc import Callable, Iterator
from concurrent.futures import BrokenExecutor
from contextlib import contextmanager
from typing import ParamSpec, TypeVar

from schemas.fout import KetenFout

P = ParamSpec("P")
T = TypeVar("T")
SCHIJF, GEHEUGEN, PROCES = "O-SCHIJF", "O-GEHEUGEN", "O-PROCES"
_VOL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
# A library in C++ gives the text of the system; DuckDB says of a full disk for what did not fit that memory is out too.
_TEKST_SCHIJF = (*(os.strerror(nummer) for nummer in _VOL), "max_temp_directory_size")
_TEKST_GEHEUGEN = "Out of Memory Error"


@contextmanager
def vertaald(waar: str) -> Iterator[None]:
    """Turns the errors of a machine that has too little into `O-SCHIJF`, `O-GEHEUGEN` or `O-PROCES`."""
    try:
        yield
    except KetenFout:
        raise
    except Exception as fout:
        if code := tekort(fout):
            raise KetenFout(code, waar) from None
        raise


def gecodeerd(stap: Callable[P, T]) -> Callable[P, T]:
    """A step that says with a code what the machine lacked."""

    @functools.wraps(stap)
    def met_code(*args: P.args, **kwargs: P.kwargs) -> T:
        with vertaald(stap.__name__):
            return stap(*args, **kwargs)

    return met_code


def tekort(fout: BaseException) -> str | None:
    """The code of what was lacking, when an error, or what it came from, says that something was."""
    seen: BaseException | None = fout
    while seen is not None:
        if code := _tekort(seen):
            return code
        seen = seen.__cause__ or seen.__context__
    return None


def _tekort(fout: BaseException) -> str | None:
    match fout:
        case OSError() if fout.errno in _VOL:
            return SCHIJF
        case MemoryError():
            return GEHEUGEN
        case BrokenExecutor():  # who kills a process is the system, when memory has run out, or a person
            return PROCES
    return tekort_in(str(fout))


def tekort_in(tekst: str) -> str | None:
    """The code of what was lacking, when a text of a library says that something was."""
    if any(each in tekst for each in _TEKST_SCHIJF):
        return SCHIJF
    return GEHEUGEN if _TEKST_GEHEUGEN in tekst else None
