"""The report in the UI of Airflow: an entry in its menu, and the pages served by its API server to who is logged in.

Airflow loads this file from its plugins folder (`AIRFLOW__CORE__PLUGINS_FOLDER`). The pages are read from the folder of
`KETEN_DATA` as they are at that moment, so building them again needs no restart.
"""

from __future__ import annotations

from pathlib import Path

from airflow.api_fastapi.core_api.security import GetUserDep
from airflow.plugins_manager import AirflowPlugin
from fastapi import FastAPI, HTTPException
from fastapi.responses import FileResponse

from pipeline.instellingen import Instellingen

ADRES = "/keten-rapport"
app = FastAPI(title="Rapport signaalketen", docs_url=None, redoc_url=None, openapi_url=None)


@app.get("/{pad:path}")
def bestand(pad: str, user: GetUserDep) -> FileResponse:  # who is not logged in gets no further
    """A page or a table of the report."""
    folder = Instellingen().map("rapport").resolve()
    path: Path = (folder / (pad or "index.html")).resolve()
    if not path.is_relative_to(folder) or not path.is_file():
        raise HTTPException(404, "Dit deel van het rapport is er niet. Maak het met: keten rapport")
    return FileResponse(path)


class RapportPlugin(AirflowPlugin):
    """The link in the menu, and what it leads to."""

    name = "signaalketen_rapport"
    fastapi_apps = [{"app": app, "url_prefix": ADRES, "name": "Rapport signaalketen"}]  # noqa: RUF012 - as Airflow asks
    # Without a leading slash and without a route of the UI: a tab of its own, also behind a proxy.
    external_views = [  # noqa: RUF012
        {"name": "Rapport", "href": f"{ADRES[1:]}/index.html", "destination": "nav", "category": "browse"}
    ]
