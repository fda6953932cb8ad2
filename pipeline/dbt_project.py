"""The dbt project as dbt reads it, kept for the next process: reading takes seconds, and gives the same each time.

It is kept under all that it follows from, so it is read anew when a model, a declaration or dbt itself has changed.
Kept for DuckDB only: on Spark a process has a schema of its own, which is part of what is read.
"""

from __future__ import annotations

import hashlib
import logging
import os
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline.vastlegging import declaraties_nu
from schemas.load import ROOT

if TYPE_CHECKING:
    from dbt.contracts.graph.manifest import Manifest

_log = logging.getLogger(__name__)


def _bestand(folder: Path) -> Path:
    """Where the project is kept: under all that it follows from."""
    programs = [f"{naam} {version(naam)}" for naam in ("dbt-core", "dbt-duckdb")]
    key = "\n".join([declaraties_nu(), str(ROOT.resolve()), *programs])
    return folder / f"project-{hashlib.sha256(key.encode()).hexdigest()[:16]}.msgpack"


def haal(folder: Path) -> Manifest | None:
    """The project as an earlier process read it; None when none did, or what it kept is damaged."""
    from dbt.contracts.graph.manifest import Manifest  # noqa: PLC0415
    from dbt.parser.manifest import extended_mashumuro_decoder  # noqa: PLC0415

    pad = _bestand(folder)
    try:
        found: Manifest = Manifest.from_msgpack(pad.read_bytes(), decoder=extended_mashumuro_decoder)
    except FileNotFoundError:
        return None
    except Exception as fout:  # whatever a library makes of a file that is not what was written: it is made anew
        _log.warning("het bewaarde dbt-project is niet te lezen en wordt opnieuw gemaakt (%s)", type(fout).__name__)
        return None
    return found


def bewaar(folder: Path, manifest: Manifest) -> None:
    """Keeps the project in place of what was kept before; nothing rests on it, so a full disk is no reason to stop."""
    from dbt.parser.manifest import extended_mashumaro_encoder  # noqa: PLC0415

    pad = _bestand(folder)
    aside = pad.with_name(f".{pad.name}.{os.getpid()}")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        aside.write_bytes(manifest.to_msgpack(extended_mashumaro_encoder))
        for earlier in folder.glob("project-*.msgpack"):
            earlier.unlink(missing_ok=True)
        aside.rename(pad)
    except OSError as fout:
        _log.warning("het dbt-project is niet bewaard (%s)", type(fout).__name__)
