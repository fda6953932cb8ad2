"""Builds the cases: those that allow it together in one dbt build, the others each in their own."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

from pipeline.dbt_build import build
from tests.spec.signals.casus import Casus, alone, names_in, read_case, together, write_input
from tests.spec.signals.randen import RANDEN

HERE = Path(__file__).parent


@dataclass(frozen=True)
class Uitkomst:
    """What a case gave: its signals, their bewijs, and how many were left out per reason."""

    signalen: pa.Table
    bewijs: pa.Table
    uitgesloten: Mapping[str, int]
    names: Mapping[bytes, str]


def case_folders() -> list[Path]:
    """The folder of every case."""
    return sorted(path.parent for path in HERE.glob("*/*/case.yml"))


@pytest.fixture(scope="session")
def uitkomst_van(tmp_path_factory: pytest.TempPathFactory) -> Callable[[Path], Uitkomst]:
    """The outcome of a case folder; builds on first use."""
    cases = {folder: read_case(folder) for folder in case_folders()}
    done: dict[Path, Uitkomst] = {}

    def outcome(folder: Path) -> Uitkomst:
        if folder not in done:
            group = [folder] if alone(cases[folder]) else list(_companions(cases, folder))
            done.update(_build({f: cases[f] for f in group}, tmp_path_factory.mktemp(cases[folder].product)))
        return done[folder]

    return outcome


def _companions(cases: Mapping[Path, Casus], folder: Path) -> Iterator[Path]:
    mine = cases[folder]
    for other, casus in cases.items():
        if not alone(casus) and (casus.product, casus.periode, casus.aanwezig) == (
            mine.product,
            mine.periode,
            mine.aanwezig,
        ):
            yield other


def _build(cases: Mapping[Path, Casus], folder: Path) -> Iterator[tuple[Path, Uitkomst]]:
    casus = next(iter(cases.values())) if len(cases) == 1 else together(list(cases.values()))
    result = build(
        casus.product,
        write_input(casus, folder),
        folder / "uit",
        periode=casus.periode,
        aanwezig=casus.aanwezig,
        werkmap=folder / "werk",
    )
    assert result.ok, (result.fouten, result.tests_mislukt)
    signalen, bewijs, uitgesloten = (
        pq.read_table(folder / "uit" / f"{kind}_{casus.product}.parquet")
        for kind in ("signal", "bewijs", "uitgesloten")
    )
    counts = dict(zip(uitgesloten["reden"].to_pylist(), uitgesloten["aantal"].to_pylist(), strict=True))
    for case_folder, part in cases.items():
        names = names_in(part, "" if len(cases) == 1 else f"{part.naam}/")
        if len(cases) == 1:
            yield case_folder, Uitkomst(signalen, bewijs, counts, names)
            continue
        own = signalen.filter(pc.is_in(signalen["persoon"], pa.array(list(names), signalen["persoon"].type)))
        yield case_folder, Uitkomst(own, _bewijs_of(bewijs, own), counts, names)


def _bewijs_of(bewijs: pa.Table, signalen: pa.Table) -> pa.Table:
    return bewijs.filter(pc.is_in(bewijs["signaal_id"], signalen["signaal_id"].combine_chunks()))


def gemerkt(folders: Sequence[Path]) -> list[Any]:
    """Cases as tests named after their folder; a build for one case is for `make check`, but for the edges."""
    return [
        pytest.param(
            folder, id=f"{folder.parent.name}-{folder.name}", marks=[pytest.mark.zwaar] if _zwaar(folder) else []
        )
        for folder in folders
    ]


def _zwaar(folder: Path) -> bool:
    return alone(read_case(folder)) and f"{folder.parent.name}/{folder.name}" not in RANDEN.values()


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Each case is a test of its own."""
    if "casus_map" in metafunc.fixturenames:
        metafunc.parametrize("casus_map", gemerkt(case_folders()))
