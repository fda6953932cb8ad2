"""Who receives: an ontvanger, the channel to it, and who may receive for another."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal

from pydantic import Field

from schemas.model import Model

OntvangerSoort = Literal["gemeente", "rmc", "waterschap", "samenwerkingsverband"]


class MapKanaal(Model):
    """A folder of this installation, from which recipients fetch."""

    soort: Literal["map"]


class SftpKanaal(Model):
    """An SFTP server; `hostsleutel` is its public key, `map` where deliveries go."""

    soort: Literal["sftp"]
    host: str
    poort: int = Field(default=22, gt=0, lt=65536)
    gebruiker: str
    hostsleutel: str = Field(pattern=r"^(ssh|ecdsa)-\S+ \S+$")
    map: str = "."


class S3Kanaal(Model):
    """A bucket of an S3-compatible store; `voorvoegsel` stands before every name."""

    soort: Literal["s3"]
    adres: str = Field(pattern=r"^https?://")
    regio: str
    emmer: str
    voorvoegsel: str = Field(default="", pattern=r"^([A-Za-z0-9._-]+/)*$")


Kanaal = Annotated[MapKanaal | SftpKanaal | S3Kanaal, Field(discriminator="soort")]


class Kanalen(Model):
    """All channels by name."""

    kanalen: dict[str, Kanaal]


class Ontvanger(Model):
    """A recipient with its agreement.

    `partner` says whether the agreement has the burgerservicenummer of the partner; `leveringsoort` whether it is sent
    what changed or everything that holds; `overeenkomst_tot` is the last day, None while the agreement runs;
    `overeenkomst_ingetrokken` is the day from which it is revoked; `retour_ondertekend` says whether a retourbericht
    counts only when it is signed. The percentage and `aow_norm` (whether households
    of pension age are held against the AOW norm) are its own choice, by the Regeling kwijtschelding belastingen
    medeoverheden; None where it has nothing to do with kwijtschelding.
    """

    ontvanger: str
    soort: OntvangerSoort
    naam: str
    oin: str = Field(pattern=r"^\d{20}$")
    producten: frozenset[str]
    formaten: tuple[Literal["json", "xml", "csv"], ...]
    inhoud: Literal["dat", "wat"]
    partner: bool
    leveringsoort: Literal["mutaties", "volledig"]
    kanaal: str
    percentage_kosten_van_bestaan: int | None = Field(ge=90, le=100)
    aow_norm: bool | None
    overeenkomst_van: date
    overeenkomst_tot: date | None
    overeenkomst_ingetrokken: date | None
    retour_ondertekend: bool
    contact: str

    def geldt_op(self, dag: date) -> bool:
        """Whether the agreement runs on a day and was not revoked before or on it."""
        ended = self.overeenkomst_tot is not None and self.overeenkomst_tot < dag
        return self.overeenkomst_van <= dag and not ended and not self.ingetrokken_op(dag)

    def ingetrokken_op(self, dag: date) -> bool:
        """Whether the agreement was revoked, before or on a day."""
        return self.overeenkomst_ingetrokken is not None and self.overeenkomst_ingetrokken <= dag


class Machtiging(Model):
    """A gemeente lets a samenwerkingsverband receive products for it; `grondslag` is what it rests on.

    `tot` is the last day, None while it runs.
    """

    gemeente: str
    samenwerkingsverband: str
    producten: frozenset[str] = Field(min_length=1)
    van: date
    tot: date | None
    grondslag: str = Field(min_length=1)

    def geldt_voor(self, product: str, dag: date) -> bool:
        """Whether it is about a product and runs on a day."""
        return product in self.producten and self.van <= dag and (self.tot is None or dag <= self.tot)
