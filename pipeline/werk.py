"""A product from inputs to delivery, in one call: what `keten draai` does."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from lineage.ledger import GELUKT
from pipeline.instellingen import Instellingen
from pipeline.lever import Uitlevering, lever
from pipeline.periode import controleer
from pipeline.signaleer import Signalering, neem_over, signaleer
from pipeline.storing import gecodeerd
from schemas.fout import KetenFout


@dataclass(frozen=True)
class Gedraaid:
    """What a product run brought about."""

    signalering: Signalering
    uitlevering: Uitlevering


def draai(instellingen: Instellingen, product: str, periode: str) -> Gedraaid:
    """Makes the signals of a product for a period and delivers them; what was done already is left alone.

    Raises:
        KetenFout: `L-PERIODE` when the period is not a month.
    """
    controleer(periode)
    signalering = signaleer(instellingen, product, periode)
    return Gedraaid(signalering, lever(instellingen, signalering.run_id))


def draai_volledig(instellingen: Instellingen, product: str, periode: str, ontvangers: Collection[str]) -> Gedraaid:
    """Delivers everything that now holds to some recipients (`ALLE`: to all), after what was still to be delivered.

    Raises:
        KetenFout: `L-PERIODE` when the period is not a month.
    """
    draai(instellingen, product, periode)
    signalering = geef_opnieuw(instellingen, product, periode, ontvangers)
    return Gedraaid(signalering, lever(instellingen, signalering.run_id))


@gecodeerd
def geef_opnieuw(instellingen: Instellingen, product: str, periode: str, ontvangers: Collection[str]) -> Signalering:
    """Makes the run that delivers everything of the newest run of a period to some recipients.

    Raises:
        KetenFout: `S-GEEN-RUN` when the period was never run.
    """
    ledger = instellingen.grootboek
    with ledger.alleen("signaleer", product):
        run = ledger.laatste_run(product, periode)
        if run is None or run["status"] != GELUKT:
            raise KetenFout("S-GEEN-RUN", periode)
        return neem_over(instellingen, run, ontvangers)
