"""Decisions on a levering that was parked: somebody approves it as it is, or refuses it for good; with a reason."""

from __future__ import annotations

from lineage import leveringen
from lineage.ledger import Rij
from pipeline.instellingen import Instellingen
from pipeline.reden import controleer_tekst
from schemas.fout import KetenFout

GOEDGEKEURD = "goedgekeurd"


def zoek(instellingen: Instellingen, levering_id: str) -> Rij:
    """A levering by its id.

    Raises:
        KetenFout: `L-ONBEKEND`.
    """
    levering = leveringen.vind(instellingen.grootboek, levering_id)
    if levering is None:
        raise KetenFout("L-ONBEKEND")
    return levering


def goedkeuren(instellingen: Instellingen, levering_id: str, reden: str, door: str) -> Rij:
    """Lets a parked levering count as it is; it is not judged again. Returns the levering.

    Raises:
        KetenFout: `L-ONBEKEND`, `L-REDEN`, `L-BESLUIT-STATUS` when it is not parked, `L-BESLUIT-LEEG` when there is
            nothing in it that can be used.
    """
    return _besluit(instellingen, levering_id, GOEDGEKEURD, reden, door)


def afkeuren(instellingen: Instellingen, levering_id: str, reden: str, door: str) -> Rij:
    """Refuses a parked levering for good. Returns the levering.

    Raises:
        KetenFout: `L-ONBEKEND`, `L-REDEN`, `L-BESLUIT-STATUS` when it is not parked.
    """
    return _besluit(instellingen, levering_id, leveringen.AFGEKEURD, reden, door)


def _besluit(instellingen: Instellingen, levering_id: str, besluit: str, reden: str, door: str) -> Rij:
    ledger, levering = instellingen.grootboek, zoek(instellingen, levering_id)
    reden, door = controleer_tekst(reden, "L-REDEN"), controleer_tekst(door, "L-REDEN")
    if levering["status"] != leveringen.GEPARKEERD:
        raise KetenFout("L-BESLUIT-STATUS", levering["status"])
    usable = [bestand for bestand in ledger.bestanden(levering["levering_nr"]) if bestand["code"] is None]
    if besluit == GOEDGEKEURD and not usable:
        raise KetenFout("L-BESLUIT-LEEG")
    if not leveringen.besluit(ledger, levering, besluit, reden, door[:80]):
        raise KetenFout("L-BESLUIT-STATUS")  # somebody else decided meanwhile
    return zoek(instellingen, levering_id)
