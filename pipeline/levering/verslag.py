"""Step: tell who delivered a population what became of its records.

For every aanleveraar of a levering there is one verwerkingsverslag: how many records were accepted, and of each that
was rejected its number and a code, never a value. It is made when the levering has passed for every doel whose
population it feeds, or was refused; what it is made of (`verslag_telling`) is removed when the ledger has it. One that
was refused before it came to the door is read once more for it (`verslag_geweigerd`).
Reports are put where the recipient fetches its messages, the JSON file last; whoever cannot be told (an unreadable
code, a gemeente that no longer exists) is in the counts of the ledger only.
"""

from __future__ import annotations

import os
import shutil
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from connectors.kanaal import MapKanaal
from lineage import leveringen
from lineage import verslagen as boek
from lineage.ledger import Rij, Stap, now
from pipeline.instellingen import Instellingen
from pipeline.levering.verslag_geweigerd import tel_aanleveraars
from pipeline.levering.verslag_stuk import schrijf_stukken
from pipeline.stand import Stand
from pipeline.storing import gecodeerd
from privacy.doelbinding import bruikbare_doelen
from schemas.levering import VerslagBestand, VerslagRegel, VerslagTabel, Verwerkingsverslag
from schemas.load import doelen, find_tabel, meldingen, ontvangers

PRODUCT = "verwerkingsverslag"
_POINTER = ["tabel", "bestand_nr", "record_nr", "code"]


@dataclass(frozen=True)
class Verslagen:
    """The outcome for one levering: records accepted and rejected per aanleveraar, and who of them got a report."""

    levering_id: str
    aangenomen: dict[str, int]
    afgekeurd: dict[str, int]
    geleverd: tuple[str, ...]


@dataclass(frozen=True)
class _Deel:
    """What one aanleveraar delivered: records per table, and pointers to those that were rejected."""

    wie: str
    aantallen: dict[str, int]
    regels: list[dict[str, Any]]


@gecodeerd
def maak_verslagen(instellingen: Instellingen) -> list[Verslagen]:
    """Makes every verwerkingsverslag that can be made now; called again it returns an empty list."""
    with instellingen.grootboek.alleen("verslag", "alle"):
        return _maak_verslagen(instellingen)


def _maak_verslagen(instellingen: Instellingen) -> list[Verslagen]:
    noted: dict[str, list[Path]] = {}
    for path in sorted(instellingen.map("verslag").glob("[a-z]*.parquet")):
        noted.setdefault(path.name.partition(".")[0], []).append(path)
    ledger, stand, made = instellingen.grootboek, Stand(instellingen), []
    for levering_id, paths in noted.items():
        levering = leveringen.vind(ledger, levering_id)
        if levering is not None and not boek.heeft_verslag(ledger, levering["levering_nr"]):
            if not _kan(stand, levering):
                continue
            made.append(_maak(instellingen, levering, _delen(paths)))
        for path in paths:
            path.unlink(missing_ok=True)
    for levering in boek.afgekeurd_zonder_verslag(ledger):
        deel = [_Deel(wie, of, []) for wie, of in sorted(tel_aanleveraars(instellingen, levering).items())]
        made.append(_maak(instellingen, levering, deel))
    return made


def _kan(stand: Stand, levering: Rij) -> bool:
    """Whether it is known of every record what became of it: for a parked levering that waits for a decision."""
    if levering["status"] == leveringen.GEPARKEERD:
        return False
    nr, passed = levering["levering_nr"], boek.doelen_van(stand.instellingen.grootboek, levering["levering_nr"])
    for doel in map(doelen().__getitem__, bruikbare_doelen(now().date())):
        feeds = stand.tabellen.get(nr, frozenset()) & {populatie.tabel for populatie in doel.populatie}
        consulted = any(seen["levering_nr"] == nr for seen in stand.leveringen_van(doel))
        if feeds and consulted and doel.doel not in passed and not stand.is_afgesloten(doel):
            return False
    return True


def _may_have(levering: Rij) -> set[str]:
    return {levering["bron"], *ontvangers()}


def _maak(instellingen: Instellingen, levering: Rij, delen: Iterable[_Deel]) -> Verslagen:
    levering_id = levering["levering_id"]
    stap = Stap("verslag", levering_id, None, levering["periode"])
    bestanden = {row["bestand_nr"]: row for row in instellingen.grootboek.bestanden(levering["levering_nr"])}
    goed, fout, tellingen = Counter[str](), Counter[str](), Counter[tuple[str, str, str]]()
    geleverd = []
    # Reports stand among deliveries while they are made: moving them is then a rename.
    aside = instellingen.uitleveringen / f".{PRODUCT}-{levering_id}-{os.getpid()}"
    for deel in delen:
        inhoud = _inhoud(levering, deel, bestanden)
        goed[deel.wie] += 0
        for tabel in inhoud.tabellen:
            goed[deel.wie] += tabel.aangenomen
            fout[deel.wie] += tabel.afgekeurd
            tellingen["", f"{levering['bron']}.{tabel.tabel}", "aangenomen"] += tabel.aangenomen
            tellingen["", f"{levering['bron']}.{tabel.tabel}", "afgekeurd"] += tabel.afgekeurd
        if deel.wie in _may_have(levering):
            stukken = schrijf_stukken(aside / deel.wie, inhoud)
            MapKanaal(instellingen.uitleveringen).lever(stukken, f"{deel.wie}/{PRODUCT}/{levering_id}")
            geleverd.append(deel.wie)
    shutil.rmtree(aside, ignore_errors=True)
    stap.tellingen = dict(tellingen)
    boek.registreer(instellingen.grootboek, levering["levering_nr"], goed, fout, stap)
    return Verslagen(levering_id, dict(goed), dict(fout), tuple(geleverd))


def _delen(paths: list[Path]) -> Iterator[_Deel]:
    """What the passages of a levering noted, per aanleveraar in order of its code.

    Every passage counted the same records; what was rejected is the union over the doelen they were for.
    """
    noted = pa.concat_tables(pq.read_table(path) for path in paths)
    rejected = noted.filter(pc.is_valid(noted["code"])).group_by(["aanleveraar", *_POINTER]).aggregate([])
    rejected = rejected.sort_by([(naam, "ascending") for naam in _POINTER])
    whole = noted.filter(pc.is_null(noted["code"])).group_by(["aanleveraar", "tabel"]).aggregate([("aantal", "max")])
    aantallen: dict[str, dict[str, int]] = {}
    for row in whole.to_pylist():
        aantallen.setdefault(row["aanleveraar"], {})[row["tabel"]] = row["aantal_max"]
    for wie in sorted(aantallen):
        own = rejected.filter(pc.equal(rejected["aanleveraar"], wie)).select(_POINTER)
        yield _Deel(wie, aantallen[wie], own.to_pylist())


def _inhoud(levering: Rij, deel: _Deel, bestanden: Mapping[int, Rij]) -> Verwerkingsverslag:
    refused = levering["status"] == leveringen.AFGEKEURD
    tabellen = []
    for naam, ontvangen in sorted(deel.aantallen.items()):
        own = [row for row in deel.regels if row["tabel"] == naam]
        bad = ontvangen if refused else len({(row["bestand_nr"], row["record_nr"]) for row in own})
        tabellen.append(
            VerslagTabel(
                tabel=find_tabel(naam).tabel,
                ontvangen=ontvangen,
                aangenomen=ontvangen - bad,
                afgekeurd=bad,
                per_code=dict(sorted(Counter(row["code"] for row in own).items())),
            )
        )
    unusable = {nr: row["code"] for nr, row in bestanden.items() if row["code"]}
    codes = {row["code"] for row in deel.regels} | set(unusable.values()) | ({levering["code"]} if refused else set())
    files = sorted({row["bestand_nr"] for row in deel.regels} | set(unusable))
    return Verwerkingsverslag(
        aanleveraar=deel.wie,
        levering_id=levering["levering_id"],
        bron=levering["bron"],
        periode=levering["periode"],
        ontvangen_op=levering["ontvangen_op"].replace(tzinfo=UTC),
        status="afgekeurd" if refused else "verwerkt",
        code=levering["code"] if refused else None,
        tabellen=tuple(tabellen),
        bestanden=tuple(
            VerslagBestand(bestand_nr=nr, sha256=bestanden[nr]["sha256"], code=unusable.get(nr)) for nr in files
        ),
        regels=tuple(VerslagRegel(**{**row, "tabel": find_tabel(row["tabel"]).tabel}) for row in deel.regels),
        betekenis={code: meldingen()[code].betekenis for code in sorted(codes)},
    )
