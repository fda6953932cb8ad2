"""Reads XML extracts (SuwiML answers and this project's own XML) as a stream of raw batches.

A document is read element by element: each child of the root is turned into rows and then forgotten, so memory does not
grow with the file. Names are compared without namespace prefix and, failing that, without regard to case, because real
answers differ from their schema in both; a deviation in case is counted as a warning.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import IO

from lxml import etree

from connectors.rijen import BATCH_ROWS, Bevinding, Gelezen, make_rijen_from_lists
from schemas.fout import KetenFout
from schemas.model import Plaats, Tabel, XmlRij

NOT_FOUND, FWI = "NietsGevonden", "FWI"
Node = etree._Element


def _local(node: Node) -> str:
    return str(node.tag).rpartition("}")[2]


@dataclass(frozen=True)
class _Getter:
    """Where a field stands relative to its row: `up` levels above it, then down along `steps`."""

    veld: str
    up: int
    steps: tuple[str, ...]
    attribute: str | None
    plaats: Plaats

    @classmethod
    def compile(cls, veld: str, plaats: Plaats) -> _Getter:
        parts = plaats.pad.split("/")
        up = sum(part == ".." for part in parts)
        steps = parts[up:]
        attribute = steps.pop()[1:] if steps[-1].startswith("@") else None
        return cls(veld, up, tuple(steps), attribute, plaats)


class _Buffer:
    """Rows of one table that wait to become a batch; each batch is numbered from 1."""

    def __init__(self, naam: str, tabel: Tabel) -> None:
        self.naam, self.tabel = naam, tabel
        self.plaatsen = {veld: plaats for rij in tabel.xml for veld, plaats in rij.velden.items()}
        self.taken = 0
        self.columns: dict[str, list[str | None]] = {veld: [] for veld in self.plaatsen}
        self.count = 0

    def truncate(self, count: int) -> None:
        """Forgets the rows after the first `count`."""
        for values in self.columns.values():
            del values[count:]
        self.count = count

    def take(self) -> Gelezen:
        """Yields what waits as one batch and starts anew."""
        if self.count:
            yield make_rijen_from_lists(self.naam, self.tabel, self.plaatsen, self.columns, 1)
            self.taken += self.count
            self.truncate(0)


class _Plan:
    """How rows of one table are found below a child of the root."""

    def __init__(self, buffer: _Buffer, rij: XmlRij) -> None:
        self.buffer = buffer
        self.path = tuple(rij.rij.split("/"))
        getters = {veld: _Getter.compile(veld, plaats) for veld, plaats in rij.velden.items()}
        self.getters = [(values, getters.get(veld)) for veld, values in buffer.columns.items()]

    def collect(self, child: Node) -> int:
        """Adds the rows below one child of the root; returns how many names deviated in case."""
        deviations = 0
        for row, deviated in _descend(child, self.path[1:]):
            deviations += deviated
            for values, getter in self.getters:
                value, count = _value(row, getter) if getter else (None, 0)
                values.append(value)
                deviations += count
            self.buffer.count += 1
        return deviations


def _descend(node: Node, path: tuple[str, ...], deviated: int = 0) -> Iterator[tuple[Node, int]]:
    """The elements at a path, each with how many names on the way deviated in case."""
    if not path:
        yield node, deviated
        return
    for child in node.iterchildren("*"):
        name = _local(child)
        if name == path[0] or name.lower() == path[0].lower():
            yield from _descend(child, path[1:], deviated + (name != path[0]))


def _value(row: Node, getter: _Getter) -> tuple[str | None, int]:
    node: Node | None = row
    for _ in range(getter.up):
        node = node.getparent() if node is not None else None
    deviations = 0
    for step in getter.steps:
        if node is None:
            return None, deviations
        node = _child(node, step, last=getter.plaats.keuze == "laatste")
        deviations += node is not None and _local(node) != step
    if node is None:
        return None, deviations
    if getter.attribute:
        return node.get(getter.attribute) or None, deviations
    text = _standaardbedr(node) if getter.plaats.vorm == "standaardbedr" else node.text
    return (text.strip() or None) if text else None, deviations


def _child(node: Node, name: str, *, last: bool = False) -> Node | None:
    found, lower = None, name.lower()
    for child in node.iterchildren("*"):
        if _local(child).lower() == lower:
            found = child
            if not last:
                break
    return found


def _standaardbedr(node: Node) -> str | None:
    """SuwiML StandaardBedr: `WaardeBedr` in whole cents with its sign in `CdPositiefNegatief`."""
    value = _child(node, "WaardeBedr")
    sign = _child(node, "CdPositiefNegatief")
    if value is None or not value.text:
        return None
    negative = sign is not None and (sign.text or "").strip() == "-"
    return ("-" if negative else "") + value.text.strip()


class XmlLezer:
    """Reads one or many XML documents of a bron (a file, or all members of an archive) into continuous batches."""

    def __init__(self, bron: str, tabellen: dict[str, Tabel]) -> None:
        self._buffers = [_Buffer(f"{bron}.{naam}", tabel) for naam, tabel in tabellen.items()]
        self._plans: dict[tuple[str, str], list[_Plan]] = {}
        for buffer in self._buffers:
            for rij in buffer.tabel.xml:
                plan = _Plan(buffer, rij)
                self._plans.setdefault((rij.document, plan.path[0]), []).append(plan)
        self._tags = [f"{{*}}{name}" for name in {top for _, top in self._plans} | {NOT_FOUND, FWI}]

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
            name, root = _local(node), node.getparent()
            if name in (NOT_FOUND, FWI):
                yield Bevinding("W-NIETS-GEVONDEN" if name == NOT_FOUND else "W-FWI", lid_nr=lid_nr)
            for plan in self._plans.get((_local(root), name), ()) if root is not None else ():
                deviations += plan.collect(node)
            if any(buffer.count >= BATCH_ROWS for buffer in self._buffers):
                yield from self.take()
        if deviations:
            yield Bevinding("W-AFWIJKING", lid_nr=lid_nr, aantal=deviations)

    def _stream(self, stream: IO[bytes]) -> Iterator[Node]:
        """The children of the root that matter, each forgotten after it was used."""
        parser = etree.iterparse(
            stream, events=("end",), tag=self._tags, resolve_entities=False, no_network=True, load_dtd=False
        )
        for _, node in parser:
            root = node.getparent()
            if root is not None and root.getparent() is None:
                yield node
                _forget(node)

    def take(self) -> Gelezen:
        """Yields all rows that wait."""
        for buffer in self._buffers:
            yield from buffer.take()


def _forget(node: Node) -> None:
    """Frees an element that has been read, and what stood before it."""
    node.clear()
    root = node.getparent()
    while root is not None and node.getprevious() is not None:
        del root[0]
