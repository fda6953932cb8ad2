"""The threat model names tests that exist; what it says about files, the lock and bandit holds."""

from __future__ import annotations

import base64
import hashlib
import json
import os
import re
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from tests.bouw import CHECKOUT, schrijf_csv
from tests.genoemd import bestaat
from tests.unit.test_kamers import MAY_IMPORT

TEKST = (CHECKOUT / "docs" / "dreigingen.md").read_text(encoding="utf-8")
GENOEMD = re.findall(r"`(tests/\S+::\S+)`", TEKST)


def test_every_threat_names_a_test() -> None:
    threats = re.split(r"^## ", TEKST, flags=re.M)[1:]
    titles = [threat.partition("\n")[0] for threat in threats]
    assert titles == [
        "Verkeerde ontvanger",
        "Vervalst retourbericht",
        "Opnieuw aangeboden levering",
        "Gewijzigd logboek",
        "Gestolen lake",
        "Nieuwsgierige beheerder",
        "Vergiftigd archief",
        "De keten van afhankelijkheden",
        "Nagemaakte of gewijzigde uitgave",
        "Geheim in de broncode",
        "Waar niets tegen is gedaan",
    ]
    assert all("::test_" in threat for threat in threats[:-1])


@pytest.mark.parametrize("node", GENOEMD)
def test_named_test_exists(node: str) -> None:
    assert bestaat(node), node


def test_what_is_written_is_not_for_others(tmp_path: Path) -> None:
    """Also where the shell would let everybody read; secrets are their owner's alone."""
    levering = tmp_path / "populatie.csv"
    levering.write_text(schrijf_csv(("bsn", "gemeentecode"), [["1", "0344"]]), encoding="utf-8")
    script = "import os, sys; os.umask(0); from pipeline.cli import main; main()"
    environment = {naam: waarde for naam, waarde in os.environ.items() if not naam.startswith("KETEN_")}
    environment["KETEN_DATA"] = str(tmp_path / "var")
    args = ["ontvang", "gemeente", str(levering), "--periode", "2026-01"]
    for command in (["certificaat", "maak"], args):
        subprocess.run(
            [sys.executable, "-c", script, *command], cwd=CHECKOUT, env=environment, capture_output=True, check=False
        )
    written = sorted((tmp_path / "var").rglob("*"))
    assert {"landing", "ledger", "certificaten"} <= {path.name for path in written}
    assert [path for path in written if stat.S_IMODE(path.stat().st_mode) & 0o007] == []
    secrets = [path for path in written if "PRIVATE KEY" in _text(path) or path.name == "master.key"]
    assert len(secrets) > 10
    assert {stat.S_IMODE(path.stat().st_mode) for path in secrets} == {0o600}


def _text(path: Path) -> str:
    return path.read_text(encoding="latin-1") if path.is_file() else ""


@pytest.mark.parametrize("lock", ["requirements.lock", "requirements-spark.lock"])
def test_every_package_of_the_lock_has_a_hash(lock: str) -> None:
    entries = re.split(r"\n(?=\S)", (CHECKOUT / lock).read_text(encoding="utf-8"))
    packages = [entry for entry in entries if "==" in entry.partition("\n")[0]]
    assert len(packages) > 100
    assert [entry.partition(" ")[0] for entry in packages if "--hash=sha256:" not in entry] == []


# Made here, so that this file itself holds none.
_WILLEKEUR = hashlib.sha512(b"geen geheim").digest()
_TEKST = base64.b64encode(_WILLEKEUR).decode()
_JWT = ".".join(base64.b64encode(part).decode().rstrip("=") for part in (b'{"alg":"HS256"}', b'{"sub":"keten"}'))
GEPLANT = {
    "sleutel.pem": f"-----BEGIN {'EC PRIVATE'} KEY-----\n{_TEKST[:20]}\n",
    "instellingen.toml": f'ledger = "postgresql://keten:{_WILLEKEUR.hex()[:12]}@db.example/keten"\n',
    "kanaal.yml": f"aws_secret_access_key: {_TEKST[:40]}\n",
    "test_iets.py": f"sleutel_hex = '{_WILLEKEUR.hex()[:48]}'\n",
    "token.json": f'{{"authorization": "{_JWT}.{_TEKST[:43]}"}}\n',
}


@pytest.mark.parametrize("naam", GEPLANT)
def test_a_secret_that_was_planted_is_found(tmp_path: Path, naam: str) -> None:
    """By what `make lint` and the commit hook run, with the settings that they have."""
    (tmp_path / ".secrets.baseline").write_bytes((CHECKOUT / ".secrets.baseline").read_bytes())
    hook = [str(Path(sys.executable).parent / "detect-secrets-hook"), "--baseline", ".secrets.baseline", naam]
    (tmp_path / naam).write_text("niets = 1\n", encoding="utf-8")
    assert subprocess.run(hook, cwd=tmp_path, capture_output=True, check=False).returncode == 0

    (tmp_path / naam).write_text(GEPLANT[naam], encoding="utf-8")

    done = subprocess.run(hook, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 1, done.stderr
    assert f"Location:    {naam}:1" in done.stdout


def test_what_the_secrets_scan_passes_over_is_exact_and_no_secret_is_let_through() -> None:
    """No file is let off but what is generated from `schemas/`; no value but examples, names of secrets and folders."""
    baseline = json.loads((CHECKOUT / ".secrets.baseline").read_text(encoding="utf-8"))
    assert baseline["results"] == {}
    patterns = {each["path"].rpartition(".")[2]: each.get("pattern", []) for each in baseline["filters_used"]}
    assert patterns["should_exclude_file"] == ["^(lineage|message_formats|schemas)/generated/"]
    assert "should_exclude_line" not in patterns
    assert all(
        re.fullmatch(r"\^.+\$", pattern) and ".*" not in pattern for pattern in patterns["should_exclude_secret"]
    )
    assert len(baseline["plugins_used"]) > 20
    for command in ((CHECKOUT / "Makefile"), (CHECKOUT / ".pre-commit-config.yaml")):
        assert "detect-secrets-hook --baseline .secrets.baseline" in command.read_text(encoding="utf-8")


def test_every_exception_to_bandit_says_why() -> None:
    lines = [
        f"{path.name}: {line}"
        for kamer in MAY_IMPORT
        for path in (CHECKOUT / kamer).rglob("*.py")
        for line in path.read_text(encoding="utf-8").splitlines()
        if "nosec" in line
    ]
    assert len(lines) > 5
    assert [line for line in lines if not re.search(r"# nosec B\d{3} # \w+ \w+", line)] == []
