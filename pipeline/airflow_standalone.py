"""`make airflow`: the real scheduler, API server and UI on this machine, with our DAGs loaded.

Runs `airflow standalone` with everything below the data folder, and the report in its menu (`airflow_plugins`). The
address and the password of the user `admin` are printed by Airflow; the password also stands in
`airflow/standalone/simple_auth_manager_passwords.json.generated`.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

from pipeline.airflow_lokaal import omgeving, openlineage
from pipeline.instellingen import Instellingen

PLUGINS = Path(__file__).with_name("airflow_plugins")


def main() -> None:
    """Replaces this process by `airflow standalone`."""
    instellingen = Instellingen()
    airflow = Path(sys.executable).with_name("airflow")
    environment = {
        **os.environ,
        **omgeving(instellingen, "standalone"),
        **openlineage(instellingen),
        "AIRFLOW__CORE__PLUGINS_FOLDER": str(PLUGINS),
        "AIRFLOW__LOGGING__LOGGING_LEVEL": "INFO",
        "PATH": f"{airflow.parent}{os.pathsep}{os.environ.get('PATH', '')}",  # it starts `airflow` by name
    }
    os.execve(airflow, [str(airflow), "standalone"], environment)  # noqa: S606 # nosec B606 # our own interpreter's Airflow


if __name__ == "__main__":
    main()
