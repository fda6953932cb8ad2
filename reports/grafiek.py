"""Bar charts as SVG, drawn with the pages. Look and colours are in `templates/stijl.css`, as for the rest of a page.

pygal draws; its scripts and style sheet are left out, so that a page asks nothing of elsewhere and prints as it looks.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

import pygal
from lxml import etree

from reports.blad import Figuur, in_woorden, maand

BREEDTE, HOOGTE = 440, 260
_WEINIG = 10
_SVG = "{http://www.w3.org/2000/svg}"
_MATEN = ("d", "x", "y", "width", "height", "transform", "cx", "cy", "r", "rx", "ry")
_DECIMALEN = re.compile(r"(\.\d\d)\d+")  # a hundredth of a pixel is enough
_OUT = ("script", "style", "desc", "title", "defs")


def staven(bijschrift: str, punten: Sequence[tuple[str, int | None]]) -> Figuur:
    """Bars of a count per month (`2026-01`); None is a month whose count is not shown, and has no bar."""
    chart = pygal.Bar(
        width=BREEDTE,
        height=HOOGTE,
        show_legend=False,
        js=[],
        disable_xml_declaration=True,
        no_prefix=True,
        explicit_size=False,
        include_x_axis=True,
        margin=8,
        x_label_rotation=40 if len(punten) > 4 else 0,
        value_formatter=lambda value: in_woorden(round(value)),
    )
    chart.x_labels = [_kort(periode) for periode, _ in punten]
    most = max((aantal or 0 for _, aantal in punten), default=0)
    if most < _WEINIG:  # else it writes 0 and 1 several times beside each other
        chart.y_labels = list(range(max(most, 1) + 1))
    chart.add("", [aantal for _, aantal in punten])
    root = etree.fromstring(chart.render())
    return Figuur(bijschrift, _clean(root, f"{bijschrift}. {_voorlezen(punten)}"))


def _kort(periode: str) -> str:
    naam, jaar = maand(periode).split(" ")
    return f"{'mrt' if naam == 'maart' else naam[:3]} {jaar}"


def _voorlezen(punten: Sequence[tuple[str, int | None]]) -> str:
    """The chart for who cannot see it."""
    return "; ".join(
        f"{maand(periode)}: {'afgeschermd' if aantal is None else in_woorden(aantal)}" for periode, aantal in punten
    )


def _clean(root: etree._Element, tekst: str) -> str:
    """The drawing as part of a page: no scripts, styles or comments, and a text that says what it shows."""
    for element in list(root.iter()):
        parent = element.getparent()
        if parent is not None and (not isinstance(element.tag, str) or _is_out(element)):
            parent.remove(element)
    for element in root.iter():
        element.tag = str(element.tag).removeprefix(_SVG)
        for name in _MATEN:
            if (length := element.get(name)) is not None:
                element.set(name, _DECIMALEN.sub(r"\1", length))
    etree.cleanup_namespaces(root)
    kept = {name: root.get(name) for name in ("viewBox",)}
    root.attrib.clear()
    for name, value in {**kept, "class": "grafiek", "role": "img", "aria-label": tekst}.items():
        root.set(name, value or "")
    return etree.tostring(root, encoding="unicode", with_tail=False)


def _is_out(element: etree._Element) -> bool:
    return str(element.tag).removeprefix(_SVG) in _OUT or "tooltip-overlay" in element.get("class", "")
