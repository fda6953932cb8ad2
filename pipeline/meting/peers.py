"""The same work in other ways, beside ours: what `tests/benchmarks/peers` of a checkout holds, on the same data."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from importlib.util import find_spec

from pipeline.instellingen import Instellingen
from pipeline.meting.maand import Fase
from pipeline.meting.proces import CHECKOUT, Gemeten, meet
from pipeline.meting.stap import DEUR, INNAME, SIGNALEN, UITLEVERING
from pipeline.meting.voorraad import Meld, opdracht
from schemas.load import doelen, producten

MODULE = "tests.benchmarks.peers"
ONZE, MOTOREN = "duckdb", {"polars": "polars", "pandas": "pandas", "spark": "pyspark"}


@dataclass(frozen=True)
class Peer:
    """Another way to do the same work, what it took, and what our way took for at least as much."""

    naam: str
    seconden: float
    geheugen: int
    rijen: int
    gelijk: bool
    onze_seconden: float
    ons_geheugen: int


def aanwezig() -> bool:
    """Whether this is a checkout, with the peers and what they need."""
    return (CHECKOUT / MODULE.replace(".", "/")).is_dir() and find_spec("pandas") is not None


def meet_peers(instellingen: Instellingen, periode: str, fasen: Sequence[Fase], meld: Meld) -> list[Peer]:
    """The usual way to make a product beside our stages for it, and its core question by other engines.

    The peers know which product that is.
    """
    onze = meet(f"{MODULE}.onze", opdracht(instellingen, "onze", periode))
    product = onze.gedaan.product
    meld(f"{product} op de gewone manier")
    gewoon = meet(f"{MODULE}.gewoon", opdracht(instellingen, "gewoon", periode))
    same = gewoon.gedaan.uitkomst == onze.gedaan.uitkomst
    own = [fase.stap for fase in _nodig(fasen, product)]
    ours = sum(each.gedaan.seconden for each in own), max(each.geheugen for each in own)
    result = [_peer(f"{product}: pandas, hmac, lxml, json", gewoon, same, *ours)]
    vraag = _vraag(instellingen, periode, ONZE, meld)
    for motor, module in MOTOREN.items():
        if find_spec(module) is not None:
            answer = _vraag(instellingen, periode, motor, meld)
            same = answer.gedaan.uitkomst == vraag.gedaan.uitkomst
            result.append(_peer(f"kernvraag: {motor}", answer, same, vraag.gedaan.seconden, vraag.geheugen))
    return result


def _nodig(fasen: Sequence[Fase], product: str) -> Iterable[Fase]:
    """Our stages without which a product is not made; all that they do for other products is counted as well."""
    bronnen = {raadpleging.tabel.partition(".")[0] for raadpleging in doelen()[producten()[product].doel].bronnen}
    over = {INNAME: {""}, DEUR: bronnen, SIGNALEN: {product}, UITLEVERING: {product}}
    return [fase for fase in fasen if fase.over in over.get(fase.naam, ())]


def _vraag(instellingen: Instellingen, periode: str, motor: str, meld: Meld) -> Gemeten:
    meld(f"kernvraag aan {motor}")
    return meet(f"{MODULE}.kernvraag", opdracht(instellingen, motor, periode))


def _peer(naam: str, gemeten: Gemeten, same: bool, seconden: float, geheugen: int) -> Peer:
    gedaan = gemeten.gedaan
    return Peer(naam, gedaan.seconden, gemeten.geheugen, gedaan.rijen, same, seconden, geheugen)
