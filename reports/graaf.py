"""A drawing of what reads what, as SVG: layers from left to right, laid out when the page is made.

The layers are the topological generations (networkx). An arrow that crosses layers is led through a point in each of
them, and the order within a layer follows the mean place of the neighbours, to and fro, so that few arrows cross
(Sugiyama, Tagawa and Toda, 1981). Every node is a link, so the drawing works without a script and from a keyboard.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import pairwise
from statistics import fmean

import networkx as nx
from markupsafe import Markup

from reports.blad import Figuur

BREED, HOOG, TUSSEN, RIJ, PUNT, RAND = 290, 24, 56, 34, 12, 8
ZWAAIEN = 12
_Punt = tuple[str, str, int]  # where an arrow crosses a layer: from, to, layer
_Plek = str | _Punt


@dataclass(frozen=True)
class Knoop:
    """A node: what it is called, its kind (`bron`, `tabel`, `model`, `signaal`, `bericht`) and what it links to."""

    naam: str
    soort: str
    naar: str


def teken(bijschrift: str, knopen: Mapping[str, Knoop], pijlen: Iterable[tuple[str, str]]) -> Figuur:
    """Draws a graph without cycles; `pijlen` are pairs of keys of `knopen`."""
    edges = sorted(set(pijlen))
    layers, chains = _layers(knopen, edges)
    _order(layers, chains)
    places = _places(layers)
    width = RAND * 2 + len(layers) * BREED + (len(layers) - 1) * TUSSEN
    height = max(y for _, y in places.values()) + HOOG + RAND
    arrows = Markup("").join(_arrow([places[item] for item in chain], chain) for chain in chains)
    boxes = Markup("").join(
        _box(knopen[item], *places[item]) for layer in layers for item in layer if isinstance(item, str)
    )
    svg = Markup('<svg class="graaf" viewBox="0 0 {w} {h}" width="{w}" height="{h}">{arrows}{boxes}</svg>')
    return Figuur(bijschrift, svg.format(w=width, h=round(height), arrows=arrows, boxes=boxes))


def _layers(
    knopen: Mapping[str, Knoop], edges: list[tuple[str, str]]
) -> tuple[list[list[_Plek]], list[tuple[_Plek, ...]]]:
    graph = nx.DiGraph()
    graph.add_nodes_from(sorted(knopen))
    graph.add_edges_from(edges)
    layers: list[list[_Plek]] = [sorted(layer) for layer in nx.topological_generations(graph)]
    depth = {item: nr for nr, layer in enumerate(layers) for item in layer}
    chains: list[tuple[_Plek, ...]] = []
    for van, naar in edges:
        points: list[_Plek] = [(van, naar, nr) for nr in range(depth[van] + 1, depth[naar])]
        for nr, point in enumerate(points, start=depth[van] + 1):
            layers[nr].append(point)
        chains.append((van, *points, naar))
    return layers, chains


def _order(layers: list[list[_Plek]], chains: Iterable[tuple[_Plek, ...]]) -> None:
    before: dict[_Plek, list[_Plek]] = defaultdict(list)
    after: dict[_Plek, list[_Plek]] = defaultdict(list)
    for chain in chains:
        for left, right in pairwise(chain):
            before[right].append(left)
            after[left].append(right)
    for sweep in range(ZWAAIEN):
        forward = sweep % 2 == 0
        near, order = (before, layers) if forward else (after, layers[::-1])
        for fixed, layer in pairwise(order):
            place = {item: nr / max(len(fixed) - 1, 1) for nr, item in enumerate(fixed)}
            own = {item: nr / max(len(layer) - 1, 1) for nr, item in enumerate(layer)}
            mean = {item: fmean([place[other] for other in near[item]] or [own[item]]) for item in layer}
            layer.sort(key=lambda item: (mean[item], own[item]))


def _places(layers: list[list[_Plek]]) -> dict[_Plek, tuple[float, float]]:
    """The upper left corner of every node, and of every point; each layer in the middle of the drawing."""
    heights = [sum(RIJ if isinstance(item, str) else PUNT for item in layer) for layer in layers]
    places: dict[_Plek, tuple[float, float]] = {}
    for nr, layer in enumerate(layers):
        x, y = float(RAND + nr * (BREED + TUSSEN)), RAND + (max(heights) - heights[nr]) / 2
        for item in layer:
            places[item] = (x, y)
            y += RIJ if isinstance(item, str) else PUNT
    return places


def _arrow(corners: list[tuple[float, float]], chain: tuple[_Plek, ...]) -> Markup:
    x, y = corners[0]
    path = [f"M{x + BREED:.0f} {y + HOOG / 2:.0f}"]
    left = (x + BREED, y + HOOG / 2)
    for (x, y), item in zip(corners[1:], chain[1:], strict=True):
        middle = y + (HOOG if isinstance(item, str) else PUNT) / 2
        half = (x + left[0]) / 2
        path.append(f"C{half:.0f} {left[1]:.0f} {half:.0f} {middle:.0f} {x:.0f} {middle:.0f}")
        left = (x, middle)
        if not isinstance(item, str):
            path.append(f"H{x + BREED:.0f}")
            left = (x + BREED, middle)
    return Markup('<path d="{}"/>').format("".join(path))


def _box(knoop: Knoop, x: float, y: float) -> Markup:
    return Markup(
        '<a href="{naar}" class="{soort}"><rect x="{x:.0f}" y="{y:.0f}" width="{w}" height="{h}" rx="3"/>'
        '<text x="{tx:.0f}" y="{ty:.0f}">{naam}</text></a>'
    ).format(naar=knoop.naar, soort=knoop.soort, x=x, y=y, w=BREED, h=HOOG, tx=x + 6, ty=y + 16, naam=knoop.naam)
