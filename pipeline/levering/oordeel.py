"""Whether a levering may be used, judged on what the door counted: against its manifest and the thresholds of its bron.

Each table is judged the first time it is counted; what somebody approved is not judged again. The number of records of
a table is held against the mean of the periods before, all leveringen of a period together. One that is not complete by
its own account is not too small, and may still be too much.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from lineage import leveringen
from lineage.ledger import Ledger, Rij
from pipeline.levering.telling import UITVAL, Telling
from schemas.bron import Drempels
from schemas.fout import KetenFout
from schemas.load import bronnen, find_tabel

PERIODEN = 6  # a mean is taken over this many periods at most


@dataclass
class Volumes:
    """How many records each levering has per table, from the ledger and from what is passing now."""

    geteld: dict[tuple[int, str], int]
    goedgekeurd: frozenset[int]
    leveringen: Sequence[Rij]
    _bekend: frozenset[tuple[int, str]] = field(init=False)

    def __post_init__(self) -> None:
        self._bekend = frozenset(self.geteld)

    @classmethod
    def lees(cls, ledger: Ledger, alle: Sequence[Rij]) -> Volumes:
        """What was counted of these leveringen before."""
        return cls(leveringen.geteld(ledger), leveringen.goedgekeurd(ledger), alle)

    def voeg_toe(self, levering: Rij, telling: Telling) -> None:
        """Adds what is counted now."""
        self.geteld |= {(levering["levering_nr"], tabel): aantal for tabel, aantal in telling.tabellen()}

    def te_beoordelen(self, levering: Rij, telling: Telling) -> list[tuple[str, int]]:
        """The tables that were counted for the first time, with their number of records."""
        nr = levering["levering_nr"]
        if nr in self.goedgekeurd:
            return []
        return [(tabel, aantal) for tabel, aantal in telling.tabellen() if (nr, tabel) not in self._bekend]

    def vergelijk(self, levering: Rij, tabel: str) -> tuple[int, float | None]:
        """The records of a table in the period of a levering, and the mean of the periods before; None without any."""
        per: Counter[str] = Counter()
        for other in self.leveringen:
            if (other["bron"], other["aanleveraar"]) == (levering["bron"], levering["aanleveraar"]):
                per[other["periode"]] += self.geteld.get((other["levering_nr"], tabel), 0)
        earlier = [per[periode] for periode in sorted(per) if periode < levering["periode"] and per[periode]]
        recent = earlier[-PERIODEN:]
        return per[levering["periode"]], sum(recent) / len(recent) if recent else None


def beoordeel(
    levering: Rij,
    bestanden: Sequence[Rij],
    telling: Telling,
    tellingen: Mapping[tuple[str, str, str], int],
    volumes: Volumes,
) -> KetenFout | None:
    """Why a levering must be parked, with the table and the figures; None when it may be used."""
    new = volumes.te_beoordelen(levering, telling)
    if not new:
        return None
    for bestand in bestanden:
        counted = telling.van_bestand(bestand["bestand_nr"])
        declared = bestand["records"] if len(bestand["tabellen"].split()) == 1 else None
        if None not in (declared, counted) and declared != counted:
            return KetenFout("L-MANIFEST-AANTAL", f"bestand {bestand['bestand_nr']}")
    for tabel, aantal in new:
        drempels = find_tabel(tabel).drempels or bronnen()[levering["bron"]].drempels
        fout = _uitval(tabel, aantal, tellingen, drempels) or _volume(levering, tabel, volumes, drempels)
        if fout:
            return fout
    return None


def _uitval(
    tabel: str, aantal: int, tellingen: Mapping[tuple[str, str, str], int], drempels: Drempels
) -> KetenFout | None:
    """The doel that rejects most counts; what could not be read at all is rejected for each of them."""
    if drempels.uitval_procent is None or aantal < drempels.minimum:
        return None
    per: Counter[str] = Counter()
    for (doel, naam, reden), n in tellingen.items():
        if naam == tabel and reden.startswith(UITVAL):
            per[doel] += n
    unreadable = per.pop("", 0)
    share = 100 * (unreadable + max(per.values(), default=0)) / aantal
    if share <= drempels.uitval_procent:
        return None
    return KetenFout("L-DREMPEL-UITVAL", f"{tabel}: {share:.1f}%, ten hoogste {drempels.uitval_procent:g}%")


def _volume(levering: Rij, tabel: str, volumes: Volumes, drempels: Drempels) -> KetenFout | None:
    aantal, mean = volumes.vergelijk(levering, tabel)
    if drempels.volume_procent is None or mean is None or mean < drempels.minimum:
        return None
    change = 100 * (aantal - mean) / mean
    too_small = change < -drempels.volume_procent and levering["volledig"]
    if not too_small and change <= drempels.volume_procent:
        return None
    return KetenFout("L-DREMPEL-VOLUME", f"{tabel}: {change:+.0f}%, ten hoogste ±{drempels.volume_procent:g}%")
