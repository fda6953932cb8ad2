"""Code lists have periods that make sense, and fields that mention one can be judged by it."""

from __future__ import annotations

from datetime import date
from itertools import pairwise
from pathlib import Path

import pytest

from schemas.load import ROOT, all_tabellen, codelijst, geldige_codes, read_csv
from tests.spec.bronnen.lo_brp import rijen

# Not lists of codes: norms by name, steps of a write-off, the coded messages of this project, where lists come from.
GEEN_CODES = {"melding", "norm", "voertuigafschrijving", "herkomst"}
LIJSTEN = sorted(path.stem for path in (ROOT / "codes").glob("*.csv") if path.stem not in GEEN_CODES)


@pytest.mark.parametrize("naam", LIJSTEN)
def test_periods_of_a_code_do_not_overlap(naam: str) -> None:
    periods: dict[str, list[tuple[str, str]]] = {}
    for row in read_csv(f"codes/{naam}.csv"):
        code = next(iter(row.values()))
        assert code and code == code.strip()
        van, tot = row["geldig_van"] or "0001-01-01", row["geldig_tot"] or "9999-12-31"
        assert date.fromisoformat(van) <= date.fromisoformat(tot), code
        periods.setdefault(code, []).append((van, tot))
    for code, found in periods.items():
        found.sort()
        assert all(tot < van for (_, tot), (van, _) in pairwise(found)), code
    assert codelijst(naam) == frozenset(periods)


def test_every_list_but_the_regions_is_used_by_a_field() -> None:
    used = {veld.codelijst for _, tabel in all_tabellen() for veld in tabel.velden.values()}
    assert used - {None, "ontvanger"} == set(LIJSTEN) - {"rmc_regio"}


def test_every_list_says_where_it_comes_from() -> None:
    """And whether it was held against that source; a list that was not may never decide that a code is uitval."""
    herkomst = {row["lijst"]: row for row in read_csv("codes/herkomst.csv")}
    assert set(herkomst) == set(LIJSTEN)
    for naam, row in herkomst.items():
        assert len(row["herkomst"].split()) >= 4, naam
        assert row["gecontroleerd"] in ("ja", "deels", "nee"), naam
    for naam, tabel in all_tabellen():
        for veld in tabel.velden.values():
            if veld.codelijst in herkomst and herkomst[veld.codelijst]["gecontroleerd"] != "ja":
                assert veld.buiten_lijst == "waarschuwing", naam


def test_lists_of_the_brp_hold_what_published_persoonslijsten_have(real: Path) -> None:
    lists = {"07.67.20": "reden_opschorting", "05.15.10": "soort_verbintenis", "05.07.40": "reden_ontbinding"}
    seen: dict[str, set[str]] = {element: set() for element in lists}
    for row in rijen(real):
        for element, text in row:
            if element in seen:
                seen[element].add(text)
    for element, naam in lists.items():
        assert len(seen[element]) > 1
        assert seen[element] <= codelijst(naam), naam


def test_what_was_valid_on_a_day() -> None:
    op = {jaar: geldige_codes("sz_wet", date(jaar, 7, 1)) for jaar in (2003, 2010, 2026)}
    assert {jaar: codes & {"ABW", "WWB", "PW"} for jaar, codes in op.items()} == {
        2003: {"ABW"},
        2010: {"WWB"},
        2026: {"PW"},
    }
    assert "G" in geldige_codes("incidentele_inkomstenvermindering", date(2021, 12, 31))
    assert "G" not in geldige_codes("incidentele_inkomstenvermindering", date(2022, 1, 1))
    assert geldige_codes("soort_ikv", date(2019, 12, 31)) == geldige_codes("soort_ikv", date(2020, 1, 1))
