"""BRP: persoonslijsten as CSV in LO-BRP element numbers, history rows below each person.

Form after the RvIG test set: UTF-8 with BOM, `;`, the first column (without a name) identifies the persoonslijst and is
empty on history rows, which fill their own category only.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from demo.blok import Blok
from demo.kalender import NOOIT, Dagen, Getallen, Ja, datum_tekst, hide_toekomst
from demo.persoon import GEEN, Gemeenten, Personen
from demo.schrijf import join, pick, write_plain_csv

BOM = b"\xef\xbb\xbf"
KOLOMMEN = (
    "", "01.01.10", "01.01.20", "01.02.10", "01.02.40", "01.03.10", "01.04.10", "04.05.10",
    "05.01.20", "05.02.40", "05.06.10", "05.07.10", "05.07.40", "05.15.10", "05.84.10",
    "06.08.10", "07.67.10", "07.67.20", "07.70.10",
    "08.09.10", "08.09.20", "08.10.10", "08.10.30", "08.11.10", "08.11.20", "08.11.60",
    "08.13.10", "08.13.20", "08.72.10", "08.84.10",
)  # fmt: skip
RNI = "1999"
_VOORNAMEN = ("Anna", "Bram", "Chaima", "Daan", "Emre", "Femke", "Gijs", "Hanna", "Ilse", "Jelle", "Karima", "Lotte")
_NAMEN = ("Vlinderveld", "Sterrenburg", "Zandkasteel", "Wolkendijk", "Regenboog", "Maanzicht", "Appelgaard")
_STRATEN = ("Dorpsstraat", "Kerklaan", "Molenweg", "Parkzicht", "Stationsplein", "Lindelaan", "Havenkade", "Eikendreef")
_LANDEN = ("5010", "5002", "6029", "6043", "9089", "5022")
HUISNUMMERS = 97


class Brp:
    """What the BRP tells about the persons of the country, and about some that only it knows."""

    def __init__(self, personen: Personen, gemeenten: Gemeenten, blok: Blok) -> None:
        self.p, self._eerste = personen, blok.eerste
        rng = blok.rng("brp")
        self.gemeenten = gemeenten
        aantal = len(personen)
        self.bsn = pa.array(personen.bsn).cast(pa.string())
        self._trek = rng.integers(0, 1_000, aantal)
        self._adres = rng.integers(0, 9_000, aantal)[personen.huishouden]  # one household, one address
        self._onjuist = (rng.random(aantal) < 0.002) & ~np.isnat(personen.verhuisd)
        self._zonder_adres = rng.random(aantal) < 0.001
        self._oude_code = rng.random(aantal) < 0.3
        self.zonder_bsn = max(aantal // 1_000, 3)

    def write(self, map_: Path, peildatum: np.datetime64) -> None:
        """All persoonslijsten as known on a day."""
        wie = np.arange(len(self.p))
        verhuisd = hide_toekomst(self.p.verhuisd, peildatum)
        rijen: list[tuple[Getallen, pa.Table]] = [(wie, self._actueel(wie, verhuisd, peildatum))]
        weg = ~np.isnat(hide_toekomst(self.p.vertrokken, peildatum))
        rijen.append(self._verblijf_historie((~np.isnat(verhuisd) | weg) & ~self.p.rni, verhuisd))
        gescheiden = ~np.isnat(hide_toekomst(self.p.ontbonden, peildatum))
        rijen.append(self._huwelijk_historie(gescheiden))
        rijen.append(self._zonder_bsn())
        volgorde = np.argsort(np.concatenate([rij for rij, _ in rijen]), kind="stable")
        tabel = pa.concat_tables([deel for _, deel in rijen], promote_options="default")
        leeg = pa.nulls(len(tabel), pa.string())
        kolommen = [tabel[naam] if naam in tabel.column_names else leeg for naam in KOLOMMEN]
        geheel = pa.table(kolommen, names=list(KOLOMMEN)).take(pa.array(volgorde))
        write_plain_csv(map_ / "persoonslijsten.csv", geheel, kop=BOM)

    def _actueel(self, wie: Getallen, verhuisd: Dagen, peildatum: np.datetime64) -> pa.Table:
        p = self.p
        overleden = hide_toekomst(p.overleden, peildatum)
        vertrokken = hide_toekomst(p.vertrokken, peildatum)
        opgeschort = np.where(p.rni, p.sinds, np.fmin(overleden, vertrokken))
        reden = np.select([p.rni, ~np.isnat(overleden), ~np.isnat(vertrokken)], [3, 1, 2], 0)
        weg = p.rni | (np.isnat(overleden) & ~np.isnat(vertrokken))
        gemeente = np.where(np.isnat(verhuisd), p.gemeente_voor, p.gemeente_na)
        sinds = np.where(p.rni, p.sinds, np.where(np.isnat(verhuisd), p.sinds, verhuisd))
        sinds = np.where(weg & ~p.rni, vertrokken, sinds)
        hier = pa.array(~weg & ~self._zonder_adres)
        land = pc.if_else(pa.array(weg), pick(_LANDEN, self._trek % len(_LANDEN)), pa.scalar(None, pa.string()))
        niets = pa.scalar(None, pa.string())
        code = pc.if_else(pa.array(weg), RNI, pick(self.gemeenten.code, gemeente))
        return pa.table(
            {
                "": join("PL", pa.array(self._eerste + wie + 1).cast(pa.string())),
                "01.01.10": pa.array(7_000_000_000 + self._eerste + wie).cast(pa.string()),
                "01.01.20": self.bsn,
                "01.02.10": pick(_VOORNAMEN, self._trek % len(_VOORNAMEN)),
                "01.02.40": pick(_NAMEN, p.huishouden % len(_NAMEN)),
                "01.03.10": datum_tekst(p.geboren, p.onbekend),
                "01.04.10": pick(("V", "M"), p.man),
                "04.05.10": pick(("0001", None), (self._trek < 20)),
                **self._huwelijk(wie, peildatum),
                "06.08.10": datum_tekst(overleden, (self._trek % 40 == 0).astype(np.int8)),
                "07.67.10": datum_tekst(opgeschort),
                "07.67.20": pick((None, "O", "E", "R"), reden),
                "07.70.10": pick(("0",), np.zeros(len(wie), np.int8)),
                "08.09.10": pc.if_else(pa.array(self._zonder_adres), niets, code),
                "08.09.20": pc.if_else(pa.array(self._zonder_adres), niets, datum_tekst(sinds)),
                **_adres(hier, sinds, self._adres, verhuisd),
                "08.13.10": land,
                "08.13.20": datum_tekst(np.where(weg, sinds, NOOIT)),
            }
        )

    def _huwelijk(self, wie: Getallen, peildatum: np.datetime64) -> dict[str, pa.Array]:
        """The latest marriage: when it was entered into, or when it ended and why."""
        p, niets = self.p, pa.scalar(None, pa.string())
        gehuwd = ~np.isnat(hide_toekomst(p.gehuwd, peildatum))
        ontbonden = hide_toekomst(p.ontbonden, peildatum)
        uit = gehuwd & ~np.isnat(ontbonden)
        ander = np.maximum(p.echtgenoot, 0)
        bekend = pa.array(gehuwd & (p.echtgenoot != GEEN))
        dood = ~np.isnat(hide_toekomst(np.fmin(p.overleden, p.overleden[ander]), peildatum))
        return {
            "05.01.20": pc.if_else(bekend, self.bsn.take(pa.array(ander)), niets),
            "05.02.40": pc.if_else(pa.array(gehuwd), pick(_NAMEN, p.huishouden[ander] % len(_NAMEN)), niets),
            "05.06.10": datum_tekst(np.where(gehuwd & ~uit, p.gehuwd, NOOIT)),
            "05.07.10": datum_tekst(np.where(gehuwd, ontbonden, NOOIT)),
            "05.07.40": pc.if_else(pa.array(uit), pick(("S", "O"), dood), niets),
            "05.15.10": pc.if_else(pa.array(gehuwd), pick(("H", "P"), (wie % 10 == 0)), niets),
        }

    def _verblijf_historie(self, rijen: Ja, verhuisd: Dagen) -> tuple[Getallen, pa.Table]:
        """The residence before the last one; some in a gemeente that has merged since, some marked as incorrect."""
        wie, p = np.flatnonzero(rijen), self.p
        oud = np.where(np.isnat(verhuisd[wie]), p.gemeente_na[wie], p.gemeente_voor[wie])
        code = pc.if_else(
            pa.array(self._oude_code[wie]), pick(self.gemeenten.oude_code, oud), pick(self.gemeenten.code, oud)
        )
        alle = pa.array(np.ones(len(wie), bool))
        niets = pa.scalar(None, pa.string())
        tabel = {
            "08.09.10": code,
            "08.09.20": datum_tekst(p.sinds[wie]),
            **_adres(alle, p.sinds[wie], self._adres[wie] + 7, np.full(len(wie), NOOIT)),
            "08.84.10": pc.if_else(pa.array(self._onjuist[wie]), "O", niets),
        }
        return wie, pa.table(tabel)

    def _huwelijk_historie(self, rijen: Ja) -> tuple[Getallen, pa.Table]:
        """When a marriage that has ended was entered into."""
        wie, p = np.flatnonzero(rijen & (self.p.echtgenoot != GEEN)), self.p
        tabel = {
            "05.01.20": self.bsn.take(pa.array(p.echtgenoot[wie])),
            "05.02.40": pick(_NAMEN, p.huishouden[p.echtgenoot[wie]] % len(_NAMEN)),
            "05.06.10": datum_tekst(p.gehuwd[wie]),
            "05.15.10": pick(("H", "P"), (wie % 10 == 0)),
        }
        return wie, pa.table(tabel)

    def _zonder_bsn(self) -> tuple[Getallen, pa.Table]:
        """Persoonslijsten without a burgerservicenummer, after all others."""
        nummer = np.arange(self.zonder_bsn)
        tekst = pa.array(self._eerste + nummer + 1).cast(pa.string())
        tabel = {
            "": join("PLX", tekst),
            "01.02.40": pick(_NAMEN, nummer % len(_NAMEN)),
            "01.03.10": pick(("19700000", "19910512", "00000000"), nummer % 3),
            "08.09.10": pick((self.gemeenten.code[0], RNI), nummer % 2),
            "08.09.20": pick(("20140101",), nummer * 0),
        }
        return nummer + len(self.p), pa.table(tabel)


def _adres(hier: pa.Array, sinds: Dagen, trek: Getallen, verhuisd: Dagen) -> dict[str, pa.Array]:
    """Address elements where someone lives in the Netherlands."""
    niets = pa.scalar(None, pa.string())
    nummer = trek % HUISNUMMERS + np.where(np.isnat(verhuisd), 1, 101)
    postcode = join(pa.array(1000 + trek * 9 % 9000).cast(pa.string()), pick(("AA", "BC", "XZ"), trek % 3))
    waarden = {
        "08.10.10": pick(("W",), trek * 0),
        "08.10.30": datum_tekst(sinds, (trek % 50 == 0).astype(np.int8)),
        "08.11.10": pick(_STRATEN, trek % len(_STRATEN)),
        "08.11.20": pa.array(nummer).cast(pa.string()),
        "08.11.60": postcode,
    }
    return {naam: pc.if_else(hier, waarde, niets) for naam, waarde in waarden.items()}
