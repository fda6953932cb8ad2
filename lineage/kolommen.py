"""Column lineage: of every column of every model, which columns decide its value, and so which fields of the bronnen.

`lineage.sql` reads it from the models; `generated/kolommen.json` holds what belongs to this version of the code, and
`kolomgraaf()` reads that. Two kinds of edges, named as OpenLineage names them:

- DIRECT: the value goes into the column (IDENTITY as it is, TRANSFORMATION changed, AGGREGATION of many rows);
- INDIRECT: it decides which value or which row (CONDITIONAL in a CASE, WINDOW in an OVER, and for all columns of a
  select alike JOIN, FILTER and GROUP_BY). Those that hold for all columns are kept once per model.

Source: OpenLineage ColumnLineageDatasetFacet 1-2-0, `transformations`.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Literal, cast

Soort = Literal["DIRECT", "INDIRECT"]
BESTAND = Path(__file__).parent / "generated" / "kolommen.json"
_WEIGHT = {"IDENTITY": 0, "TRANSFORMATION": 1, "AGGREGATION": 2}


@dataclass(frozen=True, order=True)
class Kolom:
    """A column of a model (`signal_vsv`, `prioriteit`) or of a source (`duo.persoon`, `startkwalificatie`)."""

    tabel: str
    kolom: str


@dataclass(frozen=True, order=True)
class Kant:
    """An edge that ends in a column: where it comes from and how."""

    van: Kolom
    soort: Soort
    wijze: str


@dataclass(frozen=True)
class Model:
    """The lineage of one model: edges per column, those of its rows as a whole, and what it reads."""

    kolommen: Mapping[str, frozenset[Kant]]
    rijen: frozenset[Kant]
    leest: frozenset[str]


@dataclass(frozen=True)
class Kolomgraaf:
    """The models and, by following them, what any column rests on in the end."""

    modellen: Mapping[str, Model]
    _found: dict[Kolom, frozenset[Kant]] = field(default_factory=dict, repr=False)
    _rows: dict[str, frozenset[Kant]] = field(default_factory=dict, repr=False)

    def bronnen(self, kolom: Kolom) -> frozenset[Kant]:
        """The source columns a column rests on: DIRECT where the value comes from, INDIRECT what chose it."""
        if kolom.tabel not in self.modellen:
            return frozenset({Kant(kolom, "DIRECT", "IDENTITY")})
        if kolom not in self._found:
            edges = self.modellen[kolom.tabel].kolommen[kolom.kolom]
            self._found[kolom] = frozenset(
                sterkste(joined(edge, deeper) for edge in edges for deeper in self.bronnen(edge.van))
            )
        return self._found[kolom]

    def rijen(self, model: str) -> frozenset[Kant]:
        """The source columns that decide which rows a model has, itself or through what it reads; all INDIRECT."""
        if model not in self.modellen:
            return frozenset()
        if model not in self._rows:
            read = self.modellen[model]
            own = {Kant(end.van, "INDIRECT", edge.wijze) for edge in read.rijen for end in self.bronnen(edge.van)}
            self._rows[model] = frozenset(own.union(*(self.rijen(naam) for naam in read.leest)))
        return self._rows[model]


def als_json(graaf: Kolomgraaf) -> str:
    """A graph as text, one line per column, so that a change of the lineage is a change somebody can review."""
    content = {
        model: {
            "leest": sorted(read.leest),
            "rijen": _as_lines(read.rijen),
            "kolommen": {naam: _as_lines(edges) for naam, edges in read.kolommen.items()},
        }
        for model, read in sorted(graaf.modellen.items())
    }
    return json.dumps(content, indent=1) + "\n"


@cache
def kolomgraaf() -> Kolomgraaf:
    """The graph that belongs to this version of the code."""
    content = json.loads(BESTAND.read_text(encoding="utf-8"))
    return Kolomgraaf(
        {
            model: Model(
                {naam: _as_edges(lines) for naam, lines in read["kolommen"].items()},
                _as_edges(read["rijen"]),
                frozenset(read["leest"]),
            )
            for model, read in content.items()
        }
    )


def _as_lines(edges: Iterable[Kant]) -> list[str]:
    return [f"{edge.van.tabel} {edge.van.kolom} {edge.soort} {edge.wijze}" for edge in sorted(edges)]


def _as_edges(lines: Iterable[str]) -> frozenset[Kant]:
    parts = (line.split(" ") for line in lines)
    return frozenset(Kant(Kolom(tabel, kolom), cast("Soort", soort), wijze) for tabel, kolom, soort, wijze in parts)


def joined(edge: Kant, deeper: Kant) -> Kant:
    """What an edge becomes when it is followed one step further down."""
    if edge.soort == "INDIRECT" or deeper.soort == "INDIRECT":
        return Kant(deeper.van, "INDIRECT", edge.wijze if edge.soort == "INDIRECT" else deeper.wijze)
    return Kant(deeper.van, "DIRECT", max(edge.wijze, deeper.wijze, key=_WEIGHT.__getitem__))


def sterkste(edges: Iterable[Kant]) -> Iterator[Kant]:
    """One edge per source column: the direct one that changes it most; without one, the indirect ones."""
    found: dict[Kolom, set[Kant]] = {}
    for edge in edges:
        found.setdefault(edge.van, set()).add(edge)
    for candidates in found.values():
        direct = [edge for edge in candidates if edge.soort == "DIRECT"]
        yield max(direct, key=lambda edge: _WEIGHT[edge.wijze]) if direct else min(candidates)
