"""Writes leveringen: tables as CSV, JSON (lines), XML and Parquet, archives, and the folder they stand in.

Tables have the field names of `schemas/bronnen` as columns, all text; the mapping there says what they are called in a
file. The same content always gives the same bytes.
"""

from __future__ import annotations

import filecmp
import hashlib
import shutil
import zipfile
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TypeAlias

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv
import pyarrow.parquet as pq

from demo.kalender import Getallen, Ja
from schemas.bron import Plaats, Tabel
from schemas.levering import LeveringManifest, ManifestBestand
from schemas.load import find_tabel

ASIDE = ".bezig"
ZIP_DATUM = (1980, 1, 1, 0, 0, 0)
DRADEN = 2
DEEL = 250_000  # rows turned into text at a time

Waarde: TypeAlias = "pa.Array | pa.ChunkedArray | str"


def join(*delen: Waarde) -> pa.Array:
    """Texts put together row by row; a missing part is empty."""
    return pc.binary_join_element_wise(*delen, "", null_handling="replace", null_replacement="")


def join_or_null(*delen: Waarde) -> pa.Array:
    """Texts put together row by row; null where a part is missing."""
    return pc.binary_join_element_wise(*delen, "")


def element(naam: str, waarden: Waarde) -> pa.Array:
    """XML elements, absent (empty text) where the value is missing."""
    return pc.fill_null(join_or_null(f"<{naam}>", waarden, f"</{naam}>"), "")


def pick(lijst: Iterable[str | None], index: Getallen | Ja) -> pa.Array:
    """`lijst[index]` for every index (False is 0, True is 1), as text."""
    nummers = index.astype(np.int8) if index.dtype == np.bool_ else index
    return pa.array(list(lijst), pa.string()).take(pa.array(nummers))


def as_batch(tabel: pa.Table) -> pa.RecordBatch:
    """The table in one piece, also when it is empty."""
    return pa.RecordBatch.from_arrays([_one(kolom) for kolom in tabel.columns], names=tabel.column_names)


class Terzijde:
    """The folder of a levering in the making; `plaats` moves it to `<doel>/<bron>/<periode>-<naam>` when it is whole.

    The manifest says what it is; the files follow from what was written to `pad`.
    """

    def __init__(self, doel: Path, manifest: LeveringManifest) -> None:
        self._manifest = manifest
        self._doel = doel / manifest.bron / f"{manifest.periode}-{manifest.naam}"
        self.pad = doel / ASIDE / manifest.bron / self._doel.name
        shutil.rmtree(self.pad, ignore_errors=True)
        self.pad.mkdir(parents=True)

    def pak_in(self) -> None:
        """Puts every CSV or file of JSON lines in a zip of its own."""
        with ThreadPoolExecutor(DRADEN) as pool:
            list(pool.map(_pak_in, sorted([*self.pad.glob("*.csv"), *self.pad.glob("*.jsonl")])))

    def plaats(self) -> Path:
        """Puts the folder in place; one that already holds exactly this is left alone."""
        with ThreadPoolExecutor(DRADEN) as pool:
            bestanden = tuple(pool.map(_describe, sorted(self.pad.iterdir())))
        manifest = self._manifest.model_copy(update={"bestanden": bestanden})
        tekst = manifest.model_dump_json(indent=2, exclude_none=True) + "\n"
        (self.pad / "levering.json").write_text(tekst, encoding="utf-8")
        if _same(self.pad, self._doel):
            shutil.rmtree(self.pad)
            return self._doel
        self._doel.parent.mkdir(parents=True, exist_ok=True)
        if self._doel.exists():
            oud = self.pad.with_name(self._doel.name + ".oud")
            shutil.rmtree(oud, ignore_errors=True)
            self._doel.rename(oud)
            self.pad.rename(self._doel)
            shutil.rmtree(oud)
        else:
            self.pad.rename(self._doel)
        return self._doel


def _pak_in(bestand: Path) -> None:
    """Replaces a file by a zip of it, quickly packed; a member that is opened by name has the fixed date."""
    with zipfile.ZipFile(bestand.with_suffix(".zip"), "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archief:
        large = bestand.stat().st_size >= 2**31
        with bestand.open("rb") as bron, archief.open(bestand.name, "w", force_zip64=large) as lid:
            shutil.copyfileobj(bron, lid, 1 << 20)
    bestand.unlink()


def _describe(bestand: Path) -> ManifestBestand:
    with bestand.open("rb") as file:
        sha256 = hashlib.file_digest(file, "sha256").hexdigest()
    return ManifestBestand(naam=bestand.name, sha256=sha256, bytes=bestand.stat().st_size)


def _same(een: Path, ander: Path) -> bool:
    if not ander.is_dir():
        return False
    namen = sorted(path.name for path in een.iterdir())
    if namen != sorted(path.name for path in ander.iterdir()):
        return False
    return not any(filecmp.cmpfiles(een, ander, namen, shallow=False)[1:])


def rename_columns(tabel: pa.Table, plaatsen: Mapping[str, Plaats]) -> pa.Table:
    """The table with the columns that it has of the mapping, under their names in the file."""
    velden = [veld for veld in plaatsen if veld in tabel.column_names]
    return tabel.select(velden).rename_columns([plaatsen[veld].pad for veld in velden])


def write_csv(pad: Path, naam: str, tabel: pa.Table, erbij: Mapping[str, pa.Array] | None = None) -> None:
    """A table `<bron>.<tabel>` as `;`-separated CSV; `erbij` are columns that no schema knows."""
    vorm = find_tabel(naam).csv
    assert vorm is not None, naam
    uit = rename_columns(tabel, vorm.kolommen)
    for kolom, waarden in (erbij or {}).items():
        uit = uit.append_column(kolom, waarden)
    write_plain_csv(pad, uit, vorm.scheidingsteken)


def write_plain_csv(pad: Path, tabel: pa.Table, scheidingsteken: str = ";", kop: bytes = b"") -> None:
    """A table as CSV, nothing quoted (a value that would need it is refused); `kop` goes before the header."""
    with pad.open("wb") as bestand:
        bestand.write(kop + scheidingsteken.join(tabel.column_names).encode() + b"\n")
        pyarrow.csv.write_csv(
            tabel,
            bestand,
            pyarrow.csv.WriteOptions(
                include_header=False, delimiter=scheidingsteken, quoting_style="none", batch_size=65_536
            ),
        )


def write_parquet(pad: Path, naam: str, tabel: pa.Table) -> None:
    """A table `<bron>.<tabel>` as Parquet, with dates and numbers as such."""
    schema = find_tabel(naam)
    assert schema.parquet is not None, naam
    getypt = pa.table({veld: _typed(schema, veld, tabel.column(veld)) for veld in tabel.column_names})
    pq.write_table(rename_columns(getypt, schema.parquet.kolommen), pad, compression="zstd", store_schema=False)


def _typed(schema: Tabel, veld: str, waarden: pa.ChunkedArray) -> pa.ChunkedArray:
    match schema.velden[veld].type:
        case "datum":
            return pc.strptime(waarden, format="%Y%m%d", unit="s").cast(pa.date32())
        case "bedrag" | "geheel":
            return waarden.cast(pa.int64())
        case _:
            return waarden


def json_objects(naam: str, tabel: pa.Table) -> pa.Array:
    """One flat JSON object per row of `<bron>.<tabel>`; numbers unquoted, missing values null."""
    schema = find_tabel(naam)
    assert schema.json_ is not None, naam
    delen: list[Waarde] = []
    for veld, plaats in schema.json_.velden.items():
        if veld in tabel.column_names:
            quote = "" if schema.velden[veld].type in ("bedrag", "geheel") else '"'
            waarde = pc.fill_null(join_or_null(quote, _one(tabel.column(veld)), quote), "null")
            delen += [f'{"," if delen else "{"}"{plaats.pad}":', waarde]
    return join(*delen, "}")


def _one(kolom: pa.ChunkedArray) -> pa.Array:
    return kolom.combine_chunks() if isinstance(kolom, pa.ChunkedArray) else kolom


def write_lines(pad: Path, delen: Iterable[pa.Array]) -> None:
    """Text arrays as lines of a file."""
    with pad.open("wb") as bestand:
        for deel in delen:
            bestand.write(text_bytes(join(deel, "\n")))


def text_bytes(tekst: pa.Array) -> memoryview:
    """All texts of an array one after the other."""
    if len(tekst) == 0:
        return memoryview(b"")
    _, grenzen, data = tekst.buffers()
    begin, eind = (
        int.from_bytes(memoryview(grenzen)[4 * plaats : 4 * plaats + 4], "little")
        for plaats in (tekst.offset, tekst.offset + len(tekst))
    )
    return memoryview(data)[begin:eind]


def write_zip(pad: Path, leden: Iterable[tuple[str, str]]) -> None:
    """A zip archive of (name, text) with a fixed date, so that the same content gives the same bytes."""
    with zipfile.ZipFile(pad, "w", zipfile.ZIP_DEFLATED, compresslevel=3) as archief:
        for naam, tekst in leden:
            info = zipfile.ZipInfo(naam, ZIP_DATUM)
            info.compress_type = zipfile.ZIP_DEFLATED
            info.external_attr = 0o644 << 16
            archief.writestr(info, tekst.encode())
