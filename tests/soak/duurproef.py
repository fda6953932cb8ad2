"""Months on end: every month leveringen, corrections, retourberichten, deliveries and a purge, with the clock moved.

A period is taken in on the fifth of the next month. On the twelfth a record is put in onderzoek and on the twentieth it
turns out to be right, so what rests on it is withdrawn and comes back; recipients answer; on the last day everything
that is due is destroyed. After each month the books are closed: see `Duurproef.sluit`.
"""

from __future__ import annotations

import json
import os
import shutil
import time
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import sqlalchemy as sa
import time_machine

from demo.land import Aanlevering, maak_land
from lineage import aansluiting, leveringen
from lineage import tabellen as t
from lineage.deadlines import deadlines
from lineage.vernietiging import controleer_keten
from pipeline.betrokkene.correctie import meld, rond_af
from pipeline.bewaking.attendeer import bewaak
from pipeline.bewaren.opruimen import oudste_periode, ruim_op, te_vernietigen
from pipeline.instellingen import Instellingen
from pipeline.lever import lever
from pipeline.levering.besluit import goedkeuren
from pipeline.levering.inbox import neem_in, nieuwe_aanleveringen
from pipeline.levering.verslag import maak_verslagen
from pipeline.logboek import Logboek
from pipeline.mutaties import ALLE
from pipeline.periode import maand_erbij, peildatum
from pipeline.proefketen import maak_proefketen
from pipeline.retour.inbox import verwerk_inbox
from pipeline.signaleer import run_map, signaleer
from pipeline.status import stand
from pipeline.toelaten import toelaten
from pipeline.werk import draai_volledig
from schemas.load import bronnen, doelen, ontvangers, producten
from tests.soak.ontvangen import Ontvangers

EERSTE = "2026-02"  # the first period after the doelprofielen were approved
MAPPEN = ("ledger", "lake", "runs", "landing", "uitleveringen", "logboek", "quarantaine")
Omvang = dict[str, int]


@dataclass
class Duurproef:
    """An installation that lives for months; `maanden` has what each of them came to."""

    instellingen: Instellingen
    perioden: list[str]
    aanleveringen: list[Aanlevering]
    ontvangers: Ontvangers = field(init=False)
    maanden: list[Omvang] = field(default_factory=list)
    verteld: Counter[str] = field(default_factory=Counter)
    _echt: float = 0.0  # when the month began by the clock of the machine

    def __post_init__(self) -> None:
        self.ontvangers = Ontvangers(self.instellingen)

    def maand(self, periode: str) -> None:
        """Everything that happens in the month after a period."""
        na = maand_erbij(periode, 1)
        _wis_piek()
        self._echt = time.time()
        with _op(na, 5):
            if not (self.instellingen.certificaten.map / "afzender.pem").exists():
                maak_proefketen(self.instellingen)
            bewaak(self.instellingen)
            self._neem_in(periode)
            self._draai()
        with _op(na, 12):
            nr = self._meld_correctie(periode)
            self._draai()
        with _op(na, 20):
            if nr is not None:
                rond_af(self.instellingen, nr, "hersteld")
                self.verteld["correcties"] += 1
            self._draai()
            self._antwoord()
        self._verouder(na)
        with _op(na, peildatum(na).day):
            self.verteld["bewijzen"] += ruim_op(self.instellingen, peildatum(na)).bewijzen
            bewaak(self.instellingen)
            self.sluit(periode)
        self.maanden.append(self.omvang())

    def _neem_in(self, periode: str) -> None:
        for aanlevering in self.aanleveringen:
            if aanlevering.ontvangen == periode:
                inbox = self.instellingen.inbox / aanlevering.bron
                aside = shutil.copytree(aanlevering.pad, inbox / f".{aanlevering.pad.name}")
                aside.rename(inbox / aanlevering.pad.name)
                for naam in nieuwe_aanleveringen(self.instellingen, aanlevering.bron):
                    neem_in(self.instellingen, aanlevering.bron, naam)
        for bron in ("gemeente", *(naam for naam in bronnen() if naam != "gemeente")):
            toelaten(self.instellingen, bron=bron)
        for row in leveringen.alle(self.instellingen.grootboek, leveringen.GEPARKEERD):
            if row["code"] != "L-LEEG":
                goedkeuren(self.instellingen, row["levering_id"], "Nagegaan bij de bron", "duurproef")
                self.verteld[f"goedgekeurd {row['code']}"] += 1
        toelaten(self.instellingen)
        maak_verslagen(self.instellingen)

    def _draai(self) -> None:
        """What the DAGs do: every period that is due, and every delivery that is open."""
        for product in producten().values():
            for regel in stand(self.instellingen, product.product):
                if regel.aan_de_beurt:
                    toelaten(self.instellingen, doel=product.doel, tot_periode=regel.periode)
                    signaleer(self.instellingen, product.product, regel.periode)
                    self.verteld["runs"] += 1
            for run in self.instellingen.grootboek.onafgemaakt(product.product):
                lever(self.instellingen, run["run_id"])
        self.ontvangers.open()

    def _meld_correctie(self, periode: str) -> int | None:
        """Doubts the last record of the newest levering of DUO that a signal of vsv rests on."""
        run = self.instellingen.grootboek.laatste_run("vsv", periode)
        assert run is not None
        rows = pq.read_table(run_map(self.instellingen, run["run_id"]) / "bewijs_vsv.parquet").to_pylist()
        facts = [(row["levering_nr"], row["record_nr"], row) for row in rows if row["bron"] == "duo"]
        if not facts:
            return None
        row = max(facts, key=lambda fact: fact[:2])[2]
        tabel = f"{row['bron']}.{row['tabel']}"
        return meld(self.instellingen, row["levering_id"], tabel, row["record_nr"], "Dit klopt niet").correctie_nr

    def _antwoord(self) -> None:
        """Three recipients answer their newest message about inkomsten: grounded, in onderzoek, ungrounded."""
        newest = [bij for bij in sorted(self.ontvangers.laatste) if bij[1] == "inkomsten"]
        answers = [bij for bij in newest if not ontvangers()[bij[0]].retour_ondertekend][:3]
        for bij, oordeel in zip(answers, ("gegrond", "in_onderzoek", "ongegrond"), strict=False):
            bericht = self.ontvangers.laatste.pop(bij)
            mine = [
                item["signaalId"] for item in bericht["signalen"] if item["signaalId"] in self.ontvangers.houdt[bij]
            ]
            if not mine:
                continue
            inbox = self.instellingen.map("landing", "retour", bij[0])
            inbox.mkdir(parents=True, exist_ok=True)
            (inbox / "retour.json").write_text(json.dumps(self._retour(bij[0], bericht, mine, oordeel)))
            if oordeel == "ongegrond":
                self.ontvangers.vernietig(bij, mine)
        self.verteld.update({f"retour {code}": n for code, n in verwerk_inbox(self.instellingen).items()})

    def _retour(self, ontvanger: str, bericht: dict[str, Any], signalen: list[str], oordeel: str) -> dict[str, Any]:
        identificatie = bericht["envelop"]["berichtIdentificatie"]
        envelop = {
            "berichtCode": "retourbericht",
            "berichtVersie": 1,
            "berichtSubversie": 0,
            "afzenderOin": ontvangers()[ontvanger].oin,
            "afzenderCode": ontvanger,
            "ontvangerOin": self.instellingen.afzender_oin,
            "retourIdentificatie": f"retour-{identificatie[:8]}",
            "dagtekening": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
            "berichtIdentificatie": identificatie,
            "retourcode": "0200",
        }
        judged = [{"signaalId": naam, "retourcode": "0200", "oordeel": oordeel} for naam in signalen]
        return {"envelop": envelop, "signalen": judged}

    def _verouder(self, maand: str) -> None:
        """Gives what was written just now the age it would have: the file system has a clock of its own."""
        moment = datetime.fromisoformat(f"{maand}-20T12:00:00+00:00").timestamp()
        for folder, _, names in os.walk(self.instellingen.map()):
            for naam in names:
                path = Path(folder, naam)
                if not path.is_symlink() and self._echt <= path.stat().st_mtime <= time.time() + 1:
                    os.utime(path, (moment, moment))

    # -- closing the books -----------------------------------------------------------------------------------------

    def sluit(self, periode: str) -> None:
        """What must hold at the end of every month."""
        ledger, op = self.instellingen.grootboek, peildatum(maand_erbij(periode, 1))
        failed = ledger.rijen(sa.select(t.stap).where(t.stap.c.status == "mislukt"))
        assert not failed, failed
        for product in producten():
            assert not [regel for regel in stand(self.instellingen, product) if regel.aan_de_beurt]
        self._sluit_aan()
        due = te_vernietigen(self.instellingen, op)
        assert not due, due
        assert controleer_keten(ledger) == []
        for doel in doelen().values():  # nothing of a period past its term is left
            grens = oudste_periode(op, doel.bewaartermijn.maximum_maanden)
            for product in [item.product for item in producten().values() if item.doel == doel.doel]:
                kept = {
                    path.name for path in self.instellingen.map("runs", product).glob("[!.]*") if any(path.iterdir())
                }
                assert all(maand >= grens for maand in kept), (product, grens, sorted(kept)[:3])
        assert not Logboek(self.instellingen).controleer().breuken
        missed = [row for row in deadlines(ledger) if row["gemist_op"] is not None]
        assert not missed, missed
        self._volgnummers()

    def _sluit_aan(self) -> None:
        """Every passage and every delivery reconciles exactly, counted from the ledger."""
        ledger, per_stap = self.instellingen.grootboek, dict[int, dict[tuple[str, str, str], int]]()
        once = sa.select(t.telling).where(t.telling.c.tabel != "mutatie")  # of which are counted the same signals again
        for row in ledger.rijen(once):
            per_stap.setdefault(row["stap_nr"], {})[row["doel"], row["tabel"], row["reden"]] = row["aantal"]
        u = t.uitlevering.c
        planned = {
            row["run_id"]: row["n"]
            for row in ledger.rijen(
                sa.select(u.run_id, sa.func.sum(u.aantal + u.ongewijzigd).label("n")).group_by(u.run_id)
            )
        }
        for stap in ledger.rijen(sa.select(t.stap).where(t.stap.c.soort.in_(["deur", "lever"]))):
            counts = per_stap.get(stap["stap_nr"], {})
            if stap["soort"] == "deur":
                assert aansluiting.levering(counts) == [], stap
            else:
                assert sum(counts.values()) == planned.get(stap["onderwerp"], 0), stap

    def _volgnummers(self) -> None:
        """The numbers given out, without a gap, and each of them came."""
        u = t.uitlevering.c
        query = sa.select(u.ontvanger, u.product, u.volgnummer).where(u.volgnummer.is_not(None))
        given: dict[tuple[str, str], list[int]] = {}
        for row in self.instellingen.grootboek.rijen(query):
            given.setdefault((row["ontvanger"], row["product"]), []).append(row["volgnummer"])
        for bij, numbers in given.items():
            assert sorted(numbers) == list(range(1, len(numbers) + 1)), bij
            assert self.ontvangers.volgnummer[bij] == len(numbers), bij

    def volledig(self, periode: str) -> list[str]:
        """Everything that now holds, computed anew for everybody; returns where a recipient holds something else."""
        with _op(maand_erbij(periode, 2), 1):
            for product in producten():
                draai_volledig(self.instellingen, product, periode, [ALLE])
            self.ontvangers.open()
        return self.ontvangers.verschillen(periode)

    def omvang(self) -> Omvang:
        """Bytes per folder, rows in the ledger, and the most memory of this month (in kB)."""
        sizes = {naam: _bytes(self.instellingen.map(naam)) for naam in MAPPEN}
        ledger = self.instellingen.grootboek
        rows = sum(
            ledger.rijen(sa.select(sa.func.count().label("n")).select_from(table))[0]["n"]
            for table in t.metadata.sorted_tables
        )
        return {**sizes, "rijen": rows, "piek": _piek(), "berichten": self.ontvangers.berichten}


def begin(instellingen: Instellingen, land: Path, personen: int, maanden: int) -> Duurproef:
    """An empty installation, and a country that delivers for so many months."""
    perioden = [maand_erbij(EERSTE, nr) for nr in range(maanden)]
    aanleveringen = maak_land(land, personen=personen, periode=perioden[-1], maanden=maanden, seed=1)
    return Duurproef(instellingen, perioden, aanleveringen)


def _op(maand: str, dag: int) -> time_machine.travel:
    """At nine in the morning of a day; the clock goes on from there."""
    return time_machine.travel(datetime.fromisoformat(f"{maand}-{dag:02d}T09:00:00+00:00"), tick=True)


def _bytes(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def _wis_piek() -> None:
    """Has the kernel forget the most memory this process used until now."""
    Path("/proc/self/clear_refs").write_text("5")


def _piek() -> int:
    status = Path("/proc/self/status").read_text().splitlines()
    return int(next(line for line in status if line.startswith("VmHWM")).split()[1])
