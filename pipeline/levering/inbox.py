"""The inbox: folders that bronnen put down, `<bron>/<periode>-<naam>/`, each one levering.

A folder that was taken in gets a hidden mark, so looking again costs nothing. Names are letters only, because a name
goes where a burgerservicenummer may not.
"""

from __future__ import annotations

import os
import re

from pipeline.instellingen import Instellingen
from pipeline.levering.ontvang import Ontvangst, ontvang
from pipeline.storing import gecodeerd

NAAM = re.compile(r"^(?P<periode>\d{4}-(0[1-9]|1[0-2]))-(?P<naam>[a-z][a-z_-]*\d{0,3})$")
MERK = ".ontvangen"


def nieuwe_aanleveringen(instellingen: Instellingen, bron: str) -> list[str]:
    """Names of folders in the inbox of a bron that were not taken in yet, oldest first."""
    folder = instellingen.inbox / bron
    if not folder.is_dir():
        return []
    found = [path for path in folder.iterdir() if path.is_dir() and NAAM.match(path.name)]
    new = [path for path in found if not (path / MERK).exists()]
    return [path.name for path in sorted(new, key=lambda path: (path.stat().st_mtime_ns, path.name))]


@gecodeerd
def neem_in(instellingen: Instellingen, bron: str, naam: str) -> Ontvangst:
    """Takes in one folder of the inbox and marks it."""
    match = NAAM.match(naam)
    assert match is not None, "naam komt uit nieuwe_aanleveringen"
    folder = instellingen.inbox / bron / naam
    ontvangst = ontvang(instellingen, bron, [folder], match["periode"], match["naam"])
    aside = folder / f"{MERK}.{os.getpid()}"  # a mark that says nothing would keep the folder here for good
    aside.write_text(ontvangst.levering_id, encoding="utf-8")
    aside.rename(folder / MERK)
    return ontvangst
