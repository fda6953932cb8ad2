"""Makes the files of one delivery: the message in the formats the recipient takes, validated, and the manifest."""

from __future__ import annotations

from contextlib import nullcontext
from dataclasses import dataclass
from datetime import UTC
from pathlib import Path

from lineage.ledger import Rij
from message_formats.envelope import Envelop
from message_formats.manifest import SUFFIX, Bestand, Manifest, schrijf_manifest
from message_formats.validate import valideer
from pipeline.periode import peildatum
from pipeline.uitlevering.samenstel import Samenstelling
from schemas.fout import KetenFout
from schemas.model import Ontvanger, Product


@dataclass(frozen=True)
class Maker:
    """Makes deliveries of one run; `werkmap` is where they are in the making."""

    afzender_oin: str
    product: Product
    samenstelling: Samenstelling
    werkmap: Path

    def maak(self, row: Rij, ontvanger: Ontvanger) -> list[tuple[Path, Bestand]]:
        """Writes and validates the files of one delivery, the manifest last.

        Raises:
            KetenFout: `U-ONGELDIG` when a file breaks its schema; the delivery must be held back.
        """
        definitie, fragmenten = self.samenstelling.definitie, self.samenstelling.fragmenten
        envelop, (start, stop) = self._envelop(row, ontvanger), self.samenstelling.rijen[row["ontvanger"]]
        folder = self.werkmap / row["ontvanger"]
        folder.mkdir(parents=True, exist_ok=True)
        stam = f"{definitie.bericht}_{row['ontvanger']}_{row['periode']}_{row['volgnummer']:06d}"
        made: list[tuple[Path, Bestand]] = []
        for formaat in ontvanger.formaten:
            pad, bewijs = folder / f"{stam}.{formaat}", folder / f"{stam}_bewijs.csv"
            with pad.open("wb") as doel, bewijs.open("wb") if formaat == "csv" else nullcontext() as bewijs_doel:
                fragmenten.schrijf(envelop, start, stop, formaat, doel, bewijs_doel, ontvanger.inhoud)
            made.append((pad, Bestand.van(pad, formaat)))
            if formaat == "csv":
                made.append((bewijs, Bestand.van(bewijs, formaat, "bewijs")))
        for pad, bestand in made:
            if problems := valideer(pad, bestand.formaat, definitie, bestand.rol):
                raise KetenFout("U-ONGELDIG", f"{bestand.formaat}: {problems[0]}")
        manifest = folder / f"{stam}{SUFFIX}"
        bestanden = [bestand for _, bestand in made]
        schrijf_manifest(manifest, Manifest.van(definitie, envelop, ontvanger.inhoud, bestanden))
        return [*made, (manifest, Bestand.van(manifest, "json"))]

    def _envelop(self, row: Rij, ontvanger: Ontvanger) -> Envelop:
        definitie = self.samenstelling.definitie
        start, stop = self.samenstelling.rijen[row["ontvanger"]]
        return Envelop(
            bericht=definitie.bericht,
            versie=definitie.versie,
            afzender_oin=self.afzender_oin,
            ontvanger_oin=ontvanger.oin,
            ontvanger=ontvanger.ontvanger,
            ontvanger_naam=ontvanger.naam,
            bericht_identificatie=row["bericht_identificatie"],
            volgnummer=row["volgnummer"],
            dagtekening=row["dagtekening"].replace(tzinfo=UTC),
            periode=row["periode"],
            peildatum=peildatum(row["periode"]),
            leveringsoort=row["leveringsoort"],
            aantal_signalen=stop - start,
            aantallen=self.samenstelling.fragmenten.aantallen(start, stop),
            run_id=row["run_id"],
            contact_naam=self.product.eigenaar.naam,
            contact=self.product.eigenaar.contact,
        )
