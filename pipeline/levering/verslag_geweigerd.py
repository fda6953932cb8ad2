"""Who delivered what in a levering that was refused before its records came to the door.

Nothing of such a levering was counted yet. Its files are read once more, of each record no more than who delivered it,
and the manifest may say who sent those that cannot be read.
"""

from __future__ import annotations

from collections.abc import Iterator

import pyarrow.compute as pc

from connectors.lees import lees_bestand
from connectors.rijen import Rijen
from lineage.ledger import Rij
from lineage.leveringen import ONBEKEND
from pipeline.instellingen import Instellingen
from pipeline.levering.ontvang import landed
from schemas.bron import Bron
from schemas.fout import KetenFout
from schemas.load import bronnen, ontvangers

Aantallen = dict[str, dict[str, int]]


def tel_aanleveraars(instellingen: Instellingen, levering: Rij) -> Aantallen:
    """Per aanleveraar the number of records in each table `<bron>.<tabel>`; `onbekend` for what nobody can be told."""
    bron = bronnen()[levering["bron"]]
    own = bron.bron if any(tabel.aanleveraar == bron.bron for tabel in bron.tabellen.values()) else None
    found: Aantallen = {wie: {} for wie in (levering["aanleveraar"] or own,) if wie}
    for wie, tabel, aantal in _records(instellingen, levering, bron):
        of = found.setdefault(wie if wie in {bron.bron, *ontvangers()} else ONBEKEND, {})
        of[tabel] = of.get(tabel, 0) + aantal
    return found or {ONBEKEND: {}}


def _records(instellingen: Instellingen, levering: Rij, bron: Bron) -> Iterator[tuple[str, str, int]]:
    folder = instellingen.landing / bron.bron / levering["levering_id"]
    of_population = {naam: tabel.aanleveraar for naam, tabel in bron.tabellen.items() if tabel.aanleveraar}
    fields = {naam: [veld] * (veld != bron.bron) for naam, veld in of_population.items()}
    there = landed(folder)
    for bestand in instellingen.grootboek.bestanden(levering["levering_nr"]):
        if bestand["code"] is None and bestand["tabellen"]:
            try:
                for item in lees_bestand(there[bestand["bestand_nr"]], bron, fields):
                    if isinstance(item, Rijen):
                        yield from _in_batch(item, bron.bron, of_population)
            except (KetenFout, KeyError, OSError):  # what cannot be read any more tells nothing
                continue


def _in_batch(item: Rijen, bron: str, of_population: dict[str, str]) -> Iterator[tuple[str, str, int]]:
    veld = of_population[item.tabel.partition(".")[2]]
    if veld == bron:
        yield bron, item.tabel, item.batch.num_rows
        return
    for row in pc.value_counts(item.batch.column(veld)).to_pylist():
        if row["values"]:
            yield row["values"], item.tabel, row["counts"]
