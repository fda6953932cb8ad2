"""Runs the transforms of one product: one `dbt build` in this process, Parquet files in and out.

`build()` gives dbt the pinned inputs as vars, lets it compute in memory (spilling to the work folder) and has it write
`signal_<product>`, `bewijs_<product>` and `uitgesloten_<product>` as Parquet at the end, only when every model and
every data test passed. Parsing the project takes seconds, so a process parses once and reuses the result.

Everything dbt writes for itself (target, log, spill) goes to the work folder, so runs beside each other do not meet.
dbt keeps its state in the process: builds in one process wait for each other.
"""

from __future__ import annotations

import os
import re
import threading
import time
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow.parquet as pq

from pipeline import dbt_project
from pipeline.motor import DuckDb, Motor
from pipeline.periode import peildatum
from pipeline.storing import tekort, tekort_in
from privacy.sleutels import VARIABELE
from schemas.load import ROOT

if TYPE_CHECKING:
    from dbt.contracts.graph.manifest import Manifest

TRANSFORMS = ROOT.parent.resolve() / "transforms"
RESULTS = ("signal", "bewijs", "uitgesloten")

# Nothing to the console, no file that names machines or usage, no network.
_QUIET = (
    *("--quiet", "--no-print", "--no-use-colors", "--log-level", "none", "--log-level-file", "info"),
    *("--no-write-json", "--no-populate-cache", "--no-partial-parse", "--no-version-check"),
    "--no-send-anonymous-usage-stats",
)

# Spark opens a message with the class of the error, which is one of a published list.
_SPARK_ERROR = re.compile(r"\[([A-Z][A-Z0-9_]+(?:\.[A-Z0-9_]+)*)\]")

_GEEN_UNITTESTS = ("--exclude-resource-type", "unit_test")  # of the code, not of the data: not in every run

DUCKDB = DuckDb()
_ALONE = threading.RLock()
_parsed: dict[tuple[str, int], Manifest] = {}


@dataclass(frozen=True)
class DbtModel:
    """One model of a build. `rijen` is None for a view and for a model that was not built."""

    naam: str
    status: str
    seconden: float
    rijen: int | None


@dataclass(frozen=True)
class DbtUitkomst:
    """What a build did. `fouten` names what failed and the kind of error, never a value from the data."""

    ok: bool
    modellen: tuple[DbtModel, ...]
    tests_geslaagd: int
    tests_mislukt: tuple[str, ...]
    fouten: tuple[str, ...]
    seconden: float


def build(  # noqa: PLR0913 - all are inputs of one run, and named
    product: str,
    invoer: Mapping[str, Sequence[Path | str]],
    uitvoer: Path,
    *,
    periode: str,
    aanwezig: Collection[str],
    geheugen: str = "1250MB",
    threads: int = 2,
    werkmap: Path,
    sleutelversie: int = 1,
    motor: Motor = DUCKDB,
) -> DbtUitkomst:
    """Compute one product over one periode.

    Args:
        product: name of the product; its models are `signal_`, `bewijs_` and `uitgesloten_<product>`.
        invoer: Parquet files, as absolute paths or URLs, per `<bron>.<tabel>`, `referentie.<naam>` and `run.levering`.
        uitvoer: folder for the three Parquet files; made when absent. Nothing is written when the build fails.
        periode: the month, `YYYY-MM`; peildatum is its last day.
        aanwezig: the `<bron>.<tabel>` of which at least one levering was received.
        geheugen: memory limit of the engine, for example `1250MB`; what does not fit spills to `werkmap`.
        threads: threads of the engine.
        werkmap: folder for target, log and spill of this build only.
        sleutelversie: the key version of the pseudonyms in `invoer`, for the mark on what is written.
        motor: the engine that computes.

    Returns:
        The outcome; a model error or a failing data test gives `ok=False`, not an exception.
    """
    started = time.perf_counter()
    uitvoer.mkdir(parents=True, exist_ok=True)
    werkmap.mkdir(parents=True, exist_ok=True)
    variables: dict[str, object] = {
        "periode": periode,
        "peildatum": peildatum(periode).isoformat(),
        "aanwezig": sorted(aanwezig),
    }
    select = " ".join(f"+{kind}_{product}" for kind in RESULTS)
    with (
        _ALONE,
        _environment(_settings(geheugen, threads, motor.omgeving(werkmap.resolve(), uitvoer.resolve()), sleutelversie)),
    ):
        motor.begin(geheugen, threads)
        try:
            variables["invoer"] = dict(sorted(motor.invoer(invoer, werkmap.resolve()).items()))
            manifest = _manifest(werkmap, motor)
            outcome = _invoke(
                ["build", *_GEEN_UNITTESTS, "--select", *select.split()], werkmap, variables, motor, manifest
            )
            if outcome.success:
                motor.rond_af(werkmap.resolve(), uitvoer.resolve(), sleutelversie)
        finally:
            motor.vergeet(werkmap.resolve())
    return _uitkomst(outcome, werkmap, time.perf_counter() - started)


def laad(werkmap: Path, bewaard: Path | None = None) -> None:
    """Loads dbt and reads the project, so that the first build of this process on DuckDB need not.

    `bewaard` is a folder where the project is kept as it was read, by this process for the next.
    """
    with _ALONE, _environment(_settings("1GB", 1, DUCKDB.omgeving(werkmap, werkmap))):
        _lees(werkmap, DUCKDB, bewaard)


def compileer(invoer: Collection[str], werkmap: Path) -> dict[str, str]:
    """The SQL of every model as DuckDB would run it, with each input read under its own name instead of its files.

    Raises:
        RuntimeError: the project cannot be compiled; `dbt.log` in the work folder says why.
    """
    variables = {"aanwezig": sorted(invoer), "invoer": {naam: [naam] for naam in sorted(invoer)}}
    with _ALONE, _environment(_settings("1GB", 1, DUCKDB.omgeving(werkmap, werkmap))):
        try:
            outcome = _invoke(["compile", "--no-introspect"], werkmap, variables, DUCKDB, _manifest(werkmap, DUCKDB))
        finally:
            DUCKDB.vergeet(werkmap)
    if not outcome.success:
        raise RuntimeError("het dbt-project in transforms/ is niet te compileren; zie dbt.log in de werkmap")
    nodes = (result.node for result in outcome.result.results)
    return {node.name: node.compiled_code for node in nodes if str(node.resource_type) == "model"}


@contextmanager
def sessie(werkmap: Path) -> Iterator[Callable[[list[str], Mapping[str, object]], Any]]:
    """Commands for dbt, with their vars, one after another over one database in memory, of which nothing is written."""
    where = {**DUCKDB.omgeving(werkmap.resolve(), werkmap.resolve()), "KETEN_DBT_UITVOER": ""}
    with _ALONE, _environment(_settings("1GB", 1, where)):
        try:
            yield lambda command, variables: _invoke(command, werkmap, variables, DUCKDB, _manifest(werkmap, DUCKDB))
        finally:
            DUCKDB.vergeet(werkmap)


def _settings(geheugen: str, threads: int, waar: Mapping[str, str], sleutelversie: int = 1) -> dict[str, str]:
    """What the profile and the macros read from the environment."""
    return {
        **waar,
        "KETEN_DBT_GEHEUGEN": geheugen,
        "KETEN_DBT_THREADS": str(threads),
        "KETEN_DBT_SLEUTELVERSIE": str(sleutelversie),
    }


def _manifest(werkmap: Path, motor: Motor) -> Manifest:
    """The project as parsed for an engine, in this process, which has a schema of its own there.

    A copy, because compiling writes into it and would keep the vars of an earlier build.
    """
    manifest: Manifest = _lees(werkmap, motor).deepcopy()  # type: ignore[no-untyped-call]
    return manifest


def _lees(werkmap: Path, motor: Motor, bewaard: Path | None = None) -> Manifest:
    known = (motor.target, os.getpid())
    if known not in _parsed and bewaard and (kept := dbt_project.haal(bewaard)):
        _parsed[known] = kept
    if known not in _parsed:
        outcome = _invoke(["parse"], werkmap, {}, motor, None)
        if outcome.result is None:
            raise RuntimeError("het dbt-project in transforms/ is niet te lezen; zie dbt.log in de werkmap")
        _parsed[known] = outcome.result
        if bewaard:
            dbt_project.bewaar(bewaard, outcome.result)
    return _parsed[known]


def _invoke(
    command: list[str], werkmap: Path, variables: Mapping[str, object], motor: Motor, manifest: Manifest | None
) -> Any:
    # Imported here: dbt takes a second to load and reads these settings when it does.
    from dbt.cli.main import dbtRunner  # noqa: PLC0415

    arguments = [
        *_QUIET,
        *command,
        *("--project-dir", str(TRANSFORMS), "--profiles-dir", str(TRANSFORMS), "--target", motor.target),
        *("--target-path", str(werkmap / "target"), "--log-path", str(werkmap)),
    ]
    return dbtRunner(manifest=manifest).invoke(arguments, vars=dict(variables))


@contextmanager
def _environment(values: Mapping[str, str]) -> Iterator[None]:
    values = {**values, "DO_NOT_TRACK": "1", "DBT_SEND_ANONYMOUS_USAGE_STATS": "false"}
    before = {name: os.environ.get(name) for name in (*values, VARIABELE)}
    os.environ.update(values)
    os.environ.pop(VARIABELE, None)  # the models have no key, also not by way of env_var()
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


def _uitkomst(outcome: Any, werkmap: Path, seconds: float) -> DbtUitkomst:
    results = list(getattr(outcome.result, "results", None) or ())
    counts = _tellingen(werkmap / "tellingen.parquet")
    modellen: list[DbtModel] = []
    passed, failed, errors = 0, [], []
    for result in results:
        naam, kind, status = result.node.name, str(result.node.resource_type), str(result.status)
        if kind == "model":
            modellen.append(DbtModel(naam, status, round(result.execution_time, 3), counts.get(naam)))
        elif kind == "test" and status == "pass":
            passed += 1
        elif kind == "test" and status != "skipped":
            failed.append(naam)
        if status == "error":
            errors.append(f"{kind} {naam}: {_kind_of_error(result.message)}")
    if outcome.exception is not None:
        errors.append(f"dbt: {tekort(outcome.exception) or type(outcome.exception).__name__}")
    ok = bool(outcome.success) and not failed and not errors
    return DbtUitkomst(ok, tuple(modellen), passed, tuple(failed), tuple(errors), round(seconds, 3))


def _kind_of_error(message: str | None) -> str:
    """The kind of an error (`Conversion Error`, or `DIVIDE_BY_ZERO` of Spark); the rest of it can hold a value.

    Of what the machine lacked it is the code.
    """
    if code := tekort_in(message or ""):
        return code
    for line in (message or "").splitlines():
        kind, found, _ = line.strip().partition(" Error")
        if found and kind.replace(" ", "").isalpha() and kind not in {"Runtime", "Database"}:
            return f"{kind} Error"
        if of_spark := _SPARK_ERROR.search(line):
            return of_spark[1]
    return "Runtime Error"


def _tellingen(path: Path) -> dict[str, int]:
    if not path.exists():
        return {}
    table = pq.read_table(path)
    path.unlink()
    return dict(zip(table["model"].to_pylist(), table["aantal"].to_pylist(), strict=True))
