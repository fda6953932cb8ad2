"""A copy of the project with its own data, in which a test declares things as somebody with a checkout would."""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from tests.bouw import CHECKOUT

KAMERS = ("connectors", "dags", "demo", "docs", "lineage", "message_formats", "pipeline", "privacy", "reports")
KAMERS += ("schemas", "tests", "transforms")
LOS = ("Makefile", "pyproject.toml", "requirements.lock")
NIET = shutil.ignore_patterns("__pycache__", "target", "logs", "zesde_product", ".*")


@dataclass(frozen=True)
class Kopie:
    """A copy of the project, of which the code comes before that of this project."""

    project: Path

    @classmethod
    def maak(cls, project: Path) -> Kopie:
        """Copies what is needed to run; the virtual environment is the one that runs this, and counts as made."""
        for kamer in KAMERS:
            shutil.copytree(CHECKOUT / kamer, project / kamer, ignore=NIET)
        for naam in LOS:
            shutil.copy(CHECKOUT / naam, project)
        venv = project / ".venv"
        venv.mkdir()
        for part in ("bin", "lib", "pyvenv.cfg"):
            (venv / part).symlink_to(Path(sys.prefix) / part)
        (venv / ".ready").touch()
        return cls(project)

    @property
    def data(self) -> Path:
        """Where it writes."""
        return self.project / "var"

    def probeer(self, opdracht: str, map_: Path | None = None) -> subprocess.CompletedProcess[str]:
        """Runs a line of shell in the copy, or in a folder beside it."""
        environment = {
            naam: waarde for naam, waarde in os.environ.items() if not naam.startswith(("KETEN_", "PYTEST_", "MAKE"))
        }
        environment |= {"PYTHONPATH": str(self.project), "KETEN_DATA": str(self.data), "COLUMNS": "200"}
        environment["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
        command = ["bash", "-euo", "pipefail", "-c", opdracht]
        return subprocess.run(
            command, cwd=map_ or self.project, env=environment, capture_output=True, text=True, check=False
        )

    def doe(self, opdracht: str, map_: Path | None = None) -> str:
        """The same; returns what it said, and must end well."""
        done = self.probeer(opdracht, map_)
        assert done.returncode == 0, f"{opdracht}\n{done.stdout}\n{done.stderr}"
        return done.stdout

    def code(self) -> Mapping[str, str]:
        """Every Python file with its digest."""
        return {
            path.relative_to(self.project).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
            for kamer in KAMERS
            for path in sorted((self.project / kamer).rglob("*.py"))
        }


def opdrachten(pagina: str) -> list[str]:
    """The commands of a runbook as they stand there, in order."""
    text = (CHECKOUT / "docs" / "runbooks" / pagina).read_text(encoding="utf-8")
    blocks = re.findall(r"^ *```\w*\n(.*?)^ *```$", text, re.DOTALL | re.MULTILINE)
    return [line.strip() for block in blocks for line in block.strip().splitlines()]
