"""Makes planned deliveries, brings them to their recipients, and enters how they ended."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from connectors.kanaal import MapKanaal
from lineage.ledger import Ledger, Rij, Stap
from lineage.verwerkingslog import Logsegment
from message_formats.manifest import SUFFIX, lees_manifest
from pipeline.logboek import Logboek
from pipeline.uitlevering.maak import Maker
from pipeline.uitlevering.status import GELEVERD, TEGENGEHOUDEN
from pipeline.vastlegging import met_bestanden
from schemas.fout import KetenFout
from schemas.load import ontvangers


@dataclass(frozen=True)
class Bezorger:
    """Delivers what a maker makes; `vastgelegd` is what it makes it with, now that it is made."""

    ledger: Ledger
    logboek: Logboek
    maker: Maker
    kanaal: MapKanaal
    run: Rij
    stap: Stap
    vastgelegd: str

    def verwerk(self, groep: Sequence[Rij]) -> None:
        """Makes and delivers a group of planned deliveries and enters how they ended."""
        ended, files = [], []
        self.maker.schrijf_vooruit(groep)
        for row in groep:
            try:
                delivered, vastgelegd = self._bezorg(row)
                files += delivered
                ended.append({**row, "vastgelegd": vastgelegd, "status": GELEVERD, "code": None, "wijzer": None})
            except KetenFout as fout:
                # One that is held back gives up its number, so that the numbers a recipient sees have no gap.
                ended.append(
                    {**row, "status": TEGENGEHOUDEN, "code": fout.code, "wijzer": fout.wijzer, "volgnummer": None}
                )
        self.ledger.rond_af(ended, files, self._log(ended))

    def _bezorg(self, row: Rij) -> tuple[list[Rij], str]:
        """Makes and delivers one; returns the rows of its files, and what its message was made with and became."""
        bestanden = self.maker.maak(row, ontvangers()[row["ontvanger"]])
        manifest = lees_manifest(next((self.maker.werkmap / row["ontvanger"]).glob(f"*{SUFFIX}")))
        vastgelegd = met_bestanden(self.vastgelegd, {item.naam: item.sha256 for item in manifest.bestanden})
        self.kanaal.lever([pad for pad, _ in bestanden], f"{row['ontvanger']}/{row['product']}/{row['periode']}")
        delivered: list[Rij] = [
            {
                "run_id": row["run_id"],
                "ontvanger": row["ontvanger"],
                "naam": pad.name,
                "bytes": bestand.grootte,
                "sha256": bestand.sha256,
            }
            for pad, bestand in bestanden
        ]
        return delivered, vastgelegd

    def _log(self, ended: Sequence[Rij]) -> list[Logsegment]:
        """Writes to the processing log about whom the recipients of a group were told."""
        told = {
            row["ontvanger"]: betrokkenen
            for row in ended
            if row["status"] == GELEVERD
            and len(betrokkenen := self.maker.samenstelling.betrokkenen(row["ontvanger"]))  # counts are about nobody
        }
        doel = self.maker.product.doel
        return [self.logboek.lever(self.run, doel, self.stap.begonnen_op, told)] if told else []
