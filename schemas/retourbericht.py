"""The definition of the retourbericht: what a recipient may answer, as `retour/v<versie>.yml` says it."""

from __future__ import annotations

from functools import cache

from schemas.berichten import Velden
from schemas.load import ROOT, read_yaml
from schemas.model import Model

VERSIE = "1.0"


class Retour(Model):
    """A version of the retourbericht: its envelope, and the fields of a signal in it."""

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
    """The definition of a version."""
    return Retour(**read_yaml(ROOT / "retour" / f"v{versie}.yml"))
