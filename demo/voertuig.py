"""Vehicles and who they are registered to."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from demo.kalender import NOOIT, Dagen, Getallen, Ja, draw_dagen, draw_verleden, earliest, leeftijd
from demo.persoon import Bevolking

SOORTEN = ("Personenauto", "Motorfiets", "Bedrijfsauto", "Bromfiets", "Aanhangwagen")
MERKEN = ("VOLKSWAGEN", "TOYOTA", "OPEL", "RENAULT", "PEUGEOT", "FORD", "KIA", "VOLVO", "FIAT", "SKODA")
MOTORMERKEN = ("HONDA", "YAMAHA", "KAWASAKI", "SUZUKI")
MOTOR = 1
# Consonants only, so that no kenteken spells a word; sidecodes 8, 7, 10 and 9 as (shape of 6 characters).
LETTERS = np.array(list("BDFGHJKLNPRSTVXZ"))
SIDECODES = ("9XXX99", "99XXX9", "XXX99X", "XX999X")


@dataclass(frozen=True)
class Voertuigen:
    """One row per vehicle and holder, ordered by person. `prijs` in whole euros, GEEN_PRIJS when not known."""

    persoon: Getallen
    nummer: Getallen
    soort: Getallen
    merk: Getallen
    begin: Dagen
    einde: Dagen
    toelating: Dagen
    prijs: npt.NDArray[np.int64]
    export: Ja
    sloop: Ja
    te_laat: Ja


GEEN_PRIJS = 0


def make_voertuigen(rng: np.random.Generator, bevolking: Bevolking, in_bijstand: Ja) -> Voertuigen:
    """Vehicles of adults: fewer and older ones beside bijstand, a few people with two or three."""
    personen, aantal, eind = bevolking.personen, len(bevolking.personen), bevolking.eind
    jaren = leeftijd(personen.geboren, eind)
    kans = np.select([jaren < 18, in_bijstand, jaren < 25, jaren > 80], [0.0, 0.3, 0.25, 0.3], 0.52)
    kans = np.where(personen.rni, 0, kans * bevolking.blok.maat.voertuigen)
    lot = rng.random(aantal)
    stuks = (lot < kans).astype(int) + (lot < kans * 0.14) + (lot < kans * 0.02)
    persoon = np.repeat(np.arange(aantal), stuks)
    n = len(persoon)
    soort = rng.choice(len(SOORTEN), size=n, p=[0.82, 0.08, 0.06, 0.02, 0.02])
    ouder = np.where(in_bijstand[persoon] & (rng.random(n) < 0.75), 14.0, 7.5)
    oud = np.minimum(rng.gamma(3.0, ouder / 3.0, n), 45.0)
    begin = draw_verleden(rng, eind, 1400, n)
    begin = np.maximum(begin, personen.geboren[persoon] + np.timedelta64(6575, "D"))
    toelating = np.minimum(eind - np.floor(oud * 365.2425).astype("m8[D]"), begin)
    prijs = np.exp(rng.normal(10.15, 0.4, n)) * np.where(soort == MOTOR, 0.45, 1.0)
    vanaf = bevolking.begin - np.timedelta64(700, "D")
    dag = draw_dagen(rng, vanaf, eind, n)
    weg = (rng.random(n) < 0.12) & (begin <= vanaf) & (dag > begin)
    einde = earliest(np.where(weg, dag, NOOIT), personen.overleden[persoon])
    return Voertuigen(
        persoon=persoon,
        nummer=bevolking.blok.kentekens + rng.permutation(n),
        soort=soort,
        merk=rng.integers(0, 1_000, n),
        begin=begin,
        einde=np.where(einde >= begin, einde, NOOIT),
        toelating=toelating,
        prijs=np.where(rng.random(n) < 0.02, GEEN_PRIJS, np.rint(prijs)).astype(np.int64),
        export=weg & (rng.random(n) < 0.15),
        sloop=weg & (rng.random(n) < 0.2),
        te_laat=np.isnat(einde) & (rng.random(n) < 0.05) & (begin < bevolking.begin),
    )


def make_kentekens(nummers: Getallen) -> npt.NDArray[np.str_]:
    """Kentekens without dashes, one per number; different numbers give different kentekens (up to 16 million)."""
    rest, vorm = np.divmod(nummers.astype(np.int64), len(SIDECODES))
    tekens = np.empty((len(nummers), 6), "U1")
    cijfers = np.array(list("0123456789"))
    for sidecode, patroon in enumerate(SIDECODES):
        rijen = np.flatnonzero(vorm == sidecode)
        over = rest[rijen]
        for plaats in range(5, -1, -1):
            reeks = cijfers if patroon[plaats] == "9" else LETTERS
            over, teken = np.divmod(over, len(reeks))
            tekens[rijen, plaats] = reeks[teken]
    return tekens.view("U6").ravel()
