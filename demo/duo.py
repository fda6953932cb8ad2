"""DUO: SuwiML answers (one per young person, in a zip), or bulk CSV for a large country."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from demo.kalender import NOOIT, datum_tekst, hide_toekomst
from demo.onderwijs import GEEN_NIVEAU, NIVEAUS, OPLEIDINGEN, Inschrijving, Onderwijs
from demo.persoon import Personen
from demo.schrijf import as_batch, element, join, pick, write_csv
from demo.suwiml import make_answers

NAAMRUIMTE = "http://bkwi.nl/SuwiML/Diensten/DUODossierPersoonGSD/v0300"
DOCUMENT = "DUOPersoonsInfoResponse"
GESLAAGD = "G"


class Duo:
    """What DUO tells about the young people of the country."""

    def __init__(self, onderwijs: Onderwijs, personen: Personen, rng: np.random.Generator) -> None:
        self.onderwijs = onderwijs
        self.bsn = pa.array(personen.bsn[onderwijs.persoon]).cast(pa.string())
        self._zonder_indicatie = rng.random(len(onderwijs.persoon)) < 0.01
        letters = np.array(list("ABCDEFGHJKLMNPRSTVXZ"))
        nummer = np.arange(400)
        self._brin = [f"{n // 8:02d}{letters[n % 20]}{letters[n // 20]}" for n in nummer]

    def persoon(self, peildatum: np.datetime64) -> pa.Table:
        """Table persoon as known on a day."""
        start = self.onderwijs.startkwalificatie(peildatum)
        indicatie = pick(("2", "1"), start)
        geen = pa.array(self._zonder_indicatie)
        return pa.table(
            {
                "burgerservicenummer": self.bsn,
                "indicatie_startkwalificatie": pc.if_else(geen, pa.scalar(None, pa.string()), indicatie),
            }
        )

    def inschrijvingen(self, peildatum: np.datetime64) -> tuple[pa.Table, pa.Table]:
        """For the first and the second enrolment a row per person, null `begin` where there is none."""
        return self._table(self.onderwijs.eerste, peildatum), self._table(self.onderwijs.tweede, peildatum)

    def _table(self, van: Inschrijving, peildatum: np.datetime64) -> pa.Table:
        niveau = np.maximum(van.niveau, 0)
        gehaald = hide_toekomst(np.where(van.niveau == GEEN_NIVEAU, NOOIT, van.diploma), peildatum)
        return pa.table(
            {
                "burgerservicenummer": self.bsn,
                "brin": pick(self._brin, van.brin),
                "begin": datum_tekst(hide_toekomst(van.begin, peildatum)),
                "einde": datum_tekst(hide_toekomst(van.einde, peildatum)),
                "niveau": pick(NIVEAUS, niveau),
                "opleiding": pick(OPLEIDINGEN, niveau),
                "diploma": datum_tekst(gehaald),
                "jaar": pc.utf8_slice_codeunits(datum_tekst(gehaald), 0, 4),
            }
        )

    def answers(self, peildatum: np.datetime64) -> list[str]:
        """SuwiML answers, one per person."""
        delen = [as_batch(tabel) for tabel in self.inschrijvingen(peildatum)]
        persoon = as_batch(self.persoon(peildatum))
        inhoud = join(
            element("IndStartkwalificatieDuo", persoon["indicatie_startkwalificatie"]),
            *(_overeenkomst(deel) for deel in delen),
            *(_resultaat(deel) for deel in delen),
        )
        return make_answers(DOCUMENT, NAAMRUIMTE, self.bsn, inhoud)

    def write_bulk(self, map_: Path, peildatum: np.datetime64) -> None:
        """The four tables as CSV."""
        rijen = pa.concat_tables(self.inschrijvingen(peildatum))
        rijen = rijen.filter(pc.is_valid(rijen["begin"]))
        bsn, brin, begin, einde = (rijen[naam] for naam in ("burgerservicenummer", "brin", "begin", "einde"))
        overeenkomst = {"burgerservicenummer": bsn, "brin": brin, "datum_inschrijving": begin}
        write_csv(map_ / "1-persoon.csv", "duo.persoon", self.persoon(peildatum))
        write_csv(
            map_ / "2-onderwijsovereenkomst.csv",
            "duo.onderwijsovereenkomst",
            pa.table({**overeenkomst, "datum_uitschrijving": einde}),
        )
        deelname = {**overeenkomst, "datum_begin": begin, "datum_einde": einde, "code_niveau": rijen["niveau"]}
        write_csv(map_ / "3-deelname.csv", "duo.deelname", pa.table(deelname))
        gehaald = rijen.filter(pc.is_valid(rijen["diploma"]))
        resultaat = {
            "burgerservicenummer": gehaald["burgerservicenummer"],
            "code_niveau": gehaald["niveau"],
            "datum_resultaat": gehaald["diploma"],
            "code_resultaat": pick((GESLAAGD,), np.zeros(len(gehaald), np.int8)),
        }
        write_csv(map_ / "4-resultaat.csv", "duo.resultaat", pa.table(resultaat))


def _overeenkomst(deel: pa.RecordBatch) -> pa.Array:
    tekst = join(
        "<Onderwijsovereenkomst><Brin>",
        element("BrinNr", deel["brin"]),
        "</Brin>",
        element("DatInschrijvingOpleiding", deel["begin"]),
        element("DatUitschrijvingOpleiding", deel["einde"]),
        "<DeelnameOpleidingGeregistrDuo>",
        element("DatBDeelnameOpleiding", deel["begin"]),
        element("DatEDeelnameOpleiding", deel["einde"]),
        "<InhoudDeelnameOpleidingDuo>",
        element("NaamOpleidingKortDuo", deel["opleiding"]),
        element("CdNiveauOpleidingDuo", deel["niveau"]),
        "</InhoudDeelnameOpleidingDuo></DeelnameOpleidingGeregistrDuo></Onderwijsovereenkomst>",
    )
    return pc.if_else(pc.is_valid(deel["begin"]), tekst, "")


def _resultaat(deel: pa.RecordBatch) -> pa.Array:
    tekst = join(
        "<ResultaatOpleidingGeregistrDuo><Brin>",
        element("BrinNr", deel["brin"]),
        "</Brin><InhoudResultaatOpleidingDuo>",
        element("NaamOpleidingKortDuo", deel["opleiding"]),
        element("CdNiveauOpleidingDuo", deel["niveau"]),
        f"</InhoudResultaatOpleidingDuo><ResultaatExamen><CdResultaatExamen>{GESLAAGD}</CdResultaatExamen>",
        element("DatResultaatExamen", deel["diploma"]),
        element("JaarAfgelegdExamen", deel["jaar"]),
        "</ResultaatExamen></ResultaatOpleidingGeregistrDuo>",
    )
    return pc.if_else(pc.is_valid(deel["diploma"]), tekst, "")
