"""The records of one person in the lake of a doel, for an inzage."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import sqlalchemy as sa

from lineage import tabellen as t
from lineage.ledger import Rij
from pipeline.stand import Stand
from privacy.leesbaar import BSN, gaat_over_ander, leesbaar, moment, persoonskolommen
from privacy.zoek import rijen_van
from schemas.arrow import lake_name
from schemas.doel import Doel, Raadpleging
from schemas.load import bronnen, find_tabel

BETROKKENE, GENOEMD = "betrokkene", "genoemd bij een ander"
NIET_GETOOND = "(over een ander, niet getoond)"
Row = dict[str, Any]
Plaats = tuple[str, str, int]  # levering, table and record


@dataclass
class Gegevens:
    """What the lake of a doel holds about a person; `eigen` is where the person's own records stand, once read."""

    stand: Stand
    doel: Doel
    token: bytes
    eigen: set[Plaats] = field(default_factory=set)
    _via: defaultdict[tuple[str, str], set[str]] = field(default_factory=lambda: defaultdict(set))

    def lees(self) -> Iterator[dict[str, Any]]:
        """Every record once, those that hang on another record after it."""
        for raadpleging in sorted(self.doel.bronnen, key=lambda each: each.via is not None):
            seen = set()
            for path in self._paden(raadpleging.tabel):
                for row in self._rijen(path, raadpleging):
                    key = (row["levering_nr"], row["record_nr"])
                    if key not in seen:  # the same record may be there under several toelatingen
                        seen.add(key)
                        yield self._gegeven(raadpleging, row)

    def _paden(self, tabel: str) -> list[Path]:
        """Every lake file of a table, whatever the toelating, the newest first."""
        paths = list((self.stand.instellingen.lake / self.doel.doel / tabel).glob("[0-9]*.parquet"))
        self.stand.controleer_versie(self.doel.doel, paths)
        return sorted(paths, key=lambda path: path.stat().st_mtime_ns, reverse=True)

    def _rijen(self, path: Path, raadpleging: Raadpleging) -> list[Row]:
        via, rows = raadpleging.via, []
        if via is None:
            rows = rijen_van(path, persoonskolommen(find_tabel(raadpleging.tabel)), self.token).to_pylist()
        elif values := self._via[via.tabel, via.veld]:
            rows = pq.read_table(path, filters=[(via.veld, "in", sorted(values))]).to_pylist()
        return rows

    def _gegeven(self, raadpleging: Raadpleging, row: Row) -> dict[str, Any]:
        bron = bronnen()[raadpleging.tabel.partition(".")[0]]
        levering = self._leveringen[row["levering_nr"]]
        own = raadpleging.via is not None or row.get(lake_name(BSN)) == self.token
        if own:
            self.eigen.add((levering["levering_id"], raadpleging.tabel, row["record_nr"]))
            self._onthoud(raadpleging, row)
        return {
            "bron": bron.naam,
            "houder": bron.houder,
            "tabel": raadpleging.tabel,
            "wat": find_tabel(raadpleging.tabel).omschrijving,
            "levering": levering["levering_id"],
            "periode": levering["periode"],
            "ontvangen": moment(levering["ontvangen_op"]),
            "record": row["record_nr"],
            "rol": BETROKKENE if own else GENOEMD,
            "in_onderzoek": row["record_nr"] in self.stand.onderzoek(row["levering_nr"], raadpleging.tabel),
            "velden": dict(_velden(raadpleging, row)) if own else {},
        }

    def _onthoud(self, raadpleging: Raadpleging, row: Row) -> None:
        """Keeps the values of an own record on which other records hang."""
        for other in self.doel.bronnen:
            if other.via and other.via.tabel == raadpleging.tabel and row[other.via.veld] is not None:
                self._via[raadpleging.tabel, other.via.veld].add(row[other.via.veld])

    @cached_property
    def _leveringen(self) -> dict[int, Rij]:
        rows = self.stand.instellingen.grootboek.rijen(sa.select(t.levering))
        return {row["levering_nr"]: row for row in rows}


def _velden(raadpleging: Raadpleging, row: Row) -> Iterator[tuple[str, str]]:
    """The fields in words, with the noodzaak left to the doelprofiel; one's own number is not repeated."""
    velden = find_tabel(raadpleging.tabel).velden
    for naam in raadpleging.velden:
        value, other = row.get(lake_name(naam)), gaat_over_ander(naam, velden[naam])
        if value is not None and (other or velden[naam].type != "bsn"):
            yield naam, NIET_GETOOND if other else leesbaar(velden[naam], value)
