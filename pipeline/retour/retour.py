"""Step: take in what recipients answered to their deliveries.

A retourbericht is valid or refused as a whole: it comes from who received the delivery, signed when the agreement says
so, and was not taken in before. A signal in it counts when that recipient was sent it in that delivery. What does not
count gets a `T-` code, and every retourbericht is answered (`pipeline.retour.antwoord`), also one that is refused.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Collection, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from lineage import retour as boek
from lineage.ledger import Rij, Stap
from message_formats.manifest import digest
from message_formats.retour import GelezenRetour, formaat_van, lees_retour
from pipeline.geleverd import geleverd_pad
from pipeline.instellingen import Instellingen
from pipeline.retour.afzender import Afzender, stel_vast
from pipeline.retour.antwoord import Verwerkt, stel_op
from pipeline.storing import gecodeerd
from schemas.fout import KetenFout


@gecodeerd
def verwerk(instellingen: Instellingen, pad: Path, kanaal: str | None = None) -> Verwerkt:
    """Takes in one retourbericht; `kanaal` is the recipient whose channel it came by, when that is known."""
    stap, naar, ledger = Stap("retour", ""), kanaal, instellingen.grootboek
    bestand: dict[str, Any] = {"sha256": digest(pad), "formaat": formaat_van(pad)}
    try:
        gelezen = lees_retour(pad)
        uitlevering = boek.vind_uitlevering(ledger, gelezen.envelop["bericht_identificatie"])
        afzender = stel_vast(instellingen, pad, gelezen, uitlevering, kanaal)
        naar = kanaal or afzender.naar
        retour_id = _digest(afzender.ontvanger.ontvanger, gelezen.envelop["retour_identificatie"])
        uitlevering = _toets(instellingen, gelezen, retour_id, uitlevering)
    except KetenFout as fout:
        refused = _digest("afgekeurd", bestand["sha256"])
        return _wijs_af(instellingen, Verwerkt(refused, **bestand, naar=naar, **_waarom(fout)), kanaal, stap)
    sent = _geleverd(instellingen, uitlevering)
    refused_signals = _niet_aangenomen(gelezen, sent)
    rows = _signalen(gelezen, retour_id, uitlevering, sent, refused_signals)
    terugmeldingen = [row for row in rows if "oordeel" in row]
    counts = Counter(row["oordeel"] for row in terugmeldingen)
    verwerkt = Verwerkt(
        retour_id,
        **bestand,
        naar=naar,
        status=boek.AANGENOMEN,
        bericht_identificatie=uitlevering["bericht_identificatie"],
        oordelen=dict(counts),
        niet_aangenomen=refused_signals,
    )
    stap.onderwerp, stap.product, stap.periode = retour_id, uitlevering["product"], uitlevering["periode"]
    stap.tellingen = {("", "retour", oordeel): aantal for oordeel, aantal in counts.items()}
    stap.tellingen |= {("", "retour", code): aantal for code, aantal in Counter(refused_signals.values()).items()}
    ingekomen = boek.Ingekomen(
        _rij(verwerkt, afzender, gelezen, uitlevering, len(terugmeldingen)),
        stel_op(verwerkt, instellingen.afzender_oin),
        terugmeldingen,
        [row for row in rows if "oordeel" not in row],
    )
    if not boek.registreer(ledger, ingekomen, stap):
        double = Verwerkt(retour_id, **bestand, naar=naar, **_waarom(KetenFout("T-DUBBEL")))
        return _wijs_af(instellingen, double, kanaal, stap)
    return verwerkt


def _digest(*parts: str) -> str:
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()


def _waarom(fout: KetenFout) -> dict[str, Any]:
    return {"status": boek.AFGEKEURD, "code": fout.code, "wijzer": fout.wijzer}


def _rij(
    verwerkt: Verwerkt, afzender: Afzender, gelezen: GelezenRetour, uitlevering: Rij, oordelen: int
) -> dict[str, Any]:
    return {
        "retour_id": verwerkt.retour_id,
        "ontvanger": afzender.ontvanger.ontvanger,
        "status": verwerkt.status,
        "code": None,
        "aantal": oordelen,
        "ontvangen_op": datetime.now(UTC),
        "run_id": uitlevering["run_id"],
        "retourcode": gelezen.envelop["retourcode"],
        "ondertekenaar": afzender.ondertekenaar,
    }


def _toets(instellingen: Instellingen, gelezen: GelezenRetour, retour_id: str, uitlevering: Rij | None) -> Rij:
    """The delivery that is answered.

    Raises:
        KetenFout: `T-ONTVANGER`, `T-DUBBEL` or `T-BERICHT` when it may not be taken in.
    """
    if gelezen.envelop["ontvanger_oin"] != instellingen.afzender_oin:
        raise KetenFout("T-ONTVANGER")
    if boek.is_bekend(instellingen.grootboek, retour_id):
        raise KetenFout("T-DUBBEL")
    if uitlevering is None:
        raise KetenFout("T-BERICHT")
    return uitlevering


def _wijs_af(instellingen: Instellingen, verwerkt: Verwerkt, kanaal: str | None, stap: Stap) -> Verwerkt:
    """Enters a refusal, once per content, and its answer; who it says it is from is not taken over."""
    ledger, antwoord = instellingen.grootboek, stel_op(verwerkt, instellingen.afzender_oin)
    stap.onderwerp, stap.status, stap.code = verwerkt.retour_id, verwerkt.status, verwerkt.code
    retour = {
        "retour_id": verwerkt.retour_id,
        "ontvanger": kanaal,
        "status": verwerkt.status,
        "code": verwerkt.code,
        "aantal": 0,
        "ontvangen_op": datetime.now(UTC),
    }
    if verwerkt.code == "T-DUBBEL" or not boek.registreer(ledger, boek.Ingekomen(retour, antwoord), stap):
        boek.beantwoord(ledger, antwoord)
    return verwerkt


def _niet_aangenomen(gelezen: GelezenRetour, sent: Mapping[str, str]) -> dict[str, str]:
    """The signals that do not count, with the reason."""
    times = Counter(signaal["signaal_id"] for signaal in gelezen.signalen)
    return {nr: "T-HERHAALD" if nr in sent else "T-SIGNAAL" for nr, n in times.items() if n > 1 or nr not in sent}


def _signalen(
    gelezen: GelezenRetour, retour_id: str, uitlevering: Rij, sent: Mapping[str, str], refused: Collection[str]
) -> list[dict[str, Any]]:
    """The rows to enter of the signals that count: with a verdict, or a retourcode alone."""
    of_delivery = {
        "ontvanger": uitlevering["ontvanger"],
        "product": uitlevering["product"],
        "geleverd_op": uitlevering["dagtekening"],
        "ontvangen_op": datetime.now(UTC),
    }
    rows: list[dict[str, Any]] = []
    for signaal in gelezen.signalen:
        nr, retourcode = signaal["signaal_id"], signaal["retourcode"]
        if nr in refused:
            continue
        row = {"retour_id": retour_id, "signaal_id": nr, "signaal_code": sent[nr]}
        if "oordeel" in signaal:
            rows.append(row | of_delivery | {"oordeel": signaal["oordeel"], "code": retourcode})
        else:
            rows.append(row | {"retourcode": retourcode})
    return rows


def _geleverd(instellingen: Instellingen, uitlevering: Rij) -> dict[str, str]:
    """The signals of a delivery: number in the message to signal code."""
    path = geleverd_pad(instellingen, uitlevering["run_id"])
    if not path.exists():
        return {}
    table = pq.read_table(
        path, columns=["signaal_id", "signaal_code"], filters=[("ontvanger", "=", uitlevering["ontvanger"])]
    )
    return dict(zip(table["signaal_id"].to_pylist(), table["signaal_code"].to_pylist(), strict=True))
