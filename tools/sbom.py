"""What is installed, with its hashes, as a CycloneDX bill of materials: `python -m tools.sbom` (or `make sbom`).

Made of `requirements.lock`, and held against the schema of CycloneDX before anybody gets it.
"""

from __future__ import annotations

import argparse
import json
import subprocess  # nosec B404 # runs cyclonedx-py of this environment
import sys
from collections.abc import Sequence
from pathlib import Path

from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator

ROOT = Path(__file__).resolve().parent.parent


def maak_sbom(source: Path, uit: Path) -> None:
    """Writes the bill of materials of a copy of the repository; the same lock gives the same bytes.

    Raises:
        ValueError: it is not as the schema of CycloneDX wants it; the message is the validator's.
    """
    command = [sys.executable, "-W", "ignore", "-m", "cyclonedx_py", "requirements", "--pyproject", "pyproject.toml"]
    command += ["--output-reproducible", "--output-format", "JSON", "--output-file", str(uit.resolve())]
    command += ["requirements.lock"]
    subprocess.run(command, cwd=source, check=True, capture_output=True)  # noqa: S603 # nosec B603 # fixed words
    if (bezwaar := keur(uit.read_text(encoding="utf-8"))) is not None:
        raise ValueError(bezwaar)


def keur(text: str) -> str | None:
    """What is wrong with a bill of materials by the schema of the version it names; None when nothing is."""
    version = SchemaVersion.from_version(json.loads(text)["specVersion"])
    wrong = JsonStrictValidator(version).validate_str(text)
    return None if wrong is None else str(wrong)


def main(arguments: Sequence[str] | None = None) -> int:
    """The command."""
    parser = argparse.ArgumentParser(description="Make the bill of materials of the lock.")
    parser.add_argument("--uit", type=Path, default=Path("var/sbom.cdx.json"))
    chosen = parser.parse_args(arguments)
    chosen.uit.parent.mkdir(parents=True, exist_ok=True)
    maak_sbom(ROOT, chosen.uit)
    sys.stdout.write(f"{chosen.uit}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
