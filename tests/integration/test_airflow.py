"""The DAGs under the real scheduler: two months of two products beside each other, with what goes wrong in practice.

The scheduler (LocalExecutor), the DAG processor and the API server run as in production, with PostgreSQL behind them
and behind the ledger. Nothing here starts an ingest, a signal or a delivery of the months: the clock and the assets do.
What waits for a person is told to a real mail server and webhook. A product run takes more than half of the slots, so
that one runs at a time while the rest goes on.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pyarrow.parquet as pq
import pytest
import sqlalchemy as sa

from demo.land import Aanlevering, maak_land
from lineage import tabellen as t
from lineage.deadlines import deadlines
from pipeline.betrokkene.correctie import meld
from pipeline.instellingen import Instellingen
from pipeline.logboek import Logboek
from pipeline.proefketen import maak_proefketen
from pipeline.signaleer import run_map
from pipeline.status import stand
from schemas.load import bronnen_van
from tests.airflow_echt import Airflow, airflow, wacht
from tests.bouw import maak_bsn, schrijf_csv
from tests.integration.test_attenderen import Ontvangen, http, smtp
from tests.integration.test_dags import DAG_IDS
from tests.postgres import cluster
from tests.servers import vrije_poort

pytestmark = [
    pytest.mark.zwaar,
    pytest.mark.skipif(
        "PLANNERPROEF" not in os.environ,
        reason="duurt meer dan tien minuten en is nog niet heel doorlopen: make planner",
    ),
]
PERIODEN = ("2026-02", "2026-03")
PRODUCTEN = ("inkomsten", "vsv")
LOOPTIJD = 30  # seconds a run may last: less than the wait before a second try
INGEST = sorted({f"ingest_{bron}" for product in PRODUCTEN for bron in bronnen_van(product)})


class Installatie(NamedTuple):
    """An installation under Airflow, what its webhook heard, and the port on which its mail server is not there yet."""

    instellingen: Instellingen
    airflow: Airflow
    gehoord: Ontvangen
    poort: int


@pytest.fixture
def installatie(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Installatie]:
    with cluster() as server, http() as (url, gehoord):
        poort = vrije_poort()
        settings = {
            "KETEN_DATA": str(tmp_path / "var"),
            "KETEN_LEDGER": server.maak("keten"),
            "KETEN_INNAME": "*/2 * * * *",
            "KETEN_LOOPTIJD": str(LOOPTIJD),
            "KETEN_POST": f"smtp://127.0.0.1:{poort}",
            "KETEN_POST_VAN": "keten@keten.example",
            "KETEN_POST_AAN": "beheer@keten.example",
            "KETEN_WEBHOOK": url,
        }
        for naam, waarde in settings.items():
            monkeypatch.setenv(naam, waarde)
        instellingen = Instellingen()
        maak_proefketen(instellingen)
        more = {"AIRFLOW__CORE__DEFAULT_POOL_TASK_SLOT_COUNT": "63", "AIRFLOW__CORE__DEFAULT_TASK_RETRY_DELAY": "40"}
        with airflow(server, tmp_path / "airflow", settings | more) as running:
            yield Installatie(instellingen, running, gehoord, poort)


def test_two_months_under_the_real_scheduler(installatie: Installatie, tmp_path: Path) -> None:
    instellingen, running = installatie.instellingen, installatie.airflow
    land = maak_land(tmp_path / "land", personen=400, periode=PERIODEN[1], maanden=2, seed=1)
    wacht(lambda: running.dag_ids() == DAG_IDS, "precies deze DAG's")

    _een_maand_met_een_herkansing(installatie, land)
    _bied_aan(instellingen, land, PERIODEN[1])
    wacht(lambda: _geleverd(instellingen, PERIODEN[1]), "de tweede maand is geleverd")

    _late_levering(instellingen)
    wacht(lambda: len(_runs(instellingen, "vsv", PERIODEN[0])) == 2, "februari is opnieuw gedraaid")
    wacht(lambda: all(_geleverd(instellingen, periode) for periode in PERIODEN), "alles is geleverd")
    wacht(lambda: not _aan_de_beurt(instellingen), "er is niets meer te doen")
    running.pauzeer(*INGEST)
    assert len(_runs(instellingen, "inkomsten", PERIODEN[0])) == 1  # inkomsten does not consult DUO

    assert {run["run_type"] for run in running.runs(INGEST[0])} == {"scheduled"}
    for dag_id in (f"{stap}_{product}" for stap in ("signal", "deliver") for product in PRODUCTEN):
        by_clock = {"scheduled"} if dag_id.startswith("signal_") else set()
        assert {run["run_type"] for run in running.runs(dag_id)} - by_clock == {"asset_triggered"}
    _naast_elkaar(running)

    _gewiste_taak_verandert_niets(instellingen, running)
    _een_ontvanger_opnieuw(instellingen, running)
    _een_periode_opnieuw(instellingen, running)
    _een_correctie_ingehaald(instellingen, running)
    _verteld(installatie)
    _volgnummers_sluiten_aan(instellingen)
    assert not Logboek(instellingen).controleer().breuken


def _een_maand_met_een_herkansing(installatie: Installatie, land: list[Aanlevering]) -> None:
    """The certificates are not there when the first month is to be delivered; they come, and the tasks go on.

    By then the runs have lasted longer than they may, and Airflow's deadline alert has said so.
    """
    instellingen, running = installatie.instellingen, installatie.airflow
    certificaten = instellingen.certificaten.map
    aside = certificaten.rename(certificaten.with_name("elders"))
    _bied_aan(instellingen, land, PERIODEN[0])
    dags = [*INGEST, *(f"{stap}_{product}" for stap in ("signal", "deliver") for product in PRODUCTEN)]
    running.pauzeer(*dags, "reports", ja=False)
    wacht(lambda: _lever_taken(running, "up_for_retry"), "leveren wacht op een tweede poging")
    wacht(lambda: _te_lang(installatie), "het alarm over de looptijd")
    aside.rename(certificaten)
    wacht(lambda: _geleverd(instellingen, PERIODEN[0]), "de eerste maand is geleverd")
    wacht(
        lambda: [taak for taak in _lever_taken(running, "success") if taak["try_number"] > 1], "de herkansing is gelukt"
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


def _een_correctie_ingehaald(instellingen: Instellingen, running: Airflow) -> None:
    """A correction makes both months due and no asset says so: a backfill runs them, a month for each interval."""
    one = _runs(instellingen, "inkomsten", PERIODEN[0])[-1]["run_id"]
    levering_id, record_nr = _een_feit(instellingen, one)
    meld(instellingen, levering_id, "uwv.inkomstenopgave", record_nr, "Volgens de werkgever klopt dit niet")
    before = {periode: len(_runs(instellingen, "inkomsten", periode)) for periode in PERIODEN}
    due = {regel.periode for regel in stand(instellingen, "inkomsten") if regel.aan_de_beurt}
    assert due
    interval = {"from_date": "2026-02-01T00:00:00Z", "to_date": "2026-03-31T00:00:00Z"}
    asked = {"dag_id": "signal_inkomsten", "max_active_runs": 1, "dag_run_conf": {}, **interval}
    backfill = running.vraag("POST", "/backfills", asked)
    wacht(lambda: running.vraag("GET", f"/backfills/{backfill['id']}")["completed_at"], "de backfill is klaar")
    runs = [run for run in running.runs("signal_inkomsten") if run["run_type"] == "backfill"]
    assert [run["state"] for run in runs] == ["success", "success"]
    assert sorted(run["data_interval_start"][:7] for run in runs) == list(PERIODEN)
    wacht(lambda: not _aan_de_beurt(instellingen), "er is niets meer te doen")
    after = {periode: len(_runs(instellingen, "inkomsten", periode)) for periode in PERIODEN}
    assert after == {periode: before[periode] + (periode in due) for periode in PERIODEN}
    wacht(lambda: all(_geleverd(instellingen, periode) for periode in PERIODEN), "de correctie is geleverd")


def _een_feit(instellingen: Instellingen, run_id: str) -> tuple[str, int]:
    """Levering and record number of an income that a signal of a run rests on."""
    rows = pq.read_table(run_map(instellingen, run_id) / "bewijs_inkomsten.parquet").to_pylist()
    return min((row["levering_id"], row["record_nr"]) for row in rows if row["tabel"] == "inkomstenopgave")


def _verteld(installatie: Installatie) -> None:
    """What waited was told to the webhook, once; to the mail server as soon as it is there."""
    instellingen, running = installatie.instellingen, installatie.airflow
    running.pauzeer("alerts", ja=False)
    running.start("alerts")
    wacht(lambda: _attenderen(running, "up_for_retry"), "de mail lukt niet en wordt opnieuw geprobeerd")
    assert _geleverd(instellingen, PERIODEN[0])  # nothing waited for it
    with smtp(installatie.poort) as postbus:
        wacht(lambda: _attenderen(running, "success"), "de mail is gelukt")
    waiting = {row["onderwerp"] for row in instellingen.grootboek.rijen(sa.select(t.attendering))}
    parked = next(row for row in instellingen.grootboek.rijen(sa.select(t.levering)) if row["status"] == "geparkeerd")
    heard = [event["subject"] for event in installatie.gehoord.gebeurtenissen]
    assert parked["levering_id"] in heard
    assert len(heard) == len(set(heard))
    assert set(heard) <= waiting
    assert len([mail for mail in postbus.mails if parked["levering_id"] in mail.get_content()]) == 1
    assert deadlines(instellingen.grootboek, "vsv")[-1]["gehaald_op"] is None  # of this month nothing came


def _te_lang(installatie: Installatie) -> bool:
    """Whether a delivery was said to last too long."""
    late = [event for event in installatie.gehoord.gebeurtenissen if event["data"]["code"] == "O-LOOPTIJD"]
    return any(event["subject"].startswith("deliver_") for event in late)


def _attenderen(running: Airflow, status: str) -> list[dict[str, Any]]:
    return [taak for taak in running.taken("alerts") if (taak["task_id"], taak["state"]) == ("attendeer", status)]


def _gewiste_taak_verandert_niets(instellingen: Instellingen, running: Airflow) -> None:
    before = _uitleveringen(instellingen)
    run_id = next(taak["dag_run_id"] for taak in _lever_taken(running, "success") if taak["dag_id"] == "deliver_vsv")
    wacht(lambda: running.klaar("deliver_vsv", run_id), "de run is klaar")
    tries = max(taak["try_number"] for taak in running.taken("deliver_vsv", run_id))
    wis = {"dry_run": False, "dag_run_id": run_id, "task_ids": ["lever"], "only_failed": False}
    running.vraag("POST", "/dags/deliver_vsv/clearTaskInstances", wis)
    wacht(lambda: running.klaar("deliver_vsv", run_id), "de gewiste taak is klaar")
    assert max(taak["try_number"] for taak in running.taken("deliver_vsv", run_id)) > tries
    assert _uitleveringen(instellingen) == before


def _een_ontvanger_opnieuw(instellingen: Instellingen, running: Airflow) -> None:
    newest = _runs(instellingen, "vsv", PERIODEN[1])[-1]
    sent = instellingen.grootboek.uitleveringen(newest["run_id"])
    ontvanger = min(naam for naam, row in sent.items() if row["aantal"] or row["ongewijzigd"])
    run_id = running.start("deliver_vsv", periode=PERIODEN[1], ontvanger=ontvanger)
    wacht(lambda: running.klaar("deliver_vsv", run_id), "de ontvanger is opnieuw bediend")
    again = _runs(instellingen, "vsv", PERIODEN[1])[-1]
    assert again["volledig"] == ontvanger
    rows = instellingen.grootboek.uitleveringen(again["run_id"])
    assert {naam: row["status"] for naam, row in rows.items() if row["status"] == "geleverd"} == {ontvanger: "geleverd"}


def _een_periode_opnieuw(instellingen: Instellingen, running: Airflow) -> None:
    before = _runs(instellingen, "vsv", PERIODEN[0])
    run_id = running.start("signal_vsv", periode=PERIODEN[0])
    wacht(lambda: running.klaar("signal_vsv", run_id), "de periode is opnieuw gedraaid")
    assert _runs(instellingen, "vsv", PERIODEN[0]) == before  # the inputs are the same


def _volgnummers_sluiten_aan(instellingen: Instellingen) -> None:
    given: dict[tuple[str, str], list[int]] = {}
    for row in _uitleveringen(instellingen):
        if row["volgnummer"] is not None:
            given.setdefault((row["product"], row["ontvanger"]), []).append(row["volgnummer"])
    assert given
    assert all(sorted(nummers) == list(range(1, len(nummers) + 1)) for nummers in given.values())


def _bied_aan(instellingen: Instellingen, land: list[Aanlevering], periode: str) -> None:
    for aanlevering in land:
        if aanlevering.ontvangen == periode:
            _zet_neer(instellingen, aanlevering.bron, aanlevering.pad)


def _late_levering(instellingen: Instellingen) -> None:
    """One more student, of a month that was delivered."""
    folder = instellingen.data / "onderweg" / f"{PERIODEN[0]}-nalevering"
    folder.mkdir(parents=True)
    rows = [[maak_bsn(9001), "2"]]
    (folder / "persoon.csv").write_text(
        schrijf_csv(("Burgerservicenr", "IndStartkwalificatieDuo"), rows), encoding="utf-8"
    )
    _zet_neer(instellingen, "duo", folder)
    empty = instellingen.data / "onderweg" / f"{PERIODEN[0]}-leeg"
    empty.mkdir()
    (empty / "persoon.csv").write_text("", encoding="utf-8")
    _zet_neer(instellingen, "duo", empty)  # is parked


def _zet_neer(instellingen: Instellingen, bron: str, pad: Path) -> None:
    inbox = instellingen.inbox / bron
    aside = shutil.copytree(pad, inbox / f".{pad.name}")
    aside.rename(inbox / pad.name)


def _lever_taken(running: Airflow, status: str) -> list[dict[str, Any]]:
    return [
        taak
        for product in PRODUCTEN
        for taak in running.taken(f"deliver_{product}")
        if taak["task_id"] == "lever" and taak["state"] == status
    ]


def _runs(instellingen: Instellingen, product: str, periode: str) -> list[Any]:
    query = sa.select(t.productrun).filter_by(product=product, periode=periode).order_by(t.productrun.c.volgorde)
    return list(instellingen.grootboek.rijen(query))


def _uitleveringen(instellingen: Instellingen) -> list[Any]:
    u = t.uitlevering.c
    return list(instellingen.grootboek.rijen(sa.select(t.uitlevering).order_by(u.run_id, u.ontvanger)))


def _geleverd(instellingen: Instellingen, periode: str) -> bool:
    """Whether both products were delivered for a period, to the last recipient."""
    rows = [row for row in _uitleveringen(instellingen) if row["periode"] == periode]
    ended = all(row["status"] in ("geleverd", "ongewijzigd") for row in rows)
    return ended and {row["product"] for row in rows} == set(PRODUCTEN)


def _aan_de_beurt(instellingen: Instellingen) -> list[str]:
    return [regel.periode for product in PRODUCTEN for regel in stand(instellingen, product) if regel.aan_de_beurt]
