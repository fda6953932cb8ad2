"""Makes the files of one delivery: the message in the formats the recipient takes, validated, and the manifest."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from lineage.ledger import Rij
from message_formats.manifest import SUFFIX, Bestand, Manifest, schrijf_manifest
from message_formats.validate import valideer
from pipeline.uitlevering.samenstel import Samenstelling
from pipeline.uitlevering.schrijf import Schrijver
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
        schrijver = Schrijver(self.afzender_oin, self.product, self.samenstelling)
        definitie, folder = self.samenstelling.delen[row["ontvanger"]].definitie, self.werkmap / row["ontvanger"]
        made = schrijver.schrijf(row, ontvanger, folder)
        for pad, bestand in made:
            if problems := valideer(pad, bestand.formaat, definitie, bestand.rol):
                raise KetenFout("U-ONGELDIG", f"{bestand.formaat}: {problems[0]}")
        manifest = folder / f"{schrijver.stam(row)}{SUFFIX}"
        bestanden = [bestand for _, bestand in made]
        schrijf_manifest(
            manifest, Manifest.van(definitie, schrijver.envelop(row, ontvanger), ontvanger.inhoud, bestanden)
        )
        return [*made, (manifest, Bestand.van(manifest, "json"))]
