"""Gemeenten and waterschappen: who has bijstand, who asks for kwijtschelding, and who is to be followed, as rows."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from demo.aanvraag import HUISHOUDTYPEN, SOORTEN, Aanvragen
from demo.bijstand import LEEFVORMEN, NORMEN, REGELINGEN, Bijstand
from demo.kalender import NOOIT, Getallen, Ja, Maand, datum_tekst, hide_toekomst, leeftijd
from demo.onregelmatig import BSN
from demo.persoon import GEEN, Bevolking
from demo.schrijf import join, pick
from schemas.load import ontvangers

KANTOREN = 12  # gemeenten leave kwijtschelding to this many shared offices
KANTOOR = "kantoor"


def read_waterschappen() -> list[str]:
    """The waterschappen among the recipients."""
    return [code for code, ontvanger in ontvangers().items() if ontvanger.soort == "waterschap"]


class Gemeente:
    """What the gemeenten tell of the persons of a block."""

    def __init__(self, bevolking: Bevolking, bijstand: Bijstand, aanvragen: Aanvragen) -> None:
        self.personen, self.gemeenten = bevolking.personen, bevolking.gemeenten
        self.bijstand, self.aanvragen = bijstand, aanvragen
        personen, gemeenten = self.personen, self.gemeenten
        self.bsn = pa.array(personen.bsn).cast(pa.string())
        codes = [*gemeenten.code, *read_waterschappen()]
        plaats = np.where(aanvragen.waterschap == GEEN, aanvragen.gemeente, len(gemeenten.code) + aanvragen.waterschap)
        self._ontvanger = pick(codes, plaats)
        nummers = pa.array(np.arange(len(plaats)) + 100_001 + bevolking.blok.aanvragen).cast(pa.string())
        self._aanvraagnummer = join("KW-", self._ontvanger, "-", nummers)
        self.gevolgd = self._choose_gevolgd(bevolking.begin)

    def _choose_gevolgd(self, peildatum: np.datetime64) -> Getallen:
        """Persons outside the population that a gemeente asks to follow."""
        p = self.personen
        jaren = leeftijd(p.geboren, peildatum)
        vrij = (jaren >= 18) & (jaren < 66) & ~self.bijstand.personen(len(p)) & ~p.rni & np.isnat(p.verhuisd)
        kandidaten = np.flatnonzero(vrij)
        return kandidaten[:: max(len(kandidaten) // (40 + len(p) // 2_000), 1)]

    def _bsn_or_null(self, persoon: Getallen) -> pa.Array:
        return self.bsn.take(pa.array(persoon, mask=persoon == GEEN))

    def populatie(self, maand: Maand, rijen: Ja) -> pa.Table:
        """Table bijstandspopulatie, as known at the end of the month."""
        b = self.bijstand
        wie = np.flatnonzero(rijen & b.loopt(maand))
        return pa.table(
            {
                "gemeentecode": pick(self.gemeenten.code, b.gemeente[wie]),
                BSN: self.bsn.take(pa.array(b.hoofd[wie])),
                "burgerservicenummer_partner": self._bsn_or_null(b.partner[wie]),
                "regeling": pick(REGELINGEN, b.regeling[wie]),
                "datum_ingang": datum_tekst(b.ingang[wie]),
                "datum_einde": datum_tekst(hide_toekomst(b.einde[wie], maand.laatste)),
                "leefvorm": pick(LEEFVORMEN, b.leefvorm[wie]),
                "bedrag_norm": pa.array(NORMEN[b.leefvorm[wie]]).cast(pa.string()),
            }
        )

    def aanvragen_van(self, maand: int, jaar: int) -> pa.Table:
        """Table kwijtscheldingsaanvraag of a delivered month, with the number of the office that sends each row."""
        a = self.aanvragen
        wie = np.flatnonzero(a.maand == maand)
        kantoor = np.where(a.waterschap[wie] == GEEN, a.gemeente[wie] % KANTOREN, KANTOREN + a.waterschap[wie])
        return pa.table(
            {
                "ontvanger": self._ontvanger.take(pa.array(wie)),
                "aanvraagnummer": self._aanvraagnummer.take(pa.array(wie)),
                BSN: self.bsn.take(pa.array(a.hoofd[wie])),
                "burgerservicenummer_partner": self._bsn_or_null(a.partner[wie]),
                "soort": pick(SOORTEN, a.soort[wie]),
                "belastingjaar": pick((str(jaar),), wie * 0),
                "huishoudtype": pick(HUISHOUDTYPEN, a.huishoudtype[wie]),
                "aantal_volwassenen": pa.array(a.volwassenen[wie]).cast(pa.string()),
                "indicatie_pensioengerechtigd": pick(("nee", "ja"), a.pensioen[wie]),
                "bedrag_aanslag": pa.array(15000 + wie * 1237 % 60000).cast(pa.string()),
                KANTOOR: pa.array(kantoor),
            }
        )

    def volgverzoeken(self, begin: np.datetime64) -> pa.Table:
        """Table volgverzoek: persons outside the population; the same ones every month, a few with an end."""
        wie = self.gevolgd
        nummer = np.arange(len(wie))
        van = begin - (nummer % 300).astype("m8[D]")
        tot = np.where(nummer % 11 == 10, begin + np.timedelta64(120, "D"), NOOIT)
        return pa.table(
            {
                "gemeentecode": pick(self.gemeenten.code, self.personen.gemeente_voor[wie]),
                BSN: self.bsn.take(pa.array(wie)),
                "product": pick(("inkomsten", "kvk"), nummer % 2),
                "datum_van": datum_tekst(van),
                "datum_tot": datum_tekst(tot),
            }
        )
