"""The definitions of what goes back and forth about a delivery: `retour/<bericht>/v<versie>.yml`.

A recipient answers a delivery with a `retourbericht`; what became of that it hears in an `antwoordbericht`.
"""

from __future__ import annotations

from functools import cache

from schemas.berichten import Velden
from schemas.load import ROOT, read_yaml
from schemas.model import Model

VERSIE = "1.0"


class Retour(Model):
    """A version of such a message: its envelope, and the fields of a signal in it."""

    bericht: str
    versie: str
    naam: str
    omschrijving: str
    envelop: Velden
    signaal: Velden

    @property
    def urn(self) -> str:
        """The name of this version: XML namespace and `$id` of the JSON Schema."""
        return f"urn:signaalketen:bericht:{self.bericht}:{self.versie}"


@cache
def retourbericht(versie: str = VERSIE) -> Retour:
    """What a recipient may answer."""
    return _lees("retourbericht", versie)


@cache
def antwoordbericht(versie: str = VERSIE) -> Retour:
    """What a recipient hears of its answer."""
    return _lees("antwoordbericht", versie)


def _lees(bericht: str, versie: str) -> Retour:
    return Retour(**read_yaml(ROOT / "retour" / bericht / f"v{versie}.yml"))
