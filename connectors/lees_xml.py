"""Reads XML extracts (SuwiML answers and this project's own XML) as a stream of raw batches.

A document is read element by element: each child of the root is turned into rows and then forgotten, so memory does not
grow with the file. Names are compared without namespace prefix and, failing that, without regard to case, because real
answers differ from their schema in both; a deviation in case is counted as a warning.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from typing import IO

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from lxml import etree

from connectors.rijen import BATCH_ROWS, Bevinding, Gelezen, make_rijen
from connectors.xml_plan import Node, Plan, Row, local
from schemas.bron import Plaats, Tabel
from schemas.fout import KetenFout

NOT_FOUND, FWI = "NietsGevonden", "FWI"
BLOCK_BYTES = 2**16  # what is parsed of it is read while it is still in the cache
SPREAD_ROWS = 512  # the garbage collector walks over what waits as it was found
MAX_ELEMENT_BYTES = 16 * 2**20  # of one child of the root, with all that is in it


class _Buffer:
    """Rows of one table that wait to become a batch; each batch is numbered from 1."""

    def __init__(self, naam: str, tabel: Tabel) -> None:
        self.naam, self.tabel = naam, tabel
        # Units differ from document to document, so the plan of each has brought its amounts to cents already.
        self.plaatsen = {veld: Plaats(pad="cent") for rij in tabel.xml for veld in rij.velden}
        self.taken = self.count = 0
        self._rows: list[tuple[Plan, list[Row]]] = []  # as they were found, and a little later:
        self._columns: dict[str, list[str | None]] = {veld: [] for veld in self.plaatsen}

    def add(self, plan: Plan, rows: list[Row]) -> None:
        """Adds rows."""
        if not rows:
            return
        if self._rows and self._rows[-1][0] is plan:
            self._rows[-1][1].extend(rows)
        else:
            self._rows.append((plan, rows))
        self.count += len(rows)
        if len(self._rows[0][1]) >= SPREAD_ROWS:
            self._spread()

    def _spread(self) -> None:
        for veld, values in self._columns.items():
            for plan, rows in self._rows:
                values.extend(plan.values(veld, rows))
        self._rows.clear()

    def truncate(self, count: int) -> None:
        """Forgets the rows after the first `count`."""
        self._spread()
        for values in self._columns.values():
            del values[count:]
        self.count = count

    def take(self) -> Gelezen:
        """Yields what waits as one batch and starts anew."""
        if self.count:
            self._spread()
            columns = {veld: _trimmed(pa.array(values, pa.string())) for veld, values in self._columns.items()}
            record_nr = pa.array(np.arange(1, self.count + 1, dtype=np.int64))
            yield make_rijen(self.naam, self.tabel, self.plaatsen, columns, record_nr)
            self.taken += self.count
            self.truncate(0)


def _trimmed(text: pa.Array) -> pa.Array:
    trimmed = pc.utf8_trim_whitespace(text)
    return pc.if_else(pc.equal(trimmed, ""), pa.scalar(None, pa.string()), trimmed)


class XmlLezer:
    """Reads one or many XML documents of a bron (a file, or all members of an archive) into continuous batches."""

    def __init__(self, bron: str, tabellen: dict[str, Tabel]) -> None:
        self._buffers = [_Buffer(f"{bron}.{naam}", tabel) for naam, tabel in tabellen.items()]
        self._plans: dict[tuple[str, str], list[tuple[_Buffer, Plan]]] = {}
        for buffer in self._buffers:
            for rij in buffer.tabel.xml:
                plan = Plan(rij)
                self._plans.setdefault((rij.document, plan.path[0]), []).append((buffer, plan))
        names = {NOT_FOUND, FWI}.union(*self._plans)
        self._tags = [f"{{*}}{name}" for name in names]

    def lees(self, stream: IO[bytes], lid_nr: int | None) -> Gelezen:
        """Yields findings of one document, and batches when enough rows wait.

        A document that breaks off adds no rows and is a `B-KAPOT` finding.

        Raises:
            KetenFout: `B-KAPOT` when it breaks off after rows of it were already yielded; the caller starts the file
            anew
                without this document.
        """
        marks = [(buffer, buffer.count, buffer.taken) for buffer in self._buffers]
        try:
            yield from self._lees(self._stream(stream), lid_nr)
        except (etree.XMLSyntaxError, ValueError):
            if any(buffer.taken != taken for buffer, _, taken in marks):
                raise KetenFout("B-KAPOT", "xml") from None
            for buffer, count, _ in marks:
                buffer.truncate(count)
            yield Bevinding("B-KAPOT", lid_nr=lid_nr)

    def lees_geheel(self, root: Node, lid_nr: int | None) -> Gelezen:
        """Like `lees`, for a document that is in memory already: the quick way for an archive of small answers."""
        yield from self._lees(root.iterchildren("*"), lid_nr)

    def _lees(self, children: Iterator[Node], lid_nr: int | None) -> Gelezen:
        deviations = 0
        for node in children:
            name, root = local(node.tag), node.getparent()
            if name in (NOT_FOUND, FWI):
                yield Bevinding("W-NIETS-GEVONDEN" if name == NOT_FOUND else "W-FWI", lid_nr=lid_nr)
            if root is not None:
                for buffer, plan in self._plans.get((local(root.tag), name), ()):
                    rows, deviated = plan.collect(node, root)
                    buffer.add(plan, rows)
                    deviations += deviated
            if any(buffer.count >= BATCH_ROWS for buffer in self._buffers):
                yield from self.take()
        if deviations:
            yield Bevinding("W-AFWIJKING", lid_nr=lid_nr, aantal=deviations)

    def _stream(self, stream: IO[bytes]) -> Iterator[Node]:
        """The children of the root, all of a block at a time, each forgotten after it was used."""
        parser = etree.XMLPullParser(
            ("start",), tag=self._tags, resolve_entities=False, no_network=True, load_dtd=False
        )
        root: Node | None = None
        last: Node | None = None
        size = 0
        while block := stream.read(BLOCK_BYTES):
            parser.feed(block)
            for _, node in parser.read_events():
                assert isinstance(node, Node)
                root = node.getroottree().getroot() if root is None else root
            reading = None
            if root is not None and len(root):
                yield from islice(root, len(root) - 1)
                del root[:-1]
                reading = root[-1]
            size = size + len(block) if reading is last else 0
            last = reading
            if size > MAX_ELEMENT_BYTES:
                raise KetenFout("B-KAPOT", "xml-element te groot")
        yield from parser.close()

    def take(self) -> Gelezen:
        """Yields all rows that wait."""
        for buffer in self._buffers:
            yield from buffer.take()
