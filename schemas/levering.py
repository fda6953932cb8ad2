"""What a bron sends along with its files, and what goes back to whoever delivered them.

The JSON Schemas in `schemas/generated/` are made of these models, so that a bron can check its manifest before sending.
"""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from pydantic import Field, StringConstraints
from pydantic.alias_generators import to_camel

from schemas.model import Model

Periode = Annotated[str, StringConstraints(pattern=r"^\d{4}-(0[1-9]|1[0-2])$")]
Sha256 = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
Code = Annotated[str, StringConstraints(pattern=r"^[A-Z]+(-[A-Z]+)+$")]
Aanleveraar = Annotated[str, StringConstraints(pattern=r"^(\d{4}|(ws|rmc)-\d{2,4}|[a-z_]{1,20})$")]


class ManifestBestand(Model):
    """A file of a levering. `records` is how many records it holds, for a file of one table."""

    naam: str = Field(min_length=1, description="Naam, zo nodig met de map ten opzichte van het manifest.")
    sha256: Sha256
    bytes: int | None = Field(default=None, ge=0)
    records: int | None = Field(default=None, ge=0, description="Aantal records; alleen bij een bestand met één tabel.")


class LeveringManifest(Model):
    """The optional `levering.json` beside the files of a levering.

    A levering that is `vervangend` takes the place of the earlier ones of the same bron, period, aanleveraar and
    tables. One that is not `volledig` is followed by more, and the period waits for that. Without `bestanden` any file
    counts. `naam` and `omschrijving` are for people and are not kept.
    """

    bron: str
    periode: Periode
    aanleveraar: Aanleveraar | None = None
    soort: Literal["aanvullend", "vervangend"] = "aanvullend"
    volledig: bool = True
    bestanden: tuple[ManifestBestand, ...] | None = None
    naam: str = ""
    omschrijving: str = ""


class _Verslagdeel(Model, alias_generator=to_camel):
    """Part of a verwerkingsverslag; keys are in camelCase, as in the messages."""


class VerslagTabel(_Verslagdeel):
    """Counts of one table: every record received is either accepted or rejected."""

    tabel: str
    ontvangen: int = Field(ge=0)
    aangenomen: int = Field(ge=0)
    afgekeurd: int = Field(ge=0)
    per_code: dict[Code, int]


class VerslagBestand(_Verslagdeel):
    """A file that rejected records point to, or that could not be used as a whole, with the `code` that says why.

    The digest says which it is, because its name is not kept.
    """

    bestand_nr: int = Field(ge=1)
    sha256: Sha256
    code: Code | None = None


class VerslagRegel(_Verslagdeel):
    """A rejected record: its number within the file, and why. Never a value."""

    tabel: str
    bestand_nr: int = Field(ge=1)
    record_nr: int = Field(ge=1)
    code: Code


class Verwerkingsverslag(_Verslagdeel):
    """What became of the records that one gemeente, waterschap or bron delivered in a levering.

    With status `afgekeurd` the levering was refused as a whole, for the reason in `code`, and no record is accepted.
    """

    verslag: Literal["verwerkingsverslag"] = "verwerkingsverslag"
    versie: Literal["1.0"] = "1.0"
    aanleveraar: Aanleveraar
    levering_id: str
    bron: str
    periode: Periode
    ontvangen_op: datetime
    status: Literal["verwerkt", "afgekeurd"]
    code: Code | None
    tabellen: tuple[VerslagTabel, ...]
    bestanden: tuple[VerslagBestand, ...]
    regels: tuple[VerslagRegel, ...]
    betekenis: dict[Code, str]
