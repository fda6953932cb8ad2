"""What may change between versions of a message, and which version a recipient gets.

Within a major version a message only grows: who reads 1.0 can read 1.1 by leaving out what it does not know. `breuken`
names what would break that; a definition that has one is refused, and becomes a new major version instead. A version
that was given out (`berichten/uitgebracht.csv`) does not change at all: its `vingerafdruk` is recorded. Texts
(descriptions, examples) and where a field comes from may be improved.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from functools import cache
from itertools import pairwise
from typing import Any, Literal

from schemas.berichten import Bericht, BerichtVeld, Velden, berichten, find_bericht
from schemas.load import SchemaFout, ontvangers, producten, read_csv
from schemas.product import Product

GROEPEN = ("envelop", "aantal", "signaal", "bewijs")
_TEKST = {"omschrijving", "voorbeeld", "voorbeeld_uit", "herkomst"}
_OWN = ("bericht_versie", "bericht_subversie")  # say which version it is, so they differ between versions
_SAME = ("type", "klasse", "lengte", "patroon", "codelijst")


def breuken(oud: Bericht, nieuw: Bericht) -> list[str]:
    """What in a later version would break a reader of the earlier one, one line each; empty when it only adds."""
    found = [f"product {oud.product} is {nieuw.product}"] if oud.product != nieuw.product else []
    found += [f"signaalcode {code} is weg" for code in oud.signaalcodes if code not in nieuw.signaalcodes]
    for groep in GROEPEN:
        found += [f"{groep}: {text}" for text in _groep(getattr(oud, groep), getattr(nieuw, groep))]
    return found


def _groep(oud: Velden, nieuw: Velden) -> Iterator[str]:
    kept = [naam for naam in nieuw if naam in oud]
    yield from (f"{naam} is weg" for naam in oud if naam not in nieuw)
    if kept != [naam for naam in oud if naam in nieuw]:
        yield "de volgorde is anders"
    elif list(nieuw)[: len(kept)] != kept:
        yield "nieuwe velden staan niet achteraan"
    yield from (f"{naam} is nieuw en verplicht" for naam, veld in nieuw.items() if naam not in oud and veld.verplicht)
    for naam in kept:
        if naam not in _OWN:
            yield from (f"{naam}: {text}" for text in _veld(oud[naam], nieuw[naam]))


def _veld(oud: BerichtVeld, nieuw: BerichtVeld) -> Iterator[str]:
    yield from (f"{naam} is anders" for naam in _SAME if getattr(oud, naam) != getattr(nieuw, naam))
    if oud.verplicht and not nieuw.verplicht:
        yield "is niet meer verplicht"
    if _wider(oud.max_lengte, nieuw.max_lengte) or _wider(oud.maximum, nieuw.maximum):
        yield "kan langer of groter zijn"
    if _wider(_minus(oud.minimum), _minus(nieuw.minimum)):
        yield "kan kleiner zijn"
    if (oud.waarden is None) != (nieuw.waarden is None):
        yield "heeft een vaste lijst van waarden gekregen of verloren"
    elif gone := set(oud.waarden or ()) - set(nieuw.waarden or ()):
        yield f"waarden zijn weg: {', '.join(sorted(gone))}"


def _wider(oud: int | None, nieuw: int | None) -> bool:
    return oud is not None and (nieuw is None or nieuw > oud)


def _minus(limit: int | None) -> int | None:
    return None if limit is None else -limit


def vingerafdruk(bericht: Bericht) -> str:
    """A digest of everything a reader relies on; texts and origins are not in it."""
    contract = {
        "signaalcodes": bericht.signaalcodes,
        **{groep: [[naam, _contract(veld)] for naam, veld in getattr(bericht, groep).items()] for groep in GROEPEN},
    }
    return hashlib.sha256(json.dumps(contract, sort_keys=True).encode()).hexdigest()[:32]


def _contract(veld: BerichtVeld) -> dict[str, Any]:
    rules = veld.model_dump(mode="json", exclude=_TEKST | {"waarden_uit"})
    return {naam: value for naam, value in rules.items() if value is not None and value is not False}


def uitgebracht() -> dict[tuple[str, str], str]:
    """The versions that were given out, with their vingerafdruk."""
    return {(row["bericht"], row["versie"]): row["vingerafdruk"] for row in read_csv("berichten/uitgebracht.csv")}


def afwijkingen(known: Mapping[tuple[str, str], Bericht], uitgebracht: Mapping[tuple[str, str], str]) -> list[str]:
    """What breaks a promise: versions that changed or are gone, and later versions within a major that break."""
    found = [
        f"{bericht} {versie} is uitgebracht en veranderd of weg; maak een nieuwe versie"
        for (bericht, versie), digest in uitgebracht.items()
        if (bericht, versie) not in known or vingerafdruk(known[bericht, versie]) != digest
    ]
    ordered = list(known.values())
    for oud, nieuw in pairwise(ordered):
        if (oud.bericht, oud.hoofdversie) == (nieuw.bericht, nieuw.hoofdversie):
            found += [
                f"{nieuw.bericht} {nieuw.versie}: {text} (sinds {oud.versie}); maak versie {nieuw.hoofdversie + 1}.0"
                for text in breuken(oud, nieuw)
            ]
    return found


@cache
def keuzes() -> dict[tuple[str, str], tuple[tuple[date, str], ...]]:
    """Which version recipients chose and from when, by (ontvanger, bericht), earliest first."""
    found: dict[tuple[str, str], list[tuple[date, str]]] = {}
    for row in read_csv("ontvangers/versie.csv"):
        found.setdefault((row["ontvanger"], row["bericht"]), []).append(
            (date.fromisoformat(row["vanaf"]), row["versie"])
        )
    controleer_keuzes(found)
    return {key: tuple(sorted(rows)) for key, rows in found.items()}


def controleer_keuzes(found: Mapping[tuple[str, str], Iterable[tuple[date, str]]]) -> None:
    """Refuses a choice of a version that is not there or cannot carry every signal of its product."""
    for (ontvanger, bericht), rows in found.items():
        for _, versie in rows:
            if ontvanger not in ontvangers() or (bericht, versie) not in berichten():
                raise SchemaFout(f"ontvangers/versie.csv: {ontvanger} en {bericht} {versie} horen niet bij elkaar")
            definitie = find_bericht(bericht, versie)
            product = producten()[definitie.product]
            if product.bericht != bericht or set(product.signalen) - set(definitie.signaalcodes):
                raise SchemaFout(f"ontvangers/versie.csv: {bericht} {versie} kan niet elk signaal dragen")


def bericht_voor(product: Product, ontvanger: str, dag: date) -> Bericht:
    """The version of its message a recipient gets on a day: what it chose, else that of the product."""
    chosen = [versie for vanaf, versie in keuzes().get((ontvanger, product.bericht), ()) if vanaf <= dag]
    return find_bericht(product.bericht, chosen[-1] if chosen else product.versie)


def latere_waarden(bericht: Bericht, groep: Literal["signaal", "bewijs"]) -> dict[str, frozenset[str]]:
    """Per field that may be absent the values that only a later subversie of this message has on its list.

    A reader of this version does not know them, so for it the field is left out. A value that no version has is an
    error and is refused when the message is validated, as is one for a field that must be there.
    """
    found: dict[str, frozenset[str]] = {}
    own: Velden = getattr(bericht, groep)
    for later in berichten().values():
        same = (later.bericht, later.hoofdversie) == (bericht.bericht, bericht.hoofdversie)
        theirs: Velden = getattr(later, groep) if same else {}
        for naam in own.keys() & theirs.keys():
            new = set(theirs[naam].waarden or ()) - set(own[naam].waarden or ())
            if new and not own[naam].verplicht:
                found[naam] = found.get(naam, frozenset()) | new
    return found


def berichten_van(product: Product) -> list[Bericht]:
    """Every version of the message of a product, lowest first."""
    return [bericht for bericht in berichten().values() if bericht.bericht == product.bericht]
