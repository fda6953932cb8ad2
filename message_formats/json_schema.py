"""The JSON Schema (2020-12) of a message and of a manifest, from the definitions."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from message_formats.names import camel, is_number, pattern
from schemas.berichten import Bericht, BerichtVeld
from schemas.retourbericht import Retour

DIALECT = "https://json-schema.org/draft/2020-12/schema"
_LONG = 2**63
MANIFEST_VERSIE = "1.1"


def build_json_schema(bericht: Bericht) -> dict[str, Any]:
    """The JSON Schema of a message."""
    envelop = _envelop(bericht.envelop, bericht.aantal)
    signaal = _group(bericht.signaal)
    signaal["properties"]["bewijs"] = {"type": "array", "items": _group(bericht.bewijs)}
    signaal["required"].append("bewijs")
    return {
        "$schema": DIALECT,
        "$id": bericht.urn,
        "title": f"{bericht.naam} {bericht.versie}",
        "description": f"{bericht.omschrijving} Bedragen zijn gehele getallen in centen.",
        **_object({"envelop": envelop, "signalen": {"type": "array", "items": signaal}}),
    }


def build_manifest_schema(bericht: Bericht) -> dict[str, Any]:
    """The JSON Schema of a manifest; any message serves, for what depends on the message is left free."""
    free = {"waarden": None, "patroon": "[A-Za-z0-9-]+", "minimum": 0}
    envelop = {n: v.model_copy(update=free) if v.waarden_uit else v for n, v in bericht.envelop.items()}
    aantal = {n: v.model_copy(update=free) if v.waarden_uit else v for n, v in bericht.aantal.items()}
    maten = {
        "naam": {"type": "string", "pattern": "^[A-Za-z0-9][A-Za-z0-9._-]*$", "maxLength": 200},
        "grootte": {"type": "integer", "minimum": 0},
        "sha256": {"type": "string", "pattern": "^[0-9a-f]{64}$"},
    }
    bestand = _object(maten | {"formaat": {"enum": ["json", "xml", "csv"]}, "rol": {"enum": ["bericht", "bewijs"]}})
    bestand["properties"] |= {"versleuteld": _object(maten), "handtekening": _object(maten)}
    bestand["dependentRequired"] = {"versleuteld": ["handtekening"], "handtekening": ["versleuteld"]}
    return {
        "$schema": DIALECT,
        "$id": f"urn:signaalketen:manifest:{MANIFEST_VERSIE}",
        "title": f"Manifest {MANIFEST_VERSIE}",
        "description": "Wat er in een uitlevering zit. Het verschijnt als laatste en bevat geen persoonsgegevens.",
        **_object(
            {
                "manifestVersie": {"const": MANIFEST_VERSIE},
                "schema": {"type": "string", "pattern": "^urn:signaalketen:bericht:[a-z]+:[0-9]+\\.[0-9]+$"},
                "envelop": _envelop(envelop, aantal),
                "bestanden": {"type": "array", "minItems": 1, "items": bestand},
            }
        ),
    }


def build_retour_schema(retour: Retour) -> dict[str, Any]:
    """The JSON Schema of the retourbericht."""
    return {
        "$schema": DIALECT,
        "$id": retour.urn,
        "title": f"{retour.naam} {retour.versie}",
        "description": retour.omschrijving,
        **_object({"envelop": _group(retour.envelop), "signalen": {"type": "array", "items": _group(retour.signaal)}}),
    }


def _envelop(envelop: Mapping[str, BerichtVeld], aantal: Mapping[str, BerichtVeld]) -> dict[str, Any]:
    group = _group(envelop)
    group["properties"]["aantallenPerCode"] = {"type": "array", "items": _group(aantal)}
    group["required"].append("aantallenPerCode")
    return group


def _group(velden: Mapping[str, BerichtVeld]) -> dict[str, Any]:
    group = _object({camel(naam): _property(veld) for naam, veld in velden.items()})
    group["required"] = [camel(naam) for naam, veld in velden.items() if veld.verplicht]
    return group


def _object(properties: dict[str, Any]) -> dict[str, Any]:
    return {"type": "object", "properties": properties, "required": list(properties), "additionalProperties": False}


def _property(veld: BerichtVeld) -> dict[str, Any]:
    rules: dict[str, Any] = {"description": veld.omschrijving}
    if is_number(veld):
        rules["type"] = "integer"
        if veld.waarden:
            return rules | {"enum": [int(waarde) for waarde in veld.waarden]}
        limits = {"minimum": veld.minimum, "maximum": veld.maximum}
        return rules | {"minimum": -_LONG, "maximum": _LONG - 1} | {k: v for k, v in limits.items() if v is not None}
    rules["type"] = "string"
    if veld.waarden:
        return rules | {"enum": list(veld.waarden)}
    if veld.type == "tekst":
        return rules | {"minLength": veld.lengte or 1, "maxLength": veld.lengte or veld.max_lengte}
    rules["pattern"] = f"^(?:{pattern(veld)})$"
    formats = {"datum": "date", "tijdstip": "date-time"}
    return rules | ({"format": formats[veld.type]} if veld.type in formats else {})
