"""Forward: what became of one record of a levering, for every doel that consults its table.

Nothing is kept of a record that no doel needs, so that it was left out follows from what is known: it was counted at
receipt, it is not in the lake and not in the quarantaine. Why is then one of the reasons counted for its table.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pyarrow.parquet as pq

from connectors.regel import regel_van
from lineage import leveringen, plaatsen
from lineage.ledger import Rij
from pipeline.geleverd import geleverd_pad
from pipeline.herkomst.runs import bewijs_van, ontvangers_van, runs_met
from pipeline.instellingen import Instellingen
from pipeline.levering.ontvang import landed
from schemas.fout import KetenFout
from schemas.load import doelen, producten

GEBRUIKT, UITVAL, BUITEN_DOEL, NIET_GEPASSEERD = "gebruikt", "uitval", "buiten doel", "niet gepasseerd"


@dataclass(frozen=True)
class Plaats:
    """Where a record stands: its file by number in the landing area, its own number in that, and its line if any."""

    bestand_nr: int
    formaat: str
    record_in_bestand: int
    regel: int | None


@dataclass(frozen=True)
class Uitkomst:
    """What became of a record for one doel; `codes` say why it was left out or rejected."""

    doel: str
    uitkomst: str
    codes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Gebruik:
    """A signal of a run that rests on the record, by its number in the messages, and who was sent it."""

    run_id: str
    signaal_id: str | None
    signaal_code: str | None
    ontvangers: tuple[str, ...]


@dataclass(frozen=True)
class Recordspoor:
    """All that is known about one record."""

    levering_id: str
    tabel: str
    record_nr: int
    plaats: Plaats | None
    uitkomsten: tuple[Uitkomst, ...]
    gebruik: tuple[Gebruik, ...]


def volg_record(instellingen: Instellingen, levering_id: str, tabel: str, record_nr: int) -> Recordspoor:
    """Follows record `record_nr` (from 1) of a table of a levering to everything that was done with it.

    Raises:
        KetenFout: `L-ONBEKEND` when there is no such levering, `H-RECORD` when it has no such record.
    """
    levering = leveringen.vind(instellingen.grootboek, levering_id)
    if levering is None:
        raise KetenFout("L-ONBEKEND")
    counts = leveringen.laatste_tellingen(instellingen.grootboek, levering_id)
    if not 0 < record_nr <= _records(counts, tabel):
        raise KetenFout("H-RECORD", tabel)
    uitkomsten = tuple(_uitkomsten(instellingen, levering, tabel, record_nr, counts))
    return Recordspoor(
        levering_id,
        tabel,
        record_nr,
        plaats_van(instellingen, levering, tabel, record_nr),
        uitkomsten,
        tuple(_gebruik(instellingen, levering, tabel, record_nr)),
    )


def _records(counts: dict[tuple[str, str, str], int], tabel: str) -> int:
    """How many records of a table were received, those that could not be read among them."""
    return counts.get(("", tabel, leveringen.GETELD), 0)


def plaats_van(instellingen: Instellingen, levering: Rij, tabel: str, record_nr: int) -> Plaats | None:
    """The file and the line of a record; None when the levering never passed, or is not there any more."""
    found = plaatsen.zoek(instellingen.grootboek, levering["levering_nr"], tabel, record_nr)
    if found is None:
        return None
    bestand_nr, nummer = found
    rows = instellingen.grootboek.bestanden(levering["levering_nr"])
    formaat = next(row["formaat"] for row in rows if row["bestand_nr"] == bestand_nr)
    folder = instellingen.landing / levering["bron"] / levering["levering_id"]
    regel = regel_van(landed(folder)[bestand_nr], formaat, nummer) if folder.exists() else None
    return Plaats(bestand_nr, formaat, nummer, regel)


def _uitkomsten(
    instellingen: Instellingen, levering: Rij, tabel: str, record_nr: int, counts: dict[tuple[str, str, str], int]
) -> Iterator[Uitkomst]:
    rejected = _quarantaine(instellingen, levering["levering_id"], tabel, record_nr)
    for naam, doel in doelen().items():
        if tabel not in {raadpleging.tabel for raadpleging in doel.bronnen}:
            continue
        codes = rejected.get(naam, rejected.get(None, ()))
        reasons = {reden for doel_, tabel_, reden in counts if (doel_, tabel_) == (naam, tabel)}
        if codes:
            yield Uitkomst(naam, UITVAL, codes)
        elif _in_lake(instellingen.lake / naam / tabel, levering["levering_nr"], record_nr):
            yield Uitkomst(naam, GEBRUIKT)
        elif reasons:
            yield Uitkomst(naam, BUITEN_DOEL, tuple(sorted(reden for reden in reasons if reden.startswith("D-"))))
        else:
            yield Uitkomst(naam, NIET_GEPASSEERD)


def _quarantaine(
    instellingen: Instellingen, levering_id: str, tabel: str, record_nr: int
) -> dict[str | None, tuple[str, ...]]:
    """The codes under which a record was rejected, per doel; None stands for all doelen."""
    found: dict[str | None, set[str]] = {}
    for path in sorted(instellingen.map("quarantaine", levering_id).glob("*.parquet")):
        rows = pq.read_table(
            path, columns=["doel", "code"], filters=[("record_nr", "==", record_nr), ("tabel", "==", tabel)]
        )
        for row in rows.to_pylist():
            found.setdefault(row["doel"], set()).add(row["code"])
    return {doel: tuple(sorted(codes)) for doel, codes in found.items()}


def _in_lake(folder: Path, levering_nr: int, record_nr: int) -> bool:
    """Whether the record is in a lake file; their rows are in the order of the records, so one row group is read."""
    paths = folder.glob(f"{levering_nr:06d}-*.parquet")
    return any(
        pq.read_table(p, columns=["record_nr"], filters=[("record_nr", "==", record_nr)]).num_rows for p in paths
    )


def _gebruik(instellingen: Instellingen, levering: Rij, tabel: str, record_nr: int) -> Iterator[Gebruik]:
    """The signals that name the record in their bewijs, in the order of the runs."""
    for run in runs_met(instellingen.grootboek, levering["levering_nr"]):
        product = producten()[run["product"]]
        where = [
            ("levering_nr", "==", levering["levering_nr"]),
            ("record_nr", "==", record_nr),
            ("tabel", "==", tabel.partition(".")[2]),
        ]
        path = bewijs_van(instellingen, run["run_id"], product.product)
        if not path.exists():
            continue
        intern = sorted(set(pq.read_table(path, columns=["signaal_id"], filters=where)["signaal_id"].to_pylist()))
        sent = geleverd_pad(instellingen, run["run_id"])
        rows = (
            pq.read_table(sent, filters=[("intern_id", "in", intern)]).to_pylist() if intern and sent.exists() else []
        )
        delivered = ontvangers_van(instellingen.grootboek, run["run_id"])
        for intern_id in intern:
            own = [row for row in rows if row["intern_id"] == intern_id]
            names = tuple(sorted({row["ontvanger"] for row in own} & delivered))
            first = own[0] if own else {"signaal_id": None, "signaal_code": None}
            yield Gebruik(run["run_id"], first["signaal_id"], first["signaal_code"], names)
