"""A large country is many small ones beside each other: blocks of persons, of which each can be made alone.

A block has random numbers of its own and its own piece of every numbering (burgerservicenummers, persoonslijsten,
kentekens, KvK-nummers, applications, employers), so that blocks never share a person, a vehicle or a business. A
country of one block is what it would be without blocks.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from demo.bsn import HOOGSTE
from demo.kalender import make_rng

BLOK = 250_000  # persons
_BSNS = 11 * BLOK + 1_100  # one number in eleven passes the elfproef, give or take a few
_KENTEKENS, _BEDRIJVEN, _AANVRAGEN, _WERKGEVERS = BLOK * 9 // 10, 60_000, 40_000, BLOK // 40


@dataclass(frozen=True)
class Maat:
    """How much there is of what: chances of a second and further jobs, vehicles and businesses times so many.

    Of applications that are still to come so large a share comes in every month.
    """

    bijbanen: tuple[float, ...] = (0.07,)
    voertuigen: float = 1.0
    bedrijven: float = 1.0
    aanvragen: float = 0.65


DEMO = Maat()
# What a month of the Netherlands holds: 20 M inkomstenopgaven, 9 M vehicles, 2.5 M functionarissen for 17.5 M persons.
LANDELIJK = Maat(bijbanen=(0.78, 0.7), voertuigen=1.25, bedrijven=2.98, aanvragen=0.1)


@dataclass(frozen=True)
class Blok:
    """Block `nummer` of a country, with `personen` persons after the `eerste` of the blocks before it."""

    nummer: int
    eerste: int
    personen: int
    seed: int
    maat: Maat = DEMO

    def rng(self, naam: str) -> np.random.Generator:
        """A generator for one part of this block."""
        return make_rng(self.seed, f"{naam} blok {self.nummer}" if self.nummer else naam)

    @property
    def hoogste_bsn(self) -> int:
        """From where its burgerservicenummers count down."""
        return HOOGSTE - self.nummer * _BSNS

    @property
    def kentekens(self) -> int:
        """How many kentekens the blocks before it may have used; so for the others."""
        return self.nummer * _KENTEKENS

    @property
    def bedrijven(self) -> int:
        """KvK-nummers of the blocks before it."""
        return self.nummer * _BEDRIJVEN

    @property
    def aanvragen(self) -> int:
        """Numbers of applications of the blocks before it."""
        return self.nummer * _AANVRAGEN

    @property
    def werkgevers(self) -> int:
        """Employers of the blocks before it."""
        return self.nummer * _WERKGEVERS


def make_blokken(personen: int, seed: int, maat: Maat = DEMO) -> list[Blok]:
    """The blocks of a country of exactly `personen` persons, none larger than `BLOK` and about equally large."""
    aantal = max(-(-personen // BLOK), 1)
    grenzen = [personen * nummer // aantal for nummer in range(aantal + 1)]
    return [
        Blok(nummer, grenzen[nummer], grenzen[nummer + 1] - grenzen[nummer], seed, maat) for nummer in range(aantal)
    ]
