"""Product inkomsten the usual way: `python -m tests.benchmarks.peers.gewoon`, with an `Opdracht` as its input.

Every record is read, every burgerservicenummer checked and hashed, the rules followed per person with the facts under
every signal, and every message written in three formats, validated (JSON and XML), signed and encrypted. It does less
than we do: no mutaties, no processing log, no lineage but the bewijs, and it works for one doel.
"""

from __future__ import annotations

import hashlib
import hmac
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory

import pandas as pd

from pipeline.instellingen import Instellingen
from pipeline.meting.proces import Gedaan, Klok, antwoord, lees_opdracht
from schemas.berichten import find_bericht
from schemas.load import doelen, producten
from tests.benchmarks.peers.berichten import Schrijver, Signaal
from tests.benchmarks.peers.bewijs import Feit, bewijs, bijstand_van
from tests.benchmarks.peers.lezen import lees_tabel
from tests.spec.oracle.gemeen import NOOIT, Row, herzien, laatste_dag, uiterlijk, vroegst
from tests.spec.oracle.inkomsten import Melding, met_ikv, soort_op

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


@dataclass(frozen=True)
class Gevonden:
    """A signal with the rows it rests on."""

    melding: Melding
    ikv: Row
    regeling: str
    code_soort_ikv: str
    bewijs: list[Feit]


def signalen(tabellen: dict[str, pd.DataFrame], periode: str) -> list[Gevonden]:
    """The rules, person by person."""
    tabellen["uwv.inkomstenverhouding"]["melding"] = tabellen["uwv.inkomstenverhouding"].get("melding", "")
    # A gemeente delivers all of its population every month: who is in the last list no more has no bijstand.
    lijst = tabellen[POPULATIE[0]]
    laatste = lijst["periode"].groupby(lijst["gemeentecode"]).transform("max")
    tabellen[POPULATIE[0]] = lijst[lijst["periode"] == laatste]
    peildatum = laatste_dag(periode)
    result: list[Gevonden] = []
    for van_persoon in per_persoon(tabellen).values():
        if van_persoon["uwv.inkomstenverhouding"]:
            vroeger = {
                naam: [rij for rij in rijen if rij["periode"] < periode] if naam.startswith("uwv.") else rijen
                for naam, rijen in van_persoon.items()
            }
            nu, toen = ({naam: herzien(rijen, naam) for naam in rijen} for rijen in (van_persoon, vroeger))
            result += van_een_persoon(nu, toen, peildatum)
    return result


def van_een_persoon(nu: dict[str, list[Row]], toen: dict[str, list[Row]], peildatum: date) -> Iterator[Gevonden]:
    """The signals about one person, with what is under them."""
    for ikv, melding in met_ikv(nu, toen, peildatum):
        soort, _ = soort_op(nu, ikv, f"{peildatum:%Y%m%d}")
        bijstand, _ = bijstand_van(nu, ikv, melding, peildatum)
        regeling = bijstand.get("regeling", "") if bijstand else ""
        yield Gevonden(melding, ikv, regeling, soort, bewijs(nu, toen, ikv, melding, peildatum))


def als_signaal(gevonden: Gevonden, bsn: str, peildatum: date) -> Signaal:
    """A signal as a message has it."""
    melding, ikv = gevonden.melding, gevonden.ikv
    begin, einde = vroegst(ikv["datum_begin"]), uiterlijk(ikv["datum_einde"])
    van_dag, tot_dag = begin, einde
    if melding.signaal_code in {"INK-02", "INK-04"}:
        tot_dag = laatste_dag(melding.tijdvak or f"{peildatum:%Y-%m}")
        van_dag = tot_dag.replace(day=1)
    velden = {naam: waarde for naam, waarde in asdict(melding).items() if naam not in {"persoon", "ontvanger"}}
    velden |= {
        "burgerservicenummer": bsn,
        "ingang": van_dag.isoformat(),
        "einde": None if tot_dag == NOOIT else tot_dag.isoformat(),
        "loonheffingennummer": ikv["loonheffingennummer"],
        "naam_werkgever": ikv["naam_werkgever"],
        "code_soort_ikv": gevonden.code_soort_ikv,
        "regeling": gevonden.regeling,
        "begin_inkomstenverhouding": begin.isoformat(),
    }
    return Signaal(melding.ontvanger, velden, gevonden.bewijs)


def digest(regels: list[tuple[object, ...]]) -> str:
    """By what two sets of signals are compared."""
    return hashlib.sha256("\n".join(sorted(map(repr, regels))).encode()).hexdigest()


def regel(melding: Melding, bsn: str, bewijs: Iterable[tuple[str, str]]) -> tuple[object, ...]:
    """A signal as it is compared: with the burgerservicenummer instead of a pseudonym, and what its facts say."""
    velden = [naam for naam in Melding.__dataclass_fields__ if naam != "persoon"]
    return (bsn, *(getattr(melding, naam) for naam in velden), *sorted(bewijs))


def main() -> None:
    """From extracts to messages."""
    opdracht = lees_opdracht()
    instellingen, (periode,) = opdracht.laad(), opdracht.over
    klok = Klok()
    deur, product = Deur(), producten()[PRODUCT]
    gevonden = signalen(deur.lees(instellingen), periode)
    leveringen = {str(rij["levering_nr"]): rij["levering_id"] for rij in instellingen.grootboek.leveringen()}
    schrijver = Schrijver(product, find_bericht(product.bericht, product.versie), periode, leveringen)
    berichten = [als_signaal(each, deur.bsn[each.melding.persoon], laatste_dag(periode)) for each in gevonden]
    with TemporaryDirectory(dir=instellingen.map()) as folder:
        grootte = schrijver.schrijf(Path(folder), berichten)
    gedaan = klok.klaar(Gedaan(rijen=len(gevonden), bytes=grootte))
    regels = [
        regel(each.melding, deur.bsn[each.melding.persoon], ((f["kenmerk"], f["waarde"]) for f in each.bewijs))
        for each in gevonden
    ]
    antwoord(gedaan.model_copy(update={"uitkomst": digest(regels)}))


if __name__ == "__main__":
    main()
