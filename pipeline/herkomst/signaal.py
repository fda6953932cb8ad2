"""Back: what a signal rests on, from its number in a message down to the file and the line of every fact.

Values are not shown: they stand in the message, which its ontvanger has. What is shown names facts, records and norms.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from lineage import leveringen
from lineage.ledger import Rij
from pipeline.geleverd import geleverd_pad
from pipeline.herkomst.record import Plaats, plaats_van
from pipeline.herkomst.runs import alle_runs, bewijs_van
from pipeline.instellingen import Instellingen
from schemas.fout import KetenFout
from schemas.load import producten


@dataclass(frozen=True)
class Verzending:
    """One delivery in which the signal went out; `status` is that of the uitlevering."""

    run_id: str
    ontvanger: str
    mutatie: str
    volgnummer: int | None
    bericht_identificatie: str | None
    status: str


@dataclass(frozen=True)
class Feit:
    """A record the signal rests on: where it stands, which of its fields count, the norms they are held against."""

    levering_id: str
    tabel: str
    record_nr: int
    plaats: Plaats | None
    kenmerken: tuple[str, ...]
    normen: tuple[str, ...]


@dataclass(frozen=True)
class Signaalspoor:
    """A signal with everything it was sent in, and what the newest run with it rests on."""

    signaal_id: str
    signaal_code: str
    run: Rij
    pins: dict[str, Any]
    verzendingen: tuple[Verzending, ...]
    feiten: tuple[Feit, ...]


def volg_signaal(instellingen: Instellingen, signaal_id: str) -> Signaalspoor:
    """Follows a signal back from its number in the messages.

    Raises:
        KetenFout: `H-SIGNAAL` when no message had a signal with this number, or what was sent was destroyed.
    """
    found = [
        (run, row)
        for run in alle_runs(instellingen.grootboek)
        for row in _verzonden(geleverd_pad(instellingen, run["run_id"]), signaal_id)
    ]
    if not found:
        raise KetenFout("H-SIGNAAL")
    newest, sent = found[0]
    return Signaalspoor(
        signaal_id,
        sent["signaal_code"],
        newest,
        json.loads(newest["pins"]),
        tuple(_verzending(instellingen, run, row) for run, row in reversed(found)),
        _feiten(instellingen, found),
    )


def _verzonden(pad: Path, signaal_id: str) -> list[Rij]:
    """The rows of a signal in what a run sent; the file is in order of the number, so one row group is read."""
    if not pad.exists():
        return []
    rows: list[Rij] = pq.read_table(pad, filters=[("signaal_id", "==", signaal_id)]).to_pylist()
    return rows


def _verzending(instellingen: Instellingen, run: Rij, row: Rij) -> Verzending:
    uitlevering = instellingen.grootboek.uitleveringen(run["run_id"])[row["ontvanger"]]
    return Verzending(
        run["run_id"],
        row["ontvanger"],
        row["mutatie"],
        uitlevering["volgnummer"],
        uitlevering["bericht_identificatie"],
        uitlevering["status"],
    )


def _feiten(instellingen: Instellingen, found: list[tuple[Rij, Rij]]) -> tuple[Feit, ...]:
    """The bewijs of the newest run that holds the signal; one that ended has it in an earlier run."""
    for run, row in found:
        path = bewijs_van(instellingen, run["run_id"], producten()[run["product"]].product)
        rows = (
            pq.read_table(path, filters=[("signaal_id", "==", row["intern_id"])]).to_pylist() if path.exists() else []
        )
        if rows:
            return tuple(_per_record(instellingen, rows))
    return ()


def _per_record(instellingen: Instellingen, rows: list[Rij]) -> list[Feit]:
    records: dict[tuple[str, str, int], list[Rij]] = {}
    for row in rows:
        records.setdefault((row["levering_id"], f"{row['bron']}.{row['tabel']}", row["record_nr"]), []).append(row)
    result = []
    for (levering_id, tabel, record_nr), facts in records.items():
        levering = leveringen.vind(instellingen.grootboek, levering_id)
        plaats = plaats_van(instellingen, levering, tabel, record_nr) if levering else None
        kenmerken = tuple(dict.fromkeys(fact["kenmerk"] for fact in facts))
        normen = tuple(dict.fromkeys(fact["norm"] for fact in facts if fact["norm"]))
        result.append(Feit(levering_id, tabel, record_nr, plaats, kenmerken, normen))
    return result
