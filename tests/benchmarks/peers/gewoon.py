"""Product inkomsten the usual way: `python -m tests.benchmarks.peers.gewoon`, with an `Opdracht` as its input.

It does less than we do: no bewijs, no mutaties, no validation, no processing log, no lineage. What it does not leave
out is what decides the time: every record is read, every burgerservicenummer checked and hashed, the rules followed
per person, and every message written in three formats, signed and encrypted.
"""

from __future__ import annotations

import hashlib
import hmac
from collections import defaultdict
from pathlib import Path
from tempfile import TemporaryDirectory

import pandas as pd

from pipeline.instellingen import Instellingen
from pipeline.meting.proces import Gedaan, Klok, antwoord, lees_opdracht
from schemas.load import doelen, producten
from tests.benchmarks.peers.berichten import schrijf_berichten
from tests.benchmarks.peers.lezen import lees_tabel
from tests.spec.oracle.gemeen import Row
from tests.spec.oracle.inkomsten import Melding, meldingen

PRODUCT = "inkomsten"
SLEUTEL = bytes(range(32))
GEWICHTEN = (9, 8, 7, 6, 5, 4, 3, 2, -1)
POPULATIE = ("gemeente.bijstandspopulatie", "gemeente.volgverzoek")
PERSOON, PARTNER = "burgerservicenummer", "burgerservicenummer_partner"
Tabellen = dict[str, list[Row]]


def is_bsn(tekst: str) -> bool:
    """Nine digits that pass the elfproef."""
    if len(tekst) != 9 or not tekst.isdigit():
        return False
    return sum(gewicht * int(cijfer) for gewicht, cijfer in zip(GEWICHTEN, tekst, strict=True)) % 11 == 0


class Deur:
    """Checks and hashes value by value, and remembers who is behind a pseudonym."""

    def __init__(self) -> None:
        self.bsn: dict[str, str] = {}

    def pseudoniem(self, tekst: str) -> str:
        """The pseudonym of a burgerservicenummer; nothing for what is none."""
        if not is_bsn(tekst):
            return ""
        token = hmac.new(SLEUTEL, tekst.encode(), hashlib.sha256).hexdigest()
        self.bsn[token] = tekst
        return token

    def lees(self, instellingen: Instellingen) -> dict[str, pd.DataFrame]:
        """The tables of the doel, of the population only."""
        doel = doelen()[producten()[PRODUCT].doel]
        velden = {raadpleging.tabel: [*raadpleging.velden] for raadpleging in doel.bronnen}
        tabellen = {naam: self._pseudonimiseer(lees_tabel(instellingen, naam, velden[naam])) for naam in POPULATIE}
        volg = tabellen["gemeente.volgverzoek"]
        wie = set(volg[volg["product"] == PRODUCT]["persoon"])
        wie |= set(tabellen["gemeente.bijstandspopulatie"]["persoon"])
        wie |= set(tabellen["gemeente.bijstandspopulatie"]["partner"])
        for naam in velden.keys() - set(POPULATIE):
            tabel = self._pseudonimiseer(lees_tabel(instellingen, naam, velden[naam]))
            tabellen[naam] = tabel[tabel["persoon"].isin(wie)]
        return tabellen

    def _pseudonimiseer(self, tabel: pd.DataFrame) -> pd.DataFrame:
        tabel["persoon"] = tabel.pop(PERSOON).map(self.pseudoniem)
        if PARTNER in tabel:
            tabel["partner"] = tabel.pop(PARTNER).map(self.pseudoniem)
        return tabel[tabel["persoon"] != ""]


def per_persoon(tabellen: dict[str, pd.DataFrame]) -> dict[str, Tabellen]:
    """The rows of every person, and those in which somebody is a partner."""
    result: dict[str, Tabellen] = defaultdict(lambda: {naam: [] for naam in tabellen})
    for naam, tabel in tabellen.items():
        for rij in tabel.to_dict("records"):
            for kolom in ("persoon", "partner"):
                if wie := rij.get(kolom):
                    result[wie][naam].append(rij)
    return result


def signalen(tabellen: dict[str, pd.DataFrame], periode: str) -> set[Melding]:
    """The rules, person by person."""
    tabellen["uwv.inkomstenverhouding"]["melding"] = tabellen["uwv.inkomstenverhouding"].get("melding", "")
    # A gemeente delivers all of its population every month: who is in the last list no more has no bijstand.
    lijst = tabellen[POPULATIE[0]]
    laatste = lijst["periode"].groupby(lijst["gemeentecode"]).transform("max")
    tabellen[POPULATIE[0]] = lijst[lijst["periode"] == laatste]
    result: set[Melding] = set()
    for van_persoon in per_persoon(tabellen).values():
        if van_persoon["uwv.inkomstenverhouding"]:
            vroeger = {
                naam: [rij for rij in rijen if rij["periode"] < periode] if naam.startswith("uwv.") else rijen
                for naam, rijen in van_persoon.items()
            }
            result |= meldingen(van_persoon, vroeger, periode)
    return result


def digest(regels: list[tuple[object, ...]]) -> str:
    """By what two sets of signals are compared."""
    return hashlib.sha256("\n".join(sorted(map(repr, regels))).encode()).hexdigest()


def regel(melding: Melding, bsn: str) -> tuple[object, ...]:
    """A signal as it is compared: with the burgerservicenummer instead of a pseudonym."""
    velden = [naam for naam in Melding.__dataclass_fields__ if naam != "persoon"]
    return (bsn, *(getattr(melding, naam) for naam in velden))


def main() -> None:
    """From extracts to messages."""
    opdracht = lees_opdracht()
    instellingen, (periode,) = opdracht.laad(), opdracht.over
    klok = Klok()
    deur = Deur()
    gevonden = signalen(deur.lees(instellingen), periode)
    with TemporaryDirectory(dir=instellingen.map()) as folder:
        grootte = schrijf_berichten(Path(folder), gevonden, deur.bsn, periode)
    uitkomst = digest([regel(melding, deur.bsn[melding.persoon]) for melding in gevonden])
    antwoord(klok.klaar(Gedaan(rijen=len(gevonden), bytes=grootte, uitkomst=uitkomst)))


if __name__ == "__main__":
    main()
