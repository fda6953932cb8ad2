"""RDW: ownership as CSV, vehicles as JSON lines in the form of the open data (every value text, whole euros)."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from demo.kalender import Getallen, Ja, Maand, datum_tekst, hide_toekomst
from demo.onregelmatig import count, overwrite, plant
from demo.persoon import Personen
from demo.schrijf import DEEL, join, join_or_null, pick, write_csv, write_lines
from demo.voertuig import GEEN_PRIJS, MERKEN, MOTOR, MOTORMERKEN, SOORTEN, Voertuigen, make_kentekens

_KLEUREN = ("GRIJS", "ZWART", "WIT", "BLAUW", "ROOD", "GROEN")


class Rdw:
    """What RDW tells about the vehicles of the country."""

    def __init__(self, voertuigen: Voertuigen, personen: Personen) -> None:
        self.v = voertuigen
        self.bsn = pa.array(personen.bsn).cast(pa.string())
        self.kenteken = pa.array(make_kentekens(voertuigen.nummer), pa.string())

    def rows(self, maand: Maand, welke: Ja) -> Getallen:
        """Rows among `welke` that are known at the end of a month."""
        return np.flatnonzero((self.v.begin <= maand.laatste) & welke)

    def bezit(self, rijen: Getallen, maand: Maand) -> pa.Table:
        """Table voertuigbezit, as known at the end of the month."""
        v = self.v
        einde = hide_toekomst(v.einde[rijen], maand.laatste)
        status = np.select([np.isnat(einde), v.export[rijen], v.sloop[rijen]], [0, 1, 2], 3)
        return pa.table(
            {
                "burgerservicenummer": self.bsn.take(pa.array(v.persoon[rijen])),
                "kenteken": self.kenteken.take(pa.array(rijen)),
                "datum_begin": datum_tekst(v.begin[rijen]),
                "datum_einde": datum_tekst(einde),
                "code_status": pick(("87", "65", "91", "80"), status),
                "datum_status": datum_tekst(np.where(np.isnat(einde), v.begin[rijen], einde)),
            }
        )

    def write(self, map_: Path, maand: Maand, rijen: Getallen, rng: np.random.Generator, *, extra: bool) -> None:
        """Both files; with `extra` the CSV has a column that nobody announced."""
        bezit = plant(rng, self.bezit(rijen, maand), ongeldig=0.5, dubbel=1.0)
        bezit = overwrite(rng, bezit, "datum_begin", "20260231", count(len(bezit), 0.1, 2))
        erbij = {"IndWachtOpKeuren": pick(("N", "J"), np.arange(len(bezit)) % 9 == 8)} if extra else None
        write_csv(map_ / "1-voertuigbezit.csv", "rdw.voertuigbezit", bezit, erbij)
        write_lines(map_ / "2-voertuig.jsonl", self._voertuigen(rijen, maand))

    def _voertuigen(self, alle: Getallen, maand: Maand) -> Iterator[pa.Array]:
        for begin in range(0, len(alle), DEEL):
            yield self._voertuig(alle[begin : begin + DEEL], maand)

    def _voertuig(self, rijen: Getallen, maand: Maand) -> pa.Array:
        v = self.v
        weg = ~np.isnat(hide_toekomst(v.einde[rijen], maand.laatste))
        motor = v.soort[rijen] == MOTOR
        merk = pc.if_else(
            pa.array(motor),
            pick(MOTORMERKEN, v.merk[rijen] % len(MOTORMERKEN)),
            pick(MERKEN, v.merk[rijen] % len(MERKEN)),
        )
        prijs = pa.array(v.prijs[rijen], mask=v.prijs[rijen] == GEEN_PRIJS).cast(pa.string())
        toelating = datum_tekst(v.toelating[rijen])
        return join(
            _key("{", "kenteken", self.kenteken.take(pa.array(rijen))),
            _key(",", "voertuigsoort", pick(SOORTEN, v.soort[rijen])),
            _key(",", "merk", merk),
            _key(",", "handelsbenaming", join("MODEL ", pa.array(v.merk[rijen] % 90 + 10).cast(pa.string()))),
            _key(",", "datum_tenaamstelling", datum_tekst(v.begin[rijen])),
            _key(",", "eerste_kleur", pick(_KLEUREN, v.merk[rijen] % len(_KLEUREN))),
            _key(",", "catalogusprijs", prijs),  # absent when not known, as in the open data
            _key(",", "datum_eerste_toelating", toelating),
            _key(",", "datum_eerste_tenaamstelling_in_nederland", toelating),
            _key(",", "export_indicator", pick(("Nee", "Ja"), (v.export[rijen] & weg))),
            _key(",", "gesloopt_indicator", pick(("Nee", "Ja"), (v.sloop[rijen] & weg))),
            _key(",", "tenaamstellen_mogelijk", pick(("Ja", "Nee"), weg)),
            "}",
        )


def _key(voor: str, naam: str, waarde: pa.Array) -> pa.Array:
    return pc.fill_null(join_or_null(f'{voor}"{naam}":"', waarde, '"'), "")
