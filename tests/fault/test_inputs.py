"""Every bad input gets its code, and the rest gets through."""

from __future__ import annotations

import resource
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from pipeline.instellingen import Instellingen
from pipeline.toelaten import toelaten
from schemas.load import meldingen
from tests.bouw import CHECKOUT, alle_bestanden, neem_op, personen_in_lake, populatie_csv
from tests.fault.inputs import ANDERE, GEVALLEN, GOED, Geval
from tests.fault.inputs.geval import client, goed_bestand, suwi

TABEL = "uwv.inkomstenverhouding"


def _gevallen() -> Iterator[Any]:
    """Every case; in the fast tests the first of each kind of file that gives a code."""
    seen: set[tuple[object, ...]] = set()
    for geval in GEVALLEN:
        kind = (Path(geval.bestand).suffix, geval.bron, geval.ontvangst, *sorted(geval.deur))
        yield pytest.param(geval, id=geval.naam, marks=[pytest.mark.zwaar] if kind in seen else [])
        seen.add(kind)


def codes(tellingen: object) -> dict[str, int]:
    """Counts of everything but what was used, for doel inkomsten and for files as a whole."""
    return {
        reden: aantal
        for (doel, _, reden), aantal in tellingen.items()
        if aantal and reden not in ("gebruikt", "ontvangen") and doel in ("inkomsten", "")
    }


def test_cases_are_named_once_and_expect_known_codes() -> None:
    assert len({geval.naam for geval in GEVALLEN}) == len(GEVALLEN) >= 60
    for geval in GEVALLEN:
        assert {*geval.deur, *([geval.ontvangst] if geval.ontvangst else [])} <= meldingen().keys()


@pytest.mark.parametrize("geval", list(_gevallen()))
def test_bad_file_gets_its_code_and_the_good_one_gets_through(instellingen: Instellingen, geval: Geval) -> None:
    start = time.monotonic()
    neem_op(instellingen, "gemeente", {"b.csv": populatie_csv([GOED, ANDERE])})
    goed = populatie_csv([GOED]) if geval.bron == "gemeente" else goed_bestand()
    levering = neem_op(instellingen, geval.bron, {"goed.csv": goed, geval.bestand: geval.inhoud})
    if geval.bron == "gemeente":
        neem_op(instellingen, "uwv", {"goed.csv": goed_bestand()})

    assert levering.onbruikbaar == ({2: geval.ontvangst} if geval.ontvangst else {})
    assert levering.status == "ontvangen"
    [uitkomst] = [een for een in toelaten(instellingen) if een.levering_id == levering.levering_id]
    assert codes(uitkomst.tellingen) == geval.deur
    personen = personen_in_lake(instellingen, "inkomsten", TABEL)
    assert sorted(map(str, personen)) == sorted([GOED] + [ANDERE] * geval.rijen)
    assert toelaten(instellingen) == []
    assert time.monotonic() - start < 30


@pytest.mark.zwaar  # some 150 leveringen; that the code is right is tested above
@pytest.mark.parametrize("geval", [geval for geval in GEVALLEN if geval.ontvangst], ids=lambda geval: geval.naam)
def test_levering_of_only_a_bad_file_is_parked(instellingen: Instellingen, geval: Geval) -> None:
    levering = neem_op(instellingen, geval.bron, {geval.bestand: geval.inhoud})
    assert (levering.status, levering.code) == ("geparkeerd", "L-LEEG")
    assert toelaten(instellingen) == []
    again = neem_op(instellingen, geval.bron, {"anders" + geval.bestand: geval.inhoud})
    assert (again.code, again.nieuw) == ("L-DUBBEL", False)


def test_levering_whose_only_file_breaks_at_the_door_is_parked(instellingen: Instellingen) -> None:
    neem_op(instellingen, "gemeente", {"b.csv": populatie_csv([GOED])})
    levering = neem_op(instellingen, "uwv", {"a.xml": suwi(client(GOED) * 3000)[:-40]})
    assert levering.status == "ontvangen"
    toelaten(instellingen)
    assert levering.levering_id not in {rij["levering_id"] for rij in instellingen.grootboek.leveringen()}
    assert personen_in_lake(instellingen, "inkomsten", TABEL) == []


def test_quarantine_says_which_member_and_record(instellingen: Instellingen) -> None:
    geval = next(geval for geval in GEVALLEN if geval.naam == "zip: kapotte XML tussen goede")
    levering = neem_op(instellingen, "uwv", {"goed.csv": goed_bestand(), geval.bestand: geval.inhoud})
    toelaten(instellingen)
    rows = pq.read_table(instellingen.map("quarantaine", levering.levering_id)).to_pylist()
    assert [(row["bestand_nr"], row["lid_nr"], row["code"]) for row in rows] == [(2, 3, "B-KAPOT")]


def test_entity_does_not_read_a_file(instellingen: Instellingen, tmp_path: Path) -> None:
    """Were the entity resolved, its content would be a person of the population."""
    (tmp_path / "geheim").write_text(ANDERE)
    begin = f'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a SYSTEM "{(tmp_path / "geheim").as_uri()}">]>'
    neem_op(instellingen, "gemeente", {"b.csv": populatie_csv([ANDERE])})
    neem_op(instellingen, "uwv", {"a.xml": suwi(client("&a;"), begin)})
    toelaten(instellingen)
    assert personen_in_lake(instellingen, "inkomsten", TABEL) == []


def test_member_names_lead_nowhere(instellingen: Instellingen) -> None:
    for geval in GEVALLEN:
        if "pad" in geval.naam:
            neem_op(instellingen, geval.bron, {geval.bestand: geval.inhoud})
    toelaten(instellingen)
    assert {pad.name for pad in alle_bestanden(instellingen.landing)} <= {"000001.zip", "000001.tar.gz"}


def test_codes_and_pointers_hold_no_value_of_the_file(instellingen: Instellingen) -> None:
    """Whatever is wrong with it, nothing of a bad file is written outside the landing area."""
    merk = "ZEERGEHEIM"
    neem_op(instellingen, "gemeente", {"b.csv": populatie_csv([GOED, ANDERE])})
    kop = "Burgerservicenr;DatBIkv;" + merk
    neem_op(instellingen, "uwv", {"a.csv": f"{kop}\n{ANDERE};{merk};x\n{merk};20260101;x\n{merk}\n", "b.csv": merk * 9})
    toelaten(instellingen)
    for path in alle_bestanden(instellingen.data):
        if not path.is_relative_to(instellingen.landing) and not path.is_relative_to(instellingen.data / "aangeboden"):
            content = str(pq.read_table(path).to_pylist()).encode() if path.suffix == ".parquet" else path.read_bytes()
            assert merk.encode() not in content, path.name


def lees_met_weinig_geheugen(path: Path, megabytes: int) -> subprocess.CompletedProcess[bytes]:
    script = f"""
from pathlib import Path
from connectors.lees import lees_bestand
from schemas.fout import KetenFout
from schemas.load import bronnen
try:
    gelezen = lees_bestand(Path({str(path)!r}), bronnen()["uwv"], ["inkomstenverhouding"])
    print(sum(item.batch.num_rows for item in gelezen if hasattr(item, "batch")))
except KetenFout as fout:
    print(fout.code)
"""

    def limit() -> None:
        resource.setrlimit(resource.RLIMIT_AS, (megabytes * 2**20, megabytes * 2**20))

    return subprocess.run(
        [sys.executable, "-c", script], cwd=CHECKOUT, check=False, capture_output=True, timeout=60, preexec_fn=limit
    )


def test_deeply_nested_json_is_refused_in_bounded_memory(tmp_path: Path) -> None:
    path = tmp_path / "diep.json"
    path.write_bytes(b'[{"Burgerservicenr": ' + b"[" * 30_000 + b"]" * 30_000 + b"}]")
    done = lees_met_weinig_geheugen(path, 1500)
    assert done.stdout.split() == [b"B-KAPOT"]


@pytest.mark.zwaar
def test_xml_on_one_line_is_read_in_bounded_memory(tmp_path: Path) -> None:
    """50 MB without a line end; memory may not grow with it."""
    path = tmp_path / "lang.xml"
    with path.open("w") as file:
        begin, einde = suwi("|").split("|")
        file.write(begin)
        for _ in range(10):
            file.write(client() * 30_000)
        file.write(einde)
    done = lees_met_weinig_geheugen(path, 1500)
    assert done.stdout.split() == [b"300000"], done.stderr.decode()[-300:]
