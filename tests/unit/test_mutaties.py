"""Which signals a recipient must hear about, on small runs written by hand."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

from pipeline.mutaties import ALLE, Mutaties, Volledig, bepaal_mutaties, lees_bewijs
from pipeline.uitlevering.samenstel import partners
from schemas.arrow import PSEUDONIEM
from schemas.load import producten

VSV, INKOMSTEN = producten()["vsv"], producten()["inkomsten"]
Rij = tuple[str, str, str, int]  # signaal_id, signaal_code, ontvanger, a value that is content


def run(folder: Path, product: str, rijen: list[Rij]) -> Path:
    """A run folder with signals and one fact of bewijs for each."""
    folder.mkdir()
    signalen = {
        "signaal_id": pa.array([rij[0] for rij in rijen], pa.string()),
        "signaal_code": pa.array([rij[1] for rij in rijen], pa.string()),
        "ontvanger": pa.array([rij[2] for rij in rijen], pa.string()),
        "persoon": pa.array([rij[0].encode().ljust(16, b"x") for rij in rijen], PSEUDONIEM),
        "onderwerp": pa.array(["" for _ in rijen], pa.string()),
        "ingang": pa.array(["2026-01-01" for _ in rijen], pa.string()),
        "peildatum": pa.array([folder.name for _ in rijen], pa.string()),
        "prioriteit": pa.array([rij[3] for rij in rijen], pa.int32()),
    }
    pq.write_table(pa.table(signalen), folder / f"signal_{product}.parquet")
    bewijs = {
        "signaal_id": signalen["signaal_id"],
        "volgnummer": pa.array([1] * len(rijen), pa.int32()),
        "waarde": pa.array([folder.name] * len(rijen), pa.string()),
    }
    pq.write_table(pa.table(bewijs), folder / f"bewijs_{product}.parquet")
    return folder


def bepaal(*run: Any) -> Mutaties:
    with duckdb.connect() as databank:
        return bepaal_mutaties(databank, *run)


def bewijs(mutaties: Mutaties) -> pa.Table:
    """The bewijs of what is sent, each fact with the number of its signal."""
    sent = mutaties.signalen.filter(mutaties.signalen["te_sturen"])
    with duckdb.connect() as databank:
        facts = lees_bewijs(databank, mutaties.bewijs, sent, 2).read_all()
    return facts.append_column("intern_id", sent["intern_id"].take(facts["rij"]))


def uitkomst(table: pa.Table) -> set[tuple[str, str, str]]:
    """(ontvanger, intern_id, mutatie) of every row."""
    return {(row["ontvanger"], row["intern_id"], row["mutatie"]) for row in table.to_pylist()}


def test_first_time_everything_is_new_and_the_regio_gets_it_too(tmp_path: Path) -> None:
    nu = run(tmp_path / "nu", "vsv", [("a", "VSV-D1", "0344", 1)])
    mutaties = bepaal(VSV, "2026-02", nu, {})
    assert uitkomst(mutaties.signalen) == {("0344", "a", "nieuw"), ("rmc-19", "a", "nieuw")}
    assert bewijs(mutaties)["intern_id"].to_pylist() == ["a", "a"]  # each message has it


def test_next_month(tmp_path: Path) -> None:
    toen = run(
        tmp_path / "toen",
        "vsv",
        [("blijft", "VSV-D1", "0344", 1), ("anders", "VSV-D1", "0344", 1), ("weg", "VSV-D1", "0344", 1)],
    )
    nu = run(
        tmp_path / "nu",
        "vsv",
        [("blijft", "VSV-D1", "0344", 1), ("anders", "VSV-D1", "0344", 2), ("erbij", "VSV-D2", "0344", 1)],
    )
    mutaties = bepaal(VSV, "2026-03", nu, {"0344": (toen, "2026-02")})
    found = {row for row in uitkomst(mutaties.signalen) if row[0] == "0344"}
    assert found == {
        ("0344", "blijft", "ongewijzigd"),
        ("0344", "anders", "gewijzigd"),
        ("0344", "weg", "beeindigd"),
        ("0344", "erbij", "nieuw"),
    }
    feiten = bewijs(mutaties)
    waarden = dict(zip(feiten["intern_id"].to_pylist(), feiten["waarde"].to_pylist(), strict=True))
    assert waarden["weg"] == "toen"  # what ended still shows what it rested on
    assert waarden["anders"] == "nu"


def test_same_month_again_withdraws(tmp_path: Path) -> None:
    toen = run(tmp_path / "toen", "inkomsten", [("weg", "INK-02", "0344", 1)])
    nu = run(tmp_path / "nu", "inkomsten", [])
    mutaties = bepaal(INKOMSTEN, "2026-02", nu, {"0344": (toen, "2026-02")})
    assert uitkomst(mutaties.signalen) == {("0344", "weg", "ingetrokken")}


def test_an_event_of_an_earlier_month_does_not_end(tmp_path: Path) -> None:
    toen = run(tmp_path / "toen", "inkomsten", [("weg", "INK-02", "0344", 1)])
    nu = run(tmp_path / "nu", "inkomsten", [])
    mutaties = bepaal(INKOMSTEN, "2026-03", nu, {"0344": (toen, "2026-02")})
    assert mutaties.signalen.num_rows == 0


def test_who_moves_ends_at_one_and_begins_at_the_other(tmp_path: Path) -> None:
    toen = run(tmp_path / "toen", "vsv", [("a", "VSV-D1", "0344", 1)])
    nu = run(tmp_path / "nu", "vsv", [("a", "VSV-D1", "0363", 1)])
    eerder = dict.fromkeys(("0344", "0363", "rmc-19", "rmc-21"), (toen, "2026-02"))
    mutaties = bepaal(VSV, "2026-03", nu, eerder)
    assert uitkomst(mutaties.signalen) == {
        ("0344", "a", "beeindigd"),
        ("rmc-19", "a", "beeindigd"),
        ("0363", "a", "nieuw"),
        ("rmc-21", "a", "nieuw"),
    }
    assert bewijs(mutaties)["waarde"].to_pylist() == ["nu"] * 4  # on the newest bewijs, also where it ends


@pytest.mark.parametrize(("ontvanger", "krijgt"), [("0344", True), ("ws-0155", True), ("rmc-19", False)])
def test_partner_only_where_the_agreement_has_it(ontvanger: str, krijgt: bool) -> None:
    table = pa.table({"ontvanger": [ontvanger], "partner": pa.array([b"p" * 16], PSEUDONIEM)})
    assert pc.is_valid(partners(table))[0].as_py() == krijgt


def gestuurd(table: pa.Table) -> set[tuple[str, str, str]]:
    """(ontvanger, intern_id, mutatie) of every row that is sent."""
    return uitkomst(table.filter(table["te_sturen"]))


class TestVolledig:
    """Everything that holds now, for who agreed on it or asked for it."""

    def maanden(self, tmp_path: Path) -> tuple[Path, Path]:
        toen = run(
            tmp_path / "toen",
            "vsv",
            [("blijft", "VSV-D1", "0344", 1), ("anders", "VSV-D1", "0344", 1), ("weg", "VSV-D1", "0344", 1)],
        )
        rijen: list[Rij] = [("blijft", "VSV-D1", "0344", 1), ("anders", "VSV-D1", "0344", 2)]
        return toen, run(tmp_path / "nu", "vsv", [*rijen, ("erbij", "VSV-D2", "0344", 1)])

    def test_holds_what_is_now_and_not_what_has_gone(self, tmp_path: Path) -> None:
        toen, nu = self.maanden(tmp_path)
        eerder = dict.fromkeys(("0344", "rmc-19"), (toen, "2026-02"))
        mutaties = bepaal(VSV, "2026-03", nu, eerder, Volledig(afgesproken=frozenset({"0344"})))
        assert gestuurd(mutaties.signalen) == {
            ("0344", "blijft", "ongewijzigd"),
            ("0344", "anders", "gewijzigd"),
            ("0344", "erbij", "nieuw"),
            ("rmc-19", "anders", "gewijzigd"),
            ("rmc-19", "weg", "beeindigd"),
            ("rmc-19", "erbij", "nieuw"),
        }
        assert mutaties.volledig == {"0344"}
        assert set(bewijs(mutaties)["intern_id"].to_pylist()) == {"blijft", "anders", "erbij", "weg"}

    def test_by_agreement_once_for_a_period_and_again_when_something_changed(self, tmp_path: Path) -> None:
        toen, nu = self.maanden(tmp_path)
        agreed = Volledig(afgesproken=frozenset({"0344"}))
        assert bepaal(VSV, "2026-03", nu, {"0344": (nu, "2026-02")}, agreed).volledig == {"0344"}
        assert bepaal(VSV, "2026-03", nu, {"0344": (toen, "2026-03")}, agreed).volledig == {"0344"}
        same = bepaal(VSV, "2026-03", nu, {"0344": (nu, "2026-03")}, agreed)
        assert same.volledig == frozenset()
        assert {row[0] for row in gestuurd(same.signalen)} == {"rmc-19"}

    def test_on_request_always_also_when_it_is_nothing(self, tmp_path: Path) -> None:
        _, nu = self.maanden(tmp_path)
        eerder = dict.fromkeys(("0344", "rmc-19", "0363"), (nu, "2026-03"))
        asked = bepaal(VSV, "2026-03", nu, eerder, Volledig(gevraagd=frozenset({"0344", "0518"})))
        assert asked.volledig == {"0344", "0518"}
        assert gestuurd(asked.signalen) == {("0344", naam, "ongewijzigd") for naam in ("blijft", "anders", "erbij")}
        every = bepaal(VSV, "2026-03", nu, eerder, Volledig(gevraagd=frozenset({ALLE})))
        assert every.volledig == {"0344", "rmc-19", "0363"}

    def test_all_that_was_is_gone(self, tmp_path: Path) -> None:
        toen, _ = self.maanden(tmp_path)
        leeg = run(tmp_path / "leeg", "vsv", [])
        agreed = Volledig(afgesproken=frozenset({"0344"}))
        mutaties = bepaal(VSV, "2026-02", leeg, {"0344": (toen, "2026-02")}, agreed)
        assert (mutaties.volledig, gestuurd(mutaties.signalen)) == ({"0344"}, set())
