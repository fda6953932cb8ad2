"""Which signals a recipient must hear about: this run held against what it last received.

A signal that was not there before is `nieuw`; one whose content differs is `gewijzigd`; one that is the same is
`ongewijzigd` and not sent again. One that has gone is `ingetrokken` when the earlier run was of the same period (its
source was corrected), and `beeindigd` when it was of an earlier period and the signal is a lasting state. A one-time
event of an earlier period stays as it was.

Who gets `volledig`, by agreement or on request, is sent everything that holds now, each signal with how it compares
with what was received; what has gone is not in it. It counts as received like any other delivery.

Two runs speak of the same signal when person, code, employer, subject and start are the same. The `signaal_id` of a run
is its own affair: it joins signals and bewijs, and a rotation of the key changes it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from schemas.load import read_csv
from schemas.product import Product

VERVALLEN = ("beeindigd", "ingetrokken")  # what a signal is that has gone
ALLE = "*"  # everything is asked for whoever has received this product or has signals now
# Differ from run to run without the signal having changed.
_NOT_CONTENT = ("signaal_id", "ontvanger", "peildatum", "filename")
# What makes a signal the same signal within a product; a product without one of these columns does without.
_SAME = ("persoon", "signaal_code", "loonheffingennummer", "onderwerp", "ingang")
# The part of it that is no person, for the number in the message.
_KENMERK = ("signaal_code", "onderwerp", "ingang")

_COMPARE = """
with nieuw as (
    select route.naar, nu_inhoud.* from nu_inhoud join route on route.van = nu_inhoud.ontvanger
),
oud as (
    select route.naar, vorige.periode as vorige_periode, toen_inhoud.*
    from toen_inhoud
    join route on route.van = toen_inhoud.ontvanger
    join vorige on vorige.naar = route.naar and vorige.bestand = toen_inhoud.filename
),
gebleven as (
    select
        nieuw.*,
        case
            when oud.zelfde is null then 'nieuw'
            when oud.inhoud = nieuw.inhoud then 'ongewijzigd'
            else 'gewijzigd'
        end as mutatie
    from nieuw left join oud on oud.naar = nieuw.naar and oud.zelfde = nieuw.zelfde
),
verdwenen as (
    select
        oud.* exclude (vorige_periode),
        case when oud.vorige_periode = $periode then 'ingetrokken' else 'beeindigd' end as mutatie
    from oud
    join aard using (signaal_code)
    where not exists (select 1 from nieuw where nieuw.naar = oud.naar and nieuw.zelfde = oud.zelfde)
      and (oud.vorige_periode = $periode or aard.aard = 'toestand')
)
-- A person who moved: the signal ends at one gemeente and begins at the other, both on the newest bewijs.
, alle as (
    select
        * exclude (naar, inhoud, zelfde, signaal_id, filename) replace (naar as ontvanger),
        first_value(signaal_id) over nieuwste as intern_id,
        first_value(filename) over nieuwste as bestand
    from (select * from gebleven union all by name select * from verdwenen)
    window nieuwste as (partition by zelfde order by filename = $nu desc, filename desc)
)
select alle.* exclude (bestand), nummer.bewijs_nr
from alle join nummer using (bestand)
order by ontvanger, signaal_code, intern_id
"""

_BEWIJS = """
select gekozen.rij, bewijs.* exclude (signaal_id, bestand)
from read_parquet($bestanden, filename = 'bestand') as bewijs
join nummer using (bestand)
join gekozen on gekozen.bewijs_nr = nummer.bewijs_nr and gekozen.intern_id = bewijs.signaal_id
order by gekozen.rij, bewijs.volgnummer
"""


@dataclass(frozen=True)
class Mutaties:
    """Signals per recipient, sorted by recipient and code; the files with their bewijs; who gets everything.

    A signal has `mutatie`, whether it is sent (`te_sturen`), `bewijs_nr` and `intern_id` by which its bewijs is found
    (the place in `bewijs`, and `signaal_id` there), and `kenmerk`: 16 bytes that stand for what it is about, the person
    and the employer aside.
    """

    signalen: pa.Table
    bewijs: tuple[str, ...]
    volledig: frozenset[str]


@dataclass(frozen=True)
class Volledig:
    """Who is to get everything that holds now: those who agreed on it, and those for whom it was asked (`ALLE`)."""

    afgesproken: frozenset[str] = frozenset()
    gevraagd: frozenset[str] = frozenset()

    def wie(self, signalen: pa.Table, eerder: Mapping[str, tuple[Path, str]], periode: str) -> frozenset[str]:
        """Who gets it, also when that is nothing.

        By agreement it is made once for a period, and again when something changed; on request always.
        """
        gone = pc.is_in(signalen["mutatie"], value_set=pa.array(VERVALLEN))
        known = set(signalen.filter(pc.invert(gone))["ontvanger"].to_pylist()) | eerder.keys()
        changed = set(signalen.filter(pc.not_equal(signalen["mutatie"], "ongewijzigd"))["ontvanger"].to_pylist())
        received = {naar for naar, (_, periode_toen) in eerder.items() if periode_toen == periode}
        asked = known if ALLE in self.gevraagd else self.gevraagd
        return frozenset(asked | {naar for naar in self.afgesproken & known if naar in changed or naar not in received})


NIEMAND = Volledig()


def bepaal_mutaties(  # noqa: PLR0913, PLR0917 - what is held against what, and where it is computed
    databank: duckdb.DuckDBPyConnection,
    product: Product,
    periode: str,
    nu: Path,
    eerder: Mapping[str, tuple[Path, str]],
    volledig: Volledig = NIEMAND,
) -> Mutaties:
    """Compares the run in folder `nu` with what each recipient last received.

    `eerder` maps a recipient to the folder and period of the run it last received; a recipient that is not in it never
    received anything.
    """
    folders = sorted({folder for folder, _ in eerder.values()} | {nu})
    files = {folder: str(folder / f"signal_{product.product}.parquet") for folder in folders}
    aard = {code: signaal.aard for code, signaal in product.signalen.items()}
    databank.register("route", _table(("van", "naar"), route(product)))
    databank.register("aard", _table(("signaal_code", "aard"), list(aard.items())))
    databank.register("nummer", _nummer(list(files.values())))
    vorige = [(naar, files[folder], periode_toen) for naar, (folder, periode_toen) in eerder.items()]
    databank.register("vorige", _table(("naar", "bestand", "periode"), vorige))
    paths = sorted({row[1] for row in vorige}) or [files[nu]]
    shared = shared_columns([files[nu], *paths])
    signals_view(databank, "nu_inhoud", [files[nu]], product.product, shared)
    signals_view(databank, "toen_inhoud", paths, product.product, shared)
    signalen = databank.sql(_COMPARE, params={"periode": periode, "nu": files[nu]}).to_arrow_table()
    naar_volledig = volledig.wie(signalen, eerder, periode)
    signalen = signalen.append_column("te_sturen", _te_sturen(signalen, naar_volledig))
    bewijs = tuple(str(folder / f"bewijs_{product.product}.parquet") for folder in folders)
    return Mutaties(signalen, bewijs, naar_volledig)


def lees_bewijs(
    databank: duckdb.DuckDBPyConnection, bewijs: Sequence[str], signalen: pa.Table, rijen: int
) -> pa.RecordBatchReader:
    """The bewijs of signals with `intern_id` and `bewijs_nr`, in their order and per signal in that of its volgnummer.

    Column `rij` (int64) says of which signal each fact is: its place in `signalen`. Up to `rijen` facts at a time; the
    whole is sorted where it need not fit in memory.
    """
    chosen = signalen.select(["intern_id", "bewijs_nr"])
    databank.register("gekozen", chosen.append_column("rij", pa.array(np.arange(len(chosen)))))
    databank.register("nummer", _nummer(bewijs))
    return databank.sql(_BEWIJS, params={"bestanden": list(bewijs)}).to_arrow_reader(rijen)


def _nummer(files: Sequence[str]) -> pa.Table:
    return pa.table({"bestand": pa.array(files, pa.string()), "bewijs_nr": pa.array(range(len(files)), pa.int32())})


def _te_sturen(signalen: pa.Table, volledig: frozenset[str]) -> pa.ChunkedArray:
    """Which signals are sent: what changed, or to whom gets everything what holds now."""
    all_of_it = pc.is_in(signalen["ontvanger"], value_set=pa.array(sorted(volledig), pa.string()))
    gone = pc.is_in(signalen["mutatie"], value_set=pa.array(VERVALLEN))
    return pc.if_else(all_of_it, pc.invert(gone), pc.not_equal(signalen["mutatie"], "ongewijzigd"))


def _table(names: Sequence[str], rows: Sequence[tuple[str, ...]]) -> pa.Table:
    columns = zip(*rows, strict=True) if rows else ((),) * len(names)
    return pa.table([pa.array(column, pa.string()) for column in columns], names=list(names))


def route(product: Product) -> list[tuple[str, str]]:
    """Who receives the signals of whom: each recipient its own, and an RMC-regio those of its gemeenten as well."""
    gemeenten = read_csv("codes/gemeente.csv")
    rows = {(row["gemeentecode"], row["gemeentecode"]) for row in gemeenten}
    rows |= {(row["ontvanger"], row["ontvanger"]) for row in read_csv("ontvangers/ontvanger.csv")}
    if product.bundel == "rmc":
        rows |= {(row["gemeentecode"], f"rmc-{row['rmc_regio']}") for row in gemeenten if row["rmc_regio"]}
    return sorted(rows)


def shared_columns(paths: Sequence[str]) -> frozenset[str]:
    """The columns that all files have. A field that was added since does not make every signal a changed one."""
    return frozenset.intersection(*(frozenset(pq.read_schema(path).names) for path in paths))


def signals_view(
    connection: duckdb.DuckDBPyConnection, name: str, paths: list[str], product: str, shared: frozenset[str]
) -> None:
    """A view over signal files with their file name, what makes a signal the same, its kenmerk and its content.

    Content is in the columns of `shared` (`shared_columns`).
    """
    relation = connection.read_parquet(paths, filename=True, union_by_name=True)
    content = [column for column in relation.columns if column in shared and column not in _NOT_CONTENT]
    same = [column for column in _SAME if column in relation.columns]
    relation.project(
        f"*, sha256({_text(same)}) as zelfde, md5({_text(content)}) as inhoud, "
        f"unhex(left(sha256('{product}' || chr(31) || {_text(_KENMERK)}), 32)) as kenmerk"
    ).create_view(name)


def _text(columns: Sequence[str]) -> str:
    """The values of some columns as one text, different for different values."""
    values = ", ".join(f"coalesce(\"{column}\"::varchar, '')" for column in columns)
    return f"concat_ws(chr(31), {values})"
