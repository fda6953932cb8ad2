"""The DAG folder as Airflow reads it: which DAGs there are, what each says about itself, and what triggers what.

Airflow reads its settings when it is imported, so the folder is loaded once in a process of its own; what it found
comes back as JSON.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from schemas.load import bronnen, doelen, producten
from tests.bouw import CHECKOUT

BRONNEN = ("brp", "duo", "gemeente", "kvk", "rdw", "svb", "uwv")
PRODUCTEN = tuple(sorted(path.stem for path in (CHECKOUT / "schemas" / "producten").glob("*.yml")))
INGEST = [f"ingest_{bron}" for bron in BRONNEN]
SIGNAL = [f"signal_{product}" for product in PRODUCTEN]
DELIVER = [f"deliver_{product}" for product in PRODUCTEN]
DAG_IDS = sorted([*INGEST, *SIGNAL, *DELIVER, "alerts", "receipts", "reports", "retention"])

LOAD = """
import json, sys, warnings
warnings.simplefilter("ignore")
from airflow.dag_processing.dagbag import DagBag

def uris(asset):
    return {asset.uri} if hasattr(asset, "uri") else set().union(*map(uris, asset.objects))

def schedule(dag):
    condition = getattr(dag.timetable, "asset_condition", None)
    assets = sorted(uris(condition)) if condition else []
    clock = getattr(dag.timetable, "timetable", None)
    cron = dag.schedule if isinstance(dag.schedule, str) else getattr(clock, "expression", None)
    return {"any": type(condition).__name__, "assets": assets, "cron": cron}

bag = DagBag(sys.argv[1])
dags = {}
for dag_id, dag in bag.dags.items():
    tasks = {}
    for task in dag.tasks:
        mapped = getattr(task, "partial_kwargs", {}) if task.is_mapped else {}
        tasks[task.task_id] = {
            "owner": task.owner,
            "pool_slots": mapped.get("pool_slots", task.pool_slots),
            "tells": bool(mapped.get("on_failure_callback", task.on_failure_callback)),
            "retries": mapped.get("retries", task.retries),
            "retry_delay": mapped.get("retry_delay", task.retry_delay).total_seconds(),
            "downstream": sorted(task.downstream_task_ids),
            "mapped": task.is_mapped,
            "outlets": sorted(outlet.uri for outlet in mapped.get("outlets", task.outlets) or []),
            "trigger_rule": str(getattr(task.trigger_rule, "value", task.trigger_rule)),
            "doc": task.doc_md or getattr(getattr(task, "python_callable", None), "__doc__", None) or "",
        }
    dags[dag_id] = {
        "doc": dag.doc_md or "", "description": dag.description or "", "tags": sorted(dag.tags), "owner": dag.owner,
        "catchup": dag.catchup, "max_active_runs": dag.max_active_runs, "params": sorted(dag.params),
        "start": dag.start_date.isoformat() if dag.start_date else None, "file": dag.fileloc,
        "tasks": tasks, "schedule": schedule(dag),
        "alarm": [item.interval.total_seconds() for item in dag.deadline or []],
    }
json.dump({"errors": bag.import_errors, "dags": dags}, sys.stdout)
"""


@pytest.fixture(scope="module")
def gelezen(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What Airflow finds in the DAG folder."""
    home = tmp_path_factory.mktemp("airflow")
    env = {naam: waarde for naam, waarde in os.environ.items() if not naam.startswith(("AIRFLOW", "KETEN_"))}
    env |= {
        "AIRFLOW_HOME": str(home),
        "AIRFLOW__CORE__DAGS_FOLDER": str(CHECKOUT / "dags"),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "AIRFLOW__LOGGING__LOGGING_LEVEL": "ERROR",
        "AIRFLOW__USAGE_DATA_COLLECTION__ENABLED": "False",
        "KETEN_DATA": str(home / "var"),
    }
    outcome = subprocess.run(
        [sys.executable, "-c", LOAD, str(CHECKOUT / "dags")],
        cwd=CHECKOUT,
        env=env,
        capture_output=True,
        text=True,
        timeout=180,
        check=False,
    )
    assert outcome.returncode == 0, outcome.stderr[-3000:]
    found: dict[str, Any] = json.loads(outcome.stdout[outcome.stdout.index('{"errors"') :])
    found["written"] = sorted(path.name for path in (home / "var").rglob("*")) if (home / "var").exists() else []
    return found


@pytest.fixture(scope="module")
def dags(gelezen: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = gelezen["dags"]
    return found


def test_bronnen_and_producten_are_those_declared() -> None:
    """The lists above are written out, so that one that disappears is noticed."""
    assert sorted(bronnen()) == sorted(BRONNEN)
    assert sorted(producten()) == sorted(PRODUCTEN)


def test_no_import_errors(gelezen: dict[str, Any]) -> None:
    assert gelezen["errors"] == {}


def test_exactly_these_dags(dags: dict[str, Any]) -> None:
    assert sorted(dags) == DAG_IDS


def test_parsing_writes_nothing(gelezen: dict[str, Any]) -> None:
    """How long it takes is a limit in `tests/benchmarks/test_dags.py`."""
    assert gelezen["written"] == []


@pytest.mark.parametrize("dag_id", DAG_IDS)
def test_dag_explains_itself(dags: dict[str, Any], dag_id: str) -> None:
    dag = dags[dag_id]
    kind, _, subject = dag_id.partition("_")

    assert len(dag["doc"].strip()) > 60
    assert len(dag["description"]) > 10
    assert dag["tags"] == sorted({kind, subject} - {""})
    assert dag["owner"] not in ("", "airflow")
    assert Path(dag["file"]).parent == CHECKOUT / "dags"


@pytest.mark.parametrize("dag_id", DAG_IDS)
def test_every_task_has_an_owner_and_is_tried_again(dags: dict[str, Any], dag_id: str) -> None:
    tasks = dags[dag_id]["tasks"]

    assert tasks
    for naam, task in tasks.items():
        assert task["retries"] >= 1, naam
        assert task["retry_delay"] >= 60, naam
        assert task["owner"] not in ("", "airflow"), naam
        assert task["doc"] or task["mapped"], naam  # Airflow does not carry the docstring of a mapped task over


@pytest.mark.parametrize("dag_id", DAG_IDS)
def test_runs_do_not_overlap_and_do_not_catch_up(dags: dict[str, Any], dag_id: str) -> None:
    """State stands in the ledger: a run does whatever is due, so a missed one need not be made up for."""
    assert dags[dag_id]["catchup"] is False
    assert dags[dag_id]["max_active_runs"] == 1
    assert dags[dag_id]["start"] is not None


@pytest.mark.parametrize("bron", BRONNEN)
def test_ingest_announces_its_levering(dags: dict[str, Any], bron: str) -> None:
    tasks = dags[f"ingest_{bron}"]["tasks"]

    assert {naam: task["downstream"] for naam, task in tasks.items()} == {
        "zoek": ["ontvang"],
        "ontvang": ["toelaten"],
        "toelaten": [],
    }
    assert tasks["ontvang"]["mapped"]
    assert tasks["toelaten"]["outlets"] == [f"keten://levering/{bron}"]
    assert tasks["toelaten"]["trigger_rule"] == "none_failed"
    assert dags[f"ingest_{bron}"]["schedule"]["cron"] == "0 6 * * *"


@pytest.mark.parametrize("product", PRODUCTEN)
def test_signal_waits_for_exactly_the_bronnen_of_its_doelprofiel(dags: dict[str, Any], product: str) -> None:
    doel = doelen()[producten()[product].doel]
    expected = {f"keten://levering/{raadpleging.tabel.partition('.')[0]}" for raadpleging in doel.bronnen}
    dag = dags[f"signal_{product}"]

    assert set(dag["schedule"]["assets"]) == expected
    assert dag["schedule"]["any"] == "AssetAny"
    assert dag["params"] == ["periode"]
    assert [task["outlets"] for task in dag["tasks"].values() if task["outlets"]] == [[f"keten://signalen/{product}"]]


def test_the_clock_makes_up_for_what_assets_missed(dags: dict[str, Any]) -> None:
    """Every day for vsv; for the others two days before the norm, so that a backfill has a month for an interval."""
    assert {product: dags[f"signal_{product}"]["schedule"]["cron"] for product in PRODUCTEN} == {
        "inkomsten": "0 9 13 * *",
        "kvk": "0 9 13 * *",
        "kwijtschelding": "0 9 18 * *",
        "uitstroommonitor": "0 9 23 * *",
        "vsv": "0 9 * * *",
    }


def test_product_runs_are_kept_from_filling_the_memory(dags: dict[str, Any]) -> None:
    slots = {dag_id: {naam: task["pool_slots"] for naam, task in dag["tasks"].items()} for dag_id, dag in dags.items()}
    assert all(tasks == {"bepaal_perioden": 1, "signaleer": 32} for dag_id, tasks in slots.items() if dag_id in SIGNAL)
    assert {n for dag_id, tasks in slots.items() if dag_id not in SIGNAL for n in tasks.values()} == {1}


def test_alerts_follow_every_levering_and_delivery_and_the_clock(dags: dict[str, Any]) -> None:
    assert dags["alerts"]["schedule"] == {
        "any": "AssetAny",
        "assets": sorted(
            [f"keten://levering/{bron}" for bron in BRONNEN] + [f"keten://uitlevering/{naam}" for naam in PRODUCTEN]
        ),
        "cron": "15 * * * *",
    }
    assert dags["alerts"]["tasks"]["bewaak"]["downstream"] == ["attendeer"]


def test_what_takes_too_long_or_fails_for_good_is_told(dags: dict[str, Any]) -> None:
    assert {dag_id for dag_id, dag in dags.items() if dag["alarm"] == [14_400]} == {*SIGNAL, *DELIVER}
    silent = {dag_id for dag_id, dag in dags.items() if not all(task["tells"] for task in dag["tasks"].values())}
    assert silent == {"alerts"}  # it would tell of itself


def test_doelprofielen_differ_in_their_bronnen(dags: dict[str, Any]) -> None:
    """Written out for two, so that the test above does not follow a mistake in what it derives from."""
    assets = {product: dags[f"signal_{product}"]["schedule"]["assets"] for product in PRODUCTEN}

    assert assets["inkomsten"] == [f"keten://levering/{bron}" for bron in ("brp", "gemeente", "uwv")]
    assert assets["vsv"] == [f"keten://levering/{bron}" for bron in ("brp", "duo", "gemeente", "uwv")]


@pytest.mark.parametrize("product", PRODUCTEN)
def test_deliver_follows_its_signals(dags: dict[str, Any], product: str) -> None:
    dag = dags[f"deliver_{product}"]

    assert dag["params"] == ["ontvanger", "periode"]
    assert dag["schedule"]["assets"] == [f"keten://signalen/{product}"]
    assert [task["outlets"] for task in dag["tasks"].values() if task["outlets"]] == [
        [f"keten://uitlevering/{product}"]
    ]


def test_reports_follow_every_delivery(dags: dict[str, Any]) -> None:
    assert dags["reports"]["schedule"]["assets"] == [f"keten://uitlevering/{product}" for product in PRODUCTEN]
    assert dags["reports"]["schedule"]["any"] == "AssetAny"
