"""Step: tells the beheerder what waits for a person, once per thing and per channel.

`lineage.attenderingen` finds what waits and remembers what was told; `tekst` puts it in words; `post` and `webhook`
send it. A channel that fails is entered and tried again the next time. No other step tells
anybody, so nothing waits for it.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass

from lineage import attenderingen
from lineage.attenderingen import KANAAL, Aandacht
from lineage.ledger import Rij
from pipeline.bewaking.deadlines import bewaak_deadlines
from pipeline.bewaking.post import stuur_post
from pipeline.bewaking.webhook import stuur_webhook
from pipeline.instellingen import Instellingen
from schemas.fout import KetenFout

KANALEN: dict[str, Callable[[Instellingen, list[Rij]], None]] = {"post": stuur_post, "webhook": stuur_webhook}
_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Attendering:
    """What was told: how many things through each channel that is set, and which channels failed."""

    verteld: dict[str, int]
    mislukt: dict[str, KetenFout]

    def controleer(self) -> dict[str, int]:
        """What was told, when no channel failed.

        Raises:
            KetenFout: the failure of a channel.
        """
        for fout in self.mislukt.values():
            raise fout
        return self.verteld


def bewaak(instellingen: Instellingen) -> int:
    """Judges the deadlines and enters what waits for a person; returns how many things wait."""
    bewaak_deadlines(instellingen)
    waiting = attenderingen.wachtend(instellingen.grootboek)
    attenderingen.leg_vast(instellingen.grootboek, waiting)
    return len(waiting)


def attendeer(instellingen: Instellingen) -> Attendering:
    """Tells what waits and was not told yet through every channel that is set."""
    told, failed = {}, {}
    for kanaal in KANALEN:
        if getattr(instellingen, kanaal):
            try:
                told[kanaal] = _vertel(instellingen, kanaal)
            except KetenFout as fout:
                failed[kanaal] = fout
    # That one fails is something to tell through the other, the next time.
    seen = [Aandacht(KANAAL, kanaal, fout.code, fout.wijzer or None) for kanaal, fout in failed.items()]
    attenderingen.leg_vast(instellingen.grootboek, seen, (KANAAL,))
    return Attendering(told, failed)


def _vertel(instellingen: Instellingen, kanaal: str) -> int:
    """Sends first and enters then: after a kill in between it is told twice, under the same identification."""
    ledger = instellingen.grootboek
    with ledger.alleen("attendeer", kanaal):
        rows = attenderingen.te_vertellen(ledger, kanaal)
        if not rows:
            return 0
        numbers = [row["attendering_nr"] for row in rows]
        try:
            KANALEN[kanaal](instellingen, rows)
        except KetenFout as fout:
            _log.warning("attenderen mislukt: %s", fout)
            attenderingen.schrijf_bezorging(ledger, kanaal, numbers, fout.wijzer or fout.code)
            raise
        attenderingen.schrijf_bezorging(ledger, kanaal, numbers, None)
        return len(rows)


def zie(instellingen: Instellingen, soort: str, onderwerp: str, code: str) -> None:
    """Enters something that waits that is not to be found in the ledger: who sees it says so."""
    attenderingen.leg_vast(instellingen.grootboek, [Aandacht(soort, onderwerp, code)], ())
