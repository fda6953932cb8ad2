"""The published SuwiML schemas and answers, read without the readers: which elements there are, and of what type."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from lxml import etree

XSD = "{http://www.w3.org/2001/XMLSchema}"
GROUPS = {f"{XSD}{naam}" for naam in ("sequence", "choice", "all", "complexContent", "extension")}
UITKOMST = ("FWI", "NietsGevonden")  # outcomes, not data; the reader reports them as findings
Node = etree._Element


@dataclass(frozen=True)
class Blad:
    """One element that holds a value: its document, its path below the root, and the name of its type.

    `herhaald` are the paths of the elements on the way that may occur more than once.
    """

    document: str
    pad: str
    type: str
    herhaald: tuple[str, ...] = ()


def diensten(real: Path) -> Iterator[Path]:
    """The folder of each published service."""
    yield from sorted(path for path in (real / "suwinet-xsd").iterdir() if path.is_dir())


def bladen(dienst: Path) -> Iterator[Blad]:
    """Every leaf that the schema of a service allows."""
    types: dict[str, Node] = {}
    for path in sorted(dienst.rglob("*.xsd")):
        for node in etree.parse(str(path)).getroot():
            if node.tag in (f"{XSD}complexType", f"{XSD}simpleType"):
                types[node.get("name", "")] = node
    [body] = dienst.glob("Diensten/*/*/BodyReaction.xsd")
    for element in etree.parse(str(body)).getroot().findall(f"{XSD}element"):
        for child in _children(_type_of(element, types)[1], types):
            yield from _walk(child, types, element.get("name", ""), "", ())


def _walk(
    element: Node, types: dict[str, Node], document: str, above: str, herhaald: tuple[str, ...]
) -> Iterator[Blad]:
    naam = element.get("name") or element.get("ref", "").rpartition(":")[2]
    if naam in UITKOMST:
        return
    pad = f"{above}/{naam}".lstrip("/")
    if element.get("maxOccurs", "1") != "1":
        herhaald = (*herhaald, pad)
    type_name, declared = _type_of(element, types)
    children = list(_children(declared, types)) if declared is not None and declared.tag == f"{XSD}complexType" else []
    if not children:
        yield Blad(document, pad, type_name, herhaald)
    for child in children:
        yield from _walk(child, types, document, pad, herhaald)


def _type_of(element: Node, types: dict[str, Node]) -> tuple[str, Node | None]:
    if named := element.get("type"):
        naam = named.rpartition(":")[2]
        return naam, types.get(naam)
    inline = element.find(f"{XSD}complexType")
    return "", inline if inline is not None else element.find(f"{XSD}simpleType")


def _children(node: Node | None, types: dict[str, Node]) -> Iterator[Node]:
    if node is not None and node.tag == f"{XSD}extension":
        yield from _children(types.get(node.get("base", "").rpartition(":")[2]), types)
    for child in node if node is not None else ():
        if child.tag == f"{XSD}element":
            yield child
        elif child.tag in GROUPS:
            yield from _children(child, types)


def antwoorden(real: Path) -> Iterator[tuple[Path, Node]]:
    """Every published answer with its root."""
    for path in sorted((real / "suwinet").glob("*.xml")):
        yield path, etree.parse(str(path)).getroot()


def lokaal(node: Node) -> str:
    return etree.QName(node).localname


def waarden(root: Node) -> Iterator[tuple[str, str]]:
    """Path below the root and text of every element that has text and no elements in it."""
    for node in root.iter("*"):
        text = (node.text or "").strip()
        if text and not list(node.iterchildren("*")):
            names = [lokaal(item) for item in (node, *node.iterancestors()) if item is not root]
            if names and names[-1] not in UITKOMST:
                yield "/".join(reversed(names)), text
