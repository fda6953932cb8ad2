"""The ledger: state and outcome rows change together, and say what is due."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

from lineage import leveringen
from lineage import tabellen as t
from lineage.databank import open_engine
from lineage.ledger import Ledger, Stap, now
from pipeline.instellingen import Instellingen
from tests.bouw import CHECKOUT

NU = datetime(2026, 2, 1, 12, tzinfo=UTC)


@pytest.fixture
def ledger(instellingen: Instellingen) -> Ledger:
    return instellingen.grootboek


def levering(nummer: int, bron: str = "uwv", periode: str = "2026-01", status: str = "ontvangen") -> dict[str, Any]:
    return {
        "levering_id": f"{bron}-{periode}-{nummer:012d}",
        "bron": bron,
        "periode": periode,
        "inhoud": f"{nummer:064d}",
        "omschrijving": "",
        "status": status,
        "code": None,
        "ontvangen_op": NU,
    }


def bestand(nr: int, tabellen: str = "uwv.inkomstenverhouding", code: str | None = None) -> dict[str, Any]:
    return {
        "bestand_nr": nr,
        "formaat": "csv",
        "tabellen": tabellen,
        "bytes": 2**40,  # larger than 32 bits
        "sha256": "0" * 64,
        "code": code,
        "wijzer": None,
    }


def neem_op(ledger: Ledger, nummer: int, tabellen: str = "uwv.inkomstenverhouding", **meer: str) -> int:
    waarden = levering(nummer, **meer)
    stap = Stap("ontvang", waarden["levering_id"], None, waarden["periode"])
    return int(ledger.registreer_levering(waarden, [bestand(1, tabellen)], stap)["levering_nr"])


def aantal(ledger: Ledger, table: sa.Table) -> int:
    return int(ledger.rijen(sa.select(sa.func.count().label("n")).select_from(table))[0]["n"])


class TestTables:
    def test_migrations_make_exactly_the_declared_tables(self, tmp_path: Path) -> None:
        engine = open_engine(f"sqlite:///{tmp_path / 'nieuw.db'}")
        with engine.connect() as connection:
            assert compare_metadata(MigrationContext.configure(connection), t.metadata) == []

    def test_opening_again_keeps_what_is_there(self, tmp_path: Path) -> None:
        url = f"sqlite:///{tmp_path / 'nieuw.db'}"
        neem_op(Ledger(url), 1)
        open_engine.cache_clear()
        assert len(Ledger(url).leveringen()) == 1

    def test_no_column_could_hold_a_person(self) -> None:
        names = {column.name for table in t.metadata.tables.values() for column in table.columns}
        assert not [name for name in names if "burgerservice" in name or "bsn" in name or "persoon" in name]

    def test_foreign_keys_are_kept(self, ledger: Ledger) -> None:
        with pytest.raises(sa.exc.IntegrityError), ledger.transactie() as connection:
            connection.execute(t.levering_bestand.insert().values(levering_nr=99, **bestand(1)))


class TestStappen:
    def test_counts_of_zero_are_not_written(self, ledger: Ledger) -> None:
        ledger.schrijf_stap(Stap("deur", "x", tellingen={("a", "b", "gebruikt"): 3, ("a", "b", "D-POPULATIE"): 0}))
        [telling] = ledger.rijen(sa.select(t.telling))
        assert (telling["reden"], telling["aantal"]) == ("gebruikt", 3)

    def test_step_says_when_it_began_and_ended(self, ledger: Ledger) -> None:
        ledger.schrijf_stap(Stap("deur", "x"))
        [stap] = ledger.rijen(sa.select(t.stap))
        assert stap["begonnen_op"] <= stap["beeindigd_op"]
        assert stap["status"] == "gelukt"

    def test_now_is_in_utc_and_whole_seconds(self) -> None:
        assert now().tzinfo is UTC
        assert now().microsecond == 0


class TestLeveringen:
    def test_numbers_follow_receipt(self, ledger: Ledger) -> None:
        assert [neem_op(ledger, nummer) for nummer in (7, 3, 5)] == [1, 2, 3]
        assert [rij["inhoud"][-1] for rij in ledger.leveringen()] == ["7", "3", "5"]

    def test_found_by_content(self, ledger: Ledger) -> None:
        neem_op(ledger, 7)
        found = ledger.vind_levering(f"{7:064d}")
        assert found is not None and found["levering_nr"] == 1
        assert ledger.vind_levering("x") is None

    def test_same_levering_twice_leaves_nothing_of_the_second(self, ledger: Ledger) -> None:
        neem_op(ledger, 7)
        with pytest.raises(sa.exc.IntegrityError):
            neem_op(ledger, 7)
        assert (aantal(ledger, t.levering), aantal(ledger, t.levering_bestand), aantal(ledger, t.stap)) == (1, 1, 1)

    def test_selection_by_period_and_bron(self, ledger: Ledger) -> None:
        for nummer, (bron, periode) in enumerate([("uwv", "2025-12"), ("brp", "2026-01"), ("uwv", "2026-02")], 1):
            neem_op(ledger, nummer, bron=bron, periode=periode)
        assert [rij["levering_nr"] for rij in ledger.leveringen("2026-01")] == [1, 2]
        assert [rij["levering_nr"] for rij in ledger.leveringen(None, ["uwv"])] == [1, 3]
        assert ledger.leveringen("2026-01", []) == []

    def test_parked_levering_is_not_used(self, ledger: Ledger) -> None:
        neem_op(ledger, 1, status="geparkeerd")
        neem_op(ledger, 2)
        assert [rij["levering_nr"] for rij in ledger.leveringen()] == [2]

    def test_tables_of_all_files(self, ledger: Ledger) -> None:
        waarden = levering(1)
        files = [bestand(1, "brp.persoon brp.huwelijk"), bestand(2, "brp.persoon"), bestand(3, "", "B-LEEG")]
        ledger.registreer_levering(waarden, files, Stap("ontvang", waarden["levering_id"]))
        assert ledger.tabellen_per_levering() == {1: frozenset({"brp.persoon", "brp.huwelijk"})}
        assert [rij["bestand_nr"] for rij in ledger.bestanden(1)] == [1, 2, 3]


class TestDoorgangen:
    def test_passage_counts_for_its_own_toelating_and_doel(self, ledger: Ledger) -> None:
        nr = neem_op(ledger, 1)
        ledger.registreer_doorgangen(nr, {"vsv": "a", "kvk": "b"}, {}, Stap("deur", "x"))
        assert ledger.heeft_doorgang(nr, "vsv", "a")
        assert not ledger.heeft_doorgang(nr, "vsv", "b")
        assert not ledger.heeft_doorgang(nr, "inkomsten", "a")
        assert not ledger.heeft_doorgang(nr + 1, "vsv", "a")

    def test_same_passage_by_two_processes_is_entered_once(self, ledger: Ledger) -> None:
        nr = neem_op(ledger, 1)
        for _ in range(2):
            ledger.registreer_doorgangen(
                nr, {"vsv": "a"}, {}, Stap("deur", "x", tellingen={("vsv", "t", "gebruikt"): 1})
            )
        assert aantal(ledger, t.doorgang) == 1
        assert aantal(ledger, t.telling) == 1

    def test_broken_file_and_parked_levering(self, ledger: Ledger) -> None:
        """What it passed for is taken back, and nobody enters it again; parked twice is parked once."""
        nr = neem_op(ledger, 1)
        ledger.registreer_doorgangen(nr, {"vsv": "a"}, {}, Stap("deur", "x"))
        [row] = leveringen.alle(ledger)
        for _ in range(2):
            leveringen.parkeer(ledger, row, Stap("deur", "x", code="B-KAPOT"), "bestand 1", {1: "B-KAPOT"})
        ledger.registreer_doorgangen(nr, {"kvk": "a"}, {}, Stap("deur", "x"))
        assert ledger.bestanden(nr)[0]["code"] == "B-KAPOT"
        assert ledger.leveringen() == []
        assert (aantal(ledger, t.doorgang), aantal(ledger, t.stap)) == (0, 3)
        [row] = ledger.rijen(sa.select(t.levering))
        assert (row["status"], row["code"], row["wijzer"]) == ("geparkeerd", "B-KAPOT", "bestand 1")

    def test_failure_leaves_neither_passage_nor_step(self, ledger: Ledger) -> None:
        with pytest.raises(sa.exc.IntegrityError):
            ledger.registreer_doorgangen(99, {"vsv": "a"}, {}, Stap("deur", "x"))
        assert (aantal(ledger, t.doorgang), aantal(ledger, t.stap)) == (0, 1 - 1)


def run(ledger: Ledger, run_id: str, periode: str = "2026-01", product: str = "vsv") -> None:
    waarden: Mapping[str, Any] = {
        "run_id": run_id,
        "product": product,
        "periode": periode,
        "pins": "{}",
        "status": "gelukt",
        "aangemaakt_op": NU,
    }
    ledger.registreer_run(waarden, [], Stap("signaleer", run_id, product, periode))


def uitlevering(
    run_id: str, ontvanger: str, volgnummer: int | None, status: str, periode: str = "2026-01"
) -> dict[str, Any]:
    return {
        "run_id": run_id,
        "ontvanger": ontvanger,
        "product": "vsv",
        "periode": periode,
        "volgnummer": volgnummer,
        "bericht_identificatie": None,
        "leveringsoort": "mutaties",
        "aantal": 1,
        "ongewijzigd": 0,
        "status": status,
        "code": None,
        "dagtekening": NU,
    }


class TestRunsEnUitleveringen:
    def test_newest_run_of_a_period(self, ledger: Ledger) -> None:
        for run_id, periode in (("a", "2026-01"), ("b", "2026-02"), ("c", "2026-01")):
            run(ledger, run_id, periode)
        newest = ledger.laatste_run("vsv", "2026-01")
        assert newest is not None and newest["run_id"] == "c"
        assert ledger.laatste_run("vsv", "2025-12") is None
        assert ledger.laatste_run("kvk", "2026-01") is None

    def test_what_a_recipient_has_is_what_it_was_last_delivered(self, ledger: Ledger) -> None:
        for run_id, periode in (("a", "2026-01"), ("b", "2026-02"), ("c", "2026-01"), ("d", "2026-02")):
            run(ledger, run_id, periode)
        ledger.neem_voor(
            [
                uitlevering("a", "0344", 1, "geleverd"),
                uitlevering("a", "0363", 1, "geleverd"),
                uitlevering("b", "0344", 2, "mislukt", "2026-02"),
                uitlevering("c", "0363", None, "ongewijzigd"),
            ]
        )
        row = ledger.run("d")
        assert row is not None
        last = ledger.laatst_geleverd("vsv", "2026-02", row["volgorde"])
        assert {ontvanger: rij["run_id"] for ontvanger, rij in last.items()} == {"0344": "a", "0363": "c"}
        first = ledger.run("a")
        assert first is not None
        assert ledger.laatst_geleverd("vsv", "2026-01", first["volgorde"]) == {}

    def test_later_period_is_no_history_of_an_earlier_one(self, ledger: Ledger) -> None:
        run(ledger, "feb", "2026-02")
        run(ledger, "jan", "2026-01")
        ledger.neem_voor([uitlevering("feb", "0344", 1, "geleverd", "2026-02")])
        row = ledger.run("jan")
        assert row is not None
        assert ledger.laatst_geleverd("vsv", "2026-01", row["volgorde"]) == {}

    def test_volgnummers_are_unique_per_recipient_and_product(self, ledger: Ledger) -> None:
        run(ledger, "a")
        run(ledger, "b")
        ledger.neem_voor([uitlevering("a", "0344", 1, "geleverd"), uitlevering("a", "0363", 4, "geleverd")])
        assert ledger.volgnummers("vsv") == {"0344": 1, "0363": 4}
        with pytest.raises(sa.exc.IntegrityError):
            ledger.neem_voor([uitlevering("b", "0344", 1, "geleverd")])
        assert set(ledger.uitleveringen("b")) == set()


def test_many_writers_wait_for_each_other(ledger: Ledger) -> None:
    def schrijf(nummer: int) -> None:
        ledger.schrijf_stap(Stap("deur", str(nummer), tellingen={("vsv", "t", "gebruikt"): nummer + 1}))

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(schrijf, range(60)))
    assert aantal(ledger, t.stap) == aantal(ledger, t.telling) == 60


def test_other_process_sees_what_was_written(ledger: Ledger, instellingen: Instellingen) -> None:
    neem_op(ledger, 1)
    script = f"""
from pathlib import Path
from pipeline.instellingen import Instellingen
print(len(Instellingen(data=Path({str(instellingen.data)!r})).grootboek.leveringen()))
"""
    done = subprocess.run([sys.executable, "-c", script], cwd=CHECKOUT, check=True, capture_output=True, timeout=60)
    assert done.stdout.split() == [b"1"]
