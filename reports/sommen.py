"""Whether the counts add up. What does not is named by its place, never by counts: those may have to stay hidden."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass

from reports.gegevens import GEBRUIKT, Doorgang, Gegevens, Run

KNOWN = ("D-", "R-", "W-")


@dataclass(frozen=True)
class Afwijking:
    """A sum that does not hold: for a table of a levering, or for a run (its `naam`)."""

    tekst: str
    levering_nr: int | None = None
    tabel: str | None = None
    run: str | None = None


def controleer(gegevens: Gegevens) -> tuple[Afwijking, ...]:
    """Every sum that does not hold; empty when all is well."""
    return (*_leveringen(gegevens), *(afwijking for run in gegevens.runs for afwijking in _run(run)))


def _leveringen(gegevens: Gegevens) -> Iterator[Afwijking]:
    """Per table of a levering: every count has a place in the sum, and all doelen saw the same number of records."""
    per_tabel: dict[tuple[int, str], list[Doorgang]] = defaultdict(list)
    for doorgang in gegevens.doorgangen:
        per_tabel[doorgang.levering_nr, doorgang.tabel].append(doorgang)
    for (nr, tabel), doorgangen in per_tabel.items():
        where = f"Levering {gegevens.namen.get(nr, nr)}, tabel {tabel}"
        for doorgang in doorgangen:
            strange = [code for code in doorgang.aantallen if code != GEBRUIKT and not code.startswith(KNOWN)]
            if strange:
                yield Afwijking(f"{where}: reden {', '.join(strange)} hoort niet in de som.", nr, tabel)
            if doorgang.gemeld is not None and doorgang.gemeld != doorgang.ontvangen:
                text = "ontvangen is niet gelijk aan gebruikt + buiten doel + uitval."
                yield Afwijking(f"{where}, doel {doorgang.doel}: {text}", nr, tabel)
        if len({doorgang.ontvangen for doorgang in doorgangen}) > 1:
            doelen = ", ".join(sorted(doorgang.doel for doorgang in doorgangen))
            yield Afwijking(f"{where}: de som is niet voor elk doel gelijk ({doelen}).", nr, tabel)


def _run(run: Run) -> Iterator[Afwijking]:
    """What the delivery step counted is what the deliveries say, and no signal got lost on the way to its gemeente."""
    where = f"Product {run.product}, periode {run.periode}"
    per_status = run.per_status()
    if run.geteld is not None:
        for status in sorted(per_status.keys() | run.geteld.keys()):
            if per_status.get(status, 0) != run.geteld.get(status, 0):
                yield Afwijking(
                    f"{where}: het aantal met status {status} is niet de som over de ontvangers.", run=run.naam
                )
    if run.mutaties is not None and sum(run.mutaties.values()) != per_status.get("geleverd", 0):
        yield Afwijking(f"{where}: wat is geleverd is niet de som over signaalcodes en mutaties.", run=run.naam)
    # An RMC-regio gets a copy of what its gemeenten get; signals that ended come on top: it can be more but never less.
    own = [row.aantal + row.ongewijzigd for row in run.uitleveringen if not row.ontvanger.startswith("rmc-")]
    delivered = run.geteld is not None or bool(run.uitleveringen)
    if delivered and sum(own) < sum(run.signalen.values()):
        yield Afwijking(f"{where}: niet elk signaal is geleverd, ongewijzigd of tegengehouden.", run=run.naam)
