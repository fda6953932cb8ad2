"""The runbooks: every command in them exists with its options, and every page is in the list."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest
from typer.main import get_command

from pipeline.cli import app
from tests.bouw import CHECKOUT

MAP = CHECKOUT / "docs" / "runbooks"
PAGINAS = sorted(path for path in MAP.glob("*.md") if path.name != "README.md")
OPDRACHTEN = [
    (page.name, line.strip())
    for page in PAGINAS
    for block in re.findall(r"```sh\n(.*?)```", page.read_text(encoding="utf-8"), re.S)
    for line in block.strip().splitlines()
]


def test_every_page_is_listed_and_has_a_command() -> None:
    assert set(re.findall(r"\]\((\S+\.md)\)", (MAP / "README.md").read_text(encoding="utf-8"))) == {
        page.name for page in PAGINAS
    }
    assert {name for name, _ in OPDRACHTEN} == {page.name for page in PAGINAS}


@pytest.mark.parametrize(("pagina", "opdracht"), OPDRACHTEN)
def test_command_exists_with_its_options(pagina: str, opdracht: str) -> None:
    naam, *words = shlex.split(opdracht)
    assert naam == "keten", pagina
    command = get_command(app)
    while words and words[0] in getattr(command, "commands", {}):
        command = command.commands[words.pop(0)]  # type: ignore[attr-defined]
    assert not hasattr(command, "commands"), f"{pagina}: geen opdracht: {opdracht}"
    context = command.make_context(naam, [], resilient_parsing=True)
    known = {option for param in command.get_params(context) for option in param.opts}
    assert {word for word in words if word.startswith("--")} <= known


@pytest.mark.parametrize("pagina", PAGINAS, ids=lambda path: path.name)
def test_links_lead_somewhere(pagina: Path) -> None:
    for link in re.findall(r"\]\(([^)#]+)\)", pagina.read_text(encoding="utf-8")):
        assert (pagina.parent / link).exists(), link
