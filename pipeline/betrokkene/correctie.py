"""Corrections (AVG art. 16 and 18): a record somebody says is wrong is not used until that has been looked into.

From the moment it is reported the door keeps the record out of every doel (`D-ONDERZOEK`). The toelating of its
levering changes with that, and of all that was admitted on account of it, so the periods it was used in are due again;
the runs that follow withdraw or change what was sent, also to a recipient the person has since left. A record that
turns out to be right comes back the same way. An older record with the same key counts again in the meantime.
"""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import pyarrow.parquet as pq
import sqlalchemy as sa

from lineage import correcties as ledger_correcties
from lineage import leveringen
from lineage import tabellen as t
from lineage.ledger import Rij, Stap
from lineage.vervanging import ONTVANGEN
from pipeline.instellingen import Instellingen
from pipeline.mutaties import route
from pipeline.reden import controleer_tekst
from pipeline.signaleer import run_map
from pipeline.stand import Stand
from pipeline.storing import gecodeerd
from privacy.betrokkenen import Betrokkenen, Nummers
from privacy.bsn import as_numbers
from privacy.leesbaar import persoonskolommen
from schemas.arrow import PSEUDONIEM
from schemas.fout import KetenFout
from schemas.load import bronnen, doelen, find_tabel, producten

KOLOMMEN = ("levering", "bestanden", "tabel", "record", "status", "gemeld_op", "afgerond_op", "correctie")


@dataclass(frozen=True, order=True)
class Geraakt:
    """A recipient that was sent signals that rest on a record, and how many."""

    product: str
    periode: str
    ontvanger: str
    signalen: int


@dataclass(frozen=True)
class Gemeld:
    """A correction and whom it touches."""

    correctie_nr: int
    geraakt: tuple[Geraakt, ...]


@gecodeerd
def meld(instellingen: Instellingen, levering_id: str, tabel: str, record_nr: int, reden: str) -> Gemeld:
    """Marks a record as being in onderzoek.

    Raises:
        KetenFout: `C-REDEN`, `C-LEVERING`, `C-RECORD` or `C-DUBBEL` when it cannot be.
    """
    reden = controleer_tekst(reden, "C-REDEN")
    levering = leveringen.vind(instellingen.grootboek, levering_id)
    if levering is None or levering["status"] != ONTVANGEN:
        raise KetenFout("C-LEVERING")
    stand = Stand(instellingen)
    betrokkenen = _betrokkenen(stand, levering["levering_nr"], tabel, record_nr)
    if betrokkenen is None:
        raise KetenFout("C-RECORD")
    stap = Stap("correctie", levering_id, periode=levering["periode"])
    onderwerp = f"{_record(levering_id, tabel, record_nr)}{stap.begonnen_op:%Y%m%dT%H%M%S}"
    stap.logboek.append(stand.logboek.los("correctie", onderwerp, stap.begonnen_op, betrokkenen))
    values = {"levering_nr": levering["levering_nr"], "tabel": tabel, "record_nr": record_nr, "reden": reden}
    nr = ledger_correcties.meld(instellingen.grootboek, values, stap)
    if nr is None:
        raise KetenFout("C-DUBBEL")
    return Gemeld(nr, geraakt(instellingen, levering_id, tabel, record_nr))


@gecodeerd
def rond_af(instellingen: Instellingen, correctie_nr: int, uitkomst: str) -> Gemeld:
    """Ends a correction: `hersteld`, the record was right and is used again, or `onjuist`, it stays out.

    Whom it is about is read from the log of the report: the record itself is not in the lake any more.

    Raises:
        KetenFout: `C-ONBEKEND` when there is no such correction, or it has ended.
    """
    ledger, logboek = instellingen.grootboek, Stand(instellingen).logboek
    found = ledger_correcties.correctie(ledger, correctie_nr)
    if found is None or found["status"] != ledger_correcties.IN_ONDERZOEK:
        raise KetenFout("C-ONBEKEND")
    place = found["levering_id"], found["tabel"], found["record_nr"]
    stap = Stap("correctie", found["levering_id"], periode=found["periode"])
    betrokkenen = logboek.betrokkenen_van("correctie", _record(*place))
    onderwerp = f"{_record(*place)}{stap.begonnen_op:%Y%m%dT%H%M%S}-{uitkomst}"
    stap.logboek.append(logboek.los("correctie", onderwerp, stap.begonnen_op, betrokkenen))
    if not ledger_correcties.rond_af(ledger, correctie_nr, uitkomst, stap):
        raise KetenFout("C-ONBEKEND")
    return Gemeld(correctie_nr, geraakt(instellingen, *place))


def _record(levering_id: str, tabel: str, record_nr: int) -> str:
    """What a correction is about, as the log names it; a moment follows."""
    return f"{levering_id}-{tabel}-{record_nr}-"


def _betrokkenen(stand: Stand, levering_nr: int, tabel: str, record_nr: int) -> Nummers | None:
    """The persons in a record, whatever the doel it was admitted for; None when it was admitted for none."""
    found, present = Betrokkenen(), False
    for doel in doelen().values():
        if tabel not in {raadpleging.tabel for raadpleging in doel.bronnen}:
            continue
        for path in (stand.instellingen.lake / doel.doel / tabel).glob(f"{levering_nr:06d}-*.parquet"):
            stand.controleer_versie(doel.doel, [path])
            row = pq.read_table(path, filters=[("record_nr", "=", record_nr)])
            present |= row.num_rows > 0
            for kolom in set(persoonskolommen(find_tabel(tabel))) & set(row.column_names):
                tokens = row[kolom].cast(PSEUDONIEM).combine_chunks().drop_null()
                if len(tokens):
                    found.voeg_toe(as_numbers(stand.pseudonimiseerder(doel.doel).ontsleutel(tokens))[0])
    return found.nummers() if present else None


def geraakt(instellingen: Instellingen, levering_id: str, tabel: str, record_nr: int) -> tuple[Geraakt, ...]:
    """Who was sent signals that rest on a record, found through the bewijs of every run."""
    return tuple(sorted(_geraakt(instellingen, levering_id, tabel, record_nr)))


def _geraakt(instellingen: Instellingen, levering_id: str, tabel: str, record_nr: int) -> Iterator[Geraakt]:
    bron, _, naam = tabel.partition(".")
    place = {"levering_id": levering_id, "record_nr": record_nr, "bron": bron, "tabel": naam}
    filters = [(kolom, "=", waarde) for kolom, waarde in place.items()]
    for run in instellingen.grootboek.rijen(sa.select(t.productrun)):
        folder, product = run_map(instellingen, run["run_id"]), run["product"]
        evidence, signals = (folder / f"{soort}_{product}.parquet" for soort in ("bewijs", "signal"))
        if not (evidence.exists() and signals.exists()):
            continue
        ids = pq.read_table(evidence, columns=["signaal_id"], filters=filters)["signaal_id"].unique().to_pylist()
        if ids:
            found = pq.read_table(signals, columns=["ontvanger"], filters=[("signaal_id", "in", ids)])
            for naar, count in _bereikt(instellingen, run, found["ontvanger"].to_pylist()).items():
                yield Geraakt(product, run["periode"], naar, count)


def _bereikt(instellingen: Instellingen, run: Rij, ontvangers: Sequence[str]) -> Counter[str]:
    """Of how many of the signals of a run, given by whose they are, each recipient was told, then or before."""
    told = {
        naar
        for naar, row in instellingen.grootboek.uitleveringen(run["run_id"]).items()
        if row["status"] in ("geleverd", "ongewijzigd")
    }
    routes = route(producten()[run["product"]])
    return Counter(naar for each in ontvangers for van, naar in routes if van == each and naar in told)


def terugmelding(instellingen: Instellingen, bron: str) -> str:
    """What a bronhouder must look into, as CSV: pointers into what it delivered, never a value.

    `bestanden` are the numbers of the files of the levering that may hold the table; records are counted over them.

    Raises:
        KetenFout: `L-BRON` when there is no such bron.
    """
    if bron not in bronnen():
        raise KetenFout("L-BRON")
    buffer = io.StringIO()
    writer = csv.writer(buffer, delimiter=";", lineterminator="\r\n")
    writer.writerow(KOLOMMEN)
    for row in ledger_correcties.correcties(instellingen.grootboek, bron):
        writer.writerow(_regel(instellingen, row))
    return buffer.getvalue()


def _regel(instellingen: Instellingen, row: Rij) -> list[str]:
    files = instellingen.grootboek.bestanden(row["levering_nr"])
    holds = [file for file in files if row["tabel"] in file["tabellen"].split() and not file["code"]]
    ended = row["afgerond_op"]
    return [
        row["levering_id"],
        " ".join(str(file["bestand_nr"]) for file in holds),
        row["tabel"],
        str(row["record_nr"]),
        row["status"],
        f"{row['gemeld_op']:%Y-%m-%d}",
        f"{ended:%Y-%m-%d}" if ended else "",
        str(row["correctie_nr"]),
    ]


def schrijf_terugmelding(instellingen: Instellingen, bron: str, pad: Path) -> Path:
    """Writes the file for a bronhouder, whole or not at all; the byte order mark lets a Dutch spreadsheet open it."""
    text = terugmelding(instellingen, bron)
    pad.parent.mkdir(parents=True, exist_ok=True)
    aside = pad.with_name(f".{pad.name}.deel")  # the same name every time: nobody clears the folder of an operator
    aside.write_bytes(b"\xef\xbb\xbf" + text.encode())
    return aside.rename(pad)
