"""What the declarations say about a document: which element each field takes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fnmatch import fnmatchcase

from schemas.bron import Bron, Plaats, Tabel, Veld
from schemas.load import bronnen

AMOUNT_PARTS = ("CdMunteenheid", "CdPositiefNegatief", "WaardeBedr")


@dataclass(frozen=True)
class Neemt:
    """A field, and the path below the root of the element whose value it takes."""

    tabel: str
    naam: str
    veld: Veld
    plaats: Plaats
    pad: str
    rij: str


def documenten(bron: Bron | None = None) -> set[str]:
    """The documents of published services that we read; those of one bron when given."""
    chosen = bronnen().values() if bron is None else [bron]
    rijen = (rij for item in chosen for tabel in item.tabellen.values() for rij in tabel.xml)
    return {rij.document for rij in rijen if rij.namespace.startswith("http://bkwi.nl/")}


def neemt(document: str) -> Iterator[Neemt]:
    """Every field that takes something from a document. An amount takes the elements it is made of."""
    for bron in bronnen().values():
        for tabel in bron.tabellen.values():
            for item in _of_table(f"{bron.bron}.{tabel.tabel}", tabel, document):
                yield item
                if item.plaats.vorm == "standaardbedr":
                    for part in AMOUNT_PARTS:
                        pad = f"{item.pad}/{part}".removeprefix("./")
                        yield Neemt(item.tabel, item.naam, item.veld, item.plaats, pad, item.rij)


def _of_table(naam: str, tabel: Tabel, document: str) -> Iterator[Neemt]:
    for rij in tabel.xml:
        if rij.document != document:
            continue
        for veld, plaats in rij.velden.items():
            if plaats.vast is None:
                yield Neemt(naam, veld, tabel.velden[veld], plaats, absoluut(rij.rij, plaats.pad), rij.rij)


def absoluut(rij: str, pad: str) -> str:
    """The path below the root of a field's place, which is relative to its row."""
    steps = rij.split("/")
    for step in pad.split("/"):
        if step == "..":
            steps.pop()
        elif step != ".":
            steps.append(step)
    return "/".join(steps)


def reden_niet(document: str, pad: str) -> str | None:
    """Why an element is declared as not taken; None when it is not."""
    for bron in bronnen().values():
        for item in bron.niet_gelezen:
            if item.document == document and fnmatchcase(pad, item.pad):
                return item.reden
    return None
