"""Step: take in what recipients answered to their deliveries.

A retourbericht is valid or refused as a whole: it comes from who received the delivery, and was not taken in before. A
signal in it counts when that recipient was sent it in that delivery. What does not count gets a `T-` code, and the
answer to the recipient says so; a file that was taken in is moved aside under a name of ours, because its own may hold
a burgerservicenummer.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import sqlalchemy as sa

from lineage import retour as ledger_retour
from lineage import tabellen as t
from lineage.ledger import Rij, Stap
from message_formats.retour import GelezenRetour, lees_retour
from pipeline.geleverd import geleverd_pad
from pipeline.instellingen import Instellingen
from schemas.fout import KetenFout
from schemas.load import meldingen, ontvangers

VERWERKT, ANTWOORD = "verwerkt", "antwoord"
EINDE = ("ingetrokken", "beeindigd")


@dataclass(frozen=True)
class Verwerkt:
    """What became of a retourbericht: taken in or refused with a code; verdicts counted, other signals per code."""

    retour_id: str
    ontvanger: str | None
    status: str
    code: str | None = None
    wijzer: str = ""
    oordelen: dict[str, int] = field(default_factory=dict)
    niet_aangenomen: dict[str, str] = field(default_factory=dict)  # signaal_id to code

    def antwoord(self) -> dict[str, Any]:
        """What the recipient is told."""
        codes = {self.code, *self.niet_aangenomen.values()} - {None}
        return {
            "retour": self.retour_id,
            "status": self.status,
            "code": self.code,
            "plaats": self.wijzer,
            "oordelen": self.oordelen,
            "nietAangenomen": [{"signaalId": nr, "code": code} for nr, code in sorted(self.niet_aangenomen.items())],
            "betekenis": {code: meldingen()[code].betekenis for code in sorted(codes, key=str) if code},
        }


def verwerk(instellingen: Instellingen, pad: Path, kanaal: str | None = None) -> Verwerkt:
    """Takes in one retourbericht; `kanaal` is the recipient whose channel it came by, when that is known."""
    stap = Stap("retour", "")
    try:
        gelezen = lees_retour(pad)
        afzender = gelezen.envelop["afzender_code"]
        retour_id = _digest(afzender, gelezen.envelop["retour_identificatie"])
        uitlevering = _herken(instellingen, gelezen, retour_id, kanaal)
    except KetenFout as fout:
        return _wijs_af(instellingen, pad, kanaal, fout, stap)
    terugmeldingen, refused = _terugmeldingen(instellingen, gelezen, retour_id, uitlevering)
    counts = Counter(row["oordeel"] for row in terugmeldingen)
    row = {
        "retour_id": retour_id,
        "ontvanger": afzender,
        "status": ledger_retour.AANGENOMEN,
        "code": None,
        "aantal": len(terugmeldingen),
        "ontvangen_op": datetime.now(UTC),
    }
    stap.onderwerp, stap.product, stap.periode = retour_id, uitlevering["product"], uitlevering["periode"]
    stap.tellingen = {("", "retour", oordeel): aantal for oordeel, aantal in counts.items()}
    stap.tellingen |= {("", "retour", code): aantal for code, aantal in Counter(refused.values()).items()}
    if not ledger_retour.registreer(instellingen.grootboek, row, terugmeldingen, stap):
        return Verwerkt(retour_id, afzender, ledger_retour.AFGEKEURD, "T-DUBBEL")
    return Verwerkt(retour_id, afzender, ledger_retour.AANGENOMEN, None, "", dict(counts), refused)


def _digest(*parts: str) -> str:
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()


def _herken(instellingen: Instellingen, gelezen: GelezenRetour, retour_id: str, kanaal: str | None) -> Rij:
    """The delivery that is answered.

    Raises:
        KetenFout: `T-AFZENDER`, `T-ONTVANGER`, `T-DUBBEL` or `T-BERICHT` when it may not be taken in.
    """
    envelop, ledger = gelezen.envelop, instellingen.grootboek
    afzender = ontvangers().get(envelop["afzender_code"])
    if afzender is None or afzender.oin != envelop["afzender_oin"] or kanaal not in (None, afzender.ontvanger):
        raise KetenFout("T-AFZENDER")
    if envelop["ontvanger_oin"] != instellingen.afzender_oin:
        raise KetenFout("T-ONTVANGER")
    if ledger_retour.is_bekend(ledger, retour_id):
        raise KetenFout("T-DUBBEL")
    uitlevering = ledger_retour.vind_uitlevering(ledger, envelop["bericht_identificatie"])
    if uitlevering is None:
        raise KetenFout("T-BERICHT")
    if uitlevering["ontvanger"] != afzender.ontvanger:
        raise KetenFout("T-AFZENDER")
    return uitlevering


def _wijs_af(instellingen: Instellingen, pad: Path, kanaal: str | None, fout: KetenFout, stap: Stap) -> Verwerkt:
    """Enters a refusal, once per content; who it says it is from is not taken over."""
    content = pad.read_bytes() if pad.is_file() and fout.wijzer != "bestand" else str(pad.stat().st_size).encode()
    retour_id = hashlib.sha256(b"afgekeurd\n" + content).hexdigest()
    status = ledger_retour.AFGEKEURD
    if fout.code != "T-DUBBEL":
        row = {"retour_id": retour_id, "ontvanger": kanaal, "status": status, "code": fout.code, "aantal": 0}
        stap.onderwerp, stap.status, stap.code = retour_id, status, fout.code
        ledger_retour.registreer(instellingen.grootboek, {**row, "ontvangen_op": datetime.now(UTC)}, [], stap)
    return Verwerkt(retour_id, kanaal, status, fout.code, fout.wijzer)


def _terugmeldingen(
    instellingen: Instellingen, gelezen: GelezenRetour, retour_id: str, uitlevering: Rij
) -> tuple[list[Rij], dict[str, str]]:
    """The verdicts to enter, and the signals that do not count with the reason."""
    sent = _geleverd(instellingen, uitlevering)
    times = Counter(signaal["signaal_id"] for signaal in gelezen.signalen)
    rows: list[Rij] = []
    refused: dict[str, str] = {}
    for signaal in gelezen.signalen:
        nr = signaal["signaal_id"]
        if nr not in sent:
            refused[nr] = "T-SIGNAAL"
        elif times[nr] > 1:
            refused[nr] = "T-HERHAALD"
        elif "oordeel" in signaal:
            rows.append(
                {
                    "retour_id": retour_id,
                    "signaal_id": nr,
                    "ontvanger": uitlevering["ontvanger"],
                    "product": uitlevering["product"],
                    "signaal_code": sent[nr],
                    "oordeel": signaal["oordeel"],
                    "code": signaal["retourcode"],
                    "geleverd_op": uitlevering["dagtekening"],
                    "ontvangen_op": datetime.now(UTC),
                }
            )
    return rows, refused


def _geleverd(instellingen: Instellingen, uitlevering: Rij) -> dict[str, str]:
    """The signals of a delivery: number in the message to signal code."""
    path = geleverd_pad(instellingen, uitlevering["run_id"])
    if not path.exists():
        return {}
    table = pq.read_table(
        path, columns=["signaal_id", "signaal_code"], filters=[("ontvanger", "=", uitlevering["ontvanger"])]
    )
    return dict(zip(table["signaal_id"].to_pylist(), table["signaal_code"].to_pylist(), strict=True))


# The inbox


def verwerk_inbox(instellingen: Instellingen) -> Counter[str]:
    """Takes in everything in `landing/retour/<ontvanger>/`, answers it, and counts per status or code."""
    result: Counter[str] = Counter()
    for ontvanger, path in _nieuw(instellingen):
        outcome = verwerk(instellingen, path, ontvanger)
        _beantwoord(path.parent / ANTWOORD, outcome)
        aside = path.parent / VERWERKT
        aside.mkdir(exist_ok=True, mode=0o700)
        path.rename(aside / f"{outcome.retour_id[:32]}-{os.urandom(4).hex()}")
        result[outcome.code or outcome.status] += 1
    return result


def _nieuw(instellingen: Instellingen) -> Iterator[tuple[str, Path]]:
    """Files in the folders of known recipients, oldest first; hidden ones are still being written."""
    inbox = instellingen.map("landing", "retour")
    for code in sorted(ontvangers()):
        files = [path for path in (inbox / code).glob("*") if path.is_file() and not path.name.startswith(".")]
        for path in sorted(files, key=lambda path: (path.stat().st_mtime_ns, path.name)):
            yield code, path


def _beantwoord(folder: Path, outcome: Verwerkt) -> None:
    folder.mkdir(exist_ok=True, mode=0o700)
    path = folder / f"{outcome.retour_id[:32]}.json"
    if outcome.code == "T-DUBBEL":
        path = path.with_name(f"{path.stem}-dubbel.json")
    aside = path.with_name(f".{path.name}.{os.getpid()}")
    aside.write_text(json.dumps(outcome.antwoord(), ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
    aside.rename(path)


# Review


@dataclass(frozen=True)
class Onbeslist:
    """A signal that was sent and has no verdict yet, by its number in the message."""

    ontvanger: str
    product: str
    signaal_id: str
    signaal_code: str
    sinds: datetime


def onbesliste_signalen(instellingen: Instellingen, product: str, voor: datetime) -> list[Onbeslist]:
    """The signals of a product for review: sent before a moment and never answered, or in onderzoek since before it.

    What was withdrawn or ended since needs no answer any more.
    """
    ledger = instellingen.grootboek
    judged, u = ledger_retour.beoordeeld(ledger), t.uitlevering.c
    query = sa.select(t.uitlevering).where(u.status == "geleverd", u.product == product)
    open_: dict[tuple[str, str], Onbeslist] = {}
    old_enough = ledger.rijen(query.where(u.dagtekening < voor).limit(1))
    for row in ledger.rijen(query.order_by(u.dagtekening, u.volgnummer)) if old_enough else ():
        for nr, code, mutatie in _verzonden(instellingen, row):
            key = (row["ontvanger"], nr)
            if mutatie in EINDE:
                open_.pop(key, None)
            elif key not in judged:
                open_.setdefault(key, Onbeslist(row["ontvanger"], row["product"], nr, code, row["dagtekening"]))
    moment = voor.replace(tzinfo=None)
    found = [item for item in open_.values() if item.sinds.replace(tzinfo=None) < moment]
    found += [
        Onbeslist(row["ontvanger"], row["product"], row["signaal_id"], row["signaal_code"], row["ontvangen_op"])
        for row in ledger_retour.onbesliste_signalen(ledger, voor)
        if row["product"] == product
    ]
    return sorted(found, key=lambda item: (item.ontvanger, item.product, item.signaal_id))


def _verzonden(instellingen: Instellingen, uitlevering: Rij) -> Iterator[tuple[str, str, str]]:
    path = geleverd_pad(instellingen, uitlevering["run_id"])
    if path.exists():
        columns = ["signaal_id", "signaal_code", "mutatie"]
        table = pq.read_table(path, columns=columns, filters=[("ontvanger", "=", uitlevering["ontvanger"])])
        yield from zip(*(column.to_pylist() for column in table.columns), strict=True)
