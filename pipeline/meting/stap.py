"""One stage of the main job in this process, as the tasks of the DAGs do it; `python -m pipeline.meting.stap`.

Reading the dbt project is not counted as work of a stage, because the processes of operators do it once.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from tempfile import TemporaryDirectory

import sqlalchemy as sa

from lineage import tabellen as t
from lineage.leveringen import GETELD
from pipeline import dbt_build
from pipeline.instellingen import Instellingen
from pipeline.lever import lever
from pipeline.levering.inbox import neem_in, nieuwe_aanleveringen
from pipeline.levering.ontvang import landed
from pipeline.levering.verslag import maak_verslagen
from pipeline.meting.proces import Gedaan, Klok, antwoord, lees_opdracht
from pipeline.rapport import maak_rapport
from pipeline.rechten import sluit_af
from pipeline.signaleer import INVOER, signaleer
from pipeline.toelaten import toelaten
from pipeline.werk import draai
from schemas.load import bronnen, producten

INNAME, DEUR, SIGNALEN, UITLEVERING, RAPPORT, NIETS = "inname", "deur", "signalen", "uitlevering", "rapport", "niets"


def inname(instellingen: Instellingen, *_: str) -> Gedaan:
    """Takes in what stands in the inboxes."""
    before = _laatste_levering(instellingen)
    for bron in bronnen():
        for naam in nieuwe_aanleveringen(instellingen, bron):
            neem_in(instellingen, bron, naam)
    b = t.levering_bestand.c
    query = sa.select(sa.func.sum(b.bytes).label("bytes")).where(b.levering_nr > before)
    (row,) = instellingen.grootboek.rijen(query)
    return Gedaan(bytes=row["bytes"] or 0)


def deur(instellingen: Instellingen, bron: str) -> Gedaan:
    """Passes what a bron delivered through the door, with what must pass again on account of it."""
    before = _laatste_stap(instellingen)
    toelaten(instellingen, bron=bron)
    maak_verslagen(instellingen)
    return _doorgelaten(instellingen, before)


def signalen(instellingen: Instellingen, product: str, periode: str) -> Gedaan:
    """Makes the signals of a product."""
    toelaten(instellingen, doel=producten()[product].doel, tot_periode=periode)
    run_id = signaleer(instellingen, product, periode).run_id
    files = [row for row in instellingen.grootboek.run_bestanden(run_id) if row["soort"] == INVOER]
    paden = [instellingen.lake / row["naam"] for row in files]
    size = sum(pad.stat().st_size for pad in paden)
    return Gedaan(rijen=sum(row["rijen"] for row in files), bytes=size, bestanden=tuple(map(str, paden)))


def uitlevering(instellingen: Instellingen, product: str) -> Gedaan:
    """Delivers what waits for delivery; rows are signals."""
    ledger = instellingen.grootboek
    runs = [run["run_id"] for run in ledger.onafgemaakt(product)]
    signals = sum(lever(instellingen, run_id).signalen.get("geleverd", 0) for run_id in runs)
    b = t.uitlevering_bestand.c
    (row,) = ledger.rijen(sa.select(sa.func.sum(b.bytes).label("bytes")).where(b.run_id.in_(runs)))
    return Gedaan(rijen=signals, bytes=row["bytes"] or 0)


def rapport(instellingen: Instellingen, *_: str) -> Gedaan:
    """Builds the pages."""
    first = maak_rapport(instellingen)
    return Gedaan(bytes=sum(pad.stat().st_size for pad in first.parent.rglob("*") if pad.is_file()))


def niets(instellingen: Instellingen, product: str, periode: str) -> Gedaan:
    """Runs a product for a month in which nothing changed: all that `keten draai` does then."""
    draai(instellingen, product, periode)
    return Gedaan()


STAPPEN: Mapping[str, Callable[..., Gedaan]] = {
    INNAME: inname,
    DEUR: deur,
    SIGNALEN: signalen,
    UITLEVERING: uitlevering,
    RAPPORT: rapport,
    NIETS: niets,
}


def _laatste_stap(instellingen: Instellingen) -> int:
    (row,) = instellingen.grootboek.rijen(sa.select(sa.func.max(t.stap.c.stap_nr).label("nr")))
    return row["nr"] or 0


def _laatste_levering(instellingen: Instellingen) -> int:
    (row,) = instellingen.grootboek.rijen(sa.select(sa.func.max(t.levering.c.levering_nr).label("nr")))
    return row["nr"] or 0


def _doorgelaten(instellingen: Instellingen, since: int) -> Gedaan:
    """What passed the door since a step: records and bytes, apart what had passed before, and the files of the rest."""
    ledger, s, m = instellingen.grootboek, t.stap.c, t.telling.c
    steps = sa.select(s.stap_nr, s.onderwerp).where(s.soort == DEUR)
    earlier = {row["onderwerp"] for row in ledger.rijen(steps.where(s.stap_nr <= since))}
    rows = bytes_new = bytes_again = 0
    files: list[str] = []
    for stap in ledger.rijen(steps.where(s.stap_nr > since)):
        count = sa.select(m.tabel, m.aantal).where(m.stap_nr == stap["stap_nr"], m.doel == "", m.reden == GETELD)
        counted = {row["tabel"]: row["aantal"] for row in ledger.rijen(count)}
        (levering,) = ledger.rijen(sa.select(t.levering).filter_by(levering_id=stap["onderwerp"]))
        read = [row for row in ledger.bestanden(levering["levering_nr"]) if counted.keys() & row["tabellen"].split()]
        size = sum(row["bytes"] for row in read)
        rows += sum(counted.values())
        if stap["onderwerp"] in earlier:
            bytes_again += size
        else:
            there = landed(instellingen.landing / levering["bron"] / levering["levering_id"])
            files += [str(there[row["bestand_nr"]]) for row in read]
            bytes_new += size
    return Gedaan(rijen=rows, bytes=bytes_new + bytes_again, opnieuw=bytes_again, bestanden=tuple(files))


def main() -> None:
    """Does what is asked and says how long it took."""
    sluit_af()
    opdracht = lees_opdracht()
    instellingen = opdracht.laad()
    if opdracht.naam == SIGNALEN:
        with TemporaryDirectory() as folder:
            dbt_build.laad(Path(folder))
    klok = Klok()
    antwoord(klok.klaar(STAPPEN[opdracht.naam](instellingen, *opdracht.over)))


if __name__ == "__main__":
    main()
