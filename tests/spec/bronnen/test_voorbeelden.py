"""Every table has a made-up record that can be read in each of its formats, and can be delivered in bulk."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pytest

from connectors.lees import herken_bestand, lees_bestand
from connectors.rijen import Rijen
from privacy.bsn import check_bsn
from privacy.typen import typeer
from schemas.fout import KetenFout
from schemas.load import all_tabellen, bronnen, find_tabel, geraadpleegd
from tests.bouw import elfproef
from tests.spec.bronnen.schrijf import bestanden, in_bulk

TABELLEN = [naam for naam, _ in all_tabellen()]


@pytest.mark.parametrize("naam", TABELLEN)
def test_sample_has_every_field_and_is_of_its_type(naam: str) -> None:
    tabel = find_tabel(naam)
    assert set(tabel.voorbeeld) == set(tabel.velden)
    for veld, declared in tabel.velden.items():
        raw = pa.array([tabel.voorbeeld[veld]], pa.string())
        if declared.type == "bsn":
            assert tabel.voorbeeld[veld].startswith("99999"), "een nummer uit de testreeks"
            assert elfproef(tabel.voorbeeld[veld])
            assert check_bsn(raw).goed.all()
        else:
            result = typeer(declared, raw)
            assert (result.fout, result.leeg, result.vreemd) == (None, None, None), veld
            assert result.kolom[0].is_valid, veld


@pytest.mark.parametrize("naam", TABELLEN)
def test_sample_comes_back_in_every_format(naam: str, tmp_path: Path) -> None:
    bron, tabel = bronnen()[naam.partition(".")[0]], find_tabel(naam)
    for file, content, expected in bestanden(tabel, tabel.voorbeeld):
        path = tmp_path / file
        path.write_bytes(content)
        assert tabel.tabel in herken_bestand(path, bron).tabellen, file
        [rijen] = lees_bestand(path, bron, [tabel.tabel])
        assert isinstance(rijen, Rijen)
        [row] = rijen.batch.to_pylist()
        actueel = {"actueel"} if file == "lo.csv" else set()
        assert {veld: row[veld] for veld in expected if veld not in actueel} == {
            veld: value for veld, value in expected.items() if veld not in actueel
        }, file
        assert {row[veld] for veld in row if veld not in {*expected, "record_nr"}} <= {None}, file


@pytest.mark.parametrize("naam", TABELLEN)
def test_table_is_delivered_in_bulk_in_four_formats(naam: str) -> None:
    tabel = find_tabel(naam)
    assert any(set(rij.velden) == set(tabel.velden) for rij in tabel.xml), "een XML-document met elk veld"
    for vorm in (tabel.csv, tabel.parquet):
        assert vorm is not None
        assert set(vorm.kolommen) == set(tabel.velden)
        pads = [plaats.pad for plaats in vorm.kolommen.values()]
        assert len(pads) == len(set(pads))
    assert tabel.json_ is not None
    assert set(tabel.json_.velden) == set(tabel.velden)


@pytest.mark.parametrize("naam", TABELLEN)
def test_many_records_in_one_file_come_back_in_order(naam: str, tmp_path: Path) -> None:
    """Bulk is more than one record: 1,000 of them in a CSV, a Parquet and an XML file, each with every field."""
    bron, tabel = bronnen()[naam.partition(".")[0]], find_tabel(naam)
    seen = 0
    for file, content in in_bulk(tabel, tabel.voorbeeld, 1_000):
        path = tmp_path / file
        path.write_bytes(content)
        read = [item for item in lees_bestand(path, bron, [tabel.tabel]) if isinstance(item, Rijen)]
        batch = pa.Table.from_batches([item.batch for item in read])
        assert batch["record_nr"].to_pylist() == list(range(1, 1_001)), file
        for veld, value in tabel.voorbeeld.items():
            assert set(batch[veld].to_pylist()) == {value}, (file, veld)
        seen += 1
    assert seen == 3


@pytest.mark.parametrize("naam", TABELLEN)
def test_only_the_fields_asked_for_are_read(naam: str, tmp_path: Path) -> None:
    bron, tabel = bronnen()[naam.partition(".")[0]], find_tabel(naam)
    some = list(tabel.velden)[::2]
    for file, content, _ in bestanden(tabel, tabel.voorbeeld):
        path = tmp_path / file
        path.write_bytes(content)
        [wide] = lees_bestand(path, bron, [tabel.tabel])
        [narrow] = lees_bestand(path, bron, {tabel.tabel: some})
        assert isinstance(wide, Rijen)
        assert isinstance(narrow, Rijen)
        assert narrow.batch == wide.batch.select(["record_nr", *some]), file


@pytest.mark.parametrize("naam", sorted(geraadpleegd()))
def test_file_with_little_more_than_its_key_is_recognised(naam: str, tmp_path: Path) -> None:
    """A table that no doel consults may not draw a file to itself because it has fewer columns of its own."""
    bron, tabel = bronnen()[naam.partition(".")[0]], find_tabel(naam)
    needed = {veld for veld, declared in tabel.velden.items() if declared.verplicht} | set(tabel.sleutel)
    for velden in (needed, geraadpleegd()[naam] | needed, *(needed | {veld} for veld in geraadpleegd()[naam])):
        if velden == needed == {"burgerservicenummer"}:
            continue  # could be anything
        for file, content, _ in bestanden(tabel.beperkt(velden), tabel.voorbeeld):
            if not file.endswith((".xml", "lo.csv")):
                (tmp_path / file).write_bytes(content)
                first, *inside = herken_bestand(tmp_path / file, bron).tabellen
                assert first == tabel.tabel, (file, velden)
                assert all(bron.tabellen[naam].json_binnen for naam in inside)


def test_file_without_a_required_column_is_refused_and_not_taken_for_another(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("burgerservicenummer;regeling;datumIngang\n999990019;PW;20260101\n", "utf-8")
    with pytest.raises(KetenFout) as fout:
        herken_bestand(path, bronnen()["gemeente"])
    assert (fout.value.code, fout.value.wijzer) == ("B-KOLOM-ONTBREEKT", "gemeentecode")
