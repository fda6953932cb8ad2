"""A process that works with the declarations of then: it makes the signals of a run again, or its messages.

`python -m pipeline.herhaling.proces <opdracht>`, started by `herhaal` with `KETEN_DECLARATIES`. Declarations are read
once per process, so those of then need one of their own. It reads the ledger and writes nothing in it.
"""

from __future__ import annotations

import json
import shutil
import sys
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal

import sqlalchemy as sa

from lineage import tabellen as t
from lineage.ledger import GELUKT, Rij, now
from lineage.retour import ongegronde_signalen
from pipeline.bereken import Invoer, bereken
from pipeline.instellingen import Instellingen
from pipeline.pins import Pins
from pipeline.rekenen import rekenruimte
from pipeline.signaleer import INVOER, run_map
from pipeline.stand import Stand
from pipeline.uitlevering.samenstel import Vergelijking, gepland_volledig, stel_samen_uit
from pipeline.uitlevering.schrijf import Schrijver
from pipeline.uitlevering.status import GELEVERD
from pipeline.vertrek.vertrokken import zijn_vertrokken
from privacy.betrokkenen import Betrokkenen
from schemas.fout import KetenFout
from schemas.load import ontvangers, producten

Deel = Literal["signalen", "berichten"]


@dataclass(frozen=True)
class Opdracht:
    """What to make again, and where: `signalen` and `berichten` below `folder`.

    For messages `declaraties` says which: those that were made with these.
    """

    instellingen: dict[str, Any]
    run_id: str
    deel: Deel
    folder: str
    declaraties: str


def main(pad: Path) -> None:
    """Does what is asked in a file; how it ended stands beside it."""
    opdracht = Opdracht(**json.loads(pad.read_text(encoding="utf-8")))
    try:
        uitkomst = {"signalen": _signalen, "berichten": _berichten}[opdracht.deel](opdracht)
    except KetenFout as fout:
        uitkomst = {"code": fout.code, "wijzer": fout.wijzer}
    except Exception as fout:
        uitkomst = {"code": "Z-PROGRAMMA", "wijzer": type(fout).__name__}
    finally:
        shutil.rmtree(Instellingen(**opdracht.instellingen).rekenmap, ignore_errors=True)
    pad.with_suffix(".uitkomst").write_text(json.dumps(uitkomst), encoding="utf-8")


def _run(instellingen: Instellingen, run_id: str) -> Rij:
    run = instellingen.grootboek.run(run_id)
    assert run is not None, run_id
    return run


def _signalen(opdracht: Opdracht) -> dict[str, Any]:
    """The models of then over the files of then."""
    instellingen = Instellingen(**opdracht.instellingen)
    run, ledger = _run(instellingen, opdracht.run_id), instellingen.grootboek
    stand, doel = Stand(instellingen), producten()[run["product"]].doel
    used = sa.select(t.run_levering.c.levering_nr).where(t.run_levering.c.run_id == run["run_id"])
    c = t.levering.c
    leveringen = ledger.rijen(sa.select(t.levering).where(c.levering_nr.in_(used)).order_by(c.levering_nr))
    paden: dict[str, list[Path]] = {}
    for row in ledger.run_bestanden(run["run_id"]):
        if row["soort"] == INVOER:
            paden.setdefault(row["naam"].split("/")[1], []).append(instellingen.lake / row["naam"])
    stand.controleer_versie(doel, [pad for files in paden.values() for pad in files])
    held = stand.tabellen
    aanwezig = frozenset().union(*(held[levering["levering_nr"]] for levering in leveringen))
    uitvoer = Path(opdracht.folder) / "signalen"
    uitvoer.mkdir(parents=True)
    bereken(
        instellingen, Pins.lees(run["pins"]), Invoer(leveringen, paden, aanwezig, stand.sleutelversie(doel)), uitvoer
    )
    stand.controleer_versie(doel)
    return {}


def _berichten(opdracht: Opdracht) -> dict[str, Any]:
    """The messages that were made with these declarations, under the number, date and identification of then."""
    instellingen, begin = Instellingen(**opdracht.instellingen), now()
    run, stand = _run(instellingen, opdracht.run_id), Stand(instellingen)
    product, rows = producten()[run["product"]], list(instellingen.grootboek.uitleveringen(run["run_id"]).values())
    eerder, verloren = _eerder(instellingen, rows)
    verloren |= zijn_vertrokken(instellingen.grootboek)
    folder = Path(opdracht.folder)
    vergelijking = Vergelijking(
        nu=folder / "signalen",
        eerder=eerder,
        volledig=gepland_volledig(rows),
        ongegrond=_ongegrond(instellingen, product.product, rows),
        dag=rows[0]["dagtekening"].date(),  # all were planned at once
    )
    with rekenruimte(instellingen) as werkmap:
        samenstelling = stel_samen_uit(stand, run, product, vergelijking, werkmap)
        told = Betrokkenen()
        for row in rows:
            made_with = json.loads(row["vastgelegd"] or "{}")
            naar = row["ontvanger"]
            known = naar in samenstelling.rijen and naar not in verloren
            if row["status"] == GELEVERD and known and made_with["declaraties"] == opdracht.declaraties:
                schrijver = Schrijver(made_with["afzender_oin"], product, samenstelling)
                schrijver.schrijf(row, ontvangers()[naar], folder / "berichten" / naar)
                told.voeg_toe(samenstelling.betrokkenen(naar))
    log = stand.logboek.los("herhaal", run["run_id"], begin, told.nummers()) if len(told.nummers()) else None
    weg = set(samenstelling.ongegrond["ontvanger"].to_pylist())
    return {"ongegrond": sorted(weg), "verloren": sorted(verloren), "logboek": log and asdict(log)}


def _eerder(instellingen: Instellingen, rows: Sequence[Rij]) -> tuple[dict[str, tuple[str, Path, str]], set[str]]:
    """Per recipient the run it was compared with; and the recipients of whom that run is gone.

    Which columns are compared depends on all runs that were looked at, also for who had nothing to hear: those stand
    under a name that no recipient has.
    """
    made_with = (json.loads(row["vastgelegd"]) for row in rows if row["vastgelegd"])
    looked_at = {run_id for item in made_with for run_id in item["eerdere"]}
    compared = {row["ontvanger"]: row["vergeleken_met"] for row in rows if row["vergeleken_met"]}
    found: dict[str, tuple[str, Path, str]] = {}
    lost: set[str] = set()
    for naar, run_id in (compared | {f"({run_id})": run_id for run_id in looked_at}).items():
        run = _run(instellingen, run_id)
        folder = run_map(instellingen, run_id)
        if run["status"] == GELUKT and folder.exists():
            found[naar] = (run_id, folder, run["periode"])
        else:
            lost.add(naar)
    return found, lost


def _ongegrond(instellingen: Instellingen, product: str, rows: Iterable[Rij]) -> set[tuple[str, str]]:
    """What was left out of the messages then, and what has been found ungrounded since: that is not made again."""
    ledger = instellingen.grootboek
    moments = {row["dagtekening"] for row in rows if row["dagtekening"]}
    found = ongegronde_signalen(ledger, product)
    return found.union(*(ongegronde_signalen(ledger, product, moment) for moment in moments))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
