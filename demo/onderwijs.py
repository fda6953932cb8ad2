"""What young people did at school: at most two enrolments each, with a diploma or without."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from demo.kalender import NOOIT, Dagen, Getallen, Ja, draw_dagen, leeftijd
from demo.persoon import Bevolking

# Paths through school: share by age group (16-17, 18-22, 23 and older), the two levels, whether each gave a diploma,
# and whether the last enrolment still runs.
NIVEAUS = (
    "VO-PRO", "VO-VMBO-BB", "VO-VMBO-KB", "VO-VMBO-TL", "VO-HAVO", "VO-VWO", "VSO",
    "MBO-1", "MBO-2", "MBO-3", "MBO-4", "HBO-BA", "WO-BA",
)  # fmt: skip
OPLEIDINGEN = (
    "Praktijkonderwijs", "Vmbo basisberoepsgericht", "Vmbo kaderberoepsgericht", "Vmbo theoretisch", "Havo", "Vwo",
    "Voortgezet speciaal onderwijs", "Entreeopleiding", "Basisberoepsopleiding", "Vakopleiding",
    "Middenkaderopleiding", "Hbo bachelor", "Wo bachelor",
)  # fmt: skip
START = np.array([naam in ("VO-HAVO", "VO-VWO", "MBO-2", "MBO-3", "MBO-4", "HBO-BA", "WO-BA") for naam in NIVEAUS])
GEEN_NIVEAU = -1


@dataclass(frozen=True)
class Pad:
    """A path: shares of the three age groups, possible first and second levels, diplomas, still at school or not."""

    aandeel: tuple[float, float, float]
    eerste: tuple[str, ...]
    tweede: tuple[str, ...] = ()
    diploma_eerste: bool = False
    diploma_tweede: bool = False
    loopt: bool = False


PADEN = (
    Pad((0.66, 0.06, 0.0), ("VO-VMBO-BB", "VO-VMBO-KB", "VO-VMBO-TL", "VO-HAVO", "VO-VWO"), loopt=True),
    Pad((0.05, 0.02, 0.0), ("VO-PRO", "VSO"), loopt=True),
    Pad((0.22, 0.32, 0.04), ("VO-VMBO-BB", "VO-VMBO-KB", "VO-VMBO-TL"), ("MBO-2", "MBO-3", "MBO-4"), True, loopt=True),
    Pad((0.02, 0.26, 0.12), ("VO-HAVO", "VO-VWO"), ("HBO-BA", "WO-BA"), True, loopt=True),
    Pad((0.01, 0.16, 0.50), ("VO-VMBO-KB", "VO-VMBO-TL"), ("MBO-2", "MBO-3", "MBO-4"), True, True),
    Pad((0.0, 0.04, 0.20), ("VO-HAVO", "VO-VWO"), ("HBO-BA", "WO-BA"), True, True),
    Pad((0.02, 0.07, 0.07), ("VO-VMBO-BB", "VO-VMBO-KB", "VO-VMBO-TL"), ("MBO-1", "MBO-2", "MBO-3"), True),
    Pad((0.01, 0.03, 0.03), ("VO-VMBO-BB", "VO-VMBO-KB", "VO-HAVO")),
    Pad((0.0, 0.015, 0.015), ("VO-VMBO-BB",), ("MBO-1",), diploma_tweede=True),
    Pad((0.01, 0.025, 0.025), ("VO-PRO", "VSO")),
)


@dataclass(frozen=True)
class Inschrijving:
    """An enrolment per person; absent (NaT) where `niveau` is GEEN_NIVEAU."""

    niveau: Getallen
    brin: Getallen
    begin: Dagen
    einde: Dagen
    diploma: Dagen

    def loopt(self, peildatum: np.datetime64) -> Ja:
        """Whether it runs on a day."""
        result: Ja = (self.begin <= peildatum) & (np.isnat(self.einde) | (self.einde >= peildatum))
        return result

    def startkwalificatie(self, peildatum: np.datetime64) -> Ja:
        """Whether it gave a diploma that counts, on or before a day."""
        result: Ja = (self.diploma <= peildatum) & (self.niveau != GEEN_NIVEAU) & START[self.niveau]
        return result


@dataclass(frozen=True)
class Onderwijs:
    """One row per person DUO knows, with a first and perhaps a second enrolment."""

    persoon: Getallen
    eerste: Inschrijving
    tweede: Inschrijving

    def startkwalificatie(self, peildatum: np.datetime64) -> Ja:
        """Whether a diploma that counts was obtained on or before `peildatum`."""
        return self.eerste.startkwalificatie(peildatum) | self.tweede.startkwalificatie(peildatum)

    def op_school(self, peildatum: np.datetime64) -> Ja:
        """Whether an enrolment runs on `peildatum`."""
        return self.eerste.loopt(peildatum) | self.tweede.loopt(peildatum)


def make_onderwijs(rng: np.random.Generator, bevolking: Bevolking) -> Onderwijs:
    """School careers of everyone from 16 to 26, and of some who have aged out, up to the last of the months."""
    personen, eind = bevolking.personen, bevolking.eind
    jaren = leeftijd(personen.geboren, eind)
    bekend = (jaren >= 16) & ((jaren <= 26) | ((jaren <= 29) & (rng.random(len(personen)) < 0.2)))
    persoon = np.flatnonzero(bekend & ~personen.rni)
    aantal = len(persoon)
    groep = np.select([jaren[persoon] < 18, jaren[persoon] < 23], [0, 1], 2)
    aandelen = np.array([pad.aandeel for pad in PADEN]).T
    grens = np.cumsum(aandelen / aandelen.sum(1, keepdims=True), axis=1)
    pad = (rng.random(aantal)[:, None] > grens[groep]).sum(1)
    niveau_1, niveau_2 = (_draw_niveau(rng, pad, [getattr(p, naam) for p in PADEN]) for naam in ("eerste", "tweede"))
    twee = niveau_2 != GEEN_NIVEAU
    loopt = np.array([p.loopt for p in PADEN])[pad]
    overstap = np.minimum(_augustus(personen.geboren[persoon], 16), eind - 200)
    # School years end in July, but dropping out happens in any month, also in the months that are delivered.
    uitval = draw_dagen(rng, np.maximum(overstap + np.timedelta64(90, "D"), np.datetime64(eind - 1500)), eind, aantal)
    gehaald = np.minimum((uitval.astype("M8[Y]").astype("M8[M]") + 6).astype("M8[D]") + 30, uitval)
    diploma_2 = np.array([p.diploma_tweede for p in PADEN])[pad] & twee
    laatste = np.where(loopt, NOOIT, np.where(diploma_2, gehaald, uitval))
    laatste, begin_2 = _change_in_maanden(rng, laatste, overstap + 14, loopt, bevolking)
    diploma_1 = np.array([p.diploma_eerste for p in PADEN])[pad]
    return Onderwijs(
        persoon,
        Inschrijving(
            niveau=niveau_1,
            brin=rng.integers(0, 260, aantal),
            begin=_augustus(personen.geboren[persoon], 12),
            einde=np.where(twee, overstap, laatste),
            diploma=np.where(diploma_1, np.where(twee, overstap, laatste) - 21, NOOIT),
        ),
        Inschrijving(
            niveau=niveau_2,
            brin=rng.integers(260, 400, aantal),
            begin=np.where(twee, begin_2, NOOIT),
            einde=np.where(twee, laatste, NOOIT),
            diploma=np.where(diploma_2, laatste - 14, NOOIT),
        ),
    )


def _draw_niveau(rng: np.random.Generator, pad: Getallen, keuzes: list[tuple[str, ...]]) -> Getallen:
    trek = rng.random(len(pad))
    result = np.full(len(pad), GEEN_NIVEAU)
    for nummer, keuze in enumerate(keuzes):
        if keuze:
            rijen = pad == nummer
            niveaus = np.array([NIVEAUS.index(naam) for naam in keuze])
            result[rijen] = niveaus[(trek[rijen] * len(keuze)).astype(int)]
    return result


def _augustus(geboren: Dagen, jaren: int) -> Dagen:
    """The first of August of the year in which someone reaches an age."""
    result: Dagen = ((geboren.astype("M8[Y]") + jaren).astype("M8[M]") + 7).astype("M8[D]")
    return result


def _change_in_maanden(
    rng: np.random.Generator, laatste: Dagen, begin_2: Dagen, loopt: Ja, bevolking: Bevolking
) -> tuple[Dagen, Dagen]:
    """About 1% a month of those at school leave without a diploma, and some come back or start late."""
    aantal, maanden = len(laatste), len(bevolking.maanden)
    dag = draw_dagen(rng, bevolking.begin, bevolking.eind, aantal)
    stopt = loopt & (rng.random(aantal) < 0.01 * maanden)
    start = loopt & ~stopt & (rng.random(aantal) < 0.01 * maanden)
    return np.where(stopt, dag, laatste), np.where(start, dag, begin_2)
