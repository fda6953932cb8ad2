"""The message definitions: what stands in `berichten/<bericht>/v<versie>.yml`, merged with what all messages share.

Everything a gemeente receives follows from these: the XSD, the JSON Schema, the CSVW metadata, the documentation, the
writers and the readers. `berichten()` reads them all and checks them against the products and the doelprofielen.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache
from typing import Literal

from pydantic import Field, model_validator

from schemas.doel import Doel
from schemas.load import ROOT, SchemaFout, doelen, producten, read_yaml
from schemas.model import Model
from schemas.product import Product

BerichtVeldType = Literal["tekst", "code", "datum", "maand", "bedrag", "geheel", "bsn", "tijdstip", "hex"]

# What a field can come from besides the fields of a doelprofiel.
_KENMERKEN: dict[str, frozenset[str]] = {
    "uitlevering": frozenset(
        {
            "aantal_signalen",
            "aantallen",
            "afzender_oin",
            "bericht_identificatie",
            "dagtekening",
            "inhoud",
            "leveringsoort",
            "mutatie",
            "ontvanger",
            "ontvanger_naam",
            "ontvanger_oin",
            "peildatum",
            "periode",
            "run_id",
            "volgnummer",
        }
    ),
    "signaal": frozenset({"signaal_id", "signaal_code", "persoon", "partner", "ingang", "einde", "peildatum"}),
    "bewijs": frozenset(
        {
            "bron",
            "kenmerk",
            "levering_id",
            "norm",
            "norm_waarde",
            "peildatum",
            "record_nr",
            "tabel",
            "volgnummer",
            "waarde",
        }
    ),
    "product": frozenset({"bericht", "versie", "eigenaar", "signalen"}),
}


class BerichtVeld(Model):
    """One field of a message.

    `lengte` and `max_lengte` count characters; `patroon` is the whole value, in the syntax that XSD, JSON Schema and
    RE2 share. `waarden_uit` takes the allowed values from the message itself. `codelijst` names a list in `codes/` that
    changes with time, so it is documented and not enumerated. A field of klasse `wat` is never verplicht: an agreement
    for `dat` leaves it out.
    """

    type: BerichtVeldType
    klasse: Literal["identifier", "dat", "wat"]
    omschrijving: str
    herkomst: tuple[str, ...] = Field(min_length=1)
    verplicht: bool = False
    lengte: int | None = None
    max_lengte: int | None = None
    patroon: str | None = None
    minimum: int | None = None
    maximum: int | None = None
    waarden: tuple[str, ...] | None = None
    waarden_uit: Literal["bericht", "hoofdversie", "subversie", "signaalcodes"] | None = None
    codelijst: str | None = None
    voorbeeld: str = ""
    voorbeeld_uit: Literal["toelichting"] | None = None

    @model_validator(mode="after")
    def _check(self) -> BerichtVeld:
        if self.klasse == "wat" and self.verplicht:
            raise ValueError("een veld van klasse wat kan niet verplicht zijn")
        if self.type in ("tekst", "hex") and not (self.lengte or self.max_lengte):
            raise ValueError("tekst en hex hebben een lengte")
        if self.type == "code" and not (self.patroon or self.waarden or self.waarden_uit):
            raise ValueError("een code heeft een patroon of waarden")
        if not (self.voorbeeld or self.voorbeeld_uit or self.waarden_uit):
            raise ValueError("een veld heeft een voorbeeld")
        return self


Velden = dict[str, BerichtVeld]


class Gemeenschappelijk(Model):
    """What every message shares: the envelope, the counts per code in it, the signal and its bewijs."""

    versie: str
    envelop: Velden
    aantal: Velden
    signaal: Velden
    bewijs: Velden


class BerichtBestand(Model):
    """A message definition as it stands in its file; `weglaten` names shared fields it does not have, and why."""

    bericht: str = Field(pattern=r"^[a-z]+$")
    versie: str = Field(pattern=r"^[1-9]\d*\.\d+$")
    product: str
    naam: str
    omschrijving: str
    gemeenschappelijk: str
    signaalcodes: tuple[str, ...] = Field(min_length=1)
    weglaten: dict[str, str] = Field(default_factory=dict)
    velden: Velden


class Bericht(Model):
    """A message definition with everything resolved. The order of fields is the order in every format."""

    bericht: str
    versie: str
    product: str
    naam: str
    omschrijving: str
    signaalcodes: tuple[str, ...]
    envelop: Velden
    aantal: Velden
    signaal: Velden
    bewijs: Velden

    @property
    def hoofdversie(self) -> int:
        """The version before the dot; another one is incompatible."""
        return int(self.versie.partition(".")[0])

    @property
    def subversie(self) -> int:
        """The version after the dot; a higher one only adds."""
        return int(self.versie.partition(".")[2])

    @property
    def urn(self) -> str:
        """The name of this version of the message: XML namespace and `$id` of the JSON Schema."""
        return f"urn:signaalketen:bericht:{self.bericht}:{self.versie}"


@cache
def berichten() -> dict[tuple[str, str], Bericht]:
    """All message definitions by (bericht, versie), lowest version first."""
    read = (
        _read_bericht(folder.name, path.stem)
        for folder in sorted((ROOT / "berichten").iterdir())
        if folder.is_dir() and folder.name != "gemeenschappelijk"
        for path in folder.glob("v*.yml")
    )
    ordered = sorted(read, key=lambda bericht: (bericht.bericht, bericht.hoofdversie, bericht.subversie))
    result = {(bericht.bericht, bericht.versie): bericht for bericht in ordered}
    for product in producten().values():
        if (product.bericht, product.versie) not in result:
            raise SchemaFout(f"producten/{product.product}.yml: geen bericht {product.bericht} {product.versie}")
    return result


def find_bericht(bericht: str, versie: str) -> Bericht:
    """One version of a message."""
    try:
        return berichten()[bericht, versie]
    except KeyError:
        raise SchemaFout("deze versie van het bericht bestaat niet in schemas/berichten") from None


@cache
def _gemeenschappelijk(versie: str) -> Gemeenschappelijk:
    return Gemeenschappelijk(**read_yaml(ROOT / "berichten" / "gemeenschappelijk" / f"v{versie}.yml"))


def _read_bericht(folder: str, stem: str) -> Bericht:
    file = f"berichten/{folder}/{stem}.yml"
    bestand = BerichtBestand(**read_yaml(ROOT / file))
    if (folder, stem) != (bestand.bericht, f"v{bestand.versie}"):
        raise SchemaFout(f"{file}: map en bestandsnaam horen {bestand.bericht}/v{bestand.versie}.yml te zijn")
    if bestand.product not in producten():
        raise SchemaFout(f"{file}: geen product {bestand.product}")
    product = producten()[bestand.product]
    _check_signaalcodes(file, bestand, product)
    gedeeld = _gemeenschappelijk(bestand.gemeenschappelijk)
    signaal = _signaal(file, bestand, gedeeld, product)
    groepen = {"envelop": gedeeld.envelop, "aantal": gedeeld.aantal, "signaal": signaal, "bewijs": gedeeld.bewijs}
    for groep, velden in groepen.items():
        _check_velden(f"{file} ({groep})", velden, doelen()[product.doel])
    return Bericht(
        bericht=bestand.bericht,
        versie=bestand.versie,
        product=bestand.product,
        naam=bestand.naam,
        omschrijving=bestand.omschrijving,
        signaalcodes=bestand.signaalcodes,
        **{groep: _resolve(velden, bestand, product) for groep, velden in groepen.items()},
    )


def _signaal(file: str, bestand: BerichtBestand, gedeeld: Gemeenschappelijk, product: Product) -> Velden:
    """The fields of a signal: what all signals share, then those of this message. Counts name nobody."""
    if double := set(gedeeld.signaal) & set(bestand.velden):
        raise SchemaFout(f"{file}: velden die al gemeenschappelijk zijn {sorted(double)}")
    shared = gedeeld.signaal
    if product.over == "aantallen":
        shared = {naam: veld for naam, veld in shared.items() if veld.klasse != "identifier"}
        if naming := [naam for naam, veld in bestand.velden.items() if veld.klasse == "identifier"]:
            raise SchemaFout(f"{file}: een bericht over aantallen noemt niemand; haal weg {naming}")
    if unknown := set(bestand.weglaten) - {naam for naam, veld in shared.items() if not veld.verplicht}:
        raise SchemaFout(f"{file}: weglaten noemt onbekende of verplichte velden {sorted(unknown)}")
    return {naam: veld for naam, veld in shared.items() if naam not in bestand.weglaten} | bestand.velden


def _check_signaalcodes(file: str, bestand: BerichtBestand, product: Product) -> None:
    if unknown := set(bestand.signaalcodes) - set(product.signalen):
        raise SchemaFout(f"{file}: signaalcodes die het product niet heeft {sorted(unknown)}")
    current = (bestand.bericht, bestand.versie) == (product.bericht, product.versie)
    if current and (missing := set(product.signalen) - set(bestand.signaalcodes)):
        raise SchemaFout(f"{file}: signaalcodes van het product ontbreken {sorted(missing)}")


def _check_velden(where: str, velden: Velden, doel: Doel) -> None:
    profiel = {f"{raadpleging.tabel}.{veld}" for raadpleging in doel.bronnen for veld in raadpleging.velden}
    for naam, veld in velden.items():
        if not re.fullmatch(r"[a-z]+(_[a-z]+)*", naam):
            raise SchemaFout(f"{where}: {naam} is geen snake_case")
        for herkomst in veld.herkomst:
            soort, _, kenmerk = herkomst.partition(".")
            if herkomst not in profiel and kenmerk not in _KENMERKEN.get(soort, ()):
                raise SchemaFout(f"{where}: {naam} komt uit {herkomst}, dat niet in doelprofiel {doel.doel} staat")


def _resolve(velden: Velden, bestand: BerichtBestand, product: Product) -> Velden:
    hoofdversie, _, subversie = bestand.versie.partition(".")
    waarden = {
        "bericht": (bestand.bericht,),
        "hoofdversie": (hoofdversie,),
        "subversie": (subversie,),
        "signaalcodes": bestand.signaalcodes,
    }
    resolved = {}
    for naam, veld in velden.items():
        update: dict[str, object] = {}
        if veld.waarden_uit:
            update = {"waarden": waarden[veld.waarden_uit], "voorbeeld": waarden[veld.waarden_uit][0]}
        if veld.voorbeeld_uit:
            update = {"voorbeeld": product.signalen[bestand.signaalcodes[0]].toelichting}
        resolved[naam] = veld.model_copy(update=update)
    return resolved


def wat_velden(velden: Velden) -> Iterable[str]:
    """The fields that a message with inhoud `dat` leaves out."""
    return (naam for naam, veld in velden.items() if veld.klasse == "wat")
