"""An inzage as text that somebody can read, and as files that only their owner can."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pipeline.betrokkene.gegevens import BETROKKENE
from schemas.fout import KetenFout

Document = dict[str, Any]
DELEN = ("gegevens", "signalen", "geleverd", "nummer_bij_een_ander")


def als_tekst(inzage: Document) -> str:
    """The whole answer, a doel at a time."""
    return "\n".join(_regels(inzage)) + "\n"


def schrijf(inzage: Document, folder: Path) -> list[Path]:
    """Writes `inzage.json` and `inzage.txt` in a new folder, both for their owner alone.

    Raises:
        KetenFout: `I-MAP` when the folder is there already or cannot be made.
    """
    aside = folder.with_name(f".{folder.name}.{os.getpid()}")
    try:
        if folder.exists():
            raise FileExistsError
        for left in folder.parent.glob(f".{folder.name}.*"):  # of a process that was killed
            shutil.rmtree(left)
        aside.mkdir(parents=True, mode=0o700)
    except OSError:
        raise KetenFout("I-MAP") from None
    texts = {
        "inzage.json": json.dumps(inzage, ensure_ascii=False, indent=2, default=str) + "\n",
        "inzage.txt": als_tekst(inzage),
    }
    for naam, text in texts.items():
        descriptor = os.open(aside / naam, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(text)
    aside.rename(folder)
    return [folder / naam for naam in texts]


def _regels(inzage: Document) -> Iterator[str]:
    yield f"Inzage {inzage['inzage']}, opgemaakt op {inzage['opgemaakt']}"
    for doel in inzage["doelen"]:
        yield ""
        yield doel["omschrijving"]
        yield f"  Doel: {doel['doel']}; opdrachtgever: {doel['opdrachtgever']}"
        yield f"  Grondslag: {'; '.join(doel['grondslag'])}"
        yield f"  Bewaard: {doel['bewaartermijn']}"
        if not any(doel[deel] for deel in DELEN):
            yield "  Voor dit doel is niets over u vastgelegd."
        for gegeven in doel["gegevens"]:
            yield from _gegeven(gegeven)
        for signaal in doel["signalen"]:
            yield from _signaal(signaal)
        for levering in doel["geleverd"]:
            yield from _levering(levering)
        if naar := doel["nummer_bij_een_ander"]:
            yield ""
            yield f"  Alleen uw nummer, bij een signaal over een ander, ging naar: {', '.join(naar)}"
    yield ""
    yield "Verwerkingen in het logboek:"
    for verwerking in inzage["verwerkingen"]:
        yield f"  {verwerking['op']}  {verwerking['wat']}  ({verwerking['activiteit']})"
    if not inzage["verwerkingen"]:
        yield "  geen"


def _gegeven(gegeven: Document) -> Iterator[str]:
    yield ""
    yield f"  Gegeven van {gegeven['bron']}: {gegeven['wat']}"
    yield f"    levering {gegeven['levering']}, record {gegeven['record']}, ontvangen op {gegeven['ontvangen']}"
    if gegeven["in_onderzoek"]:
        yield "    Dit gegeven is in onderzoek en wordt niet gebruikt."
    if gegeven["rol"] != BETROKKENE:
        yield "    U wordt genoemd bij een ander; de gegevens van die ander worden niet getoond."
    yield from (f"    {naam}: {waarde}" for naam, waarde in gegeven["velden"].items())


def _signaal(signaal: Document) -> Iterator[str]:
    yield ""
    yield f"  Signaal van {signaal['product']} over {signaal['periode']}: {signaal['signaalcode']} {signaal['signaal']}"
    yield f"    {signaal['toelichting']}"
    yield from (f"    {naam}: {waarde}" for naam, waarde in signaal["velden"].items())
    for feit in signaal["bewijs"]:
        place = f"{feit['bron']}.{feit['tabel']} {feit['levering_id']} record {feit['record_nr']}"
        yield f"    bewijs: {feit['kenmerk']} = {feit['waarde']} ({place})"
    if signaal["bewijs_over_ander"]:
        yield f"    {signaal['bewijs_over_ander']} feit(en) over een ander worden niet getoond."


def _levering(levering: Document) -> Iterator[str]:
    yield ""
    what = f"signaal {levering['signaalcode']} ({levering['mutatie']}) van {levering['product']}"
    yield f"  Geleverd aan {levering['ontvanger']} op {levering['op']}: {what}"
    yield f"    bericht {levering['bericht']}, periode {levering['periode']}"
