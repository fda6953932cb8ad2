"""Step: compose, validate and deliver the messages of a product run.

For every recipient that has something to hear there is one delivery with a volgnummer without gaps. It is entered in
the ledger before it is made, so a killed process takes up the same delivery under the same number; it counts once its
manifest stands at the recipient. What may not or cannot be delivered is held back with a code, and the others go on.

`uitlevering.samenstel` → `voornemen` → `maak` → `bezorg`.
"""

from __future__ import annotations

import os
import shutil
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from connectors.vooruit import vooruit
from lineage import aansluiting
from lineage.ledger import Rij, Stap, now
from message_formats.keuring import Keurmeester
from pipeline import heelheid
from pipeline.instellingen import Instellingen
from pipeline.mutaties import route
from pipeline.rekenen import rekenruimte
from pipeline.signaleer import run_map, tel
from pipeline.stand import Stand
from pipeline.storing import gecodeerd
from pipeline.uitlevering.bezorg import Bezorger
from pipeline.uitlevering.maak import Maker
from pipeline.uitlevering.samenstel import Samenstelling, stel_samen
from pipeline.uitlevering.schrijf import Schrijver
from pipeline.uitlevering.status import GELEVERD, ONGEWIJZIGD, VOORGENOMEN
from pipeline.uitlevering.voornemen import Plan, voornemens
from pipeline.vastlegging import leg_vast
from schemas.fout import KetenFout
from schemas.load import producten
from schemas.product import Product

GROEP = 20  # deliveries per ledger transaction; few and large ones leave the begin and end to one stage


@dataclass(frozen=True)
class Uitlevering:
    """The outcome for a run: how many recipients and signals per status, and why something was held back."""

    run_id: str
    ontvangers: dict[str, int]
    signalen: dict[str, int]
    redenen: dict[str, int]


@gecodeerd
def lever(instellingen: Instellingen, run_id: str) -> Uitlevering:
    """Delivers a run to every recipient; a delivery that was already made is left alone.

    Raises:
        KetenFout: a `K-` code when there is nothing to sign with; nothing was done then.
    """
    ledger = instellingen.grootboek
    run = ledger.run(run_id)
    assert run is not None, run_id
    with ledger.alleen("lever", run["product"]):
        # What was planned before comes first: a recipient gets its numbers in order, and hears what changed since.
        for earlier in ledger.onderweg(run["product"], run["volgorde"]):
            _lever(instellingen, earlier)
        return _lever(instellingen, run_id)


def _lever(instellingen: Instellingen, run_id: str) -> Uitlevering:
    ledger = instellingen.grootboek
    run = ledger.run(run_id)
    assert run is not None, run_id
    product = producten()[run["product"]]
    known = ledger.uitleveringen(run_id)
    if known and all(row["status"] != VOORGENOMEN for row in known.values()):
        return _uitlevering(run_id, known)
    with rekenruimte(instellingen) as ruimte:
        return _uitlevering(run_id, _voer_uit(instellingen, run, product, known, ruimte))


def _voer_uit(
    instellingen: Instellingen, run: Rij, product: Product, known: dict[str, Rij], ruimte: Path
) -> dict[str, Rij]:
    """Composes and delivers; returns the deliveries of the run as they are then. Facts are kept in `ruimte`."""
    ledger, run_id = instellingen.grootboek, run["run_id"]
    stap = Stap("lever", run_id, product.product, run["periode"])
    stand = Stand(instellingen)
    ondertekenaar = instellingen.certificaten.ondertekenaar(now())
    with heelheid.bewaakt(instellingen, stap):
        samenstelling = stel_samen(stand, run, product, ruimte, known.values())
    eerdere = sorted(set(samenstelling.vergeleken_met.values()))
    vastgelegd = leg_vast(instellingen, afzender_oin=instellingen.afzender_oin, eerdere=eerdere)
    if not known:
        plan = Plan(run, product, samenstelling, instellingen.certificaten, vastgelegd)
        gepland = voornemens(ledger, plan)
        _sluit_aan(instellingen, product, samenstelling, gepland, stap)
        planned = {row["ontvanger"]: row for row in gepland}
        nothing = all(row["status"] != VOORGENOMEN for row in gepland)
        ledger.neem_voor(gepland, _slot(stap, samenstelling, planned) if nothing else None)
    rows = ledger.uitleveringen(run_id)
    todo = [row for row in rows.values() if row["status"] == VOORGENOMEN]
    # Messages hold burgerservicenummers, also those in the making: they are made where deliveries may be.
    werkmap = instellingen.uitleveringen / f".{run_id}-{os.getpid()}"
    keurmeester = Keurmeester()
    schrijver = Schrijver(instellingen.afzender_oin, product, samenstelling)
    maker = Maker(schrijver, instellingen.certificaten, ondertekenaar, werkmap, instellingen.afhaaladres, keurmeester)
    bezorger = Bezorger(
        ledger, stand.logboek, maker, instellingen.kanalen, instellingen.geduld(), run, stap, vastgelegd
    )
    try:
        groepen = list(_groups(sorted(todo, key=lambda row: row["ontvanger"]), GROEP))
        with (
            keurmeester,
            closing(vooruit(maker.schrijf(groepen), 1)) as geschreven,
            closing(vooruit(maker.keur(geschreven), 1)) as gekeurd,
        ):
            # One is delivered while the next is validated and the one after that is written.
            for nr, groep in enumerate(gekeurd, 1):
                afloop = bezorger.verwerk(groep)
                rows |= {row["ontvanger"]: row for row in afloop.rijen}
                slot = _slot(stap, samenstelling, rows) if nr == len(groepen) else None
                ledger.rond_af(afloop.rijen, afloop.bestanden, afloop.logboek, afloop.pogingen, slot)
    finally:
        shutil.rmtree(werkmap, ignore_errors=True)
    return rows


def _slot(stap: Stap, samenstelling: Samenstelling, rows: dict[str, Rij]) -> Stap:
    """The outcome row, to be entered with the last deliveries: a run of which none is open is not looked at again."""
    if any(row["status"] == VOORGENOMEN for row in rows.values()):
        stap.status, stap.code = "mislukt", "U-KANAAL"
    stap.tellingen.update({("", "uitlevering", status): n for status, n in _signalen(rows).items()})
    stap.tellingen.update({("", "mutatie", wat): n for wat, n in _mutaties(samenstelling, rows).items()})
    return stap


def _sluit_aan(
    instellingen: Instellingen, product: Product, samenstelling: Samenstelling, gepland: Sequence[Rij], stap: Stap
) -> None:
    """Nothing leaves when the counts of the run do not add up; the step is entered as failed."""
    signalen = tel(run_map(instellingen, stap.onderwerp), product.product, "signal", "ontvanger")
    if missing := aansluiting.run(signalen, route(product), samenstelling.vervallen, gepland):
        stap.status, stap.code = "mislukt", "U-AANSLUITING"
        instellingen.grootboek.schrijf_stap(stap)
        raise KetenFout("U-AANSLUITING", f"verschil {missing}")


def _groups(rows: Sequence[Rij], size: int) -> Iterator[Sequence[Rij]]:
    for start in range(0, len(rows), size):
        yield rows[start : start + size]


def _signalen(rows: dict[str, Rij]) -> Counter[str]:
    """Signals times recipients per status: `signalen = geleverd + ongewijzigd + tegengehouden`."""
    counts: Counter[str] = Counter()
    for row in rows.values():
        counts[row["status"]] += row["aantal"]
        counts[ONGEWIJZIGD] += row["ongewijzigd"]
    return counts


def _mutaties(samenstelling: Samenstelling, rows: dict[str, Rij]) -> Counter[str]:
    """What was sent and arrived, times recipients, per signal code and mutatie: `VSV-D1 nieuw`."""
    arrived = pa.array([naar for naar, row in rows.items() if row["status"] == GELEVERD], pa.string())
    sent = samenstelling.verzonden.select(["ontvanger", "signaal_code", "mutatie"])
    counts = sent.filter(pc.is_in(sent["ontvanger"], value_set=arrived)).group_by(["signaal_code", "mutatie"])
    found = counts.aggregate([([], "count_all")]).to_pylist()
    return Counter({f"{row['signaal_code']} {row['mutatie']}": row["count_all"] for row in found})


def _uitlevering(run_id: str, rows: dict[str, Rij]) -> Uitlevering:
    return Uitlevering(
        run_id,
        dict(Counter(row["status"] for row in rows.values())),
        dict(_signalen(rows)),
        dict(Counter(row["code"] for row in rows.values() if row["code"])),
    )
