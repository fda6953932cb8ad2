"""Tells a webhook, by HTTP: CloudEvents by the NL GOV profile, as many as there are things to tell, in batches.

Batched content mode of the HTTP binding of CloudEvents: an array as `application/cloudevents-batch+json`. An event that
comes twice has the same `id`.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC
from typing import Any
from uuid import NAMESPACE_URL, uuid5

import httpx
import orjson

from lineage.ledger import Rij
from message_formats.aankondiging import cloudevent
from pipeline.bewaking.tekst import adres
from pipeline.instellingen import Instellingen
from pipeline.kanalen import geheim
from schemas.fout import KetenFout
from schemas.load import meldingen

TIMEOUT = 20.0  # seconds
GROEP = 100  # events per request
GEHEIM = "webhook"  # the file with the token, in the folder with secrets
SCHEMA = "urn:signaalketen:attendering:1.0"


def stuur_webhook(instellingen: Instellingen, rijen: Sequence[Rij]) -> None:
    """Posts an event about each of these.

    Raises:
        KetenFout: `O-WEBHOOK` with the status or the kind of failure, `U-GEHEIM` when others may read the token.
    """
    headers = {"Content-Type": "application/cloudevents-batch+json; charset=utf-8"}
    folder = instellingen.paden["geheimenmap"]
    if (folder / GEHEIM).exists():
        headers["Authorization"] = f"Bearer {geheim(folder, GEHEIM).read_text('utf-8').strip()}"
    events = [gebeurtenis(instellingen, row) for row in rijen]
    try:
        with httpx.Client(timeout=TIMEOUT, headers=headers) as client:
            for start in range(0, len(events), GROEP):
                answer = client.post(instellingen.webhook, content=orjson.dumps(events[start : start + GROEP]))
                if not answer.is_success:
                    raise KetenFout("O-WEBHOOK", f"HTTP {answer.status_code}")
    except httpx.HTTPError as fout:
        raise KetenFout("O-WEBHOOK", type(fout).__name__) from None


def gebeurtenis(instellingen: Instellingen, row: Rij) -> dict[str, Any]:
    """The event about one thing that waits."""
    melding = meldingen()[row["code"]]
    found = row["gevonden_op"].replace(tzinfo=UTC)
    name = "/".join((instellingen.afzender_oin, row["soort"], row["onderwerp"], row["code"], found.isoformat()))
    return cloudevent(
        id=str(uuid5(NAMESPACE_URL, name)),
        afzender_oin=instellingen.afzender_oin,
        type=f"nl.signaalketen.attendering.{row['soort']}",
        time=found.strftime("%Y-%m-%dT%H:%M:%SZ"),
        subject=row["onderwerp"],
        dataschema=SCHEMA,
        data={
            "code": row["code"],
            "betekenis": melding.betekenis,
            "watTeDoen": melding.wat_te_doen,
            "wijzer": row["wijzer"],
            "draaiboek": adres(instellingen, row["code"]),
        },
    )
