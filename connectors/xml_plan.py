"""Finds the rows of a table below an element of an XML document, in one walk over what stands there.

The paths of all fields are compiled beforehand into one tree of steps. The walk goes only where a step leads, and
thinks about a name once, however often it returns (ADR 0017). Names are compared without namespace prefix and without
regard to case; a difference in case is counted.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from lxml import etree

from connectors.rijen import UNREADABLE
from schemas.bron import Plaats, XmlRij

Node = etree._Element
Frame = list[Any]  # of one element on the path to a row: how many names deviated, and a text for every slot or None
Row = tuple[Frame, ...]  # the frames of the elements on its path
MAX_NAMES = 10_000  # that are remembered for a step; no schema has as many


@lru_cache(maxsize=MAX_NAMES)
def local(tag: object) -> str:
    """The name in a tag without its namespace; comments and instructions have none."""
    return tag.rpartition("}")[2] if isinstance(tag, str) else ""


@dataclass
class _Stap:
    """One name on the way to a field, or (with a `level`) on the way to a row.

    `slot` holds the text of the element, `special` the fields that are not just that; `fields` is how many are reached
    along this step.
    """

    naam: str
    slot: int
    laatste: bool = False
    level: int | None = None
    fields: int = 0
    special: list[tuple[int, Plaats, str | None]] = field(default_factory=list)
    steps: list[_Stap] = field(default_factory=list)
    leads: dict[object, Lead] = field(default_factory=dict)

    def find(self, tag: object) -> Lead:
        """Where an element with this tag leads."""
        naam = local(tag)
        steps = [(step, step.naam != naam) for step in self.steps if step.naam.lower() == naam.lower()]
        found: Lead = steps
        if len(steps) == 1 and not steps[0][1]:
            found = steps[0][0].alone() or steps
        if len(self.leads) < MAX_NAMES:
            self.leads[tag] = found
        return found

    def alone(self) -> int | tuple[int, int, str | None] | None:
        """The slots, when the text or the amount of the first such element is all there is to know."""
        if self.level is not None or self.laatste or self.steps:
            return None
        match self.special:
            case []:
                return self.slot
            case [(slot, plaats, None)]:
                return self.slot, slot, plaats.kaal
            case _:
                return None


# Where an element leads: to the slot for its text, to slots for its text and its amount (and the unit of a bare one),
# or to steps in general, each with whether the name of the element deviates in case.
Lead = int | tuple[int, int, str | None] | list[tuple[_Stap, bool]]


class Plan:
    """How rows of one table are found below a child of the root, which is level 0 of the path to a row."""

    def __init__(self, rij: XmlRij) -> None:
        self.path = rij.rij.split("/")
        self._frames: list[Frame] = [[0, None] for _ in self.path]  # as they are before anything is found
        self._levels = [_Stap(naam, 1, level=level) for level, naam in enumerate(self.path)]
        for above, step in zip(self._levels, self._levels[1:], strict=False):
            above.steps.append(step)
        self._of_root: list[tuple[int, str]] = []  # slots of level 0 for attributes of the root
        self._deviated = False
        self._euros = {veld for veld, plaats in rij.velden.items() if plaats.eenheid == "euro"}
        self._places = {veld: self._place(plaats) for veld, plaats in rij.velden.items()}

    def _place(self, plaats: Plaats) -> tuple[int, int] | str:
        """Where the value of a field is found, as level and slot, or the value itself."""
        if plaats.vast is not None:
            return plaats.vast
        parts = plaats.pad.split("/")
        up = parts.count("..")
        names = [part for part in parts[up:] if part != "."]  # `.` is the row itself
        attribute = names.pop()[1:] if names and names[-1].startswith("@") else None
        level = len(self.path) - 1 - up
        if level < 0:
            assert attribute and not names and level == -1, plaats.pad
            self._of_root.append((self._slot(0), attribute))
            return 0, self._of_root[-1][0]
        step = self._levels[level]
        for naam in names:
            step = self._step(step, naam, level, laatste=plaats.keuze == "laatste")
            step.fields += 1
        if attribute is None and plaats.vorm == "tekst":
            return level, step.slot
        slot = self._slot(level)
        step.special.append((slot, plaats, attribute))
        return level, slot

    def _slot(self, level: int) -> int:
        self._frames[level].append(None)
        return len(self._frames[level]) - 1

    def _step(self, above: _Stap, naam: str, level: int, *, laatste: bool) -> _Stap:
        for step in above.steps:
            if step.level is None and (step.naam, step.laatste) == (naam, laatste):
                return step
        above.steps.append(_Stap(naam, self._slot(level), laatste))
        return above.steps[-1]

    def collect(self, child: Node, root: Node) -> tuple[list[Row], int]:
        """The rows below one child of the root, and how many names deviated in case."""
        rows: list[Row] = []
        self._deviated = False
        self._enter(child, self._levels[0], (), rows)
        if rows:
            for slot, attribute in self._of_root:
                rows[0][0][slot] = root.get(attribute)  # the frame of level 0 is the same one for all rows
        return rows, sum(frame[0] for frames in rows for frame in frames) if self._deviated else 0

    def values(self, veld: str, rows: list[Row]) -> list[str | None]:
        """What was found of a field; an amount that this document gives in euros, in whole cents."""
        place = self._places.get(veld)
        if not isinstance(place, tuple):
            return [place] * len(rows)
        level, slot = place
        found = [frames[level][slot] for frames in rows]
        return [text and _cents(text) for text in found] if veld in self._euros else found

    def _enter(self, node: Node, step: _Stap, above: Row, rows: list[Row], deviates: bool = False) -> None:
        """Goes into an element on the path to a row."""
        assert step.level is not None
        frame = self._frames[step.level].copy()
        frames = (*above, frame)
        if odd := deviates + _read(node, step, frame):
            self._deviates(frame, odd)
        if step.level == len(self.path) - 1:
            rows.append(frames)
        if step.steps:
            self._walk(node, step, frames, rows)

    def _walk(self, node: Node, step: _Stap, frames: Row, rows: list[Row]) -> None:
        frame, leads = frames[-1], step.leads
        for child in node:
            tag = child.tag
            found = leads.get(tag)
            if found is None:
                found = step.find(tag)
            if isinstance(found, int):
                if frame[found] is None:
                    frame[found] = child.text or ""
            elif isinstance(found, tuple):
                seen, slot, kaal = found
                if frame[seen] is None:
                    frame[seen] = ""
                    frame[slot], odd = _standaardbedr(child, kaal)
                    if odd:
                        self._deviates(frame, odd)
            else:
                for below, deviates in found:
                    self._follow(child, below, deviates, frames, rows)

    def _follow(self, node: Node, step: _Stap, deviates: bool, frames: Row, rows: list[Row]) -> None:
        frame = frames[-1]
        if step.level is not None:
            self._enter(node, step, frames, rows, deviates)
            return
        if frame[step.slot] is None:
            self._deviates(frame, deviates * step.fields)
        elif step.laatste:
            _forget(step, frame)
        else:
            return
        self._deviates(frame, _read(node, step, frame))
        if step.steps:
            self._walk(node, step, frames, rows)

    def _deviates(self, frame: Frame, times: int) -> None:
        if times:
            frame[0] += times
            self._deviated = True


def _read(node: Node, step: _Stap, frame: Frame) -> int:
    """Notes what an element says; how many of its amounts deviate from the schema."""
    deviations = 0
    frame[step.slot] = node.text or ""
    for slot, plaats, attribute in step.special:
        if attribute is not None:
            frame[slot] = node.get(attribute)
        else:
            frame[slot], odd = _standaardbedr(node, plaats.kaal)
            deviations += odd
    return deviations


def _forget(step: _Stap, frame: Frame) -> None:
    """Forgets what was found below an element that turns out not to be the last."""
    for below in step.steps:
        frame[below.slot] = None
        for slot, _, _ in below.special:
            frame[slot] = None
        _forget(below, frame)


def _standaardbedr(node: Node, kaal: str | None) -> tuple[str | None, int]:
    """SuwiML StandaardBedr in whole cents, and whether it deviates from the schema.

    `WaardeBedr` is in cents, its sign in `CdPositiefNegatief`. Another currency than the euro is not an amount (`?`,
    which is uitval). `kaal` is the unit of an amount that stands there without these elements.
    """
    parts: list[str | None] = [None] * 5
    for child in node:
        parts[_PARTS[child.tag]] = child.text or ""
    value, sign, currency, other, _ = parts
    if value and (value := value.strip()):
        if currency and currency.strip() not in ("EUR", ""):
            return UNREADABLE, 1
        return ("-" + value if sign and sign.strip() == "-" else value), 0
    bare = (node.text or "").strip()
    if not (value is sign is currency is other is None) or not bare:
        return None, 0
    return (_cents(bare) if kaal == "euro" else bare if kaal else UNREADABLE), 1


class _Parts(dict[object, int]):
    """The places of what stands in an amount, by tag: value, sign, currency, another element, no element."""

    def __missing__(self, tag: object) -> int:
        names = {"waardebedr": 0, "cdpositiefnegatief": 1, "cdmunteenheid": 2}
        place = names.get(local(tag).lower(), 3 if local(tag) else 4)
        if len(self) < MAX_NAMES:
            self[tag] = place
        return place


_PARTS = _Parts()


def _cents(euros: str) -> str:
    match = re.fullmatch(r"([+-]?\d{1,14})(?:[.,](\d{1,2}))?", euros)
    return match[1] + (match[2] or "").ljust(2, "0") if match else UNREADABLE
