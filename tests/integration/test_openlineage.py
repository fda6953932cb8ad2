"""OpenLineage events of real steps: to file always, to a backend when set, and never at the cost of a step."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from lineage import onverzonden
from lineage.ledger import Stap, now
from pipeline.instellingen import Instellingen
from pipeline.openlineage import stuur_bestand
from pipeline.werk import draai
from tests.bouw import maak_bsn, schrijf_csv
from tests.e2e.keten import DUO, FEBRUARI, neem_jongeren_op
from tests.geopend import met_certificaten
from tests.openlineage_spec import fouten

Event = dict[str, Any]
TAAK = "01900000-0000-7000-8000-000000000001"  # what Airflow would hand on


@pytest.fixture(scope="module")
def gebeurtenissen(tmp_path_factory: pytest.TempPathFactory) -> list[Event]:
    """The events of a small town that is taken in, worked out and delivered."""
    data = met_certificaten(tmp_path_factory.mktemp("openlineage")).data
    instellingen = Instellingen(data=data, ouder=f"airflow/signal_vsv.signaleer/{TAAK}")
    neem_jongeren_op(instellingen, FEBRUARI)
    draai(instellingen, "vsv", FEBRUARI)
    return _lees(instellingen)


def _lees(instellingen: Instellingen) -> list[Event]:
    files = sorted(instellingen.map("lineage").glob("openlineage-*.ndjson"))
    return [json.loads(line) for file in files for line in file.read_text(encoding="utf-8").splitlines()]


def test_every_event_is_valid_against_the_specification(gebeurtenissen: list[Event], tmp_path: Path) -> None:
    instellingen = Instellingen(data=tmp_path)
    failed = Stap("signaleer", "vsv-2026-02-abc", "vsv", FEBRUARI, status="mislukt", code="S-MODEL")
    instellingen.grootboek.schrijf_stap(failed)
    events = gebeurtenissen + _lees(instellingen)
    assert {item["job"]["name"]: fouten(item) for item in events if fouten(item)} == {}
    facets = {
        naam
        for item in events
        for part in (item["run"], item["job"], *item.get("inputs", ()), *item.get("outputs", ()))
        for group in ("facets", "inputFacets", "outputFacets")
        for naam in part.get(group) or ()
    }
    asked = {"schema", "columnLineage", "outputStatistics", "dataQualityAssertions", "ownership", "documentation"}
    assert asked | {"parent", "errorMessage", "nominalTime", "jobType"} <= facets


def test_the_check_sees_what_is_wrong(gebeurtenissen: list[Event]) -> None:
    """The control: each of these would be refused by a backend that is strict."""
    good = _einde(gebeurtenissen, "deur.vsv.brp.persoon")
    wrong: list[tuple[str, Any]] = [("eventType", "KLAAR"), ("eventTime", "2026-02-01"), ("run", {"runId": "1"})]
    wrong += [("producer", 3), ("vreemd", "x"), ("outputs", [{"namespace": "signaalketen"}])]
    for naam, value in wrong:
        assert any(naam in fout for fout in fouten({**good, naam: value})), naam
    without = {key: value for key, value in good.items() if key != "job"}
    assert fouten(without) == ["event.job: ontbreekt"]
    other = json.loads(
        json.dumps(good).replace("facets/1-0-1/OwnershipDatasetFacet", "facets/9-9-9/OwnershipDatasetFacet")
    )
    assert len(fouten(other)) == 1
    lineage = json.loads(json.dumps(good).replace('"masking": true', '"masking": "ja"'))
    assert all("masking" in fout for fout in fouten(lineage))
    assert fouten(lineage)


def _einde(events: list[Event], job: str) -> Event:
    return next(item for item in events if item["job"]["name"] == job and item["eventType"] != "START")


def test_every_step_begins_and_ends_under_the_same_run(gebeurtenissen: list[Event]) -> None:
    runs: dict[str, list[str]] = {}
    for item in gebeurtenissen:
        UUID(item["run"]["runId"])
        runs.setdefault(item["run"]["runId"], []).append(item["eventType"])
    assert all(types == ["START", "COMPLETE"] for types in runs.values())
    steps = {item["job"]["name"] for item in gebeurtenissen if "." not in item["job"]["name"]}
    assert {"ontvang", "deur", "signaleer", "lever"} <= steps


def test_a_job_has_one_output_and_the_step_above_it_as_parent(gebeurtenissen: list[Event]) -> None:
    ids = {item["run"]["runId"]: item["job"]["name"] for item in gebeurtenissen}
    for item in gebeurtenissen:
        parent = item["run"]["facets"]["parent"]
        if "." in item["job"]["name"]:
            assert ids[parent["run"]["runId"]] == item["job"]["name"].partition(".")[0]
            assert item["eventType"] == "START" or len(item["outputs"]) == 1
        else:
            assert (parent["job"]["name"], parent["run"]["runId"]) == ("signal_vsv.signaleer", TAAK)


def test_the_door_says_which_fields_became_pseudonyms_and_how_many_rows_it_wrote(gebeurtenissen: list[Event]) -> None:
    event = _einde(gebeurtenissen, "deur.vsv.brp.persoon")
    output = event["outputs"][0]
    assert output["name"] == "lake/vsv/brp.persoon"
    assert output["outputFacets"]["outputStatistics"]["rowCount"] == 2
    fields = output["facets"]["columnLineage"]["fields"]
    masking = {naam: field["inputFields"][0]["transformations"][0]["masking"] for naam, field in fields.items()}
    assert masking["persoon"] is True
    assert masking["geboortedatum"] is False
    assert fields["persoon"]["inputFields"][0]["field"] == "burgerservicenummer"
    assert {owner["type"] for owner in output["facets"]["ownership"]["owners"]} == {"bronhouder", "controller"}
    assert output["facets"]["documentation"]["description"]
    quality = event["inputs"][0]["inputFacets"]["dataQualityAssertions"]["assertions"]
    assert [(item["assertion"], item["success"]) for item in quality] == [("bruikbaar", True)]


def test_the_graph_is_joined_from_the_extract_to_the_message(gebeurtenissen: list[Event]) -> None:
    made = {output["name"] for item in gebeurtenissen for output in item.get("outputs") or ()}
    read = {source["name"] for item in gebeurtenissen for source in item.get("inputs") or ()}
    assert {"lake/vsv/duo.persoon", "runs/vsv/signal_vsv", "berichten/vsvbericht"} <= made
    assert {name for name in read if not name.startswith("bron/")} <= made | _not_received(gebeurtenissen)
    signal = _einde(gebeurtenissen, "signaleer.vsv.signal_vsv")["outputs"][0]
    sources = signal["facets"]["columnLineage"]["fields"]["laatste_niveau"]["inputFields"]
    assert ("lake/vsv/duo.deelname", "code_niveau") in {(item["name"], item["field"]) for item in sources}
    message = _einde(gebeurtenissen, "lever.vsv")["outputs"][0]
    number = message["facets"]["columnLineage"]["fields"]["burgerservicenummer"]["inputFields"][0]
    assert (number["name"], number["field"]) == ("runs/vsv/signal_vsv", "persoon")
    assert message["outputFacets"]["outputStatistics"]["rowCount"] == 4


def _not_received(events: list[Event]) -> set[str]:
    """What a model may read and nobody delivered in this town."""
    made = {output["name"] for item in events for output in item.get("outputs") or ()}
    may = {source["name"] for source in _einde(events, "signaleer.vsv.signal_vsv")["inputs"]}
    return may - made


def test_a_step_that_fails_says_so_with_its_code_and_without_output(tmp_path: Path) -> None:
    instellingen = Instellingen(data=tmp_path)
    stap = Stap("signaleer", "vsv-2026-02-abc", "vsv", FEBRUARI, status="mislukt", code="S-MODEL")
    instellingen.grootboek.schrijf_stap(stap)
    ends = [item for item in _lees(instellingen) if item["eventType"] != "START"]
    assert {item["eventType"] for item in ends} == {"FAIL"}
    assert all(item["run"]["facets"]["errorMessage"]["message"].startswith("S-MODEL: ") for item in ends)
    assert not any(item.get("outputs") for item in ends)


def test_what_was_rolled_back_is_not_told(tmp_path: Path) -> None:
    instellingen = Instellingen(data=tmp_path)
    ledger = instellingen.grootboek

    def stop() -> None:
        with ledger.transactie() as connection:
            ledger.schrijf_stap(Stap("rapport", "x", begonnen_op=now()), connection)
            raise RuntimeError("afgebroken")

    with pytest.raises(RuntimeError, match="afgebroken"):
        stop()
    ledger.schrijf_stap(Stap("ontvang", "uwv-2026-01-abc"))
    assert {item["job"]["name"] for item in _lees(instellingen)} == {"ontvang", "ontvang.uwv"}


@pytest.fixture
def backend() -> Iterator[tuple[str, list[Event]]]:
    """A server that takes events, and what it took."""
    taken: list[Event] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            assert self.path == "/api/v1/lineage"
            taken.append(json.loads(body))
            self.send_response(201)
            self.end_headers()

        def log_message(self, *args: object) -> None:
            """Says nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}", taken
    server.shutdown()


def test_a_backend_gets_the_same_events_as_the_file(tmp_path: Path, backend: tuple[str, list[Event]]) -> None:
    url, taken = backend
    instellingen = Instellingen(data=tmp_path, openlineage=url)
    instellingen.grootboek.schrijf_stap(Stap("ontvang", "uwv-2026-01-abc"))
    assert taken == _lees(instellingen) != []


@pytest.mark.zwaar
def test_a_backend_that_is_away_costs_no_step_and_is_told_later(
    tmp_path: Path, backend: tuple[str, list[Event]]
) -> None:
    instellingen = Instellingen(data=tmp_path, openlineage="http://127.0.0.1:1")
    nr = instellingen.grootboek.schrijf_stap(Stap("ontvang", "uwv-2026-01-abc"))
    assert nr == 1
    url, taken = backend
    assert stuur_bestand(next(instellingen.map("lineage").iterdir()), url) == len(taken) == len(_lees(instellingen))


def _gedood(data: Path, stap: str, na: str) -> None:
    """A process that enters an outcome row and is killed before it tells of it, or before it enters that it did."""
    code = (
        "import os, signal; from pathlib import Path; from lineage import onverzonden; from lineage.ledger import Stap;"
        "from pipeline.instellingen import Instellingen; from pipeline.openlineage import Zender;"
        f"{na} = lambda *args: os.kill(os.getpid(), signal.SIGKILL);"
        f"stap = Stap('ontvang', {stap!r}); stap.tellingen['', 'bestand', 'gebruikt'] = 2;"
        f"Instellingen(data=Path({str(data)!r})).grootboek.schrijf_stap(stap)"
    )
    done = subprocess.run([sys.executable, "-c", code], check=False, capture_output=True, timeout=120)
    assert done.returncode == -signal.SIGKILL, done.stderr


def _runs(instellingen: Instellingen) -> dict[str, set[str]]:
    """Per job the runs of which an end was told."""
    found: dict[str, set[str]] = {}
    for item in _lees(instellingen):
        if item["eventType"] == "COMPLETE":
            found.setdefault(item["job"]["name"], set()).add(item["run"]["runId"])
    return found


@pytest.mark.parametrize("na", ["Zender.__call__", "onverzonden.verzonden"])
def test_who_is_killed_after_the_commit_is_told_of_in_the_next_step(tmp_path: Path, na: str) -> None:
    instellingen = Instellingen(data=tmp_path)
    _gedood(tmp_path, "uwv-2026-01-abc", na)
    before = _lees(instellingen)
    assert bool(before) is (na == "onverzonden.verzonden")
    instellingen.grootboek.schrijf_stap(Stap("ontvang", "duo-2026-01-abc"))
    assert {job: len(runs) for job, runs in _runs(instellingen).items()} == {
        "ontvang": 2,
        "ontvang.uwv": 1,
        "ontvang.duo": 1,
    }
    own = _einde(_lees(instellingen), "ontvang.uwv")["outputs"][0]["outputFacets"]["outputStatistics"]
    assert own["fileCount"] == 2
    assert all(item in _lees(instellingen) for item in before)
    assert onverzonden.wachtend(instellingen.grootboek) == []


def test_also_when_the_next_step_finds_nothing_to_do(tmp_path: Path) -> None:
    instellingen = Instellingen(data=tmp_path)
    _gedood(tmp_path, "uwv-2026-01-abc", "Zender.__call__")
    with instellingen.grootboek.alleen("proef", "alle"):
        assert _runs(instellingen).keys() == {"ontvang", "ontvang.uwv"}


def test_a_folder_that_cannot_be_written_to_costs_no_step_and_is_told_later(tmp_path: Path) -> None:
    instellingen = Instellingen(data=tmp_path)
    in_the_way = instellingen.map("lineage")
    in_the_way.write_text("geen map", encoding="utf-8")
    instellingen.grootboek.schrijf_stap(Stap("ontvang", "uwv-2026-01-abc"))
    in_the_way.unlink()
    instellingen.grootboek.schrijf_stap(Stap("ontvang", "duo-2026-01-abc"))
    assert _runs(instellingen).keys() == {"ontvang", "ontvang.uwv", "ontvang.duo"}


def test_it_can_be_turned_off(tmp_path: Path) -> None:
    instellingen = Instellingen(data=tmp_path, openlineage="uit")
    instellingen.grootboek.schrijf_stap(Stap("ontvang", "uwv-2026-01-abc"))
    assert not instellingen.map("lineage").exists()
    assert onverzonden.wachtend(instellingen.grootboek) == []


@pytest.mark.zwaar
def test_a_task_of_airflow_and_its_steps_join_in_one_graph(tmp_path: Path) -> None:
    """The parent that a step names is the run of the task as Airflow's provider sent it."""
    code = (
        "import os; from pipeline.instellingen import Instellingen;"
        "from pipeline.airflow_lokaal import LokaleDags, openlineage; i = Instellingen();"
        "os.environ.update(openlineage(i)); LokaleDags(i, 'een').draai('ingest_duo')"
    )
    (tmp_path / "lineage").mkdir()
    inbox = Instellingen(data=tmp_path).inbox / "duo" / f"{FEBRUARI}-een"
    inbox.mkdir(parents=True)
    (inbox / "persoon.csv").write_text(schrijf_csv(DUO, [[maak_bsn(801), "2"]]), encoding="utf-8")
    environment = {**os.environ, "KETEN_DATA": str(tmp_path)}
    subprocess.run([sys.executable, "-c", code], env=environment, check=True, capture_output=True, timeout=300)
    airflow = [json.loads(line) for line in (tmp_path / "lineage" / "airflow.ndjson").read_text().splitlines()]
    tasks = {item["run"]["runId"] for item in airflow if item["job"]["name"].startswith("ingest_duo.")}
    steps = [item for item in _lees(Instellingen(data=tmp_path)) if "." not in item["job"]["name"]]
    assert steps
    assert {item["run"]["facets"]["parent"]["run"]["runId"] for item in steps} <= tasks
