"""The readers: XML against lxml's iterparse with the same rows, JSON lines against orjson that only parses."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path

import orjson
import pyarrow as pa
import pytest
from lxml import etree

from connectors.lees import lees_bestand
from connectors.rijen import Rijen
from schemas.load import bronnen
from tests.benchmarks.maak import NS, schrijf_jsonregels, schrijf_xml

MB = float(os.environ.get("KETEN_BENCHMARK_MB", "25"))
Q = f"{{{NS}}}"

pytestmark = pytest.mark.zwaar


def rijen(path: Path) -> int:
    gelezen = lees_bestand(path, bronnen()["uwv"], ["inkomstenopgave"])
    return sum(item.batch.num_rows for item in gelezen if isinstance(item, Rijen))


def snelste(action: Callable[[], object], clock: Callable[[], float], rounds: int = 3) -> float:
    times = []
    for _ in range(rounds):
        start = clock()
        action()
        times.append(clock() - start)
    return min(times)


def by_iterparse(path: Path) -> int:
    """The same fields of the same rows with what lxml offers, as columns in the end, like ours."""

    def amount(row: etree._Element, naam: str) -> str | None:
        found = row.find(Q + naam)
        if found is None:
            return None
        return (found.findtext(Q + "CdPositiefNegatief") or "").strip("+") + (found.findtext(Q + "WaardeBedr") or "")

    rows = []
    for _, client in etree.iterparse(str(path), tag=Q + "ClientSuwi"):
        person = client.findtext(Q + "Burgerservicenr")
        for ikv in client.iterfind(Q + "Inkomstenverhouding"):
            employer = ikv.findtext(f"{Q}AdministratieveEenheid/{Q}Loonheffingennr")
            above = person, employer, ikv.findtext(Q + "VolgnrIkv"), ikv.findtext(Q + "DatBIkv")
            for iko in ikv.iterfind(Q + "Inkomstenopgave"):
                names = ("DatBIko", "DatEIko", "AantSvDagenIko", "AantVerloondeUrenIko")
                amounts = (
                    "BedrBrutoloonSv",
                    "BedrLoonLbPremieVolksverz",
                    "BedrIngehoudenLbPremieVolksverz",
                    "BedrVakantietoeslag",
                )
                texts = [iko.findtext(Q + naam) for naam in names]
                rows.append((*above, *texts, *[amount(iko, naam) for naam in amounts]))
        client.clear()
        while client.getprevious() is not None:
            del client.getparent()[0]
    table = pa.table([pa.array(column, pa.string()) for column in zip(*rows, strict=True)], [*"abcdefghijkl"])
    return table.num_rows


def test_xml_against_iterparse(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "groot.xml"
    schrijf_xml(path, int(MB * 700))
    size = path.stat().st_size / 1e6
    assert rijen(path) == by_iterparse(path)
    ours, theirs = (snelste(lambda read=read: read(path), time.process_time) for read in (rijen, by_iterparse))
    with capsys.disabled():
        print(f"\nxml: {size / ours:.0f} MB/s, iterparse {size / theirs:.0f} MB/s, {theirs / ours:.2f} keer")
    assert theirs / ours > 1.4


def test_json_lines(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "groot.jsonl"
    rows = int(MB * 4 * 4000)
    schrijf_jsonregels(path, rows)
    size = path.stat().st_size / 1e6
    assert rijen(path) == rows
    wall, processor = (snelste(lambda: rijen(path), clock, 5) for clock in (time.perf_counter, time.process_time))
    orjson_alone = snelste(lambda: by_orjson(path), time.process_time)
    with capsys.disabled():
        print(f"\njson regels: {size / wall:.0f} MB/s, {size / processor:.0f} MB per processorseconde")
        print(f"orjson, alleen lezen: {size / orjson_alone:.0f} MB/s; {orjson_alone / processor:.2f} keer")
    assert orjson_alone / processor > 0.4


def by_orjson(path: Path) -> int:
    """Every line parsed, and nothing done with it."""
    with path.open("rb") as file:
        return sum(1 for line in file if orjson.loads(line))
