"""The tables of the first page, and what stands still."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from reports.blad import Blad, Cel, Figuur, Oordeel, Verwijzing, kolommen, maand
from reports.codes import betekenis, code_cel
from reports.gegevens import Gegevens, Levering, Run
from reports.grafiek import staven
from reports.termijn import datum, eerste_per_ontvanger, oordeel, product_uiterlijk
from schemas.load import bronnen, producten

MAANDEN_TERUG = 24
SOORT_STAP = {"signaleer": "signalen maken", "lever": "leveren"}


@dataclass(frozen=True)
class Overzicht:
    """The tables of the first page."""

    producten: Blad
    normen: Blad
    leveringen: Blad
    stil: Blad

    def alle(self) -> tuple[Blad, ...]:
        """In the order of the page."""
        return tuple(vars(self).values())


def maak_overzicht(gegevens: Gegevens, signalen: Mapping[str, Cel]) -> Overzicht:
    """All tables of the first page; `signalen` gives per run (its `naam`) the total as its own page shows it."""
    runs = [run for run in gegevens.runs if run.product in producten()]
    return Overzicht(
        producten=Blad(
            "overzicht-producten",
            "Per product en maand, de nieuwste berekening",
            kolommen(
                "Product",
                "Maand",
                "Op tijd",
                "Uiterlijk op",
                "#Signalen",
                "#Ontvangers",
                "#Geleverd aan",
                "#Tegengehouden bij",
                "#Beantwoord door",
                "Gemaakt op",
            ),
            tuple(_overzicht_rij(gegevens, run, signalen) for run in runs),
            "Er is nog geen product gemaakt.",
        ),
        normen=Blad(
            "overzicht-normen",
            "De afspraak per product, en hoeveel maanden eraan voldeden",
            kolommen("Product", "Uiterlijk", "#Maanden op tijd", "#Maanden te laat", "#Maanden die nog lopen"),
            _normen(gegevens),
        ),
        leveringen=Blad(
            "overzicht-leveringen",
            "Leveringen per bron en maand",
            kolommen("Bron", "Maand", "#Leveringen", "Laatste ontvangen op"),
            per_bron(gegevens.leveringen),
            "Er is nog niets binnengekomen.",
        ),
        stil=Blad(
            "overzicht-aandacht",
            "Wat stilligt of aandacht vraagt",
            kolommen("Waar", "Wat", "Code", "Betekenis"),
            (
                *_mislukte_stappen(gegevens),
                *stil_leveringen(gegevens.leveringen),
                *(r for x in runs for r in stil_runs(x)),
            ),
            "Niets ligt stil.",
        ),
    )


def _overzicht_rij(gegevens: Gegevens, run: Run, signalen: Mapping[str, Cel]) -> tuple[Cel, ...]:
    served = {zending.ontvanger for zending in run.zendingen}
    return (
        Verwijzing(producten()[run.product].naam, f"{run.naam}.html"),
        maand(run.periode),
        oordeel(run, gegevens.stand),
        datum(product_uiterlijk(run.product, run.periode)),
        signalen[run.naam],
        len(served | {row.ontvanger for row in run.uitleveringen}),
        len(served),
        _tegengehouden(run),
        gegevens.beantwoord.get(run.naam, 0),
        run.aangemaakt_op,
    )


def verloop(gegevens: Gegevens, signalen: Mapping[str, Cel]) -> tuple[Figuur, ...]:
    """Per product a chart of its signals per month."""

    def shown(run: Run) -> int | None:
        cel = signalen[run.naam]
        return cel if isinstance(cel, int) else None

    return _per_maand(gegevens, "Signalen per maand", shown)


def tijdigheid(gegevens: Gegevens) -> tuple[Figuur, ...]:
    """Per product with a norm a chart of how many recipients had their message of a month in time."""
    return _per_maand(gegevens, "Ontvangers op tijd bediend per maand", _op_tijd)


def tegengehouden(gegevens: Gegevens) -> tuple[Figuur, ...]:
    """Per product at which something was held back a chart of with how many recipients that was, per month."""
    return _per_maand(gegevens, "Ontvangers bij wie iets is tegengehouden per maand", _tegengehouden)


def beantwoording(gegevens: Gegevens) -> tuple[Figuur, ...]:
    """Per product that was answered on a chart of how many recipients answered, per month."""

    def answered(run: Run) -> int | None:
        return gegevens.beantwoord.get(run.naam, 0) if run.zendingen else None

    return _per_maand(gegevens, "Ontvangers die hebben geantwoord per maand", answered)


def _op_tijd(run: Run) -> int | None:
    norm = product_uiterlijk(run.product, run.periode)
    return sum(day <= norm for day in eerste_per_ontvanger(run).values()) if norm and run.zendingen else None


def _tegengehouden(run: Run) -> int:
    return sum(row.status == "tegengehouden" for row in run.uitleveringen)


def _per_maand(gegevens: Gegevens, kop: str, tel: Callable[[Run], int | None]) -> tuple[Figuur, ...]:
    """A chart per product: no bar where there is no number to show, no chart without a bar."""
    points: dict[str, list[tuple[str, int | None]]] = defaultdict(list)
    for run in sorted(gegevens.runs, key=lambda run: run.periode):
        if run.product in producten():
            points[run.product].append((run.periode, tel(run)))
    recent = {product: items[-MAANDEN_TERUG:] for product, items in sorted(points.items())}
    return tuple(
        staven(f"{kop}: {producten()[product].naam}", items)
        for product, items in recent.items()
        if any(aantal for _, aantal in items)
    )


def _normen(gegevens: Gegevens) -> tuple[tuple[Cel, ...], ...]:
    """Per product the norm, and how many of its months kept it."""
    rows: list[tuple[Cel, ...]] = []
    for naam, product in producten().items():
        verdicts = [oordeel(run, gegevens.stand) for run in gegevens.runs if run.product == naam]
        good = sum(isinstance(verdict, Oordeel) and verdict.goed for verdict in verdicts)
        late = sum(isinstance(verdict, Oordeel) and not verdict.goed for verdict in verdicts)
        norm = f"dag {product.uiterlijk} van de volgende maand" if product.uiterlijk else "geen norm"
        rows.append((product.naam, norm, good, late, len(verdicts) - good - late))
    return tuple(rows)


def _mislukte_stappen(gegevens: Gegevens) -> list[tuple[Cel, ...]]:
    return [
        (
            f"{item.product}-{item.periode}",
            f"Mislukt: {SOORT_STAP[item.soort]}",
            code_cel(item.code),
            betekenis(item.code),
        )
        for item in gegevens.mislukt
    ]


def per_bron(leveringen: Iterable[Levering]) -> tuple[tuple[Cel, ...], ...]:
    """Numbers of leveringen per period and bron, the newest period first."""
    groups: dict[tuple[str, str], list[Levering]] = defaultdict(list)
    for levering in leveringen:
        groups[levering.periode, levering.bron].append(levering)
    return tuple(
        (bron_naam(bron), maand(periode), len(items), max(item.ontvangen_op for item in items))
        for (periode, bron), items in sorted(groups.items(), reverse=True)
    )


def bron_naam(bron: str) -> str:
    """The name of a bron for people."""
    return bronnen()[bron].naam if bron in bronnen() else bron


def stil_leveringen(leveringen: Iterable[Levering]) -> list[tuple[Cel, ...]]:
    """Parked leveringen, and the unusable files of the others."""
    rows: list[tuple[Cel, ...]] = []
    for levering in leveringen:
        if levering.status == "geparkeerd":
            what = f"Levering van {bron_naam(levering.bron)} is tegengehouden"
            rows.append((levering.levering_id, what, code_cel(levering.code), betekenis(levering.code)))
        for code, aantal in levering.onbruikbaar.items():
            what = f"{aantal} van {levering.bestanden} bestanden niet bruikbaar"
            rows.append((levering.levering_id, what, code_cel(code), betekenis(code)))
    return rows


def stil_runs(run: Run) -> list[tuple[Cel, ...]]:
    """Recipients that got nothing, per code."""
    counts: dict[str, int] = defaultdict(int)
    for row in run.uitleveringen:
        if row.status == "tegengehouden" and row.code:
            counts[row.code] += 1
    return [
        (run.naam, f"Uitlevering aan {aantal} {_ontvanger(aantal)} is tegengehouden", code_cel(code), betekenis(code))
        for code, aantal in sorted(counts.items())
    ]


def _ontvanger(aantal: int) -> str:
    return "ontvanger" if aantal == 1 else "ontvangers"
