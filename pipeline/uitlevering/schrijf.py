"""Writes the message of one delivery in the formats the recipient takes: what it says depends on nothing else."""

from __future__ import annotations

from contextlib import nullcontext
from dataclasses import dataclass, replace
from datetime import UTC
from pathlib import Path

from lineage.ledger import Rij
from message_formats.envelope import Envelop
from message_formats.keuring import Keuring
from pipeline.periode import peildatum
from pipeline.uitlevering.samenstel import Samenstelling
from schemas.ontvanger import Ontvanger
from schemas.product import Product


@dataclass(frozen=True)
class Schrijver:
    """Writes messages of one run."""

    afzender_oin: str
    product: Product
    samenstelling: Samenstelling

    def stam(self, row: Rij) -> str:
        """How the names of the files of a delivery begin."""
        nummer = f"{row['volgnummer']:06d}"
        return f"{self.product.bericht}_{row['ontvanger']}_{row['periode']}_{nummer}"

    def schrijf(self, row: Rij, ontvanger: Ontvanger, folder: Path) -> list[Keuring]:
        """Writes the files of one delivery to a folder that is made when absent; each is still to be validated."""
        envelop, deel = self.envelop(row, ontvanger), self.samenstelling.delen[row["ontvanger"]]
        folder.mkdir(parents=True, exist_ok=True)
        made: list[Keuring] = []
        for formaat in ontvanger.formaten:
            pad, bewijs = folder / f"{self.stam(row)}.{formaat}", folder / f"{self.stam(row)}_bewijs.csv"
            with pad.open("wb") as doel, bewijs.open("wb") if formaat == "csv" else nullcontext() as bewijs_doel:
                deel.fragmenten.schrijf(envelop, deel.start, deel.stop, formaat, doel, bewijs_doel, ontvanger.inhoud)
            made.append(Keuring(pad, formaat, "bericht", deel.definitie.bericht, deel.definitie.versie))
            if formaat == "csv":
                made.append(replace(made[-1], pad=bewijs, rol="bewijs"))
        return made

    def envelop(self, row: Rij, ontvanger: Ontvanger) -> Envelop:
        """The heading of the message of a delivery."""
        deel = self.samenstelling.delen[row["ontvanger"]]
        return Envelop(
            bericht=deel.definitie.bericht,
            versie=deel.definitie.versie,
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
            aantal_signalen=deel.stop - deel.start,
            aantallen=deel.fragmenten.aantallen(deel.start, deel.stop),
            run_id=row["run_id"],
            contact_naam=self.product.eigenaar.naam,
            contact=self.product.eigenaar.contact,
        )
