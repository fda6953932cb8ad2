"""Runs a month of the main job, stage after stage, each beside its limit."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from pipeline.instellingen import Instellingen
from pipeline.meting.proces import Gemeten, meet
from pipeline.meting.stap import DEUR, INNAME, NIETS, RAPPORT, SIGNALEN, UITLEVERING
from pipeline.meting.voorraad import Meld, leverende_bronnen, opdracht
from schemas.load import producten


@dataclass(frozen=True)
class Fase:
    """A stage as measured, with its limit; the report has none."""

    naam: str
    over: str
    stap: Gemeten
    grens: Gemeten | None

    @property
    def verhouding(self) -> float | None:
        """How many times its limit it took."""
        seconds = self.grens.gedaan.seconden if self.grens else 0
        return self.stap.gedaan.seconden / seconds if seconds else None


def draai_maand(instellingen: Instellingen, periode: str, meld: Meld) -> Iterator[Fase]:
    """The stages of the main job, each after what it waits for; the month waits in the inboxes."""
    yield _fase(instellingen, meld, INNAME)
    for bron in leverende_bronnen():
        yield _fase(instellingen, meld, DEUR, bron)
    for product in producten():
        yield _fase(instellingen, meld, SIGNALEN, product, periode)
        yield _fase(instellingen, meld, UITLEVERING, product)
    yield _fase(instellingen, meld, RAPPORT)


def draai_opnieuw(instellingen: Instellingen, periode: str, meld: Meld) -> dict[str, Gemeten]:
    """Every product once more, now that nothing has changed."""
    result = {}
    for product in producten():
        meld(f"{product}: een maand waarin niets veranderde")
        result[product] = meet("pipeline.meting.stap", opdracht(instellingen, NIETS, product, periode))
    return result


def _fase(instellingen: Instellingen, meld: Meld, naam: str, *over: str) -> Fase:
    about = over[0] if over else ""
    wat = f"{naam} {about}".strip()
    meld(wat)
    stap = meet("pipeline.meting.stap", opdracht(instellingen, naam, *over))
    if naam == RAPPORT:
        return Fase(naam, about, stap, None)
    meld(f"{wat}: grens")
    bestanden = _ontvangen(instellingen) if naam == INNAME else stap.gedaan.bestanden
    limit = opdracht(instellingen, naam, *bestanden, grootte=stap.gedaan.bytes)
    fase = Fase(naam, about, stap, meet("pipeline.meting.grens", limit))
    # Said at once: what is measured first is not lost when a later stage fails.
    meld(f"{wat}: {stap.gedaan.seconden:.1f} s, {fase.verhouding or 0:.1f} keer de grens")
    return fase


def _ontvangen(instellingen: Instellingen) -> list[str]:
    """The files in the inboxes."""
    return [str(pad) for pad in sorted(instellingen.inbox.rglob("*")) if pad.is_file() and pad.name[0] != "."]
