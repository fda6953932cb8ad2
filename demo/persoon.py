"""The persons of the country: households, ages, residence and its changes, marriage, death.

Everything that other modules need of a person stands in columns of `Personen`, one row per person; a person is an index
into them. Persons of one household stand together: the head, the partner if there is one, then the others.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from demo.blok import Blok
from demo.bsn import make_bsns
from demo.kalender import NOOIT, Dagen, Getallen, Ja, Maand, draw_dagen, draw_verleden, leeftijd
from schemas.load import read_csv

GEEN = -1
VAST = 2  # so many households of every gemeente stay where they are, so that every gemeente always has someone
_GROOT = {"0363": 930, "0599": 670, "0518": 565, "0344": 375, "0772": 245, "0014": 240, "0855": 230, "0034": 225}


@dataclass(frozen=True)
class Soort:
    """A kind of household: how common, how many persons, whether the second one is the partner, ages of the head."""

    aandeel: float
    omvang: int
    paar: bool
    leeftijden: tuple[tuple[float, int, int], ...]  # share, youngest, oldest


SOORTEN = (
    Soort(0.40, 1, False, ((0.25, 18, 26), (0.45, 27, 66), (0.30, 67, 95))),
    Soort(0.28, 2, True, ((0.12, 20, 30), (0.45, 30, 66), (0.43, 67, 90))),
    Soort(0.08, 3, True, ((1.0, 25, 55),)),
    Soort(0.12, 4, True, ((1.0, 28, 55),)),
    Soort(0.03, 5, True, ((1.0, 30, 55),)),
    Soort(0.05, 2, False, ((1.0, 22, 55),)),
    Soort(0.03, 3, False, ((1.0, 25, 55),)),
    Soort(0.01, 3, True, ((1.0, 45, 66),)),
)
DRIE_VOLWASSENEN = 7


@dataclass(frozen=True)
class Gemeenten:
    """The gemeenten that exist now (`code`, `naam`) and, for each, one code that went up in it (or its own)."""

    code: tuple[str, ...]
    naam: tuple[str, ...]
    oude_code: tuple[str, ...]


@dataclass(frozen=True)
class Personen:
    """One row per person. `gemeente_*` are indices into `Gemeenten`; days that never come are NaT.

    Until `verhuisd` a person lives in `gemeente_voor` (since `sinds`), from then on in `gemeente_na`. `partner` is the
    person one lives together with; `echtgenoot` the one married to from `gehuwd` to `ontbonden` (GEEN: has no number).
    """

    bsn: npt.NDArray[np.int64]
    huishouden: Getallen
    rol: Getallen
    man: Ja
    geboren: Dagen
    onbekend: Getallen
    gemeente_voor: Getallen
    gemeente_na: Getallen
    sinds: Dagen
    verhuisd: Dagen
    overleden: Dagen
    vertrokken: Dagen
    rni: Ja
    partner: Getallen
    echtgenoot: Getallen
    gehuwd: Dagen
    ontbonden: Dagen

    def __len__(self) -> int:
        return len(self.bsn)


@dataclass(frozen=True)
class Huishoudens:
    """One row per household: its kind, first person and size; `ronde` numbers the first households of a gemeente."""

    soort: Getallen
    eerste: Getallen
    omvang: Getallen
    gemeente: Getallen
    ronde: Getallen
    bijstand: Ja


@dataclass(frozen=True)
class Bevolking:
    """The persons of the country with their households, in the months that are delivered."""

    gemeenten: Gemeenten
    huishoudens: Huishoudens
    personen: Personen
    maanden: list[Maand]
    blok: Blok

    @property
    def begin(self) -> np.datetime64:
        """First day of the delivered months."""
        return self.maanden[0].eerste

    @property
    def eind(self) -> np.datetime64:
        """Last day of the delivered months."""
        return self.maanden[-1].laatste


def make_bevolking(blok: Blok, maanden: list[Maand]) -> Bevolking:
    """The population of a block."""
    gemeenten = read_gemeenten()
    hh = make_huishoudens(blok.rng("huishouden"), blok.personen, gemeenten)
    return Bevolking(gemeenten, hh, make_personen(blok, hh, gemeenten, maanden), maanden, blok)


def read_gemeenten() -> Gemeenten:
    """The current gemeenten from the code list."""
    rijen = read_csv("codes/gemeente.csv")
    nu = [rij for rij in rijen if rij["gemeentecode"] == rij["gemeente_actueel"]]
    oud = {rij["gemeente_actueel"]: rij["gemeentecode"] for rij in rijen if rij["gemeente_actueel"]}
    return Gemeenten(
        tuple(rij["gemeentecode"] for rij in nu),
        tuple(rij["gemeentenaam"] for rij in nu),
        tuple(oud[rij["gemeentecode"]] for rij in nu),
    )


def make_huishoudens(rng: np.random.Generator, personen: int, gemeenten: Gemeenten) -> Huishoudens:
    """Households for exactly `personen` persons, spread unevenly over all gemeenten; about 5.5% on bijstand."""
    omvangen = np.array([soort.omvang for soort in SOORTEN])
    aandelen = np.array([soort.aandeel for soort in SOORTEN])
    soort = rng.choice(len(SOORTEN), size=personen // 2 + 10, p=aandelen / aandelen.sum())
    soort = soort[np.cumsum(omvangen[soort]) <= personen]
    soort = np.concatenate([soort, np.zeros(personen - omvangen[soort].sum(), soort.dtype)])
    aantal, plaatsen = len(soort), len(gemeenten.code)
    gewicht = rng.lognormal(3.4, 0.6, plaatsen)
    gewicht = np.array([_GROOT.get(code, gewicht[plaats]) for plaats, code in enumerate(gemeenten.code)])
    gemeente = rng.choice(plaatsen, size=aantal, p=gewicht / gewicht.sum())
    rondes = min(max(VAST, aantal // 1600), 6, aantal // plaatsen)
    gemeente[: rondes * plaatsen] = np.tile(np.arange(plaatsen), rondes)
    ronde = np.minimum(np.arange(aantal) // plaatsen, 99)
    ronde[rondes * plaatsen :] = 99
    al = int((ronde == 0).sum())
    kans = max((0.058 * aantal - al) / max(aantal - al, 1), 0.02)
    omvang = omvangen[soort]
    return Huishoudens(
        soort=soort,
        eerste=np.cumsum(omvang) - omvang,
        omvang=omvang,
        gemeente=gemeente,
        ronde=ronde,
        bijstand=(ronde == 0) | (rng.random(aantal) < kans),
    )


def make_personen(blok: Blok, hh: Huishoudens, gemeenten: Gemeenten, maanden: list[Maand]) -> Personen:
    """The persons of the households, with what happens to them until the end of the last month."""
    rng = blok.rng("persoon")
    aantal = int(hh.omvang.sum())
    huishouden = np.repeat(np.arange(len(hh.soort)), hh.omvang)
    rol = np.arange(aantal) - hh.eerste[huishouden]
    geboren = _draw_geboren(rng, hh, huishouden, rol, maanden[-1].laatste)
    paar = np.array([soort.paar for soort in SOORTEN])[hh.soort][huishouden]
    zelf = np.arange(aantal)
    partner = np.where(paar & (rol == 0), zelf + 1, np.where(paar & (rol == 1), zelf - 1, GEEN))
    verhuisd, voor, na = _draw_verhuizing(rng, hh, len(gemeenten.code), maanden)
    overleden, vertrokken, rni = _draw_vertrek(rng, hh, huishouden, maanden)
    samen = np.where(rol == 0, partner, GEEN)
    echtgenoot, gehuwd, ontbonden = _draw_huwelijk(rng, geboren, samen, overleden, maanden[-1].laatste)
    onbekend = rng.choice(4, size=aantal, p=[0.988, 0.006, 0.004, 0.002])
    verhuisd, voor, na = verhuisd[huishouden], voor[huishouden], na[huishouden]
    sinds = draw_dagen(rng, geboren, np.maximum(np.fmin(verhuisd, maanden[0].eerste - 60), geboren), aantal)
    return Personen(
        bsn=rng.permutation(make_bsns(aantal, blok.hoogste_bsn)),
        huishouden=huishouden,
        rol=rol,
        man=rng.random(aantal) < 0.5,
        geboren=geboren,
        onbekend=onbekend,
        gemeente_voor=voor,
        gemeente_na=na,
        sinds=sinds,
        verhuisd=np.where(verhuisd > sinds, verhuisd, NOOIT),
        overleden=overleden,
        vertrokken=vertrokken,
        rni=rni,
        partner=partner,
        echtgenoot=echtgenoot,
        gehuwd=gehuwd,
        ontbonden=ontbonden,
    )


def _draw_geboren(
    rng: np.random.Generator, hh: Huishoudens, huishouden: Getallen, rol: Getallen, peildatum: np.datetime64
) -> Dagen:
    hoofd = np.zeros(len(hh.soort))
    for nummer, soort in enumerate(SOORTEN):
        rijen = np.flatnonzero(hh.soort == nummer)
        aandeel, jongste, oudste = (np.array(waarden) for waarden in zip(*soort.leeftijden, strict=True))
        groep = rng.choice(len(aandeel), size=len(rijen), p=aandeel)
        hoofd[rijen] = jongste[groep] + rng.random(len(rijen)) * (oudste[groep] + 1 - jongste[groep])
    hoofd = np.where(hh.bijstand & ((hoofd < 19) | (hoofd > 65)), 21 + rng.random(len(hoofd)) * 43, hoofd)
    ouder = hoofd[huishouden]
    kind = rng.random(len(rol)) * np.minimum(26, np.maximum(ouder - 19, 1))
    volwassen = 18.5 + rng.random(len(rol)) * 12
    partner = np.maximum(ouder + rng.normal(0, 3, len(rol)), 18.5)
    paar = np.array([soort.paar for soort in SOORTEN])[hh.soort][huishouden]
    drie = (hh.soort == DRIE_VOLWASSENEN)[huishouden]
    jaren = np.select([rol == 0, (rol == 1) & paar, drie], [ouder, partner, volwassen], kind)
    return peildatum - np.floor(jaren * 365.2425).astype("m8[D]")


def _draw_verhuizing(
    rng: np.random.Generator, hh: Huishoudens, gemeenten: int, maanden: list[Maand]
) -> tuple[Dagen, Getallen, Getallen]:
    """A household moves at most once: mostly years ago, about 1% of them in each month that is delivered."""
    aantal = len(hh.soort)
    wanneer = draw_verleden(rng, maanden[-1].laatste, 900, aantal)
    recent = wanneer >= maanden[0].eerste
    verhuist = (rng.random(aantal) < 0.3) & ~(recent & (hh.ronde < VAST))
    ander = rng.integers(0, gemeenten, aantal)
    voor = np.where(verhuist & ~recent, ander, hh.gemeente)
    na = np.where(verhuist & recent, ander, hh.gemeente)
    return np.where(verhuist & (voor != na), wanneer, NOOIT), voor, na


def _draw_vertrek(
    rng: np.random.Generator, hh: Huishoudens, huishouden: Getallen, maanden: list[Maand]
) -> tuple[Dagen, Dagen, Ja]:
    """Who died, left the country, or is only known as a non-resident; not in the households a gemeente counts on."""
    aantal = len(huishouden)
    begin, eind = maanden[0].eerste, maanden[-1].laatste
    lang_geleden = draw_dagen(rng, begin - 1500, begin - 60, aantal)
    onlangs = draw_dagen(rng, begin - 20, eind, aantal)
    lot = rng.random(aantal)
    los = hh.ronde[huishouden] >= VAST
    bijstand = hh.bijstand[huishouden]
    dag = np.where(bijstand | (rng.random(aantal) < 0.3), onlangs, lang_geleden)
    overleden = np.where(los & (lot < 0.006), dag, NOOIT)
    vertrokken = np.where(los & (lot >= 0.006) & (lot < 0.012), dag, NOOIT)
    rni = los & (lot >= 0.012) & (lot < 0.016)
    return overleden, vertrokken, rni


def _draw_huwelijk(
    rng: np.random.Generator, geboren: Dagen, samen: Getallen, overleden: Dagen, eind: np.datetime64
) -> tuple[Getallen, Dagen, Dagen]:
    """Most couples are married; some of the others were, to one another or to someone without a number.

    `samen` is the partner of the head of a couple, and GEEN for everyone else.
    """
    aantal = len(geboren)
    eerste = np.flatnonzero((samen != GEEN) & (rng.random(aantal) < 0.88))
    vrij = (leeftijd(geboren, eind) > 27) & (samen == GEEN)
    vrij[samen[samen != GEEN]] = False
    alleen = np.flatnonzero(vrij & (rng.random(aantal) < 0.14))
    ex, ander_land = alleen[: len(alleen) // 2 * 2 * 9 // 10 // 2 * 2], alleen[len(alleen) * 95 // 100 :]
    links = np.concatenate([eerste, ex[0::2]])
    rechts = np.concatenate([samen[eerste], ex[1::2]])
    vanaf = np.maximum(geboren[links], geboren[rechts]) + np.timedelta64(6800, "D")
    gesloten = draw_dagen(rng, np.minimum(vanaf, eind - 3), np.datetime64(eind - 3), len(links))
    gescheiden = draw_dagen(rng, gesloten, np.datetime64(eind), len(links))
    gescheiden[: len(eerste)] = np.fmin(overleden[links], overleden[rechts])[: len(eerste)]
    echtgenoot = np.full(aantal, GEEN)
    gehuwd = np.full(aantal, NOOIT)
    ontbonden = np.full(aantal, NOOIT)
    for een, ander in ((links, rechts), (rechts, links)):
        echtgenoot[een], gehuwd[een], ontbonden[een] = ander, gesloten, gescheiden
    gehuwd[ander_land] = draw_dagen(rng, geboren[ander_land] + np.timedelta64(6800, "D"), eind, len(ander_land))
    return echtgenoot, gehuwd, np.where(ontbonden >= gehuwd, ontbonden, NOOIT)
