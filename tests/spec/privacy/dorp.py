"""A village: a handful of persons with everything about them, small enough to know by name.

Everybody lives in Utrecht. `PERIODE` is the month under test. Who asks for kwijtschelding, who has bijstand and who is
known to UWV is written down here, so that a test can say what must become of each of them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest

from pipeline.instellingen import Instellingen
from pipeline.werk import Gedraaid, draai
from schemas import load
from schemas.ontvanger import Ontvanger
from tests.bouw import BIJSTAND, IKV, bijstand, maak_bsn, neem_op, schrijf_csv
from tests.geopend import geopend

PERIODE = "2026-01"
UTRECHT, WATERSCHAP = "0344", "ws-0664"
PRODUCTEN = ("inkomsten", "kwijtschelding", "vsv")
WERKGEVER, LOON = "Bakkerij De Korenaar", 98_765  # content by which a test recognises it

NAMEN = ("anna", "bas", "carl", "dirk", "jan", "eva", "greet", "hans", "kees", "lisa", "niemand")
PERSOON = {naam: maak_bsn(700 + nr) for nr, naam in enumerate(NAMEN)}
ANNA, BAS, CARL, DIRK, JAN, EVA, GREET, HANS, KEES, LISA, NIEMAND = PERSOON.values()

IKO = ("Burgerservicenr", "Loonheffingennr", "VolgnrIkv", "DatBIkv", "DatBIko", "DatEIko", "BedrBrutoloonSv")
IKO_LB = ("BedrLoonLbPremieVolksverz", "BedrIngehoudenLbPremieVolksverz")
IKP = ("Burgerservicenr", "Loonheffingennr", "VolgnrIkv", "DatBIkv", "DatBIkp", "CdSrtIkv")
AANVRAAG = (
    *("ontvanger", "aanvraagnummer", "burgerservicenummer", "burgerservicenummerPartner", "soort"),
    *("belastingjaar", "huishoudtype", "aantalVolwassenen", "pensioengerechtigd"),
)
GEBOREN = ("burgerservicenummer", "geboortedatum", "datumOverlijden", "datumOpschorting", "redenOpschorting")
VERBLIJF = ("burgerservicenummer", "gemeenteVanInschrijving", "datumInschrijving", "datumBegin")
DUO = ("Burgerservicenr", "IndStartkwalificatieDuo")

# (persoon, partner, regeling, ingang, einde): who the gemeente says has or had bijstand.
UITKERINGEN = [
    (ANNA, BAS, "PW", "20250101", ""),
    (CARL, "", "PW", "20250101", ""),
    (DIRK, "", "IOAW", "20250101", ""),
    (GREET, "", "BBZ", "20250101", ""),
    (HANS, "", "PW", "20250101", "20251231"),
]
# (ontvanger, nummer, aanvrager, partner)
AANVRAGEN = [
    (UTRECHT, "A-1", ANNA, BAS),
    (UTRECHT, "A-2", EVA, ""),
    (UTRECHT, "A-3", DIRK, JAN),
    (UTRECHT, "A-4", GREET, ""),
    (UTRECHT, "A-5", HANS, ""),
    (WATERSCHAP, "A-6", KEES, ""),
]
BIJ_UWV = (ANNA, BAS, CARL, DIRK, JAN, EVA, GREET, HANS, KEES, LISA, NIEMAND)


def neem_nieuwe_banen_op(instellingen: Instellingen, woont: Mapping[str, str], periode: str = PERIODE) -> None:
    """Takes in everybody by the gemeente where each lives: with bijstand there, and a job that began this month."""
    populatie = [bijstand(wie, gemeente=waar) for wie, waar in woont.items()]
    neem_op(instellingen, "gemeente", {"bijstand.csv": schrijf_csv(BIJSTAND, populatie)}, periode)
    verblijf = [[wie, waar, "20200101", "20200101"] for wie, waar in woont.items()]
    neem_op(instellingen, "brp", {"verblijf.csv": schrijf_csv(VERBLIJF, verblijf)}, periode)
    jobs = [(wie, f"{100_000_000 + nr}L01", 1, "20260105") for nr, wie in enumerate(woont)]
    uwv = {
        "ikv.csv": schrijf_csv(IKV, [[*job, "", "Bakkerij <De Korenaar> & Zn.", ""] for job in jobs]),
        "ikp.csv": schrijf_csv(IKP, [[*job, "20260105", "15"] for job in jobs]),
    }
    neem_op(instellingen, "uwv", uwv, periode)


def bijstandspopulatie(rijen: Sequence[tuple[str, ...]] = UITKERINGEN) -> str:
    """The list of the gemeente."""
    columns = [[UTRECHT, wie, partner, wat, van, tot, "alleenstaande", 140150] for wie, partner, wat, van, tot in rijen]
    return schrijf_csv(BIJSTAND, columns)


def aanvragen(rijen: Sequence[tuple[str, ...]] = AANVRAGEN) -> str:
    """Who asks for kwijtschelding."""
    return schrijf_csv(AANVRAAG, [[*rij, "aanvraag", 2026, _huishouden(rij), 1, "nee"] for rij in rijen])


def _huishouden(rij: Sequence[str]) -> str:
    return "echtgenoten" if rij[3] else "alleenstaande"


def uwv(personen: Sequence[str] = BIJ_UWV, loon: int = LOON) -> dict[str, str]:
    """A job in January for everybody, with the same wage in cents; the numbers of employers hold no person."""
    jobs = [(wie, f"{100_000_000 + nr}L01", 1, "20260105") for nr, wie in enumerate(personen)]
    return {
        "ikv.csv": schrijf_csv(IKV, [[*job, "", WERKGEVER, ""] for job in jobs]),
        "ikp.csv": schrijf_csv(IKP, [[*job, "20260105", "15"] for job in jobs]),
        "iko.csv": schrijf_csv(IKO + IKO_LB, [[*job, "20260105", "20260131", loon, loon, loon // 10] for job in jobs]),
    }


def brp(personen: Sequence[str] = tuple(PERSOON.values())) -> dict[str, str]:
    """Everybody lives in Utrecht; Lisa is seventeen."""
    born = [[wie, "20081101" if wie == LISA else "19800101", "", "", ""] for wie in personen]
    homes = [[wie, UTRECHT, "20200101", "20200101"] for wie in personen]
    return {"persoon.csv": schrijf_csv(GEBOREN, born), "verblijf.csv": schrijf_csv(VERBLIJF, homes)}


def neem_alles_op(instellingen: Instellingen, periode: str = PERIODE) -> None:
    """Everything that is delivered in a month. DUO also has Anna, so that she is in three doelen."""
    gemeente = {"bijstand.csv": bijstandspopulatie(), "aanvraag.csv": aanvragen()}
    neem_op(instellingen, "gemeente", gemeente, periode)
    neem_op(instellingen, "duo", {"duo.csv": schrijf_csv(DUO, [[LISA, 2], [ANNA, 1]])}, periode)
    neem_op(instellingen, "brp", brp(), periode)
    neem_op(instellingen, "uwv", uwv(), periode)
    neem_op(instellingen, "rdw", {"bezit.csv": schrijf_csv(_BEZIT, [[NIEMAND, "12ABC3", "20200101", ""]])}, periode)
    neem_op(instellingen, "kvk", {"f.csv": schrijf_csv(_FUNCTIE, [[NIEMAND, "12345678", "eigenaar"]])}, periode)


_BEZIT = ("Burgerservicenr", "KentekenVoertuig", "DatRegistratieAansprakelijkheid", "CdStatusVoertuig")
_FUNCTIE = ("burgerservicenummer", "kvkNummer", "functie")


def draai_alles(instellingen: Instellingen, periode: str = PERIODE) -> dict[str, Gedraaid]:
    """Every product of the village, delivered."""
    return {product: draai(instellingen, product, periode) for product in PRODUCTEN}


@contextmanager
def afgesproken(**afspraken: Mapping[str, object]) -> Iterator[None]:
    """Other agreements with recipients, by code (`_0344` for a gemeente), for as long as it lasts."""
    known: dict[str, Ontvanger] = load.ontvangers()
    with pytest.MonkeyPatch.context() as monkeypatch:
        for code, changes in afspraken.items():
            naam = code.removeprefix("_").replace("_", "-")
            monkeypatch.setitem(known, naam, known[naam].model_copy(update=dict(changes)))
        yield


def bericht(instellingen: Instellingen, product: str, formaat: str, ontvanger: str = UTRECHT) -> list[Path]:
    """The messages of a product that a recipient got, in one format, without manifests."""
    folder = geopend(instellingen) / ontvanger / product / PERIODE
    found = sorted(folder.glob(f"*.{formaat}"))
    return [path for path in found if not path.name.endswith(("_manifest.json", "_bewijs.csv"))]
