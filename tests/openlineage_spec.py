"""Whether an event, as it stands in the file, is what the classes say that OpenLineage makes from its specification.

Building an event with those classes says little about what was written: here the JSON is held against them, field by
field: what must be there, what may be, of which type, which words an enumeration has, and which facet a `_schemaURL`
names, in which version. The JSON schemas themselves are not part of any package; the classes are made from them.
"""

from __future__ import annotations

import importlib
import inspect
import pkgutil
import types
from collections.abc import Iterator
from datetime import datetime
from enum import Enum
from functools import cache
from typing import Any, ClassVar, Union, get_args, get_origin, get_type_hints
from uuid import UUID

import attr
from openlineage.client import generated
from openlineage.client.generated.base import BaseFacet, RunEvent


def fouten(event: dict[str, Any]) -> list[str]:
    """Every place where an event is not what the specification allows; empty when it is valid."""
    return list(_object(event, RunEvent, "event"))


@cache
def _facetten() -> dict[str, type]:
    """The facets of the specification by the address of their schema."""
    found = {}
    for module in pkgutil.iter_modules(generated.__path__):
        for _, item in inspect.getmembers(
            importlib.import_module(f"{generated.__name__}.{module.name}"), inspect.isclass
        ):
            if issubclass(item, BaseFacet):
                found[item._get_schema()] = item
    return found


def _object(value: Any, soort: type, waar: str) -> Iterator[str]:
    if not isinstance(value, dict):
        yield f"{waar}: geen {soort.__name__}"
        return
    hints = get_type_hints(soort)
    fields = {item.name: item for item in attr.fields(soort)}
    own = {name for name, hint in hints.items() if get_origin(hint) is not ClassVar and name in fields}
    for name, item in fields.items():
        required = item.default is attr.NOTHING or name in ("_producer", "_schemaURL", "schemaURL", "producer")
        if required and name not in value:
            yield f"{waar}.{name}: ontbreekt"
    for name, content in value.items():
        if name not in own:
            yield f"{waar}.{name}: kent de specificatie niet"
        else:
            yield from _waarde(content, hints[name], f"{waar}.{name}")
            yield from _vorm(name, content, f"{waar}.{name}")


def _waarde(value: Any, hint: Any, waar: str) -> Iterator[str]:
    origin, arguments = get_origin(hint), get_args(hint)
    if hint is Any:
        return
    if origin in (Union, types.UnionType):
        options = [list(_waarde(value, option, waar)) for option in arguments if option is not type(None)]
        yield from min(options, key=len)
    elif origin is list:
        yield from [f"{waar}: geen lijst"] if not isinstance(value, list) else []
        for nr, item in enumerate(value if isinstance(value, list) else []):
            yield from _waarde(item, arguments[0], f"{waar}[{nr}]")
    elif origin is dict:
        for key, item in value.items():
            facet = inspect.isclass(arguments[1]) and issubclass(arguments[1], BaseFacet)
            yield from (_facet if facet else _waarde)(item, arguments[1], f"{waar}.{key}")
    elif attr.has(hint):
        yield from _object(value, hint, waar)
    elif inspect.isclass(hint) and issubclass(hint, Enum):
        yield from [] if value in {item.value for item in hint} else [f"{waar}: geen {hint.__name__}"]
    elif type(value) is not hint and not (hint is float and type(value) is int):
        yield f"{waar}: geen {hint.__name__}"


def _facet(value: dict[str, Any], soort: type, waar: str) -> Iterator[str]:
    """A facet must be the one that its `_schemaURL` names, and be allowed in this place."""
    named = _facetten().get(value.get("_schemaURL", ""))
    if named is None or not issubclass(named, soort):
        yield f"{waar}: geen {soort.__name__} van deze versie van de specificatie"
    else:
        yield from _object(value, named, waar)


def _vorm(name: str, value: Any, waar: str) -> Iterator[str]:
    """The formats that the specification gives by name: a moment with its zone, and a UUID."""
    try:
        if name == "runId":
            UUID(value)
        elif (
            name in ("eventTime", "nominalStartTime", "nominalEndTime") and datetime.fromisoformat(value).tzinfo is None
        ):
            yield f"{waar}: zonder tijdzone"
    except ValueError:
        yield f"{waar}: niet van de vorm die de specificatie vraagt"
