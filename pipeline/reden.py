"""Words that somebody gives with a decision: they are kept for good, so they may not name a person by number."""

from __future__ import annotations

import re

import pyarrow as pa

from privacy.bsn import check_bsn
from schemas.fout import KetenFout

_NUMBER = re.compile(r"(?<!\d)\d{8,9}(?!\d)")
_SPACED = re.compile(r"(?<!\d)(?:\d[ .\-]?){8}\d(?!\d)")


def controleer_tekst(tekst: str, code: str) -> str:
    """The text without space around it.

    Refused is an empty one, one with eight or nine digits in a row, and one with nine digits apart that pass the
    elfproef; a date written with dashes may stand.

    Raises:
        KetenFout: the code given.
    """
    text = tekst.strip()
    spaced = [re.sub(r"\D", "", found) for found in _SPACED.findall(text)]
    if not text or _NUMBER.search(text) or (spaced and check_bsn(pa.array(spaced, pa.string())).goed.any()):
        raise KetenFout(code)
    return text
