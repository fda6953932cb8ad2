"""Makes planned deliveries, brings them to their recipients, and says how they ended.

A channel that fails is tried again, each time after a longer wait; each attempt is entered. When that does not help the
delivery stays open under its number, for the next time. One of which the manifest stands at the recipient already was
delivered by a process that was killed before it could enter it: it is entered, and not sent a second time.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeVar

from connectors.kanaal import Kanaal, Storing
from lineage.ledger import Ledger, Rij, Stap, now
from lineage.pogingen import GELUKT, MISLUKT, poging, schrijf_poging
from lineage.verwerkingslog import Logsegment
from message_formats.aankondiging import GB_SUFFIX, NOTIFICATIE_SUFFIX
from message_formats.manifest import SUFFIX, Maat, Manifest, lees_manifest
from message_formats.openen import HANDTEKENING
from pipeline.geduld import Geduld
from pipeline.kanalen import Kanalen
from pipeline.logboek import Logboek
from pipeline.uitlevering.adressaat import adressaat
from pipeline.uitlevering.maak import Maker
from pipeline.uitlevering.status import GELEVERD, TEGENGEHOUDEN, VOORGENOMEN
from pipeline.vastlegging import met_bestanden
from schemas.fout import KetenFout
from schemas.load import ontvangers
from schemas.ontvanger import Ontvanger

T = TypeVar("T")


@dataclass(frozen=True)
class Afloop:
    """How deliveries of a group ended: their rows, their files, what was logged of them, and the attempts."""

    rijen: Sequence[Rij]
    bestanden: Sequence[Rij]
    logboek: Sequence[Logsegment]
    pogingen: Sequence[Rij]


@dataclass(frozen=True)
class Bezorger:
    """Delivers what a maker makes; `vastgelegd` is what it makes it with, now that it is made."""

    ledger: Ledger
    logboek: Logboek
    maker: Maker
    kanalen: Kanalen
    geduld: Geduld
    run: Rij
    stap: Stap
    vastgelegd: str

    def verwerk(self, groep: Sequence[Rij]) -> Afloop:
        """Makes and delivers planned deliveries whose messages were written; what it returns is to be entered."""
        ended, files = [], []
        for row in groep:
            try:
                delivered, vastgelegd = self._bezorg(row, ontvangers()[row["ontvanger"]])
                files += delivered
                ended.append({**row, "vastgelegd": vastgelegd, "status": GELEVERD, "code": None, "wijzer": None})
            except Storing as storing:
                ended.append({**row, "status": VOORGENOMEN, "code": "U-KANAAL", "wijzer": str(storing)})
            except KetenFout as fout:
                # One that is held back gives up its number, so that the numbers a recipient sees have no gap.
                ended.append(
                    {**row, "status": TEGENGEHOUDEN, "code": fout.code, "wijzer": fout.wijzer, "volgnummer": None}
                )
        done = [row for row in ended if row["status"] == GELEVERD]
        attempts = [poging(row, self._via(row), GELUKT) for row in done]
        return Afloop(ended, files, self._log(ended), attempts)

    def _bezorg(self, row: Rij, ontvanger: Ontvanger) -> tuple[list[Rij], str]:
        """Makes and delivers one; returns the rows of its files, and what its message was made with and became."""
        naam = self._via(row)
        kanaal = self.kanalen.van(naam)
        plaats = f"{row['ontvanger']}/{row['product']}/{row['periode']}"
        geleverd = self._probeer(row, naam, lambda: self._staat_er(row, kanaal, plaats))
        if geleverd is None:
            gemaakt = self.maker.maak(row, ontvanger)
            known = {maat.naam: maat for bestand in gemaakt.manifest.bestanden for maat in bestand.geleverd}
            maten = [known.get(pad.name) or Maat.meet(pad) for pad in gemaakt.bestanden]
            self._probeer(row, naam, lambda: kanaal.lever(gemaakt.bestanden, plaats))
            geleverd = gemaakt.manifest, maten
        manifest, maten = geleverd
        vastgelegd = met_bestanden(self.vastgelegd, {item.naam: item.sha256 for item in manifest.bestanden})
        delivered: list[Rij] = [
            {
                "run_id": row["run_id"],
                "ontvanger": row["ontvanger"],
                "naam": maat.naam,
                "bytes": maat.grootte,
                "sha256": maat.sha256,
            }
            for maat in maten
        ]
        return delivered, vastgelegd

    def _via(self, row: Rij) -> str:
        """The name of the channel a delivery takes."""
        return adressaat(ontvangers()[row["ontvanger"]], row["product"], now().date()).kanaal

    def _staat_er(self, row: Rij, kanaal: Kanaal, plaats: str) -> tuple[Manifest, list[Maat]] | None:
        """The manifest of this delivery at the recipient, with the files there; None when it was not delivered."""
        naam = f"{self.maker.schrijver.stam(row)}{SUFFIX}"
        raw = kanaal.haal(plaats, naam)
        if raw is None:
            return None
        folder = self.maker.werkmap / row["ontvanger"]
        folder.mkdir(parents=True, exist_ok=True)
        (folder / naam).write_bytes(raw)
        try:
            manifest = lees_manifest(folder / naam)
        except KetenFout:  # nothing that we left there: what counts is put in its place
            return None
        if manifest.envelop["bericht_identificatie"] != row["bericht_identificatie"]:
            return None
        delivered = [maat for bestand in manifest.bestanden for maat in bestand.geleverd]
        stam = self.maker.schrijver.stam(row)
        for beside in (f"{naam}{HANDTEKENING}", f"{stam}{GB_SUFFIX}", f"{stam}{NOTIFICATIE_SUFFIX}"):
            (folder / beside).write_bytes(kanaal.haal(plaats, beside) or b"")
            delivered.append(Maat.meet(folder / beside))
        return manifest, [*delivered, Maat.meet(folder / naam)]

    def _probeer(self, row: Rij, kanaal: str, werk: Callable[[], T]) -> T:
        """Does something with a channel, with patience; each attempt that failed is entered."""
        return self.geduld.probeer(
            kanaal, werk, lambda storing: schrijf_poging(self.ledger, poging(row, kanaal, MISLUKT, str(storing)))
        )

    def _log(self, ended: Sequence[Rij]) -> list[Logsegment]:
        """Writes to the processing log about whom the recipients of a group were told."""
        schrijver = self.maker.schrijver
        told = {
            row["ontvanger"]: betrokkenen
            for row in ended
            if row["status"] == GELEVERD
            and len(betrokkenen := schrijver.samenstelling.betrokkenen(row["ontvanger"]))  # counts are about nobody
        }
        doel = schrijver.product.doel
        return [self.logboek.lever(self.run, doel, self.stap.begonnen_op, told)] if told else []
