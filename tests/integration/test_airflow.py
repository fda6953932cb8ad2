"""The DAGs under the real scheduler: two months of two products beside each other, with what goes wrong in practice.

The scheduler (LocalExecutor), the DAG processor and the API server run as in production, with PostgreSQL behind them
and behind the ledger. Nothing here starts an ingest, a signal or a delivery of the months: the clock and the assets do.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from demo.land import Aanlevering, maak_land
from lineage import tabellen as t
from pipeline.instellingen import Instellingen
from pipeline.logboek import Logboek
from pipeline.proefketen import maak_proefketen
from pipeline.status import bronnen_van, stand
from tests.airflow_echt import Airflow, airflow, wacht
from tests.bouw import maak_bsn, schrijf_csv
from tests.integration.test_dags import DAG_IDS
from tests.postgres import cluster

pytestmark = pytest.mark.zwaar
PERIODEN = ("2026-02", "2026-03")
PRODUCTEN = ("inkomsten", "vsv")
INGEST = sorted({f"ingest_{bron}" for product in PRODUCTEN for bron in bronnen_van(product)})


@pytest.fixture
def installatie(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[Instellingen, Airflow]]:
    with cluster() as server:
        settings = {
            "KETEN_DATA": str(tmp_path / "var"),
            "KETEN_LEDGER": server.maak("keten"),
            "KETEN_INNAME": "* * * * *",
        }
        for naam, waarde in settings.items():
            monkeypatch.setenv(naam, waarde)
        instellingen = Instellingen()
        maak_proefketen(instellingen)
        with airflow(server, tmp_path / "airflow", settings) as running:
            yield instellingen, running


def test_two_months_under_the_real_scheduler(installatie: tuple[Instellingen, Airflow], tmp_path: Path) -> None:
    instellingen, running = installatie
    land = maak_land(tmp_path / "land", personen=400, periode=PERIODEN[1], maanden=2, seed=1)
    wacht(lambda: running.dag_ids() == DAG_IDS, "precies deze DAG's")

    _een_maand_met_een_herkansing(instellingen, running, land)
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
        assert {run["run_type"] for run in running.runs(dag_id)} == {"asset_triggered"}

    _gewiste_taak_verandert_niets(instellingen, running)
    _een_ontvanger_opnieuw(instellingen, running)
    _een_periode_opnieuw(instellingen, running)
    _volgnummers_sluiten_aan(instellingen)
    assert not Logboek(instellingen).controleer().breuken


def _een_maand_met_een_herkansing(instellingen: Instellingen, running: Airflow, land: list[Aanlevering]) -> None:
    """The certificates are not there when the first month is to be delivered; they come, and the tasks go on."""
    certificaten = instellingen.certificaten.map
    aside = certificaten.rename(certificaten.with_name("elders"))
    _bied_aan(instellingen, land, PERIODEN[0])
    dags = [*INGEST, *(f"{stap}_{product}" for stap in ("signal", "deliver") for product in PRODUCTEN)]
    running.pauzeer(*dags, "reports", ja=False)
    wacht(lambda: _lever_taken(running, "up_for_retry"), "leveren wacht op een tweede poging")
    aside.rename(certificaten)
    wacht(lambda: _geleverd(instellingen, PERIODEN[0]), "de eerste maand is geleverd")
    wacht(
        lambda: [taak for taak in _lever_taken(running, "success") if taak["try_number"] > 1], "de herkansing is gelukt"
    )


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
