"""Months, and dates as the extracts write them: `YYYYMMDD`, with 00 for what is not known."""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

Dagen = npt.NDArray[np.datetime64]
Getallen = npt.NDArray[np.integer[Any]]
Ja = npt.NDArray[np.bool_]

NOOIT = np.datetime64("NaT", "D")
_VANAF, _TOT = np.datetime64("1850-01-01"), np.datetime64("2150-01-01")
_DAGEN = int((_TOT - _VANAF).astype(np.int64))
JAAR = 365.2425


@dataclass(frozen=True)
class Maand:
    """A calendar month with its first and last day."""

    periode: str
    eerste: np.datetime64
    laatste: np.datetime64


def make_maand(periode: str, verschil: int = 0) -> Maand:
    """The month `YYYY-MM`, moved by `verschil` months."""
    begin = np.datetime64(periode, "M") + np.timedelta64(verschil, "M")
    return Maand(str(begin), begin.astype("M8[D]"), (begin + 1).astype("M8[D]") - 1)


def make_maanden(laatste: str, aantal: int) -> list[Maand]:
    """`aantal` consecutive months, the last one being `laatste`."""
    return [make_maand(laatste, verschil) for verschil in range(1 - aantal, 1)]


def make_rng(seed: int, naam: str) -> np.random.Generator:
    """A generator of its own for each part of the country: a change in one part leaves the others as they were."""
    return np.random.default_rng([seed, zlib.crc32(naam.encode())])


def draw_dagen(rng: np.random.Generator, van: np.datetime64 | Dagen, tot: np.datetime64 | Dagen, aantal: int) -> Dagen:
    """Days drawn evenly from `van` up to and including `tot`; `van` where the span is empty."""
    span = np.maximum((tot - van).astype(np.int64) + 1, 1)
    result: Dagen = van + np.floor(rng.random(aantal) * span).astype("m8[D]")
    return result


def draw_verleden(
    rng: np.random.Generator, tot: np.datetime64, gemiddeld: float | npt.NDArray[Any], aantal: int
) -> Dagen:
    """Days before `tot` by a constant hazard: a mean of 1000 days puts about 3% of them in the last month."""
    result: Dagen = tot - np.floor(rng.exponential(1.0, aantal) * gemiddeld).astype("m8[D]")
    return result


def hide_toekomst(dagen: Dagen, peildatum: np.datetime64) -> Dagen:
    """What a bron knows at `peildatum`: later dates have not happened yet."""
    result: Dagen = np.where(dagen > peildatum, NOOIT, dagen)
    return result


def earliest(een: Dagen, ander: Dagen) -> Dagen:
    """The earlier of two days; NaT means never."""
    result: Dagen = np.fmin(een, ander)
    return result


def leeftijd(geboren: Dagen, peildatum: np.datetime64 | Dagen) -> Getallen:
    """Age in years, good enough for drawing who does what (not for a norm)."""
    return np.floor((peildatum - geboren).astype(np.int64) / JAAR).astype(np.int32)


def datum_tekst(dagen: Dagen, onbekend: Getallen | None = None) -> pa.Array:
    """Days as text `YYYYMMDD`, null for NaT.

    `onbekend` per day: 0 nothing, 1 the day, 2 month and day, 3 the whole date is not known.
    """
    plaats = np.where(np.isnat(dagen), 0, dagen.astype("M8[D]") - _VANAF).astype(np.int32)
    if onbekend is not None:
        plaats += onbekend.astype(np.int32) * np.int32(_DAGEN)
    return _datums().take(pa.array(plaats, mask=np.isnat(dagen)))


@cache
def _datums() -> pa.Array:
    """Every day there is as text, and then again with the day, the month and the whole date not known."""
    dagen = _VANAF + np.arange(_DAGEN)
    maand, jaar = dagen.astype("M8[M]"), dagen.astype("M8[Y]")
    dag = (dagen - maand.astype("M8[D]")).astype(np.int64) + 1
    getal = (jaar.astype(np.int64) + 1970) * 10_000 + ((maand - jaar).astype(np.int64) + 1) * 100 + dag
    deler = np.array([1, 100, 10_000, 10**8])[:, None]
    return pc.utf8_lpad(pa.array((getal // deler * deler).ravel()).cast(pa.string()), 8, "0")
