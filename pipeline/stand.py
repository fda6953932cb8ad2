"""What may pass the door for a doel, as the ledger stands at the end of a period.

What the door admits depends on the levering, the doelprofiel and the doelpopulatie. Their digest is the *toelating*. A
period sees the leveringen up to it and no further back than the doelprofiel looks (`terugkijken_maanden`), so what
comes later changes nothing about an earlier period, and old leveringen leave the calculation by themselves.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from lineage.ledger import Rij
from pipeline.instellingen import Instellingen
from pipeline.periode import maand_erbij
from privacy.bsn import as_numbers
from privacy.deur import read_persons
from privacy.populatie import Populatie
from privacy.pseudoniem import Pseudonimiseerder
from schemas.model import Doel, Raadpleging

SLEUTELVERSIE = 1
# The order in which the tables of a doel must pass: who belongs, what is about persons, what hangs on something
# admitted.
POPULATIE, PERSONEN, VIA = range(3)


@dataclass
class Stand:
    """The ledger read once: the leveringen a period sees, their tables, and from that the populations.

    `tot_periode` is the period; None is the newest period of which anything was received.
    """

    instellingen: Instellingen
    tot_periode: str | None = None
    _populaties: dict[str, Populatie] = field(default_factory=dict)

    @cached_property
    def leveringen(self) -> list[Rij]:
        """All usable leveringen up to the period, in order of receipt."""
        return self.instellingen.grootboek.leveringen(self.tot_periode)

    @cached_property
    def tabellen(self) -> dict[int, frozenset[str]]:
        """Per levering the tables it may hold."""
        return self.instellingen.grootboek.tabellen_per_levering()

    @cached_property
    def periode(self) -> str:
        """The period this is the stand of."""
        return self.tot_periode or max((levering["periode"] for levering in self.leveringen), default="0000-01")

    def leveringen_van(self, doel: Doel) -> list[Rij]:
        """The leveringen a doel consults: with one of its tables, and no older than it looks back."""
        vanaf = maand_erbij(self.periode, 1 - doel.terugkijken_maanden)
        consulted = {raadpleging.tabel for raadpleging in doel.bronnen}
        return [lev for lev in self.leveringen if lev["periode"] >= vanaf and self._houdt(lev) & consulted]

    def _houdt(self, levering: Rij) -> frozenset[str]:
        return self.tabellen.get(levering["levering_nr"], frozenset())

    def toelating(self, levering: Rij, doel: Doel) -> str:
        """The digest of all that decides what a doel admits from a levering."""
        depends = self.hangt_af_van(levering, doel)
        others = [lev["levering_id"] for lev in self.leveringen_van(doel) if self._houdt(lev) & depends]
        text = "\n".join([doel.model_dump_json(), str(SLEUTELVERSIE), *sorted(others)])
        return hashlib.sha256(text.encode()).hexdigest()

    def hangt_af_van(self, levering: Rij, doel: Doel) -> frozenset[str]:
        """The tables whose admitted rows decide what a doel admits from a levering."""
        held = self._houdt(levering)
        depends: set[str] = set()
        for raadpleging in doel.bronnen:
            if raadpleging.tabel in held:
                if rang(doel, raadpleging) != POPULATIE:
                    depends |= {populatie.tabel for populatie in doel.populatie}
                if raadpleging.via:
                    depends.add(raadpleging.via.tabel)
        return frozenset(depends)

    def lake_paden(self, doel: Doel, leveringen: Sequence[Rij] | None = None) -> dict[str, list[Path]]:
        """The lake files of a doel that its leveringen gave under their present toelating, per table."""
        result: dict[str, list[Path]] = {}
        for levering in self.leveringen_van(doel) if leveringen is None else leveringen:
            name = f"{lake_naam(levering, self.toelating(levering, doel))}.parquet"
            for tabel in self._houdt(levering):
                path = self.instellingen.lake / doel.doel / tabel / name
                if path.exists():
                    result.setdefault(tabel, []).append(path)
        return {tabel: sorted(paths) for tabel, paths in sorted(result.items())}

    def pseudonimiseerder(self, doel: str) -> Pseudonimiseerder:
        """Of a doel, under the present key version."""
        return Pseudonimiseerder(self.instellingen.sleutelbos.sleutel(doel, SLEUTELVERSIE))

    def population_known(self) -> None:
        """Forgets populations read before all leveringen with population tables had passed."""
        self._populaties.clear()

    def populatie(self, doel: Doel) -> Populatie:
        """Everybody who belongs to a doel, from the lake files of its population tables."""
        if doel.doel not in self._populaties:
            populatie = self._populaties[doel.doel] = Populatie()
            pseudonimiseerder = self.pseudonimiseerder(doel.doel)
            for bron in doel.populatie:
                paths = self._any_toelating(doel, bron.tabel)
                for veld in bron.velden:
                    for tokens in read_persons(paths, veld, bron.waarbij):
                        populatie.voeg_toe(as_numbers(pseudonimiseerder.ontsleutel(tokens))[0])
        return self._populaties[doel.doel]

    def _any_toelating(self, doel: Doel, tabel: str) -> list[Path]:
        """One lake file per levering of a population table; its content does not depend on the toelating."""
        folder = self.instellingen.lake / doel.doel / tabel
        usable = {f"{levering['levering_nr']:06d}" for levering in self.leveringen_van(doel)}
        by_levering = {path.name[:6]: path for path in sorted(folder.glob("[0-9]*.parquet"))}
        return [path for nr, path in sorted(by_levering.items()) if nr in usable]

    def sleutels(self, doel: Doel, raadpleging: Raadpleging) -> pa.Array:
        """The values through which rows of a `via` table are admitted."""
        assert raadpleging.via is not None
        source = [lev for lev in self.leveringen_van(doel) if raadpleging.via.tabel in self._houdt(lev)]
        paths = self.lake_paden(doel, source).get(raadpleging.via.tabel, [])
        columns = [pq.ParquetFile(path).read(columns=[raadpleging.via.veld]).column(0) for path in paths]
        chunks = [chunk for column in columns for chunk in column.chunks]
        return pc.unique(pa.chunked_array(chunks, pa.string())).drop_null()


def lake_naam(levering: Rij, toelating: str) -> str:
    """The name of the lake files a levering gives under a toelating, without extension."""
    return f"{levering['levering_nr']:06d}-{toelating[:12]}"


def rang(doel: Doel, raadpleging: Raadpleging) -> int:
    """When a table passes: 0 it is the population, 1 it is about persons, 2 it hangs on something admitted."""
    if raadpleging.tabel in {populatie.tabel for populatie in doel.populatie}:
        return POPULATIE
    return VIA if raadpleging.via else PERSONEN
