"""Imports run one way: each room may import only those that `docs/architecture.md` lets it."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
MAY_IMPORT = {
    "schemas": set(),
    "connectors": {"schemas"},
    "privacy": {"schemas"},
    "message_formats": {"schemas"},
    "lineage": {"schemas"},
    "reports": {"lineage", "schemas"},
    "demo": {"schemas"},
    "pipeline": {"schemas", "connectors", "privacy", "message_formats", "lineage", "reports", "demo"},
    "dags": {"pipeline", "schemas"},
    "tools": {"pipeline", "schemas", "message_formats", "lineage"},
}


def imported(path: Path) -> Iterator[str]:
    """Top-level packages a module imports, anywhere in it."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module.partition(".")[0]


@pytest.mark.parametrize("kamer", sorted(MAY_IMPORT))
def test_room_imports_only_what_it_may(kamer: str) -> None:
    modules = sorted((ROOT / kamer).rglob("*.py"))
    assert modules
    for module in modules:
        wrong = (set(imported(module)) & MAY_IMPORT.keys()) - MAY_IMPORT[kamer] - {kamer}
        assert not wrong, f"{module.relative_to(ROOT)} importeert {sorted(wrong)}"


def test_who_takes_a_key() -> None:
    """The door and the message step, through `Stand`; the rotation; the processing log; and nobody else."""
    takers = {
        module.relative_to(ROOT).as_posix()
        for kamer in MAY_IMPORT
        for module in (ROOT / kamer).rglob("*.py")
        if "sleutelbos.sleutel(" in module.read_text(encoding="utf-8")
    }
    assert takers == {"pipeline/stand.py", "pipeline/sleutelrotatie.py", "pipeline/logboek.py"}
    asks = (".pseudonimiseerder(", ".signaalsleutel(", ".populatie(")
    users = {
        module.name
        for module in (ROOT / "pipeline").rglob("*.py")
        if any(ask in module.read_text(encoding="utf-8") for ask in asks)
    }
    # Besides door and message step: who must find one person again. Not the step that runs the models.
    assert users == {"stand.py", "passage.py", "samenstel.py", "correctie.py", "inzage.py"}
