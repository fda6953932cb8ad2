"""Retention around whole runs: nothing becomes due or is withdrawn by it, and what a gemeente rejects stays gone."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime

import pyarrow.parquet as pq
import pytest

from lineage import tabellen as t
from pipeline.bewaren.bewijs import verifieer
from pipeline.bewaren.opruimen import open_periode, ruim_op
from pipeline.instellingen import Instellingen
from pipeline.retour.herbeoordeling import te_herbeoordelen
from pipeline.retour.ongegrond import ontvangers_van
from pipeline.signaleer import run_map
from pipeline.status import stand
from pipeline.toelaten import toelaten
from pipeline.werk import draai
from schemas.fout import KetenFout
from schemas.load import doelen, producten
from tests.bewaar import DEN_HAAG, UTRECHT, VAN_UTRECHT, bestanden, bewijzen, neem_maand_op, populatie, rijen
from tests.bouw import neem_op
from tests.e2e.test_mutaties import _brp, _duo
from tests.geopend import geopend
from tests.unit.test_bewaren import DAG, INKOMSTEN, MAXIMUM, eerste_dag

pytestmark = pytest.mark.zwaar

VANDAAG = datetime.now(UTC).date()


def signalen(instellingen: Instellingen, run_id: str) -> list[tuple[str, str]]:
    """(ontvanger, code) of the signals a run holds now."""
    table = pq.read_table(run_map(instellingen, run_id) / f"signal_{run_id.rsplit('-', 3)[0]}.parquet")
    return sorted(zip(table["ontvanger"].to_pylist(), table["signaal_code"].to_pylist(), strict=True))


def berichten(
    instellingen: Instellingen, ontvanger: str, periode: str, product: str = "inkomsten"
) -> list[dict[str, str]]:
    """The signals in the newest message of a recipient for a month."""
    paths = sorted(geopend(instellingen).glob(f"{ontvanger}/{product}/{periode}/*.json"))
    messages = [path for path in paths if "manifest" not in path.name]
    return json.loads(messages[-1].read_text(encoding="utf-8"))["signalen"] if messages else []


def oordeel(
    instellingen: Instellingen,
    ontvanger: str,
    signaal: dict[str, str],
    oordeel: str,
    op: datetime | None = None,
    product: str = "inkomsten",
) -> None:
    """What a recipient answered about a signal."""
    nr = f"{ontvanger}-{oordeel}-{signaal['signaalId']}"[:64]
    when = op or datetime.now(UTC)
    retour = {"retour_id": nr, "ontvanger": ontvanger, "status": "aangenomen", "aantal": 1, "ontvangen_op": when}
    melding = {
        "retour_id": nr,
        "signaal_id": signaal["signaalId"],
        "ontvanger": ontvanger,
        "product": product,
        "signaal_code": signaal["signaalCode"],
        "oordeel": oordeel,
        "ontvangen_op": when,
    }
    with instellingen.grootboek.transactie() as connection:
        connection.execute(t.retour.insert().values(retour))
        connection.execute(t.terugmelding.insert().values(melding))


@pytest.fixture
def gedraaid(instellingen: Instellingen) -> Instellingen:
    """One month of inkomsten, delivered."""
    neem_maand_op(instellingen, "2026-01")
    draai(instellingen, "inkomsten", "2026-01")
    return instellingen


class TestAfgesloten:
    def test_runs_and_copies_go_and_nothing_becomes_due(self, gedraaid: Instellingen) -> None:
        run = rijen(gedraaid, t.productrun)[0]["run_id"]
        day = eerste_dag("2026-01", MAXIMUM)
        ruim_op(gedraaid, day - DAG)
        assert bestanden(gedraaid.map("runs", "inkomsten"))
        assert bestanden(gedraaid.uitleveringen)

        ruim_op(gedraaid, day)

        assert bestanden(gedraaid.map("runs", "inkomsten")) == bestanden(gedraaid.uitleveringen) == []
        assert rijen(gedraaid, t.productrun)[0]["status"] == "vernietigd"
        assert [(row.periode, row.reden, row.aan_de_beurt) for row in stand(gedraaid, "inkomsten")] == [
            ("2026-01", "afgesloten", False)
        ]
        assert gedraaid.grootboek.onafgemaakt("inkomsten") == []
        with pytest.raises(KetenFout, match="S-AFGESLOTEN"):
            draai(gedraaid, "inkomsten", "2026-01")
        assert rijen(gedraaid, t.productrun)[0]["run_id"] == run
        assert verifieer(gedraaid).problemen == ()

    def test_closed_period_with_its_run_gives_that_run(self, gedraaid: Instellingen) -> None:
        before = draai(gedraaid, "inkomsten", "2026-01").signalering
        closed = eerste_dag("2026-01", MAXIMUM - INKOMSTEN.terugkijken_maanden)
        assert open_periode(INKOMSTEN, closed) > "2026-01"
        ruim_op(gedraaid, closed)

        again = draai(gedraaid, "inkomsten", "2026-01").signalering

        assert (again.run_id, again.nieuw) == (before.run_id, False)

    def test_late_levering_for_a_closed_period_changes_nothing(self, gedraaid: Instellingen) -> None:
        ruim_op(gedraaid, eerste_dag("2026-01", MAXIMUM - INKOMSTEN.terugkijken_maanden))
        neem_op(gedraaid, "gemeente", {"p.csv": populatie((VAN_UTRECHT, UTRECHT))}, "2026-01")

        assert toelaten(gedraaid, doel="inkomsten") == []
        assert not any(row.aan_de_beurt for row in stand(gedraaid, "inkomsten"))
        with pytest.raises(KetenFout, match="S-AFGESLOTEN"):
            draai(gedraaid, "inkomsten", "2026-01")

    def test_the_day_before_it_is_closed_it_is_worked_out(self, gedraaid: Instellingen) -> None:
        ruim_op(gedraaid, eerste_dag("2026-01", MAXIMUM - INKOMSTEN.terugkijken_maanden) - DAG)
        neem_op(gedraaid, "gemeente", {"p.csv": populatie((VAN_UTRECHT, UTRECHT))}, "2026-01")

        assert draai(gedraaid, "inkomsten", "2026-01").signalering.nieuw

    def test_purge_between_two_months_withdraws_nothing(self, gedraaid: Instellingen) -> None:
        """A year on: superseded files may be gone, and the comparison with what was last delivered still holds."""
        neem_maand_op(gedraaid, "2026-02")
        ruim_op(gedraaid, eerste_dag("2026-02", INKOMSTEN.bewaartermijn.minimum_maanden))

        draai(gedraaid, "inkomsten", "2026-02")

        assert {item["mutatie"] for item in berichten(gedraaid, UTRECHT, "2026-02")} == {"nieuw"}
        assert [(row.periode, row.aan_de_beurt) for row in stand(gedraaid, "inkomsten")] == [
            ("2026-01", False),
            ("2026-02", False),
        ]


class TestOngegrond:
    def test_destroyed_everywhere_and_not_sent_again(self, gedraaid: Instellingen) -> None:
        run = rijen(gedraaid, t.productrun)[0]["run_id"]
        (wrong, *_) = berichten(gedraaid, UTRECHT, "2026-01")
        before = signalen(gedraaid, run)
        oordeel(gedraaid, UTRECHT, wrong, "ongegrond")

        done = ruim_op(gedraaid, VANDAAG)

        assert done.bewijzen == 2
        assert {reden for _, _, reden in bewijzen(gedraaid)} == {"ongegrond"}
        assert len(signalen(gedraaid, run)) == len(before) - 1
        for place in ("runs", "uitleveringen"):
            for path in gedraaid.map(place).rglob("*"):
                assert not path.is_file() or wrong["signaalId"].encode() not in path.read_bytes(), path
        evidence = pq.read_table(run_map(gedraaid, run) / "bewijs_inkomsten.parquet")["signaal_id"].to_pylist()
        kept = pq.read_table(run_map(gedraaid, run) / "signal_inkomsten.parquet")["signaal_id"].to_pylist()
        assert set(evidence) == set(kept)
        assert berichten(gedraaid, DEN_HAAG, "2026-01")
        proofs = json.dumps([dict(row) for row in rijen(gedraaid, t.vernietiging)], default=str)
        assert wrong["signaalId"] not in proofs
        assert wrong["burgerservicenummer"] not in proofs
        assert verifieer(gedraaid).problemen == ()
        assert ruim_op(gedraaid, VANDAAG).bewijzen == 0
        assert not any(row.aan_de_beurt for row in stand(gedraaid, "inkomsten"))

    def test_in_a_later_run_it_is_not_sent_and_goes_too(self, gedraaid: Instellingen) -> None:
        wrong, other = berichten(gedraaid, UTRECHT, "2026-01")
        oordeel(gedraaid, UTRECHT, wrong, "ongegrond")
        ruim_op(gedraaid, VANDAAG)
        neem_op(gedraaid, "gemeente", {"p.csv": populatie((VAN_UTRECHT, UTRECHT))}, "2026-01")

        again = draai(gedraaid, "inkomsten", "2026-01")

        assert again.signalering.nieuw
        assert again.uitlevering.signalen == {"ongewijzigd": sum(again.signalering.signalen.values())}
        before = signalen(gedraaid, again.signalering.run_id)
        assert ruim_op(gedraaid, VANDAAG).bewijzen == 1
        after = signalen(gedraaid, again.signalering.run_id)
        assert len(after) == len(before) - 1
        assert other["signaalId"] != wrong["signaalId"]
        assert ruim_op(gedraaid, VANDAAG).bewijzen == 0

    @pytest.mark.parametrize("opgeruimd", [False, True])
    def test_when_its_source_is_corrected_it_is_not_withdrawn(self, gedraaid: Instellingen, opgeruimd: bool) -> None:
        """UWV takes back what it said of everybody; the other signal is withdrawn, this one was gone already."""
        wrong, other = berichten(gedraaid, UTRECHT, "2026-01")
        oordeel(gedraaid, UTRECHT, wrong, "ongegrond")
        if opgeruimd:
            ruim_op(gedraaid, VANDAAG)
        with gedraaid.grootboek.transactie() as connection:
            connection.execute(t.levering.update().where(t.levering.c.bron == "uwv").values(status="afgekeurd"))

        draai(gedraaid, "inkomsten", "2026-01")

        sent = {item["signaalId"]: item["mutatie"] for item in berichten(gedraaid, UTRECHT, "2026-01")}
        assert sent == {other["signaalId"]: "ingetrokken"}

    def test_what_an_rmc_regio_was_sent_too_stays_until_it_says_the_same(self, instellingen: Instellingen) -> None:
        _duo(instellingen, "2026-02", naar_school=False)
        _brp(instellingen, "2026-02", verhuisd=False)
        run = draai(instellingen, "vsv", "2026-02").signalering.run_id
        (wrong, *_) = berichten(instellingen, UTRECHT, "2026-02", "vsv")
        assert ontvangers_van(producten()["vsv"], UTRECHT) == {UTRECHT, "rmc-19"}
        before = len(signalen(instellingen, run))

        oordeel(instellingen, UTRECHT, wrong, "ongegrond", product="vsv")
        ruim_op(instellingen, VANDAAG)
        assert len(signalen(instellingen, run)) == before
        assert berichten(instellingen, UTRECHT, "2026-02", "vsv") == []
        assert wrong["signaalId"] in [item["signaalId"] for item in berichten(instellingen, "rmc-19", "2026-02", "vsv")]

        oordeel(instellingen, "rmc-19", wrong, "ongegrond", product="vsv")
        ruim_op(instellingen, VANDAAG)
        assert len(signalen(instellingen, run)) == before - 1

    @pytest.mark.parametrize("last", ["gegrond", "in_onderzoek"])
    def test_the_last_word_counts(self, gedraaid: Instellingen, last: str) -> None:
        (first, *_) = berichten(gedraaid, UTRECHT, "2026-01")
        oordeel(gedraaid, UTRECHT, first, "ongegrond", datetime(2026, 2, 1, tzinfo=UTC))
        oordeel(gedraaid, UTRECHT, first, last, datetime(2026, 2, 2, tzinfo=UTC))

        assert ruim_op(gedraaid, VANDAAG).bewijzen == 0

    def test_undecided_comes_up_after_the_term(self, gedraaid: Instellingen) -> None:
        (first, *_) = berichten(gedraaid, UTRECHT, "2026-01")
        oordeel(gedraaid, UTRECHT, first, "in_onderzoek", datetime(2026, 2, 10, 12, tzinfo=UTC))
        assert doelen()["inkomsten"].herbeoordeling_maanden == 6

        assert te_herbeoordelen(gedraaid, date(2026, 8, 10)) == {}
        assert te_herbeoordelen(gedraaid, date(2026, 8, 11)) == {("inkomsten", UTRECHT): 1}
