"""A lake as the door writes it, for product inkomsten and of any size: made in columns, written in row groups.

Twelve months of income of a whole country, one file of `uwv.inkomstenopgave` per month, in no order of persons. Of the
persons about one in forty has bijstand. Every month restates some amounts of the month before; in the last month some
inkomstenverhoudingen end and others begin, so that each signal code occurs, and a few are withdrawn.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq

from pipeline.periode import maand_erbij
from privacy.schrijver import Schrijver
from schemas.arrow import PSEUDONIEM, lake_schema
from schemas.invoer import LEVERING_SCHEMA, consulted_schema
from schemas.load import all_tabellen, find_tabel, geraadpleegd
from schemas.reference import reference_tables

PERIODE = "2026-01"
MAANDEN = 12
OPGAVE, PERIODE_TABEL, VERHOUDING = "uwv.inkomstenopgave", "uwv.inkomstenperiode", "uwv.inkomstenverhouding"
BATCH = 500_000
PERSONEN_PER_RIJ = 17.5 / 240  # 17.5 M persons to 240 M rows
BIJSTAND_PER_PERSOON = 0.025
HERZIEN, WISSELT = 0.005, 0.02
INGETROKKEN = 500  # one in so many of those that end
SOORTEN = ("11", "15", "33", "31", "21", "43")
GEMEENTEN = ("0344", "0363", "0599", "0518", "0014")
Getallen = npt.NDArray[np.int64]
Kolommen = Mapping[str, object]


@dataclass(frozen=True)
class Lake:
    """What a run reads: Parquet files per `<bron>.<tabel>`, as `pipeline.dbt_build.build` takes them."""

    invoer: dict[str, list[Path]]

    @property
    def aanwezig(self) -> list[str]:
        """The tables of which something was received."""
        return [naam for naam in self.invoer if naam.partition(".")[0] in ("uwv", "brp", "gemeente")]


class _Land:
    """Persons, who of them has bijstand, and one inkomstenverhouding for every row of a month."""

    def __init__(self, rijen: int) -> None:
        rng = np.random.default_rng(20260131)
        self.per_maand = rijen // MAANDEN
        self.personen = max(int(rijen * PERSONEN_PER_RIJ), 1_000)
        self.tokens = np.frombuffer(rng.bytes(16 * self.personen), "V16")
        self.werkgevers = np.frombuffer(rng.bytes(16 * max(self.personen // 40, 10)), "V16")
        self.bijstand = rng.choice(self.personen, int(self.personen * BIJSTAND_PER_PERSOON), replace=False)
        self.persoon = rng.integers(0, self.personen, self.per_maand, dtype=np.int32)
        self.werkgever = rng.integers(0, len(self.werkgevers), self.per_maand, dtype=np.int32)
        self.begin = (rng.integers(2005, 2025, self.per_maand) * 10_000 + 101).astype(np.int32)
        self.soort = rng.integers(0, len(SOORTEN), self.per_maand).astype(np.int8)
        self.wisselt = rng.random(self.per_maand) < WISSELT
        self.rng = rng

    def ikv(self, wie: Getallen, *, nieuw: npt.NDArray[np.bool_]) -> Kolommen:
        """What identifies an inkomstenverhouding; the `nieuw` ones begin in the last month."""
        return {
            "persoon": self.tokens[self.persoon[wie]],
            "loonheffingennummer": self.werkgevers[self.werkgever[wie]],
            "volgnummer_ikv": _keuze(("1", "2"), nieuw),
            "datum_begin_ikv": np.where(nieuw, _dag(PERIODE, 5), self.begin[wie]),
        }


def maak_lake(folder: Path, rijen: int) -> None:
    """Writes the lake of about `rijen` inkomstenopgaven; a folder that has it already is left as it is."""
    klaar = folder / "klaar"
    if not klaar.exists():
        land = _Land(rijen)
        schrijver = Schrijver()
        for naam, pad, batches in _tabellen(folder, land):
            schema = consulted_schema(naam, find_tabel(naam))
            for columns in batches:
                schrijver.schrijf(pad, _batch(columns, schema))
        schrijver.sluit(behoud=True)
        for naam, table in _kleine_tabellen():
            pq.write_table(table, folder / f"{naam}-0.parquet")
        klaar.touch()


def lees_lake(folder: Path) -> Lake:
    """The lake in a folder."""
    invoer: dict[str, list[Path]] = {}
    for pad in sorted(folder.glob("*.parquet")):
        invoer.setdefault(pad.name.rpartition("-")[0], []).append(pad)
    return Lake(invoer)


def _kleine_tabellen() -> Iterator[tuple[str, pa.Table]]:
    """The empty templates, the reference tables and the leveringen of the run."""
    for naam, tabel in all_tabellen():
        if naam in geraadpleegd():
            yield naam, lake_schema(tabel).empty_table()
    for naam, table in reference_tables().items():
        yield f"referentie.{naam}", table
    bronnen = [*(("uwv", maand) for maand in _maanden()), ("gemeente", PERIODE), ("brp", PERIODE)]
    rows = [
        {
            "levering_nr": nummer,
            "levering_id": f"lev-{nummer}",
            "bron": bron,
            "periode": periode,
            "ontvangen_op": datetime(2026, 1, 1),
        }
        for nummer, (bron, periode) in enumerate(bronnen, start=1)
    ]
    yield "run.levering", pa.Table.from_pylist(rows, schema=LEVERING_SCHEMA)


def _maanden() -> list[str]:
    return [maand_erbij(PERIODE, nummer - MAANDEN + 1) for nummer in range(MAANDEN)]


def _tabellen(folder: Path, land: _Land) -> Iterator[tuple[str, Path, Iterator[Kolommen]]]:
    for nummer in range(1, MAANDEN + 1):
        yield OPGAVE, folder / f"{OPGAVE}-{nummer:02d}.parquet", _opgaven(land, nummer)
    for nummer in (1, MAANDEN):
        yield VERHOUDING, folder / f"{VERHOUDING}-{nummer:02d}.parquet", _verhoudingen(land, nummer)
        yield PERIODE_TABEL, folder / f"{PERIODE_TABEL}-{nummer:02d}.parquet", _perioden(land, nummer)
    yield "gemeente.bijstandspopulatie", folder / "gemeente.bijstandspopulatie-01.parquet", _populatie(land)
    yield "brp.persoon", folder / "brp.persoon-01.parquet", _brp(land, "persoon")
    yield "brp.verblijfplaats", folder / "brp.verblijfplaats-01.parquet", _brp(land, "verblijfplaats")


def _opgaven(land: _Land, nummer: int) -> Iterator[Kolommen]:
    """A month: its opgaven, but for a small part that is taken by restated ones of the month before."""
    maanden = _maanden()
    restated = int(land.per_maand * HERZIEN) if nummer > 1 else 0
    for start in range(0, land.per_maand, BATCH):
        wie = np.arange(start, min(start + BATCH, land.per_maand))
        herzien = (wie >= nummer * restated) & (wie < (nummer + 1) * restated)
        maand = np.where(herzien, int(maanden[nummer - 2].replace("-", "")), int(maanden[nummer - 1].replace("-", "")))
        loon = 50_000 + (land.persoon[wie].astype(np.int64) * 7_919 + nummer * herzien) % 400_000
        yield {
            "levering_nr": np.full(len(wie), nummer),
            "record_nr": wie + 1,
            **land.ikv(wie, nieuw=land.wisselt[wie] & (nummer == MAANDEN) & ~herzien),
            "datum_begin": maand * 100 + 1,
            "datum_einde": maand * 100 + 28,
            "aantal_verloonde_uren": loon % 160,
            "bedrag_loon_sv": loon,
            "bedrag_loon_lb": loon,
            "bedrag_ingehouden_lb": loon // 4,
        }


def _verhoudingen(land: _Land, nummer: int) -> Iterator[Kolommen]:
    """All of them in the first month; in the last those that end, and those that begin in their place."""
    for wie, nieuw in _ikv_rijen(land, nummer):
        ids = dict(land.ikv(wie, nieuw=nieuw))
        ended = np.full(len(wie), nummer == MAANDEN) & ~nieuw
        yield {
            "levering_nr": np.full(len(wie), nummer),
            "record_nr": wie * 2 + nieuw + 1,
            **{naam: column for naam, column in ids.items() if naam != "datum_begin_ikv"},
            "datum_begin": ids["datum_begin_ikv"],
            "datum_einde": pa.array(np.full(len(wie), _dag(PERIODE, 4)), mask=~ended),
            "naam_werkgever": _keuze(("Bakkerij Het Hoekje", "Schoonmaak Nederland"), land.werkgever[wie] % 2),
            "melding": pa.array(np.full(len(wie), "INTREKKING"), mask=~(ended & (wie % INGETROKKEN == 0))),
        }


def _perioden(land: _Land, nummer: int) -> Iterator[Kolommen]:
    for wie, nieuw in _ikv_rijen(land, nummer):
        ids = dict(land.ikv(wie, nieuw=nieuw))
        yield {
            "levering_nr": np.full(len(wie), nummer),
            "record_nr": wie * 2 + nieuw + 1,
            **ids,
            "datum_begin": ids["datum_begin_ikv"],
            "datum_einde": pa.nulls(len(wie), pa.int32()),
            "code_soort_ikv": _keuze(SOORTEN, land.soort[wie]),
        }


def _ikv_rijen(land: _Land, nummer: int) -> Iterator[tuple[Getallen, npt.NDArray[np.bool_]]]:
    everyone = np.arange(land.per_maand) if nummer == 1 else np.repeat(np.flatnonzero(land.wisselt), 2)
    for start in range(0, len(everyone), BATCH):
        wie = everyone[start : start + BATCH]
        yield wie, np.arange(start, start + len(wie)) % 2 == 1 if nummer == MAANDEN else np.zeros(len(wie), bool)


def _populatie(land: _Land) -> Iterator[Kolommen]:
    """Who has bijstand; one in four with a partner who is not in the list by itself."""
    for start in range(0, len(land.bijstand), BATCH):
        wie = land.bijstand[start : start + BATCH]
        other = (wie + 1) % land.personen
        yield {
            "levering_nr": np.full(len(wie), MAANDEN + 1),
            "record_nr": np.arange(start, start + len(wie)) + 1,
            "gemeentecode": _keuze(GEMEENTEN, wie % len(GEMEENTEN)),
            "persoon": land.tokens[wie],
            "partner": _tokens(land.tokens[other], mask=wie % 4 > 0),
            "regeling": _keuze(("PW",), wie * 0),
            "datum_ingang": np.full(len(wie), 20200101),
            "datum_einde": pa.nulls(len(wie), pa.int32()),
        }


def _brp(land: _Land, tabel: str) -> Iterator[Kolommen]:
    for start in range(0, land.personen, BATCH):
        wie = np.arange(start, min(start + BATCH, land.personen))
        shared = {
            "levering_nr": np.full(len(wie), MAANDEN + 2),
            "record_nr": wie + 1,
            "persoon": land.tokens[wie],
        }
        if tabel == "persoon":
            yield {**shared, "geboortedatum": 19400101 + wie % 60 * 10_000, **_leeg(len(wie), "persoon", shared)}
        else:
            home = {
                "gemeente_van_inschrijving": _keuze(GEMEENTEN, wie % len(GEMEENTEN)),
                "datum_inschrijving": np.full(len(wie), 20150101),
                "datum_begin": np.full(len(wie), 20150101),
                "actueel": pa.array(np.ones(len(wie), bool)),
            }
            yield {**shared, **home, **_leeg(len(wie), "verblijfplaats", {**shared, **home})}


def _leeg(rijen: int, tabel: str, known: Kolommen) -> Kolommen:
    """The other columns of a table of the BRP: nobody has died or moved away."""
    schema = consulted_schema(f"brp.{tabel}", find_tabel(f"brp.{tabel}"))
    return {
        field.name: pa.nulls(rijen, field.type)
        for field in schema
        if field.name not in known and field.name != "geboortedatum"
    }


def _dag(maand: str, dag: int) -> int:
    return int(maand.replace("-", "")) * 100 + dag


def _keuze(waarden: tuple[str, ...], index: npt.NDArray[np.generic]) -> pa.Array:
    return pa.array(waarden).take(pa.array(index.astype(np.int8)))


def _tokens(values: npt.NDArray[np.void], mask: npt.NDArray[np.bool_] | None = None) -> pa.Array:
    valid = None if mask is None else pa.py_buffer(np.packbits(~mask, bitorder="little"))
    return pa.Array.from_buffers(PSEUDONIEM, len(values), [valid, pa.py_buffer(np.ascontiguousarray(values))])


def _batch(columns: Kolommen, schema: pa.Schema) -> pa.RecordBatch:
    arrays = []
    for field in schema:
        column = columns[field.name]
        if isinstance(column, np.ndarray):
            column = _tokens(column) if column.dtype.kind == "V" else pa.array(column).cast(field.type)
        arrays.append(column)
    return pa.RecordBatch.from_arrays(arrays, schema=schema)
