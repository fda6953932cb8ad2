"""The words the library behind the `keten` command says by itself, in Dutch: headings, usage and errors of use.

Typer has them in English in its code. All of them pass one of three places, which are given other words here.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from rich.text import Text
from typer import rich_utils
from typer.core import TyperCommand, TyperGroup

HULP = "Toon deze uitleg en stop."
KOPPEN = {
    "ARGUMENTS_PANEL_TITLE": "Argumenten",
    "OPTIONS_PANEL_TITLE": "Opties",
    "COMMANDS_PANEL_TITLE": "Opdrachten",
    "ERRORS_PANEL_TITLE": "Fout",
    "ABORTED_TEXT": "Afgebroken.",
    "REQUIRED_LONG_STRING": "[verplicht]",
    "DEFAULT_STRING": "[anders: {}]",
    "ENVVAR_STRING": "[omgevingsvariabele: {}]",
    "RICH_HELP": "Zie [blue]'{command_path} {help_option}'[/] voor uitleg.",
}
# What is said of a command or an error: pattern and replacement, in this order.
ZINNEN = [
    (r"^( *)Usage: ", r"\1Gebruik: "),
    (r"\[OPTIONS\]", "[OPTIES]"),
    (r"COMMAND \[ARGS\]\.\.\.", "OPDRACHT [ARGUMENTEN]..."),
    (r"^Invalid value for ", "Ongeldige waarde voor "),
    (r"^Invalid value: ", "Ongeldige waarde: "),
    (r"^Missing argument (.*)\.$", r"Het argument \1 ontbreekt."),
    (r"^Missing option (.*)\.$", r"De optie \1 ontbreekt."),
    (r"^Missing command\.$", "Er is geen opdracht gegeven."),
    (r"^No such command (.*)\.", r"Er is geen opdracht \1."),
    (r"^No such option: ([^ ]*)", r"Er is geen optie \1."),
    (r"\(Possible options: (.*)\)", r"Misschien bedoelt u: \1."),
    (r"Did you mean (.*)\?", r"Bedoelt u \1?"),
    (r"^Got unexpected extra arguments?(?:\(s\))? \((.*)\)", r"Te veel argumenten: \1."),
    (r"^Option (.*) requires an argument\.$", r"De optie \1 heeft een waarde nodig."),
    (r"^Option (.*) does not take a value\.$", r"De optie \1 heeft geen waarde."),
    (r"(?i)(?:file|path|directory|file or directory) ('.*') does not exist\.", r"\1 bestaat niet."),
    (r"Input should be a valid integer.*", "dit is geen geheel getal."),
    (r"Input should be greater than or equal to (.*)", r"het is minstens \1."),
    (r"Input should be less than or equal to (.*)", r"het is hoogstens \1."),
    (r"('[^']*') is not one of (.*)\.", r"\1 is geen van \2."),
]


class _Highlighter(rich_utils.OptionHighlighter):
    """Everything that is said about use passes here."""

    def __call__(self, text: str | Text) -> Text:
        return super().__call__(vertaal(text) if isinstance(text, str) else text)


def vertaal(zin: str) -> str:
    """A sentence of the library, in Dutch as far as it is known."""
    for patroon, nederlands in ZINNEN:
        zin = re.sub(patroon, nederlands, zin, flags=re.MULTILINE)
    return zin


def spreek_nederlands() -> None:
    """Gives the library Dutch words; called once, before the command runs."""
    for naam, woorden in KOPPEN.items():
        assert hasattr(rich_utils, naam), naam  # another version of the library has other words
        setattr(rich_utils, naam, woorden)
    rich_utils.highlighter = _Highlighter()
    for soort in (TyperCommand, TyperGroup):
        soort.get_help_option = _met_hulp(soort.get_help_option)  # type: ignore[assignment,method-assign]


def _met_hulp(get_help_option: Callable[[Any, Any], Any]) -> Callable[[Any, Any], Any]:
    def in_dutch(self: Any, ctx: Any) -> Any:
        option = get_help_option(self, ctx)
        if option is not None:
            option.help = HULP
        return option

    return in_dutch
