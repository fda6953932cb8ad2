"""The health of the bronnen: what came when, how much against the month before, what was rejected, who is late.

A count over several leveringen is the sum of what the pages show of each. Where one of those is hidden the sum is a
lower bound (`minstens`), so it says nothing that the parts did not say.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping

from reports.blad import Blad, Cel, Deel, Figuur, Oordeel, Pagina, kolommen, maand
from reports.cellen import Som, Toon, doorgang_cellen, som
from reports.codes import betekenis, code_cel
from reports.gegevens import GEBRUIKT, Gegevens, Levering
from reports.grafiek import staven
from reports.overzicht import bron_naam
from reports.termijn import bron_uiterlijk, dag, dagen_te_laat, datum, volgende

MAANDEN_TERUG = 24


def bronnen_pagina(gegevens: Gegevens) -> Pagina:
    """The page of all bronnen."""
    cellen = doorgang_cellen(gegevens, [levering.levering_nr for levering in gegevens.leveringen])
    volumes = _volumes(gegevens, cellen)
    return Pagina(
        "bronnen",
        "Bronnen: wat er binnenkwam, hoeveel en wanneer",
        "Per bron en maand: kwam de levering op tijd, hoeveel records waren het, en wat kon niet worden gebruikt.",
        (
            Deel(
                "stand",
                "Stand per bron",
                "Een levering is op tijd als zij er is voordat het eerste product dat haar gebruikt klaar moet zijn.",
                (_stand(gegevens),),
            ),
            Deel("leveringen", "Leveringen per maand", bladen=(_leveringen(gegevens),)),
            Deel(
                "volume",
                "Hoeveel records",
                "Hoeveel records er per tabel binnenkwamen, en hoeveel dat scheelt met de maand ervoor."
                " Staat er ‘minstens’? Dan is van een van de leveringen het aantal afgeschermd.",
                (_volume_blad(volumes),),
                _figuren(volumes),
            ),
            Deel(
                "uitval",
                "Wat niet kon worden gebruikt",
                "Uitval per code. Elk doel leest een tabel op zijn eigen manier, daarom staat het doel erbij.",
                (_uitval(gegevens, cellen),),
            ),
        ),
    )


def _per_bron(gegevens: Gegevens) -> dict[str, dict[str, list[Levering]]]:
    found: dict[str, dict[str, list[Levering]]] = defaultdict(lambda: defaultdict(list))
    for levering in gegevens.leveringen:
        found[levering.bron][levering.periode].append(levering)
    return found


def _stand(gegevens: Gegevens) -> Blad:
    rows: list[tuple[Cel, ...]] = []
    for bron, maanden in sorted(_per_bron(gegevens).items()):
        newest = max(maanden)
        norm = bron_uiterlijk(bron, volgende(newest))
        days = (dag(gegevens.stand) - norm).days if norm and gegevens.stand else 0
        verdict: Cel = Oordeel(f"{days} dagen te laat", goed=False) if days > 0 else Oordeel("op tijd", goed=True)
        last = max(levering.ontvangen_op for levering in maanden[newest])
        rows.append(
            (bron_naam(bron), maand(newest), last, maand(volgende(newest)), datum(norm), verdict if norm else "")
        )
    return Blad(
        "bronnen-stand",
        "Nieuwste levering per bron en wat er nu wordt verwacht",
        kolommen("Bron", "Nieuwste maand", "Ontvangen op", "Verwacht", "Uiterlijk op", "Stand"),
        tuple(rows),
        "Er is nog niets binnengekomen.",
    )


def _leveringen(gegevens: Gegevens) -> Blad:
    rows: list[tuple[Cel, ...]] = []
    for bron, maanden in sorted(_per_bron(gegevens).items()):
        for periode in sorted(maanden, reverse=True):
            items = maanden[periode]
            norm = bron_uiterlijk(bron, periode)
            days = dagen_te_laat([dag(min(item.ontvangen_op for item in items))], norm)
            rows.append(
                (
                    bron_naam(bron),
                    maand(periode),
                    len(items),
                    sum(item.status == "geparkeerd" for item in items),
                    sum(bool(item.onbruikbaar) for item in items),
                    max(item.ontvangen_op for item in items),
                    datum(norm),
                    Oordeel(f"{days} dagen te laat" if days else "op tijd", goed=not days) if norm else "",
                )
            )
    return Blad(
        "bronnen-leveringen",
        "Leveringen per bron en maand",
        kolommen(
            "Bron",
            "Maand",
            "#Leveringen",
            "#Tegengehouden leveringen",
            "#Met onbruikbare bestanden",
            "Laatste ontvangen op",
            "Uiterlijk op",
            "Eerste levering",
        ),
        tuple(rows),
        "Er is nog niets binnengekomen.",
    )


Volumes = Mapping[tuple[str, str], Mapping[str, Som]]


def _volumes(gegevens: Gegevens, cellen: Mapping[tuple[int, str], Toon]) -> Volumes:
    """Per (bron, table) and month the records received; every table of a levering once, whatever its doelen."""
    known = {levering.levering_nr: levering for levering in gegevens.leveringen}
    parts: dict[tuple[str, str], dict[str, list[Cel]]] = defaultdict(lambda: defaultdict(list))
    for (nr, tabel), toon in cellen.items():
        parts[known[nr].bron, tabel][known[nr].periode].append(toon(("ontvangen",)))
    return {key: {periode: som(items) for periode, items in maanden.items()} for key, maanden in parts.items()}


def _volume_blad(volumes: Volumes) -> Blad:
    rows: list[tuple[Cel, ...]] = []
    for (bron, tabel), maanden in sorted(volumes.items()):
        before: Som | None = None
        lines: list[tuple[Cel, ...]] = []
        for periode in sorted(maanden):
            now = maanden[periode]
            lines.append((bron_naam(bron), tabel, maand(periode), now.cel, _verschil(before, now)))
            before = now
        rows += reversed(lines)
    return Blad(
        "bronnen-volume",
        "Records per tabel en maand",
        kolommen("Bron", "Tabel", "Maand", "#Ontvangen", "#Verschil met de vorige levering"),
        tuple(rows),
        "Er is nog niets binnengekomen.",
    )


def _verschil(before: Som | None, now: Som) -> str:
    """The change in percent; empty when one of both is not exactly known."""
    if before is None or before.minstens or now.minstens or not before.aantal:
        return ""
    return f"{round(100 * (now.aantal - before.aantal) / before.aantal):+d}%"


def _figuren(volumes: Volumes) -> tuple[Figuur, ...]:
    """Per bron the records of its months; a month of which not all is known has no bar."""
    result = []
    for bron in sorted({bron for bron, _ in volumes}):
        tables = [maanden for (van, _), maanden in volumes.items() if van == bron]
        periods = sorted({periode for maanden in tables for periode in maanden})[-MAANDEN_TERUG:]
        points = []
        for periode in periods:
            items = [maanden[periode] for maanden in tables if periode in maanden]
            total = None if any(item.minstens for item in items) else sum(item.aantal for item in items)
            points.append((periode, total))
        if any(total for _, total in points):
            result.append(staven(f"Records per maand van {bron_naam(bron)}", points))
    return tuple(result)


def _uitval(gegevens: Gegevens, cellen: Mapping[tuple[int, str], Toon]) -> Blad:
    known = {levering.levering_nr: levering for levering in gegevens.leveringen}
    parts: dict[tuple[str, str, str, str, str], list[Cel]] = defaultdict(list)
    for row in gegevens.doorgangen:
        levering = known[row.levering_nr]
        for code, aantal in row.aantallen.items():
            if code != GEBRUIKT and not code.startswith("D-") and aantal:
                shown = cellen[row.levering_nr, row.tabel]((row.doel, code))
                parts[levering.periode, levering.bron, row.tabel, row.doel, code].append(shown)
    rows: list[tuple[Cel, ...]] = [
        (bron_naam(bron), tabel, maand(periode), doel, code_cel(code), betekenis(code), len(items), som(items).cel)
        for (periode, bron, tabel, doel, code), items in sorted(parts.items(), key=lambda item: _order(item[0]))
    ]
    return Blad(
        "bronnen-uitval",
        "Uitval en waarschuwingen per code",
        kolommen("Bron", "Tabel", "Maand", "Doel", "Code", "Betekenis", "#Leveringen", "#Records"),
        tuple(rows),
        "Er is niets uitgevallen.",
    )


def _order(key: tuple[str, str, str, str, str]) -> tuple[int, tuple[str, ...]]:
    """The newest month first."""
    return -int(key[0].replace("-", "")), key[1:]
