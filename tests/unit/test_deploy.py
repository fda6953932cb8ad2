"""What can be said of `deploy/` without a container engine: names exist, secrets are apart, nobody is root."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from typer.main import get_command

from pipeline.cli import app
from pipeline.gezond import Onderdeel
from pipeline.instellingbronnen import ANDERE
from pipeline.instellingen import Instellingen
from tests.bouw import CHECKOUT

MAP = CHECKOUT / "deploy"
BESTANDEN = sorted(path for path in MAP.rglob("*") if path.is_file() and "__pycache__" not in path.parts)
CONTAINERFILE = (MAP / "Containerfile").read_text(encoding="utf-8")
COMPOSE: dict[str, Any] = yaml.safe_load((MAP / "compose.yaml").read_text(encoding="utf-8"))
VALUES: dict[str, Any] = yaml.safe_load((MAP / "values.yaml").read_text(encoding="utf-8"))
DIENSTEN: dict[str, dict[str, Any]] = COMPOSE["services"]
AIRFLOW = {"airflow_api", "airflow_database", "airflow_fernet", "airflow_jwt"}
NAAM_VAN_GEHEIM = re.compile(r"PASSWORD|SECRET|FERNET|SQL_ALCHEMY_CONN|HOOFDSLEUTEL|KETEN_LEDGER|TOKEN")


def _bladen(knoop: Any) -> Iterator[tuple[str, Any]]:
    """Every value in a document with the key it stands under."""
    if isinstance(knoop, dict):
        for key, value in knoop.items():
            yield from _bladen(value) if isinstance(value, dict | list) else [(str(key), value)]
    elif isinstance(knoop, list):
        for value in knoop:
            yield from _bladen(value) if isinstance(value, dict | list) else [("", value)]


def _geheimen(dienst: dict[str, Any]) -> set[str]:
    return {secret if isinstance(secret, str) else secret["source"] for secret in dienst.get("secrets", [])}


def _mappen(dienst: dict[str, Any]) -> dict[str, str]:
    return {volume.split(":")[1]: volume.split(":")[0] for volume in dienst.get("volumes", [])}


@pytest.mark.parametrize("bestand", BESTANDEN, ids=lambda path: path.name)
def test_every_setting_exists_and_no_url_has_a_password(bestand: Any) -> None:
    text = bestand.read_text(encoding="utf-8")
    known = {f"KETEN_{naam.upper()}" for naam in Instellingen.model_fields} | set(ANDERE)
    assert set(re.findall(r"\bKETEN_[A-Z][A-Z0-9_]*", text)) <= known
    assert not re.search(r"://[^/\s:…]+:[^…@\s{$]+@", text)
    assert "-----BEGIN" not in text


def test_every_keten_command_exists() -> None:
    text = "\n".join(path.read_text(encoding="utf-8") for path in BESTANDEN if path.suffix in {".yaml", ".md"})
    found = set(re.findall(r"\bketen ([a-z]+)((?: --?[a-z]+)*)", text))
    commands = get_command(app).commands  # type: ignore[attr-defined]
    assert ("metrieken", " --uit") in found
    for naam, opties in found:
        assert naam in commands
        known = {option for param in commands[naam].params for option in param.opts}
        assert set(shlex.split(opties)) <= known, naam


def test_image_is_not_root_and_takes_the_lock_with_its_hashes() -> None:
    (user,) = re.findall(r"^USER (\d+):\d+$", CONTAINERFILE, re.M)
    assert int(user) == VALUES["uid"] == VALUES["securityContexts"]["pod"]["runAsUser"] == 50000
    assert CONTAINERFILE.index("\nUSER ") > CONTAINERFILE.rindex("\nRUN ")
    assert "umask 027" in CONTAINERFILE.split("\nENTRYPOINT ")[1]
    installs = re.findall(r"pip install ([^\n&]+)", CONTAINERFILE)
    assert len(installs) == 2
    assert all("--no-deps" in install for install in installs)
    assert "--require-hashes -r requirements.lock" in installs[0]
    assert installs[1].split()[-3:-1] == ["--editable", "."]
    assert "--hash=sha256:" in (CHECKOUT / "requirements.lock").read_text(encoding="utf-8")
    assert {"apache-airflow", "psycopg", "asyncpg"} <= set(  # what the database URLs in README.md ask for
        re.findall(r"^([a-z-]+)==", (CHECKOUT / "requirements.lock").read_text(encoding="utf-8"), re.M)
    )
    assert VALUES["airflowVersion"] in re.findall(
        r"^apache-airflow==(\S+)", (CHECKOUT / "requirements.lock").read_text(encoding="utf-8"), re.M
    )


def test_image_leaves_secrets_and_data_outside() -> None:
    ignored = (MAP / "Containerfile.dockerignore").read_text(encoding="utf-8").splitlines()
    assert {".git", "deploy/*", "!deploy/gescheiden", "var", "**/*.key", "**/*.pem"} <= set(ignored)
    assert "deploy/geheimen/" in (CHECKOUT / ".gitignore").read_text(encoding="utf-8").splitlines()


def test_images_are_plain_names() -> None:
    assert re.findall(r"^FROM (.+)$", CONTAINERFILE, re.M) == ["python:3.11-slim"]
    assert {dienst["image"] for dienst in DIENSTEN.values()} == {"signaalketen:0.1.0", "postgres:17"}
    ours = VALUES["images"]["airflow"]
    named = {value for key, value in _bladen(VALUES) if key == "image"}
    assert named == {f"{ours['repository']}:{ours['tag']}"} == {"signaalketen:0.1.0"}


def test_compose_runs_nothing_of_ours_as_root_and_watches_everything_that_stays() -> None:
    for naam, dienst in DIENSTEN.items():
        if naam != "postgres":
            assert dienst["user"] == "50000:50000", naam
            assert dienst["cap_drop"] == ["ALL"], naam
        assert ("healthcheck" in dienst) == (naam != "migratie"), naam
    for naam, job in (("scheduler", "SchedulerJob"), ("dag-processor", "DagProcessorJob")):
        words = " ".join(DIENSTEN[naam]["healthcheck"]["test"][1:])
        assert words.startswith(f"airflow jobs check --job-type {job} --local"), naam
    asked = re.findall(r"--onderdeel (\w+)", str(DIENSTEN["scheduler"]["healthcheck"]))
    assert asked == [each.value for each in Onderdeel if each is not Onderdeel.STAPPEN]  # a new one did nothing yet


def test_compose_keeps_secrets_in_files_outside_the_repository() -> None:
    assert all(secret["file"].startswith("./geheimen/") for secret in COMPOSE["secrets"].values())
    for naam, dienst in DIENSTEN.items():
        for variable, value in dienst.get("environment", {}).items():
            if NAAM_VAN_GEHEIM.search(variable):
                assert variable.endswith(("_CMD", "_FILE")), (naam, variable)
                (secret,) = re.findall(r"/run/secrets/(\w+)$", value)
                assert secret in _geheimen(dienst), (naam, variable)


def test_compose_gives_each_only_its_own_secrets() -> None:
    assert {naam: _geheimen(dienst) for naam, dienst in DIENSTEN.items()} == {
        "postgres": {"postgres_beheer", "postgres_airflow", "postgres_grootboek"},
        "migratie": AIRFLOW,
        "api-server": AIRFLOW,
        "dag-processor": AIRFLOW,
        "scheduler": AIRFLOW | {"grootboek"},
        "metrieken": {"grootboek"},
    }
    folders = {naam: _mappen(dienst) for naam, dienst in DIENSTEN.items()}
    assert folders["scheduler"]["/run/deur"] == "./geheimen/deur"
    assert folders["scheduler"]["/run/bericht"] == "./geheimen/bericht"
    for naam in DIENSTEN.keys() - {"scheduler"}:
        assert not {"/data", "/run/deur", "/run/bericht"} & folders[naam].keys(), naam
        assert not any(source.startswith("./geheimen") for source in folders[naam].values()), naam
    environment = DIENSTEN["scheduler"]["environment"]
    assert environment["KETEN_SLEUTEL"].startswith("/run/deur/")
    assert all(environment[f"KETEN_{naam}"].startswith("/run/bericht/") for naam in ("CERTIFICATENMAP", "GEHEIMENMAP"))
    (ledger,) = [secret for secret in DIENSTEN["scheduler"]["secrets"] if isinstance(secret, dict)]
    assert ledger["target"] == f"{environment['KETEN_GEHEIMEN']}/ledger"


def test_database_script_reads_the_secrets_postgres_has() -> None:
    script = (MAP / "databases.sh").read_text(encoding="utf-8")
    (names,) = re.findall(r"^for naam in (.+); do$", script, re.M)
    assert {f"postgres_{naam}" for naam in names.split()} | {"postgres_beheer"} == _geheimen(DIENSTEN["postgres"])


def test_chart_is_given_names_of_secrets_and_only_the_scheduler_has_keys() -> None:
    assert not {"fernetKey", "apiSecretKey", "jwtSecret"} & VALUES.keys()
    assert VALUES["data"].keys() == {"metadataSecretName"}
    scheduler = VALUES["scheduler"]
    secrets = {
        volume["name"]: volume["secret"]["secretName"] for volume in scheduler["extraVolumes"] if "secret" in volume
    }
    assert len(set(secrets.values())) == len(secrets) == 4  # ledger, door, sender, channels: each by itself
    for part in ("apiServer", "dagProcessor"):
        assert not any("secret" in volume for volume in VALUES[part].get("extraVolumes", []))
        assert not VALUES[part].get("env")
    assert not any(NAAM_VAN_GEHEIM.search(variable["name"]) for variable in scheduler["env"])
    (sidecar,) = scheduler["extraContainers"]
    assert {mount["name"] for mount in sidecar["volumeMounts"]} == {"instellingen", "metrieken"}


def test_chart_mounts_what_there_is_where_the_settings_look() -> None:
    scheduler = VALUES["scheduler"]
    volumes = {volume["name"] for volume in scheduler["extraVolumes"]}
    containers = [*scheduler["extraInitContainers"], *scheduler["extraContainers"]]
    mounts = [*scheduler["extraVolumeMounts"], *(mount for one in containers for mount in one["volumeMounts"])]
    assert {mount["name"] for mount in mounts} == volumes
    folders = tuple(mount["mountPath"] for mount in scheduler["extraVolumeMounts"])
    values = {variable["name"]: variable.get("value", "") for variable in scheduler["env"]}
    for naam in ("CERTIFICATENMAP", "GEHEIMEN", "GEHEIMENMAP", "SLEUTEL"):
        assert values[f"KETEN_{naam}"].startswith(folders), naam


def test_compose_is_as_its_specification_says() -> None:
    """By the schema that check-jsonschema has of it; one that is not is found."""
    command = [str(Path(sys.executable).parent / "check-jsonschema"), "--builtin-schema", "vendor.compose-spec"]
    good = subprocess.run([*command, str(MAP / "compose.yaml")], capture_output=True, text=True, check=False)
    assert good.returncode == 0, good.stdout + good.stderr
    wrong = (MAP / "compose.yaml").read_text(encoding="utf-8").replace("    healthcheck:", "    gezondheid:", 1)
    assert subprocess.run([*command, "-"], input=wrong, capture_output=True, text=True, check=False).returncode == 1
