"""The core of the income signals as one question, asked of several engines; each runs in a process of its own.

Of everybody with bijstand the sum of the newest opgaven per month, over all months: of opgaven with the same key the
one that was received last counts. `duckdb` looks for the doelpopulatie first, as the models do; `duckdb_gewoon` lets
the database find out by itself, and ranks before it joins. The others look for the doelpopulatie first too, each in its
own way. `python -m tests.benchmarks.inkomsten_vraag <engine> <folder>` prints seconds, rows and the sum in cents.
"""

from __future__ import annotations

import json
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

SLEUTEL = ["persoon", "loonheffingennummer", "volgnummer_ikv", "datum_begin_ikv", "datum_begin"]
VOLGORDE = ["levering_nr", "record_nr"]
BEDRAG = "bedrag_loon_sv"
KOLOMMEN = [*SLEUTEL, *VOLGORDE, BEDRAG]
Uitkomst = tuple[int, int]  # rows (person and month), sum in cents


def _opgaven(folder: Path) -> list[str]:
    return [str(path) for path in sorted(folder.glob("uwv.inkomstenopgave-[0-9][0-9].parquet"))]


def _populatie(folder: Path) -> str:
    return str(folder / "gemeente.bijstandspopulatie-01.parquet")


def _sql(iko: str, populatie: str, *, eerst: bool) -> str:
    """The question in SQL; `eerst` says whether the doelpopulatie is looked for before ranking."""
    within = f"persoon in (select persoon from {populatie})"
    return f"""
        select count(*), cast(sum(bedrag) as bigint) from (
            select persoon, datum_begin, sum({BEDRAG}) as bedrag
            from (
                select *, row_number() over (
                    partition by {", ".join(SLEUTEL)} order by {", ".join(f"{naam} desc" for naam in VOLGORDE)}
                ) as rang
                from (select {", ".join(KOLOMMEN)} from {iko}) as opgaven
                {f"where {within}" if eerst else ""}
            ) as gerangschikt
            where rang = 1 {"" if eerst else f"and {within}"}
            group by persoon, datum_begin
        ) as per_maand
    """


def duckdb(folder: Path) -> Uitkomst:
    return _duckdb(folder, eerst=True, geheugen="2GB")


def duckdb_gewoon(folder: Path) -> Uitkomst:
    return _duckdb(folder, eerst=False, geheugen="10GB")


def _duckdb(folder: Path, *, eerst: bool, geheugen: str) -> Uitkomst:
    import duckdb as engine  # noqa: PLC0415

    with tempfile.TemporaryDirectory() as spill:
        settings = {"threads": 2, "memory_limit": geheugen, "temp_directory": spill}
        with engine.connect(config=settings) as connection:
            iko = f"read_parquet({_opgaven(folder)})"
            row = connection.execute(_sql(iko, f"read_parquet('{_populatie(folder)}')", eerst=eerst)).fetchone()
    assert row is not None
    return row[0], row[1]


def polars(folder: Path) -> Uitkomst:
    import polars as pl  # noqa: PLC0415

    people = pl.scan_parquet(_populatie(folder)).select("persoon").unique()
    newest = (
        pl.scan_parquet(_opgaven(folder))
        .select(KOLOMMEN)
        .join(people, on="persoon", how="semi")
        .sort(VOLGORDE)
        .unique(SLEUTEL, keep="last", maintain_order=True)
    )
    per_maand = newest.group_by("persoon", "datum_begin").agg(pl.col(BEDRAG).sum())
    rows = per_maand.select(pl.len(), pl.col(BEDRAG).sum()).collect(engine="streaming").row(0)
    return int(rows[0]), int(rows[1])


def pandas(folder: Path) -> Uitkomst:
    """File by file, because all of it at once does not fit in memory."""
    import pandas as pd  # noqa: PLC0415

    people = pd.read_parquet(_populatie(folder), columns=["persoon"]).drop_duplicates()
    found = []
    for path in _opgaven(folder):
        table = pd.read_parquet(path, columns=KOLOMMEN)
        found.append(table.merge(people, on="persoon"))  # isin loses the zero bytes at the end of a pseudonym
    newest = pd.concat(found).sort_values(VOLGORDE).drop_duplicates(SLEUTEL, keep="last")
    per_maand = newest.groupby(["persoon", "datum_begin"])[BEDRAG].sum()
    return len(per_maand), int(per_maand.sum())


def spark(folder: Path) -> Uitkomst:
    from pyspark.sql import SparkSession  # noqa: PLC0415

    with tempfile.TemporaryDirectory() as spill:
        builder = SparkSession.builder.master("local[2]").config("spark.driver.memory", "6g")
        builder = builder.config("spark.local.dir", spill).config("spark.ui.enabled", "false")
        builder = builder.config("spark.sql.shuffle.partitions", "16").config("spark.log.level", "ERROR")
        session = builder.getOrCreate()
        session.read.parquet(*_opgaven(folder)).createOrReplaceTempView("iko")
        session.read.parquet(_populatie(folder)).createOrReplaceTempView("populatie")
        row = session.sql(_sql("iko", "populatie", eerst=True)).collect()[0]
        gateway = session.sparkContext._gateway
        session.stop()
        gateway.shutdown()
        gateway.proc.stdin.close()
        gateway.proc.wait()  # so that its memory counts as what this process took
    return int(row[0]), int(row[1])


MOTOREN: dict[str, Callable[[Path], Uitkomst]] = {
    each.__name__: each for each in (duckdb, duckdb_gewoon, polars, pandas, spark)
}

if __name__ == "__main__":
    started = time.perf_counter()
    rows, total = MOTOREN[sys.argv[1]](Path(sys.argv[2]))
    seconds = time.perf_counter() - started
    sys.stdout.write(json.dumps({"seconden": seconds, "rijen": rows, "som": total}) + "\n")
