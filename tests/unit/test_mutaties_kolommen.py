"""Which column of a signal makes it a changed one: every product, every column of its contract, one at a time.

The run of a month ago has a signal per column; in the run of now each has another value in that column and is further
the same.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import yaml

from pipeline.mutaties import bepaal_mutaties
from schemas.arrow import PSEUDONIEM
from schemas.berichten import berichten
from schemas.load import producten
from tests.bouw import CHECKOUT

# Who a signal is about and what it is: another value makes another signal.
ZELFDE = {"persoon", "signaal_code", "loonheffingennummer", "onderwerp", "ingang"}
# What every run has anew, or what says who is told.
NIET = {"signaal_id", "peildatum"}
SOORTEN: dict[str, tuple[pa.DataType, Any, Any]] = {
    "string": (pa.string(), "was", "is"),
    "date": (pa.date32(), date(2026, 1, 1), date(2026, 1, 2)),
    "integer": (pa.int32(), 1, 2),
    "bigint": (pa.int64(), 100, 101),
    "binary": (PSEUDONIEM, b"w" * 16, b"i" * 16),
}


def kolommen(product: str) -> dict[str, str]:
    """The columns of a signal and their types, as its contract has them."""
    path = CHECKOUT / "transforms" / "models" / "signals" / f"{product}.yml"
    (model,) = [
        model
        for model in yaml.safe_load(path.read_text(encoding="utf-8"))["models"]
        if model["name"] == f"signal_{product}"
    ]
    return {column["name"]: column["data_type"] for column in model["columns"]}


def run(folder: Path, product: str, *, veranderd: bool, leeg: bool = False, bewijs: str = "") -> Path:
    """A signal per column of the contract, named by its number; in that column the value is another, or gone."""
    namen = list(kolommen(product))
    codes = list(producten()[product].signalen)
    data: dict[str, pa.Array] = {}
    for naam, soort in kolommen(product).items():
        kind, was, is_ = SOORTEN[soort]
        values = [(None if leeg else is_) if veranderd and naam == ander else was for ander in namen]
        if naam == "ontvanger":
            values = ["0344"] * len(namen)
        elif naam == "onderwerp":
            values = [f"{nr}{'!' * (veranderd and ander == naam)}" for nr, ander in enumerate(namen)]
        elif naam == "signaal_code":  # of a product with one code another value is a code of nobody
            values = [(codes[-1] if codes[1:] else "X") if veranderd and ander == naam else codes[0] for ander in namen]
        elif naam == "signaal_id":
            values = [f"{folder.name}-{nr}" for nr in range(len(namen))]
        data[naam] = pa.array(values, kind)
    folder.mkdir()
    pq.write_table(pa.table(data), folder / f"signal_{product}.parquet")
    facts = {"signaal_id": data["signaal_id"], "volgnummer": pa.array([1] * len(namen), pa.int32())}
    facts["waarde"] = pa.array([bewijs] * len(namen), pa.string())
    pq.write_table(pa.table(facts), folder / f"bewijs_{product}.parquet")
    return folder


def vergeleken(product: str, toen: Path, nu: Path, periode: str = "2026-01") -> dict[str, set[str]]:
    """Per column what became of its signal at the gemeente, which had the earlier run in the same month."""
    with duckdb.connect() as databank:
        table = bepaal_mutaties(databank, producten()[product], periode, nu, {"0344": (toen, "2026-01")}).signalen
    found: dict[str, set[str]] = {naam: set() for naam in kolommen(product)}
    namen = list(found)
    for row in table.to_pylist():
        if row["ontvanger"] == "0344":
            found[namen[int(row["onderwerp"].rstrip("!"))]].add(row["mutatie"])
    return found


@pytest.mark.parametrize("product", producten())
def test_every_column_that_tells_something_makes_a_signal_gewijzigd(product: str, tmp_path: Path) -> None:
    toen, nu = run(tmp_path / "toen", product, veranderd=False), run(tmp_path / "nu", product, veranderd=True)
    for naam, mutaties in vergeleken(product, toen, nu).items():
        if naam in ZELFDE:
            assert mutaties == {"nieuw", "ingetrokken"}, naam
        elif naam in NIET or naam == "ontvanger":
            assert mutaties == {"ongewijzigd"}, naam
        else:
            assert mutaties == {"gewijzigd"}, naam


@pytest.mark.parametrize("product", producten())
def test_a_value_that_is_gone_is_a_change_too(product: str, tmp_path: Path) -> None:
    toen = run(tmp_path / "toen", product, veranderd=False)
    nu = run(tmp_path / "nu", product, veranderd=True, leeg=True)
    content = {naam for naam in kolommen(product) if naam not in ZELFDE | NIET | {"ontvanger"}}
    assert content
    assert {naam for naam, mutaties in vergeleken(product, toen, nu).items() if mutaties == {"gewijzigd"}} >= content


@pytest.mark.parametrize("product", producten())
def test_every_field_of_the_message_is_a_column_that_is_compared(product: str) -> None:
    """What a gemeente reads of the signal, in every version of the message; the fixed texts of a code aside."""
    of_product = [bericht for bericht in berichten().values() if bericht.product == product]
    assert of_product
    for bericht in of_product:
        read = {_kolom(naam, veld.herkomst) for naam, veld in bericht.signaal.items()} - {""}
        assert read - NIET <= set(kolommen(product)), bericht.versie
        assert {"signaal_code", "ingang", "einde"} < read


def _kolom(naam: str, herkomst: Sequence[str]) -> str:
    """The column of the run that a field shows; empty when it is not of the run."""
    rooms = {bron.partition(".")[0] for bron in herkomst}
    if rooms & {"product", "uitlevering"}:
        return ""
    return herkomst[0].partition(".")[2] if rooms == {"signaal"} else naam


def test_other_bewijs_is_no_change(tmp_path: Path) -> None:
    """The same fact from another levering or record: there is nothing new to say."""
    toen = run(tmp_path / "toen", "vsv", veranderd=False, bewijs="record 1")
    nu = run(tmp_path / "nu", "vsv", veranderd=False, bewijs="record 2")
    assert set().union(*vergeleken("vsv", toen, nu).values()) == {"ongewijzigd"}


def test_a_column_that_was_added_since_is_no_change(tmp_path: Path) -> None:
    """And what both runs have is still compared."""
    toen, nu = run(tmp_path / "toen", "vsv", veranderd=False), run(tmp_path / "nu", "vsv", veranderd=True)
    path = toen / "signal_vsv.parquet"
    pq.write_table(pq.read_table(path).drop_columns(["prioriteit"]), path)
    found = vergeleken("vsv", toen, nu)
    assert found["prioriteit"] == {"ongewijzigd"}
    assert found["leeftijd"] == {"gewijzigd"}
