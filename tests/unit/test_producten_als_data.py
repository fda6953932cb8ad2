"""A product is schemas, SQL and cases: no code of the rooms knows the name, the bericht or a signal code of one."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from schemas.load import bronnen, producten
from tests.bouw import CHECKOUT

# `demo` writes what bronnen deliver, and a volgverzoek names a product.
KAMERS = ("connectors", "dags", "lineage", "message_formats", "pipeline", "privacy", "reports", "schemas")
MODULES = sorted(path for kamer in KAMERS for path in (CHECKOUT / kamer).rglob("*.py"))


def texts(path: Path) -> Iterator[str]:
    """The texts a module works with: docstrings and the help of a command only explain."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    explaining = {
        id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
    }
    explaining |= {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.keyword) and node.arg == "help"}
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in explaining:
            yield node.value


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.relative_to(CHECKOUT).as_posix())
def test_no_code_names_a_product(path: Path) -> None:
    names = {naam for naam in producten() if naam not in bronnen()}
    names |= {name for product in producten().values() for name in (product.bericht, *product.signalen)}
    found = {text for text in texts(path) for word in names if word in text.replace("/", " ").replace("_", " ").split()}
    assert found == set()


def test_the_search_finds_what_is_there(tmp_path: Path) -> None:
    path = tmp_path / "fout.py"
    path.write_text('"""Over vsv."""\nif product == "vsv":\n    lees("signal_vsv")\n', encoding="utf-8")
    assert set(texts(path)) == {"vsv", "signal_vsv"}
