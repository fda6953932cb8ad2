"""The XSD of a message, from its definition."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from lxml import etree

from message_formats.names import is_number, pascal, pattern
from schemas.berichten import Bericht, BerichtVeld
from schemas.retourbericht import Retour

_XS = "http://www.w3.org/2001/XMLSchema"
_BASES = {
    "bedrag": "xs:long",
    "geheel": "xs:long",
    "datum": "xs:date",
    "maand": "xs:gYearMonth",
    "tijdstip": "xs:dateTime",
}
_MANY = {"minOccurs": "0", "maxOccurs": "unbounded"}


def build_xsd(bericht: Bericht) -> str:
    """The XSD as text."""
    namespaces: Any = {"xs": _XS, None: bericht.urn}
    root = etree.Element(f"{{{_XS}}}schema", nsmap=namespaces)
    root.set("targetNamespace", bericht.urn)
    root.set("elementFormDefault", "qualified")
    root.set("version", bericht.versie)
    _document(root, f"{bericht.naam} {bericht.versie}. {bericht.omschrijving} Bedragen zijn gehele getallen in centen.")
    message = _element(root, pascal(bericht.bericht))
    sequence = _sequence(_add(message, "complexType"))
    _element(sequence, "Envelop", type="Envelop")
    signalen = _element(sequence, "Signalen")
    _element(_sequence(_add(signalen, "complexType")), "Signaal", type="Signaal", **_MANY)
    envelop = _group(root, "Envelop", bericht.envelop)
    counts = _element(envelop, "AantallenPerCode")
    _element(_sequence(_add(counts, "complexType")), "AantalPerCode", type="AantalPerCode", **_MANY)
    _group(root, "AantalPerCode", bericht.aantal)
    signaal = _group(root, "Signaal", bericht.signaal)
    bewijs = _element(signaal, "Bewijs")
    _element(_sequence(_add(bewijs, "complexType")), "Feit", type="Feit", **_MANY)
    _group(root, "Feit", bericht.bewijs)
    text: bytes = etree.tostring(root, pretty_print=True, xml_declaration=True, encoding="UTF-8")
    return text.decode()


def build_retour_xsd(retour: Retour) -> str:
    """The XSD of the retourbericht as text."""
    namespaces: Any = {"xs": _XS, None: retour.urn}
    root = etree.Element(f"{{{_XS}}}schema", nsmap=namespaces)
    root.set("targetNamespace", retour.urn)
    root.set("elementFormDefault", "qualified")
    root.set("version", retour.versie)
    _document(root, f"{retour.naam} {retour.versie}. {retour.omschrijving}")
    sequence = _sequence(_add(_element(root, pascal(retour.bericht)), "complexType"))
    _element(sequence, "Envelop", type="Envelop")
    signalen = _element(sequence, "Signalen")
    _element(_sequence(_add(signalen, "complexType")), "Signaal", type="Signaal", **_MANY)
    _group(root, "Envelop", retour.envelop)
    _group(root, "Signaal", retour.signaal)
    text: bytes = etree.tostring(root, pretty_print=True, xml_declaration=True, encoding="UTF-8")
    return text.decode()


def _add(parent: etree._Element, tag: str, **attributes: str) -> etree._Element:
    return etree.SubElement(parent, f"{{{_XS}}}{tag}", attributes)


def _element(parent: etree._Element, name: str, **attributes: str) -> etree._Element:
    return _add(parent, "element", name=name, **attributes)


def _sequence(parent: etree._Element) -> etree._Element:
    return _add(parent, "sequence")


def _document(parent: etree._Element, text: str) -> None:
    documentation = _add(_add(parent, "annotation"), "documentation")
    documentation.set("{http://www.w3.org/XML/1998/namespace}lang", "nl")
    documentation.text = text


def _group(root: etree._Element, name: str, velden: Mapping[str, BerichtVeld]) -> etree._Element:
    """A named type with one element per field; returns its sequence, for what follows the fields."""
    sequence = _sequence(_add(root, "complexType", name=name))
    for naam, veld in velden.items():
        element = _element(sequence, pascal(naam), **({} if veld.verplicht else {"minOccurs": "0"}))
        _document(element, veld.omschrijving)
        _restrict(_add(element, "simpleType"), veld)
    return sequence


def _restrict(simple_type: etree._Element, veld: BerichtVeld) -> None:
    restriction = _add(simple_type, "restriction", base=_BASES.get(veld.type, "xs:string"))
    for value in veld.waarden or ():
        _add(restriction, "enumeration", value=value)
    for facet, limit in ({} if veld.waarden else _facets(veld)).items():
        if limit is not None:
            _add(restriction, facet, value=str(limit))


def _facets(veld: BerichtVeld) -> dict[str, int | str | None]:
    if is_number(veld):
        return {"minInclusive": veld.minimum, "maxInclusive": veld.maximum}
    if veld.type == "tekst":
        return {"length": veld.lengte} if veld.lengte else {"minLength": 1, "maxLength": veld.max_lengte}
    return {"pattern": pattern(veld)}
