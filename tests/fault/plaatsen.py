"""Every place in the code where something changes that outlives the process, read from the code itself.

A *plaats* is a call: a transaction of the ledger, a file or folder that gets its name, is written to, or goes. It is
named by module, function and what is called, so a list of them is not upset by a line that moves. What a recipient
runs, what only the demo or a developer runs, and the generators of documentation change nothing of an installation.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

from tests.bouw import CHECKOUT

KAMERS = ("connectors", "lineage", "message_formats", "pipeline", "privacy", "reports")
GROOTBOEK, ZET, WIS, SCHRIJF = "grootboek", "zet neer", "wist", "schrijft"
_SOORT = {
    "transactie": GROOTBOEK,
    "rename": ZET,
    "link": ZET,
    "hardlink_to": ZET,
    "symlink_to": ZET,
    "posix_rename": ZET,
    "unlink": WIS,
    "rmdir": WIS,
    "rmtree": WIS,
    "write_text": SCHRIJF,
    "write_bytes": SCHRIJF,
    "copyfile": SCHRIJF,
    "copy2": SCHRIJF,
    "copytree": SCHRIJF,
    "ParquetWriter": SCHRIJF,
    "write_table": SCHRIJF,
    "write_csv": SCHRIJF,
    "upload_file": SCHRIJF,
    "put": SCHRIJF,
    "extractall": SCHRIJF,
}
_WRITERS = {"writer", "_writer", "_writers", "self._writer", "schrijver"}  # a table into a file that was opened before


@dataclass(frozen=True, order=True)
class Plaats:
    """A call in the code. `nummer` tells those of one kind in one function apart."""

    module: str
    functie: str
    soort: str
    nummer: int
    regels: tuple[int, int]

    @property
    def naam(self) -> str:
        """How it is known: without the lines, which move."""
        return f"{self.module}:{self.functie} {self.soort}" + (f" {self.nummer}" if self.nummer > 1 else "")


@cache
def plaatsen() -> tuple[Plaats, ...]:
    """All of them, by module."""
    return tuple(
        plaats
        for kamer in KAMERS
        for path in sorted((CHECKOUT / kamer).rglob("*.py"))
        if "migrations" not in path.parts
        for plaats in van_code(path.relative_to(CHECKOUT).as_posix(), path.read_text(encoding="utf-8"))
    )


def van_code(module: str, tekst: str) -> Iterator[Plaats]:
    """The places of one module."""
    counted: dict[tuple[str, str], int] = {}
    seen = set()
    for functie, call in _calls(ast.parse(tekst), ""):
        soort = _soort(call)
        line = (functie, soort, call.lineno, call.end_lineno)
        if soort and line not in seen:  # two on one line cannot be told apart
            seen.add(line)
            nummer = counted[functie, soort] = counted.get((functie, soort), 0) + 1
            yield Plaats(module, functie, soort, nummer, (call.lineno, call.end_lineno or call.lineno))


def _calls(node: ast.AST, binnen: str) -> Iterator[tuple[str, ast.Call]]:
    """Every call with the function it is in, in the order of the text."""
    for child in ast.iter_child_nodes(node):
        name = binnen
        if isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            name = f"{binnen}.{child.name}" if binnen else child.name
        if isinstance(child, ast.Call):
            yield name, child
        yield from _calls(child, name)


def _soort(call: ast.Call) -> str | None:
    name = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
    of = ast.unparse(call.func.value) if isinstance(call.func, ast.Attribute) else ""
    if name == "replace":  # of a path has one argument and no names; of a text two, of a moment and a dataclass names
        return ZET if len(call.args) == 1 and not call.keywords else None
    if name == "open" or (of, name) == ("zipfile", "ZipFile"):
        return SCHRIJF if _writes(call) else None
    if name == "write_table" and (of in _WRITERS or of.startswith("self._writer")):
        return None
    return _SOORT.get(name)


def _writes(call: ast.Call) -> bool:
    values = [item.value for item in call.args if isinstance(item, ast.Constant) and isinstance(item.value, str)]
    values += [
        item.value.value for item in call.keywords if item.arg == "mode" and isinstance(item.value, ast.Constant)
    ]
    flags = any("O_WRONLY" in ast.unparse(item) or "O_RDWR" in ast.unparse(item) for item in call.args)
    return flags or any(set(value) & set("wax+") and set(value) <= set("wax+bt") for value in values)


def vind(bestand: str, regel: int, soort: str) -> Plaats | None:
    """The place of a kind at a line of a file of the checkout."""
    found = [
        plaats
        for plaats in plaatsen()
        if plaats.module == bestand and plaats.soort == soort and plaats.regels[0] <= regel <= plaats.regels[1]
    ]
    return min(found, key=lambda plaats: plaats.regels[1] - plaats.regels[0]) if found else None
