"""Writes a retourbericht or an antwoordbericht as its definition says, JSON or XML, and holds one against its schema.

An antwoordbericht is what we send; a retourbericht is written for examples and by software of a recipient that uses us.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Literal

import orjson
from lxml import etree

from message_formats.names import camel, is_number, pascal
from message_formats.validate import GENERATED, json_problems, xsd
from schemas.berichten import Velden
from schemas.retourbericht import Retour

RetourFormaat = Literal["json", "xml"]
Waarden = Mapping[str, str | int]
# Only in an answer that refuses; an example of an answer takes something in.
_REFUSAL = frozenset({"code", "plaats", "betekenis", "wat_te_doen"})


def schrijf(definitie: Retour, envelop: Waarden, signalen: Sequence[Waarden], formaat: RetourFormaat) -> bytes:
    """The message as bytes; a field that has no value is left out."""
    if formaat == "json":
        document = {
            "envelop": _json(definitie.envelop, envelop),
            "signalen": [_json(definitie.signaal, signaal) for signaal in signalen],
        }
        return orjson.dumps(document, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)
    namespaces: Any = {None: definitie.urn}
    root = etree.Element(f"{{{definitie.urn}}}{pascal(definitie.bericht)}", nsmap=namespaces)
    _xml(etree.SubElement(root, f"{{{definitie.urn}}}Envelop"), definitie.envelop, envelop)
    group = etree.SubElement(root, f"{{{definitie.urn}}}Signalen")
    for signaal in signalen:
        _xml(etree.SubElement(group, f"{{{definitie.urn}}}Signaal"), definitie.signaal, signaal)
    return bytes(etree.tostring(root, xml_declaration=True, encoding="UTF-8", pretty_print=True))


def _json(velden: Velden, waarden: Waarden) -> dict[str, str | int]:
    return {
        camel(naam): int(waarden[naam]) if is_number(veld) else waarden[naam]
        for naam, veld in velden.items()
        if naam in waarden
    }


def _xml(parent: etree._Element, velden: Velden, waarden: Waarden) -> None:
    namespace = etree.QName(parent).namespace
    for naam in velden:
        if naam in waarden:
            etree.SubElement(parent, f"{{{namespace}}}{pascal(naam)}").text = str(waarden[naam])


def bezwaren(definitie: Retour, inhoud: bytes, formaat: RetourFormaat) -> list[str]:
    """Where a message of ours departs from its schema: places and rules, never values."""
    return list(afwijkingen(definitie, orjson.loads(inhoud) if formaat == "json" else etree.fromstring(inhoud)))


def afwijkingen(definitie: Retour, document: Any) -> Iterator[str]:
    """The same of a parsed message: JSON, or the root of its XML."""
    stem = GENERATED / definitie.bericht / f"v{definitie.versie}" / definitie.bericht
    if not isinstance(document, etree._Element):
        yield from json_problems(document, stem.with_suffix(".schema.json"))
        return
    schema = xsd(stem.with_suffix(".xsd"))
    schema.validate(document)
    errors: Any = schema.error_log
    yield from (f"regel {error.line}, {error.type_name}" for error in errors)


def voorbeelden(definitie: Retour) -> dict[str, str]:
    """An example with one signal: file name by ending (`.json`, `.xml`)."""
    envelop = {naam: veld.voorbeeld for naam, veld in definitie.envelop.items() if naam not in _REFUSAL}
    signaal = {naam: veld.voorbeeld for naam, veld in definitie.signaal.items()}
    formaten: tuple[RetourFormaat, ...] = ("json", "xml")
    return {f".{formaat}": schrijf(definitie, envelop, [signaal], formaat).decode() for formaat in formaten}
