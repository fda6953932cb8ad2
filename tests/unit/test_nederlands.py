"""Whoever asks the `keten` command for help, or uses it wrongly, is answered in Dutch."""

from __future__ import annotations

import re

import pytest
from typer.main import get_command
from typer.testing import CliRunner

from pipeline.cli import app

ENGELS = re.compile(
    r"\b(usage|options?|commands?|arguments|show this|message|exit|required|default|missing|invalid|error|try|such|"
    r"help for|must|value|unexpected|does not|in the range)\b",
    re.IGNORECASE,
)


def opdrachten() -> list[tuple[str, ...]]:
    """Every command and group, as it is typed."""
    found: list[tuple[str, ...]] = [()]
    for naam, command in get_command(app).commands.items():  # type: ignore[attr-defined]
        found += [(naam,), *((naam, sub) for sub in getattr(command, "commands", {}))]
    return found


def zeg(*args: str) -> str:
    outcome = CliRunner().invoke(app, args, env={"COLUMNS": "200"}, prog_name="keten")
    return outcome.output


@pytest.mark.parametrize("opdracht", opdrachten(), ids=" ".join)
def test_help_is_in_dutch(opdracht: tuple[str, ...]) -> None:
    said = zeg(*opdracht, "--help")
    assert "Gebruik: keten" in said
    assert "Toon deze uitleg en stop." in said
    assert ENGELS.findall(re.sub(r"--[a-z-]+|<[a-z]+>", "", said)) == []


@pytest.mark.parametrize(
    ("args", "zin"),
    [
        (["bestaat-niet"], "Er is geen opdracht 'bestaat-niet'."),
        (["levering", "goedkeuren"], "Het argument 'levering_id' ontbreekt."),
        (["levering", "goedkeuren", "x"], "De optie '--reden' ontbreekt."),
        (["status", "--nee"], "Er is geen optie --nee."),
        (["status", "nee"], "Te veel argumenten: nee."),
        (["demo", "--personen", "veel"], "Ongeldige waarde voor '--personen': dit is geen geheel getal."),
        (["demo", "--personen", "3"], "Ongeldige waarde voor '--personen': het is minstens 400."),
        (["ontvang", "uwv", "/bestaat/niet", "--periode", "2026-01"], "'/bestaat/niet' bestaat niet."),
        (["demo", "--personen"], "De optie '--personen' heeft een waarde nodig."),
    ],
)
def test_wrong_use_is_answered_in_dutch(args: list[str], zin: str) -> None:
    said = zeg(*args)
    assert zin in said
    assert ENGELS.findall(re.sub(r"--[a-z-]+", "", said)) == []
