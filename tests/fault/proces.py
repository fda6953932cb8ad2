"""A process that has everything loaded and does steps in copies of itself: a kill costs no start of Python and dbt.

`Ploeg` starts it and asks; `main` is the other side. A request and its answer are a line of JSON. The clock of a copy
stands still at the moment it is given, so that two runs of the same can be compared to the letter.
"""

from __future__ import annotations

import gc
import importlib
import json
import os
import resource
import shutil
import signal
import subprocess
import sys
import traceback
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import asdict
from datetime import datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any

import sqlalchemy as sa

import lineage.ledger
import lineage.verwerkingslog
import pipeline.retour.retour
from lineage import tabellen as t
from pipeline import dbt_build
from pipeline.instellingen import Instellingen
from pipeline.vastlegging import declaraties_nu, programma
from privacy.sleutels import KEY_BYTES
from schemas.berichten import berichten
from schemas.berichtversies import keuzes
from schemas.load import bronnen, doelen, geraadpleegd, kanalen, machtigingen, meldingen, ontvangers, producten
from schemas.reference import reference_tables
from schemas.register import dpia, register
from schemas.retourbericht import antwoordbericht, retourbericht
from tests.bouw import CHECKOUT
from tests.fault import stappen
from tests.fault.opname import Moment, Opname
from tests.fault.plaatsen import plaatsen
from tests.fault.toestand import toestand


class Ploeg:
    """The warm process, from the side of a test."""

    def __init__(self, folder: Path) -> None:
        environment = {naam: waarde for naam, waarde in os.environ.items() if not naam.startswith("KETEN_")}
        self._log = (folder / "proces.log").open("wb")
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.fault.proces", str(folder)],
            cwd=CHECKOUT,
            env={**environment, "PYTHONPATH": str(CHECKOUT)},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._log,
            text=True,
        )

    def doe(self, stap: str, data: Path, **meer: Any) -> dict[str, Any]:
        """Does a step in a copy; says how that ended (`status` is minus the signal that killed it) and what changed."""
        self.vraag(stap, data, **meer)
        return self.antwoord()

    def vraag(self, stap: str, data: Path, **meer: Any) -> None:
        """Asks for a step, and does not wait."""
        assert self._process.stdin
        print(json.dumps({"stap": stap, "data": str(data), **meer}), file=self._process.stdin, flush=True)

    def antwoord(self) -> dict[str, Any]:
        """How the step ended that was asked for."""
        assert self._process.stdout
        answer: dict[str, Any] = json.loads(self._process.stdout.readline())
        return answer

    def sluit(self) -> None:
        assert self._process.stdin
        self._process.stdin.close()
        self._process.wait(30)
        self._log.close()


def main(folder: Path) -> None:
    """Does what is asked, one thing at a time, until nothing more is."""
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # what a library says goes to the log
    _laad(folder)
    for line in sys.stdin:
        asked = json.loads(line)
        uit = folder / f"antwoord-{os.getpid()}.json"
        uit.unlink(missing_ok=True)
        pid = os.fork()
        if pid == 0:
            _in_kopie(asked, uit)
        status = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
        found = json.loads(uit.read_text(encoding="utf-8")) if uit.exists() else {}
        print(json.dumps({"status": status, **found}), file=answers, flush=True)


def _laad(folder: Path) -> None:
    """Reads what every copy would otherwise read again: the declarations, the dbt project, and what loads late."""
    dbt_build.laad(folder / "dbt")
    read: tuple[Callable[[], object], ...] = (
        bronnen, doelen, producten, ontvangers, machtigingen, kanalen, meldingen, geraadpleegd, berichten, keuzes,
        reference_tables, retourbericht, antwoordbericht, register, dpia, programma, declaraties_nu,
    )  # fmt: skip
    for each in read:
        each()
    for module in ("lineage.gebeurtenissen", "openlineage.client.serde", "duckdb", "message_formats.lees"):
        importlib.import_module(module)
    plaatsen()
    gc.collect()
    gc.freeze()


def _in_kopie(asked: dict[str, Any], uit: Path) -> None:
    """Never returns."""
    try:
        uit.write_text(json.dumps(_werk(asked)), encoding="utf-8")
    except BaseException:
        resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
        uit.write_text(json.dumps({"fout": traceback.format_exc()[-3000:]}), encoding="utf-8")
        os._exit(1)
    os._exit(0)


def _werk(asked: dict[str, Any]) -> dict[str, Any]:
    (known,) = dbt_build._parsed.items()
    dbt_build._parsed[known[0][0], os.getpid()] = known[1]
    zet_klok(datetime.fromisoformat(asked["klok"]), asked.get("terug", 0))
    real = os.urandom
    os.urandom = lambda size: bytes(range(size)) if size == KEY_BYTES else real(size)  # the same master key every time
    data = Path(asked["data"])
    instellingen = Instellingen(data=data, kanaalwacht=0.0)
    if asked["stap"] == "begin":
        stappen.maak_begin(instellingen)
        return {}
    moment = Moment(*asked["moment"]) if asked.get("moment") else None
    instellingen.grootboek.rijen(_niets())  # the tables are there: of migrations there is a test of its own
    opname = Opname(instellingen.map(), moment)
    opname.begin()
    if asked.get("grens"):  # bytes a file may have: Python is told with an error, once the signal is ignored
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (asked["grens"], resource.RLIM_INFINITY))
    stappen.STAPPEN[asked["stap"]].werk(instellingen)
    opname.stop()
    found: dict[str, Any] = {"buitenom": opname.buitenom}
    if asked.get("opname"):
        found["overgangen"] = [asdict(overgang) for overgang in opname.overgangen]
    if asked.get("toestand"):
        found["toestand"] = toestand(instellingen)
    return found


def _niets() -> Any:
    return sa.select(t.stap.c.stap_nr).limit(1)


def zet_klok(moment: datetime, terug: int = 0) -> None:
    """Lets this process think it is this moment, and then ever earlier, until it is so many seconds before it."""
    asked = count()

    class Klok(datetime):
        @classmethod
        def now(cls, tz: Any = None) -> datetime:  # type: ignore[override]
            found = moment - timedelta(seconds=min(terug, next(asked) * terug // 10))
            return found.astimezone(tz) if tz else found.replace(tzinfo=None)

    for module in (lineage.ledger, lineage.verwerkingslog, pipeline.retour.retour):
        module.datetime = Klok  # type: ignore[attr-defined]


def kopieer(van: Path, naar: Path) -> Path:
    """A copy of an installation that nobody is working on.

    Only what is written to in place is copied; of the rest it has the same files, which holds as long as who changes
    one puts a new file in its place. `test_overgangen` sees to it that the original is still what it was.
    """
    shutil.rmtree(naar, ignore_errors=True)

    def kopie(bron: str, doel: str) -> None:
        in_place = Path(bron).relative_to(van).parts[0] in ("ledger", "lineage") or bron.endswith(".slot")
        (shutil.copy2 if in_place else os.link)(bron, doel)

    shutil.copytree(van, naar, symlinks=True, copy_function=kopie)
    return naar


def momenten(overgangen: Sequence[dict[str, str]], *, vaak: bool = True) -> list[tuple[str, int, str]]:
    """When to die in a step of which this is what changed: before and after the first change at every place.

    After one is the same as before the next, so that is not done twice. A place at which much changes (a folder that
    is cleared, deliveries one by one) has a kill half-way too. Without `vaak` only the last change is followed by
    one, and none is half-way: for a step that takes long.
    """
    places = [overgang["plaats"] for overgang in overgangen]
    counts, first, found = Counter(places), set[str](), list[tuple[str, int, str]]()
    for index, plaats in enumerate(places):
        if plaats in first:
            continue
        first.add(plaats)
        found.append((plaats, 1, "voor"))
        following = places[index + 1] if index + 1 < len(places) else None
        if following is None or (vaak and following in first):
            found.append((plaats, 1, "na"))
        if vaak and counts[plaats] > 2:
            found.append((plaats, counts[plaats] // 2 + 1, "voor"))
    return found


if __name__ == "__main__":
    main(Path(sys.argv[1]))
