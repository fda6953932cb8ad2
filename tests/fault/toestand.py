"""What an installation holds, as a mapping that two runs of the same must agree on, however often one was killed.

Left out is only what is different every time it is made: the random part of a name, what encryption and signing make
of the same message (their plain content is in the manifest), and numbers that a database gives out.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from lineage import tabellen as t
from lineage.ledger import Rij
from lineage.pogingen import MISLUKT
from pipeline.bewaren.bewijs import verifieer
from pipeline.instellingen import Instellingen
from pipeline.logboek import Logboek

_NUMBERED = {
    "stap_nr",
    "poging_nr",
    "correctie_nr",
    "besluit_nr",
    "vernietiging_nr",
    "voornemen_nr",
    "segment_nr",
    "attendering_nr",
}
_CHAINED = {"kop", "vorige", "keten", "bewijs", "klaargezet", "ontvangen_op"}  # hang on a random name or a moment
_OF_CIPHER = ("sha256", "bytes")
_ENCRYPTED = (".p7m", ".p7s")
_ASIDE = {"ledger", "dbt", "lineage", "landing/demo", "certificaten"}
INZAGE = "inzage"  # is another every time it is asked for, under a number of its own
_RANDOM = re.compile(r"-[0-9a-f]{8}(?=$|\.)")


def toestand(instellingen: Instellingen) -> dict[str, str]:
    """Place of every row and file to what it holds."""
    instellingen.grootboek.verzend()  # as the next step would
    broken = {"verwerkingslog": str(Logboek(instellingen).controleer().breuken)}
    broken |= {"bewijzen": str(verifieer(instellingen).problemen)}
    told = dict(_gebeurtenissen(instellingen.map("lineage")))
    return dict(_rows(instellingen)) | dict(_files(instellingen.map())) | told | broken


def _gebeurtenissen(folder: Path) -> Iterator[tuple[str, str]]:
    """The OpenLineage events and of how many runs each is; one that was told twice is one."""
    seen = set()
    for path in folder.glob("openlineage-*.ndjson"):
        for line in path.read_text(encoding="utf-8").splitlines():
            event = json.loads(line)
            run = event["run"].pop("runId")
            event["run"]["facets"].get("parent", {}).pop("run", None)
            text = hashlib.sha256(json.dumps(event, sort_keys=True).encode()).hexdigest()
            if event["job"]["name"] != INZAGE:
                seen.add((f"gebeurtenis {event['job']['name']} {event['eventType']} {text[:12]}", run))
    for naam, aantal in Counter(naam for naam, _ in seen).items():
        yield naam, str(aantal)


def _rows(instellingen: Instellingen) -> Iterator[tuple[str, str]]:
    ledger = instellingen.grootboek
    steps = {row["stap_nr"]: row for row in ledger.rijen(sa.select(t.stap))}
    for table in t.metadata.sorted_tables:
        found = []
        for row in ledger.rijen(sa.select(table)):
            if _each_time(table, row):
                continue
            values: dict[str, Any] = {naam: value for naam, value in row.items() if naam not in _CHAINED}
            if "stap_nr" in values and table.name != "stap":
                step = steps[values["stap_nr"]]
                values["stap"] = f"{step['soort']} {step['onderwerp']}"
                if step["soort"] == "roteer":  # counts what this process rewrote, not what one before it had done
                    continue
            values = {naam: value for naam, value in values.items() if naam not in _NUMBERED}
            if table.name == "verwerkingslog":
                values["naam"] = _RANDOM.sub("", values["naam"])
            if table.name in ("uitlevering_bestand", "vernietiging", "vernietiging_voornemen"):
                values = {naam: value for naam, value in values.items() if naam not in _OF_CIPHER}
            if table.name == "vernietiging":
                values["plaats"] = _RANDOM.sub("", values["plaats"])
            found.append(json.dumps(values, sort_keys=True, default=str))
        for text, aantal in Counter(found).items():
            yield f"{table.name} {text}", str(aantal)


def _each_time(table: sa.Table, row: Rij) -> bool:
    """Whether a row is one more for everyone who does the step again: an inzage, an attempt that failed."""
    inzage = row.get("soort") == INZAGE or str(row.get("naam", "")).startswith(f"{INZAGE}-")
    return inzage or (table is t.poging and row["uitkomst"] == MISLUKT)


def _files(root: Path) -> Iterator[tuple[str, str]]:
    for path in sorted(root.rglob("*")):
        place = path.relative_to(root)
        hidden = any(part.startswith(".") for part in place.parts) and place.name != ".ontvangen"
        if not path.is_file() or hidden or any(place.as_posix().startswith(f"{folder}/") for folder in _ASIDE):
            continue
        name = _RANDOM.sub("", place.as_posix())
        if place.match("landing/retour/*/verwerkt/*"):  # under the number of the answer, which a double has another of
            yield f"{place.parent} {place.suffix} {_content(path)}", "verwerkt"
        elif place.match("logboek/inzage-*"):
            continue
        elif "logboek/" in name:
            yield name, f"{path.stat().st_size > 0}"
        else:
            yield name, _content(path)


def _content(path: Path) -> str:
    """The digest of a file, or what is certain of one that is made with chance."""
    if path.parent.name == INZAGE or path.suffix in _ENCRYPTED or path.name.endswith(("_gb.xml", "_notificatie.json")):
        return "er is iets" if path.stat().st_size else "leeg"
    raw = path.read_bytes()
    if path.name.endswith("_manifest.json"):
        document = json.loads(raw)
        for bestand in document["bestanden"]:
            bestand.pop("versleuteld", None)
            bestand.pop("handtekening", None)
        raw = json.dumps(document, sort_keys=True).encode()
    return hashlib.sha256(raw).hexdigest()


def verschillen(een: dict[str, str], ander: dict[str, str]) -> list[str]:
    """The places at which two of them differ, and how: nothing else of what they hold."""
    return sorted(
        f"{plaats}: {'ontbreekt' if plaats not in ander else 'te veel' if plaats not in een else 'anders'}"
        for plaats in een.keys() | ander.keys()
        if een.get(plaats) != ander.get(plaats)
    )
