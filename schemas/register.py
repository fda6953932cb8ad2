"""What accounting for the processing needs besides the doelprofielen: `verantwoording/{register,dpia}.yml`.

`register()` holds what is the same for every processing activity, `dpia()` the risks with the control for each and the
tests that prove it. A test is named as pytest names it.
"""

from __future__ import annotations

from functools import cache
from typing import Literal

from pydantic import Field

from schemas import load
from schemas.load import SchemaFout, doelen, read_yaml
from schemas.model import Model
from schemas.ontvanger import OntvangerSoort

TEST = r"^tests/[\w/]+\.py::[\w:]+$"


class Partij(Model):
    """Somebody to write to."""

    naam: str
    contact: str


class Maatregel(Model):
    """A security measure and the test that shows it."""

    maatregel: str
    test: str = Field(pattern=TEST)


class Recht(Model):
    """A right of a person, and how to use it."""

    recht: str
    hoe: str


class Rechtsverwerking(Model):
    """A processing activity that is a right of persons and no doel of its own."""

    versie: int
    omschrijving: str
    grondslag: str
    gegevens: str
    ontvangers: str
    bewaartermijn: str


class Logtermijn(Model):
    """How long a log is kept, from the end of the month in which something was logged."""

    maanden: int = Field(gt=0, le=84)
    bron: str


class Vraag(Model):
    """What a person may ask, and the answer."""

    vraag: str
    antwoord: str


class Register(Model):
    """What is the same for every processing activity. `klassen` says what each class of fields is.

    `gebeurtenissen` is the term of the files with OpenLineage events.
    """

    verwerker: Partij
    functionaris: Partij
    doorgifte: str
    ontvangers: dict[OntvangerSoort, str]
    klassen: dict[Literal["identifier", "dat", "wat"], str]
    rechten_verwerkingen: dict[str, Rechtsverwerking]
    verwerkingslog: Logtermijn
    gebeurtenissen: Logtermijn
    beveiliging: tuple[Maatregel, ...] = Field(min_length=1)
    rechten: tuple[Recht, ...] = Field(min_length=1)
    burger: tuple[Vraag, ...]


class Risicotype(Model):
    """A kind of risk."""

    naam: str
    omschrijving: str


class Risico(Model):
    """A risk of one type, what is done against it, which behaviour of the specification that is, and the tests."""

    type: Literal["A1", "A2", "A3", "B"]
    risico: str
    maatregel: str
    gedrag: int = Field(ge=1, le=13)
    tests: tuple[str, ...] = Field(min_length=1)


class Dpia(Model):
    """The risks; `herkomst` says where the types come from."""

    herkomst: str
    typen: dict[Literal["A1", "A2", "A3", "B"], Risicotype]
    risicos: tuple[Risico, ...]


@cache
def register() -> Register:
    """What is the same for every processing activity; the log of it outlasts the data it is about."""
    result = Register(**read_yaml(load.ROOT / "verantwoording" / "register.yml"))
    if shorter := [doel for doel, item in doelen().items() if item.bewaartermijn.maximum_maanden > _log(result)]:
        raise SchemaFout(f"verantwoording/register.yml: het verwerkingslog wordt korter bewaard dan {sorted(shorter)}")
    return result


def _log(found: Register) -> int:
    return found.verwerkingslog.maanden


@cache
def dpia() -> Dpia:
    """The risks with their controls; every type has at least one."""
    result = Dpia(**read_yaml(load.ROOT / "verantwoording" / "dpia.yml"))
    if missing := result.typen.keys() - {risico.type for risico in result.risicos}:
        raise SchemaFout(f"verantwoording/dpia.yml: geen risico van type {sorted(missing)}")
    return result


def genoemde_tests() -> set[str]:
    """Every test that a measure or a control rests on."""
    return {maatregel.test for maatregel in register().beveiliging} | {
        test for risico in dpia().risicos for test in risico.tests
    }
