"""The limit of a stage: the rawest operation over the same bytes, in this process; `python -m pipeline.meting.grens`.

What nobody can do without, and nothing else: to take in, bytes are copied and digested; at the door, Arrow reads the
columns that a doel consults (of JSON lines the values, of other formats the bytes); to make signals, DuckDB reads every
column and counts persons; to deliver, bytes are encrypted, digested and written.
"""

from __future__ import annotations

import hashlib
import os
import shutil
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from tempfile import TemporaryDirectory

import duckdb
import pyarrow as pa
import pyarrow.csv
import pyarrow.json
import pyarrow.parquet as pq
from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import CBC

from connectors.lees import herken_bestand
from pipeline.instellingen import Instellingen
from pipeline.meting.proces import Gedaan, Klok, antwoord, lees_opdracht
from pipeline.meting.stap import DEUR, INNAME, SIGNALEN, UITLEVERING
from schemas.bron import Plaats
from schemas.load import bronnen, find_tabel, geraadpleegd

DRADEN = 2
BLOK = 8 * 2**20


def inname(_: Instellingen, bestanden: Sequence[Path], __: int) -> None:
    """Copies and digests files; a copy is removed at once."""
    for bestand in bestanden:
        with TemporaryDirectory(dir=bestand.parents[2]) as folder:
            shutil.copyfile(bestand, Path(folder) / "kopie")
        with bestand.open("rb") as file:
            hashlib.file_digest(file, "sha256")


def deur(_: Instellingen, bestanden: Sequence[Path], __: int) -> None:
    """Reads files with Arrow, two at a time."""
    with ThreadPoolExecutor(DRADEN) as pool:
        list(pool.map(_lees, bestanden))


def _lees(bestand: Path) -> None:
    bron = bronnen()[bestand.parents[1].name]
    herkend = herken_bestand(bestand, bron)
    paden = {pad for naam in herkend.tabellen for pad in _paden(f"{bron.bron}.{naam}", herkend.formaat)}
    if herkend.formaat in ("csv", "lo_brp"):
        _lees_csv(bestand, herkend.scheidingsteken, [naam for naam in herkend.kolommen if naam in paden])
    elif herkend.formaat == "jsonregels":
        _lees_jsonregels(bestand, sorted(pad for pad in paden if pad.isidentifier()))
    else:
        bestand.read_bytes()


def _paden(naam: str, formaat: str) -> Iterator[str]:
    """Where the fields of a table that some doel consults stand in a format."""
    tabel = find_tabel(naam)
    plaatsen: Mapping[str, Plaats] = {}
    if formaat == "csv" and tabel.csv:
        plaatsen = tabel.csv.kolommen
    elif formaat == "lo_brp" and tabel.lo_brp:
        plaatsen = tabel.lo_brp.velden
    elif tabel.json_:
        plaatsen = tabel.json_.velden
    return (plaatsen[veld].pad for veld in geraadpleegd().get(naam, ()) if veld in plaatsen)


def _lees_csv(bestand: Path, scheidingsteken: str, kolommen: list[str]) -> None:
    kolom_typen = dict.fromkeys(kolommen, pa.string())
    options = pyarrow.csv.ConvertOptions(column_types=kolom_typen, include_columns=kolommen)
    parse = pyarrow.csv.ParseOptions(delimiter=scheidingsteken)
    read = pyarrow.csv.ReadOptions(block_size=BLOK)
    for _ in pyarrow.csv.open_csv(bestand, read, parse, options):
        pass


def _lees_jsonregels(bestand: Path, namen: list[str]) -> None:
    """The values at the top; what lies deeper is passed over, which is quicker than any reader can be."""
    schema = pa.schema([(naam, pa.string()) for naam in namen])
    parse = pyarrow.json.ParseOptions(explicit_schema=schema, unexpected_field_behavior="ignore")
    for _ in pyarrow.json.open_json(bestand, pyarrow.json.ReadOptions(block_size=BLOK), parse):
        pass


def signalen(instellingen: Instellingen, bestanden: Sequence[Path], _: int) -> None:
    """Reads every column of every table, and counts per person."""
    per_tabel: defaultdict[str, list[Path]] = defaultdict(list)
    for bestand in bestanden:
        per_tabel[bestand.parent.name].append(bestand)
    with duckdb.connect(config={"threads": instellingen.threads, "memory_limit": instellingen.geheugen}) as connection:
        for paden in per_tabel.values():
            kolommen = [naam for naam in pq.read_schema(paden[0]).names if naam.isidentifier()]
            aggregates = ", ".join(f'max("{naam}")' for naam in kolommen)
            source = connection.read_parquet([str(pad) for pad in paden], union_by_name=True)
            source.aggregate(f"count(*), {aggregates}").fetchall()
            if "persoon" in kolommen:
                source.aggregate("persoon, count(*) as aantal").aggregate("max(aantal)").fetchall()


def uitlevering(instellingen: Instellingen, _: Sequence[Path], grootte: int) -> None:
    """Encrypts, digests and writes so many bytes."""
    encryptor, digest = Cipher(AES(os.urandom(32)), CBC(os.urandom(16))).encryptor(), hashlib.sha256()
    plain = os.urandom(BLOK)
    with TemporaryDirectory(dir=instellingen.map()) as folder, (Path(folder) / "bericht").open("wb") as file:
        for size in _blokken(grootte):
            digest.update(plain[:size])
            file.write(encryptor.update(plain[:size]))


def _blokken(grootte: int) -> Iterator[int]:
    """A size in pieces of whole AES blocks."""
    for begin in range(0, grootte, BLOK):
        yield min(BLOK, grootte - begin) // 16 * 16


GRENZEN: Mapping[str, Callable[[Instellingen, Sequence[Path], int], None]] = {
    INNAME: inname,
    DEUR: deur,
    SIGNALEN: signalen,
    UITLEVERING: uitlevering,
}


def main() -> None:
    """Does what is asked and says how long it took."""
    opdracht = lees_opdracht()
    instellingen, bestanden = opdracht.laad(), [Path(pad) for pad in opdracht.over]
    klok = Klok()
    GRENZEN[opdracht.naam](instellingen, bestanden, opdracht.bytes)
    antwoord(klok.klaar(Gedaan()))


if __name__ == "__main__":
    main()
