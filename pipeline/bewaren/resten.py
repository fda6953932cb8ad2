"""What processes that were killed left behind: files in the making, which count for nothing and nobody will finish.

Each has the number of its process at the end of its name. It is a leftover when it has not changed for a day, or for an
hour while no process of that number runs here: its process may run on another machine, but would not be that slow.
"""

from __future__ import annotations

import os
import re
import time as clock
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from pathlib import Path

import sqlalchemy as sa

from lineage import tabellen as t
from pipeline.bewaren.vernietig import Eenheid
from pipeline.instellingen import Instellingen

RUST = 3600  # seconds
_ASIDE = re.compile(r"^\..+[.-](?P<pid>\d+)$")
_GRONDSLAG = "onafgemaakt werk van een afgebroken proces; hoort bij geen verwerking"
# Where files are made aside, and how deep.
_PLACES = (
    *(
        "landing/leveringen/*/.*",
        "landing/leveringen/*/*/opname/.*",
        "lake/*/.*",
        "lake/*/*/.*",
        "quarantaine/*/.*",
        "referentie/.*",
        "declaraties/.*",
        "dbt/.*",
    ),
    *("runs/*/*/.*", "runs/*/*/*/.*", "uitleveringen/.*", "herhalingen/.*", "logboek/.*", "verslag/.*"),
    *("landing/inbox/*/*/.*", "sleutels/.*", "rapport/.*", "rapport/*/.*"),
)


def vind_resten(instellingen: Instellingen, op: date) -> Iterator[Eenheid]:
    """One unit for all leftovers of a day; none when there are none."""
    root = instellingen.map()
    yesterday = datetime.combine(op - timedelta(days=1), time()).timestamp()
    found = [path for place in _PLACES for path in root.glob(place) if _is_left(path, yesterday)]
    found += [path for path in root.glob("dbt/*") if path.name.isdigit() and _gone(int(path.name), path, yesterday)]
    found += _never_entered(instellingen, yesterday)
    places = tuple(sorted(path.relative_to(root).as_posix() for path in found))
    if places:
        yield Eenheid("resten", f"{op:%Y-%m-%d}", "rest", _GRONDSLAG, places)


def _is_left(path: Path, yesterday: float) -> bool:
    match = _ASIDE.match(path.name)
    return match is not None and _gone(int(match["pid"]), path, yesterday)


def _gone(pid: int, path: Path, yesterday: float) -> bool:
    changed = _changed(path)
    return changed < yesterday or (changed < clock.time() - RUST and not _runs(pid))


def _runs(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except (PermissionError, OverflowError):
        return True
    return True


def _changed(path: Path) -> float:
    """When a file, or the newest thing in a folder, last changed."""
    return max((item.lstat().st_mtime for item in (path, *path.rglob("*"))), default=0.0)


def _never_entered(instellingen: Instellingen, yesterday: float) -> list[Path]:
    """Leveringen that were put in the landing area by a process that was killed before it entered them."""
    known = {row["levering_id"] for row in instellingen.grootboek.rijen(sa.select(t.levering.c.levering_id))}
    landed = [path for path in instellingen.landing.glob("*/[!.]*") if path.is_dir()]
    return [path for path in landed if path.name not in known and _changed(path) < yesterday]
