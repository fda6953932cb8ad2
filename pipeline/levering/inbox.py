"""The inbox: folders that bronnen put down, `<bron>/<periode>-<naam>/`, each one levering.

What a bron puts in a store (an SFTP server, a bucket) is fetched to it: `<bron>/<periode>-<naam>/` there, and for what
gemeenten supply `<ontvanger>/aanlevering/<periode>-<naam>/` in the store of each. A store does not say when something
is all there, so a levering counts when its manifest `levering.json` or else a file `klaar` stands with it.

A folder that was taken in gets a hidden mark, so looking again costs nothing. Names are letters only, because a name
goes where a burgerservicenummer may not.
"""

from __future__ import annotations

import os
import re
import time
from collections.abc import Sequence
from itertools import chain, count
from pathlib import Path

from connectors.kanaal import Gevonden
from pipeline.instellingen import Instellingen
from pipeline.levering.manifest import NAAM as MANIFEST
from pipeline.levering.ontvang import Ontvangst, ontvang
from pipeline.ophalen import Opgehaald, Zending, ZetNeer, haal_alles
from pipeline.storing import gecodeerd
from schemas.bron import VAN_ONTVANGERS
from schemas.load import bronnen, ontvangers

NAAM = re.compile(r"^(?P<periode>\d{4}-(0[1-9]|1[0-2]))-(?P<naam>[a-z][a-z_-]*\d{0,3})$")
MERK = ".ontvangen"
KLAAR, AANLEVERING = "klaar", "aanlevering"


def nieuwe_aanleveringen(instellingen: Instellingen, bron: str) -> list[str]:
    """Names of folders in the inbox of a bron that were not taken in yet, oldest first."""
    folder = instellingen.inbox / bron
    if not folder.is_dir():
        return []
    found = [path for path in folder.iterdir() if path.is_dir() and NAAM.match(path.name)]
    new = [path for path in found if not (path / MERK).exists()]
    return [path.name for path in sorted(new, key=lambda path: (path.stat().st_mtime_ns, path.name))]


def stempel(folder: Path) -> None:
    """Makes a finished folder newer than what was put in the inbox before it.

    The clock of the file system may tick every four milliseconds, and two folders of one tick would be taken in by
    name, though the later may correct the earlier.
    """
    moment = time.time_ns()
    os.utime(folder, ns=(moment, moment))


@gecodeerd
def haal_op(instellingen: Instellingen, bron: str) -> Opgehaald:
    """Fetches to the inbox what stands in the stores from which a bron is fetched.

    One that fails does not keep the others from being fetched; why stands in the outcome.
    """
    with instellingen.grootboek.alleen("haal", bron):
        zet_neer = _zet_in_inbox(instellingen.inbox / bron)
        return haal_alles(instellingen, bron, _winkels(bron), _zendingen, lambda _: zet_neer)


def _winkels(bron: str) -> dict[str, tuple[str, str]]:
    """Channel and place by the name of who puts leveringen there."""
    kanaal = bronnen()[bron].kanaal
    if kanaal == VAN_ONTVANGERS:
        return {code: (ontvanger.kanaal, f"{code}/{AANLEVERING}") for code, ontvanger in ontvangers().items()}
    return {bron: (kanaal, bron)} if kanaal else {}


def _zendingen(gevonden: Sequence[Gevonden]) -> list[Zending]:
    """Each folder with a name of a levering, with what makes it count."""
    folders: dict[str, list[Gevonden]] = {}
    for each in gevonden:
        folder, _, rest = each.naam.partition("/")
        if rest and NAAM.match(folder):
            folders.setdefault(folder, []).append(each)
    return [_zending(folder, tuple(files)) for folder, files in sorted(folders.items())]


def _zending(folder: str, files: tuple[Gevonden, ...]) -> Zending:
    teken = next((each.naam for naam in (MANIFEST, KLAAR) for each in files if each.naam == f"{folder}/{naam}"), None)
    hier = {each.naam: each.naam.partition("/")[2] for each in files if each.naam != f"{folder}/{KLAAR}"}
    return Zending(folder, files, teken, hier)


def _zet_in_inbox(inbox: Path) -> ZetNeer:
    """Puts a folder that was fetched in the inbox: under its own name, or with a number when that is taken."""

    def zet_neer(naam: str, folder: Path) -> None:
        inbox.mkdir(parents=True, exist_ok=True, mode=0o700)
        names = chain([naam], (f"{naam}-{nr}" for nr in count(2)))
        stempel(folder)
        folder.rename(inbox / next(each for each in names if not (inbox / each).exists()))

    return zet_neer


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
