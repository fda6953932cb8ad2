"""Processes that log at the same time, one of them killed: the log says what was done, once, and is whole."""

from __future__ import annotations

import multiprocessing
import os
import signal
from collections.abc import Callable
from datetime import UTC, datetime
from multiprocessing.synchronize import Barrier
from pathlib import Path

import numpy as np
import pytest

from lineage.ledger import Stap
from pipeline.instellingen import Instellingen
from pipeline.logboek import Logboek

MOMENT = datetime(2026, 1, 31, 12, 0, tzinfo=UTC)
PERSONEN = np.arange(999_990_000, 999_990_050, dtype=np.int32)
WERKERS, STUKKEN = 4, 10


def _log(instellingen: Instellingen, naam: str) -> None:
    stap = Stap("proef", naam)
    stap.logboek.append(Logboek(instellingen).los("inzage", naam, MOMENT, PERSONEN))
    instellingen.grootboek.schrijf_stap(stap)


def _work(data: Path, worker: int, together: Barrier) -> None:
    instellingen = Instellingen(data=data)
    together.wait()
    for nr in range(STUKKEN):
        _log(instellingen, f"{worker}-{nr}" if nr % 3 else f"samen-{nr}")  # some work is the same


def _die_before_the_ledger(data: Path, _worker: int, together: Barrier) -> None:
    """Writes a segment as the others do, and is killed before it is entered."""
    instellingen = Instellingen(data=data)
    together.wait()
    Logboek(instellingen).los("inzage", "gedood", MOMENT, PERSONEN)
    os.kill(os.getpid(), signal.SIGKILL)


@pytest.mark.zwaar
def test_processes_take_turns_and_a_killed_one_counts_for_nothing(tmp_path: Path) -> None:
    instellingen = Instellingen(data=tmp_path / "var")
    assert Logboek(instellingen).segmenten() == []
    assert instellingen.sleutelbos.sleutel("betrokkene", None, "logboek")  # made before they begin
    context = multiprocessing.get_context("spawn")
    together = context.Barrier(WERKERS + 1)
    targets: list[Callable[[Path, int, Barrier], None]] = [_work] * WERKERS + [_die_before_the_ledger]
    workers = [
        context.Process(target=target, args=(instellingen.data, nr, together)) for nr, target in enumerate(targets)
    ]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(120)

    assert [worker.exitcode for worker in workers] == [0] * WERKERS + [-signal.SIGKILL]
    log = Logboek(Instellingen(data=instellingen.data))
    names = [segment["naam"] for segment in log.segmenten()]
    assert len(names) == len(set(names)) == WERKERS * STUKKEN
    assert not [naam for naam in names if "gedood" in naam]
    outcome = log.controleer()
    assert (outcome.breuken, outcome.los) == ((), 1)
    assert outcome.records == WERKERS * STUKKEN * (1 + len(PERSONEN))
    person = log.zoek(PERSONEN[:1])
    assert len(person) == WERKERS * STUKKEN
