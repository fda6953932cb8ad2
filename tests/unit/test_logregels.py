"""The JSON log: a line per step and error with fields that are known, and never a value or a burgerservicenummer."""

from __future__ import annotations

import io
import json
import logging
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
import structlog

from lineage.ledger import Stap
from pipeline import logregels
from pipeline.instellingen import Instellingen
from schemas.fout import KetenFout
from tests.bouw import CHECKOUT, maak_bsn, schrijf_csv

BSN = maak_bsn(77)


@pytest.fixture
def log() -> Iterator[Callable[[], list[dict[str, Any]]]]:
    """The lines that were logged so far."""
    uit = io.StringIO()
    handlers = logging.root.handlers
    logregels.richt_in(uit)
    yield lambda: [json.loads(line) for line in uit.getvalue().splitlines()]
    structlog.reset_defaults()
    logging.root.handlers = handlers


def test_a_step_that_ended_is_one_line(log: Any, tmp_path: Path) -> None:
    ledger = Instellingen(data=tmp_path, log="json").grootboek
    ledger.schrijf_stap(Stap("signaleer", "vsv-2026-01-0123456789ab", "vsv", "2026-01"))
    ledger.schrijf_stap(Stap("ontvang", "uwv-2026-01-0123456789ab", status="geparkeerd", code="L-LEEG"))

    run, levering = log()

    assert datetime.fromisoformat(run.pop("time")).utcoffset() is not None
    assert run == {
        "level": "info", "event": "stap", "run": "vsv-2026-01-0123456789ab", "step": "signaleer",
        "subject": "vsv-2026-01-0123456789ab", "product": "vsv", "period": "2026-01", "status": "gelukt", "seconds": 0,
    }  # fmt: skip
    assert (levering["level"], levering["code"], "run" in levering) == ("warning", "L-LEEG", False)


def test_without_the_setting_nothing_is_logged(log: Any, tmp_path: Path) -> None:
    Instellingen(data=tmp_path).grootboek.schrijf_stap(Stap("ontvang", "uwv-2026-01-0123456789ab"))
    assert log() == []


def test_an_error_is_its_code_and_place(log: Any) -> None:
    logregels.meld_fout(KetenFout("L-LEEG", "bestand 3"))
    (line,) = log()
    assert (line["level"], line["event"], line["code"], line["pointer"]) == ("error", "fout", "L-LEEG", "bestand 3")


def test_an_unforeseen_error_does_not_say_what_it_held(log: Any, capsys: pytest.CaptureFixture[str]) -> None:
    def work() -> None:
        raise ValueError(f"kan {BSN} van Jansen niet lezen")

    with pytest.raises(SystemExit) as ended:
        logregels.doe(work)
    assert log() == []  # `doe` has a stream of its own
    lines = [json.loads(line) for line in capsys.readouterr().err.splitlines()]
    assert ended.value.code == 1
    assert (lines[0]["level"], lines[0]["error"]) == ("critical", "ValueError")
    assert lines[0]["place"].startswith("test_logregels.py:")
    assert BSN not in json.dumps(lines)
    assert "Jansen" not in json.dumps(lines)


def test_what_a_library_says_has_no_number_and_no_traceback(log: Any) -> None:
    try:
        {}[BSN]
    except KeyError:
        logging.getLogger("een.bibliotheek").exception("persoon %s niet gevonden in %s", BSN, f"bsn{BSN}.csv")
    structlog.get_logger("keten").warning(f"los {BSN[1:]}", naam="Jansen", pointer=f"kolom {BSN}")

    library, own = log()

    assert (library["event"], library["error"]) == ("persoon * niet gevonden in bsn*.csv", "KeyError")
    assert library["logger"] == "een.bibliotheek"
    assert (own["event"], own["pointer"], "naam" in own) == ("los *", "kolom *", False)


def test_ids_are_left_as_they_are(log: Any) -> None:
    structlog.get_logger("keten").info("stap", subject="vsv-2026-01-123456789012", run="vsv-2026-01-12345678a123")
    (line,) = log()
    assert (line["subject"], line["run"]) == ("vsv-2026-01-123456789012", "vsv-2026-01-12345678a123")


def test_the_command_answers_on_one_side_and_logs_on_the_other(tmp_path: Path) -> None:
    levering = tmp_path / "populatie.csv"
    levering.write_text(schrijf_csv(("bsn", "gemeentecode"), [[BSN, "0344"]]), encoding="utf-8")
    environment = {naam: waarde for naam, waarde in os.environ.items() if not naam.startswith("KETEN_")}
    environment |= {"KETEN_DATA": str(tmp_path / "var"), "KETEN_LOG": "json"}

    def keten(*args: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "pipeline.cli", *args]
        return subprocess.run(command, cwd=CHECKOUT, env=environment, capture_output=True, text=True, check=False)

    done = keten("ontvang", "gemeente", str(levering), "--periode", "2026-01")
    lines = [json.loads(line) for line in done.stderr.splitlines()]
    assert {line["step"] for line in lines if line["event"] == "stap"} >= {"ontvang"}
    assert "gemeente-2026-01-" in done.stdout
    assert BSN not in done.stderr

    refused = keten("herkomst", "0" * 32)
    assert refused.returncode == 3
    assert [json.loads(line)["code"] for line in refused.stderr.splitlines()] == ["H-SIGNAAL"]
    assert refused.stdout == ""
