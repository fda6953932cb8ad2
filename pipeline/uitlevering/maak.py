"""Makes the files of one delivery: the message in the formats the recipient takes, validated, and the manifest."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path

from lineage.ledger import Rij
from message_formats.keuring import Keuring, Keurmeester
from message_formats.manifest import SUFFIX, Bestand, Manifest, schrijf_manifest
from pipeline.uitlevering.samenstel import Samenstelling
from pipeline.uitlevering.schrijf import Schrijver
from schemas.fout import KetenFout
from schemas.load import ontvangers
from schemas.model import Ontvanger, Product

Bestanden = list[tuple[Path, Bestand]]


@dataclass(frozen=True)
class Maker:
    """Makes deliveries of one run; `werkmap` is where they are in the making, `_klaar` those written in advance."""

    afzender_oin: str
    product: Product
    samenstelling: Samenstelling
    werkmap: Path
    keurmeester: Keurmeester
    _klaar: dict[str, tuple[Bestanden, KetenFout | None]] = field(default_factory=dict)

    def schrijf_vooruit(self, groep: Sequence[Rij]) -> None:
        """Writes the messages of several deliveries and validates them together, for `maak` to go on with."""
        schrijver = Schrijver(self.afzender_oin, self.product, self.samenstelling)
        made: dict[str, Bestanden] = {}
        for row in groep:
            naar = row["ontvanger"]
            made[naar] = schrijver.schrijf(row, ontvangers()[naar], self.werkmap / naar)
        keuringen = [
            Keuring(pad, bestand.formaat, bestand.rol, definitie.bericht, definitie.versie)
            for naar, bestanden in made.items()
            for definitie in [self.samenstelling.delen[naar].definitie]
            for pad, bestand in bestanden
        ]
        problems = iter(zip(keuringen, self.keurmeester.keur(keuringen), strict=True))
        for naar, bestanden in made.items():
            found = [f"{keuring.formaat}: {text[0]}" for keuring, text in islice(problems, len(bestanden)) if text]
            self._klaar[naar] = bestanden, KetenFout("U-ONGELDIG", found[0]) if found else None

    def maak(self, row: Rij, ontvanger: Ontvanger) -> list[tuple[Path, Bestand]]:
        """The files of one delivery, written and validated, the manifest last.

        Raises:
            KetenFout: `U-ONGELDIG` when a file breaks its schema; the delivery must be held back.
        """
        if row["ontvanger"] not in self._klaar:
            self.schrijf_vooruit([row])
        made, problem = self._klaar.pop(row["ontvanger"])
        if problem is not None:
            raise problem
        schrijver = Schrijver(self.afzender_oin, self.product, self.samenstelling)
        definitie, folder = self.samenstelling.delen[row["ontvanger"]].definitie, self.werkmap / row["ontvanger"]
        manifest = folder / f"{schrijver.stam(row)}{SUFFIX}"
        bestanden = [bestand for _, bestand in made]
        schrijf_manifest(
            manifest, Manifest.van(definitie, schrijver.envelop(row, ontvanger), ontvanger.inhoud, bestanden)
        )
        return [*made, (manifest, Bestand.van(manifest, "json"))]
