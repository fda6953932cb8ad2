"""Burgerservicenummers for persons who do not exist, and the ways in which extracts get them wrong.

Numbers count down from 999999990 within 9xxxxxxxx (and 8xxxxxxxx for a very large country), where no number has been
issued to a person. Numbers with a leading zero are never made, so an 8-digit value here is always wrong.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from demo.kalender import Getallen, Ja

HOOGSTE = 999_999_990
LAAGSTE = 800_000_000
_GEWICHTEN = (-1, 2, 3, 4, 5, 6, 7, 8, 9)
SOORTEN_FOUT = ("elfproef", "voorloopnul", "letters", "leeg")


def passes_elfproef(nummers: Getallen) -> Ja:
    """Whether the weighted sum of the nine digits is divisible by 11."""
    result: Ja = _gewogen(nummers) % 11 == 0
    return result


def _gewogen(nummers: Getallen) -> npt.NDArray[np.int64]:
    som = np.zeros(len(nummers), np.int64)
    rest = nummers.astype(np.int64)
    for gewicht in _GEWICHTEN:
        rest, cijfer = np.divmod(rest, 10)
        som += gewicht * cijfer
    return som


def make_bsns(aantal: int, hoogste: int = HOOGSTE) -> npt.NDArray[np.int64]:
    """The `aantal` highest valid numbers up to `hoogste`, counting down.

    Raises:
        ValueError: there are not that many numbers in the synthetic range.
    """
    delen: list[npt.NDArray[np.int64]] = []
    boven, nodig = hoogste // 10, aantal
    while nodig > 0:
        onder = max(boven - nodig * 11 // 10 - 99, LAAGSTE // 10 - 1)
        if onder >= boven:
            raise ValueError(f"at most {aantal - nodig} persons fit in the synthetic range")
        # The last digit has weight -1: it is what the others leave over, if that is one digit.
        begin = np.arange(boven, onder, -1, dtype=np.int64)
        laatste = _gewogen(begin * 10) % 11
        nummers = (begin * 10 + laatste)[laatste < 10]
        delen.append(nummers[nummers <= hoogste][:nodig])
        boven, nodig = onder, nodig - len(delen[-1])
    return np.concatenate(delen) if delen else np.empty(0, np.int64)


def spoil_bsns(bsns: pa.Array) -> pa.Array:
    """The same numbers made wrong, one of `SOORTEN_FOUT` after the other.

    A last digit that is one off, the first digit lost (no number of this range passes the elfproef with a zero in its
    place: 9x9 and 8x9 are no multiples of 11), a letter in it, and nothing at all.
    """
    laatste = pc.cast(pc.utf8_slice_codeunits(bsns, 8, 9), pa.int64())
    ernaast = pc.cast(pc.if_else(pc.equal(laatste, 9), 8, pc.add(laatste, 1)), pa.string())
    fout = [
        pc.binary_join_element_wise(pc.utf8_slice_codeunits(bsns, 0, 8), ernaast, ""),
        pc.utf8_slice_codeunits(bsns, 1, 9),
        pc.binary_join_element_wise(pc.utf8_slice_codeunits(bsns, 0, 4), "A", pc.utf8_slice_codeunits(bsns, 5, 9), ""),
        pa.nulls(len(bsns), pa.string()),
    ]
    return pc.choose(pa.array(np.arange(len(bsns)) % len(fout)), *fout)
