"""A ledger as large as the whole country makes it, written straight into its tables: every recipient, every product."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

from lineage import tabellen as t
from lineage.ledger import Ledger
from reports.bladen import MUTATIES
from schemas.load import doelen, ontvangers, producten

CODES = ("gebruikt", "D-POPULATIE", "R-BSN-ELFPROEF", "R-BSN-LEEG", "R-DATUM", "W-VOORLOOPNUL")
UITGESLOTEN = ("rni", "overleden", "geemigreerd")
EERSTE = datetime(2025, 1, 5, 9, tzinfo=UTC)
Rij = dict[str, Any]


def maanden(aantal: int) -> list[str]:
    """So many months, from January 2025."""
    return [f"{2025 + nr // 12}-{nr % 12 + 1:02d}" for nr in range(aantal)]


class Landelijk:
    """Fills a ledger with months of the whole country: every gemeente delivers itself, every other bron once."""

    def __init__(self, ledger: Ledger, seed: int = 1) -> None:
        self._ledger = ledger
        self._random = random.Random(seed)
        self._stappen = count(1)
        self._leveringen = count(1)
        self._rows: dict[str, list[Rij]] = {}

    def vul(self, aantal_maanden: int) -> None:
        """Enters so many months."""
        before: list[int] = []
        for nr, periode in enumerate(maanden(aantal_maanden)):
            moment = EERSTE + timedelta(days=31 * (nr + 1))
            now = list(self._leveringen_van(periode, moment))
            for product in producten():
                self._run(product, periode, moment + timedelta(days=2), before + now)
            before = now
        with self._ledger.transactie() as connection:
            for table in t.metadata.sorted_tables:
                if rows := self._rows.get(table.name):
                    connection.execute(table.insert(), rows)

    def _erbij(self, van: str, /, **rij: Any) -> None:
        self._rows.setdefault(van, []).append(rij)

    def _aantal(self) -> int:
        """A count as they come: most are large, some are none or small."""
        return self._random.choice((0, 1, 2, 3, 4, 5, 7, 12, 40, 300, 2_500))

    def _stap(self, soort: str, onderwerp: str, product: str | None, periode: str | None, moment: datetime) -> int:
        nr = next(self._stappen)
        self._erbij(
            "stap",
            stap_nr=nr,
            soort=soort,
            onderwerp=onderwerp,
            product=product,
            periode=periode,
            begonnen_op=moment,
            beeindigd_op=moment,
            status="gelukt",
            code=None,
        )
        return nr

    def _leveringen_van(self, periode: str, moment: datetime) -> Iterator[int]:
        gemeenten = [item.ontvanger for item in ontvangers().values() if item.soort == "gemeente"]
        for bron in ("brp", "uwv", "duo", "rdw", "kvk", *["gemeente"] * len(gemeenten)):
            nr = next(self._leveringen)
            parked = self._random.random() < 0.01
            self._erbij(
                "levering",
                levering_nr=nr,
                levering_id=f"{bron}-{periode}-{nr:012x}",
                bron=bron,
                periode=periode,
                inhoud=f"{nr:064x}",
                omschrijving="",
                status="geparkeerd" if parked else "ontvangen",
                ontvangen_op=moment,
                code="L-LEEG" if parked else None,
            )
            self._erbij(
                "levering_bestand",
                levering_nr=nr,
                bestand_nr=1,
                formaat="csv",
                tabellen=bron,
                bytes=1,
                sha256=f"{nr:064x}",
                code=None,
            )
            if not parked:
                self._door_de_deur(nr, bron, moment)
                yield nr

    def _door_de_deur(self, nr: int, bron: str, moment: datetime) -> None:
        stap = self._stap("deur", f"levering {nr}", None, None, moment)
        consulted = [
            (doel.doel, item.tabel)
            for doel in doelen().values()
            for item in doel.bronnen
            if item.tabel.startswith(f"{bron}.") and (bron != "gemeente" or item.tabel == "gemeente.bijstandspopulatie")
        ]
        total: Counter[str] = Counter()
        for tabel in {tabel for _, tabel in consulted}:
            total[tabel] = 3_000 + self._aantal()
        for doel in {doel for doel, _ in consulted}:
            self._erbij("doorgang", levering_nr=nr, doel=doel, toelating="a", stap_nr=stap)
        for doel, tabel in consulted:
            wrong = {code: self._aantal() for code in CODES[2:4]}
            used = (total[tabel] - sum(wrong.values())) // 2 if sum(wrong.values()) < total[tabel] else 0
            if not used:
                wrong = {CODES[2]: 0}
                used = total[tabel] // 2
            rest = total[tabel] - used - sum(wrong.values())
            counts = {"gebruikt": used, "D-POPULATIE": rest, **wrong, "W-VOORLOOPNUL": self._aantal()}
            for reden, aantal in counts.items():
                self._erbij("telling", stap_nr=stap, doel=doel, tabel=tabel, reden=reden, aantal=aantal)

    def _run(self, product: str, periode: str, moment: datetime, leveringen: list[int]) -> None:
        run_id = f"{product}-{periode}-{next(self._stappen):012x}"
        self._erbij(
            "productrun",
            run_id=run_id,
            product=product,
            periode=periode,
            pins="{}",
            status="gelukt",
            volgorde=1,
            aangemaakt_op=moment,
        )
        for nr in leveringen:
            self._erbij("run_levering", run_id=run_id, levering_nr=nr)
        own = sorted(item.ontvanger for item in ontvangers().values() if product in item.producten)
        sent = {ontvanger: self._aantal() for ontvanger in own}
        same = {ontvanger: self._aantal() for ontvanger in own}
        held = {ontvanger for ontvanger in own if self._random.random() < 0.02}
        self._tel(run_id, product, periode, moment, sent, same)
        statuses: Counter[str] = Counter(geleverd=0, ongewijzigd=sum(same.values()))
        for ontvanger in own:
            status = "tegengehouden" if ontvanger in held else "geleverd" if sent[ontvanger] else "ongewijzigd"
            statuses[status] += sent[ontvanger]
            self._erbij(
                "uitlevering",
                run_id=run_id,
                ontvanger=ontvanger,
                product=product,
                periode=periode,
                volgnummer=int(periode[:4]) * 100 + int(periode[5:]) if status == "geleverd" else None,
                leveringsoort="mutaties",
                aantal=sent[ontvanger],
                ongewijzigd=same[ontvanger],
                status=status,
                code="U-OVEREENKOMST" if status == "tegengehouden" else None,
                dagtekening=moment + timedelta(days=self._random.choice((0, 0, 0, 20))),
            )
        stap = self._stap("lever", run_id, product, periode, moment)
        for status, aantal in statuses.items():
            self._erbij("telling", stap_nr=stap, doel="", tabel="uitlevering", reden=status, aantal=aantal)
        for wat, aantal in self._mutaties(product, statuses["geleverd"]).items():
            self._erbij("telling", stap_nr=stap, doel="", tabel="mutatie", reden=wat, aantal=aantal)

    def _mutaties(self, product: str, geleverd: int) -> dict[str, int]:
        """What was delivered, spread over the codes and mutaties."""
        names = [f"{code} {mutatie}" for code in producten()[product].signalen for mutatie in MUTATIES]
        cuts = sorted(self._random.randint(0, geleverd) for _ in names[1:])
        return {naam: stop - start for naam, start, stop in zip(names, [0, *cuts], [*cuts, geleverd], strict=True)}

    def _tel(
        self, run_id: str, product: str, periode: str, moment: datetime, sent: dict[str, int], same: dict[str, int]
    ) -> None:
        """The signals that were made: no more than went to gemeenten, so that the sums hold."""
        stap = self._stap("signaleer", run_id, product, periode, moment)
        made = sum(sent[naam] + same[naam] for naam in sent if not naam.startswith("rmc-"))
        declared = list(producten()[product].signalen)
        for nr, code in enumerate(declared):
            share = made // len(declared) if nr else made - made // len(declared) * (len(declared) - 1)
            self._erbij("telling", stap_nr=stap, doel="", tabel="signaal", reden=code, aantal=share)
        for reden in UITGESLOTEN:
            self._erbij("telling", stap_nr=stap, doel="", tabel="uitgesloten", reden=reden, aantal=self._aantal())
