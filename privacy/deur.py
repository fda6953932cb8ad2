"""The door: raw rows of a bron in, minimised and pseudonymised Parquet per doel out.

For every doel that consults a table, a row is either used, or outside the doel, or rejected; each with a code,
counted, and with nothing kept of it but a pointer when it is rejected. `ontvangen = gebruikt + buiten doel + uitval`
holds per table and doel by construction, because every row gets exactly one outcome.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from privacy.betrokkenen import Betrokkenen
from privacy.bsn import CODES, BsnKolom, check_bsn
from privacy.opzoeklijst import Opzoeklijst
from privacy.populatie import Populatie
from privacy.pseudoniem import Pseudonimiseerder
from privacy.schrijver import Schrijver, aside
from privacy.sleutelmerk import merk
from privacy.typen import typeer
from schemas.arrow import lake_name, lake_schema
from schemas.bron import Tabel
from schemas.doel import Raadpleging
from schemas.load import find_tabel

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
BSN = "burgerservicenummer"
WORTH_DROPPING = 0.5  # the share of rows that matters under which typing the others costs more than dropping them


@dataclass(frozen=True)
class Toegang:
    """How one doel admits rows of one table.

    Attributes:
        doel: the doel.
        raadpleging: the table and the fields the doelprofiel allows.
        pseudonimiseerder: of the doel.
        populatie: who belongs; None for the table that *is* the population.
        sleutels: for a table without persons, the admitted values of its `via` field.
        vrijgesteld: who belongs but need not be looked up here (`tenzij`); None when that is nobody.
        onderzoek: numbers of records that may not be used now (int64); None when there are none.
    """

    doel: str
    raadpleging: Raadpleging
    pseudonimiseerder: Pseudonimiseerder
    populatie: Populatie | None = None
    sleutels: Opzoeklijst | None = None
    vrijgesteld: Populatie | None = None
    onderzoek: pa.Array | None = None


@dataclass
class Uitkomst:
    """What happened to the rows: counts per (doel, table, reason), the rejected rows as pointers, who was let in."""

    tellingen: Counter[tuple[str, str, str]] = field(default_factory=Counter)
    betrokkenen: defaultdict[str, Betrokkenen] = field(default_factory=lambda: defaultdict(Betrokkenen))
    quarantaine: list[pa.RecordBatch] = field(default_factory=list)


class Deur:
    """Lets one levering through for a number of doelen; use as a context manager, which commits or leaves nothing.

    Files are written aside and get their final name when all is well: `<lake>/<doel>/<tabel>/<naam>.parquet`,
    where `namen` gives the name for each doel.
    """

    def __init__(self, lake: Path, levering_nr: int, namen: Mapping[str, str]) -> None:
        self._lake, self._levering_nr, self._namen = lake, levering_nr, namen
        self._schrijver = Schrijver()
        self.uitkomst = Uitkomst()

    def __enter__(self) -> Deur:
        return self

    def __exit__(self, kind: object, error: object, trace: object) -> None:
        self._schrijver.sluit(behoud=kind is None)

    def verwerk(self, batch: pa.RecordBatch, toegangen: Iterable[Toegang]) -> None:
        """Passes one raw batch of one table for every doel that consults it."""
        toegangen = list(toegangen)
        if not toegangen:
            return
        tabel = find_tabel(toegangen[0].raadpleging.tabel)
        needed = {veld for toegang in toegangen for veld in toegang.raadpleging.velden}
        bsn = {veld: check_bsn(batch.column(veld)) for veld in needed if tabel.velden[veld].type == "bsn"}
        matters = _matters(bsn, tabel, toegangen)
        if matters is not None:
            for toegang in toegangen:
                self.uitkomst.tellingen[toegang.doel, toegang.raadpleging.tabel, "D-POPULATIE"] += int((~matters).sum())
            batch = batch.filter(pa.array(matters))
            bsn = {veld: kolom.kies(matters) for veld, kolom in bsn.items()}
        rijen = _Rijen.lees(tabel, batch, needed, bsn)
        for toegang in toegangen:
            self._verwerk_doel(tabel, rijen, toegang)

    def _verwerk_doel(self, tabel: Tabel, rijen: _Rijen, toegang: Toegang) -> None:
        naam, doel = toegang.raadpleging.tabel, toegang.doel
        inside, outside = _inside(rijen, toegang)
        if toegang.onderzoek is not None:
            held = pc.is_in(rijen.record_nr, value_set=toegang.onderzoek).to_numpy(zero_copy_only=False)
            inside &= ~held
            outside = {code: mask & ~held for code, mask in outside.items()} | {"D-ONDERZOEK": held}
        reject = rijen.reject(toegang.raadpleging.velden, inside)
        used = (reject == 0) & inside
        tellingen = self.uitkomst.tellingen
        tellingen[doel, naam, GEBRUIKT] += int(used.sum())
        for reason, mask in outside.items():
            tellingen[doel, naam, reason] += int(((reject == 0) & mask).sum())
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
        schema = merk(lake_schema(tabel, toegang.raadpleging.velden), toegang.pseudonimiseerder.versie)
        rijen = rijen if used.all() else rijen.kies(used, toegang.raadpleging.velden)
        arrays: list[pa.Array] = [pa.repeat(pa.scalar(self._levering_nr, pa.int32()), len(rijen.record_nr))]
        arrays.append(rijen.record_nr)
        for veld in toegang.raadpleging.velden:
            if veld in rijen.bsn:
                kolom = rijen.bsn[veld]
                known = kolom.goed
                if toegang.populatie is not None and veld in toegang.raadpleging.personen:
                    known = _admitted(kolom, toegang)
                arrays.append(toegang.pseudonimiseerder.versleutel(kolom.cijfers, known))
                self.uitkomst.betrokkenen[toegang.doel].voeg_toe(kolom.nummer[known])
            else:
                typed = rijen.typed[veld]
                if tabel.velden[veld].type == "lhnr":
                    typed = toegang.pseudonimiseerder.versleutel_lhnr(typed)
                arrays.append(typed)
        return pa.RecordBatch.from_arrays(arrays, schema=schema)

    def _write(self, doel: str, naam: str, batch: pa.RecordBatch) -> None:
        self._schrijver.schrijf(self._lake / doel / naam / f"{self._namen[doel]}.parquet", batch)


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
    def lees(cls, tabel: Tabel, batch: pa.RecordBatch, needed: set[str], bsn: Mapping[str, BsnKolom]) -> _Rijen:
        """Types the needed columns of a raw batch, of which the burgerservicenummers have been checked."""
        typed: dict[str, pa.Array] = {}
        errors: dict[str, npt.NDArray[np.uint8]] = {}
        warnings: dict[str, tuple[str, Mask]] = {}
        codes = [""]
        for veld in needed:
            declared, raw = tabel.velden[veld], batch.column(veld)
            if declared.type == "bsn":
                kolom = bsn[veld]
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
            if result.vreemd is not None:
                warnings[veld] = ("W-CODE", result.vreemd.fill_null(False).to_numpy(zero_copy_only=False))
            for mask, code in ((result.fout, result.code), (result.leeg, "R-VERPLICHT")):
                if mask is not None:
                    codes.append(code)
                    bad = mask.fill_null(False).to_numpy(zero_copy_only=False)
                    errors[veld] = np.where(bad, len(codes) - 1, errors.get(veld, 0)).astype(np.uint8)
        return cls(batch.column("record_nr"), bsn, typed, errors, warnings, codes)

    def kies(self, mask: Mask, velden: Iterable[str]) -> _Rijen:
        """These fields of the chosen rows, of which nothing is left to be judged."""
        chosen = pa.array(mask)
        bsn = {veld: self.bsn[veld].kies(mask) for veld in velden if veld in self.bsn}
        typed = {veld: self.typed[veld].filter(chosen) for veld in velden if veld in self.typed}
        return _Rijen(self.record_nr.filter(chosen), bsn, typed, {}, {}, self.codes)

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


def _matters(bsn: Mapping[str, BsnKolom], tabel: Tabel, toegangen: Iterable[Toegang]) -> Mask | None:
    """Which rows can be used or rejected for any of the doelen; None when it is not worth while to drop the others.

    The others are outside every doelpopulatie, so nothing else in them is looked at.
    """
    matters: Mask | None = None
    for toegang in toegangen:
        if toegang.populatie is None:
            return None
        for veld in toegang.raadpleging.personen:
            belongs = _belongs(bsn[veld], toegang.populatie)
            matters = belongs if matters is None else matters | belongs
    for veld, kolom in bsn.items():
        if matters is not None and tabel.velden[veld].verplicht:
            matters = matters | ~kolom.goed
    return matters if matters is not None and matters.sum() < WORTH_DROPPING * len(matters) else None


def _inside(rijen: _Rijen, toegang: Toegang) -> tuple[Mask, dict[str, Mask]]:
    """Which rows belong to the doel, and of those that do not which are outside for which reason, as a code."""
    via, count = toegang.raadpleging.via, len(rijen.record_nr)
    if via is not None:
        assert toegang.sleutels is not None
        hit = toegang.sleutels.bevat(rijen.typed[via.veld])
        return hit, {"D-VIA": ~hit}
    if toegang.populatie is None:
        return np.ones(count, dtype=bool), {}
    inside = np.zeros(count, dtype=bool)
    for veld in toegang.raadpleging.personen:
        inside |= _admitted(rijen.bsn[veld], toegang)
    if toegang.vrijgesteld is None:
        return inside, {"D-POPULATIE": ~inside}
    member = np.zeros(count, dtype=bool)
    for veld in toegang.raadpleging.personen:
        member |= _belongs(rijen.bsn[veld], toegang.populatie)
    return inside, {"D-POPULATIE": ~member, "D-SUBSIDIARITEIT": member & ~inside}


def _admitted(kolom: BsnKolom, toegang: Toegang) -> Mask:
    """Which persons may be let in: who belongs, and is not excepted."""
    assert toegang.populatie is not None
    belongs = _belongs(kolom, toegang.populatie)
    return belongs if toegang.vrijgesteld is None else belongs & ~toegang.vrijgesteld.bevat(kolom.nummer)


def _belongs(kolom: BsnKolom, populatie: Populatie) -> Mask:
    """Which persons belong; looked up once, because every look-up is a walk through memory."""
    if id(populatie) not in kolom.lid:
        kolom.lid[id(populatie)] = populatie.bevat(kolom.nummer) & kolom.goed
    return kolom.lid[id(populatie)]


def empty_template(tabel: Tabel, path: Path) -> None:
    """Writes a Parquet file with the full lake schema of a table and no rows."""
    path.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(lake_schema(tabel).empty_table(), aside(path))
    aside(path).rename(path)


def read_persons(paths: Iterable[Path], veld: str, waarbij: Mapping[str, str]) -> Iterable[pa.Array]:
    """Pseudonyms of a burgerservicenummer field in lake files, for the rows with the given values."""
    column = lake_name(veld)
    for path in paths:
        table = pq.ParquetFile(path).read(columns=[column, *waarbij])
        for andere, waarde in waarbij.items():
            table = table.filter(pc.equal(table[andere], waarde))
        yield from table[column].drop_null().chunks
