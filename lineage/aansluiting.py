"""Whether what a step counted adds up, before it counts: exactly, or the step fails.

Per table of a levering and doel: ontvangen = gebruikt + buiten doel + uitval. The number received is counted where the
records are read, the others where they are judged. Per run: what its recipients are sent, are not sent again and are
not allowed is every signal of the run for everybody who receives it, and every signal that ended.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping

from lineage.ledger import Rij
from lineage.leveringen import GETELD

_GEBRUIKT = "gebruikt"
_UITKOMSTEN = ("D-", "R-")  # a warning (W-) is not an outcome: its record is used


def levering(tellingen: Mapping[tuple[str, str, str], int]) -> list[str]:
    """The places (`doel/tabel`) where the counts of the door do not add up; counts are per (doel, table, reason)."""
    received = {tabel: aantal for (doel, tabel, reden), aantal in tellingen.items() if not doel and reden == GETELD}
    unread: Counter[str] = Counter()
    judged: Counter[tuple[str, str]] = Counter()
    for (doel, tabel, reden), aantal in tellingen.items():
        if doel and (reden == _GEBRUIKT or reden.startswith(_UITKOMSTEN)):
            judged[doel, tabel] += aantal
        elif not doel and reden.startswith("R-"):
            unread[tabel] += aantal
    return [
        f"{doel}/{tabel}"
        for (doel, tabel), aantal in sorted(judged.items())
        if aantal + unread[tabel] != received.get(tabel, 0)
    ]


def run(
    signalen: Mapping[str, int], route: Iterable[tuple[str, str]], vervallen: int, uitleveringen: Iterable[Rij]
) -> int:
    """How many signals of a run the planned deliveries miss; below zero when they have too many.

    Args:
        signalen: signals of the run per gemeente or waterschap they are about.
        route: who receives the signals of whom, as pairs (of whom, who).
        vervallen: signals of earlier runs that ended or were withdrawn, counted per recipient.
        uitleveringen: the deliveries, each with `aantal` and `ongewijzigd`.
    """
    expected = sum(signalen.get(van, 0) for van, _ in route) + vervallen
    planned: int = sum(row["aantal"] + row["ongewijzigd"] for row in uitleveringen)
    return expected - planned
