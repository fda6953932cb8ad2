"""UWV: SuwiML answers (one per person, in a zip), bulk CSV for a large country, and corrections as bulk CSV."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from demo.kalender import Getallen, Ja, datum_tekst, hide_toekomst
from demo.persoon import GEEN, Gemeenten, Personen
from demo.schrijf import as_batch, element, join, pick, write_csv
from demo.suwiml import group_by_person, make_answers
from demo.werk import EERSTE_GEMEENTE, TERUG, Werk

NAAMRUIMTE = "http://bkwi.nl/SuwiML/Diensten/UWVDossierInkomstenGSD/v0200"
DOCUMENT = "UWVPersoonsIkvInfoResponse"
_BRANCHES = ("BOUW", "SCHOONMAAK", "TRANSPORT", "ZORG", "HORECA", "TUINBOUW", "WINKEL", "TECHNIEK", "UITZENDBUREAU")
_NAMEN = ("DE LINDE", "NOORDERLICHT", "DE BRUG", "WATERLAND", "HET ANKER", "ZONNEWEIDE", "DE MOLEN", "OOSTERPOORT")


class Uwv:
    """What UWV tells about the income of the country."""

    def __init__(self, werk: Werk, personen: Personen, gemeenten: Gemeenten) -> None:
        self.werk = werk
        self.bsn = pa.array(personen.bsn).cast(pa.string())
        nummers = pa.array(werk.loonheffingennummers).cast(pa.string())
        self._fiscaal = pc.utf8_lpad(nummers, 9, "0")
        self._loonheffingennummer = join(self._fiscaal, "L01")
        eigen = len(nummers) - EERSTE_GEMEENTE - len(gemeenten.code)
        soort, reeks = np.arange(eigen) % len(_BRANCHES), np.arange(eigen) // len(_BRANCHES)
        naam, nummer = pick(_NAMEN, reeks % len(_NAMEN)), pa.array(reeks).cast(pa.string())
        bedrijven = join(pick(_BRANCHES, soort), " ", naam, " ", nummer)
        vast = ["SOCIALE VERZEKERINGSBANK", "UWV", "PENSIOENFONDS DE ZILVERVLOOT"]
        vast += [f"GEMEENTE {gemeente.upper()}" for gemeente in gemeenten.naam]
        self._naam = pa.concat_arrays([pa.array(vast, pa.string()), bedrijven])

    def select(self, maand: int, tijdvakken: list[int], personen: Ja | None = None) -> Getallen:
        """Rows to tell of in delivered month `maand`: active in one of the tijdvakken and not taken back before."""
        werk = self.werk
        actief = np.logical_or.reduce([werk.actief(tijdvak) for tijdvak in tijdvakken])
        actief &= (werk.ingetrokken == GEEN) | (werk.ingetrokken >= maand)
        return np.flatnonzero(actief if personen is None else actief & personen[werk.persoon])

    def verhoudingen(self, rijen: Getallen, maand: int) -> pa.Table:
        """Table inkomstenverhouding of these rows, as known at the end of the month."""
        werk, peil = self.werk, self.werk.tijdvakken[maand + TERUG].laatste
        return pa.table(
            {
                **self._sleutel(rijen),
                "datum_begin": datum_tekst(werk.begin[rijen]),
                "datum_einde": datum_tekst(hide_toekomst(werk.einde[rijen], peil)),
                "naam_werkgever": self._naam.take(pa.array(werk.werkgever[rijen])),
            }
        )

    def perioden(self, rijen: Getallen, maand: int) -> pa.Table:
        """Table inkomstenperiode: one period as long as the verhouding itself."""
        werk, peil = self.werk, self.werk.tijdvakken[maand + TERUG].laatste
        begin = datum_tekst(werk.begin[rijen])
        return pa.table(
            {
                **self._sleutel(rijen),
                "datum_begin_ikv": begin,
                "datum_begin": begin,
                "datum_einde": datum_tekst(hide_toekomst(werk.einde[rijen], peil)),
                "code_soort_ikv": pa.array(werk.soort[rijen]).cast(pa.string()),
                "indicatie_loonheffingskorting": pick(("2", "1"), werk.korting[rijen]),
            }
        )

    def opgaven(self, rijen: Getallen, maand: int, tijdvak: int, *, hersteld: bool = False) -> pa.Table:
        """Table inkomstenopgave of one tijdvak, one row per row given (also where it was not active)."""
        werk, over = self.werk, self.werk.tijdvakken[tijdvak]
        begin = werk.begin[rijen]
        bron = werk.hersteld if hersteld or 0 <= tijdvak - TERUG < maand - 1 else werk.bedragen
        loon = bron[rijen, tijdvak]
        korting = np.where(werk.korting[rijen], 28_000, 0)
        heffing = np.where(loon > 0, np.maximum(loon * 36 // 100 - korting, 0), 0)
        uren = np.where((werk.soort[rijen] <= 17) & (loon > 0), np.minimum(loon // 1_800, 173), 0)
        einde = np.fmin(werk.einde[rijen], over.laatste)
        vakantie = np.where((over.periode.endswith("-05")) & (loon > 0), loon * 8 // 10, 0)
        return pa.table(
            {
                **self._sleutel(rijen),
                "datum_begin_ikv": datum_tekst(begin),
                "datum_begin": datum_tekst(np.maximum(begin, over.eerste)),
                "datum_einde": datum_tekst(einde),
                "aantal_verloonde_uren": pa.array(uren).cast(pa.string()),
                "bedrag_loon_sv": pa.array(loon).cast(pa.string()),
                "bedrag_loon_lb": pa.array(loon).cast(pa.string()),
                "bedrag_ingehouden_lb": pa.array(heffing).cast(pa.string()),
                "bedrag_vakantietoeslag": pa.array(vakantie, mask=vakantie == 0).cast(pa.string()),
            }
        )

    def _sleutel(self, rijen: Getallen) -> dict[str, pa.Array]:
        return {
            "burgerservicenummer": self.bsn.take(pa.array(self.werk.persoon[rijen])),
            "loonheffingennummer": self._loonheffingennummer.take(pa.array(self.werk.werkgever[rijen])),
            "volgnummer_ikv": pa.array(self.werk.volgnummer[rijen]).cast(pa.string()),
        }

    def answers(self, rijen: Getallen, maand: int, tijdvakken: list[list[int]], extra: Ja) -> list[str]:
        """SuwiML answers, one per person of these rows; persons in `extra` get the second list of tijdvakken."""
        werk = self.werk
        verhouding, periode = self.verhoudingen(rijen, maand), self.perioden(rijen, maand)
        delen = [self._head(rijen, verhouding, periode)]
        ruim = extra[werk.persoon[rijen]]
        for tijdvak in sorted({*tijdvakken[0], *tijdvakken[1]}):
            erin = werk.actief(tijdvak)[rijen] & np.where(ruim, tijdvak in tijdvakken[1], tijdvak in tijdvakken[0])
            delen.append(pc.if_else(pa.array(erin), self._opgave(self.opgaven(rijen, maand, tijdvak)), ""))
        ikv = join(*delen, "</Inkomstenverhouding>")
        personen, per_persoon = group_by_person(werk.persoon[rijen], ikv)
        return make_answers(DOCUMENT, NAAMRUIMTE, self.bsn.take(pa.array(personen)), per_persoon)

    def _head(self, rijen: Getallen, verhouding: pa.Table, periode: pa.Table) -> pa.Array:
        werkgever = pa.array(self.werk.werkgever[rijen])
        ikv, ikp = as_batch(verhouding), as_batch(periode)
        return join(
            "<Inkomstenverhouding>",
            element("VolgnrIkv", ikv["volgnummer_ikv"]),
            element("DatBIkv", ikv["datum_begin"]),
            element("DatEIkv", ikv["datum_einde"]),
            "<AdministratieveEenheid>",
            element("NaamAdministratieveEenheid", ikv["naam_werkgever"]),
            element("Loonheffingennr", ikv["loonheffingennummer"]),
            "<RechtspersoonAdministratieveEenh>",
            element("FiNr", self._fiscaal.take(werkgever)),
            "</RechtspersoonAdministratieveEenh></AdministratieveEenheid><Inkomstenperiode>",
            element("DatBIkp", ikp["datum_begin"]),
            element("DatEIkp", ikp["datum_einde"]),
            element("CdSrtIkv", ikp["code_soort_ikv"]),
            element("IndLoonheffingskortingToegepast", ikp["indicatie_loonheffingskorting"]),
            "</Inkomstenperiode>",
        )

    def _opgave(self, opgave: pa.Table) -> pa.Array:
        iko = as_batch(opgave)
        return join(
            "<Inkomstenopgave>",
            element("DatBIko", iko["datum_begin"]),
            element("DatEIko", iko["datum_einde"]),
            element("AantVerloondeUrenIko", iko["aantal_verloonde_uren"]),
            _bedrag("BedrBrutoloonSv", iko["bedrag_loon_sv"]),
            _bedrag("BedrLoonLbPremieVolksverz", iko["bedrag_loon_lb"]),
            _bedrag("BedrIngehoudenLbPremieVolksverz", iko["bedrag_ingehouden_lb"]),
            _bedrag("BedrVakantietoeslag", iko["bedrag_vakantietoeslag"]),
            "</Inkomstenopgave>",
        )

    def write_bulk(self, map_: Path, maand: int, tijdvakken: list[int]) -> None:
        """The three tables as CSV."""
        rijen = self.select(maand, tijdvakken)
        write_csv(map_ / "1-inkomstenverhouding.csv", "uwv.inkomstenverhouding", self.verhoudingen(rijen, maand))
        write_csv(map_ / "2-inkomstenperiode.csv", "uwv.inkomstenperiode", self.perioden(rijen, maand))
        opgaven = [self.opgaven(rijen[self.werk.actief(t)[rijen]], maand, t) for t in tijdvakken]
        write_csv(map_ / "3-inkomstenopgave.csv", "uwv.inkomstenopgave", pa.concat_tables(opgaven))

    def write_correctie(self, map_: Path, maand: int) -> None:
        """What UWV restates of the month before, and what it takes back, as three CSV files."""
        werk, tijdvak = self.werk, maand + TERUG - 1
        anders = werk.actief(tijdvak) & (werk.hersteld[:, tijdvak] != werk.bedragen[:, tijdvak])
        anders &= (werk.ingetrokken == GEEN) | (werk.ingetrokken > maand)
        terug = (werk.ingetrokken == maand) & werk.actief(tijdvak)
        rijen = np.flatnonzero(anders | terug)
        melding = pick(("OPGAVE", "INTREKKING"), terug[rijen])
        verhouding = self.verhoudingen(rijen, maand).append_column("melding", melding)
        write_csv(map_ / "1-inkomstenverhouding.csv", "uwv.inkomstenverhouding", verhouding)
        blijft = np.flatnonzero(anders)
        write_csv(map_ / "2-inkomstenperiode.csv", "uwv.inkomstenperiode", self.perioden(blijft, maand))
        opgave = self.opgaven(blijft, maand, tijdvak, hersteld=True)
        write_csv(map_ / "3-inkomstenopgave.csv", "uwv.inkomstenopgave", opgave)


def _bedrag(naam: str, cent: pa.Array) -> pa.Array:
    """A StandaardBedr: the sign apart from the value, which is in whole cents; absent where missing."""
    teken = pc.if_else(pc.starts_with(cent, "-"), "-", "+")
    waarde = pc.utf8_ltrim(cent, "-")
    tekst = pc.binary_join_element_wise(
        f"<{naam}><CdMunteenheid>EUR</CdMunteenheid><CdPositiefNegatief>",
        teken,
        "</CdPositiefNegatief><WaardeBedr>",
        waarde,
        f"</WaardeBedr></{naam}>",
        "",
    )
    return pc.fill_null(tekst, "")
