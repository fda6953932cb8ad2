"""Applications for kwijtschelding: which household asks whom, when, and what it says about itself."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from demo.kalender import Getallen, Ja, leeftijd
from demo.persoon import GEEN, VAST, Bevolking

SOORTEN = ("aanvraag", "verlenging")
HUISHOUDTYPEN = ("alleenstaande", "alleenstaande_ouder", "echtgenoten")


@dataclass(frozen=True)
class Aanvragen:
    """One row per application; `waterschap` counts from 0 (GEEN: a gemeente), `maand` too (the month it comes in)."""

    hoofd: Getallen
    partner: Getallen
    gemeente: Getallen
    waterschap: Getallen
    soort: Getallen
    huishoudtype: Getallen
    volwassenen: Getallen
    pensioen: Ja
    maand: Getallen


def make_aanvragen(rng: np.random.Generator, bevolking: Bevolking, waterschappen: int) -> Aanvragen:
    """Half of the households on bijstand, a few percent of the others, and at least one in every gemeente."""
    hh, personen, eind = bevolking.huishoudens, bevolking.personen, bevolking.eind
    kans = np.where(hh.bijstand, 0.55, 0.05)
    vast = hh.ronde == VAST - 1
    welke = np.flatnonzero(vast | (rng.random(len(kans)) < kans))
    n = len(welke)
    hoofd = hh.eerste[welke]
    jaren = leeftijd(personen.geboren, eind)
    volwassen = np.bincount(personen.huishouden, weights=jaren >= 18, minlength=len(kans)).astype(int)[welke]
    partner = personen.partner[hoofd]
    lot = rng.random(n)
    # Some leave the partner out, some name someone who lives elsewhere.
    partner = np.where(lot < 0.02, GEEN, np.where((lot > 0.985) & (partner == GEEN), np.roll(hoofd, 1), partner))
    kinderen = hh.omvang[welke] > volwassen
    maand = np.minimum(rng.geometric(bevolking.blok.maat.aanvragen, n) - 1, len(bevolking.maanden) - 1)
    maand = np.where(vast[welke], 0, maand)
    verhuisd = personen.verhuisd[hoofd] <= eind
    oud_adres = rng.random(n) < 0.1
    ander = np.where(verhuisd & ~oud_adres, personen.gemeente_na[hoofd], personen.gemeente_voor[hoofd])
    bij_waterschap = (rng.random(n) < 0.12) & ~vast[welke]
    return Aanvragen(
        hoofd=hoofd,
        partner=partner,
        gemeente=np.where(vast[welke], personen.gemeente_na[hoofd], ander),
        waterschap=np.where(bij_waterschap, rng.integers(0, waterschappen, n), GEEN),
        soort=(rng.random(n) < 0.4).astype(int),
        huishoudtype=np.where(partner != GEEN, 2, np.where(kinderen, 1, 0)),
        volwassenen=np.maximum(volwassen, 1),
        pensioen=jaren[hoofd] >= 67,
        maand=maand,
    )
