"""KvK: functionarissen as CSV, businesses as JSON lines of Basisprofiel objects."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from demo.bedrijf import ADRES, BV, FUNCTIES, RECHTSVORM, RECHTSVORMEN, SBI, Bedrijven
from demo.kalender import Getallen, Maand, datum_tekst, hide_toekomst
from demo.onregelmatig import plant
from demo.persoon import GEEN, Personen
from demo.schrijf import DEEL, join, join_or_null, pick, write_csv, write_lines

_SBI = ("4321", "8121", "5320", "4791", "9602", "6201", "5610", "7022", "8690", "4120")
_OMS = (
    "Elektrotechnische installatie", "Interieurreiniging van gebouwen", "Koeriersdiensten", "Detailhandel via internet",
    "Haarverzorging", "Ontwikkelen van software", "Restaurants", "Advisering bedrijfsvoering", "Overige zorg", "Bouw",
)  # fmt: skip
_SOORTEN = ("Klussen", "Schoonmaak", "Koerier", "Webwinkel", "Kapsalon", "Studio", "Eethuis", "Advies", "Zorg", "Bouw")
_STRATEN = ("Nijverheidsweg", "Handelskade", "Marktstraat", "Ambachtslaan", "Spoorstraat")
_PLAATSEN = ("Duinstede", "Veenhaven", "Klokkendam", "Zilverbeek", "Oosterwolde-Zuid")


class Kvk:
    """What KvK tells about the businesses of the country; `maand` is the number of a delivered month."""

    def __init__(self, bedrijven: Bedrijven, personen: Personen, maanden: list[Maand]) -> None:
        self.b = bedrijven
        self.maanden = maanden
        self.bsn = pa.array(personen.bsn).cast(pa.string())
        self.nummer = pa.array(bedrijven.eerste_nummer + np.arange(len(bedrijven.persoon))).cast(pa.string())

    def functionarissen(self, maand: int) -> pa.Table:
        """Table functionaris, ordered by business."""
        b, peil = self.b, self.maanden[maand].laatste
        rijen = np.flatnonzero(b.begin <= peil)
        samen = rijen[b.tweede[rijen] != GEEN]
        bedrijf = np.concatenate([rijen, samen])
        persoon = np.concatenate([b.persoon[rijen], b.tweede[samen]])
        volgorde = np.argsort(bedrijf, kind="stable")
        bedrijf, persoon = bedrijf[volgorde], persoon[volgorde]
        return pa.table(
            {
                "burgerservicenummer": self.bsn.take(pa.array(persoon)),
                "kvk_nummer": self.nummer.take(pa.array(bedrijf)),
                "functie": pick(FUNCTIES, b.rechtsvorm[bedrijf]),
                "datum_aanvang": datum_tekst(b.begin[bedrijf]),
                "datum_einde": datum_tekst(hide_toekomst(b.einde[bedrijf], peil)),
            }
        )

    def write(self, map_: Path, maand: int, rng: np.random.Generator) -> None:
        """Both files, as known at the end of the month."""
        functionarissen = plant(rng, self.functionarissen(maand), ongeldig=1.0, dubbel=1.0)
        write_csv(map_ / "1-functionaris.csv", "kvk.functionaris", functionarissen)
        write_lines(map_ / "2-onderneming.jsonl", self._ondernemingen(maand))

    def _ondernemingen(self, maand: int) -> Iterator[pa.Array]:
        alle = np.flatnonzero(self.b.begin <= self.maanden[maand].laatste)
        for begin in range(0, len(alle), DEEL):
            yield self._onderneming(alle[begin : begin + DEEL], maand)

    def _onderneming(self, rijen: Getallen, maand: int) -> pa.Array:
        b, peil = self.b, self.maanden[maand].laatste
        anders = (b.wijzigt_in[rijen] != GEEN) & (b.wijzigt_in[rijen] <= maand)
        wat = b.wijziging[rijen]
        vorm = np.where(anders & (wat == RECHTSVORM), BV, b.rechtsvorm[rijen])
        sbi = np.where(anders & (wat == SBI), b.sbi[rijen] + 1, b.sbi[rijen])
        adres = np.where(anders & (wat == ADRES), b.adres[rijen] + 1, b.adres[rijen])
        nummer = self.nummer.take(pa.array(rijen))
        naam = join(pick(_SOORTEN, b.sbi[rijen] % len(_SOORTEN)), " ", pc.utf8_slice_codeunits(nummer, 3, 8))
        rechtsvorm = pick(RECHTSVORMEN, vorm)
        einde = datum_tekst(hide_toekomst(b.einde[rijen], peil))
        zonder = b.sbi[rijen] % 200 == 199  # a category that is missing
        return join(
            join('{"kvkNummer":"', nummer, '","indNonMailing":"Ja","naam":"', naam, '",'),
            join('"formeleRegistratiedatum":"', datum_tekst(b.begin[rijen]), '",'),
            join('"materieleRegistratie":{"datumAanvang":"', datum_tekst(b.begin[rijen]), '"'),
            pc.fill_null(join_or_null(',"datumEinde":"', einde, '"'), ""),
            join('},"handelsnamen":[{"naam":"', naam, '","volgorde":0}],'),
            pc.if_else(pa.array(zonder), "", _activiteiten(sbi)),
            _embedded(nummer, naam, adres, rechtsvorm),
            "}",
        )


def _activiteiten(sbi: Getallen) -> pa.Array:
    """The main activity, after a side activity for one in three."""
    hoofd, neven = sbi % len(_SBI), (sbi + 3) % len(_SBI)
    bij = join(
        '{"sbiCode":"',
        pick(_SBI, neven),
        '","sbiOmschrijving":"',
        pick(_OMS, neven),
        '","indHoofdactiviteit":"Nee"},',
    )
    return join(
        '"sbiActiviteiten":[',
        pc.if_else(pa.array(sbi % 3 == 0), bij, ""),
        '{"sbiCode":"',
        pick(_SBI, hoofd),
        '","sbiOmschrijving":"',
        pick(_OMS, hoofd),
        '","indHoofdactiviteit":"Ja"}],',
    )


def _embedded(nummer: pa.Array, naam: pa.Array, adres: Getallen, rechtsvorm: pa.Array) -> pa.Array:
    huisnummer = pa.array(adres % 199 + 1).cast(pa.string())
    postcode = join(pa.array(1000 + adres * 7 % 9000).cast(pa.string()), pick(("KA", "LB", "MX"), adres % 3))
    return join(
        '"_embedded":{"hoofdvestiging":{"vestigingsnummer":"0000',
        nummer,
        '","kvkNummer":"',
        nummer,
        '","eersteHandelsnaam":"',
        naam,
        '","indHoofdvestiging":"Ja","adressen":[{"type":"bezoekadres","indAfgeschermd":"Nee","straatnaam":"',
        pick(_STRATEN, adres % len(_STRATEN)),
        '","huisnummer":',
        huisnummer,
        ',"postcode":"',
        postcode,
        '","plaats":"',
        pick(_PLAATSEN, adres % len(_PLAATSEN)),
        '","land":"Nederland"}]},"eigenaar":{"rechtsvorm":"',
        rechtsvorm,
        '","uitgebreideRechtsvorm":"',
        rechtsvorm,
        '"}}',
    )
