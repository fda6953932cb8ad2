"""Gedrag 10: het verwerkingslog. Alleen aanvullen, en elke weggelaten, gewijzigde of verplaatste regel valt op."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import sqlalchemy as sa
from typer.testing import CliRunner

from lineage import tabellen as t
from pipeline.betrokkene.correctie import meld, rond_af
from pipeline.betrokkene.inzage import vraag_inzage
from pipeline.cli import app
from pipeline.instellingen import Instellingen
from pipeline.logboek import Logboek
from pipeline.toelaten import toelaten
from schemas.load import doelen
from tests.e2e.speur import Speurder
from tests.spec.privacy import dorp as d

# Logboek Dataverwerkingen (Logius); `schakel` is what makes tampering show.
VELDEN = {
    *("trace_id", "span_id", "parent_span_id", "name", "start_time", "end_time", "status_code", "resource"),
    *("dpl.core.processing_activity_id", "dpl.core.data_subject_id", "dpl.core.data_subject_id_type", "schakel"),
}
Rows = list[dict[str, object]]


def verifieer(instellingen: Instellingen, *args: str) -> tuple[int, str]:
    """What `keten log verifieer` says, and its exit code."""
    done = CliRunner().invoke(
        app, ["log", "verifieer", *args], env={"KETEN_DATA": str(instellingen.data), "COLUMNS": "200"}
    )
    return done.exit_code, done.output


def segmenten(instellingen: Instellingen) -> list[Path]:
    return [path for path in sorted(instellingen.map("logboek").rglob("*")) if path.is_file()]


def grootste(instellingen: Instellingen) -> Path:
    return max(segmenten(instellingen), key=lambda path: pq.read_metadata(path).num_rows)


def herschrijf(path: Path, change: Callable[[Rows], Rows]) -> None:
    """Writes a segment anew, as somebody would who has every right on the disk."""
    table = pq.read_table(path)
    kinds = [kind.value_type if pa.types.is_dictionary(kind) else kind for kind in table.schema.types]
    rows = change(table.to_pylist())
    columns = [
        pa.array([row[naam] for row in rows], kind) for naam, kind in zip(table.column_names, kinds, strict=True)
    ]
    path.chmod(0o600)
    pq.write_table(pa.table(columns, names=table.column_names), path)


def test_the_log_is_whole(dorp: Instellingen) -> None:
    """`keten log verifieer` vindt in een logboek dat niemand aanraakte niets."""
    code, output = verifieer(dorp)
    assert code == 0
    assert "heel" in output


def weglaten(rows: Rows) -> Rows:
    return rows[:2] + rows[3:]


def verplaatsen(rows: Rows) -> Rows:
    return [rows[0], rows[2], rows[1], *rows[3:]]


def wijzigen(rows: Rows) -> Rows:
    return [{**row, "name": f"{row['name']}x"} if nr == 0 else row for nr, row in enumerate(rows)]


def verwisselen(rows: Rows) -> Rows:
    other = {"dpl.core.data_subject_id": rows[2]["dpl.core.data_subject_id"]}
    return [{**row, **other} if nr == 1 else row for nr, row in enumerate(rows)]


def afkappen(rows: Rows) -> Rows:
    return rows[:-1]


@pytest.mark.parametrize("knoei", [weglaten, verplaatsen, wijzigen, verwisselen, afkappen], ids=lambda f: f.__name__)
def test_tampering_is_found(eigen_dorp: Instellingen, knoei: Callable[[Rows], Rows]) -> None:
    """Een regel die is weggelaten, verplaatst, gewijzigd of afgekapt, of over een ander gaat, wordt gevonden."""
    herschrijf(grootste(eigen_dorp), knoei)
    code, output = verifieer(eigen_dorp)
    assert code == 5
    assert "klopt niet" in output


def test_a_removed_segment_is_found(eigen_dorp: Instellingen) -> None:
    """Een stuk logboek dat weg is wordt gevonden, ook als het uit het grootboek is geknipt."""
    before = Logboek(eigen_dorp).controleer().kop
    grootste(eigen_dorp).unlink()
    assert verifieer(eigen_dorp)[0] == 5
    with eigen_dorp.grootboek.transactie() as connection:
        last = connection.execute(sa.select(sa.func.max(t.verwerkingslog.c.segment_nr))).scalar()
        connection.execute(t.verwerkingslog.delete().where(t.verwerkingslog.c.segment_nr == last))
    code, output = verifieer(eigen_dorp, "--kop", before)
    assert code == 5
    assert "komt niet voor" in output


def test_fields_are_those_of_the_standard(dorp: Instellingen) -> None:
    """De velden heten zoals in Logboek Dataverwerkingen, met een regel per betrokkene en per verwerking."""
    people = set()
    for path in segmenten(dorp):
        table = pq.read_table(path)
        assert set(table.column_names) == VELDEN
        people |= set(table["dpl.core.data_subject_id"].to_pylist()) - {None}
        assert set(table["dpl.core.processing_activity_id"].to_pylist()) <= {
            doelen()[doel].verwerking for doel in d.PRODUCTEN
        }
    assert len(people) == len(d.PERSOON) - 1  # everybody but Niemand, each under one pseudonym


def test_every_processing_of_a_person_is_in_it(dorp: Instellingen) -> None:
    """Van elke toelating en elke levering staat erin over wie zij ging: van Anna drie doelen, van Niemand niets."""
    logboek = Logboek(dorp)
    anna = logboek.zoek(np.array([int(d.ANNA)], np.int32))
    assert {str(row["dpl.core.processing_activity_id"]).split(":")[3] for row in anna} == set(d.PRODUCTEN)
    assert {str(row["name"]).split()[0] for row in anna} == {"toelaten", "leveren"}
    assert logboek.zoek(np.array([int(d.NIEMAND)], np.int32)) == []


def test_inzage_and_both_ends_of_a_correction_are_in_it(eigen_dorp: Instellingen) -> None:
    """Ook een inzage, het melden van een fout en de afloop daarvan staan erin, onder de persoon over wie het ging."""
    [levering] = [row["levering_id"] for row in eigen_dorp.grootboek.leveringen() if row["bron"] == "uwv"]
    before = {row["span_id"] for row in Logboek(eigen_dorp).zoek(np.array([int(d.CARL)], np.int32))}
    vraag_inzage(eigen_dorp, d.CARL)
    nr = meld(eigen_dorp, levering, "uwv.inkomstenverhouding", d.BIJ_UWV.index(d.CARL) + 1, "Klopt niet.").correctie_nr
    toelaten(eigen_dorp, doel="inkomsten", tot_periode=d.PERIODE)  # the record is in no lake file from here on
    rond_af(eigen_dorp, nr, "onjuist")
    logged = Logboek(eigen_dorp).zoek(np.array([int(d.CARL)], np.int32))
    new = [str(row["name"]) for row in logged if row["span_id"] not in before]
    of_rights = [naam for naam in new if naam.startswith(("inzage", "correctie"))]
    assert sorted(naam.split()[0] for naam in of_rights) == ["correctie", "correctie", "inzage"]
    assert sum(naam.endswith("-onjuist") for naam in of_rights) == 1
    assert not [
        row for row in Logboek(eigen_dorp).zoek(np.array([int(d.ANNA)], np.int32)) if "correctie" in row["name"]
    ]
    assert verifieer(eigen_dorp)[0] == 0


def test_data_subject_is_a_pseudonym_of_the_log_alone(dorp: Instellingen) -> None:
    """De betrokkene staat er versleuteld in, onder een sleutel die geen enkel doel deelt."""
    assert Speurder(d.PERSOON.values()).zoek(dorp.map("logboek")) == []
    logged = {
        token for path in segmenten(dorp) for token in pq.read_table(path)["dpl.core.data_subject_id"].to_pylist()
    }
    in_lake = set()
    for path in dorp.lake.rglob("*.parquet"):
        table = pq.ParquetFile(path).read()
        in_lake |= set(table["persoon"].to_pylist()) if "persoon" in table.column_names else set()
    assert not (logged & in_lake) - {None}


def test_its_key_rotates_and_nothing_that_was_logged_changes(eigen_dorp: Instellingen) -> None:
    """Na `keten sleutel roteer logboek` staat wat nieuw is onder een andere sleutel; wat er stond is nog na te gaan."""
    env = {"KETEN_DATA": str(eigen_dorp.data), "COLUMNS": "200"}
    anna = np.array([int(d.ANNA)], np.int32)
    before, files = Logboek(eigen_dorp).zoek(anna), {path: path.read_bytes() for path in segmenten(eigen_dorp)}
    assert CliRunner().invoke(app, ["sleutel", "roteer", "logboek"], env=env).exit_code == 0
    again = Instellingen(data=eigen_dorp.data)
    vraag_inzage(again, d.ANNA)
    assert {path: path.read_bytes() for path in files} == files
    after = Logboek(again).zoek(anna)
    assert len(after) == len(before) + 1
    subjects = [row["dpl.core.data_subject_id"] for row in after]
    assert len(set(subjects[:-1])) == 1
    assert subjects[-1] not in subjects[:-1]
    assert verifieer(again)[0] == 0
    status = CliRunner().invoke(app, ["sleutel", "status"], env=env).output
    assert re.search(rf"logboek +1 +leesbaar .* {len(files)} *\n", status)
    assert re.search(r"logboek +2 +actief .* 1 *\n", status)
    v = t.verwerkingslog.c
    with again.grootboek.transactie() as connection:
        connection.execute(t.verwerkingslog.update().where(v.sleutelversie == 2).values(sleutelversie=1))
    assert verifieer(again)[0] == 5


def test_only_the_owner_reads_it(dorp: Instellingen) -> None:
    """Alleen de eigenaar van de installatie mag het logboek lezen."""
    assert segmenten(dorp)
    assert not [path for path in segmenten(dorp) if path.stat().st_mode & 0o077]
