"""The list of transitions is read from the code, so that a new one cannot be forgotten: killed at, or said why not."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from tests.bouw import CHECKOUT
from tests.fault.gedood import Ongestoord
from tests.fault.herstel import HERSTEL
from tests.fault.plaatsen import GROOTBOEK, KAMERS, SCHRIJF, WIS, ZET, plaatsen, van_code
from tests.fault.stappen import KETEN
from tests.fault.tabel import BEGIN, EINDE, PAGINA, bereikt, regels
from tests.fault.uitgezonderd import UITGEZONDERD

SECONDEN = 900
NAMEN = {plaats.naam for plaats in plaatsen()}
# Where a transaction is begun or ended by hand: in the one function for it, and for a database that is new or old.
MET_DE_HAND = {("lineage/ledger.py", "Ledger.transactie"), ("lineage/databank.py", "_upgrade"),
               ("lineage/databank.py", "_configure_postgresql")}  # fmt: skip
KILLED = {path.stem for path in Path(__file__).parent.glob("test_gedood_*.py")}


def op_de_pagina() -> str:
    return PAGINA.read_text(encoding="utf-8").partition(BEGIN)[2].partition(EINDE)[0]


def test_there_are_places_of_every_kind() -> None:
    kinds = [plaats.soort for plaats in plaatsen()]
    assert {kind: kinds.count(kind) >= 20 for kind in (GROOTBOEK, ZET, WIS, SCHRIJF)} == dict.fromkeys(
        (GROOTBOEK, ZET, WIS, SCHRIJF), True
    )


def test_every_place_is_on_the_page() -> None:
    """A new place that changes something is not there yet: kill at it, or say in `uitgezonderd` why not."""
    page = op_de_pagina()
    assert [naam for naam in sorted(NAMEN) if f"| `{naam}` |" not in page] == []
    assert [line for line in page.splitlines() if line.startswith("| `") and line.split("`")[1] not in NAMEN] == []


def test_exceptions_are_places_and_name_tests_that_exist() -> None:
    assert sorted(UITGEZONDERD.keys() - NAMEN) == []
    for reason in set(UITGEZONDERD.values()):
        for word in reason.replace(",", " ").split():
            if word.startswith("tests/") or (word.startswith("test_") and word.endswith(".py")):
                path = CHECKOUT / word if word.startswith("tests/") else CHECKOUT / "tests" / "fault" / word
                assert path.is_file(), word


def test_every_step_that_is_killed_has_its_test() -> None:
    asked = "\n".join((Path(__file__).parent / f"{stem}.py").read_text(encoding="utf-8") for stem in KILLED)
    assert [schakel.naam for schakel in KETEN if schakel.dood and f'"{schakel.naam}"' not in asked] == []


def test_nobody_begins_a_transaction_by_hand() -> None:
    """A write that goes around `Ledger.transactie` would not be in the list."""
    found = set()
    for kamer in KAMERS:
        for path in (CHECKOUT / kamer).rglob("*.py"):
            if "migrations" in path.parts:
                continue
            tree = ast.parse(path.read_text(encoding="utf-8"))
            for functie, call in _methods(tree, ""):
                of = ast.unparse(call.func.value)  # type: ignore[attr-defined]
                if call.func.attr == "commit" or (call.func.attr == "begin" and "engine" in of):  # type: ignore[attr-defined]
                    found.add((path.relative_to(CHECKOUT).as_posix(), functie))
    assert found <= MET_DE_HAND
    assert ("lineage/ledger.py", "Ledger.transactie") in found


def _methods(node: ast.AST, binnen: str) -> list[tuple[str, ast.Call]]:
    found: list[tuple[str, ast.Call]] = []
    for child in ast.iter_child_nodes(node):
        name = binnen
        if isinstance(child, ast.FunctionDef | ast.ClassDef):
            name = f"{binnen}.{child.name}" if binnen else child.name
        if isinstance(child, ast.Call) and isinstance(child.func, ast.Attribute):
            found.append((name, child))
        found += _methods(child, name)
    return found


class TestLezen:
    """How places are found in code."""

    def test_kinds(self) -> None:
        code = """
class X:
    def f(self, a, b):
        with self.transactie() as c:
            a.rename(b); a.replace(b); "tekst".replace("a", "b"); moment.replace(tzinfo=None)
        a.unlink()
        a.open("wb")
        a.open("rb")
        a.open(encoding="x")
        pq.write_table(t, a)
        self._writers[a].write_table(t)
        os.open(a, os.O_WRONLY | os.O_CREAT, 0o600)
"""
        found = [(plaats.functie, plaats.soort, plaats.nummer) for plaats in van_code("m.py", code)]
        assert found == [
            ("X.f", GROOTBOEK, 1),
            ("X.f", ZET, 1),
            ("X.f", WIS, 1),
            ("X.f", SCHRIJF, 1),
            ("X.f", SCHRIJF, 2),
            ("X.f", SCHRIJF, 3),
        ]

    def test_names_do_not_move_with_the_lines(self) -> None:
        code = "def f(a):\n    a.unlink()\n"
        (one,), (two,) = list(van_code("m.py", code)), list(van_code("m.py", f"\n\n{code}"))
        assert one.naam == two.naam and one.regels != two.regels


@pytest.mark.zwaar
class TestKeten:
    """What the chain of steps really did."""

    def test_every_place_is_reached_or_excepted(self, ongestoord: Ongestoord) -> None:
        reached = bereikt(ongestoord).keys()
        assert sorted(NAMEN - reached - HERSTEL.keys() - UITGEZONDERD.keys()) == []
        assert sorted(reached & (UITGEZONDERD.keys() | HERSTEL.keys())) == []
        assert sorted(HERSTEL.keys() & UITGEZONDERD.keys()) == []

    def test_nothing_changes_elsewhere(self, ongestoord: Ongestoord) -> None:
        """No rename, removal, write or commit of a killed step comes from a place that is not in the list."""
        around = {each for schakel in KETEN if schakel.dood for each in ongestoord.van(schakel.naam)["buitenom"]}
        assert sorted(around) == []

    def test_page_says_where_each_is_killed(self, ongestoord: Ongestoord) -> None:
        """When this differs: python -m tests.fault.tabel."""
        assert op_de_pagina().strip().splitlines() == regels(bereikt(ongestoord))
