"""Businesses and the persons who own or run them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from demo.kalender import NOOIT, Dagen, Getallen, Ja, draw_dagen, draw_verleden, earliest, leeftijd
from demo.persoon import GEEN, Bevolking

EERSTE_NUMMER = 90_000_001
RECHTSVORMEN = ("Eenmanszaak", "Vennootschap onder firma", "Besloten Vennootschap")
FUNCTIES = ("eigenaar", "vennoot", "bestuurder")
EENMANSZAAK, VOF, BV = range(3)
RECHTSVORM, SBI, ADRES = range(3)  # what can change


@dataclass(frozen=True)
class Bedrijven:
    """One row per business. `persoon` runs it, `tweede` too (or GEEN).

    In delivered month `wijzigt_in` (GEEN: never) `wijziging` changes: RECHTSVORM, SBI or ADRES. KvK-nummers count up
    from `eerste_nummer`.
    """

    persoon: Getallen
    tweede: Getallen
    rechtsvorm: Getallen
    sbi: Getallen
    adres: Getallen
    begin: Dagen
    einde: Dagen
    wijzigt_in: Getallen
    wijziging: Getallen
    eerste_nummer: int


def make_bedrijven(rng: np.random.Generator, bevolking: Bevolking, in_bijstand: Ja) -> Bedrijven:
    """Businesses of adults; beside bijstand they start, change and stop more, so that a small country shows it."""
    personen, begin, eind, maanden = bevolking.personen, bevolking.begin, bevolking.eind, len(bevolking.maanden)
    aantal = len(personen)
    jaren = leeftijd(personen.geboren, eind)
    kans = np.select([jaren < 18, personen.rni, in_bijstand, jaren < 68], [0.0, 0.0, 0.13, 0.06], 0.01)
    kans = kans * bevolking.blok.maat.bedrijven
    persoon = np.flatnonzero(rng.random(aantal) < kans)
    n = len(persoon)
    bijstand = in_bijstand[persoon]
    tweede = np.where(rng.random(n) < 0.25, personen.partner[persoon], GEEN)
    tweede = np.where(bijstand, GEEN, tweede)
    rechtsvorm = np.where(tweede != GEEN, VOF, np.where(rng.random(n) < 0.15, BV, EENMANSZAAK))
    start = draw_verleden(rng, eind, np.where(bijstand, 280.0, 1800.0), n)
    start = np.maximum(start, personen.geboren[persoon] + np.timedelta64(6600, "D"))
    stopt = rng.random(n) < np.where(bijstand, 0.07, 0.01) * maanden
    einde = np.where(stopt, draw_dagen(rng, begin, eind, n), NOOIT)
    einde = earliest(np.where(einde > start + 20, einde, NOOIT), personen.overleden[persoon])
    verandert = rng.random(n) < np.where(bijstand, 0.25, 0.02)
    wijziging = rng.integers(0, 3, n)
    return Bedrijven(
        persoon=persoon,
        tweede=tweede,
        rechtsvorm=rechtsvorm,
        sbi=rng.integers(0, 1_000, n),
        adres=rng.integers(0, 9_000, n),
        begin=start,
        einde=np.where(einde >= start, einde, NOOIT),
        wijzigt_in=np.where(verandert & (start < begin), rng.integers(1, max(maanden, 2), n), GEEN),
        wijziging=np.where((wijziging == RECHTSVORM) & (rechtsvorm == BV), SBI, wijziging),
        eerste_nummer=EERSTE_NUMMER + bevolking.blok.bedrijven,
    )
