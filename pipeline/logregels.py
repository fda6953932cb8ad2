"""The log of an installation for machines: one JSON object per line on standard error, with `KETEN_LOG=json`.

    a step that ended ──▶ structlog ──▶ only fields that are known, no number that may be a person's ──▶ a line
    an error, a warning ┘

What a person asked for is still told on standard output. In a task of Airflow the same fields go through its own log,
which is JSON by a setting of its own. Not the processing log: that is `pipeline.logboek`.
"""

from __future__ import annotations

import logging
import os
import re
import sys
import traceback
from collections.abc import Callable, MutableMapping
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

import orjson
import structlog

from schemas.fout import KetenFout

if TYPE_CHECKING:
    from lineage.ledger import Stap

JSON, VARIABELE = "json", "KETEN_LOG"
VELDEN = (
    "time", "level", "event", "code", "pointer", "run", "step", "subject", "product", "period", "status", "seconds",
    "error", "place", "logger",
)  # fmt: skip
_NUMMER = re.compile(r"(?<![0-9a-f])\d{8,9}(?![0-9a-f])")
_NIVEAUS = {"gelukt": "info", "mislukt": "error"}


def is_json() -> bool:
    """Whether the settings ask for JSON; when they cannot be read, whether the environment does."""
    from pipeline.instellingen import Instellingen  # noqa: PLC0415 - which imports what this module tells about

    try:
        return Instellingen().log == JSON
    except KetenFout:
        return os.environ.get(VARIABELE) == JSON


def doe(werk: Callable[[], None]) -> None:
    """Does the work of a process with this log; an error nobody foresaw is told in it too, with exit code 1."""
    richt_in(sys.stderr)
    try:
        werk()
    except Exception as fout:
        meld_onverwacht(fout)
        sys.exit(1)


def richt_in(uit: TextIO) -> None:
    """Sends everything that is logged in this process to a stream as JSON."""
    shared: list[Any] = [
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True, key="time"),
        bekend,
        zonder_nummers,
    ]
    structlog.configure(
        processors=[*shared, structlog.processors.JSONRenderer(serializer=_tekst)],
        logger_factory=structlog.PrintLoggerFactory(uit),
        cache_logger_on_first_use=False,
    )
    handler = logging.StreamHandler(uit)
    handler.setLevel(logging.WARNING)  # what libraries do while all is well is not for this log
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[structlog.stdlib.add_logger_name],
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                _van_een_bibliotheek,
                *shared,
                structlog.processors.JSONRenderer(serializer=_tekst),
            ],
        )
    )
    logging.root.handlers = [handler]


def na_stap(_stap_nr: int, stap: Stap, tot: datetime) -> None:
    """Tells of an outcome row of the ledger."""
    of_a_run = stap.product and stap.periode and stap.onderwerp.startswith(f"{stap.product}-{stap.periode}-")
    getattr(structlog.get_logger("keten"), _NIVEAUS.get(stap.status, "warning"))(
        "stap",
        step=stap.soort,
        subject=stap.onderwerp,
        run=stap.onderwerp if of_a_run else None,
        product=stap.product,
        period=stap.periode,
        status=stap.status,
        code=stap.code,
        seconds=int((tot - stap.begonnen_op).total_seconds()),
    )


def meld_fout(fout: KetenFout) -> None:
    """Tells of a coded error: its code, and where."""
    structlog.get_logger("keten").error("fout", code=fout.code, pointer=fout.wijzer or None)


def meld_onverwacht(fout: BaseException) -> None:
    """Tells of an error nobody foresaw: its kind and where in the code; what it says may hold data."""
    frames = traceback.extract_tb(fout.__traceback__)
    place = f"{Path(frames[-1].filename).name}:{frames[-1].lineno}" if frames else None
    structlog.get_logger("keten").critical("onverwacht", error=type(fout).__name__, place=place)


def bekend(_logger: object, _method: str, record: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Only the fields of `VELDEN`, in that order, and none that is empty."""
    return {naam: record[naam] for naam in VELDEN if record.get(naam) is not None}


def zonder_nummers(_logger: object, _method: str, record: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Hides every number of eight or nine digits by itself, which may be a burgerservicenummer."""
    return {naam: _NUMMER.sub("*", value) if isinstance(value, str) else value for naam, value in record.items()}


def _van_een_bibliotheek(_logger: object, _method: str, record: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """What a library says with an exception becomes the kind of exception: its text may hold data."""
    exc_info = record.pop("exc_info", None)
    if isinstance(exc_info, tuple) and exc_info[0] is not None:
        record["error"] = exc_info[0].__name__
    return record


def _tekst(record: Any, **_: Any) -> str:
    return orjson.dumps(record, default=str).decode()
