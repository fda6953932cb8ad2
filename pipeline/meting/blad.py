"""Puts measurements in `docs/performance.md`: `python -m pipeline.meting.blad <uitslag.json>...`.

What stands between two marks of the page is replaced by the tables, and the chart beside the page is drawn anew.
"""

from __future__ import annotations

import json
import sys
from collections import defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pygal

from pipeline.meting.proces import CHECKOUT

BLAD, GRAFIEK = CHECKOUT / "docs" / "performance.md", CHECKOUT / "docs" / "performance.svg"
BEGIN, EIND = "<!-- measured -->", "<!-- /measured -->"
GIGA = 1e9
_KOP = (
    "| stage | of | rows | MB | of which again | s | MB/s | GB | limit, s | ratio |",
    "|---|---|--:|--:|--:|--:|--:|--:|--:|--:|",
)
_PEERKOP = (
    "| way | outcomes | same | s | ours, s | times | GB | ours, GB |",
    "|---|--:|---|--:|--:|--:|--:|--:|",
)
Uitslagen = Sequence[dict[str, Any]]


def schrijf(uitslagen: Uitslagen) -> None:
    """Replaces the measured part of the page, the smallest country first."""
    ordered = sorted(uitslagen, key=lambda uitslag: (uitslag["proef"]["personen"], uitslag["op"]))
    text = BLAD.read_text(encoding="utf-8")
    before, after = text.partition(BEGIN)[0], text.partition(EIND)[2]
    BLAD.write_text("\n\n".join([f"{before}{BEGIN}", "\n".join(_regels(ordered)), f"{EIND}{after}"]), encoding="utf-8")
    GRAFIEK.write_text(f"{teken(ordered)}\n", encoding="utf-8")


def _regels(uitslagen: Uitslagen) -> Iterator[str]:
    machine = uitslagen[0]["machine"]
    assert all(uitslag["machine"] == machine for uitslag in uitslagen), "metingen van een machine en dezelfde versies"
    yield "; ".join(f"{naam} {_waarde(naam, waarde)}" for naam, waarde in machine.items()) + "."
    yield f"\n![Time and memory against the number of persons]({GRAFIEK.name})"
    for uitslag in uitslagen:
        yield from _van(uitslag)


def _eerder(uitslag: dict[str, Any]) -> str:
    months = uitslag["proef"]["eerder"]
    return f"{months} earlier month{'s' * (months != 1)}"


def _waarde(naam: str, waarde: object) -> object:
    return f"{waarde / GIGA:.0f} GB" if naam == "geheugen" and isinstance(waarde, int) else waarde


def _van(uitslag: dict[str, Any]) -> Iterator[str]:
    proef, totaal = uitslag["proef"], uitslag["totaal"]
    yield f"\n### {proef['personen']:,} persons, {_eerder(uitslag)} ({uitslag['op'][:16]})\n"
    yield from _KOP
    for fase in uitslag["fasen"]:
        grens = fase["grens"]
        yield _rij(
            fase["naam"],
            fase["over"],
            f"{fase['rijen']:,}",
            f"{fase['bytes'] / 1e6:,.0f}",
            f"{fase['opnieuw'] / 1e6:,.0f}",
            f"{fase['seconden']:.1f}",
            f"{fase['bytes'] / 1e6 / fase['seconden']:.0f}",
            f"{fase['geheugen'] / GIGA:.2f}",
            f"{grens['seconden']:.1f}" if grens else "",
            f"{fase['verhouding']:.1f}" if fase["verhouding"] else "",
        )
    sums = (f"{totaal['seconden']:.1f}", "", f"{totaal['geheugen'] / GIGA:.2f}", f"{totaal['grens']:.1f}")
    yield _rij("**all**", "", "", "", "", *sums, f"{totaal['verhouding']:.1f}")
    slowest = max(cijfers["looptijd"] for cijfers in uitslag["niets_veranderd"].values())
    yield f"\nA month in which nothing changed: {slowest:.1f} s for the slowest product, starting included.\n"
    if uitslag["peers"]:
        yield from _PEERKOP
    for peer in uitslag["peers"]:
        yield _rij(
            peer["naam"],
            f"{peer['rijen']:,}",
            "yes" if peer["gelijk"] else "NO",
            f"{peer['seconden']:.1f}",
            f"{peer['onze_seconden']:.1f}",
            f"{peer['seconden'] / peer['onze_seconden']:.1f}",
            f"{peer['geheugen'] / GIGA:.2f}",
            f"{peer['ons_geheugen'] / GIGA:.2f}",
        )


def _rij(*cellen: str) -> str:
    return f"| {' | '.join(cellen)} |"


def teken(uitslagen: Uitslagen) -> str:
    """Time and memory against the number of persons, for as many earlier months as were measured with most sizes."""
    best = _vergelijkbaar(uitslagen)
    chart = pygal.XY(
        title=f"Time and memory against persons, {_eerder(best[0])}",
        x_title="million persons",
        js=[],
        width=720,
        height=400,
        include_x_axis=True,
        show_x_guides=False,
        legend_at_bottom=True,
        truncate_legend=-1,
        value_formatter=lambda value: f"{value:.3g}",
        disable_xml_declaration=True,
        no_prefix=True,
    )

    def points(values: Sequence[float]) -> list[tuple[float, float]]:
        persons = [uitslag["proef"]["personen"] / 1e6 for uitslag in best]
        return list(zip(persons, values, strict=True))

    chart.add("whole job, s", points([uitslag["totaal"]["seconden"] for uitslag in best]))
    chart.add("sum of limits, s", points([uitslag["totaal"]["grens"] for uitslag in best]))
    memory = points([uitslag["totaal"]["geheugen"] / GIGA for uitslag in best])
    chart.add("memory of the largest process, GB", memory, secondary=True)
    drawn: str = chart.render()
    return drawn


def _vergelijkbaar(uitslagen: Uitslagen) -> Uitslagen:
    """Measurements that differ in their size only, the smallest first; the quickest of those of one size."""
    per_eerder: defaultdict[int, dict[int, dict[str, Any]]] = defaultdict(dict)
    for uitslag in sorted(uitslagen, key=lambda uitslag: -uitslag["totaal"]["seconden"]):
        per_eerder[uitslag["proef"]["eerder"]][uitslag["proef"]["personen"]] = uitslag
    per_omvang = max(per_eerder.values(), key=len)
    return [per_omvang[personen] for personen in sorted(per_omvang)]


if __name__ == "__main__":
    schrijf([json.loads(Path(naam).read_text(encoding="utf-8")) for naam in sys.argv[1:]])
