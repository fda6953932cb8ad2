"""Runs the SQL on generated tables, as the cases of `tests/spec/signals` do, and shows what differs per person."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
from hypothesis import HealthCheck, Phase, settings

from pipeline.dbt_build import build
from schemas.load import all_tabellen
from tests.spec.oracle.gemeen import Row, Tabellen
from tests.spec.signals.casus import Casus, _same_columns, names_in, write_input

ALLE = frozenset(naam for naam, _ in all_tabellen())
# A levering belongs to one bron: its first is restated by its second.
NUMMERS = {"brp": 1, "duo": 2, "uwv": 3, "gemeente": 4, "rdw": 5, "kvk": 6}
TWEEDE = 10


class Geval:
    """One generated example; prints only its periode, because a failure shows the persons that matter."""

    def __init__(self, periode: str, tabellen: Tabellen, aanwezig: frozenset[str] = ALLE) -> None:
        self.periode, self.tabellen, self.aanwezig = periode, tabellen, aanwezig

    def __repr__(self) -> str:
        return f"Geval({self.periode!r}, ...)"


VEEL = int(os.environ.get("KETEN_ORAKEL", "25"))  # of 60 to 100 persons each: together some eight thousand


def instellen(voorbeelden: int) -> settings:
    """A build takes seconds, so few examples of many persons each; what fails is shown per person and not shrunk.

    `KETEN_ORAKEL` gives the number of examples of the heavy tests, and other persons each time.
    """
    return settings(
        max_examples=voorbeelden,
        derandomize="KETEN_ORAKEL" not in os.environ,  # the same persons every time, unless asked for others
        deadline=None,
        phases=(Phase.explicit, Phase.reuse, Phase.generate),
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.large_base_example],
    )


def levering(bron: str, *, tweede: bool = False) -> str:
    """The number of the first levering of a bron, or of the one after it."""
    return str(NUMMERS[bron] + TWEEDE * tweede)


def voeg_samen(delen: Iterable[Tabellen]) -> dict[str, list[Row]]:
    """The tables of many persons together, each record with the levering of its bron."""
    samen: dict[str, list[Row]] = {}
    for deel in delen:
        for naam, rows in deel.items():
            for row in rows:
                samen.setdefault(naam, []).append({"levering": levering(naam.split(".")[0]), **row})
    return samen


def draai(
    product: str, geval: Geval, eerder: Mapping[str, str] | None = None
) -> tuple[list[dict[str, Any]], dict[str, int]]:
    """The signals that the SQL gives, with readable names, and how many were left out per reason.

    `eerder` names the leveringen that are not of the periode itself, with theirs.
    """
    tabellen, periode, aanwezig = geval.tabellen, geval.periode, geval.aanwezig
    invoer = {naam: _same_columns(rows) for naam, rows in tabellen.items() if rows and naam in aanwezig}
    leveringen = [
        {"levering": nummer, "bron": bron, "periode": (eerder or {}).get(nummer, periode)}
        for bron in NUMMERS
        for nummer in (levering(bron), levering(bron, tweede=True))
    ]
    casus = Casus(product, "oracle", "", periode, aanwezig, None, invoer, leveringen, (), ())
    with tempfile.TemporaryDirectory(prefix="oracle-") as naam:
        folder = Path(naam)
        result = build(
            product,
            write_input(casus, folder),
            folder / "uit",
            periode=periode,
            aanwezig=aanwezig,
            werkmap=folder / "werk",
        )
        assert result.ok, (result.fouten, result.tests_mislukt)
        signalen = pq.read_table(folder / "uit" / f"signal_{product}.parquet").to_pylist()
        uitgesloten = pq.read_table(folder / "uit" / f"uitgesloten_{product}.parquet").to_pylist()
    names = names_in(casus)
    rows = [
        {kolom: names[waarde] if isinstance(waarde, bytes) else waarde for kolom, waarde in row.items()}
        for row in signalen
    ]
    return rows, {row["reden"]: row["aantal"] for row in uitgesloten if row["aantal"]}


def verschil(verwacht: Iterable[Any], gekregen: Iterable[Any], tabellen: Tabellen) -> list[str]:
    """What oracle and SQL do not agree on, with all records of the person; at most three persons."""
    oracle, sql = set(verwacht), set(gekregen)
    personen = sorted({signaal.persoon for signaal in oracle ^ sql})
    return [
        "\n".join(
            [
                f"{persoon}: oracle {sorted(map(str, (s for s in oracle if s.persoon == persoon)))}",
                f"  sql {sorted(map(str, (s for s in sql if s.persoon == persoon)))}",
                *(f"  {naam}: {_kort(row)}" for naam, rows in tabellen.items() for row in rows if _over(row, persoon)),
            ]
        )
        for persoon in personen[:3]
    ] + ([f"en nog {len(personen) - 3} personen: {personen[3:30]}"] if len(personen) > 3 else [])


def _over(row: Row, persoon: str) -> bool:
    return any(waarde == persoon or waarde.startswith(f"{persoon}-") for waarde in row.values())


def _kort(row: Row) -> Mapping[str, str]:
    return {kolom: waarde for kolom, waarde in row.items() if waarde}


def kolommen(rows: Sequence[Mapping[str, Any]], kind: type[Any]) -> list[Any]:
    """Signals of the SQL in the shape of the oracle."""
    return [kind(**{naam: row[naam] for naam in kind.__dataclass_fields__}) for row in rows]
