"""The signals about one person and to whom they were delivered, for an inzage.

A signal may rest on facts about another member of the household, as that of a kwijtschelding does. Then the person sees
that it is there, what it means and the own facts under it, and not the outcome that the facts about the other gave.
Of a signal about another nothing is shown; only which recipients were sent this person's number with it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import UTC
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import sqlalchemy as sa

from lineage import tabellen as t
from lineage.ledger import Rij
from pipeline.betrokkene.gegevens import NIET_GETOOND, Plaats, Row
from pipeline.geleverd import geleverd_pad
from pipeline.signaleer import run_map
from pipeline.stand import Stand
from pipeline.uitlevering.adressaat import verband_voor
from privacy.leesbaar import bedrag, moment
from privacy.zoek import rijen_van
from schemas.berichtversies import berichten_van
from schemas.load import ontvangers
from schemas.product import Product

PERSONEN = ("persoon", "partner")
_DATUMS = ("ingang", "einde")
_FEIT = ("bron", "tabel", "levering_id", "record_nr", "kenmerk", "waarde")


@dataclass
class Signalen:
    """Signals of a product about a person, whose own records stand at `eigen`."""

    stand: Stand
    product: Product
    token: bytes
    eigen: Collection[Plaats]

    def lees(self) -> Iterator[dict[str, Any]]:
        """The signals of the newest run of every period."""
        for run in {run["periode"]: run for run in self._runs()}.values():
            rows = [row for row in self._van_run(run) if row["persoon"] == self.token]
            ids = [row["signaal_id"] for row in rows]
            path = self._bestand(run, "bewijs")
            facts = pq.read_table(path, filters=[("signaal_id", "in", ids)]).to_pylist() if ids else []
            for row in rows:
                yield self._signaal(run, row, [feit for feit in facts if feit["signaal_id"] == row["signaal_id"]])

    def geleverd(self) -> Iterator[dict[str, Any]]:
        """The messages in which signals about this person went out."""
        for run, path, sent in self._uitgeleverd():
            for row in rijen_van(path, ["persoon"], self.token).to_pylist():
                if row["ontvanger"] in sent:
                    more = {"signaal": row["signaal_id"], "signaalcode": row["signaal_code"], "mutatie": row["mutatie"]}
                    yield {**self._levering(run, sent[row["ontvanger"]]), **more}

    def als_partner(self) -> set[str]:
        """The names of who was sent this person's number with a signal about another."""
        told: set[str] = set()
        for run, path, sent in self._uitgeleverd():
            ids = [row["signaal_id"] for row in self._van_run(run) if row["persoon"] != self.token]
            if ids:
                table = pq.read_table(path, columns=["ontvanger"], filters=[("intern_id", "in", ids)])
                told |= set(table["ontvanger"].to_pylist()) & sent.keys()
        return {_naam(naar) for naar in told if naar in ontvangers() and ontvangers()[naar].partner}

    def _uitgeleverd(self) -> Iterator[tuple[Rij, Path, dict[str, Rij]]]:
        """The runs that were delivered, with what they sent and the deliveries that were made."""
        u = t.uitlevering.c
        for run in self._runs():
            path = geleverd_pad(self.stand.instellingen, run["run_id"])
            if path.exists():
                query = sa.select(t.uitlevering).where(u.run_id == run["run_id"], u.status == "geleverd")
                yield run, path, {row["ontvanger"]: row for row in self.stand.instellingen.grootboek.rijen(query)}

    def _levering(self, run: Rij, uitlevering: Rij) -> dict[str, Any]:
        return {
            "product": self.product.naam,
            "periode": run["periode"],
            "ontvanger": _aan_wie(uitlevering),
            "op": moment(uitlevering["dagtekening"].replace(tzinfo=UTC)),
            "bericht": uitlevering["bericht_identificatie"],
        }

    def _runs(self) -> list[Rij]:
        r = t.productrun.c
        query = sa.select(t.productrun).where(r.product == self.product.product).order_by(r.periode, r.volgorde)
        return self.stand.instellingen.grootboek.rijen(query)

    def _bestand(self, run: Rij, soort: str) -> Path:
        return run_map(self.stand.instellingen, run["run_id"]) / f"{soort}_{self.product.product}.parquet"

    def _van_run(self, run: Rij) -> list[Row]:
        path = self._bestand(run, "signal")
        if not path.exists():
            return []
        self.stand.controleer_versie(self.product.doel, [path])
        rows: list[Row] = rijen_van(path, PERSONEN, self.token).to_pylist()
        return rows

    def _signaal(self, run: Rij, row: Row, facts: list[Row]) -> dict[str, Any]:
        own = [
            feit
            for feit in facts
            if (feit["levering_id"], f"{feit['bron']}.{feit['tabel']}", feit["record_nr"]) in self.eigen
        ]
        code = self.product.signalen[row["signaal_code"]]
        return {
            "product": self.product.naam,
            "periode": run["periode"],
            "run": run["run_id"],
            "signaalcode": row["signaal_code"],
            "signaal": code.naam,
            "toelichting": code.toelichting,
            "velden": dict(self._velden(row, alone=len(own) == len(facts))),
            "bewijs": [{naam: feit[naam] for naam in _FEIT} for feit in own],
            "bewijs_over_ander": len(facts) - len(own),
        }

    def _velden(self, row: Row, *, alone: bool) -> Iterator[tuple[str, str]]:
        """The fields of the message; when others are in the signal only its dates."""
        velden = {naam: veld for bericht in berichten_van(self.product) for naam, veld in bericht.signaal.items()}
        shown = {naam: veld for naam, veld in velden.items() if naam in _DATUMS or veld.klasse != "identifier"}
        for naam, veld in shown.items():
            value = row.get(naam)
            if value is None or naam in ("signaal_id", "signaal_code", "peildatum"):
                continue
            if isinstance(value, bytes) or not (alone or naam in _DATUMS):
                yield naam, NIET_GETOOND
            elif veld.type == "bedrag":
                yield naam, bedrag(value)
            else:
                yield naam, moment(value) if veld.type == "datum" else str(value)


def _aan_wie(uitlevering: Rij) -> str:
    """The recipient of a delivery, and the processor that took it when a samenwerkingsverband receives for it."""
    naam, known = _naam(uitlevering["ontvanger"]), ontvangers().get(uitlevering["ontvanger"])
    dag = uitlevering["dagtekening"].date()
    verband = verband_voor(known, uitlevering["product"], dag) if known else None
    return f"{naam}, ontvangen door {verband.naam} als verwerker" if verband else naam


def _naam(ontvanger: str) -> str:
    known = ontvangers().get(ontvanger)
    return known.naam if known else ontvanger
