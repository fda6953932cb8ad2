"""Reads a retourbericht, XML or JSON, once it has been held against its schema.

What a recipient sends is not to be trusted: XML without network, DTD or entities, a bound on the size, and refusals
that name a rule and a place and never a value.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lxml import etree

from message_formats.antwoord import RetourFormaat, afwijkingen
from message_formats.names import camel, is_number, pascal
from message_formats.read import load_json, load_xml
from schemas.fout import KetenFout
from schemas.retourbericht import retourbericht

MOST_BYTES = 16 << 20  # some fifty thousand signals
Velden = dict[str, Any]


@dataclass(frozen=True)
class GelezenRetour:
    """A valid retourbericht, with the names and types of `schemas/retour`; an absent field is absent."""

    envelop: Velden
    signalen: list[Velden]


def lees_retour(path: Path) -> GelezenRetour:
    """Reads a retourbericht.

    Raises:
        KetenFout: `T-KAPOT` when it cannot be read, `T-SCHEMA` when it is not what its schema says.
    """
    if not path.is_file() or path.stat().st_size > MOST_BYTES:
        raise KetenFout("T-KAPOT", "bestand")
    try:
        return _from_json(load_json(path)) if formaat_van(path) == "json" else _from_xml(load_xml(path))
    except KetenFout as fout:
        if fout.code.startswith("T-"):
            raise
        raise KetenFout("T-KAPOT", fout.wijzer) from None


def formaat_van(path: Path) -> RetourFormaat:
    """Which format a retourbericht is: its first byte says it."""
    with path.open("rb") as file:
        is_json = file.read(64).lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"{")
    return "json" if is_json else "xml"


def _from_json(document: Any) -> GelezenRetour:
    definitie = retourbericht()
    _refuse(afwijkingen(definitie, document))
    envelop = {naam: document["envelop"][camel(naam)] for naam in definitie.envelop}
    signalen = [
        {naam: signaal[camel(naam)] for naam in definitie.signaal if camel(naam) in signaal}
        for signaal in document["signalen"]
    ]
    return GelezenRetour(envelop, signalen)


def _from_xml(document: etree._ElementTree) -> GelezenRetour:
    definitie, root = retourbericht(), document.getroot()
    _refuse(afwijkingen(definitie, root))
    envelop, signalen = root
    velden: Velden = dict(_children(envelop, {pascal(naam): naam for naam in definitie.envelop}))
    velden |= {naam: int(velden[naam]) for naam, veld in definitie.envelop.items() if is_number(veld)}
    names = {pascal(naam): naam for naam in definitie.signaal}
    return GelezenRetour(velden, [dict(_children(signaal, names)) for signaal in signalen.iterchildren("*")])


def _children(element: etree._Element, names: dict[str, str]) -> Iterator[tuple[str, str]]:
    for child in element.iterchildren("*"):
        yield names[etree.QName(child).localname], child.text or ""


def _refuse(problems: Iterator[str]) -> None:
    if (place := next(problems, None)) is not None:
        raise KetenFout("T-SCHEMA", place)
