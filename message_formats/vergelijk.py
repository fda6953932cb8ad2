"""The formats of one delivery beside each other: do they hold the same envelope, signals and bewijs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from message_formats.names import Formaat, camel
from message_formats.read import GelezenBericht


@dataclass(frozen=True)
class Vergelijking:
    """How one format stands: what it holds, and where it first departs from the others; never a value.

    `verschillen` are places: an envelope field (against the manifest), or a row and column of signals or bewijs
    (against the first format).
    """

    formaat: Formaat
    signalen: int
    bewijs: int
    verschillen: tuple[str, ...]


def vergelijk(envelop: Mapping[str, Any], gelezen: Mapping[Formaat, GelezenBericht]) -> tuple[Vergelijking, ...]:
    """Compares every format with the envelope of the manifest and with the first format that was read."""
    first = next(iter(gelezen.values()), None)
    return tuple(
        Vergelijking(
            formaat, bericht.signalen.num_rows, bericht.bewijs.num_rows, tuple(_verschillen(envelop, bericht, first))
        )
        for formaat, bericht in gelezen.items()
        if first is not None
    )


def _verschillen(envelop: Mapping[str, Any], bericht: GelezenBericht, first: GelezenBericht) -> Iterator[str]:
    if field := next((naam for naam, waarde in bericht.envelop.items() if envelop.get(naam) != waarde), None):
        yield f"envelop, {camel(field)}"
    for deel in ("signalen", "bewijs"):
        if place := _eerste(getattr(first, deel), getattr(bericht, deel)):
            yield f"{deel}, {place}"


def _eerste(een: pa.Table, ander: pa.Table) -> str | None:
    """Where two tables of one schema first differ, in the order of the columns."""
    if een.num_rows != ander.num_rows:
        return f"{ander.num_rows} rijen in plaats van {een.num_rows}"
    for naam in een.column_names:
        if not een[naam].equals(ander[naam]):
            same = pc.equal(een[naam], ander[naam]).fill_null(False)
            both_absent = pc.and_(pc.is_null(een[naam]), pc.is_null(ander[naam]))
            return f"rij {pc.index(pc.or_(same, both_absent), False).as_py() + 1}, kolom {camel(naam)}"
    return None
