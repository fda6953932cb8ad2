"""The steps of the pipeline in the order of a small country's life, each as who runs it would run it again.

`BEGIN` makes the country; every step after it does its work on what the one before left. A step finds out for itself
what is left to do, so that after a kill the same call finishes it.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import cache
from pathlib import Path

import pyarrow.parquet as pq
import sqlalchemy as sa

from connectors.kanaal import MapKanaal, Storing
from demo.land import Aanlevering, maak_land
from lineage import leveringen
from lineage import tabellen as t
from lineage.ledger import now
from lineage.sleutels import actieve_versie
from message_formats.certificaat import lees_certificaten, lees_sleutel
from message_formats.manifest import digest
from message_formats.onderteken import Ondertekenaar
from pipeline.betrokkene.correctie import meld, rond_af, schrijf_terugmelding
from pipeline.betrokkene.inzage import vraag_inzage
from pipeline.betrokkene.tekst import schrijf as schrijf_inzage
from pipeline.bewaking import attendeer
from pipeline.bewaking.airflow import DAGRUN, sluit
from pipeline.bewaking.attendeer import bewaak
from pipeline.bewaking.deadlines import bewaak_deadlines
from pipeline.bewaren.opruimen import ruim_op
from pipeline.demonstratie import bied_aan
from pipeline.geleverd import geleverd_pad
from pipeline.instellingen import Instellingen
from pipeline.lever import lever
from pipeline.levering.besluit import afkeuren, goedkeuren
from pipeline.levering.inbox import neem_in, nieuwe_aanleveringen
from pipeline.levering.verslag import maak_verslagen
from pipeline.mutaties import ALLE
from pipeline.opdrachten.metrieken import metrieken
from pipeline.rapport import maak_rapport
from pipeline.retour.inbox import verwerk_inbox
from pipeline.signaleer import signaleer
from pipeline.sleutelrotatie import roteer, roteer_logboek
from pipeline.toelaten import toelaten
from pipeline.vertrek.export import INHOUD, exporteer
from pipeline.vertrek.vertrek import ruim_op as vertrek_ruim_op
from pipeline.werk import draai, geef_opnieuw
from schemas import load
from schemas.fout import KetenFout
from schemas.load import bronnen, ontvangers
from tests.bouw import BIJSTAND, bijstand, maak_bsn, schrijf_csv
from tests.geopend import met_certificaten

PERSONEN, MAANDEN, SEED = 300, ("2026-02", "2026-03"), 1
FEBRUARI, MAART = MAANDEN
STUK, GEWEIGERD = "stuk", "geweigerd"  # leveringen that are parked at the door and on receipt
LATER = date(2035, 1, 1)
Stap = Callable[[Instellingen], object]


def maak_begin(instellingen: Instellingen) -> None:
    """A country of which February stands in the inbox, and two leveringen that will be parked."""
    met_certificaten(instellingen.data)
    bied_aan(instellingen, [each for each in _land(instellingen) if each.ontvangen == FEBRUARI])
    goed, slecht = [bijstand(maak_bsn(700))], [bijstand("123456789") for _ in range(1200)]
    for naam, rijen in ((STUK, goed + slecht), (GEWEIGERD, goed)):
        folder = instellingen.inbox / "gemeente" / f"{FEBRUARI}-{naam}"
        folder.mkdir(parents=True)
        (folder / "p.csv").write_text(schrijf_csv(BIJSTAND, rijen), encoding="utf-8")
    (folder / "levering.json").write_text("{}", encoding="utf-8")


@cache
def _gemaakt(data: Path) -> Sequence[Aanlevering]:
    return tuple(maak_land(data / "landing" / "demo", personen=PERSONEN, periode=MAART, maanden=2, seed=SEED))


def _land(instellingen: Instellingen) -> Sequence[Aanlevering]:
    return _gemaakt(instellingen.map())


def inname(instellingen: Instellingen) -> None:
    """Takes in what stands in the inboxes."""
    for bron in bronnen():
        for naam in nieuwe_aanleveringen(instellingen, bron):
            neem_in(instellingen, bron, naam)


def besluit(instellingen: Instellingen) -> None:
    """Decides on the two that are parked, and tells who delivered them."""
    for levering in instellingen.grootboek.rijen(sa.select(t.levering).order_by(t.levering.c.levering_nr)):
        if levering["status"] == leveringen.GEPARKEERD:
            decide = afkeuren if levering["omschrijving"] == STUK else goedkeuren
            decide(instellingen, levering["levering_id"], "nagekeken", "tester")
    maak_verslagen(instellingen)


def bewaking(instellingen: Instellingen) -> None:
    """Judges a deadline that was set in March and is missed by now, and tells the beheerder what waits.

    Once a run of Airflow lasted too long, which has ended by now.
    """
    seen = t.attendering.c.soort == DAGRUN
    if not instellingen.grootboek.rijen(sa.select(t.attendering).where(seen)):
        attendeer.zie(instellingen, DAGRUN, "ingest_uwv run-1", "O-LOOPTIJD")
    bewaak_deadlines(instellingen, datetime(2026, 3, 5, tzinfo=UTC))
    bewaak(instellingen)
    attendeer.KANALEN["post"] = lambda *_: None  # a mail server that takes everything
    attendeer.attendeer(instellingen.model_copy(update={"post": "smtp://post.voorbeeld"}))
    sluit(instellingen, _Geeindigd())


class _Geeindigd:
    """Airflow, when nothing runs there any more."""

    def get_dr_count(self, dag_id: str, *, run_ids: list[str], states: list[str]) -> int:
        return 0

    def get_ti_count(
        self, dag_id: str, *, task_ids: list[str], run_ids: list[str], states: list[str] | None = None
    ) -> int:
        return 0


def oude_pagina(instellingen: Instellingen) -> None:
    """A page of a month that is not kept any more."""
    folder = instellingen.map("rapport")
    folder.mkdir()
    (folder / "vsv-2019-01.html").write_text("oud", encoding="utf-8")


def telling(instellingen: Instellingen) -> None:
    """Writes the counts that a monitor reads."""
    os.environ["KETEN_DATA"] = str(instellingen.data)
    metrieken(instellingen.map("metrieken.prom"))


def wankel(stap: Stap) -> Stap:
    """A step of which the first delivery fails once."""

    def met_storing(instellingen: Instellingen) -> None:
        real, failed = MapKanaal.lever, list[str]()

        def lever_(kanaal: MapKanaal, bestanden: Sequence[Path], plaats: str) -> None:
            if not failed:
                failed.append(plaats)
                raise Storing("proef")
            real(kanaal, bestanden, plaats)

        MapKanaal.lever = lever_  # type: ignore[method-assign]
        stap(instellingen)

    return met_storing


def maart(instellingen: Instellingen) -> None:
    """The second month: taken in, passed, and what comes late for the first."""
    bied_aan(instellingen, [each for each in _land(instellingen) if each.ontvangen == MAART])
    inname(instellingen)
    toelaten(instellingen)
    maak_verslagen(instellingen)


def signaal(product: str, periode: str) -> Stap:
    return lambda instellingen: signaleer(instellingen, product, periode)


def uit(product: str, periode: str) -> Stap:
    def stap(instellingen: Instellingen) -> None:
        lever(instellingen, _run(instellingen, product, periode))

    return stap


def opnieuw(instellingen: Instellingen) -> None:
    """Everything that holds once more, to all; once."""
    if len(_runs(instellingen, "vsv", MAART)) == 1:
        geef_opnieuw(instellingen, "vsv", MAART, [ALLE])
    lever(instellingen, _run(instellingen, "vsv", MAART))


def _runs(instellingen: Instellingen, product: str, periode: str) -> list[str]:
    r = t.productrun.c
    query = sa.select(r.run_id).where(r.product == product, r.periode == periode).order_by(r.volgorde)
    return [row["run_id"] for row in instellingen.grootboek.rijen(query)]


def _run(instellingen: Instellingen, product: str, periode: str) -> str:
    return _runs(instellingen, product, periode)[-1]


def antwoorden(instellingen: Instellingen) -> None:
    """What two recipients answer stands in their inbox: one signed, with all signals ungrounded; one unreadable."""
    run = _run(instellingen, "inkomsten", FEBRUARI)
    sent = pq.read_table(geleverd_pad(instellingen, run)).to_pylist()
    mijn, ander = sorted({row["ontvanger"] for row in sent})[:2]
    uitlevering = instellingen.grootboek.uitleveringen(run)[mijn]
    envelop = {
        "berichtCode": "retourbericht", "berichtVersie": 1, "berichtSubversie": 0,
        "afzenderOin": ontvangers()[mijn].oin, "afzenderCode": mijn, "ontvangerOin": instellingen.afzender_oin,
        "retourIdentificatie": "retour-een", "dagtekening": "2026-03-10T09:30:00Z",
        "berichtIdentificatie": uitlevering["bericht_identificatie"], "retourcode": "0200",
    }  # fmt: skip
    signalen = [
        {"signaalId": row["signaal_id"], "retourcode": "0200", "oordeel": "ongegrond"}
        for row in sent
        if row["ontvanger"] == mijn
    ]
    bericht = _leg_neer(instellingen, mijn, json.dumps({"envelop": envelop, "signalen": signalen}).encode())
    map_ = instellingen.certificaten.map
    (certificaat,) = lees_certificaten(map_ / "ontvangers" / f"{mijn}.pem")
    tekenaar = Ondertekenaar(lees_sleutel(map_ / "demo" / "ontvangers" / f"{mijn}.key"), certificaat)
    bericht.with_name(f"{bericht.name}.p7s").write_bytes(tekenaar.onderteken(bytes.fromhex(digest(bericht)), now()))
    _leg_neer(instellingen, ander, b"{}")


def _leg_neer(instellingen: Instellingen, code: str, inhoud: bytes) -> Path:
    path = instellingen.map("landing", "retour", code, "antwoord.json")
    path.parent.mkdir(parents=True)
    path.write_bytes(inhoud)
    return path


def retour(instellingen: Instellingen) -> None:
    """Takes in what recipients answered; who answers signed has agreed to."""
    signed = min(path.name for path in instellingen.map("landing", "retour").iterdir())
    load.ontvangers()[signed] = ontvangers()[signed].model_copy(update={"retour_ondertekend": True})
    verwerk_inbox(instellingen)


def correctie(instellingen: Instellingen) -> None:
    """A record in onderzoek, and back."""
    levering = instellingen.grootboek.rijen(
        sa.select(t.levering).where(t.levering.c.bron == "uwv", t.levering.c.periode == FEBRUARI)
    )[0]
    path = min((instellingen.lake / "inkomsten" / "uwv.inkomstenverhouding").glob(f"{levering['levering_nr']:06d}*"))
    nr = pq.read_table(path)["record_nr"][0].as_py()
    if not instellingen.grootboek.rijen(sa.select(t.correctie)):
        meld(instellingen, levering["levering_id"], "uwv.inkomstenverhouding", nr, "klopt niet")
    uit_ = instellingen.map("terugmelding.csv")
    schrijf_terugmelding(instellingen, "uwv", uit_)
    for row in instellingen.grootboek.rijen(sa.select(t.correctie).where(t.correctie.c.afgerond_op.is_(None))):
        rond_af(instellingen, row["correctie_nr"], "hersteld")
    schrijf_terugmelding(instellingen, "uwv", uit_)  # it says how things stand now, so of the end there must be one


def inzage(instellingen: Instellingen) -> None:
    """Looks up somebody who may be in nothing, for the request is logged whoever it is about."""
    document = vraag_inzage(instellingen, maak_bsn(700))
    with suppress(KetenFout):  # I-MAP: it is there
        schrijf_inzage(document, instellingen.map("inzage"))


def rotatie(instellingen: Instellingen) -> None:
    """A new key for a doel, and for the log; each once."""
    if actieve_versie(instellingen.grootboek, "vsv") == 1 or _leesbaar(instellingen):
        roteer(instellingen, "vsv")
    if actieve_versie(instellingen.grootboek, "logboek") == 1:
        roteer_logboek(instellingen)


def _leesbaar(instellingen: Instellingen) -> bool:
    s = t.sleutelversie.c
    query = sa.select(s.versie).where(s.doel == "vsv", s.status == "leesbaar")
    return bool(instellingen.grootboek.rijen(query))


def opruimen(op: date) -> Stap:
    return lambda instellingen: ruim_op(instellingen, op)


def uitvoer(instellingen: Instellingen) -> None:
    """Hands a recipient what is hers."""
    uit_ = instellingen.map("uitvoer")
    if not (uit_ / _vertrekt(instellingen) / INHOUD).exists():
        exporteer(instellingen, _vertrekt(instellingen), uit_)


def vertrek(instellingen: Instellingen) -> None:
    """Destroys what is of a recipient whose agreement has ended."""
    code = _vertrekt(instellingen)
    load.ontvangers()[code] = ontvangers()[code].model_copy(update={"overeenkomst_tot": date(2026, 4, 30)})
    vertrek_ruim_op(instellingen, code, date(2026, 6, 1))


def _vertrekt(instellingen: Instellingen) -> str:
    """The last of the gemeenten that were sent inkomsten."""
    rows = instellingen.grootboek.uitleveringen(_runs(instellingen, "inkomsten", FEBRUARI)[-1])
    return max(code for code, row in rows.items() if ontvangers()[code].soort == "gemeente" and row["volgnummer"])


@dataclass(frozen=True)
class Schakel:
    """A step with its name and its work; `dood` says whether it is killed at its transitions, or only prepares.

    `vaak` says whether it is also killed half-way a place at which much changes; `nieuw` that it is killed only at
    places where no step before it came.
    """

    naam: str
    werk: Stap
    dood: bool = True
    vaak: bool = True
    nieuw: bool = False


KETEN = (
    Schakel("inname", inname),
    Schakel("deur", toelaten),
    Schakel("verslag", maak_verslagen),
    Schakel("bewaking", bewaking),
    Schakel("besluit", besluit),
    Schakel("signaleer", signaal("vsv", FEBRUARI), vaak=False),
    Schakel("lever", uit("vsv", FEBRUARI)),
    Schakel("inkomsten", lambda ins: draai(ins, "inkomsten", FEBRUARI), dood=False),
    Schakel("maart", maart, dood=False),
    Schakel("signaleer maart", signaal("vsv", MAART), dood=False),
    Schakel("lever maart", wankel(uit("vsv", MAART)), nieuw=True),
    Schakel("opnieuw", opnieuw),
    Schakel("antwoorden", antwoorden, dood=False),
    Schakel("retour", retour),
    Schakel("correctie", correctie),
    Schakel("inzage", inzage),
    Schakel("rotatie", rotatie),
    Schakel("ongegrond", opruimen(date(2026, 4, 15))),
    Schakel("oude pagina", oude_pagina, dood=False),
    Schakel("rapport", maak_rapport),
    Schakel("telling", telling),
    Schakel("uitvoer", uitvoer),
    Schakel("vertrek", vertrek),
    Schakel("opruimen", opruimen(LATER)),
)
STAPPEN = {schakel.naam: schakel for schakel in KETEN}
