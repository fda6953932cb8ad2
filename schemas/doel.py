"""A doelprofiel: who may be looked up for a doel, in which order, in which fields, and for how long it is kept."""

from __future__ import annotations

from datetime import date

from pydantic import Field, model_validator

from schemas.model import Model
from schemas.ontvanger import OntvangerSoort


class Populatie(Model):
    """A table whose persons form the doelpopulatie; `waarbij` limits it to rows with these values."""

    tabel: str
    velden: tuple[str, ...]
    waarbij: dict[str, str] = Field(default_factory=dict)


class Via(Model):
    """A table without persons is admitted through the values of a field of a table that was admitted."""

    tabel: str
    veld: str


class Tenzij(Model):
    """Persons whom a table need not tell about, because a table consulted before it says enough (subsidiariteit).

    They are the `personen` of its rows with one of the values of `waarbij` that run on the peildatum, from `van` up to
    and including `tot`. Of a `maandlijst`, of which the holder sends the whole every month, only that of the period
    itself says who is on it.
    """

    tabel: str
    personen: tuple[str, ...] = Field(min_length=1)
    van: str
    tot: str
    waarbij: dict[str, tuple[str, ...]] = Field(min_length=1)
    maandlijst: bool = False


class Raadpleging(Model):
    """A table consulted for a doel, with the noodzaak of every field.

    A row is admitted when a person in one of the fields `personen` belongs to the doelpopulatie, and to none of the
    exceptions in `tenzij`; of those fields only the persons who belong are kept.
    """

    tabel: str
    velden: dict[str, str]
    personen: tuple[str, ...] = ("burgerservicenummer",)
    via: Via | None = None
    tenzij: tuple[Tenzij, ...] = ()


class Goedkeuring(Model):
    """Who approved a doelprofiel, and when."""

    door: str
    op: date


class Bewaartermijn(Model):
    """How long data of a doel is kept at least and at most; above five years is refused (AVG art. 5 lid 1 e)."""

    minimum_maanden: int = Field(ge=0)
    maximum_maanden: int = Field(gt=0, le=60)
    bron: str

    @model_validator(mode="after")
    def _minimum_fits(self) -> Bewaartermijn:
        if self.minimum_maanden > self.maximum_maanden:
            raise ValueError("de minimale bewaartermijn is langer dan de maximale")
        return self


class Doel(Model):
    """A doelprofiel: what may enter for one purpose, on what ground, and why each field is needed.

    A period is worked out from leveringen of at most `terugkijken_maanden` months, its own month included; a bron sends
    what still matters at least once in that time. `bronnen` stand in the order in which they are consulted.
    `in_gewone_taal` says to the persons concerned what happens and why. A signal that is `in_onderzoek` for
    `herbeoordeling_maanden` comes up for review.
    """

    doel: str
    omschrijving: str
    in_gewone_taal: str
    grondslag: tuple[str, ...] = Field(min_length=1)
    opdrachtgever: str
    verwerkingsverantwoordelijke: str
    betrokkenen: tuple[str, ...] = Field(min_length=1)
    ontvangers: tuple[OntvangerSoort, ...] = Field(min_length=1)
    versie: int = Field(ge=1)
    goedgekeurd: Goedkeuring
    bewaartermijn: Bewaartermijn
    terugkijken_maanden: int = Field(gt=0)
    herbeoordeling_maanden: int = Field(default=6, gt=0, le=60)
    populatie: tuple[Populatie, ...] = Field(min_length=1)
    bronnen: tuple[Raadpleging, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _kept_as_long_as_used(self) -> Doel:
        if self.terugkijken_maanden > self.bewaartermijn.maximum_maanden:
            raise ValueError("terugkijken_maanden is langer dan de maximale bewaartermijn")
        return self

    @property
    def verwerking(self) -> str:
        """The processing activity this profile describes, as the register and the processing log name it."""
        return f"urn:signaalketen:verwerking:{self.doel}:{self.versie}"
