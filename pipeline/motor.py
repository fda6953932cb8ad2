"""The engines that can compute the transforms. dbt talks to them; here is what each needs around a build.

DuckDB computes in this process and writes the outcome itself. Spark, in a session of this process or on a cluster,
writes folders with parts, of which `rond_af` makes the same Parquet files. The SQL that differs is in
`transforms/macros/motor.sql`.
"""

from __future__ import annotations

import os
import re
import secrets
import shutil
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any, Protocol

import pyarrow as pa
import pyarrow.parquet as pq
from pyarrow import fs

from schemas.fout import KetenFout
from schemas.load import ROOT

_LOG4J = ROOT.parent.resolve() / "transforms" / "spark" / "log4j2.properties"
ROW_GROUP = 122_880


# The files of each table, `<bron>.<tabel>`, `referentie.<naam>` or `run.levering`: absolute paths or URLs.
Paden = Mapping[str, Sequence[Path | str]]


class Motor(Protocol):
    """What a build asks of an engine: `begin`, `omgeving`, `invoer`, and after dbt `rond_af` if all is well, `vergeet`.

    Attributes:
        target: its name in `transforms/profiles.yml`.
    """

    @property
    def target(self) -> str:
        """Its name in `transforms/profiles.yml`."""

    def begin(self, geheugen: str, threads: int) -> None:
        """Makes it ready to be connected to."""

    def omgeving(self, werkmap: Path, uitvoer: Path) -> dict[str, str]:
        """Where the macros write, as environment variables."""

    def invoer(self, paden: Paden, werkmap: Path) -> dict[str, list[str]]:
        """The inputs per table, under the paths or URLs by which the engine sees them."""

    def rond_af(self, werkmap: Path, uitvoer: Path, sleutelversie: int) -> None:
        """Brings what dbt wrote to `uitvoer` (`<model>.parquet`) and `werkmap` (`tellingen.parquet`)."""

    def vergeet(self, werkmap: Path) -> None:
        """Removes what a build leaves behind, whether or not it succeeded."""


@dataclass(frozen=True)
class DuckDb:
    """In memory in this process; the macros write the outcome."""

    target: str = "duckdb"

    def begin(self, geheugen: str, threads: int) -> None:
        """Nothing: the profile has the memory and the threads."""

    def omgeving(self, werkmap: Path, uitvoer: Path) -> dict[str, str]:
        """The outcome goes where it belongs."""
        return {"KETEN_DBT_WERKMAP": str(werkmap), "KETEN_DBT_UITVOER": str(uitvoer)}

    def invoer(self, paden: Paden, werkmap: Path) -> dict[str, list[str]]:
        """As they are."""
        return _namen(paden)

    def rond_af(self, werkmap: Path, uitvoer: Path, sleutelversie: int) -> None:
        """Nothing: all is where it belongs."""

    def vergeet(self, werkmap: Path) -> None:
        """Drops the database, so a build never sees tables of the one before it and its memory is freed."""
        from dbt.adapters.duckdb.connections import DuckDBConnectionManager  # noqa: PLC0415

        DuckDBConnectionManager.close_all_connections()  # type: ignore[no-untyped-call]


@dataclass(frozen=True)
class Spark:
    """A Spark session in this process, or the server that target `spark_cluster` names.

    Attributes:
        target: `spark` or `spark_cluster`.
        uitwisseling: folder that this process and the cluster both see, a path or a URL (`s3://bucket/folder`), for
            what they hand each other; empty means the work folder of the build.
        instellingen: settings of the session, over the defaults; a cluster has its own.
        lake: the folder of the lake, and the URL by which Spark reads it (`s3://bucket/lake`); empty where both see the
            files of this machine under the same path. What is not in the lake is then handed over by `uitwisseling`.
    """

    target: str = "spark"
    uitwisseling: str = ""
    instellingen: Mapping[str, str] = field(default_factory=dict)
    lake: tuple[Path, str] | None = None

    def begin(self, geheugen: str, threads: int) -> None:
        """Starts the session, once per process; its memory and threads are those of the first build.

        Raises:
            KetenFout: `S-MOTOR` when Spark or Java is not installed.
        """
        if self.target == "spark":
            _session(geheugen, threads, tuple(self.instellingen.items()))

    def omgeving(self, werkmap: Path, uitvoer: Path) -> dict[str, str]:
        """Everything goes to the exchange folder, the tables of the models too, in a schema of this process."""
        folder = self._uitwisseling(werkmap)
        return {"KETEN_DBT_WERKMAP": folder, "KETEN_DBT_UITVOER": folder, "KETEN_DBT_SCHEMA": _schema(os.getpid())}

    def invoer(self, paden: Paden, werkmap: Path) -> dict[str, list[str]]:
        """Files of the lake by its URL; the others (reference, leveringen) copied to the exchange folder."""
        if self.lake is None:
            return _namen(paden)
        return {naam: [self._naam(naam, pad, werkmap) for pad in files] for naam, files in paden.items()}

    def rond_af(self, werkmap: Path, uitvoer: Path, sleutelversie: int) -> None:
        """One file of the parts of each model, with the columns, order and mark that DuckDB gives it."""
        filesystem, root = _open(self._uitwisseling(werkmap))
        for info in filesystem.get_file_info(fs.FileSelector(root)):
            folder = Path(info.path)
            if folder.suffix == ".parquet":
                target = (werkmap if folder.stem == "tellingen" else uitvoer) / folder.name
                _merge(filesystem, info.path, target, {"sleutelversie": str(sleutelversie)})

    def vergeet(self, werkmap: Path) -> None:
        """Removes the exchange folder of the build; `on-run-end` has dropped the tables."""
        filesystem, root = _open(self._uitwisseling(werkmap))
        if filesystem.get_file_info(root).type == fs.FileType.Directory:
            filesystem.delete_dir(root)

    def _naam(self, naam: str, pad: Path | str, werkmap: Path) -> str:
        folder, url = self.lake or (Path(), "")
        if not isinstance(pad, Path):
            return pad
        if pad.is_relative_to(folder):
            return f"{url}/{pad.relative_to(folder).as_posix()}"
        handed = f"{self._uitwisseling(werkmap)}/invoer/{naam}"
        filesystem, root = _open(handed)
        filesystem.create_dir(root)
        fs.copy_files(str(pad), f"{root}/{pad.name}", fs.LocalFileSystem(), filesystem)
        return f"{handed}/{pad.name}"

    def _uitwisseling(self, werkmap: Path) -> str:
        return f"{(self.uitwisseling or str(werkmap)).rstrip('/')}/{_schema(os.getpid())}"


def _namen(paden: Paden) -> dict[str, list[str]]:
    return {naam: [str(pad) for pad in files] for naam, files in paden.items()}


def _open(folder: str) -> tuple[Any, str]:
    """The file system of a path or URL, and the path in it."""
    if "://" in folder:
        filesystem, path = fs.FileSystem.from_uri(folder)
        return filesystem, path
    return fs.LocalFileSystem(), folder


def _merge(filesystem: Any, folder: str, target: Path, mark: Mapping[str, str]) -> None:
    """The parts that Spark wrote, in their order, as one file."""
    selected = filesystem.get_file_info(fs.FileSelector(folder))
    parts = sorted(info.path for info in selected if Path(info.path).name.startswith("part-"))
    schema = pq.read_schema(parts[0], filesystem=filesystem).with_metadata(mark)
    with pq.ParquetWriter(target, schema, compression="zstd") as writer:
        for table in _groups(batch for part in parts for batch in _batches(filesystem, part)):
            writer.write_table(table.replace_schema_metadata(mark), row_group_size=ROW_GROUP)


def _batches(filesystem: Any, part: str) -> Iterator[pa.RecordBatch]:
    with pq.ParquetFile(part, filesystem=filesystem) as file:
        yield from file.iter_batches()


def _groups(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.Table]:
    """The rows in tables of whole row groups, so that the file does not depend on the parts; the last may be less."""
    kept: list[pa.RecordBatch] = []
    for batch in batches:
        kept.append(batch)
        if sum(part.num_rows for part in kept) >= ROW_GROUP:
            table = pa.Table.from_batches(kept)
            whole = table.num_rows // ROW_GROUP * ROW_GROUP
            yield table.slice(0, whole)
            kept = table.slice(whole).to_batches()
    if kept:
        yield pa.Table.from_batches(kept)


@cache
def _schema(process: int) -> str:
    """A schema for the models of this process, on a server where others have theirs."""
    return f"keten_{process}_{secrets.token_hex(6)}"


@cache
def _session(geheugen: str, threads: int, extra: tuple[tuple[str, str], ...]) -> None:
    try:
        from pyspark.sql import SparkSession  # noqa: PLC0415
    except ImportError:
        raise KetenFout("S-MOTOR", "pyspark") from None
    if not os.environ.get("JAVA_HOME") and shutil.which("java") is None:
        raise KetenFout("S-MOTOR", "java")
    builder = SparkSession.builder.appName("signaalketen")
    for name, value in {**_session_defaults(geheugen, threads), **dict(extra)}.items():
        builder = builder.config(name, value)
    builder.getOrCreate()


def _session_defaults(geheugen: str, threads: int) -> dict[str, str]:
    """A session on this machine that keeps its tables in memory, shows no page and says nothing."""
    return {
        "spark.master": f"local[{threads}]",
        "spark.driver.memory": _spark_memory(geheugen),
        "spark.driver.bindAddress": "127.0.0.1",
        "spark.driver.host": "127.0.0.1",
        "spark.driver.extraJavaOptions": f"-Dlog4j2.configurationFile={_LOG4J.as_uri()}",
        "spark.ui.enabled": "false",
        "spark.ui.showConsoleProgress": "false",
        "spark.sql.catalogImplementation": "in-memory",
        "spark.sql.session.timeZone": "UTC",
        "spark.sql.shuffle.partitions": str(threads),
        # The models are wide and their plans deep: what is inferred and printed of a plan costs more than it gains.
        "spark.sql.constraintPropagation.enabled": "false",
        "spark.sql.maxPlanStringLength": "100",
        "spark.sql.ui.explainMode": "simple",
    }


def _spark_memory(geheugen: str) -> str:
    """`1250MB`, as DuckDB writes it, in the words of Spark; anything else is left to Spark to refuse."""
    found = re.fullmatch(r"(\d+)\s*([KMGT])i?B", geheugen, re.IGNORECASE)
    return f"{found[1]}{found[2].lower()}" if found else geheugen
