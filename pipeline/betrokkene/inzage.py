"""Inzage (AVG art. 15): everything the pipeline holds about one person, and what was done with it.

Shown are the records of that person, their signals, to whom those were delivered and what the processing log says. Of
a record or signal that is about another member of the household, in which this person only occurs, no more is shown
than that it is there; and of the person's own records nothing that is about another.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from typing import Any

import pyarrow as pa

from lineage.ledger import Stap, now
from pipeline.betrokkene.gegevens import Gegevens
from pipeline.betrokkene.signalen import Signalen
from pipeline.instellingen import Instellingen
from pipeline.stand import Stand
from pipeline.storing import gecodeerd
from privacy.betrokkenen import Nummers
from privacy.bsn import check_bsn
from privacy.leesbaar import moment
from privacy.verwerkingslog import as_cijfers
from schemas.doel import Doel
from schemas.fout import KetenFout
from schemas.load import doelen, producten

_ACTIVITEIT = "dpl.core.processing_activity_id"
Document = dict[str, Any]


@gecodeerd
def vraag_inzage(instellingen: Instellingen, bsn: str) -> Document:
    """Answers for one person and logs that it was asked, before anything is shown.

    Raises:
        KetenFout: `I-BSN` when it is no burgerservicenummer; `P-ROTATIE` while a key is being rotated.
    """
    checked = check_bsn(pa.array([bsn.strip()], pa.string()))
    if not checked.goed[0]:
        raise KetenFout("I-BSN")
    return _Inzage(instellingen, checked.nummer).document()


@dataclass
class _Inzage:
    instellingen: Instellingen
    nummer: Nummers
    nr: str = field(default_factory=lambda: os.urandom(8).hex())

    def document(self) -> Document:
        """The answer as plain data."""
        stap = Stap("inzage", self.nr)
        stand = Stand(self.instellingen)
        verwerkingen = [
            {"op": moment(record["start_time"]), "wat": record["name"], "activiteit": record[_ACTIVITEIT]}
            for record in stand.logboek.zoek(self.nummer)
        ]
        answer = {
            "inzage": self.nr,
            "opgemaakt": moment(now()),
            "doelen": [self._doel(stand, doel) for doel in doelen().values()],
            "verwerkingen": verwerkingen,
        }
        stap.logboek.append(stand.logboek.los("inzage", self.nr, stap.begonnen_op, self.nummer))
        self.instellingen.grootboek.schrijf_stap(stap)
        return answer

    def _doel(self, stand: Stand, doel: Doel) -> Document:
        """What is held for one doel; one without anything about the person says so by empty lists."""
        token: bytes = stand.pseudonimiseerder(doel.doel).versleutel(as_cijfers(self.nummer))[0].as_py()
        gegevens = Gegevens(stand, doel, token)
        found = list(gegevens.lees())
        signalen = [Signalen(stand, product, token, gegevens.eigen) for product in producten().values()]
        signalen = [each for each in signalen if each.product.doel == doel.doel]
        return {
            "doel": doel.doel,
            "omschrijving": doel.omschrijving,
            "grondslag": list(doel.grondslag),
            "opdrachtgever": doel.opdrachtgever,
            "bewaartermijn": f"ten hoogste {doel.bewaartermijn.maximum_maanden} maanden",
            "gegevens": found,
            "signalen": [signaal for each in signalen for signaal in each.lees()],
            "geleverd": [levering for each in signalen for levering in each.geleverd()],
            "nummer_bij_een_ander": sorted({naam for each in signalen for naam in each.als_partner()}),
        }
