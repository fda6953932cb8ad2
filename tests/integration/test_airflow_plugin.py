"""The report in Airflow's own API server: the menu has a link, and it leads to the pages for who is logged in only."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import Any

import pytest

from pipeline import airflow_standalone
from pipeline.airflow_lokaal import omgeving
from pipeline.airflow_standalone import PLUGINS
from pipeline.instellingen import Instellingen

pytestmark = pytest.mark.zwaar
# In a process of its own, because Airflow reads its settings when it is imported.
VRAAG = """
import json, os
from airflow.utils import db
db.initdb()
from fastapi.testclient import TestClient
from airflow.api_fastapi.app import create_app
client = TestClient(create_app(), base_url="http://localhost")
def vraag(pad, **kop):
    answer = client.get(pad, headers=kop)
    return [answer.status_code, answer.headers["content-type"], answer.text]
from pathlib import Path
passwords = next(Path(os.environ["AIRFLOW_HOME"]).glob("simple_auth_manager_passwords*"))
login = {"username": "admin", "password": json.loads(passwords.read_text())["admin"]}
token = client.post("/auth/token", json=login).json()["access_token"]
toegang = {"Authorization": f"Bearer {token}"}
client.cookies.clear()
answers = {
    "plugins": vraag("/api/v2/plugins", **toegang),
    "fouten": vraag("/api/v2/plugins/importErrors", **toegang),
    "zonder": vraag("/keten-rapport/index.html"),
    "met": vraag("/keten-rapport/index.html", **toegang),
    "map": vraag("/keten-rapport/", **toegang),
    "csv": vraag("/keten-rapport/data/x.csv", **toegang),
    "buiten": vraag("/keten-rapport/%2e%2e/geheim.txt", **toegang),
    "niets": vraag("/keten-rapport/niets.html", **toegang),
}
print("ANTWOORD" + json.dumps(answers))
"""


@pytest.fixture(scope="module")
def antwoorden(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    data = tmp_path_factory.mktemp("plugin")
    (data / "rapport" / "data").mkdir(parents=True)
    (data / "rapport" / "index.html").write_text("<h1>Rapport</h1>", encoding="utf-8")
    (data / "rapport" / "data" / "x.csv").write_text("a;b", encoding="utf-8")
    (data / "geheim.txt").write_text("geheim", encoding="utf-8")
    environment = {
        **os.environ,
        **omgeving(Instellingen(data=data), "plugin"),
        "AIRFLOW__CORE__PLUGINS_FOLDER": str(PLUGINS),
    }
    command = [sys.executable, "-c", VRAAG]
    result = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=300, check=False)
    assert result.returncode == 0, result.stderr[-3000:]
    line = next(line for line in result.stdout.splitlines() if line.startswith("ANTWOORD"))
    return json.loads(line.removeprefix("ANTWOORD"))


def test_airflow_loads_the_plugin_and_shows_its_link(antwoorden: dict[str, Any]) -> None:
    assert json.loads(antwoorden["fouten"][2])["import_errors"] == []
    plugins = json.loads(antwoorden["plugins"][2])["plugins"]
    ours = next(item for item in plugins if item["name"] == "signaalketen_rapport")
    (view,) = ours["external_views"]
    assert (view["name"], view["href"], view["destination"]) == ("Rapport", "keten-rapport/index.html", "nav")


def test_the_link_leads_to_the_pages(antwoorden: dict[str, Any]) -> None:
    for naam in ("met", "map"):
        assert antwoorden[naam][0] == 200
        assert antwoorden[naam][2] == "<h1>Rapport</h1>"
        assert antwoorden[naam][1].startswith("text/html")
    assert antwoorden["csv"][::2] == [200, "a;b"]


def test_who_is_not_logged_in_gets_nothing(antwoorden: dict[str, Any]) -> None:
    assert antwoorden["zonder"][0] == 401
    assert "Rapport" not in antwoorden["zonder"][2]


def test_nothing_outside_the_report_is_served(antwoorden: dict[str, Any]) -> None:
    assert antwoorden["buiten"][0] == 404
    assert antwoorden["niets"][0] == 404
    assert "geheim" not in antwoorden["buiten"][2]


def test_make_airflow_starts_with_that_folder(monkeypatch: pytest.MonkeyPatch) -> None:
    started: list[Any] = []
    monkeypatch.setattr(os, "execve", lambda *arguments: started.append(arguments))
    airflow_standalone.main()
    ((_, command, environment),) = started
    assert command[1:] == ["standalone"]
    assert environment["AIRFLOW__CORE__PLUGINS_FOLDER"] == str(PLUGINS)
    assert (PLUGINS / "rapport.py").is_file()
