"""Every case gives on Spark what it gives on DuckDB: the same signals, bewijs and counts, in the same order and types.

New products and cases come along by themselves. Cases with the same leveringen go through the engines together, also
those that count who was left out, because here the counts of the whole are compared.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from tests.spark import assert_same_on_spark, needs_spark
from tests.spec.signals.casus import Casus, Row, read_case, together, write_input
from tests.spec.signals.conftest import case_folders

pytestmark = needs_spark


def groups() -> list[list[Casus]]:
    """The cases, in groups that one build can take."""
    found: list[list[Casus]] = []
    for casus in map(read_case, case_folders()):
        for group in found:
            if _kind(group[0]) == _kind(casus) and _fits([*group, casus]):
                group.append(casus)
                break
        else:
            found.append([casus])
    return found


def _kind(casus: Casus) -> tuple[object, ...]:
    """What cases of one build share: the leveringen of other periodes are those of all of them."""
    earlier = sorted((row["levering"], row["periode"]) for row in casus.leveringen if row["periode"] != casus.periode)
    return casus.product, casus.periode, casus.aanwezig, tuple(earlier)


def _fits(cases: Sequence[Casus]) -> bool:
    try:
        together(cases)
    except ValueError:  # they share a kenteken, KvK- or aanvraagnummer
        return False
    return True


def _in_one(cases: Sequence[Casus]) -> Casus:
    leveringen: dict[str, Row] = {row["levering"]: row for casus in cases for row in casus.leveringen}
    return replace(together(cases), leveringen=list(leveringen.values()))


def _name(group: Sequence[Casus]) -> str:
    return f"{group[0].product}-{group[0].periode}-{group[0].naam}" + (f"+{len(group) - 1}" if group[1:] else "")


@pytest.mark.parametrize("group", groups(), ids=_name)
def test_spark_gives_what_duckdb_gives(group: Sequence[Casus], tmp_path: Path) -> None:
    casus = _in_one(group)
    invoer = write_input(casus, tmp_path)
    assert_same_on_spark(casus.product, invoer, tmp_path, periode=casus.periode, aanwezig=casus.aanwezig)
