"""How long data is kept: never shorter than the minimum, never longer than the maximum, and raw data shorter still."""

from __future__ import annotations

import os
import time
from datetime import date, timedelta

import pytest
from pydantic import ValidationError

from lineage import tabellen as t
from lineage.vernietiging import bewijs_van, bewijzen, controleer_keten
from pipeline.bewaren.bewijs import verifieer
from pipeline.bewaren.opruimen import open_periode, oudste_periode, ruim_op, te_vernietigen
from pipeline.instellingen import Instellingen
from pipeline.levering.inbox import MERK, neem_in
from pipeline.periode import maand_erbij, vandaag
from pipeline.retour.herbeoordeling import maanden_terug
from pipeline.stand import Stand
from pipeline.toelaten import toelaten
from schemas.doel import Bewaartermijn, Doel
from schemas.load import doelen
from tests.bewaar import UTRECHT, VAN_UTRECHT, bestanden, neem_maand_op, populatie, rijen
from tests.bouw import neem_op

INKOMSTEN = doelen()["inkomsten"]
MAXIMUM, MINIMUM = INKOMSTEN.bewaartermijn.maximum_maanden, INKOMSTEN.bewaartermijn.minimum_maanden


def eerste_dag(periode: str, maanden: int) -> date:
    """The first day on which a month is more than some months old."""
    return date.fromisoformat(f"{maand_erbij(periode, maanden + 1)}-01")


DAG = timedelta(days=1)


class TestTermijnen:
    @pytest.mark.parametrize(
        ("op", "maanden", "oudste"),
        [
            (date(2031, 1, 31), 60, "2026-01"),  # the month of January 2026 is exactly five years old
            (date(2031, 2, 1), 60, "2026-02"),
            (date(2026, 3, 1), 0, "2026-03"),
            (date(2027, 1, 31), 12, "2026-01"),
            (date(2028, 2, 29), 24, "2026-02"),
        ],
    )
    def test_oldest_month_that_is_kept(self, op: date, maanden: int, oudste: str) -> None:
        assert oudste_periode(op, maanden) == oudste

    def test_a_month_that_can_be_worked_out_looks_back_on_what_is_kept(self) -> None:
        for doel in doelen().values():
            for op in (date(2031, 1, 31), date(2031, 2, 1)):
                first = maand_erbij(open_periode(doel, op), 1 - doel.terugkijken_maanden)
                assert first >= oudste_periode(op, doel.bewaartermijn.maximum_maanden)

    @pytest.mark.parametrize(("minimum", "maximum"), [(13, 12), (0, 61), (-1, 12)])
    def test_impossible_terms_are_refused(self, minimum: int, maximum: int) -> None:
        with pytest.raises(ValidationError):
            Bewaartermijn(minimum_maanden=minimum, maximum_maanden=maximum, bron="wet")
        assert Bewaartermijn(minimum_maanden=12, maximum_maanden=12, bron="wet")

    def test_looking_back_further_than_is_kept_is_refused(self) -> None:
        profile = INKOMSTEN.model_dump(by_alias=True)
        for maximum, fits in ((INKOMSTEN.terugkijken_maanden, True), (INKOMSTEN.terugkijken_maanden - 1, False)):
            profile["bewaartermijn"] = {"minimum_maanden": 0, "maximum_maanden": maximum, "bron": "wet"}
            if fits:
                assert Doel(**profile)
            else:
                with pytest.raises(ValidationError, match="terugkijken"):
                    Doel(**profile)

    def test_the_same_day_some_months_earlier(self) -> None:
        assert maanden_terug(date(2026, 8, 31), 6) == date(2026, 2, 28)
        assert maanden_terug(date(2026, 8, 15), 6) == date(2026, 2, 15)


@pytest.fixture
def gevuld(instellingen: Instellingen) -> Instellingen:
    """One month through the door."""
    neem_maand_op(instellingen, "2026-01")
    toelaten(instellingen)
    return instellingen


class TestMaximum:
    def test_lake_is_kept_to_the_last_day_and_gone_the_day_after(self, gevuld: Instellingen) -> None:
        day = eerste_dag("2026-01", MAXIMUM)
        ruim_op(gevuld, day - DAG)
        assert bestanden(gevuld.lake / "inkomsten")

        ruim_op(gevuld, day)
        assert bestanden(gevuld.lake / "inkomsten") == []
        assert verifieer(gevuld).problemen == ()

    def test_raw_goes_as_soon_as_no_doel_can_have_it_pass_again(self, gevuld: Instellingen) -> None:
        day = max(
            eerste_dag(
                maand_erbij("2026-01", d.terugkijken_maanden - 1),
                d.bewaartermijn.maximum_maanden - d.terugkijken_maanden,
            )
            for d in doelen().values()
        )
        ruim_op(gevuld, day - DAG)
        assert len(bestanden(gevuld.landing)) == 4

        ruim_op(gevuld, day)
        assert bestanden(gevuld.landing) == []
        assert {row["status"] for row in rijen(gevuld, t.levering)} == {"vernietigd"}
        assert day < eerste_dag("2026-01", MAXIMUM)

    def test_twice_is_once(self, gevuld: Instellingen) -> None:
        day = eerste_dag("2026-01", MAXIMUM)
        assert ruim_op(gevuld, day).bewijzen
        proofs = rijen(gevuld, t.vernietiging)

        assert ruim_op(gevuld, day).bewijzen == 0
        assert te_vernietigen(gevuld, day) == []
        assert rijen(gevuld, t.vernietiging) == proofs

    def test_what_was_offered_is_due_once(self, instellingen: Instellingen) -> None:
        """The mark stays, so that it is not taken in again; nothing but the mark is nothing to destroy."""
        offered = instellingen.inbox / "duo" / "2026-01-jongeren"
        offered.mkdir(parents=True)
        (offered / "persoon.csv").write_text("Burgerservicenr;IndStartkwalificatieDuo\n", encoding="utf-8")
        neem_in(instellingen, "duo", offered.name)
        day = vandaag() + 62 * DAG
        assert [eenheid.dataset for eenheid in te_vernietigen(instellingen, day)] == ["inbox/duo"]
        ruim_op(instellingen, day)
        assert [path.name for path in offered.iterdir()] == [MERK]
        assert te_vernietigen(instellingen, day) == []

    def test_the_same_files_again_are_not_taken_in_again(self, gevuld: Instellingen) -> None:
        ruim_op(gevuld, eerste_dag("2026-01", MAXIMUM))

        again = neem_maand_op(gevuld, "2026-01")

        assert {taken.status for taken in again} == {"vernietigd"}
        assert bestanden(gevuld.landing) == []


class TestMinimum:
    def test_superseded_lake_files_go_after_the_minimum(self, gevuld: Instellingen) -> None:
        """A person is added: the other leveringen pass again, and nothing was made from their first files."""
        before = set(bestanden(gevuld.lake / "inkomsten"))
        neem_op(gevuld, "gemeente", {"p.csv": populatie((VAN_UTRECHT, UTRECHT))}, "2026-01")
        toelaten(gevuld)
        present = {
            path.relative_to(gevuld.lake / "inkomsten").as_posix()
            for paths in Stand(gevuld).lake_paden(INKOMSTEN).values()
            for path in paths
        }
        superseded = before - present
        assert superseded
        day = eerste_dag("2026-01", MINIMUM)

        ruim_op(gevuld, day - DAG)
        assert superseded < set(bestanden(gevuld.lake / "inkomsten"))

        ruim_op(gevuld, day)
        assert set(bestanden(gevuld.lake / "inkomsten")) == present
        assert {row["reden"] for row in rijen(gevuld, t.vernietiging) if row["dataset"] == "lake/inkomsten"} == {
            "vervallen"
        }

    def test_what_comes_back_by_a_passage_is_no_broken_promise(self, gevuld: Instellingen) -> None:
        later = neem_op(gevuld, "gemeente", {"p.csv": populatie((VAN_UTRECHT, UTRECHT))}, "2026-01")
        toelaten(gevuld)
        ruim_op(gevuld, eerste_dag("2026-01", MINIMUM))
        with gevuld.grootboek.transactie() as connection:
            gone = t.levering.update().where(t.levering.c.levering_id == later.levering_id)
            connection.execute(gone.values(status="afgekeurd"))

        toelaten(gevuld)

        paths = Stand(gevuld).lake_paden(INKOMSTEN)
        assert paths["uwv.inkomstenverhouding"]
        assert verifieer(gevuld).problemen == ()


class TestRauw:
    def test_a_levering_that_no_doel_uses_goes_a_month_after_receipt(self, instellingen: Instellingen) -> None:
        taken = neem_op(instellingen, "uwv", {"kapot.csv": b"\x00"}, "2026-01")
        received = rijen(instellingen, t.levering)[0]["ontvangen_op"]
        day = eerste_dag(f"{received:%Y-%m}", 1)
        assert taken.status == "geparkeerd"

        ruim_op(instellingen, day - DAG)
        assert bestanden(instellingen.landing)

        ruim_op(instellingen, day)
        assert bestanden(instellingen.landing) == []
        row = rijen(instellingen, t.levering)[0]
        assert (row["status"], row["code"]) == ("vernietigd", "L-LEEG")


class TestResten:
    def test_only_what_nobody_is_at_goes(self, instellingen: Instellingen) -> None:
        dead, alive = 2**22 + 1, os.getpid()
        made = {}
        for name, pid in (("dood", dead), ("levend", alive), ("vers", dead)):
            folder = instellingen.uitleveringen / f".{name}-{pid}"
            folder.mkdir(parents=True)
            (folder / "bericht.xml").write_text("x", encoding="utf-8")
            if name != "vers":
                before = time.time() - 7200
                for path in (folder / "bericht.xml", folder):
                    os.utime(path, (before, before))
            made[name] = folder
        today = date.today()

        ruim_op(instellingen, today)
        assert {name for name, folder in made.items() if folder.exists()} == {"levend", "vers"}

        ruim_op(instellingen, today + timedelta(days=2))
        assert not any(folder.exists() for folder in made.values())
        assert verifieer(instellingen).problemen == ()


class TestBewijs:
    @pytest.fixture
    def opgeruimd(self, gevuld: Instellingen) -> Instellingen:
        ruim_op(gevuld, eerste_dag("2026-01", MAXIMUM))
        assert len(bewijzen(gevuld.grootboek)) > 3
        return gevuld

    def test_every_proof_holds_the_one_before(self, opgeruimd: Instellingen) -> None:
        rows = bewijzen(opgeruimd.grootboek)
        assert [row["vorige"] for row in rows] == ["0" * 64, *(row["bewijs"] for row in rows[:-1])]
        assert all(row["bewijs"] == bewijs_van(row) for row in rows)
        assert all(row["bestanden"] > 0 and row["grondslag"] for row in rows)

    @pytest.mark.parametrize("column", ["reden", "grondslag", "dataset", "onderwerp", "plaats", "sha256"])
    def test_a_changed_proof_is_found(self, opgeruimd: Instellingen, column: str) -> None:
        with opgeruimd.grootboek.transactie() as connection:
            v = t.vernietiging
            connection.execute(v.update().where(v.c.vernietiging_nr == 2).values({column: "anders"}))
        assert controleer_keten(opgeruimd.grootboek) == ["bewijs 2: de inhoud is gewijzigd"]

    def test_a_removed_proof_is_found(self, opgeruimd: Instellingen) -> None:
        with opgeruimd.grootboek.transactie() as connection:
            connection.execute(t.vernietiging.delete().where(t.vernietiging.c.vernietiging_nr == 2))
        assert controleer_keten(opgeruimd.grootboek) == ["bewijs 3: sluit niet aan op het bewijs ervoor"]

    def test_a_removed_last_proof_is_found(self, opgeruimd: Instellingen) -> None:
        last = bewijzen(opgeruimd.grootboek)[-1]["vernietiging_nr"]
        with opgeruimd.grootboek.transactie() as connection:
            connection.execute(t.vernietiging.delete().where(t.vernietiging.c.vernietiging_nr == last))
        assert any("ontbreekt" in problem for problem in controleer_keten(opgeruimd.grootboek))

    def test_a_file_that_comes_back_is_found(self, opgeruimd: Instellingen) -> None:
        row = next(row for row in bewijzen(opgeruimd.grootboek) if row["dataset"] == "leveringen/uwv")
        folder = opgeruimd.map(row["plaats"].split("\n")[0])
        folder.mkdir(parents=True)
        (folder / "000001.csv").write_text("terug", encoding="utf-8")
        assert [problem for problem in verifieer(opgeruimd).problemen if "staat er nog" in problem]
