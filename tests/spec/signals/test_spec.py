"""Every case folder gives exactly the signals that its `verwacht.csv` says, each with its bewijs."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import pyarrow.parquet as pq
import pytest
import yaml

from pipeline.mutaties import bepaal_mutaties
from schemas.load import producten, read_csv
from tests.spec.signals.casus import expected, read_case, readable
from tests.spec.signals.conftest import HERE, Uitkomst, case_folders, gemerkt
from tests.spec.signals.overzicht import README, overzicht
from tests.spec.signals.randen import RANDEN


def in_bewijs() -> dict[str, dict[str, list[str]]]:
    """What the bewijs of a code must hold, as `<product>/bewijs.yml` says: `feiten` and `normen`."""
    files = [yaml.safe_load((HERE / naam / "bewijs.yml").read_text(encoding="utf-8")) for naam in producten()]
    return {code: required for file in files for code, required in file.items()}


IN_BEWIJS = in_bewijs()


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


def test_bewijs_holds_what_the_case_names(casus_map: Path, uitkomst_van: Callable[[Path], Uitkomst]) -> None:
    casus = read_case(casus_map)
    found = [{**feit, **signaal} for signaal, feiten in per_signaal(uitkomst_van(casus_map)) for feit in feiten]
    for row in casus.bewijs:
        assert any(all((feit[kolom] or "") == value for kolom, value in row.items()) for feit in found), row


def test_bewijs_names_what_the_rule_used(casus_map: Path, uitkomst_van: Callable[[Path], Uitkomst]) -> None:
    """The facts and norms of the code, each with its record; the value of a norm is that of the peildatum."""
    casus = read_case(casus_map)
    for signaal, feiten in per_signaal(uitkomst_van(casus_map)):
        code, normen = signaal["signaal_code"], {feit["norm"]: feit["norm_waarde"] for feit in feiten if feit["norm"]}
        assert set(IN_BEWIJS[code]["feiten"]) <= {feit["kenmerk"] for feit in feiten}, signaal
        assert set(IN_BEWIJS[code]["normen"]) <= set(normen), signaal
        assert all(feit["levering_id"] and feit["levering_nr"] for feit in feiten), signaal
        # A count rests on leveringen: the record of a person would name one of those counted.
        over_personen = producten()[casus.product].over == "personen"
        assert all((feit["record_nr"] is not None) == over_personen for feit in feiten), signaal
        assert all(feit["peildatum"].isoformat()[:7] == casus.periode for feit in feiten), signaal
        if code.startswith("VSV-") and signaal["prioriteit"] in {2, 3}:
            assert {"vsv_inkomensgrens", "vsv_inkomensgrens_23plus"} & set(normen), signaal
        if signaal.get("netto_inkomen_maand") is not None:
            assert any(naam.startswith("kw_norm_") for naam in normen), signaal
        bekend = geldend(casus.referentie.get("referentie.norm") or read_csv("codes/norm.csv"), feiten[0]["peildatum"])
        vreemd = {naam for naam, waarde in normen.items() if bekend.get(naam) != waarde}
        assert vreemd <= {"voertuigafschrijving"}, vreemd


BEZORGD = [folder for folder in case_folders() if (folder / "ontvangers.csv").exists()]


@pytest.mark.parametrize("geval", gemerkt(BEZORGD))
def test_who_hears_of_it(geval: Path, uitkomst_van: Callable[[Path], Uitkomst], tmp_path: Path) -> None:
    """The first time: each ontvanger its own signals, and by a bundle an RMC-regio those of its gemeenten."""
    casus, uitkomst = read_case(geval), uitkomst_van(geval)
    pq.write_table(uitkomst.signalen, tmp_path / f"signal_{casus.product}.parquet")
    pq.write_table(uitkomst.bewijs, tmp_path / f"bewijs_{casus.product}.parquet")
    with duckdb.connect() as databank:
        mutaties = bepaal_mutaties(databank, producten()[casus.product], casus.periode, tmp_path, {})
    kolommen = list(casus.ontvangers[0])
    verwacht = sorted(tuple(row[kolom] for kolom in kolommen) for row in casus.ontvangers)
    assert readable(mutaties.signalen, kolommen, uitkomst.names) == verwacht, casus.waarom
    assert set(mutaties.signalen["mutatie"].to_pylist()) == {"nieuw"}


def geldend(normen: Sequence[Mapping[str, str]], peildatum: date) -> dict[str, str]:
    """The norms that apply on a day."""
    dag = peildatum.isoformat()
    return {
        row["norm"]: row["waarde"] for row in normen if (row["geldig_van"] or "0") <= dag <= (row["geldig_tot"] or "9")
    }


def per_signaal(uitkomst: Uitkomst) -> Iterator[tuple[dict[str, Any], list[dict[str, Any]]]]:
    """Each signal, persons by their readable name, with its facts."""
    feiten: dict[str, list[dict[str, Any]]] = {}
    for feit in uitkomst.bewijs.to_pylist():
        feiten.setdefault(feit["signaal_id"], []).append(feit)
    for row in uitkomst.signalen.to_pylist():
        named = {kolom: uitkomst.names[v] if isinstance(v, bytes) else v for kolom, v in row.items()}
        yield named, feiten[row["signaal_id"]]


def _as_uuid(token: bytes) -> str:
    text = token.hex()
    return "-".join([text[:8], text[8:12], text[12:16], text[16:20], text[20:]])


def test_overview_follows_from_the_cases() -> None:
    """`python -m tests.spec.signals.overzicht` writes it."""
    assert README.read_text(encoding="utf-8") == overzicht()


def test_every_product_about_persons_has_fifteen_cases() -> None:
    for naam, product in producten().items():
        if product.over != "aantallen":
            assert sum(folder.parent.name == naam for folder in case_folders()) >= 15, naam


@pytest.mark.parametrize("rand", sorted(RANDEN))
def test_every_edge_has_its_case(rand: str) -> None:
    assert (HERE / RANDEN[rand] / "case.yml").exists()


def test_every_code_is_in_a_case() -> None:
    """A rule without a case would pass whatever it does."""
    expected_codes = {row["signaal_code"] for casus in map(read_case, case_folders()) for row in casus.verwacht}
    assert expected_codes == {code for product in producten().values() for code in product.signalen}


def test_every_product_has_cases() -> None:
    assert {folder.parent.name for folder in case_folders()} == set(producten())


def test_every_code_says_what_its_bewijs_holds() -> None:
    assert set(IN_BEWIJS) == {code for product in producten().values() for code in product.signalen}
