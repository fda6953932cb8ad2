"""Gemeenten and waterschappen: bijstandspopulatie in mixed formats, applications for kwijtschelding, volgverzoeken."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from demo.aanvraag import HUISHOUDTYPEN, SOORTEN, Aanvragen
from demo.bijstand import LEEFVORMEN, NORMEN, REGELINGEN, Bijstand
from demo.kalender import NOOIT, Getallen, Ja, Maand, datum_tekst, hide_toekomst, leeftijd
from demo.onregelmatig import BSN, blank, overwrite, plant
from demo.persoon import GEEN, Bevolking
from demo.schrijf import element, join, json_objects, pick, write_csv, write_lines, write_parquet
from schemas.load import find_tabel, ontvangers

POPULATIE, AANVRAAG, VOLGVERZOEK = (
    "gemeente.bijstandspopulatie",
    "gemeente.kwijtscheldingsaanvraag",
    "gemeente.volgverzoek",
)
ONBEKENDE_GEMEENTE = "9998"
KANTOREN = 12  # gemeenten leave kwijtschelding to this many shared offices
_FORMATEN = ("csv", "csv", "csv", "json", "csv", "jsonl", "csv", "xml", "csv", "parquet")


def read_waterschappen() -> list[str]:
    """The waterschappen among the recipients."""
    return [code for code, ontvanger in ontvangers().items() if ontvanger.soort == "waterschap"]


def formaat(gemeente: int) -> str:
    """The format in which a gemeente (by index) delivers its bijstandspopulatie."""
    return _FORMATEN[gemeente % len(_FORMATEN)]


class Gemeente:
    """What the gemeenten of the country deliver."""

    def __init__(self, bevolking: Bevolking, bijstand: Bijstand, aanvragen: Aanvragen) -> None:
        self.personen, self.gemeenten = bevolking.personen, bevolking.gemeenten
        self.bijstand, self.aanvragen = bijstand, aanvragen
        personen, gemeenten = self.personen, self.gemeenten
        self.bsn = pa.array(personen.bsn).cast(pa.string())
        codes = [*gemeenten.code, *read_waterschappen()]
        plaats = np.where(aanvragen.waterschap == GEEN, aanvragen.gemeente, len(gemeenten.code) + aanvragen.waterschap)
        self._ontvanger = pick(codes, plaats)
        nummers = pa.array(np.arange(len(plaats)) + 100_001).cast(pa.string())
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

    def write_populatie(self, map_: Path, tabel: pa.Table, rng: np.random.Generator, *, per_gemeente: bool) -> None:
        """The table `populatie` with what goes wrong: a file per gemeente in its own format, or one Parquet file."""
        tabel = blank(rng, blank(rng, tabel, "leefvorm", 20), "bedrag_norm", 20)
        if not per_gemeente:
            write_parquet(map_ / "bijstandspopulatie.parquet", POPULATIE, plant(rng, tabel))
            return
        # Only those who write CSV make mistakes: their spreadsheets do.
        codes = self.gemeenten.code
        met_csv = pa.array([code for nummer, code in enumerate(codes) if formaat(nummer) == "csv"])
        van_csv = pc.is_in(tabel["gemeentecode"], met_csv)
        tabel = pa.concat_tables([plant(rng, tabel.filter(van_csv), ongeldig=4.0), tabel.filter(pc.invert(van_csv))])
        plaats = pc.index_in(tabel["gemeentecode"], pa.array(codes)).to_numpy()
        geordend = tabel.take(pa.array(np.argsort(plaats, kind="stable")))
        grenzen = np.searchsorted(np.sort(plaats), np.arange(len(codes) + 1))
        for gemeente in np.unique(plaats):
            deel = geordend.slice(grenzen[gemeente], grenzen[gemeente + 1] - grenzen[gemeente])
            if gemeente % 100 == 0:
                deel = overwrite(rng, deel, "gemeentecode", ONBEKENDE_GEMEENTE, 1)
            self._write_een(map_, formaat(gemeente), codes[gemeente], deel.combine_chunks())

    def _write_een(self, map_: Path, soort: str, code: str, tabel: pa.Table) -> None:
        pad = map_ / f"bijstandspopulatie-{code}.{soort}"
        match soort:
            case "csv":
                write_csv(pad, POPULATIE, tabel)
            case "jsonl":
                write_lines(pad, [json_objects(POPULATIE, tabel)])
            case "json":
                write_json_array(pad, POPULATIE, tabel)
            case "parquet":
                write_parquet(pad, POPULATIE, tabel)
            case _:
                pad.write_text(make_xml(code, tabel), encoding="utf-8")

    def aanvragen_van(self, maand: int, jaar: int) -> tuple[pa.Table, Getallen]:
        """Table kwijtscheldingsaanvraag of a delivered month, and the number of the office that sends each row."""
        a = self.aanvragen
        wie = np.flatnonzero(a.maand == maand)
        kantoor = np.where(a.waterschap[wie] == GEEN, a.gemeente[wie] % KANTOREN, KANTOREN + a.waterschap[wie])
        tabel = pa.table(
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
            }
        )
        return tabel, kantoor

    def write_aanvragen(
        self, map_: Path, tabel: pa.Table, kantoor: Getallen, rng: np.random.Generator, *, per_kantoor: bool
    ) -> None:
        """`aanvragen_van` a month: per office in CSV or JSON, per waterschap in JSON; or one CSV file for all."""
        tabel = blank(rng, blank(rng, tabel, "indicatie_pensioengerechtigd", 10), "bedrag_aanslag", 10)
        if not per_kantoor:
            write_csv(map_ / "kwijtscheldingsaanvraag.csv", AANVRAAG, plant(rng, tabel))
            return
        for nummer in np.unique(kantoor):
            deel = tabel.filter(pa.array(kantoor == nummer))
            if nummer >= KANTOREN or nummer % 3 == 2:
                write_json_array(map_ / f"kwijtscheldingsaanvraag-{nummer:02d}.json", AANVRAAG, deel)
            else:
                extra = plant(rng, deel) if nummer == 0 else deel
                write_csv(map_ / f"kwijtscheldingsaanvraag-{nummer:02d}.csv", AANVRAAG, extra)

    def write_volgverzoeken(self, map_: Path, begin: np.datetime64, rng: np.random.Generator) -> None:
        """Requests to follow a person outside the population; the same persons every month, a few with an end."""
        wie = self.gevolgd
        nummer = np.arange(len(wie))
        van = begin - (nummer % 300).astype("m8[D]")
        tot = np.where(nummer % 11 == 10, begin + np.timedelta64(120, "D"), NOOIT)
        tabel = pa.table(
            {
                "gemeentecode": pick(self.gemeenten.code, self.personen.gemeente_voor[wie]),
                BSN: self.bsn.take(pa.array(wie)),
                "product": pick(("inkomsten", "kvk"), nummer % 2),
                "datum_van": datum_tekst(van),
                "datum_tot": datum_tekst(tot),
            }
        )
        write_csv(map_ / "volgverzoek.csv", VOLGVERZOEK, plant(rng, tabel))


def write_json_array(pad: Path, naam: str, tabel: pa.Table) -> None:
    """A table as one JSON array of objects."""
    objecten = json_objects(naam, tabel).to_pylist()
    pad.write_text("[\n" + ",\n".join(objecten) + "\n]\n", encoding="utf-8")


def make_xml(gemeentecode: str, tabel: pa.Table) -> str:
    """A bijstandspopulatie as XML, the element names from the schema."""
    rij = find_tabel(POPULATIE).xml[0]
    elementen = [
        element(plaats.pad, tabel[veld].combine_chunks())
        for veld, plaats in rij.velden.items()
        if "@" not in plaats.pad
    ]
    regels = join(f"  <{rij.rij}>", *elementen, f"</{rij.rij}>\n").to_pylist()
    begin = f'<{rij.document} xmlns="{rij.namespace}" gemeentecode="{gemeentecode}">\n'
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{begin}{"".join(regels)}</{rij.document}>\n'
