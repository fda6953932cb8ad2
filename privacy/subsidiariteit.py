"""Who need not be looked up further, because a table consulted before already says enough (subsidiariteit).

What counts of that table is what the signals count of it: of rows with the same key the one received last, and of those
the ones that run on the peildatum. An incomplete date is taken as wide as it may be, as everywhere (`signals.md`).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date
from pathlib import Path

import duckdb
import pyarrow as pa

from schemas.arrow import PSEUDONIEM, lake_name
from schemas.doel import Raadpleging, Tenzij
from schemas.load import find_tabel

_LOPEND = """
with geldend as (
    select * from read_parquet($paden, union_by_name = true)
    qualify row_number() over (partition by {sleutel} order by levering_nr desc, record_nr desc) = 1
)
select {personen} from geldend
where coalesce({van}, 0) <= $peildag
  and ({tot} is null or $peildag <= case
      when {tot} = 0 then 99991231
      when {tot} % 10000 = 0 then {tot} + 1231
      when {tot} % 100 = 0 then {tot} + 31
      else {tot} end)
  {waarbij}
"""


def lopend(
    databank: duckdb.DuckDBPyConnection, paden: Sequence[Path], bron: Raadpleging, tenzij: Tenzij, peildatum: date
) -> Iterator[pa.Array]:
    """The pseudonyms (16 bytes, no nulls) of the persons `tenzij` excepts, from lake files (one or more) of `bron`."""
    sleutel = [lake_name(veld) for veld in find_tabel(bron.tabel).sleutel if veld in bron.velden]
    personen = [lake_name(veld) for veld in tenzij.personen]
    waarbij = {f"waarden{nr}": list(waarden) for nr, waarden in enumerate(tenzij.waarbij.values())}
    query = _LOPEND.format(
        sleutel=", ".join(sleutel),
        personen=", ".join(personen),
        van=lake_name(tenzij.van),
        tot=lake_name(tenzij.tot),
        waarbij="".join(
            f" and list_contains(${naam}, {veld})" for naam, veld in zip(waarbij, tenzij.waarbij, strict=True)
        ),
    )
    peildag = peildatum.year * 10_000 + peildatum.month * 100 + peildatum.day
    values = {"paden": [str(pad) for pad in paden], "peildag": peildag, **waarbij}
    for batch in databank.sql(query, params=values).to_arrow_reader():
        for column in batch.columns:
            yield column.cast(PSEUDONIEM).drop_null()
