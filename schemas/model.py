"""The shapes of everything declared in `schemas/`: one frozen model per kind of file.

A model refuses unknown keys, so a misspelt key in a YAML file fails the build and not a run.
"""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

VeldType = Literal["bsn", "lhnr", "tekst", "code", "datum", "geheel", "bedrag", "janee"]


class Model(BaseModel):
    """Base of all declarations: immutable, no unknown keys."""

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)


class Plaats(Model):
    """Where a field stands in one format, and how it is written there.

    `pad` is a column name (CSV, Parquet), a path of element names (XML) or of keys (JSON), or an LO-BRP element number.
    `vorm: standaardbedr` reads a SuwiML StandaardBedr (sign and value in child elements). `keuze` says which of several
    matches counts. `eenheid` overrides the unit of the field for this format.
    """

    pad: str
    vorm: Literal["tekst", "standaardbedr"] = "tekst"
    keuze: Literal["eerste", "laatste"] = "eerste"
    eenheid: Literal["cent", "euro"] | None = None


def _as_plaats(value: object) -> object:
    return {"pad": value} if isinstance(value, str) else value


Plaatsen = dict[str, Annotated[Plaats, BeforeValidator(_as_plaats)]]


class XmlRij(Model):
    """The repeating element `rij` of a document becomes one row; the paths of fields are relative to it."""

    document: str
    namespace: str
    rij: str
    velden: Plaatsen


class CsvVorm(Model):
    """Columns by their name in the header."""

    kolommen: Plaatsen
    scheidingsteken: str = ";"


class ParquetVorm(Model):
    """Columns by their name in the file."""

    kolommen: Plaatsen


class JsonVorm(Model):
    """Keys of one JSON object per record (an array of objects, or JSON lines)."""

    velden: Plaatsen


class LoBrpVorm(Model):
    """LO-BRP element numbers; `rijen` says whether only current rows count or history rows too."""

    rijen: Literal["actueel", "alle"]
    velden: Plaatsen


class Veld(Model):
    """One field of a bron table.

    `klasse` is `identifier` (a number that is or may hold a burgerservicenummer), `dat` (that there is something) or
    `wat` (its content). `waarden` maps what a bron writes to the code this project uses; `anders` is the code for any
    other value, and without it another value is uitval.
    """

    type: VeldType
    klasse: Literal["identifier", "dat", "wat"]
    omschrijving: str
    verplicht: bool = False
    eenheid: Literal["cent", "euro"] | None = None
    open_einde: bool = False
    waarden: dict[str, str] | None = None
    anders: str | None = None
    codelijst: str | None = None


class Tabel(Model):
    """One table of a bron with its fields and where they stand in each format."""

    tabel: str
    omschrijving: str
    sleutel: tuple[str, ...]
    velden: dict[str, Veld]
    xml: tuple[XmlRij, ...] = ()
    csv: CsvVorm | None = None
    parquet: ParquetVorm | None = None
    json_: JsonVorm | None = Field(default=None, alias="json")
    lo_brp: LoBrpVorm | None = None


class Bron(Model):
    """A source: who holds it, how often it delivers, and its tables."""

    bron: str
    naam: str
    omschrijving: str
    houder: str
    frequentie: Literal["dagelijks", "maandelijks"]
    herkomst: str
    tabellen: dict[str, Tabel] = Field(default_factory=dict)


class Populatie(Model):
    """A table whose persons form the doelpopulatie; `waarbij` limits it to rows with these values."""

    tabel: str
    velden: tuple[str, ...]
    waarbij: dict[str, str] = Field(default_factory=dict)


class Via(Model):
    """A table without persons is admitted through the values of a field of a table that was admitted."""

    tabel: str
    veld: str


class Raadpleging(Model):
    """A table consulted for a doel, with the noodzaak of every field.

    A row is admitted when a person in one of the fields `personen` belongs to the doelpopulatie; of those fields only
    the persons who belong are kept.
    """

    tabel: str
    velden: dict[str, str]
    personen: tuple[str, ...] = ("burgerservicenummer",)
    via: Via | None = None


class Goedkeuring(Model):
    """Who approved a doelprofiel, and when."""

    door: str
    op: date


class Bewaartermijn(Model):
    """How long data of a doel is kept at least and at most; above five years is refused (AVG art. 5 lid 1 e)."""

    minimum_maanden: int = Field(ge=0)
    maximum_maanden: int = Field(gt=0, le=60)
    bron: str


class Doel(Model):
    """A doelprofiel: what may enter for one purpose, on what ground, and why each field is needed.

    A period is worked out from leveringen of at most `terugkijken_maanden` months, its own month included; a bron sends
    what still matters at least once in that time.
    """

    doel: str
    omschrijving: str
    grondslag: tuple[str, ...] = Field(min_length=1)
    opdrachtgever: str
    versie: int
    goedgekeurd: Goedkeuring
    bewaartermijn: Bewaartermijn
    terugkijken_maanden: int = Field(gt=0)
    populatie: tuple[Populatie, ...] = Field(min_length=1)
    bronnen: tuple[Raadpleging, ...] = Field(min_length=1)


class Signaalcode(Model):
    """A signal code. A `gebeurtenis` happens once; a `toestand` lasts until it ends."""

    naam: str
    aard: Literal["gebeurtenis", "toestand"]
    toelichting: str


class Eigenaar(Model):
    """Who answers questions about a product."""

    naam: str
    contact: str


class Product(Model):
    """A product: signals of one doel, delivered in one bericht."""

    product: str
    doel: str
    naam: str
    omschrijving: str
    bericht: str
    versie: str
    frequentie: Literal["dagelijks", "maandelijks"]
    eigenaar: Eigenaar
    bundel: Literal["geen", "rmc"]
    signalen: dict[str, Signaalcode]


class Ontvanger(Model):
    """A recipient with its agreement.

    `partner` says whether the agreement has the burgerservicenummer of the partner; `overeenkomst_tot` is the last
    day, None while the agreement runs.
    """

    ontvanger: str
    soort: Literal["gemeente", "rmc", "waterschap"]
    naam: str
    oin: str = Field(pattern=r"^\d{20}$")
    producten: frozenset[str]
    formaten: tuple[Literal["json", "xml", "csv"], ...]
    inhoud: Literal["dat", "wat"]
    partner: bool
    leveringsoort: Literal["mutaties"]  # `volledig` is refused until deliveries can be made that way
    kanaal: Literal["map"]
    percentage_kosten_van_bestaan: int | None
    overeenkomst_van: date
    overeenkomst_tot: date | None
    contact: str


class Melding(Model):
    """A coded message: what happened and what to do about it."""

    code: str
    soort: str
    betekenis: str
    wat_te_doen: str
