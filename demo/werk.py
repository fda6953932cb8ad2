"""Income: who gets what kind of income from whom, since when, and how much each month."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from demo.bijstand import NORMEN, Bijstand
from demo.bsn import passes_elfproef
from demo.kalender import NOOIT, Dagen, Getallen, Ja, Maand, draw_dagen, draw_verleden, earliest, leeftijd, make_maand
from demo.onderwijs import Onderwijs
from demo.persoon import GEEN, Bevolking, Personen

TERUG = 2  # months before the first delivered one of which UWV tells the income too
UITKERING_BIJSTAND = np.array([43, 34, 45, 42])  # CdSrtIkv per bijstand.REGELINGEN
SVB, UWV, PENSIOENFONDS, EERSTE_GEMEENTE = 0, 1, 2, 3
HOOGSTE_LOON = 17  # CdSrtIkv up to here is income from work


class Trekking(NamedTuple):
    """Income drawn: a row per inkomstenverhouding, `bedrag` in euros a month."""

    persoon: Getallen
    soort: Getallen
    begin: Dagen
    bedrag: npt.NDArray[Any]
    werkgever: Getallen


@dataclass(frozen=True)
class Groepen:
    """What decides someone's income: age, bijstand, left school without startkwalificatie, still at school."""

    jaren: Getallen
    bijstand: Ja
    jong: Ja
    leerling: Ja


@dataclass(frozen=True)
class Werk:
    """One row per inkomstenverhouding, ordered by person.

    `bedragen` holds cents per row and month (`tijdvakken`, the first TERUG of them before the delivered months);
    `hersteld` what UWV later says it should have been, `ingetrokken` the number of the month in which UWV takes it back
    (GEEN for never).
    """

    tijdvakken: list[Maand]
    persoon: Getallen
    volgnummer: Getallen
    werkgever: Getallen
    soort: Getallen
    korting: Ja
    begin: Dagen
    einde: Dagen
    bedragen: npt.NDArray[np.int64]
    hersteld: npt.NDArray[np.int64]
    ingetrokken: Getallen
    loonheffingennummers: npt.NDArray[np.int64]

    def actief(self, tijdvak: int) -> Ja:
        """Rows that run on at least one day of a month."""
        maand = self.tijdvakken[tijdvak]
        result: Ja = (self.begin <= maand.laatste) & (np.isnat(self.einde) | (self.einde >= maand.eerste))
        return result


def make_werk(rng: np.random.Generator, bevolking: Bevolking, bijstand: Bijstand, onderwijs: Onderwijs) -> Werk:
    """All income of the country in the delivered months and the two before."""
    maanden = bevolking.maanden
    tijdvakken = [*(make_maand(maanden[0].periode, terug - TERUG) for terug in range(TERUG)), *maanden]
    groepen = _make_groepen(bevolking, bijstand, onderwijs)
    eigen = EERSTE_GEMEENTE + len(bevolking.gemeenten.code)
    werkgevers = eigen + max(200, len(bevolking.personen) // 40)
    getrokken = _concat(
        [
            *_draw_banen(rng, groepen, bevolking.eind, (eigen, werkgevers), bevolking.blok.maat.bijbanen),
            *_draw_uitkeringen(rng, groepen, bevolking.eind),
            *_bijstand_als_inkomen(bijstand),
        ],
        bevolking.personen,
    )
    persoon, baan = getrokken.persoon, getrokken.soort <= HOOGSTE_LOON
    einde = _draw_einde(rng, getrokken, groepen.bijstand[persoon], bevolking, bijstand)
    bedragen = _spread(rng, getrokken, einde, tijdvakken)
    vaak = groepen.bijstand[persoon]
    hersteld, ingetrokken = _draw_correcties(rng, bedragen, np.where(baan, np.where(vaak, 8, 1), 0), len(maanden))
    return Werk(
        tijdvakken=tijdvakken,
        persoon=persoon,
        volgnummer=np.arange(len(persoon)) - np.searchsorted(persoon, persoon) + 1,
        werkgever=getrokken.werkgever,
        soort=getrokken.soort,
        korting=rng.random(len(persoon)) < 0.8,
        begin=getrokken.begin,
        einde=einde,
        bedragen=bedragen,
        hersteld=hersteld,
        ingetrokken=ingetrokken,
        loonheffingennummers=_make_loonheffingennummers(eigen, werkgevers, bevolking.blok.werkgevers),
    )


def _make_groepen(bevolking: Bevolking, bijstand: Bijstand, onderwijs: Onderwijs) -> Groepen:
    aantal, begin, eind = len(bevolking.personen), bevolking.begin, bevolking.eind
    op_school = onderwijs.op_school(begin)
    jong, leerling = np.zeros(aantal, bool), np.zeros(aantal, bool)
    jong[onderwijs.persoon[~op_school & ~onderwijs.startkwalificatie(eind)]] = True
    leerling[onderwijs.persoon[op_school]] = True
    return Groepen(leeftijd(bevolking.personen.geboren, eind), bijstand.personen(aantal), jong, leerling)


def _concat(trekkingen: list[Trekking], personen: Personen) -> Trekking:
    """All in one, ordered by person; nobody earns before about fourteen."""
    persoon, soort, begin, bedrag, werkgever = (np.concatenate(kolom) for kolom in zip(*trekkingen, strict=True))
    begin = np.maximum(begin, personen.geboren[persoon] + np.timedelta64(5200, "D"))
    volgorde = np.lexsort((begin, soort, persoon))
    return Trekking(*(kolom[volgorde] for kolom in (persoon, soort, begin, bedrag, werkgever)))


def _make_loonheffingennummers(vast: int, aantal: int, elders: int) -> npt.NDArray[np.int64]:
    """Nine-digit numbers that fail the elfproef, so that none of them can be taken for a burgerservicenummer.

    Of `aantal` employers the first `vast` pay in the whole country; `elders` others pay in the blocks before this one.
    """
    nummers = np.arange(1_000_001, 1_000_101 + (aantal + elders) * 2, dtype=np.int64)
    goed = nummers[~passes_elfproef(nummers)]
    return np.concatenate([goed[:vast], goed[vast + elders : aantal + elders]])


def _draw_banen(
    rng: np.random.Generator, groepen: Groepen, eind: np.datetime64, bazen: tuple[int, int], bijbanen: tuple[float, ...]
) -> list[Trekking]:
    """Jobs: most adults, side jobs of pupils, little for those who left school early, part-time beside bijstand."""
    jaren, in_bijstand, jong, leerling = groepen.jaren, groepen.bijstand, groepen.jong, groepen.leerling
    aantal = len(jaren)
    kans = np.select(
        [jaren < 15, in_bijstand, jong, leerling, jaren < 67, jaren < 75], [0.0, 0.32, 0.52, 0.55, 0.76, 0.08], 0.0
    )
    normaal = np.exp(rng.normal(7.95, 0.45, aantal))
    weinig = rng.uniform(90, 900, aantal)
    jongeren = np.where(rng.random(aantal) < 0.4, rng.uniform(60, 575, aantal), rng.uniform(585, 2300, aantal))
    jongeren = np.where(rng.random(aantal) < 0.03, 580.0, jongeren)  # exactly at the threshold of VSV
    bedrag = np.select([in_bijstand, jong, leerling], [weinig, jongeren, rng.uniform(60, 700, aantal)], normaal)
    dagen = np.select([in_bijstand, jong | leerling], [420.0, 500.0], 1300.0)
    soort = rng.choice([15, 11, 17, 14, 13], size=aantal, p=[0.87, 0.08, 0.02, 0.02, 0.01])
    result: list[Trekking] = []
    for deel, factor in ((kans, 1.0), *((kans * bijbaan, 0.3) for bijbaan in bijbanen)):
        wie = np.flatnonzero(rng.random(aantal) < deel)
        begin = draw_verleden(rng, eind, dagen[wie], len(wie))
        begin = np.where(rng.random(len(wie)) < 0.6, begin.astype("M8[M]").astype("M8[D]"), begin)
        werkgever = rng.integers(bazen[0], bazen[1], len(wie))
        result.append(Trekking(wie, soort[wie], begin, bedrag[wie] * factor, werkgever))
    return result


def _draw_uitkeringen(rng: np.random.Generator, groepen: Groepen, eind: np.datetime64) -> list[Trekking]:
    """AOW and pension for the old, benefits of UWV for some, a few rare kinds."""
    jaren, in_bijstand, jong = groepen.jaren, groepen.bijstand, groepen.jong
    werkend = (jaren >= 20) & (jaren < 67)
    oud = jaren >= 67
    # kind, who, chance, lowest and highest euros a month, mean days ago, payer
    tabel: tuple[tuple[int, Ja, float, int, int, int, int], ...] = (
        (22, oud, 0.99, 1090, 1590, 4000, SVB),
        (21, oud, 0.6, 150, 1900, 4000, PENSIOENFONDS),
        (56, oud, 0.12, 100, 900, 3000, PENSIOENFONDS),
        (33, werkend, 0.02, 500, 2300, 200, UWV),
        (31, werkend, 0.012, 600, 2400, 150, UWV),
        (32, werkend & (jaren > 45), 0.012, 700, 1900, 6000, UWV),
        (39, werkend, 0.008, 900, 2500, 2000, UWV),
        (40, werkend, 0.012, 600, 1800, 1500, UWV),
        (37, (jaren >= 18) & (jaren < 45) & ~in_bijstand, 0.012, 900, 1500, 3000, UWV),
        (37, jong & (jaren >= 18), 0.12, 900, 1500, 900, UWV),
        (46, werkend, 0.004, 40, 350, 700, UWV),
        (24, werkend, 0.003, 700, 1500, 1500, SVB),
        (18, werkend & (jaren > 50), 0.003, 900, 2500, 900, UWV),
        (57, werkend & (jaren > 50), 0.008, 200, 900, 2500, PENSIOENFONDS),
        (59, jaren > 55, 0.012, 60, 500, 2000, PENSIOENFONDS),
        (62, werkend, 0.001, 1000, 9000, 60, UWV),
        (63, werkend, 0.003, 50, 800, 900, UWV),
    )
    result: list[Trekking] = []
    for soort, wie, kans, laagste, hoogste, dagen, werkgever in tabel:
        gekozen = np.flatnonzero(wie & (rng.random(len(jaren)) < kans))
        aantal = len(gekozen)
        begin = draw_verleden(rng, eind, dagen, aantal)
        bedrag = rng.uniform(laagste, hoogste, aantal)
        result.append(Trekking(gekozen, np.full(aantal, soort), begin, bedrag, np.full(aantal, werkgever)))
    return result


def _bijstand_als_inkomen(bijstand: Bijstand) -> list[Trekking]:
    """Bijstand stands in the polis too, paid by the gemeente, half for each of a couple."""
    paar = bijstand.partner != GEEN
    norm = NORMEN[bijstand.leefvorm] / 100 / np.where(paar, 2, 1)
    soort = UITKERING_BIJSTAND[bijstand.regeling]
    werkgever = EERSTE_GEMEENTE + bijstand.gemeente
    return [
        Trekking(wie[rijen], soort[rijen], bijstand.ingang[rijen], norm[rijen], werkgever[rijen])
        for wie, rijen in ((bijstand.hoofd, np.ones(len(paar), bool)), (bijstand.partner, paar))
    ]


def _draw_einde(
    rng: np.random.Generator, van: Trekking, in_bijstand: Ja, bevolking: Bevolking, bijstand: Bijstand
) -> Dagen:
    """Jobs and UWV benefits end at a few percent a month; all income ends with a life, bijstand when it ends."""
    personen, maanden = bevolking.personen, len(bevolking.maanden) + TERUG
    vanaf = (bevolking.begin.astype("M8[M]") - TERUG).astype("M8[D]")
    dag = draw_dagen(rng, vanaf, bevolking.eind, len(van.persoon))
    maandeinde = (dag.astype("M8[M]") + 1).astype("M8[D]") - np.timedelta64(1, "D")
    dag = np.where(rng.random(len(dag)) < 0.6, maandeinde, dag)
    kans = np.where(in_bijstand, 0.05, 0.025) * maanden
    eindig = np.isin(van.soort, (11, 13, 14, 15, 17, 31, 33)) & (rng.random(len(dag)) < kans)
    einde: Dagen = np.where(eindig & (dag > van.begin), dag, NOOIT)
    einde = np.where(van.soort == 62, van.begin + 20, einde)
    per_persoon = np.full(len(personen), NOOIT)
    per_persoon[bijstand.hoofd] = bijstand.einde
    paar = bijstand.partner != GEEN
    per_persoon[bijstand.partner[paar]] = bijstand.einde[paar]
    einde = np.where(np.isin(van.soort, UITKERING_BIJSTAND), per_persoon[van.persoon], einde)
    einde = earliest(einde, earliest(personen.overleden[van.persoon], personen.vertrokken[van.persoon]))
    result: Dagen = np.where(einde < van.begin, van.begin, einde)
    return result


def _spread(rng: np.random.Generator, van: Trekking, einde: Dagen, tijdvakken: list[Maand]) -> npt.NDArray[np.int64]:
    """Cents per row and month: by the days it ran, jobs vary from month to month, some months pay nothing or less."""
    aantal = len(van.persoon)
    baan = van.soort <= HOOGSTE_LOON
    result = np.zeros((aantal, len(tijdvakken)), np.int64)
    for nummer, maand in enumerate(tijdvakken):
        dagen = int((maand.laatste - maand.eerste).astype(int)) + 1
        vanaf = np.maximum(van.begin, maand.eerste)
        tot = np.where(np.isnat(einde), maand.laatste, np.minimum(einde, maand.laatste))
        deel = np.clip((tot - vanaf).astype(np.int64) + 1, 0, dagen) / dagen
        wisselt = baan & (rng.random(aantal) < 0.4)
        euro = van.bedrag * deel * np.where(wisselt, rng.uniform(0.85, 1.15, aantal), 1.0)
        lot = rng.random(aantal)
        euro = np.where(baan & (lot < 0.01), 0, np.where(baan & (lot > 0.997), -0.1 * euro, euro))
        result[:, nummer] = np.rint(euro * 100)
    return result


def _draw_correcties(
    rng: np.random.Generator, bedragen: npt.NDArray[np.int64], procent: Getallen, maanden: int
) -> tuple[npt.NDArray[np.int64], Getallen]:
    """What UWV corrects a month later (`procent` of the rows), and what it takes back (a quarter of that)."""
    anders = rng.random(bedragen.shape) * 100 < procent[:, None]
    factor = rng.uniform(0.6, 1.5, bedragen.shape)
    hersteld = np.where(anders, np.rint(bedragen * factor).astype(np.int64), bedragen)
    terug = rng.random(len(bedragen)) * 400 < procent
    wanneer = rng.integers(1, max(maanden, 2), len(bedragen))
    return hersteld, np.where(terug & (wanneer < maanden), wanneer, GEEN)
