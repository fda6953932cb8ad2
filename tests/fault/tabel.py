"""The table of transitions in `docs/fouten-proef.md`: `python -m tests.fault.tabel` does the chain and writes it.

`test_overgangen` holds the page against the code (every place is in it) and against the chain (where it was reached).
"""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from pathlib import Path

from tests.bouw import CHECKOUT
from tests.fault.gedood import Ongestoord, doorloop, gekozen
from tests.fault.herstel import HERSTEL
from tests.fault.plaatsen import plaatsen
from tests.fault.stappen import KETEN
from tests.fault.uitgezonderd import UITGEZONDERD

PAGINA = CHECKOUT / "docs" / "fouten-proef.md"
BEGIN, EINDE = "<!-- tabel: python -m tests.fault.tabel -->", "<!-- einde tabel -->"
Bereikt = Mapping[str, tuple[set[str], set[str]]]  # place to what changed there, and in which steps


def bereikt(ongestoord: Ongestoord) -> Bereikt:
    """Where the chain came that kills are done in."""
    found: dict[str, tuple[set[str], set[str]]] = {}
    for schakel in (each for each in KETEN if each.dood):
        places = {plaats for plaats, _, _ in gekozen(ongestoord, schakel.naam, alles=True)}
        for overgang in ongestoord.van(schakel.naam)["overgangen"]:
            if overgang["plaats"] not in places:
                continue
            wat, stappen = found.setdefault(overgang["plaats"], (set(), set()))
            wat.add(_kort(overgang["wat"]))
            stappen.add(schakel.naam)
    return found


def _kort(wat: str) -> str:
    """What changed: the tables, or in which folder."""
    return wat.partition("/")[0] + ("/" if "/" in wat else "")


def regels(found: Bereikt) -> list[str]:
    """The rows of the table, those that are not killed at last."""
    lines = ["| place in the code | what changes | killed in |", "|---|---|---|"]
    for naam in dict.fromkeys(plaats.naam for plaats in plaatsen()):
        if naam in found:
            wat, stappen = found[naam]
            lines.append(f"| `{naam}` | {', '.join(sorted(wat))} | {', '.join(sorted(stappen))} |")
    lines += ["", "Reached only by a step that finds what a killed one left, and killed there too:", ""]
    lines += ["| place in the code | in | killed before at |", "|---|---|---|"]
    lines += [f"| `{naam}` | {stap} | `{eerst[0]}` |" for naam, (stap, eerst) in sorted(HERSTEL.items())]
    lines += ["", "Not killed at, with the reason (Dutch, as in the list the test reads):", ""]
    lines += ["| place in the code | why |", "|---|---|"]
    lines += [f"| `{naam}` | {UITGEZONDERD[naam]} |" for naam in sorted(UITGEZONDERD)]
    return lines


def main() -> None:
    """Does the chain and writes the page."""
    with tempfile.TemporaryDirectory() as folder:
        doorloop(Path(folder))
        found = bereikt(Ongestoord(Path(folder)))
    head, _, rest = PAGINA.read_text(encoding="utf-8").partition(BEGIN)
    tail = rest.partition(EINDE)[2]
    table = "\n".join(regels(found))
    PAGINA.write_text(f"{head}{BEGIN}\n\n{table}\n\n{EINDE}{tail}", encoding="utf-8")


if __name__ == "__main__":
    main()
