"""The pins of a run: everything its outcome depends on."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

import pyarrow as pa

from pipeline import dbt_build
from pipeline.stand import Stand
from schemas.load import doelen, producten
from schemas.reference import reference_tables


@dataclass(frozen=True)
class Pins:
    """What a run depends on. `leveringen` maps the id of a levering to its toelating."""

    product: str
    periode: str
    leveringen: dict[str, str]
    referentie: str
    modellen: str

    @property
    def run_id(self) -> str:
        """The name of the first run with these pins."""
        return self.naam(1)

    def naam(self, keer: int) -> str:
        """The name of a run with these pins: the first, or one after the period had been otherwise."""
        text = self.as_json() + (f"\n{keer}" if keer > 1 else "")
        return f"{self.product}-{self.periode}-{hashlib.sha256(text.encode()).hexdigest()[:12]}"

    @classmethod
    def lees(cls, text: str) -> Pins:
        """Pins from their JSON."""
        return cls(**json.loads(text))

    def as_json(self) -> str:
        """The pins as canonical JSON."""
        return json.dumps(self.__dict__, sort_keys=True, separators=(",", ":"))


def huidige_pins(stand: Stand, product: str) -> Pins:
    """The pins a run would have as the ledger stands for a period."""
    doel = doelen()[producten()[product].doel]
    toelatingen = {lev["levering_id"]: stand.toelating(lev, doel) for lev in stand.leveringen_van(doel)}
    return Pins(product, stand.periode, toelatingen, _referentie_nu(), _modellen_digest(product))


@cache
def _referentie_nu() -> str:
    return referentie_digest(reference_tables())


def referentie_digest(tabellen: Mapping[str, pa.Table]) -> str:
    """The digest of reference tables by name."""
    digest = hashlib.sha256()
    for naam, table in sorted(tabellen.items()):
        digest.update(naam.encode() + json.dumps(table.to_pylist(), default=str).encode())
    return digest.hexdigest()


@cache
def _modellen_digest(product: str) -> str:
    digest = hashlib.sha256(producten()[product].model_dump_json().encode())
    settings = [dbt_build.TRANSFORMS / naam for naam in ("dbt_project.yml", "profiles.yml")]
    for path in settings + sorted(
        pad for naam in ("models", "macros") for pad in (dbt_build.TRANSFORMS / naam).rglob("*")
    ):
        if path.is_file():
            digest.update(path.relative_to(dbt_build.TRANSFORMS).as_posix().encode() + path.read_bytes())
    return digest.hexdigest()
