"""An installation under the real Airflow for two months of two products, and what the ledger says of it."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import pyarrow.parquet as pq
import pytest
import sqlalchemy as sa

from demo.land import Aanlevering
from lineage import tabellen as t
from pipeline.instellingen import Instellingen
from pipeline.proefketen import maak_proefketen
from pipeline.signaleer import run_map
from pipeline.status import stand
from schemas.load import bronnen_van
from tests.airflow_echt import Airflow, airflow
from tests.bouw import maak_bsn, schrijf_csv
from tests.integration.test_attenderen import Ontvangen, http
from tests.postgres import cluster
from tests.servers import vrije_poort

PERIODEN = ("2026-02", "2026-03")
PRODUCTEN = ("inkomsten", "vsv")
INGEST = sorted({f"ingest_{bron}" for product in PRODUCTEN for bron in bronnen_van(product)})
SIGNAL = [f"signal_{product}" for product in PRODUCTEN]
DELIVER = [f"deliver_{product}" for product in PRODUCTEN]
# Seconds a run may last, and the least wait before a second try: a run with a second try lasts too long.
LOOPTIJD = HERKANSING = 30


class Installatie(NamedTuple):
    """An installation under Airflow, what its webhook heard, and the port on which its mail server is not there yet."""

    instellingen: Instellingen
    airflow: Airflow
    gehoord: Ontvangen
    poort: int


@contextmanager
def installatie_in(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Installatie]:
    """Airflow on PostgreSQL, starting; a product run takes more than half of the pool."""
    with cluster() as server, http() as (url, gehoord):
        poort = vrije_poort()
        settings = {
            "KETEN_DATA": str(folder / "var"),
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
        more = {
            "AIRFLOW__CORE__DEFAULT_POOL_TASK_SLOT_COUNT": "63",
            "AIRFLOW__CORE__DEFAULT_TASK_RETRY_DELAY": str(HERKANSING),
        }
        with airflow(server, folder / "airflow", settings | more) as running:
            yield Installatie(instellingen, running, gehoord, poort)


def bied_aan(instellingen: Instellingen, land: list[Aanlevering], periode: str) -> None:
    """The bronnen deliver a month."""
    for aanlevering in land:
        if aanlevering.ontvangen == periode:
            _zet_neer(instellingen, aanlevering.bron, aanlevering.pad)


def bied_laat_aan(instellingen: Instellingen) -> None:
    """One more student, of a month that was delivered; and a levering with nothing in it, which is parked."""
    rows = [[maak_bsn(9001), "2"]]
    student = schrijf_csv(("Burgerservicenr", "IndStartkwalificatieDuo"), rows)
    for naam, inhoud in (("nalevering", student), ("leeg", "")):
        folder = instellingen.data / "onderweg" / f"{PERIODEN[0]}-{naam}"
        folder.mkdir(parents=True)
        (folder / "persoon.csv").write_text(inhoud, encoding="utf-8")
        _zet_neer(instellingen, "duo", folder)


def _zet_neer(instellingen: Instellingen, bron: str, pad: Path) -> None:
    inbox = instellingen.inbox / bron
    aside = shutil.copytree(pad, inbox / f".{pad.name}")
    aside.rename(inbox / pad.name)


def runs(instellingen: Instellingen, product: str, periode: str) -> list[Any]:
    """The product runs of a period, the oldest first."""
    query = sa.select(t.productrun).filter_by(product=product, periode=periode).order_by(t.productrun.c.volgorde)
    return list(instellingen.grootboek.rijen(query))


def uitleveringen(instellingen: Instellingen) -> list[Any]:
    """All deliveries."""
    u = t.uitlevering.c
    return list(instellingen.grootboek.rijen(sa.select(t.uitlevering).order_by(u.run_id, u.ontvanger)))


def is_geleverd(instellingen: Instellingen, periode: str) -> bool:
    """Whether both products were delivered for a period, to the last recipient."""
    rows = [row for row in uitleveringen(instellingen) if row["periode"] == periode]
    ended = all(row["status"] in ("geleverd", "ongewijzigd") for row in rows)
    return ended and {row["product"] for row in rows} == set(PRODUCTEN)


def aan_de_beurt(instellingen: Instellingen, product: str) -> list[str]:
    """The periods of a product that are due."""
    return [regel.periode for regel in stand(instellingen, product) if regel.aan_de_beurt]


def alles_gedaan(instellingen: Instellingen) -> bool:
    """Whether all that came in was delivered, and nothing is due."""
    delivered = all(is_geleverd(instellingen, periode) for periode in PERIODEN)
    return delivered and not any(aan_de_beurt(instellingen, product) for product in PRODUCTEN)


def feit(instellingen: Instellingen, periode: str) -> tuple[str, int]:
    """Levering and record number of an income that came in a period and that a signal of it rests on."""
    run_id = runs(instellingen, "inkomsten", periode)[-1]["run_id"]
    rows = pq.read_table(run_map(instellingen, run_id) / "bewijs_inkomsten.parquet").to_pylist()
    return min(
        (row["levering_id"], row["record_nr"])
        for row in rows
        if row["tabel"] == "inkomstenopgave" and periode in row["levering_id"]
    )


def pogingen(running: Airflow, dag_ids: list[str], taak_id: str, status: str) -> list[dict[str, Any]]:
    """The instances of a task of some DAGs that are in a state."""
    return [
        taak
        for dag_id in dag_ids
        for taak in running.taken(dag_id)
        if (taak["task_id"], taak["state"]) == (taak_id, status)
    ]
