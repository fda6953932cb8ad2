"""Tells what a file is: its format, and which tables of the bron it holds, from its first bytes only.

This is the schema check on open: a file of another bron, without a required column or in another encoding is refused
here with a code, before a record is read.
"""

from __future__ import annotations

import csv
import io
import re
from dataclasses import dataclass
from functools import lru_cache
from typing import IO, Literal

import orjson
import pyarrow as pa
import pyarrow.parquet as pq
from lxml import etree

from connectors.bestand import voor_arrow
from connectors.json_stroom import eerste_sleutels
from schemas.bron import Bron, JsonVorm, Plaats, Tabel
from schemas.fout import KetenFout

Formaat = Literal["csv", "lo_brp", "json", "jsonregels", "xml", "parquet"]
HEAD_BYTES = 262_144
LO_BRP_BSN = "01.01.20"


@dataclass(frozen=True)
class Herkend:
    """A recognised stream: format, tables (`<tabel>` within the bron) and, for CSV, delimiter and header."""

    formaat: Formaat
    tabellen: tuple[str, ...]
    scheidingsteken: str = ";"
    kolommen: tuple[str, ...] = ()
    onbekende_kolommen: int = 0


def herken(stream: IO[bytes], bron: Bron) -> Herkend:
    """Recognises a stream by its content.

    Raises:
        KetenFout: `B-LEEG`, `B-CODERING`, `B-KAPOT`, `B-ONBEKEND` or `B-KOLOM-ONTBREEKT`.
    """
    head = stream.read(HEAD_BYTES)
    if not head.strip():
        raise KetenFout("B-LEEG")
    if head.startswith(b"PAR1"):
        return _herken_parquet(io.BytesIO(head + stream.read()) if not stream.seekable() else stream, bron)
    text = _decode(head, complete=len(head) < HEAD_BYTES)
    match text.lstrip()[:1]:
        case "<":
            return _herken_xml(head, bron)
        case "{" | "[":
            return _herken_json(head, text, bron)
        case _:
            return _herken_csv(text, bron)


def _decode(head: bytes, *, complete: bool) -> str:
    if head.startswith((b"\xff\xfe", b"\xfe\xff")) or b"\x00" in head[:1024]:
        raise KetenFout("B-CODERING")
    if b"encoding=" in head[:100] and head.lstrip().startswith(b"<?xml"):
        return head.decode("latin-1")  # the XML parser knows and checks its own encoding
    try:
        return head.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        if not complete and error.start > len(head) - 4:  # a character cut by the end of the head
            return head[: error.start].decode("utf-8-sig")
        raise KetenFout("B-CODERING") from None


def _herken_parquet(stream: IO[bytes], bron: Bron) -> Herkend:
    try:
        stream.seek(0)
        columns = pq.ParquetFile(voor_arrow(stream)).schema_arrow.names
    except (pa.ArrowException, OSError):
        raise KetenFout("B-KAPOT", "parquet") from None
    naam, unknown = _best_table(
        set(columns), bron, {t.tabel: t.parquet.kolommen for t in bron.tabellen.values() if t.parquet}
    )
    return Herkend("parquet", (naam,), kolommen=tuple(columns), onbekende_kolommen=unknown)


def _herken_xml(head: bytes, bron: Bron) -> Herkend:
    parser = etree.XMLPullParser(events=("start",), resolve_entities=False, no_network=True, huge_tree=False)
    try:
        parser.feed(head)
        root = next((element for _, element in parser.read_events() if not isinstance(element, tuple)), None)
    except etree.XMLSyntaxError:
        root = None
    if root is None:
        raise KetenFout("B-KAPOT", "xml")
    return Herkend("xml", tabellen_van_document(root, bron))


def tabellen_van_document(root: etree._Element, bron: Bron) -> tuple[str, ...]:
    """The tables an XML document holds, told from its root element.

    Raises:
        KetenFout: `B-ONBEKEND` when no table of the bron reads this document.
    """
    name = etree.QName(root)
    tabellen = tuple(
        tabel.tabel
        for tabel in bron.tabellen.values()
        if any(rij.document == name.localname and rij.namespace == name.namespace for rij in tabel.xml)
    )
    if not tabellen:
        raise KetenFout("B-ONBEKEND", "xml")
    return tabellen


def _herken_json(head: bytes, text: str, bron: Bron) -> Herkend:
    try:
        first_line = orjson.loads(text.lstrip().split("\n", 1)[0])
    except orjson.JSONDecodeError:
        first_line = None
    lines = isinstance(first_line, dict)
    first = set(first_line) if lines else eerste_sleutels(io.BytesIO(head.removeprefix(b"\xef\xbb\xbf")))
    if not first:
        raise KetenFout("B-KAPOT", "json")
    mappings = {t.tabel: _at_the_top(t.json_) for t in bron.tabellen.values() if t.json_}
    naam, _ = _best_table(first, bron, mappings)
    inside = (t.tabel for t in bron.tabellen.values() if any(vorm.tabel == naam for vorm in t.json_binnen))
    return Herkend("jsonregels" if lines else "json", (naam, *inside))


def _herken_csv(text: str, bron: Bron) -> Herkend:
    header = re.split(r"\r\n|\n|\r", text, maxsplit=1)[0]
    delimiter = max(";,\t|", key=header.count)
    try:
        columns = next(csv.reader([header], delimiter=delimiter), [])
    except csv.Error:  # one endless cell
        raise KetenFout("B-ONBEKEND", "csv") from None
    if LO_BRP_BSN in columns:
        tabellen = tuple(tabel.tabel for tabel in bron.tabellen.values() if tabel.lo_brp)
        if not tabellen:
            raise KetenFout("B-ONBEKEND", "lo-brp")
        return Herkend("lo_brp", tabellen, delimiter, tuple(columns))
    naam, unknown = _best_table(set(columns), bron, {t.tabel: t.csv.kolommen for t in bron.tabellen.values() if t.csv})
    return Herkend("csv", (naam,), delimiter, tuple(columns), unknown)


def _at_the_top(vorm: JsonVorm) -> dict[str, Plaats]:
    """Where the fields of a table stand in the first object of a document, as far as that is looked at."""
    return vorm.velden if vorm.rij is None else dict.fromkeys(vorm.velden, Plaats(pad=vorm.rij))


def _best_table(found: set[str], bron: Bron, mappings: dict[str, dict[str, Plaats]]) -> tuple[str, int]:
    """The table that knows most of what was found, with how many columns it does not know.

    A file has the columns of the required fields of its table. Of two tables that know as much, it is the one whose key
    it has, and then the one that it has the most of.
    """
    candidates = [
        _candidate(found, bron.tabellen[naam], places)
        for naam, places in mappings.items()
        if any(_first_key(plaats.pad) in found for plaats in places.values())
    ]
    if not candidates:
        raise KetenFout("B-ONBEKEND")
    nearest = max(candidates)
    if not nearest.complete and nearest.known / len(found) >= 0.5:
        raise KetenFout("B-KOLOM-ONTBREEKT", ", ".join(nearest.absent))
    usable = [candidate for candidate in candidates if candidate.complete]
    if not usable:
        raise KetenFout("B-ONBEKEND")
    best = max(usable)
    not_read = sum(bron.tabellen[best.naam].reden_niet(column) is not None for column in found)
    return best.naam, len(found) - best.known - not_read


@dataclass(frozen=True, order=True)
class _Candidate:
    """A table that a file may hold, ordered by how well they fit."""

    known: int
    complete: bool
    has_key: bool
    share: float
    naam: str
    absent: tuple[str, ...]


def _candidate(found: set[str], tabel: Tabel, plaatsen: dict[str, Plaats]) -> _Candidate:
    places = {veld: _first_key(plaats.pad) for veld, plaats in plaatsen.items()}
    every = set(places.values())
    known = len(every & found)
    absent = tuple(places[veld] for veld in places if tabel.velden[veld].verplicht and places[veld] not in found)
    has_key = all(places.get(veld) in found for veld in tabel.sleutel)
    return _Candidate(known, not absent, has_key, known / len(every), tabel.tabel, absent)


@lru_cache(maxsize=10_000)  # more than all bronnen declare
def _first_key(pad: str) -> str:
    return pad.split("/", 1)[0].split("[", 1)[0]
