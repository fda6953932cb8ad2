"""Leveringen with a manifest, for tests."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa

from lineage import tabellen as t
from pipeline.instellingen import Instellingen
from pipeline.levering.ontvang import Ontvangst
from tests.bouw import PERIODE, neem_op


def maak_manifest(bron: str, periode: str, bestanden: Mapping[str, str | bytes], **meer: Any) -> dict[str, Any]:
    """A manifest that is right about its files."""
    named = [
        {"naam": naam, "sha256": hashlib.sha256(als_bytes(inhoud)).hexdigest(), "bytes": len(als_bytes(inhoud))}
        for naam, inhoud in bestanden.items()
    ]
    return {"bron": bron, "periode": periode, "bestanden": named, **meer}


def als_bytes(inhoud: str | bytes) -> bytes:
    return inhoud.encode() if isinstance(inhoud, str) else inhoud


def neem_met_manifest(
    instellingen: Instellingen, bron: str, bestanden: Mapping[str, str | bytes], periode: str = PERIODE, **meer: Any
) -> Ontvangst:
    """Takes in files with a manifest that is right about them."""
    manifest = json.dumps(maak_manifest(bron, periode, bestanden, **meer))
    return neem_op(instellingen, bron, {**bestanden, "levering.json": manifest}, periode)


def rij(instellingen: Instellingen, levering_id: str) -> dict[str, Any]:
    """What the ledger has of a levering now."""
    query = sa.select(t.levering).where(t.levering.c.levering_id == levering_id)
    return dict(instellingen.grootboek.rijen(query)[0])


def stand_van(instellingen: Instellingen, levering_id: str) -> tuple[str, str | None]:
    """Status and code of a levering."""
    row = rij(instellingen, levering_id)
    return row["status"], row["code"]
