"""The question at the heart of inkomsten, asked of one engine: `main` takes way, in and out.

Of the opgaven of a year, what those of the population earned in the last month, each opgave as it was last restated.
Ways: `duckdb:eerst` (semi-join to the population first, as the models do), `duckdb:later` (join at the end), `polars`,
`spark`, each with the same answer. Prints the seconds to start and to answer, and the peak in MB, children included.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any

import duckdb

from pipeline.motor import Spark

SLEUTEL = ("persoon", "loonheffingennummer", "volgnummer_ikv", "datum_begin")
VOLGORDE = ("levering_nr", "record_nr")
MAAND = 202_512
THREADS = 2

# One text for DuckDB and Spark; {opgave} and {populatie} say how the engine reads the files.
VRAAG = f"""
select persoon, cast(sum(bedrag_loon_sv) as bigint) as totaal, count(*) as aantal
from (
    select
        opgave.*,
        row_number() over (partition by {", ".join(SLEUTEL)} order by {" desc, ".join(VOLGORDE)} desc) as rang
    from {{opgave}} as opgave
    {{eerst}}
) as gerangschikt
where rang = 1 and datum_begin between {MAAND * 100} and {MAAND * 100 + 99}
    and persoon in (select persoon from {{populatie}})
group by persoon
order by persoon
"""
EERST = "where persoon in (select persoon from {populatie})"


def maak(folder: Path, rows: int, persons: int, population: int) -> None:
    """Opgaven of twelve months (a tenth restated) and a population, as Parquet with 16-byte pseudonyms."""
    connection = duckdb.connect()
    naam = "from_hex(md5(cast({} as varchar)))"
    connection.execute(
        f"copy (select cast(i % 10 = 0 as integer) as levering_nr, cast(i as bigint) as record_nr,"
        f" {naam.format(f'(i // 12) % {persons}')} as persoon,"
        f" {naam.format(f'(i // 12) % {persons} % 40000 + 1000000000')} as loonheffingennummer, '1' as volgnummer_ikv,"
        f" cast(20250001 + (i % 12 + 1) * 100 as integer) as datum_begin,"
        f" cast(hash(i) % 600000 as bigint) as bedrag_loon_sv"
        f" from range({rows}) t(i)) to '{folder / 'opgave.parquet'}' (format parquet)"
    )
    connection.execute(
        f"copy (select {naam.format(f'i * {persons // population}')} as persoon from range({population}) t(i))"
        f" to '{folder / 'populatie.parquet'}' (format parquet)"
    )


def _duckdb(folder: Path, eerst: str) -> Callable[[], Any]:
    connection = duckdb.connect(config={"threads": THREADS, "memory_limit": "2GB"})
    sources = {naam: f"read_parquet('{folder / naam}.parquet')" for naam in ("opgave", "populatie")}
    sql = VRAAG.format(eerst=eerst.format(**sources), **sources)
    return lambda: connection.execute(sql).to_arrow_table()


def duckdb_eerst(folder: Path) -> Callable[[], Any]:
    """As the models ask it."""
    return _duckdb(folder, EERST)


def duckdb_later(folder: Path) -> Callable[[], Any]:
    """The plain way: rank all opgaven, then look at the population."""
    return _duckdb(folder, "")


def polars(folder: Path) -> Callable[[], Any]:
    """Lazy, with the semi-join first."""
    pl = import_module("polars")

    def answer() -> Any:
        population = pl.scan_parquet(folder / "populatie.parquet")
        rows = pl.scan_parquet(folder / "opgave.parquet").join(population, on="persoon", how="semi")
        last = rows.sort(VOLGORDE, descending=True).unique(SLEUTEL, keep="first", maintain_order=True)
        month = last.filter(pl.col("datum_begin").is_between(MAAND * 100, MAAND * 100 + 99))
        sums = month.group_by("persoon").agg(totaal=pl.col("bedrag_loon_sv").sum(), aantal=pl.len().cast(pl.Int64))
        return sums.sort("persoon").collect().to_arrow()

    return answer


def spark(folder: Path) -> Callable[[], Any]:
    """A local session as `KETEN_MOTOR=spark` starts it, asked what DuckDB is asked."""
    Spark().begin("2GB", THREADS)
    session = import_module("pyspark.sql").SparkSession.builder.getOrCreate()
    sources = {naam: f"parquet.`{folder / naam}.parquet`" for naam in ("opgave", "populatie")}
    sql = VRAAG.format(eerst=EERST.format(**sources), **sources)

    def answer() -> Any:
        session.sql(sql).coalesce(1).write.mode("overwrite").parquet(str(folder / "spark"))
        return next((folder / "spark").glob("part-*.parquet"))

    return answer


WAYS = {"duckdb:eerst": duckdb_eerst, "duckdb:later": duckdb_later, "polars": polars, "spark": spark}


def peak_mb() -> int:
    """The most memory this process and its children have held, the JVM of Spark among them."""
    pages = 0
    for status in Path("/proc").glob("[0-9]*/status"):
        try:
            lines = dict(line.split(":", 1) for line in status.read_text(encoding="utf-8").splitlines() if ":" in line)
        except OSError:
            continue  # it ended meanwhile
        if str(os.getpid()) in (lines["Pid"].strip(), lines["PPid"].strip()):
            pages += int(lines.get("VmHWM", "0 kB").split()[0])
    return pages // 1024


def main(way: str, folder: Path, out: Path) -> None:
    """Asks once, writes the answer as Parquet and prints start, answer and peak."""
    import pyarrow as pa  # noqa: PLC0415 - loaded after the clock of no engine
    import pyarrow.parquet as pq  # noqa: PLC0415

    begin = time.perf_counter()
    ask = WAYS[way](folder)
    started = time.perf_counter()
    answer = ask()
    answered = time.perf_counter()
    table = pq.read_table(answer) if isinstance(answer, Path) else answer
    schema = pa.schema([("persoon", pa.binary()), ("totaal", pa.int64()), ("aantal", pa.int64())])
    pq.write_table(table.cast(schema), out)
    print(started - begin, answered - started, peak_mb())


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3]))
