"""Which content each version of a doelprofiel has, so that a profile cannot change while its `versie` does not.

`doelen/versies.csv` holds a digest per doel and versie. It only grows: `python -m schemas.generate` adds a version that
is not in it yet, and refuses a profile that differs from what its version was, or that goes back to an older one.
Comments and layout do not count, and neither does the approval, which is given afterwards to exactly this content.
"""

from __future__ import annotations

import hashlib
import json
from functools import cache

from schemas import load

REGISTER = "doelen/versies.csv"
_COLUMNS = ("doel", "versie", "sha256")


@cache
def vastgelegd() -> dict[tuple[str, int], str]:
    """The digest of every version of every doelprofiel there has been, in order."""
    if not (load.ROOT / REGISTER).exists():
        return {}
    return {(row["doel"], int(row["versie"])): row["sha256"] for row in load.read_csv(REGISTER)}


@cache
def huidig() -> dict[tuple[str, int], str]:
    """The digest of every doelprofiel as it stands."""
    result = {}
    for path in sorted((load.ROOT / "doelen").glob("*.yml")):
        profiel = load.read_yaml(path)
        profiel.pop("goedgekeurd", None)
        text = json.dumps(profiel, sort_keys=True, ensure_ascii=False, default=str)
        result[str(profiel["doel"]), int(profiel["versie"])] = hashlib.sha256(text.encode()).hexdigest()
    return result


def gewijzigd() -> list[str]:
    """The doelen whose profile changed while its versie did not, or whose versie went back."""
    known = vastgelegd()
    newest = dict(sorted(known))  # of each doel the last
    return [
        doel
        for (doel, versie), digest in huidig().items()
        if known.get((doel, versie), digest) != digest or versie < newest.get(doel, versie)
    ]


def is_vastgelegd(doel: str, versie: int) -> bool:
    """Whether a doelprofiel is, word for word, the version it says it is."""
    digest = huidig().get((doel, versie))
    return digest is not None and vastgelegd().get((doel, versie)) == digest and doel not in gewijzigd()


def register() -> str:
    """The text of `doelen/versies.csv` with the versions added that it does not hold yet."""
    rows = huidig() | vastgelegd()
    lines = [",".join(_COLUMNS), *(f"{doel},{versie},{digest}" for (doel, versie), digest in sorted(rows.items()))]
    return "\n".join(lines) + "\n"
