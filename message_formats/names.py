"""How one Dutch name is written in each format, and what a value of each type looks like.

Names in `schemas/berichten` are snake_case; JSON and CSV write camelCase, XML writes PascalCase.
"""

from __future__ import annotations

from typing import Literal

import pyarrow as pa

from schemas.berichten import Bericht, BerichtVeld

Formaat = Literal["json", "xml", "csv"]
Inhoud = Literal["dat", "wat"]

# Envelope fields that stand on every CSV row, so that a CSV on its own can be traced to its message.
CSV_ENVELOP: tuple[str, ...] = ("bericht_identificatie", "volgnummer", "periode")
CSV_ENVELOP_BEWIJS: tuple[str, ...] = ("bericht_identificatie",)

_NUMBERS = frozenset({"bedrag", "geheel"})
_PATTERNS = {
    "bsn": "[0-9]{9}",
    "datum": "[0-9]{4}-[0-9]{2}-[0-9]{2}",
    "maand": "[0-9]{4}-(0[1-9]|1[0-2])",
    "tijdstip": "[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z",
}


def pascal(naam: str) -> str:
    """`bedrag_loon_sv` as `BedragLoonSv`."""
    return "".join(part.capitalize() for part in naam.split("_"))


def camel(naam: str) -> str:
    """`bedrag_loon_sv` as `bedragLoonSv`."""
    name = pascal(naam)
    return name[0].lower() + name[1:]


def is_number(veld: BerichtVeld) -> bool:
    """Whether a value is an integer (amounts in cents included); everything else is text in every format."""
    return veld.type in _NUMBERS


def pattern(veld: BerichtVeld) -> str | None:
    """The whole value of a text field as a regular expression that XSD, JSON Schema and RE2 share, or None."""
    if veld.type == "hex":
        return f"[0-9a-f]{{{veld.lengte}}}" if veld.lengte else "[0-9a-f]+"
    return veld.patroon or _PATTERNS.get(veld.type)


def arrow_type(veld: BerichtVeld) -> pa.DataType:
    """The type of a column of messages."""
    if is_number(veld):
        return pa.int64()
    return pa.date32() if veld.type == "datum" else pa.string()


def signaal_schema(bericht: Bericht) -> pa.Schema:
    """The columns of the signals of a message, in the order of every format."""
    return pa.schema([(naam, arrow_type(veld)) for naam, veld in bericht.signaal.items()])


def bewijs_schema(bericht: Bericht) -> pa.Schema:
    """The columns of the bewijs of a message: the signal it belongs to, then its own fields."""
    return pa.schema(
        [("signaal_id", pa.string()), *((naam, arrow_type(veld)) for naam, veld in bericht.bewijs.items())]
    )


def csv_columns(bericht: Bericht, rol: Literal["bericht", "bewijs"]) -> dict[str, BerichtVeld]:
    """The columns of a message CSV or a bewijs CSV by their name in the header."""
    leading = CSV_ENVELOP if rol == "bericht" else CSV_ENVELOP_BEWIJS
    velden = bericht.signaal
    if rol == "bewijs":
        velden = {"signaal_id": velden["signaal_id"], **bericht.bewijs}
    return {camel(naam): bericht.envelop[naam] for naam in leading} | {
        camel(naam): veld for naam, veld in velden.items()
    }
