"""A product: its signal codes, who is responsible for it and the message it is delivered in."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from schemas.model import Model


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
    """A product: signals of one doel, delivered in one bericht.

    `over` says what its signals are about: `personen`, or `aantallen` of persons, in which nobody is named. Signals of
    the second kind have no column with a person, and their bericht has no field that could name one.
    `uiterlijk` is the agreed norm: the day of the month after the periode on which every recipient has its message;
    None when nothing was agreed.
    """

    product: str
    doel: str
    naam: str
    omschrijving: str
    bericht: str
    versie: str
    frequentie: Literal["dagelijks", "maandelijks"]
    uiterlijk: int | None = Field(default=None, ge=1, le=28)
    eigenaar: Eigenaar
    bundel: Literal["geen", "rmc"]
    over: Literal["personen", "aantallen"] = "personen"
    signalen: dict[str, Signaalcode]
