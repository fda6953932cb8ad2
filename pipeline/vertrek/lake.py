"""The rows of the lake that are there because of one aanleveraar alone.

Its own records go; of a person who was in the population by these alone, all that is about that person goes too, and
what hangs on that. A person whom another aanleveraar supplied as well stays.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import reduce
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from pipeline.bewaren.vernietig import Zeef
from pipeline.instellingen import Instellingen
from schemas.arrow import lake_name
from schemas.doel import Doel
from schemas.load import doelen, find_tabel

Records = dict[str, pa.Array]  # per table levering and record as one number
Rijen = Callable[[pa.Table], pa.ChunkedArray]  # which rows of a piece of a file
Waarden = frozenset[bytes | str]


def lake_bestanden(instellingen: Instellingen, doel: str, tabel: str) -> list[Path]:
    """The lake files of a table, of whatever toelating."""
    return sorted((instellingen.lake / doel / tabel).glob("[0-9]*.parquet"))


def eigen_records(instellingen: Instellingen, code: str) -> Records:
    """The records that one aanleveraar supplied, found in the doelen that keep who did."""
    found: dict[str, set[int]] = {}
    for doel in doelen().values():
        for raadpleging in doel.bronnen:
            veld = find_tabel(raadpleging.tabel).aanleveraar
            if veld is None or veld not in raadpleging.velden:
                continue
            for path in lake_bestanden(instellingen, doel.doel, raadpleging.tabel):
                table = pq.ParquetFile(path).read(columns=["levering_nr", "record_nr", veld])
                found.setdefault(raadpleging.tabel, set()).update(
                    _aanwijzer(table.filter(pc.equal(table[veld], code))).to_pylist()
                )
    return {tabel: pa.array(sorted(records), pa.int64()) for tabel, records in found.items()}


def _aanwijzer(table: pa.Table) -> pa.ChunkedArray:
    """Levering and record as one number."""
    return pc.add(pc.shift_left(table["levering_nr"].cast(pa.int64()), 40), table["record_nr"])


def lake_zeven(instellingen: Instellingen, doel: Doel, records: Records) -> dict[Path, Zeef]:
    """Per lake file of a doel what to leave out: the records, and what is there because of them alone.

    That is what is about persons who belong to the population by these records only, and what hangs on that.
    """
    paths = {bron.tabel: lake_bestanden(instellingen, doel.doel, bron.tabel) for bron in doel.bronnen}
    gaat: dict[Path, list[Rijen]] = {}
    for tabel in paths.keys() & records.keys():
        for path in paths[tabel]:
            gaat.setdefault(path, []).append(_zijn_records(records[tabel]))
    persons = [(pop.tabel, lake_name(veld), pop.waarbij) for pop in doel.populatie for veld in pop.velden]
    leaving = _verdwijnt([(path, veld, waarbij) for tabel, veld, waarbij in persons for path in paths[tabel]], gaat)
    population = {pop.tabel for pop in doel.populatie}
    columns: dict[Path, list[str]] = {}
    for raadpleging in doel.bronnen if leaving else ():
        if raadpleging.tabel not in population and raadpleging.via is None:
            for path in paths[raadpleging.tabel]:
                columns[path] = [lake_name(veld) for veld in raadpleging.personen]
                gaat.setdefault(path, []).append(_zijn_alleen(columns[path], leaving))
    for raadpleging in doel.bronnen:
        if raadpleging.via is not None:
            veld, source = raadpleging.via.veld, paths[raadpleging.via.tabel]
            gone = _verdwijnt(((path, veld, {}) for path in source), gaat)
            for path in paths[raadpleging.tabel] if gone else ():
                gaat.setdefault(path, []).append(_zijn_alleen([veld], gone))
    return {path: _zeef(rijen, columns.get(path, []), leaving) for path, rijen in gaat.items()}


def _zijn_records(records: pa.Array) -> Rijen:
    return lambda table: pc.is_in(_aanwijzer(table), value_set=records)


def _zijn_alleen(kolommen: list[str], waarden: Waarden) -> Rijen:
    """Rows with one of the values, and no other value, in some columns."""

    def rijen(table: pa.Table) -> pa.ChunkedArray:
        among = [pc.is_in(table[kolom], value_set=_als_array(waarden, table[kolom].type)) for kolom in kolommen]
        fits = [pc.or_(item, pc.is_null(table[kolom])) for item, kolom in zip(among, kolommen, strict=True)]
        return pc.and_(reduce(pc.or_, among), reduce(pc.and_, fits))

    return rijen


def _als_array(waarden: Waarden, kind: pa.DataType) -> pa.Array:
    return pa.array(sorted(waarden), kind)


def _zeef(rijen: list[Rijen], kolommen: list[str], waarden: Waarden) -> Zeef:
    """Leaves out rows, and persons who leave from the rows of somebody who stays."""

    def zeef(table: pa.Table) -> pa.Table:
        table = table.filter(pc.invert(reduce(pc.or_, (gaat(table) for gaat in rijen))))
        for kolom in kolommen:
            leaves = pc.is_in(table[kolom], value_set=_als_array(waarden, table[kolom].type))
            if pc.any(leaves, min_count=0).as_py():
                empty = pa.scalar(None, table[kolom].type)
                index = table.column_names.index(kolom)
                table = table.set_column(index, kolom, pc.if_else(leaves, empty, table[kolom]))
        return table

    return zeef


def _verdwijnt(kolommen: Iterable[tuple[Path, str, Mapping[str, str]]], gaat: Mapping[Path, list[Rijen]]) -> Waarden:
    """The values of (file, column, rows that count) that stand only in rows that go."""
    kolommen = list(kolommen)
    gone: set[bytes | str] = set()
    for path, kolom, waarbij in kolommen:
        for table, rows in _stukken(path, waarbij, gaat.get(path, [])):
            if rows is not None:
                gone |= set(table[kolom].filter(rows).drop_null().to_pylist())
    for path, kolom, waarbij in kolommen if gone else ():
        for table, rows in _stukken(path, waarbij, gaat.get(path, [])):
            left = table[kolom] if rows is None else table[kolom].filter(pc.invert(rows))
            known = pc.is_in(left, value_set=_als_array(frozenset(gone), left.type))
            gone -= set(left.filter(known).to_pylist())
    return frozenset(gone)


def _stukken(
    path: Path, waarbij: Mapping[str, str], gaat: list[Rijen]
) -> Iterator[tuple[pa.Table, pa.ChunkedArray | None]]:
    """A file in pieces, each with which of its rows go."""
    for batch in pq.ParquetFile(path).iter_batches():
        table = pa.Table.from_batches([batch])
        for veld, waarde in waarbij.items():
            table = table.filter(pc.equal(table[veld], waarde))
        yield table, reduce(pc.or_, (rijen(table) for rijen in gaat)) if gaat else None
