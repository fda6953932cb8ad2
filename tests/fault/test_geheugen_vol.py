"""Too little memory: a coded error that is entered, and with more of it the same step becomes what it would be."""

from __future__ import annotations

import os
import signal
from collections.abc import Sequence
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path

import pyarrow as pa
import pytest
import sqlalchemy as sa

from lineage import tabellen as t
from message_formats.keuring import Keuring, Keurmeester
from pipeline.instellingen import Instellingen
from pipeline.lever import lever
from pipeline.signaleer import signaleer
from pipeline.storing import GEHEUGEN, PROCES, SCHIJF, tekort
from schemas.fout import KetenFout
from schemas.load import meldingen
from tests.bouw import maak_bsn
from tests.geopend import met_certificaten
from tests.spec.privacy.dorp import neem_nieuwe_banen_op

PRODUCT, PERIODE = "inkomsten", "2026-01"
PERSONEN = [maak_bsn(nummer) for nummer in range(900, 904)]
TE_WEINIG = "3MB"


@pytest.fixture
def instellingen(tmp_path: Path) -> Instellingen:
    """A gemeente of which some have a new job beside bijstand; nothing was made of it."""
    instellingen = met_certificaten(tmp_path / "var")
    neem_nieuwe_banen_op(instellingen, dict.fromkeys(PERSONEN, "0344"))
    return instellingen


def mislukt(instellingen: Instellingen) -> list[tuple[str, str | None]]:
    """Kind and code of the steps that failed."""
    query = sa.select(t.stap).where(t.stap.c.status == "mislukt")
    return [(rij["soort"], rij["code"]) for rij in instellingen.grootboek.rijen(query)]


@pytest.mark.zwaar
def test_run_that_does_not_fit_says_so_and_fits_with_more(instellingen: Instellingen) -> None:
    krap = instellingen.model_copy(update={"geheugen": TE_WEINIG})
    with pytest.raises(KetenFout, match=GEHEUGEN):
        signaleer(krap, PRODUCT, PERIODE)
    assert mislukt(instellingen) == [("signaleer", GEHEUGEN)]
    assert not list(instellingen.map("runs").rglob("*.parquet"))

    gemaakt = signaleer(instellingen, PRODUCT, PERIODE)

    assert gemaakt.nieuw
    assert sum(gemaakt.signalen.values()) == len(PERSONEN)


@pytest.mark.zwaar
def test_validation_of_which_a_process_is_killed(instellingen: Instellingen, monkeypatch: pytest.MonkeyPatch) -> None:
    """As the system does when memory has run out; what was on its way goes out the next time, under its own number."""
    run_id = signaleer(instellingen, PRODUCT, PERIODE).run_id
    with monkeypatch.context() as context:
        context.setattr("pipeline.lever.Keurmeester", GedodeKeurmeester)
        with pytest.raises(KetenFout, match=PROCES):
            lever(instellingen, run_id)
    assert [rij["status"] for rij in instellingen.grootboek.uitleveringen(run_id).values()] == ["voorgenomen"]
    assert not [pad for pad in instellingen.uitleveringen.rglob("*") if pad.is_file()]

    assert lever(instellingen, run_id).ontvangers == {"geleverd": 1}


class GedodeKeurmeester(Keurmeester):
    """One of whom the processes are killed before they have done anything."""

    def __init__(self) -> None:
        super().__init__(loont_vanaf=0)

    def keur(self, keuringen: Sequence[Keuring]) -> list[list[str]]:
        pool = self._start()
        os.kill(pool.submit(os.getpid).result(), signal.SIGKILL)
        return super().keur(keuringen)


@pytest.mark.parametrize(
    ("fout", "code"),
    [
        (MemoryError(), GEHEUGEN),
        (pa.ArrowMemoryError("malloc of size 64 failed"), GEHEUGEN),
        (RuntimeError("Out of Memory Error: failed to pin block of size 256.0 KiB"), GEHEUGEN),
        (RuntimeError("Out of Memory Error: ... set by the 'max_temp_directory_size' setting"), SCHIJF),
        (BrokenProcessPool("a process was terminated abruptly"), PROCES),
        (ValueError("geen geheugen aan"), None),
    ],
)
def test_what_a_library_says(fout: Exception, code: str | None) -> None:
    assert tekort(fout) == code
    outer = ValueError("iets anders")
    outer.__cause__ = fout
    assert tekort(outer) == code


def test_codes_say_what_to_do() -> None:
    assert "KETEN_GEHEUGEN" in str(KetenFout(GEHEUGEN, "lever"))
    assert {code for code, melding in meldingen().items() if melding.soort == "machine"} == {GEHEUGEN, PROCES}
