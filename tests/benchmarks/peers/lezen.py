"""Extracts as pandas reads them: text in every cell, one table after the other."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pandas as pd
from lxml import etree

from lineage.ledger import Rij
from pipeline.instellingen import Instellingen
from pipeline.levering.ontvang import landed
from schemas.bron import Plaatsen, Tabel
from schemas.load import bronnen, find_tabel


def lees_tabel(instellingen: Instellingen, naam: str, velden: list[str]) -> pd.DataFrame:
    """A table of all leveringen in order of receipt, with the number and the period of each, and which row it is."""
    delen = []
    for levering in instellingen.grootboek.leveringen(bronnen=[naam.partition(".")[0]]):
        for bestand in instellingen.grootboek.bestanden(levering["levering_nr"]):
            if not bestand["code"] and naam in bestand["tabellen"].split():
                folder = instellingen.landing / levering["bron"] / levering["levering_id"]
                deel = _lees(landed(folder)[bestand["bestand_nr"]], bestand, naam)
                deel = deel.reindex(columns=velden).fillna("").astype(str)
                own = {"levering": str(levering["levering_nr"]), "periode": levering["periode"]}
                delen.append(deel.assign(**own, record=[str(nummer) for nummer in range(1, len(deel) + 1)]))
    kolommen = [*velden, "levering", "periode", "record"]
    return pd.concat(delen, ignore_index=True) if delen else pd.DataFrame(columns=kolommen)


def _hernoem(gelezen: pd.DataFrame, naam: str, vorm: str) -> pd.DataFrame:
    """Columns by the names of fields; nothing when they are those of another table: an archive may hold any."""
    paden = {
        tabel: {plaats.pad: veld for veld, plaats in plaatsen.items()}
        for tabel, declared in bronnen()[naam.partition(".")[0]].tabellen.items()
        if (plaatsen := _plaatsen(declared, vorm)) is not None
    }
    passend = {tabel: len(known.keys() & set(gelezen.columns)) for tabel, known in paden.items()}
    eigen = naam.partition(".")[2]
    return gelezen.rename(columns=paden[eigen]) if passend[eigen] == max(passend.values()) else pd.DataFrame()


def _plaatsen(tabel: Tabel, vorm: str) -> Plaatsen | None:
    match vorm:
        case "csv":
            return tabel.csv.kolommen if tabel.csv else None
        case "parquet":
            return tabel.parquet.kolommen if tabel.parquet else None
        case _:
            return tabel.json_.velden if tabel.json_ else None


def _lees(pad: Path, bestand: Rij, naam: str) -> pd.DataFrame:
    match bestand["formaat"]:
        case "csv":
            gelezen = pd.read_csv(pad, sep=";", dtype=str, keep_default_na=False)
            return _hernoem(gelezen, naam, "csv")
        case "lo_brp":
            return _lees_persoonslijsten(pad, naam)
        case "parquet":
            gelezen = pd.read_parquet(pad)
            for kolom in gelezen.columns:
                if gelezen[kolom].map(type).astype(str).str.contains("date").any():
                    gelezen[kolom] = gelezen[kolom].map(lambda dag: dag.strftime("%Y%m%d") if dag else "")
            return _hernoem(gelezen, naam, "parquet")
        case "xml":
            return pd.DataFrame(_lees_xml(pad, naam))
        case formaat:
            text = _tekst(pad)
            rows = [json.loads(line) for line in text.splitlines()] if formaat == "jsonregels" else json.loads(text)
            return _hernoem(pd.DataFrame(rows), naam, "json")


def _tekst(pad: Path) -> str:
    """All of a file, or of the one member of a zip; pandas opens a zip by itself."""
    if pad.suffix != ".zip":
        return pad.read_text(encoding="utf-8")
    with zipfile.ZipFile(pad) as archief:
        return archief.read(archief.namelist()[0]).decode()


def _lees_xml(pad: Path, naam: str) -> Iterator[dict[str, Any]]:
    vorm = find_tabel(naam).xml[0]
    wortel = etree.parse(pad).getroot()
    for rij in wortel.iterfind(f"{{{vorm.namespace}}}{vorm.rij}"):
        yield {
            veld: wortel.get(plaats.pad.partition("@")[2])
            if "@" in plaats.pad
            else rij.findtext(f"{{{vorm.namespace}}}{plaats.pad}")
            for veld, plaats in vorm.velden.items()
        }


def _lees_persoonslijsten(pad: Path, naam: str) -> pd.DataFrame:
    """The rows of one category; a row without a number of its persoonslijst is history of the row above."""
    vorm = find_tabel(naam).lo_brp
    gelezen = pd.read_csv(pad, sep=";", dtype=str, keep_default_na=False, encoding="utf-8-sig")
    eerste = gelezen.iloc[:, 0] != ""
    gelezen["01.01.20"] = gelezen["01.01.20"].where(eerste).ffill().fillna("")
    eigen = [kolom for kolom in gelezen.columns if kolom.startswith(f"{vorm.categorie}.")]
    rijen = eerste if vorm.rijen == "actueel" else (gelezen[eigen] != "").any(axis=1)
    result = pd.DataFrame(
        {veld: gelezen[plaats.pad] for veld, plaats in vorm.velden.items() if plaats.pad in gelezen.columns}
    )
    result["actueel"] = eerste.map({True: "ja", False: "nee"})
    return result[rijen]
