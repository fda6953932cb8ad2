"""Which role each task has, by the table in `docs/separation-of-duties.md`. Airflow finds this module on PYTHONPATH.

With KubernetesExecutor a role is a pod (`pods/<role>.yaml`), with CeleryExecutor a queue. What makes roles
differ is what their pod or worker is given.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

PODS = Path(__file__).resolve().parent / "pods"


def rol(dag_id: str, task_id: str) -> str:
    """The role of a task: `lever` signs or opens what goes to recipients, `reken` has no key, the rest is the door."""
    if dag_id.startswith("deliver_") or dag_id == "receipts":
        return "lever"
    if (dag_id.startswith("signal_") and task_id == "signaleer") or dag_id == "reports":
        return "reken"
    return "deur"


def task_policy(task: Any) -> None:
    """Called by Airflow for every task when its DAG is read."""
    role = rol(task.dag_id, task.task_id)
    task.queue = role
    task.executor_config = {"pod_template_file": str(PODS / f"{role}.yaml")}
