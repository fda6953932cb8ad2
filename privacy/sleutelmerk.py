"""The mark on a Parquet file that says under which key version its pseudonyms are, and what was computed from them.

A file without these needs no mark. One that has them and no mark is of version 1.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from schemas.fout import KetenFout

MERK = b"sleutelversie"
# The files of a run, with their column of numbers that were computed from pseudonyms.
NUMMERS = {"signal": "signaal_id", "bewijs": "signaal_id", "geleverd": "intern_id", "ongegrond": "intern_id"}


def merk(schema: pa.Schema, versie: int) -> pa.Schema:
    """The schema with the mark of a key version, and whatever else it said of the file."""
    return schema.with_metadata({**(schema.metadata or {}), MERK: str(versie).encode()})


def pseudoniem_kolommen(schema: pa.Schema) -> list[str]:
    """The columns with pseudonyms: nothing else in the lake and the runs is binary."""
    binary = (pa.types.is_binary, pa.types.is_fixed_size_binary, pa.types.is_large_binary)
    return [column.name for column in schema if any(kind(column.type) for kind in binary)]


def versie_van(pad: Path) -> int:
    """The key version on the mark of a file."""
    return int((pq.read_metadata(pad).metadata or {}).get(MERK, b"1"))


def nummer_kolom(pad: Path) -> str | None:
    """The column with numbers computed from pseudonyms that a file of a run has; in the lake there is none."""
    return NUMMERS.get(pad.name.partition("_")[0])


def is_van_andere_versie(pad: Path, versie: int) -> bool:
    """Whether a file holds something that is under another key version."""
    return versie_van(pad) != versie and bool(nummer_kolom(pad) or pseudoniem_kolommen(pq.read_schema(pad)))


def controleer(paden: Iterable[Path], versie: int) -> None:
    """Refuses files under another key version: their pseudonyms would match nobody.

    Raises:
        KetenFout: `P-ROTATIE` when there is one.
    """
    for pad in paden:
        if is_van_andere_versie(pad, versie):
            raise KetenFout("P-ROTATIE", f"{pad.parent.name}/{pad.name}")
