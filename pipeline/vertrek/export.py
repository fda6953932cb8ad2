"""Everything held on account of one recipient, in a folder it can take away.

The copies of deliveries and the leveringen that hold only its records are as they were sent and received, with the
burgerservicenummers. What the pipeline made of them has no person: a pseudonym means nothing outside it. A record is
found by levering and record number, a signal by the number in the messages.
"""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pcsv
import pyarrow.parquet as pq
import sqlalchemy as sa

from lineage import tabellen as t
from lineage.ledger import Rij, now
from pipeline.instellingen import Instellingen
from pipeline.levering.opname import MAP as OPNAME
from pipeline.storing import gecodeerd
from pipeline.vertrek.lake import lake_bestanden
from pipeline.vertrek.vertrek import bewaarde_runs, eigen_leveringen, vind_ontvanger
from privacy.bewaren import neem_afdruk
from privacy.sleutelmerk import pseudoniem_kolommen
from schemas.fout import KetenFout
from schemas.load import doelen, find_tabel, producten

INHOUD = "inhoud.json"


@gecodeerd
def exporteer(instellingen: Instellingen, code: str, uit: Path) -> Path:
    """Writes all that is held on account of a recipient to a new folder only the owner may read; returns the folder.

    Raises:
        KetenFout: `V-ONTVANGER`; `V-MAP` when there is something in the folder already.
    """
    ontvanger = vind_ontvanger(code)
    final, folder = uit / code, uit / f".{code}.{os.getpid()}"
    if final.exists() and any(final.iterdir()):
        raise KetenFout("V-MAP")
    for left in uit.glob(f".{code}.*"):  # of a process that was killed: it holds burgerservicenummers
        shutil.rmtree(left)
    folder.mkdir(parents=True, mode=0o700)
    agreed = {naam: sorted(waarde) if isinstance(waarde, frozenset) else waarde for naam, waarde in ontvanger}
    text = json.dumps(agreed, indent=2, default=str, ensure_ascii=False)
    (folder / "overeenkomst.json").write_text(text, encoding="utf-8")
    delivered = instellingen.uitleveringen / code
    if delivered.is_dir():
        shutil.copytree(delivered, folder / "uitleveringen")
    for levering in eigen_leveringen(instellingen, code):
        landed = instellingen.landing / levering["bron"] / levering["levering_id"]
        if landed.is_dir():
            leave_out = shutil.ignore_patterns(OPNAME)  # a copy of ours, in a form of ours
            shutil.copytree(landed, folder / "leveringen" / levering["levering_id"], ignore=leave_out)
    _signalen(instellingen, code, folder / "signalen")
    _records(instellingen, code, folder / "gegevens")
    _grootboek(instellingen, code, folder / "grootboek")
    files = [path for path in sorted(folder.rglob("*")) if path.is_file()]
    index = {
        "ontvanger": code,
        "gemaakt_op": now().isoformat(),
        "bestanden": {path.relative_to(folder).as_posix(): neem_afdruk(folder, [path]).bytes for path in files},
        "sha256": neem_afdruk(folder, files).sha256,
    }
    (folder / INHOUD).write_text(json.dumps(index, indent=2, ensure_ascii=False), encoding="utf-8")
    return folder.rename(final)


def _signalen(instellingen: Instellingen, code: str, folder: Path) -> None:
    """Its signals with their bewijs, per run."""
    for product in producten():
        for run in bewaarde_runs(instellingen, product):
            signals = run / f"signal_{product}.parquet"
            if not signals.exists():
                continue
            table = pq.read_table(signals, filters=[("ontvanger", "=", code)])
            if len(table):
                numbers = pc.unique(table["signaal_id"])
                evidence = pq.read_table(run / f"bewijs_{product}.parquet")
                evidence = evidence.filter(pc.is_in(evidence["signaal_id"], value_set=numbers.cast(pa.string())))
                delivered = run / f"geleverd_{product}.parquet"
                _schrijf(folder / f"{run.name}_signalen", table)
                _schrijf(folder / f"{run.name}_bewijs", evidence)
                if delivered.exists():
                    _schrijf(
                        folder / f"{run.name}_geleverd", pq.read_table(delivered, filters=[("ontvanger", "=", code)])
                    )


def _records(instellingen: Instellingen, code: str, folder: Path) -> None:
    """The records it supplied as they are in the lake, per doel and table."""
    for doel in doelen().values():
        for raadpleging in doel.bronnen:
            veld = find_tabel(raadpleging.tabel).aanleveraar
            if veld is None or veld not in raadpleging.velden:
                continue
            paths = lake_bestanden(instellingen, doel.doel, raadpleging.tabel)
            tables = [pq.read_table(path, filters=[(veld, "=", code)]) for path in paths]
            if tables and (table := pa.concat_tables(tables)):
                _schrijf(folder / f"{doel.doel}_{raadpleging.tabel}", table)


def _grootboek(instellingen: Instellingen, code: str, folder: Path) -> None:
    """What the ledger says of it: deliveries, reports back, verdicts, leveringen, proofs of destruction."""
    ledger, v = instellingen.grootboek, t.vernietiging.c
    own = {levering["levering_nr"] for levering in eigen_leveringen(instellingen, code)}
    queries = {
        "uitleveringen": sa.select(t.uitlevering).where(t.uitlevering.c.ontvanger == code),
        "uitleveringbestanden": sa.select(t.uitlevering_bestand).where(t.uitlevering_bestand.c.ontvanger == code),
        "verslagen": sa.select(t.verslag).where(t.verslag.c.aanleveraar == code),
        "retourberichten": sa.select(t.retour).where(t.retour.c.ontvanger == code),
        "terugmeldingen": sa.select(t.terugmelding).where(t.terugmelding.c.ontvanger == code),
        "leveringen": sa.select(t.levering).where(t.levering.c.levering_nr.in_(own)),
        "vernietigingen": sa.select(t.vernietiging).where(v.dataset == f"vertrek/{code}"),
    }
    for naam, query in queries.items():
        _schrijf_rijen(folder / naam, ledger.rijen(query))


def _schrijf_rijen(stam: Path, rows: list[Rij]) -> None:
    if rows:
        _schrijf(stam, pa.Table.from_pylist([dict(row) for row in rows]))


def _schrijf(stam: Path, table: pa.Table) -> None:
    """A table as CSV and Parquet, without pseudonyms."""
    table = table.drop_columns(pseudoniem_kolommen(table.schema))
    stam.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(table.replace_schema_metadata(None), stam.with_name(f"{stam.name}.parquet"))
    pcsv.write_csv(table, stam.with_name(f"{stam.name}.csv"), pcsv.WriteOptions(delimiter=";"))
