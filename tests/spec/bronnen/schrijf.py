"""Writes one record in every format that its table declares, from the declaration alone."""

from __future__ import annotations

import copy
import csv
import io
import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from lxml import etree

from schemas.bron import Plaats, Tabel, XmlRij

Record = Mapping[str, str]


def bestanden(tabel: Tabel, record: Record) -> Iterator[tuple[str, bytes, Record]]:
    """A name, the content of a file, and the fields that this format holds, with the values that must come out."""
    if tabel.csv:
        columns = _flat(tabel.csv.kolommen, record)
        yield "a.csv", _csv(columns), _held(tabel.csv.kolommen, record)
    if tabel.parquet:
        columns = _flat(tabel.parquet.kolommen, record)
        buffer = io.BytesIO()
        pq.write_table(pa.table({naam: [waarde] for naam, waarde in columns.items()}), buffer)
        yield "a.parquet", buffer.getvalue(), _held(tabel.parquet.kolommen, record)
    if tabel.json_:
        row: dict[str, Any] = {}
        for veld, plaats in tabel.json_.velden.items():
            if veld in record:
                _put_json(row, plaats.pad, _as_written(plaats, record[veld]))
        content = {"aantal": 1, tabel.json_.rij: [row]} if tabel.json_.rij else [row]
        yield "a.json", json.dumps(content, indent=1).encode(), _held(tabel.json_.velden, record)
    for nr, rij in enumerate(tabel.xml):
        yield f"{nr}.xml", _xml(rij, record), _held(rij.velden, record)
    if tabel.lo_brp:
        yield "lo.csv", _lo_brp(tabel, record), _held(tabel.lo_brp.velden, record)


def in_bulk(tabel: Tabel, record: Record, aantal: int) -> Iterator[tuple[str, bytes]]:
    """Files with the same record so many times, in the three forms that hold every field."""
    assert tabel.csv
    assert tabel.parquet
    header, row = _csv(_flat(tabel.csv.kolommen, record)).splitlines(keepends=True)
    yield "bulk.csv", header + row * aantal
    buffer = io.BytesIO()
    columns = _flat(tabel.parquet.kolommen, record)
    pq.write_table(pa.table({naam: [waarde] * aantal for naam, waarde in columns.items()}), buffer)
    yield "bulk.parquet", buffer.getvalue()
    whole = next(rij for rij in tabel.xml if set(rij.velden) == set(tabel.velden))
    root = etree.fromstring(_xml(whole, record))
    root.extend([copy.deepcopy(root[0]) for _ in range(aantal - 1)])
    yield "bulk.xml", etree.tostring(root)


def _held(plaatsen: Mapping[str, Plaats], record: Record) -> Record:
    fixed = {veld: plaats.vast for veld, plaats in plaatsen.items() if plaats.vast is not None}
    return {veld: fixed.get(veld, record[veld]) for veld in plaatsen if veld in record}


def _as_written(plaats: Plaats, waarde: str) -> str:
    return f"{int(waarde) // 100}.{int(waarde) % 100:02d}" if plaats.eenheid == "euro" else waarde


def _flat(plaatsen: Mapping[str, Plaats], record: Record) -> dict[str, str]:
    return {plaats.pad: _as_written(plaats, record[veld]) for veld, plaats in plaatsen.items() if veld in record}


def _csv(columns: Mapping[str, str]) -> bytes:
    buffer = io.StringIO()
    csv.writer(buffer, delimiter=";", lineterminator="\n").writerows([columns.keys(), columns.values()])
    return buffer.getvalue().encode()


def _put_json(row: dict[str, Any], pad: str, waarde: str) -> None:
    *above, last = pad.split("/")
    for step in above:
        match = re.fullmatch(r"([^\[]+)\[([^=]+)=(.*)\]", step)
        if match:
            items = row.setdefault(match[1], [])
            found = [item for item in items if item.get(match[2]) == match[3]]
            if not found:
                found = [{match[2]: match[3]}]
                items += found
            row = found[0]
        else:
            row = row.setdefault(step, {})
    row[last] = waarde


def _xml(rij: XmlRij, record: Record) -> bytes:
    root = etree.Element(f"{{{rij.namespace}}}{rij.document}")
    levels = [root]
    for step in rij.rij.split("/"):
        levels.append(etree.SubElement(levels[-1], step))
    for veld, plaats in rij.velden.items():
        if veld not in record or plaats.vast is not None:
            continue
        steps = plaats.pad.split("/")
        up = steps.count("..")
        node = levels[len(levels) - 1 - up]
        steps = [step for step in steps[up:] if step != "."]
        if steps and steps[-1].startswith("@"):
            node.set(steps[-1][1:], record[veld])
            continue
        for step in steps:
            found = [child for child in node if child.tag == step]
            node = found[0] if found else etree.SubElement(node, step)
        if plaats.vorm == "standaardbedr":
            for naam, waarde in (("CdMunteenheid", "EUR"), ("CdPositiefNegatief", "+"), ("WaardeBedr", record[veld])):
                etree.SubElement(node, naam).text = waarde
        else:
            node.text = _as_written(plaats, record[veld])
    return etree.tostring(root, xml_declaration=True, encoding="UTF-8")


def _lo_brp(tabel: Tabel, record: Record) -> bytes:
    assert tabel.lo_brp is not None
    velden = tabel.lo_brp.velden
    start = {"": "Lg01", "01.01.20": record["burgerservicenummer"]}
    columns = start | {
        velden[veld].pad: record[veld] for veld in velden if veld in record and velden[veld].vorm != "actueel"
    }
    if tabel.lo_brp.rijen != "vervolg":
        return _csv(columns)
    below = columns | {"": ""}
    first = {naam: start.get(naam, "") for naam in columns}
    return _csv(first) + _csv(below).split(b"\n", 1)[1]
