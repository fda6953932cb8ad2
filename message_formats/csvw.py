"""The CSVW metadata of a message (signals and bewijs), from its definition.

The addresses in it stand for the two CSV files of a delivery, whose names carry recipient and volgnummer.
"""

from __future__ import annotations

from typing import Any, Literal

from message_formats.names import csv_columns, is_number, pattern
from schemas.berichten import Bericht, BerichtVeld

_BASES = {"bedrag": "long", "geheel": "long", "datum": "date"}


def build_csvw(bericht: Bericht) -> dict[str, Any]:
    """The CSVW table group of a message: signals first, then bewijs."""
    signalen, bewijs = _table(bericht, "bericht"), _table(bericht, "bewijs")
    signalen["tableSchema"]["primaryKey"] = "signaalId"
    bewijs["tableSchema"]["primaryKey"] = ["signaalId", "volgnummer"]
    bewijs["tableSchema"]["foreignKeys"] = [
        {"columnReference": "signaalId", "reference": {"resource": signalen["url"], "columnReference": "signaalId"}}
    ]
    return {
        "@context": ["http://www.w3.org/ns/csvw", {"@language": "nl"}],
        "@id": bericht.urn,
        "dc:title": f"{bericht.naam} {bericht.versie}",
        "dc:description": (
            f"{bericht.omschrijving} Bedragen zijn gehele getallen in centen. Een tekst die een rekenblad als formule "
            "zou uitvoeren heeft een apostrof vooraan; laat die bij het inlezen weg."
        ),
        "dialect": {
            "delimiter": ";",
            "encoding": "utf-8",
            "header": True,
            "quoteChar": '"',
            "doubleQuote": True,
            "lineTerminators": ["\r\n"],
        },
        "tables": [signalen, bewijs],
    }


def _table(bericht: Bericht, rol: Literal["bericht", "bewijs"]) -> dict[str, Any]:
    url = f"{bericht.bericht}.csv" if rol == "bericht" else f"{bericht.bericht}_bewijs.csv"
    columns = [_column(name, veld) for name, veld in csv_columns(bericht, rol).items()]
    return {"url": url, "tableSchema": {"columns": columns}}


def _column(name: str, veld: BerichtVeld) -> dict[str, Any]:
    return {
        "name": name,
        "titles": name,
        "dc:description": veld.omschrijving,
        "required": veld.verplicht,
        "datatype": _datatype(veld),
    }


def _datatype(veld: BerichtVeld) -> dict[str, Any]:
    base = _BASES.get(veld.type, "string")
    if is_number(veld):
        limits = {"minimum": veld.minimum, "maximum": veld.maximum}
        return {"base": base} | {key: value for key, value in limits.items() if value is not None}
    if veld.type == "datum":
        return {"base": base, "format": "yyyy-MM-dd"}
    if veld.type == "tekst":
        return {"base": base, "minLength": veld.lengte or 1, "maxLength": veld.lengte or veld.max_lengte}
    return {"base": base, "format": "|".join(veld.waarden) if veld.waarden else pattern(veld)}
