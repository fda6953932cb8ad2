"""What goes wrong in real extracts: wrong burgerservicenummers, records that come twice, values that are no dates."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from demo.bsn import SOORTEN_FOUT, spoil_bsns

BSN = "burgerservicenummer"


def count(rijen: int, per_duizend: float, minstens: int) -> int:
    """How many of `rijen` go wrong: a share, but enough to be seen in a small country, and at most 2% of a small table.

    More than that would be no irregularity: the door parks a levering that is mostly wrong.
    """
    return max(min(minstens, rijen // 50), int(rijen * per_duizend / 1_000))


def plant(rng: np.random.Generator, tabel: pa.Table, ongeldig: float = 2.0, dubbel: float = 2.0) -> pa.Table:
    """The table with extra rows: copies with a wrong burgerservicenummer (all kinds), and rows that come twice.

    Rates are per thousand rows. The good rows all stay; extra rows come last.
    """
    fout = tabel.take(pa.array(rng.permutation(len(tabel))[: count(len(tabel), ongeldig, len(SOORTEN_FOUT))]))
    plaats = tabel.column_names.index(BSN)
    fout = fout.set_column(plaats, BSN, spoil_bsns(pc.fill_null(fout[BSN].combine_chunks(), "999999990")))
    twee = tabel.take(pa.array(rng.permutation(len(tabel))[: count(len(tabel), dubbel, 2)]))
    return pa.concat_tables([tabel, fout, twee], promote_options="default").combine_chunks()


def blank(rng: np.random.Generator, tabel: pa.Table, kolom: str, per_duizend: float) -> pa.Table:
    """The table with some values of an optional column missing."""
    weg = pa.array(rng.random(len(tabel)) < per_duizend / 1_000)
    waarden = pc.if_else(weg, pa.scalar(None, pa.string()), tabel[kolom])
    return tabel.set_column(tabel.column_names.index(kolom), kolom, waarden)


def overwrite(rng: np.random.Generator, tabel: pa.Table, kolom: str, waarde: str, aantal: int) -> pa.Table:
    """The table with `waarde` in a column of extra copies of some rows, which come last."""
    extra = tabel.take(pa.array(rng.permutation(len(tabel))[:aantal]))
    vast = pa.array([waarde] * len(extra), pa.string())
    return pa.concat_tables([tabel, extra.set_column(tabel.column_names.index(kolom), kolom, vast)]).combine_chunks()
