"""Every case folder gives exactly the signals that its `verwacht.csv` says, each with its bewijs."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from tests.spec.signals.casus import expected, read_case, readable
from tests.spec.signals.conftest import Uitkomst, case_folders

PRODUCTEN = {"inkomsten", "vsv", "kwijtschelding", "kvk"}


def test_casus(casus_map: Path, uitkomst_van: Callable[[Path], Uitkomst]) -> None:
    casus = read_case(casus_map)
    uitkomst = uitkomst_van(casus_map)
    assert readable(uitkomst.signalen, casus.kolommen, uitkomst.names) == expected(casus), casus.waarom
    if casus.uitgesloten is not None:
        assert uitkomst.uitgesloten == casus.uitgesloten


def test_every_signal_has_bewijs_without_pseudonym(casus_map: Path, uitkomst_van: Callable[[Path], Uitkomst]) -> None:
    uitkomst = uitkomst_van(casus_map)
    assert set(uitkomst.bewijs["signaal_id"].to_pylist()) == set(uitkomst.signalen["signaal_id"].to_pylist())
    tokens = {text for name in uitkomst.names for text in (name.hex(), _as_uuid(name))}
    assert not tokens & set(uitkomst.bewijs["waarde"].to_pylist())


def _as_uuid(token: bytes) -> str:
    text = token.hex()
    return "-".join([text[:8], text[8:12], text[12:16], text[16:20], text[20:]])


def test_every_product_has_cases() -> None:
    assert {folder.parent.name for folder in case_folders()} == PRODUCTEN
