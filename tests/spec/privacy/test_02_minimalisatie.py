"""Gedrag 2: minimalisatie aan de deur. Alleen wie tot de doelpopulatie hoort en alleen wat het profiel noemt."""

from __future__ import annotations

from collections import defaultdict

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import sqlalchemy as sa

from connectors.lees import lees_bestand
from connectors.rijen import Rijen
from lineage import tabellen as t
from pipeline.instellingen import Instellingen
from pipeline.toelaten import toelaten
from privacy.deur import QUARANTAINE
from schemas.arrow import PSEUDONIEM, lake_name
from schemas.load import bronnen, doelen
from tests.bouw import lees_lake, neem_op, personen_in_lake
from tests.spec.privacy import dorp as d

BESLIST_DOOR = {"inkomsten": {d.ANNA, d.BAS, d.CARL, d.DIRK, d.GREET, d.HANS}, "vsv": {d.LISA, d.ANNA}}


def test_nothing_of_others_is_written(dorp: Instellingen) -> None:
    """In het lake staan alleen mensen uit de doelpopulatie en alleen de velden van het doelprofiel, per doel."""
    aanvragers = {wie for _, _, *wie in d.AANVRAGEN for wie in wie if wie}
    belongs = BESLIST_DOOR | {"kwijtschelding": aanvragers, "kvk": BESLIST_DOOR["inkomsten"]}
    tables = 0
    for naam, doel in doelen().items():
        for raadpleging in doel.bronnen:
            table = lees_lake(dorp, naam, raadpleging.tabel)
            if table.num_columns:
                tables += 1
                allowed = {lake_name(veld) for veld in raadpleging.velden} | {"levering_nr", "record_nr"}
                assert set(table.column_names) == allowed
                for kolom in ("persoon", "partner"):
                    if kolom in table.column_names and table.schema.field(kolom).type == PSEUDONIEM:
                        found = set(personen_in_lake(dorp, naam, raadpleging.tabel, kolom)) - {None}
                        assert found <= belongs[naam], raadpleging.tabel
    assert tables > 15


def test_dropped_is_counted_per_reason_and_never_stored(dorp: Instellingen) -> None:
    """Van elk record is per doel geteld wat ermee is gebeurd; van wat afvalt blijft alleen een aanwijzing."""
    c, s = t.telling.c, t.stap.c
    query = sa.select(s.onderwerp, c.doel, c.tabel, c.reden, c.aantal).join(t.stap, s.stap_nr == c.stap_nr)
    rows = dorp.grootboek.rijen(query.where(s.soort == "deur", c.tabel == "uwv.inkomstenverhouding", c.doel != ""))
    per_doel: dict[str, dict[str, int]] = defaultdict(dict)
    for row in rows:
        per_doel[row["doel"]][row["reden"]] = row["aantal"]
    assert set(per_doel) == {"inkomsten", "kwijtschelding", "vsv"}
    for doel, redenen in per_doel.items():
        assert sum(redenen.values()) == len(d.BIJ_UWV), doel
        assert redenen["D-POPULATIE"] > 0
    for path in dorp.map("quarantaine").rglob("*.parquet"):
        assert pq.ParquetFile(path).schema_arrow.equals(QUARANTAINE)  # levering, table, file, record and code; no value


def test_without_a_population_nobody_is_let_in(instellingen: Instellingen) -> None:
    """Zonder lijst van een gemeente of DUO komt er niemand binnen, hoe groot het bestand van de bron ook is."""
    neem_op(instellingen, "uwv", d.uwv())
    neem_op(instellingen, "brp", d.brp())
    toelaten(instellingen)
    assert not list(instellingen.lake.rglob("*.parquet"))


def test_the_population_is_always_supplied() -> None:
    """De doelpopulatie komt van een gemeente, een waterschap of de DUO-lijst; nooit uit een register van iedereen."""
    for doel in doelen().values():
        assert {populatie.tabel.partition(".")[0] for populatie in doel.populatie} <= {"gemeente", "duo"}, doel.doel


@pytest.mark.parametrize("veelvoud", [1, 8])
def test_extract_is_read_as_a_stream(instellingen: Instellingen, veelvoud: int) -> None:
    """Een bestand wordt in stukken gelezen: achtmaal zo groot vraagt niet meer geheugen."""
    row = f"{d.NIEMAND};{'x' * 200};1;20260105;;Werkgever;\n"
    path = instellingen.data / "groot.csv"
    header = "Burgerservicenr;Loonheffingennr;VolgnrIkv;DatBIkv;DatEIkv;NaamAdministratieveEenheid;SrtMelding\n"
    path.write_text(header + row * (40_000 * veelvoud))
    before, highest, seen = pa.total_allocated_bytes(), 0, 0
    for item in lees_bestand(path, bronnen()["uwv"], {"inkomstenverhouding"}):
        assert isinstance(item, Rijen)
        seen += item.batch.num_rows
        highest = max(highest, pa.total_allocated_bytes() - before)
    assert seen == 40_000 * veelvoud
    assert highest < 64 * 2**20  # the larger file is 80 MB
