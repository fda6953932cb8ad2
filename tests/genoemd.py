"""Tests that documents and declarations rely on, by their node id."""

from __future__ import annotations

import ast

from tests.bouw import CHECKOUT


def bestaat(node: str) -> bool:
    """Whether `<file>::[<class>::]<test>` is a test in the checkout."""
    file, *parts = node.split("::")
    body: list[ast.stmt] = ast.parse((CHECKOUT / file).read_text(encoding="utf-8")).body
    for part in parts:
        found = [item for item in body if isinstance(item, ast.FunctionDef | ast.ClassDef) and item.name == part]
        if not found:
            return False
        body = found[0].body
    return parts[-1].startswith("test_")
