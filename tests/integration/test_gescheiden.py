"""Each task in a pod of its role: which role, which secrets, and the pod that KubernetesExecutor makes of it."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import kubernetes_validate
import pytest
import yaml
from airflow.providers.cncf.kubernetes.pod_generator import PodGenerator
from kubernetes.client import ApiClient

from schemas.load import bronnen, producten
from tests.bouw import CHECKOUT

pytestmark = pytest.mark.zwaar
MAP = CHECKOUT / "deploy" / "gescheiden"
ROLLEN = ("deur", "lever", "reken")
GEHEIMEN = {
    "deur": {"keten-grootboek-deur", "keten-deur"},
    "reken": {"keten-grootboek-reken"},
    "lever": {"keten-grootboek-lever", "keten-deur", "keten-afzender", "keten-kanalen"},
}


def _lees(naam: str) -> dict[str, Any]:
    document: dict[str, Any] = yaml.safe_load((MAP / naam).read_text(encoding="utf-8"))
    return document


@pytest.fixture(scope="module")
def beleid() -> ModuleType:
    """The module as Airflow loads it."""
    spec = importlib.util.spec_from_file_location("airflow_local_settings", MAP / "airflow_local_settings.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_every_task_has_its_role(beleid: ModuleType) -> None:
    tasks = {(f"ingest_{bron}", task): "deur" for bron in bronnen() for task in ("zoek", "ontvang", "toelaten")}
    for product in producten():
        tasks[f"signal_{product}", "bepaal_perioden"] = "deur"
        tasks[f"signal_{product}", "signaleer"] = "reken"
        tasks |= {(f"deliver_{product}", task): "lever" for task in ("zoek_runs", "lever")}
    tasks |= {("receipts", "verwerk"): "lever", ("retention", "ruim_op"): "deur", ("reports", "bouw"): "reken"}
    for (dag_id, task_id), role in tasks.items():
        task = SimpleNamespace(dag_id=dag_id, task_id=task_id)
        beleid.task_policy(task)
        assert task.queue == role, (dag_id, task_id)
        assert Path(task.executor_config["pod_template_file"]) == MAP / "pods" / f"{role}.yaml"


@pytest.mark.parametrize("rol", ROLLEN)
def test_pod_is_as_kubernetes_wants_it(rol: str) -> None:
    version = kubernetes_validate.latest_version()
    pod = _lees(f"pods/{rol}.yaml")
    kubernetes_validate.validate(pod, version, strict=True)
    pod["spec"]["containers"][0]["volumemounts"] = []
    with pytest.raises(kubernetes_validate.ValidationError):
        kubernetes_validate.validate(pod, version, strict=True)


@pytest.mark.parametrize("rol", ROLLEN)
def test_executor_makes_a_pod_with_the_secrets_of_the_role_only(rol: str) -> None:
    made = PodGenerator.construct_pod(
        dag_id=f"een_{rol}",
        task_id="taak",
        pod_id=f"een-{rol}-taak",
        try_number=1,
        kube_image="signaalketen:0.1.0",
        date=None,
        args=["python", "-m", "airflow.sdk.execution_time.execute_workload"],
        pod_override_object=None,
        base_worker_pod=PodGenerator.deserialize_model_file(str(MAP / "pods" / f"{rol}.yaml")),
        namespace="keten",
        scheduler_job_id="1",
        run_id="handmatig",
    )
    pod = ApiClient().sanitize_for_serialization(made)
    kubernetes_validate.validate(pod, kubernetes_validate.latest_version(), strict=True)
    spec = pod["spec"]
    (base,) = spec["containers"]
    assert (base["name"], base["args"][-1]) == ("base", "airflow.sdk.execution_time.execute_workload")
    secrets = {volume["secret"]["secretName"] for volume in spec["volumes"] if "secret" in volume}
    assert secrets == GEHEIMEN[rol]
    assert spec["serviceAccountName"] == f"keten-{rol}"
    assert spec["securityContext"]["runAsNonRoot"] is True
    for container in (base, *spec.get("initContainers", [])):
        assert container["securityContext"] == {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}}
        mounted = {mount["name"] for mount in container["volumeMounts"]}
        assert mounted <= {volume["name"] for volume in spec["volumes"]}
    mounts = [mount["mountPath"] for mount in base["volumeMounts"]]
    values = {variable["name"]: variable.get("value", "") for variable in base["env"]}
    folders = [value for naam, value in values.items() if naam.startswith("KETEN_") and value.startswith("/run/")]
    assert all(any(value.startswith(mount) for mount in mounts) for value in folders)
    assert ("KETEN_SLEUTEL" in values) == (rol != "reken")
    assert not any("geheim" in mount["name"] for mount in base["volumeMounts"])  # only the copy that has mode 0600


def test_scheduler_has_no_key() -> None:
    values = _lees("values.yaml")
    scheduler = values["scheduler"]
    assert values["executor"] == "KubernetesExecutor"
    secrets = {volume["secret"]["secretName"] for volume in scheduler["extraVolumes"] if "secret" in volume}
    assert secrets == {"keten-grootboek"}
    # A list that is laid over another takes its place whole: what had keys must be named, if only to be empty.
    under = yaml.safe_load((MAP.parent / "values.yaml").read_text(encoding="utf-8"))["scheduler"]
    assert {naam for naam, value in under.items() if isinstance(value, list)} <= scheduler.keys()
    assert scheduler["env"] == scheduler["extraInitContainers"] == scheduler["extraVolumeMounts"] == []
