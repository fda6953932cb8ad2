"""What may pass the door for a doel, as the ledger stands at the end of a period.

What the door admits depends on the levering, the doelprofiel, the doelpopulatie and who of it need not be looked up.
Their digest is the *toelating*. A period sees the leveringen up to it and no further back than the doelprofiel looks
(`terugkijken_maanden`), so what comes later changes nothing about an earlier period, and old leveringen leave the
calculation by themselves.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from lineage.correcties import Gemerkt, gemerkt
from lineage.ledger import Rij
from lineage.sleutels import actieve_versie, neem_in_gebruik
from lineage.vernietiging import open_vanaf, tellende_leveringen
from pipeline import heelheid
from pipeline.instellingen import Instellingen
from pipeline.logboek import Logboek
from pipeline.periode import maand_erbij, peildatum
from pipeline.rekenen import rekendatabank
from privacy.bsn import as_numbers
from privacy.deur import read_persons
from privacy.opzoeklijst import Opzoeklijst
from privacy.populatie import Populatie
from privacy.pseudoniem import Pseudonimiseerder
from privacy.sleutelmerk import controleer
from privacy.subsidiariteit import lopend
from schemas.doel import Doel, Raadpleging, Tenzij
from schemas.fout import KetenFout

# The order in which the tables of a doel must pass: who belongs, what is about persons, what is about persons of whom
# the tables before do not say enough, what hangs on something admitted.
POPULATIE, PERSONEN, TENZIJ, VIA = range(4)


@dataclass
class Stand:
    """The ledger read once: the leveringen a period sees, their tables, and from that the populations.

    `tot_periode` is the period; None is the newest period of which anything was received.
    """

    instellingen: Instellingen
    tot_periode: str | None = None
    _populaties: dict[str, Populatie] = field(default_factory=dict)
    _vrijgesteld: dict[tuple[str, ...], Populatie] = field(default_factory=dict)
    _pseudonimiseerders: dict[str, Pseudonimiseerder] = field(default_factory=dict)
    _versies: dict[str, int] = field(default_factory=dict)
    _heel: set[Path] = field(default_factory=set)

    @cached_property
    def leveringen(self) -> list[Rij]:
        """All leveringen that count up to the period, in order of receipt."""
        return tellende_leveringen(self.instellingen.grootboek, self.tot_periode)

    @cached_property
    def tabellen(self) -> dict[int, frozenset[str]]:
        """Per levering the tables it may hold."""
        return self.instellingen.grootboek.tabellen_per_levering()

    @cached_property
    def _gemerkt(self) -> dict[int, dict[str, tuple[Gemerkt, ...]]]:
        return gemerkt(self.instellingen.grootboek)

    def onderzoek(self, levering_nr: int, tabel: str) -> list[int]:
        """The numbers of the records of a table of a levering that may not be used (`lineage.correcties`)."""
        return [each.record_nr for each in self._gemerkt.get(levering_nr, {}).get(tabel, ()) if each.buiten]

    @cached_property
    def logboek(self) -> Logboek:
        """The processing log."""
        return Logboek(self.instellingen)

    @cached_property
    def periode(self) -> str:
        """The period this is the stand of."""
        return self.tot_periode or max((levering["periode"] for levering in self.leveringen), default="0000-01")

    def is_afgesloten(self, doel: Doel) -> bool:
        """Whether the period cannot be worked out anew for a doel, because what it looks back on may be gone."""
        return self.periode < open_vanaf(self.instellingen.grootboek, doel.doel)

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
        sources = [lev for lev in self.leveringen_van(doel) if self._houdt(lev) & depends]
        others = [lev["levering_id"] for lev in sources]
        correcties = self._correcties(levering, {raadpleging.tabel for raadpleging in doel.bronnen})
        correcties += [text for source in sources for text in self._correcties(source, depends)]
        # Who is excepted depends on the peildatum, so such a levering passes anew for every period that sees it.
        peildag = [self.periode] if any(rij.tenzij for rij in self._beslissend(levering, doel)) else []
        text = "\n".join([doel.model_dump_json(), *peildag, *sorted(others), *sorted(set(correcties))])
        return hashlib.sha256(text.encode()).hexdigest()

    def _correcties(self, levering: Rij, tabellen: Collection[str]) -> list[str]:
        """What was reported about records of some tables of a levering, as text."""
        marked = self._gemerkt.get(levering["levering_nr"], {})
        return [
            f"{levering['levering_id']} {tabel} {each.record_nr} {each.correctie_nr} {each.buiten}"
            for tabel in marked
            for each in marked[tabel]
            if tabel in tabellen
        ]

    def hangt_af_van(self, levering: Rij, doel: Doel) -> frozenset[str]:
        """The tables whose admitted rows decide what a doel admits from a levering."""
        depends: set[str] = set()
        for raadpleging in self._beslissend(levering, doel):
            if rang(doel, raadpleging) != POPULATIE:
                depends |= {populatie.tabel for populatie in doel.populatie}
            depends |= {tenzij.tabel for tenzij in raadpleging.tenzij}
            if raadpleging.via:
                depends.add(raadpleging.via.tabel)
        return frozenset(depends)

    def _beslissend(self, levering: Rij, doel: Doel) -> Iterator[Raadpleging]:
        """The tables of a levering that a doel consults, and those through which they are admitted."""
        by_name = {raadpleging.tabel: raadpleging for raadpleging in doel.bronnen}
        for naam in self._houdt(levering) & by_name.keys():
            raadpleging: Raadpleging | None = by_name[naam]
            while raadpleging:
                yield raadpleging
                raadpleging = by_name[raadpleging.via.tabel] if raadpleging.via else None

    def lake_paden(self, doel: Doel, leveringen: Sequence[Rij] | None = None) -> dict[str, list[Path]]:
        """The lake files of a doel that its leveringen gave under their present toelating, per table.

        Also one that ought to be there and is not: who reads it finds out (`heel`).
        """
        known = heelheid.bekend(self.instellingen, "lake", doel.doel)
        result: dict[str, list[Path]] = {}
        for levering in self.leveringen_van(doel) if leveringen is None else leveringen:
            name = f"{lake_naam(levering, self.toelating(levering, doel))}.parquet"
            for tabel in self._houdt(levering):
                path = self.instellingen.lake / doel.doel / tabel / name
                if path.exists() or heelheid.plaats_van(self.instellingen, path) in known:
                    result.setdefault(tabel, []).append(path)
        return {tabel: sorted(paths) for tabel, paths in sorted(result.items())}

    def pseudonimiseerder(self, doel: str) -> Pseudonimiseerder:
        """Of a doel, under the key version that is active; the same one as long as this stand is used."""
        if doel not in self._pseudonimiseerders:
            versie = self.sleutelversie(doel)
            sleutel = self.instellingen.sleutelbos.sleutel(doel, versie)
            neem_in_gebruik(self.instellingen.grootboek, doel)  # now that there is a key
            self._pseudonimiseerders[doel] = Pseudonimiseerder(sleutel, versie)
        return self._pseudonimiseerders[doel]

    def sleutelversie(self, doel: str) -> int:
        """The key version that was active for a doel when this stand first asked."""
        return self._versies.setdefault(doel, actieve_versie(self.instellingen.grootboek, doel))

    def signaalsleutel(self, doel: str) -> bytes:
        """The key under which signals of a doel get their number."""
        return self.instellingen.sleutelbos.sleutel(doel, None, "signaal")

    def controleer_versie(self, doel: str, paden: Iterable[Path] = ()) -> None:
        """Refuses to go on when the key was rotated since this stand began, or with files under another version.

        Raises:
            KetenFout: `P-ROTATIE`.
        """
        versie = self.sleutelversie(doel)
        if actieve_versie(self.instellingen.grootboek, doel) != versie:
            raise KetenFout("P-ROTATIE", doel)
        self.heel(paden, versie)

    def heel(self, paden: Iterable[Path], versie: int | None = None) -> None:
        """Refuses to read files that are not what was written, or are under another key version (when one is given).

        Raises:
            KetenFout: `O-ONTBREEKT`, `O-BESCHADIGD`, `P-ROTATIE`.
        """
        paden = list(paden)
        new = [pad for pad in paden if pad not in self._heel]
        heelheid.controleer(self.instellingen, new)
        self._heel.update(new)
        if versie is not None:
            controleer(paden, versie)

    def population_known(self) -> None:
        """Forgets populations read before all leveringen with population tables had passed."""
        self._heel.clear()
        self._populaties.clear()
        self._vrijgesteld.clear()

    def populatie(self, doel: Doel) -> Populatie:
        """Everybody who belongs to a doel, from the lake files of its population tables."""
        if doel.doel not in self._populaties:
            populatie = self._populaties[doel.doel] = Populatie()
            pseudonimiseerder = self.pseudonimiseerder(doel.doel)
            for bron in doel.populatie:
                source = [lev for lev in self.leveringen_van(doel) if bron.tabel in self._houdt(lev)]
                paths = self.lake_paden(doel, source).get(bron.tabel, [])
                self.heel(paths, pseudonimiseerder.versie)
                for veld in bron.velden:
                    for tokens in read_persons(paths, veld, bron.waarbij):
                        populatie.voeg_toe(as_numbers(pseudonimiseerder.ontsleutel(tokens))[0])
        return self._populaties[doel.doel]

    def vrijgesteld(self, doel: Doel, raadpleging: Raadpleging) -> Populatie | None:
        """Who belongs to a doel and need not be looked up in a table (`tenzij`); None when it excepts nobody."""
        if not raadpleging.tenzij:
            return None
        key = (doel.doel, *(tenzij.model_dump_json() for tenzij in raadpleging.tenzij))
        if key not in self._vrijgesteld:
            excepted = self._vrijgesteld[key] = Populatie()
            pseudonimiseerder = self.pseudonimiseerder(doel.doel)
            for tenzij in raadpleging.tenzij:
                bron = next(bron for bron in doel.bronnen if bron.tabel == tenzij.tabel)
                counts = [lev for lev in self.leveringen_van(doel) if self._telt(lev, tenzij)]
                paths = self.lake_paden(doel, counts).get(tenzij.tabel, [])
                if not paths:
                    continue
                self.heel(paths, pseudonimiseerder.versie)
                with rekendatabank(self.instellingen) as databank:
                    for tokens in lopend(databank, paths, bron, tenzij, peildatum(self.periode)):
                        excepted.voeg_toe(as_numbers(pseudonimiseerder.ontsleutel(tokens))[0])
        return self._vrijgesteld[key]

    def _telt(self, levering: Rij, tenzij: Tenzij) -> bool:
        """Whether a levering may say who is excepted: it holds the table, and a list per month is of the period."""
        return tenzij.tabel in self._houdt(levering) and (not tenzij.maandlijst or levering["periode"] == self.periode)

    def sleutels(self, doel: Doel, raadpleging: Raadpleging) -> Opzoeklijst:
        """The values through which rows of a `via` table are admitted."""
        assert raadpleging.via is not None
        source = [lev for lev in self.leveringen_van(doel) if raadpleging.via.tabel in self._houdt(lev)]
        paths = self.lake_paden(doel, source).get(raadpleging.via.tabel, [])
        self.heel(paths)
        columns = [pq.ParquetFile(path).read(columns=[raadpleging.via.veld]).column(0) for path in paths]
        chunks = [chunk for column in columns for chunk in column.chunks]
        return Opzoeklijst(pc.unique(pa.chunked_array(chunks, pa.string())).drop_null())


def lake_naam(levering: Rij, toelating: str) -> str:
    """The name of the lake files a levering gives under a toelating, without extension."""
    return f"{levering['levering_nr']:06d}-{toelating[:12]}"


def rang(doel: Doel, raadpleging: Raadpleging) -> int:
    """When a table passes; see above."""
    if raadpleging.tabel in {populatie.tabel for populatie in doel.populatie}:
        return POPULATIE
    if raadpleging.via:
        return VIA
    return TENZIJ if raadpleging.tenzij else PERSONEN
