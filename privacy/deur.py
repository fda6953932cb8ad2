"""The door: raw rows of a bron in, minimised and pseudonymised Parquet per doel out.

For every doel that consults a table, a row is either used, or outside the doel, or rejected; each with a code,
counted, and with nothing kept of it but a pointer when it is rejected. `ontvangen = gebruikt + buiten doel + uitval`
holds per table and doel by construction, because every row gets exactly one outcome.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from privacy.bsn import CODES, BsnKolom, check_bsn
from privacy.populatie import Populatie
from privacy.pseudoniem import Pseudonimiseerder
from privacy.typen import typeer
from schemas.arrow import lake_name, lake_schema
from schemas.load import find_tabel
from schemas.model import Raadpleging, Tabel

Mask = npt.NDArray[np.bool_]
QUARANTAINE = pa.schema(
    [
        ("levering_nr", pa.int32()),
        ("doel", pa.string()),
        ("tabel", pa.string()),
        ("bestand_nr", pa.int32()),
        ("lid_nr", pa.int32()),
        ("record_nr", pa.int64()),
        ("code", pa.string()),
    ]
)
GEBRUIKT = "gebruikt"
BSN, PARTNER = "burgerservicenummer", "burgerservicenummer_partner"


@dataclass(frozen=True)
class Toegang:
    """How one doel admits rows of one table.

    Attributes:
        doel: the doel.
        raadpleging: the table and the fields the doelprofiel allows.
        pseudonimiseerder: of the doel.
        populatie: who belongs; None for the table that *is* the population.
        sleutels: for a table without persons, the admitted values of its `via` field.
    """

    doel: str
    raadpleging: Raadpleging
    pseudonimiseerder: Pseudonimiseerder
    populatie: Populatie | None = None
    sleutels: pa.Array | None = None


@dataclass
class Uitkomst:
    """What happened to the rows: counts per (doel, table, reason) and the rejected rows as pointers."""

    tellingen: Counter[tuple[str, str, str]] = field(default_factory=Counter)
    quarantaine: list[pa.RecordBatch] = field(default_factory=list)


class Deur:
    """Lets one levering through for a number of doelen; use as a context manager, which commits or leaves nothing.

    Files are written aside and get their final name when all is well: `<lake>/<doel>/<tabel>/<naam>.parquet`,
    where `namen` gives the name for each doel.
    """

    def __init__(self, lake: Path, levering_nr: int, namen: Mapping[str, str]) -> None:
        self._lake, self._levering_nr, self._namen = lake, levering_nr, namen
        self._writers: dict[Path, pq.ParquetWriter] = {}
        self.uitkomst = Uitkomst()

    def __enter__(self) -> Deur:
        return self

    def __exit__(self, kind: object, error: object, trace: object) -> None:
        for path, writer in self._writers.items():
            writer.close()
            aside = _aside(path)
            if kind is None:
                aside.rename(path)
            else:
                aside.unlink(missing_ok=True)

    def verwerk(self, batch: pa.RecordBatch, toegangen: Iterable[Toegang]) -> None:
        """Passes one raw batch of one table for every doel that consults it."""
        toegangen = list(toegangen)
        if not toegangen:
            return
        tabel = find_tabel(toegangen[0].raadpleging.tabel)
        needed = {veld for toegang in toegangen for veld in toegang.raadpleging.velden}
        rijen = _Rijen.lees(tabel, batch, needed)
        for toegang in toegangen:
            self._verwerk_doel(tabel, rijen, toegang)

    def _verwerk_doel(self, tabel: Tabel, rijen: _Rijen, toegang: Toegang) -> None:
        naam, doel = toegang.raadpleging.tabel, toegang.doel
        inside, reason = _inside(rijen, toegang)
        reject = rijen.reject(toegang.raadpleging.velden, inside)
        used = (reject == 0) & inside
        tellingen = self.uitkomst.tellingen
        tellingen[doel, naam, GEBRUIKT] += int(used.sum())
        tellingen[doel, naam, reason] += int(((reject == 0) & ~inside).sum())
        self._quarantine(rijen, doel, naam, reject)
        for veld, (code, mask) in rijen.warnings.items():
            if veld in toegang.raadpleging.velden:
                tellingen[doel, naam, code] += int((mask & used).sum())
        if used.any():
            self._write(doel, naam, self._lake_rows(tabel, rijen, toegang, used))

    def _quarantine(self, rijen: _Rijen, doel: str, naam: str, reject: npt.NDArray[np.uint8]) -> None:
        for index in np.unique(reject[reject > 0]):
            code, rows = rijen.codes[index], np.flatnonzero(reject == index)
            self.uitkomst.tellingen[doel, naam, code] += len(rows)
            count = len(rows)
            self.uitkomst.quarantaine.append(
                pa.RecordBatch.from_arrays(
                    [
                        pa.repeat(pa.scalar(self._levering_nr, pa.int32()), count),
                        pa.repeat(doel, count),
                        pa.repeat(naam, count),
                        pa.nulls(count, pa.int32()),
                        pa.nulls(count, pa.int32()),
                        rijen.record_nr.take(pa.array(rows)),
                        pa.repeat(code, count),
                    ],
                    schema=QUARANTAINE,
                )
            )

    def _lake_rows(self, tabel: Tabel, rijen: _Rijen, toegang: Toegang, used: Mask) -> pa.RecordBatch:
        schema = lake_schema(tabel, toegang.raadpleging.velden)
        everything = bool(used.all())
        mask = pa.array(used)
        arrays: list[pa.Array] = [pa.repeat(pa.scalar(self._levering_nr, pa.int32()), int(used.sum()))]
        arrays.append(rijen.record_nr if everything else rijen.record_nr.filter(mask))
        for veld in toegang.raadpleging.velden:
            if veld in rijen.bsn:
                kolom = rijen.bsn[veld]
                known = kolom.goed
                if toegang.populatie is not None and veld in toegang.raadpleging.personen:
                    known = _belongs(kolom, toegang.populatie)
                arrays.append(toegang.pseudonimiseerder.versleutel(kolom.cijfers[used], known[used]))
            else:
                typed = rijen.typed[veld] if everything else rijen.typed[veld].filter(mask)
                if tabel.velden[veld].type == "lhnr":
                    typed = toegang.pseudonimiseerder.versleutel_lhnr(typed)
                arrays.append(typed)
        return pa.RecordBatch.from_arrays(arrays, schema=schema)

    def _write(self, doel: str, naam: str, batch: pa.RecordBatch) -> None:
        path = self._lake / doel / naam / f"{self._namen[doel]}.parquet"
        if path not in self._writers:
            path.parent.mkdir(parents=True, exist_ok=True)
            plain = [lake_name(BSN), lake_name(PARTNER), "record_nr"]  # unique values: a dictionary only costs
            dictionary = [column for column in batch.schema.names if column not in plain]
            self._writers[path] = pq.ParquetWriter(
                _aside(path), batch.schema, compression="zstd", compression_level=1, use_dictionary=dictionary
            )
        self._writers[path].write_batch(batch)


def _aside(path: Path) -> Path:
    return path.with_name(f".{path.name}.{os.getpid()}")


@dataclass(frozen=True)
class _Rijen:
    """One batch after its columns were checked: typed columns, and per field which rows must be rejected."""

    record_nr: pa.Array
    bsn: Mapping[str, BsnKolom]
    typed: Mapping[str, pa.Array]
    errors: Mapping[str, npt.NDArray[np.uint8]]
    warnings: Mapping[str, tuple[str, Mask]]
    codes: list[str]

    @classmethod
    def lees(cls, tabel: Tabel, batch: pa.RecordBatch, needed: set[str]) -> _Rijen:
        """Checks and types the needed columns of a raw batch."""
        bsn: dict[str, BsnKolom] = {}
        typed: dict[str, pa.Array] = {}
        errors: dict[str, npt.NDArray[np.uint8]] = {}
        warnings: dict[str, tuple[str, Mask]] = {}
        codes = [""]
        for veld in needed:
            declared, raw = tabel.velden[veld], batch.column(veld)
            if declared.type == "bsn":
                kolom = bsn[veld] = check_bsn(raw)
                if declared.verplicht:
                    start = len(codes) - 1
                    codes += [code for code in CODES if code]
                    errors[veld] = np.where(kolom.code > 0, kolom.code + start, 0).astype(np.uint8)
                    warnings[veld] = ("W-VOORLOOPNUL", kolom.voorloopnul)
                else:
                    warnings[veld] = ("W-BSN-RELATIE", kolom.code > 1)
                continue
            result = typeer(declared, raw)
            typed[veld] = result.kolom
            for mask, code in ((result.fout, result.code), (result.leeg, "R-VERPLICHT")):
                if mask is not None:
                    codes.append(code)
                    bad = mask.fill_null(False).to_numpy(zero_copy_only=False)
                    errors[veld] = np.where(bad, len(codes) - 1, errors.get(veld, 0)).astype(np.uint8)
        return cls(batch.column("record_nr"), bsn, typed, errors, warnings, codes)

    def reject(self, velden: Iterable[str], inside: Mask) -> npt.NDArray[np.uint8]:
        """Per row the index in `codes` of the first reason to reject it for a doel that uses `velden`; 0 for none.

        Whether somebody belongs can only be told of a good burgerservicenummer, so that is judged for every row; the
        other fields only for rows inside the doel.
        """
        result = np.zeros(len(self.record_nr), dtype=np.uint8)
        for veld in sorted(velden, key=lambda naam: (naam != BSN, naam)):
            if veld in self.errors:
                error = self.errors[veld] if veld == BSN else np.where(inside, self.errors[veld], 0)
                result = np.where(result > 0, result, error)
        return result


def _inside(rijen: _Rijen, toegang: Toegang) -> tuple[Mask, str]:
    """Which rows belong to the doel, and the code for those that do not."""
    via = toegang.raadpleging.via
    if via is not None:
        assert toegang.sleutels is not None
        hit = pc.is_in(rijen.typed[via.veld], value_set=toegang.sleutels)
        return hit.to_numpy(zero_copy_only=False), "D-VIA"
    if toegang.populatie is None:
        return np.ones(len(rijen.record_nr), dtype=bool), "D-POPULATIE"
    inside = np.zeros(len(rijen.record_nr), dtype=bool)
    for veld in toegang.raadpleging.personen:
        inside |= _belongs(rijen.bsn[veld], toegang.populatie)
    return inside, "D-POPULATIE"


def _belongs(kolom: BsnKolom, populatie: Populatie) -> Mask:
    return populatie.bevat(kolom.nummer) & kolom.goed


def empty_template(tabel: Tabel, path: Path) -> None:
    """Writes a Parquet file with the full lake schema of a table and no rows."""
    path.parent.mkdir(parents=True, exist_ok=True)
    aside = _aside(path)
    pq.write_table(lake_schema(tabel).empty_table(), aside)
    aside.rename(path)


def read_persons(paths: Iterable[Path], veld: str, waarbij: Mapping[str, str]) -> Iterable[pa.Array]:
    """Pseudonyms of a burgerservicenummer field in lake files, for the rows with the given values."""
    column = lake_name(veld)
    for path in paths:
        table = pq.ParquetFile(path).read(columns=[column, *waarbij])
        for andere, waarde in waarbij.items():
            table = table.filter(pc.equal(table[andere], waarde))
        yield from table[column].drop_null().chunks
