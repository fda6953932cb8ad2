"""The DAGs under the real scheduler: two months of two products beside each other, with what goes wrong in practice.

The scheduler (LocalExecutor), the DAG processor and the API server run as in production, with PostgreSQL behind them
and behind the ledger. Nothing here starts an ingest, a signal or a delivery of the months: the clock and the assets do.
What waits for a person is told to a real mail server and webhook. A product run takes more than half of the slots, so
that one runs at a time while the rest goes on. `make planner` shows how long each part took.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from demo.land import Aanlevering, maak_land
from lineage import deadlines
from lineage import tabellen as t
from pipeline.betrokkene.correctie import meld
from pipeline.instellingen import Instellingen
from pipeline.logboek import Logboek
from reports.termijn import product_uiterlijk, volgende
from tests.airflow_echt import Airflow
from tests.integration.planner import (
    DELIVER,
    INGEST,
    PERIODEN,
    PRODUCTEN,
    SIGNAL,
    Installatie,
    aan_de_beurt,
    alles_gedaan,
    bied_aan,
    bied_laat_aan,
    feit,
    installatie_in,
    is_geleverd,
    pogingen,
    runs,
    uitleveringen,
)
from tests.integration.test_attenderen import Postbus, smtp
from tests.integration.test_dags import DAG_IDS

pytestmark = pytest.mark.zwaar


@pytest.fixture
def installatie(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Installatie]:
    with installatie_in(tmp_path, monkeypatch) as found:
        yield found


def test_two_months_under_the_real_scheduler(installatie: Installatie, tmp_path: Path) -> None:
    instellingen, running = installatie.instellingen, installatie.airflow
    land = maak_land(tmp_path / "land", personen=200, periode=PERIODEN[1], maanden=2, seed=1)
    running.wacht(lambda: running.dag_ids() == DAG_IDS, "precies deze DAG's")

    _een_maand_door_de_klok(instellingen, running, land)
    _een_maand_door_assets(instellingen, running, land)
    _naast_elkaar(running)

    before = len(runs(instellingen, "inkomsten", PERIODEN[1]))
    backfill = _een_correctie(instellingen, running)
    _mail_lukt_niet(running)
    _gewiste_taak_verandert_niets(instellingen, running)
    with smtp(installatie.poort) as postbus:
        _een_ontvanger_opnieuw(instellingen, running)
        _een_periode_opnieuw(instellingen, running)
        _ingehaald(running, backfill)
        running.wacht(lambda: alles_gedaan(instellingen), "er is niets meer te doen")
        assert [len(runs(instellingen, "inkomsten", periode)) for periode in PERIODEN] == [1, before + 1]
        _verteld(installatie, postbus)
    _volgnummers_sluiten_aan(instellingen)
    assert not Logboek(instellingen).controleer().breuken


def _een_maand_door_de_klok(instellingen: Instellingen, running: Airflow, land: list[Aanlevering]) -> None:
    """Signals and deliveries of the first month, of which the assets were announced to nobody: the clock makes them.

    The certificates are not there when it is to be delivered; they come, and the tasks go on. By then the run has
    lasted longer than it may. Airflow runs the last interval that has passed of a DAG that may go on.
    """
    bied_aan(instellingen, land, PERIODEN[0])
    _neem_in(running)
    running.wacht(lambda: running.is_stil(INGEST), "er wordt niets meer ingenomen")
    due = product_uiterlijk("vsv", PERIODEN[0])
    assert due
    deadlines.stel(instellingen.grootboek, "vsv", {PERIODEN[0]: due})  # as if it was watched in that month

    certificaten = instellingen.certificaten.map
    aside = certificaten.rename(certificaten.with_name("elders"))
    running.pauzeer(*DELIVER, *SIGNAL, ja=False)
    running.wacht(lambda: pogingen(running, DELIVER, "lever", "up_for_retry"), "leveren wacht op een tweede poging")
    aside.rename(certificaten)
    running.wacht(lambda: is_geleverd(instellingen, PERIODEN[0]), "de eerste maand is geleverd")
    running.wacht(
        lambda: [taak for taak in pogingen(running, DELIVER, "lever", "success") if taak["try_number"] > 1],
        "de herkansing is gelukt",
    )
    for dag_id, least, most in (("signal_vsv", 0, 1), ("signal_inkomsten", 27, 31)):
        first = running.runs(dag_id)[-1]
        assert first["run_type"] == "scheduled"
        begin, end = (datetime.fromisoformat(first[f"data_interval_{side}"]) for side in ("start", "end"))
        assert timedelta(days=least) < end - begin < timedelta(days=most, hours=2)  # clocks are put back and forward
        made = [taak["state"] for taak in running.taken(dag_id, first["dag_run_id"]) if taak["task_id"] == "signaleer"]
        assert made == ["success"]


def _een_maand_door_assets(instellingen: Instellingen, running: Airflow, land: list[Aanlevering]) -> None:
    """The second month, and a late levering that makes the first one due again for the product that consults DUO."""
    begun = datetime.now(UTC)
    before = {dag_id: {run["dag_run_id"] for run in running.runs(dag_id)} for dag_id in (*SIGNAL, *DELIVER)}
    bied_aan(instellingen, land, PERIODEN[1])
    bied_laat_aan(instellingen)
    running.pauzeer("reports", ja=False)
    _neem_in(running)
    running.wacht(lambda: runs(instellingen, "vsv", PERIODEN[0])[1:], "februari is opnieuw gedraaid")
    running.wacht(lambda: alles_gedaan(instellingen), "beide maanden zijn geleverd")
    assert [len(runs(instellingen, product, PERIODEN[0])) for product in PRODUCTEN] == [1, 2]
    assert {run["run_type"] for dag_id in INGEST for run in running.runs(dag_id)} == {"scheduled"}
    for dag_id, known in before.items():
        types = {run["run_type"] for run in running.runs(dag_id) if run["dag_run_id"] not in known}
        assert types - {"scheduled"} == {"asset_triggered"}  # it may be nine o'clock
    running.wacht(lambda: _gelukt(running, "reports", begun), "het rapport is gebouwd")
    assert {run["run_type"] for run in running.runs("reports")} == {"asset_triggered"}
    running.pauzeer("reports")


def _neem_in(running: Airflow) -> None:
    """Each ingest may go on until it looked into its inbox once: there is no more in it, and the clock would go on."""
    begun, open_ = datetime.now(UTC), set(INGEST)
    running.pauzeer(*INGEST, ja=False)

    def all_did() -> bool:
        did = {dag_id for dag_id in open_ if _gelukt(running, dag_id, begun)}
        running.pauzeer(*did)
        open_.difference_update(did)
        return not open_

    running.wacht(all_did, "de klok nam een maand in")


def _gelukt(running: Airflow, dag_id: str, begonnen: datetime) -> bool:
    """Whether a run of a DAG that began then or later ended well."""
    return any(
        run["state"] == "success" and datetime.fromisoformat(run["start_date"]) >= begonnen
        for run in running.runs(dag_id)
    )


def _naast_elkaar(running: Airflow) -> None:
    """Tasks of the two products were beside each other, but their product runs were not: those take most slots."""
    spans: dict[tuple[str, str], list[tuple[str, str]]] = {}
    for product in PRODUCTEN:
        for taak in [*running.taken(f"signal_{product}"), *running.taken(f"deliver_{product}")]:
            if taak["state"] == "success":  # one that is skipped has a moment, and holds no slot
                span = spans.setdefault((product, taak["task_id"]), [])
                span.append((taak["start_date"], taak["end_date"]))

    def together(*stappen: str) -> bool:
        one, other = ([span for stap in stappen for span in spans[product, stap]] for product in PRODUCTEN)
        return any(begin < tot and van < einde for begin, einde in one for van, tot in other)

    assert together("bepaal_perioden", "signaleer", "zoek_runs", "lever")
    assert not together("signaleer")


def _een_correctie(instellingen: Instellingen, running: Airflow) -> int:
    """A correction makes a month due and no asset says so: a backfill runs it, and the month before; returns its id."""
    running.wacht(lambda: running.is_stil(INGEST, SIGNAL), "er is niets aangekondigd")
    levering_id, record_nr = feit(instellingen, PERIODEN[1])
    meld(instellingen, levering_id, "uwv.inkomstenopgave", record_nr, "Volgens de werkgever klopt dit niet")
    assert [aan_de_beurt(instellingen, product) for product in PRODUCTEN] == [[PERIODEN[1]], [PERIODEN[1]]]
    interval = {"from_date": "2026-02-01T00:00:00Z", "to_date": "2026-03-31T00:00:00Z"}
    asked = {"dag_id": "signal_inkomsten", "max_active_runs": 1, "dag_run_conf": {}, **interval}
    return int(running.vraag("POST", "/backfills", asked)["id"])


def _ingehaald(running: Airflow, backfill: int) -> None:
    """A month for each interval."""
    running.wacht(lambda: running.vraag("GET", f"/backfills/{backfill}")["completed_at"], "de backfill is klaar")
    made = [run for run in running.runs("signal_inkomsten") if run["run_type"] == "backfill"]
    assert [run["state"] for run in made] == ["success", "success"]
    assert sorted(run["data_interval_start"][:7] for run in made) == list(PERIODEN)


def _gewiste_taak_verandert_niets(instellingen: Instellingen, running: Airflow) -> None:
    def of_vsv() -> list[Any]:
        return [row for row in uitleveringen(instellingen) if row["product"] == "vsv"]

    before = of_vsv()
    first = running.runs("deliver_vsv")[-1]["dag_run_id"]
    tries = max(taak["try_number"] for taak in running.taken("deliver_vsv", first))
    wis = {"dry_run": False, "dag_run_id": first, "task_ids": ["lever"], "only_failed": False}
    running.vraag("POST", "/dags/deliver_vsv/clearTaskInstances", wis)
    running.wacht(lambda: running.klaar("deliver_vsv", first), "de gewiste taak is klaar")
    assert max(taak["try_number"] for taak in running.taken("deliver_vsv", first)) > tries
    assert of_vsv() == before


def _een_ontvanger_opnieuw(instellingen: Instellingen, running: Airflow) -> None:
    newest = runs(instellingen, "vsv", PERIODEN[1])[-1]
    sent = instellingen.grootboek.uitleveringen(newest["run_id"])
    ontvanger = min(naam for naam, row in sent.items() if row["aantal"] or row["ongewijzigd"])
    run_id = running.start("deliver_vsv", periode=PERIODEN[1], ontvanger=ontvanger)
    running.wacht(lambda: running.klaar("deliver_vsv", run_id), "de ontvanger is opnieuw bediend")
    again = runs(instellingen, "vsv", PERIODEN[1])[-1]
    assert again["volledig"] == ontvanger
    rows = instellingen.grootboek.uitleveringen(again["run_id"])
    assert {naam: row["status"] for naam, row in rows.items() if row["status"] == "geleverd"} == {ontvanger: "geleverd"}


def _een_periode_opnieuw(instellingen: Instellingen, running: Airflow) -> None:
    """The correction made it due for this product as well."""
    february, march = (runs(instellingen, "vsv", periode) for periode in PERIODEN)
    run_id = running.start("signal_vsv", periode=PERIODEN[1])
    running.wacht(lambda: running.klaar("signal_vsv", run_id), "de periode is opnieuw gedraaid")
    assert runs(instellingen, "vsv", PERIODEN[0]) == february
    assert len(runs(instellingen, "vsv", PERIODEN[1])) == len(march) + 1


def _mail_lukt_niet(running: Airflow) -> None:
    running.pauzeer("alerts", ja=False)
    running.wacht(lambda: pogingen(running, ["alerts"], "attendeer", "up_for_retry"), "de mail lukt niet")


def _verteld(installatie: Installatie, postbus: Postbus) -> None:
    """What waited was told to the webhook, once; and to the mail server when it was there."""
    ledger, running = installatie.instellingen.grootboek, installatie.airflow
    running.wacht(
        lambda: [taak for taak in pogingen(running, ["alerts"], "attendeer", "success") if taak["try_number"] > 1],
        "de mail is gelukt",
    )
    both = {"scheduled", "asset_triggered"}  # what was announced meanwhile waits for the run that could not mail
    running.wacht(lambda: {run["run_type"] for run in running.runs("alerts")} == both, "een bericht wekt het alarm")
    heard = [(event["subject"], event["data"]["code"]) for event in installatie.gehoord.gebeurtenissen]
    once = [item for item in heard if item[1] in ("L-LEEG", "O-DEADLINE")]
    assert len(once) == len(set(once))  # a cleared run may last too long a second time
    parked = next(row for row in ledger.rijen(sa.select(t.levering)) if row["status"] == "geparkeerd")["levering_id"]
    kept = {row["periode"]: row for row in deadlines.deadlines(ledger, "vsv")}
    assert all(kept[periode]["gehaald_op"] and kept[periode]["gemist_op"] for periode in PERIODEN)  # delivered too late
    missed = volgende(PERIODEN[1])  # of this month nothing came
    for subject, code in ((parked, "L-LEEG"), (f"vsv {missed}", "O-DEADLINE")):
        assert (subject, code) in heard
        assert len([mail for mail in postbus.mails if f" {subject}" in mail.get_content()]) == 1
    assert not {f"vsv {periode}" for periode in PERIODEN} & {subject for subject, _ in heard}

    waited = {row["onderwerp"]: row for row in ledger.rijen(sa.select(t.attendering))}
    assert {subject for subject, _ in heard} <= set(waited)
    late = [subject for subject, code in heard if code == "O-LOOPTIJD" and subject.startswith("deliver_")]
    assert late  # of which the certificates were away
    running.wacht(lambda: not _wacht_nog(installatie, late), "het alarm over de looptijd is voorbij")
    assert waited[parked]["opgelost_op"] is None


def _wacht_nog(installatie: Installatie, onderwerpen: list[str]) -> list[str]:
    rows = installatie.instellingen.grootboek.rijen(sa.select(t.attendering).filter_by(opgelost_op=None))
    return [row["onderwerp"] for row in rows if row["onderwerp"] in onderwerpen]


def _volgnummers_sluiten_aan(instellingen: Instellingen) -> None:
    given: dict[tuple[str, str], list[int]] = {}
    for row in uitleveringen(instellingen):
        if row["volgnummer"] is not None:
            given.setdefault((row["product"], row["ontvanger"]), []).append(row["volgnummer"])
    assert given
    assert all(sorted(nummers) == list(range(1, len(nummers) + 1)) for nummers in given.values())
