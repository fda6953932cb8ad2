"""What a run or a delivery is made with, kept so that it can be repeated when all of that has moved on.

The *declaraties* are `schemas/` and `transforms/`: what everything is, and the SQL. They are kept whole in one archive
under the digest of their content. Of the *programma*, the code that interprets them, a digest is noted and nothing is
kept: a repetition runs on the code of today and its outcome is held against the digests of then (ADR 0024).
"""

from __future__ import annotations

import hashlib
import json
import os
import zipfile
from collections.abc import Iterator, Mapping
from functools import cache
from importlib.metadata import version
from pathlib import Path

import duckdb
import pyarrow.parquet as pq

from pipeline.instellingen import Instellingen
from privacy.sleutelmerk import nummer_kolom, pseudoniem_kolommen
from schemas.fout import KetenFout
from schemas.load import ROOT

MAP = "declaraties"
_KAMERS = ("message_formats", "pipeline", "privacy", "schemas")  # their code shapes signals and messages
_DIALECT = ("target", "logs", "dbt_packages", "generated", "__pycache__")  # what others write there
_HALF = 2**64 - 1
_EPOCH = (1980, 1, 1, 0, 0, 0)


def _bestanden() -> Iterator[tuple[str, Path]]:
    """The declarations: place below the repository, and file."""
    base = ROOT.parent
    for pad in sorted([*ROOT.rglob("*"), *(base / "transforms").rglob("*")]):
        place = pad.relative_to(base)
        written = any(deel in _DIALECT or deel.startswith(".") for deel in place.parts)
        if pad.is_file() and not written and pad.suffix not in (".py", ".pyc"):
            yield place.as_posix(), pad


def _digest(items: Iterator[tuple[str, bytes]]) -> str:
    digest = hashlib.sha256()
    for place, content in items:
        digest.update(f"{place} {len(content)}\n".encode() + content)
    return digest.hexdigest()


@cache
def declaraties_nu() -> str:
    """The digest of the declarations this process works with."""
    return _digest((place, pad.read_bytes()) for place, pad in _bestanden())


def bewaar_declaraties(instellingen: Instellingen) -> str:
    """Keeps the present declarations, unless they were kept; returns their digest."""
    digest = declaraties_nu()
    archief = instellingen.map(MAP, f"{digest}.zip")
    if not archief.exists():
        archief.parent.mkdir(parents=True, exist_ok=True)
        aside = archief.with_name(f".{archief.name}.{os.getpid()}")
        with zipfile.ZipFile(aside, "w", zipfile.ZIP_DEFLATED) as file:
            for place, pad in _bestanden():
                file.writestr(zipfile.ZipInfo(place, _EPOCH), pad.read_bytes(), zipfile.ZIP_DEFLATED)
        aside.rename(archief)
    return digest


def pak_uit(instellingen: Instellingen, digest: str, folder: Path) -> Path:
    """Puts the declarations of then in a folder; returns the `schemas/` in it.

    Raises:
        KetenFout: `Z-DECLARATIES` when they are not there, or not what they were.
    """
    archief = instellingen.map(MAP, f"{digest}.zip")
    if not archief.exists():
        raise KetenFout("Z-DECLARATIES", digest[:12])
    with zipfile.ZipFile(archief) as file:
        names = sorted(file.namelist(), key=Path)
        if _digest((name, file.read(name)) for name in names) != digest:
            raise KetenFout("Z-DECLARATIES", digest[:12])
        file.extractall(folder)
    return folder / "schemas"


@cache
def programma() -> str:
    """Which code this is, as a version and a digest, and the engines that write the bytes."""
    code = Path(__file__).resolve().parent.parent
    files = sorted(pad for kamer in _KAMERS for pad in (code / kamer).rglob("*.py"))
    digest = _digest((pad.relative_to(code).as_posix(), pad.read_bytes()) for pad in files)[:12]
    engines = (f"{naam} {version(naam)}" for naam in ("duckdb", "pyarrow", "dbt-core", "dbt-duckdb"))
    return ", ".join([f"signaalketen {version('signaalketen')} ({digest})", *engines])


def leg_vast(instellingen: Instellingen, **meer: object) -> str:
    """What something is made with, as JSON for the ledger; keeps the declarations."""
    made_with = {"declaraties": bewaar_declaraties(instellingen), "programma": programma(), **meer}
    return json.dumps(made_with, sort_keys=True, separators=(",", ":"))


def met_bestanden(vastgelegd: str, bestanden: Mapping[str, str]) -> str:
    """With the digests of the files of a message by name, as they are when opened."""
    return json.dumps(json.loads(vastgelegd) | {"bestanden": bestanden}, sort_keys=True, separators=(",", ":"))


def sha256_van(pad: Path) -> str:
    """The digest of a file."""
    with pad.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def inhoud_van(pad: Path) -> str:
    """A digest of the rows of a Parquet file, whatever their order and whatever key their pseudonyms are under.

    Columns with pseudonyms, and with numbers computed from them, are left out. It finds accidents, not forgers: the
    digests of the rows are added up, in halves.
    """
    schema = pq.read_schema(pad)
    hidden = {*pseudoniem_kolommen(schema), nummer_kolom(pad)}
    names = sorted(set(schema.names) - hidden)
    text = ", ".join(f'coalesce("{naam}"::varchar, chr(30))' for naam in names)
    query = f"""
        select count(*), sum((getal >> 64)::hugeint), sum((getal & {_HALF}::uhugeint)::hugeint)
        from (select md5_number(concat_ws(chr(31), {text})) as getal from read_parquet($pad))
    """  # noqa: S608 # nosec B608 # column names of our own file
    with duckdb.connect() as connection:
        connection.execute("set enable_progress_bar = false")
        totals = connection.execute(query, {"pad": str(pad)}).fetchone()
    return hashlib.sha256(f"{','.join(names)} {totals}".encode()).hexdigest()
