"""Who has bijstand, since when and until when: the truth behind the population that gemeenten deliver."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from demo.kalender import NOOIT, Dagen, Getallen, Ja, Maand, draw_verleden, earliest
from demo.persoon import GEEN, VAST, Bevolking

REGELINGEN = ("PW", "IOAW", "IOAZ", "BBZ")
LEEFVORMEN = ("alleenstaande", "alleenstaande_ouder", "echtgenoten")
NORMEN = np.array([140_150, 140_150, 200_213])  # cents a month, as of 2026-01-01
# One gemeente in 57 sends the population of a month only in the next month.
TE_LAAT_DEEL = 57


@dataclass(frozen=True)
class Bijstand:
    """One row per household; `hoofd` and `partner` (or GEEN) are persons, `te_laat`: its gemeente delivers late."""

    hoofd: Getallen
    partner: Getallen
    gemeente: Getallen
    regeling: Getallen
    leefvorm: Getallen
    ingang: Dagen
    einde: Dagen
    te_laat: Ja

    def loopt(self, maand: Maand) -> Ja:
        """Whether the bijstand runs on at least one day of the month."""
        result: Ja = (self.ingang <= maand.laatste) & (np.isnat(self.einde) | (self.einde >= maand.eerste))
        return result

    def personen(self, aantal: int, rijen: Ja | None = None) -> Ja:
        """Which of `aantal` persons are in (the given rows of) the population."""
        result = np.zeros(aantal, bool)
        for kolom in (self.hoofd, self.partner):
            gekozen = kolom if rijen is None else kolom[rijen]
            result[gekozen[gekozen != GEEN]] = True
        return result


def make_bijstand(rng: np.random.Generator, bevolking: Bevolking) -> Bijstand:
    """Bijstand for the households that have it; one household in each gemeente keeps it through all months."""
    hh, personen, begin, eind = bevolking.huishoudens, bevolking.personen, bevolking.begin, bevolking.eind
    welke = np.flatnonzero(hh.bijstand)
    aantal, dagen = len(welke), int((eind - begin).astype(int)) + 1
    hoofd = hh.eerste[welke]
    partner = personen.partner[hoofd]
    vast = hh.ronde[welke] < VAST
    ingang = np.maximum(draw_verleden(rng, eind, 600, aantal), personen.geboren[hoofd] + np.timedelta64(6600, "D"))
    ingang = np.where(vast, np.minimum(ingang, begin - 40), ingang)
    # A gemeente's own rhythm: half of the bijstand starts on the first of a month.
    ingang = np.where(rng.random(aantal) < 0.5, ingang.astype("M8[M]").astype("M8[D]"), ingang)
    gemeente = personen.gemeente_voor[hoofd]
    gemeente = np.where(personen.verhuisd[hoofd] < begin, personen.gemeente_na[hoofd], gemeente)
    te_laat = gemeente % TE_LAAT_DEEL == TE_LAAT_DEEL - 1
    stopt = rng.random(aantal) < 0.06 * len(bevolking.maanden)
    dag = np.maximum(ingang + 45, begin + rng.integers(0, dagen, aantal).astype("m8[D]"))
    verhuisd = personen.verhuisd[hoofd] - np.timedelta64(1, "D")
    einde: Dagen = np.where(stopt, dag, NOOIT)
    einde = np.where(rng.random(aantal) < 0.5, earliest(einde, verhuisd), einde)
    einde = earliest(einde, earliest(personen.overleden[hoofd], personen.vertrokken[hoofd]))
    einde = np.where(vast | te_laat | (einde < ingang) | (einde < begin), NOOIT, einde)
    leefvorm = np.where(partner != GEEN, 2, np.where(hh.omvang[welke] > 1, 1, 0))
    return Bijstand(
        hoofd=hoofd,
        partner=partner,
        gemeente=gemeente,
        regeling=rng.choice(len(REGELINGEN), size=aantal, p=[0.93, 0.04, 0.01, 0.02]),
        leefvorm=leefvorm,
        ingang=ingang,
        einde=einde,
        te_laat=te_laat,
    )
