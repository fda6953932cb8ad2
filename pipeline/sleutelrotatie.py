"""Step: give a doel a new key and bring everything that is under an earlier one to it.

The new version is active at once; the one before stays readable for this step alone. Every Parquet file with
pseudonyms carries the version it is under, so a rotation that was killed goes on where it was: files are rewritten one
by one, in batches, aside and then renamed. When nothing is left under an earlier version, that version has ended. Steps
that meet a file of another version stop with `P-ROTATIE`; nothing becomes due, because no pin holds a key version.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from lineage.ledger import Stap
from lineage.sleutels import LEESBAAR, actieve_versie, laat_vervallen, neem_in_gebruik, nieuwe_versie, versies
from pipeline import heelheid
from pipeline.bewaren.vernietig import alleen
from pipeline.instellingen import Instellingen
from pipeline.logboek import LOGBOEK, Logboek
from pipeline.storing import gecodeerd
from privacy.pseudoniem import Pseudonimiseerder
from privacy.signaalnummer import herversleutel_nummers
from privacy.sleutelmerk import is_van_andere_versie, merk, nummer_kolom, pseudoniem_kolommen, versie_van
from schemas.fout import KetenFout
from schemas.load import producten

ROWS = 65_536


@dataclass(frozen=True)
class Sleutelstand:
    """A key version of a doel, what tells it apart without giving it away, and how many files are under it."""

    doel: str
    versie: int
    status: str
    sinds: datetime
    controlegetal: str
    bestanden: int


@dataclass(frozen=True)
class Rotatie:
    """The outcome: the version that is active now, those that ended, and how much was rewritten."""

    doel: str
    versie: int
    vervallen: tuple[int, ...]
    bestanden: int
    rijen: int


def maak_hoofdsleutel(instellingen: Instellingen) -> None:
    """Makes a master key where there is none.

    Raises:
        KetenFout: `P-BESTAAT` when there is one; `P-SLEUTEL` when there was one, for what is under it would be lost.
    """
    if not instellingen.hoofdsleutel.bestaat() and versies(instellingen.grootboek):
        raise KetenFout("P-SLEUTEL")
    instellingen.hoofdsleutel.maak()


def stand_van_sleutels(instellingen: Instellingen) -> list[Sleutelstand]:
    """The key versions of all doelen."""
    found = versies(instellingen.grootboek)
    counts = {doel: Counter(_versies_in_gebruik(instellingen, doel)) for doel in {row["doel"] for row in found}}
    return [
        Sleutelstand(
            **row,
            controlegetal=_controlegetal(instellingen, row["doel"], row["versie"]),
            bestanden=counts[row["doel"]][row["versie"]],
        )
        for row in found
    ]


def roteer_logboek(instellingen: Instellingen) -> int:
    """Gives the processing log new keys, for what is logged from here on; returns their version.

    What was logged stays under its version, because a log that can be rewritten proves nothing; that version ends when
    the last of it has been purged (`laat_logversies_vervallen`).
    """
    ledger = instellingen.grootboek
    instellingen.sleutelbos.sleutel("betrokkene", None, "logboek")  # no version without a key for it
    neem_in_gebruik(ledger, LOGBOEK)
    return nieuwe_versie(ledger, LOGBOEK, Stap("roteer", LOGBOEK))


def laat_logversies_vervallen(instellingen: Instellingen) -> list[int]:
    """Ends the versions of the log that nothing of it is under any more, and says which."""
    return laat_vervallen(instellingen.grootboek, LOGBOEK, set(_versies_in_gebruik(instellingen, LOGBOEK)))


def _versies_in_gebruik(instellingen: Instellingen, doel: str) -> Iterator[int]:
    """The key version of each file of a doel, or of the log, that is under one."""
    if doel == LOGBOEK:
        yield from (versie for _, versie in Logboek(instellingen).aanwezig())
        return
    yield from (versie_van(pad) for pad in _te_herversleutelen(instellingen, doel, 0))


def _controlegetal(instellingen: Instellingen, doel: str, versie: int) -> str:
    if doel == LOGBOEK:
        return instellingen.sleutelbos.controlegetal("betrokkene", None if versie == 1 else versie, "logboek")
    return instellingen.sleutelbos.controlegetal(doel, versie)


@gecodeerd
def roteer(instellingen: Instellingen, doel: str, meld: Callable[[str], None] = lambda _: None) -> Rotatie:
    """Rotates the key of a doel; a rotation that did not finish is finished first, without another new version.

    Raises:
        KetenFout: `V-BEZIG` while data is being destroyed, because both rewrite files.
    """
    with alleen(instellingen):
        return _roteer(instellingen, doel, meld)


def _roteer(instellingen: Instellingen, doel: str, meld: Callable[[str], None]) -> Rotatie:
    ledger = instellingen.grootboek
    stap = Stap("roteer", doel)
    unfinished = any(row["status"] == LEESBAAR for row in versies(ledger, doel))
    versie = actieve_versie(ledger, doel)
    if not unfinished and not next(_te_herversleutelen(instellingen, doel, versie), None):
        instellingen.sleutelbos.sleutel(doel, versie)  # no version without a key for it
        neem_in_gebruik(ledger, doel)
        versie = nieuwe_versie(ledger, doel)
    naar = Pseudonimiseerder(instellingen.sleutelbos.sleutel(doel, versie), versie)
    bestanden = rijen = 0
    while found := list(_te_herversleutelen(instellingen, doel, versie)):  # what came while it was busy, too
        for pad in found:
            meld(f"{doel}: bestand {bestanden + 1}")
            with suppress(FileNotFoundError):  # purged meanwhile
                rijen += _herversleutel(instellingen, doel, pad, naar)
                bestanden += 1
    heelheid.rond_af(instellingen)
    stap.tellingen.update({(doel, "sleutel", "bestanden"): bestanden, (doel, "sleutel", "rijen"): rijen})
    ended = laat_vervallen(ledger, doel, stap=stap)
    return Rotatie(doel, versie, tuple(ended), bestanden, rijen)


def _te_herversleutelen(instellingen: Instellingen, doel: str, versie: int) -> Iterator[Path]:
    """The files of a doel with something from another key version in them."""
    for pad in _bestanden(instellingen, doel):
        with suppress(FileNotFoundError):
            if is_van_andere_versie(pad, versie):
                yield pad


def _bestanden(instellingen: Instellingen, doel: str) -> Iterator[Path]:
    """The Parquet files of a doel in lake, runs and repeated runs, those in the making aside."""
    yield from sorted((instellingen.lake / doel).glob("*/[!.]*.parquet"))
    for name, product in producten().items():
        if product.doel == doel:
            yield from sorted(instellingen.map("runs", name).glob("*/[!.]*/[!.]*.parquet"))
            yield from sorted(instellingen.map("herhalingen").glob(f"{name}-[0-9]*/signalen/[!.]*.parquet"))


def _herversleutel(instellingen: Instellingen, doel: str, pad: Path, naar: Pseudonimiseerder) -> int:
    """Rewrites a file under another key; how many rows it has."""
    van_versie = versie_van(pad)
    van = Pseudonimiseerder(instellingen.sleutelbos.sleutel(doel, van_versie), van_versie)
    aside = pad.with_name(f".{pad.name}.{os.getpid()}")
    try:
        with pq.ParquetFile(pad) as source:
            schema = merk(source.schema_arrow, naar.versie)
            tokens, nummers = pseudoniem_kolommen(schema), nummer_kolom(pad)
            dictionary = [name for name in schema.names if name not in (*tokens, nummers, "record_nr")]
            with pq.ParquetWriter(aside, schema, compression="zstd", use_dictionary=dictionary) as writer:
                for group in range(source.num_row_groups):  # a reader of all groups keeps what it has read
                    for batch in source.iter_batches(ROWS, row_groups=[group]):
                        writer.write_batch(_batch(batch, schema, van, naar, nummers))
            rows = int(source.metadata.num_rows)
        heelheid.kondig_aan(instellingen, {aside: pad})
        aside.rename(pad)
    finally:
        aside.unlink(missing_ok=True)
    return rows


def _batch(
    batch: pa.RecordBatch, schema: pa.Schema, van: Pseudonimiseerder, naar: Pseudonimiseerder, nummers: str | None
) -> pa.RecordBatch:
    columns = dict(zip(batch.schema.names, batch.columns, strict=True))
    for name in pseudoniem_kolommen(schema):
        columns[name] = van.herversleutel(columns[name], naar)
    if nummers:
        columns[nummers] = herversleutel_nummers(columns[nummers], naar)
    return pa.RecordBatch.from_arrays(list(columns.values()), schema=schema)
