"""Where settings come from, and the refusal of what is not a setting.

Strongest first: the environment (`KETEN_<NAME>`), a folder with one file per setting as container platforms mount
secrets (`KETEN_GEHEIMEN`), a TOML file (`KETEN_INSTELLINGEN`), the default. A name that nobody reads is an error: a
misspelt setting would otherwise be the default in silence.
"""

from __future__ import annotations

import difflib
import os
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import ValidationError
from pydantic_settings import (
    BaseSettings,
    EnvSettingsSource,
    PydanticBaseSettingsSource,
    SecretsSettingsSource,
    SettingsError,
    TomlConfigSettingsSource,
)

from schemas.fout import KetenFout

VOORVOEGSEL = "KETEN_"
BESTAND, GEHEIMEN = "KETEN_INSTELLINGEN", "KETEN_GEHEIMEN"
# Variables that are read elsewhere than in the settings, by whom. A test finds those that are missing here.
ANDERE = {
    BESTAND: "the TOML file with settings",
    GEHEIMEN: "the folder with a file per setting",
    "KETEN_HOOFDSLEUTEL": "the master key, with sleutelbron omgeving (privacy)",
    "KETEN_DECLARATIES": "the declarations of a repetition (schemas)",
    "KETEN_REAL": "published test data (tests)",
    "KETEN_ORAKEL": "size of the oracle tests (tests)",
    "KETEN_GROOT_MB": "size of the large files (tests)",
    "KETEN_FOUTEN": "whether steps are killed everywhere (tests)",
}
# Families: of the dbt profile, of benchmarks and of the soak. `KETEN_SPARK` itself is a setting.
FAMILIES = ("KETEN_DBT_", "KETEN_SPARK_", "KETEN_BENCHMARK_", "KETEN_SOAK_")


@dataclass(frozen=True)
class Bron:
    """One place that settings come from."""

    naam: str
    lezer: PydanticBaseSettingsSource

    def waarden(self) -> Mapping[str, Any]:
        """What it says, by setting."""
        return self.lezer()


def bronnen(model: type[BaseSettings]) -> list[Bron]:
    """The places that are there, strongest first.

    Raises:
        KetenFout: `S-INSTELLINGBESTAND` when a file or folder that is named cannot be read.
    """
    found = [Bron("omgeving", EnvSettingsSource(model))]
    if folder := os.environ.get(GEHEIMEN):
        _moet_er_zijn(GEHEIMEN, Path(folder).is_dir())
        found.append(Bron("geheim", SecretsSettingsSource(model, secrets_dir=folder, env_prefix="")))
    if file := os.environ.get(BESTAND):
        _moet_er_zijn(BESTAND, Path(file).is_file())
        try:
            found.append(Bron("bestand", TomlConfigSettingsSource(model, toml_file=Path(file))))
        except (tomllib.TOMLDecodeError, UnicodeDecodeError, OSError):
            raise KetenFout("S-INSTELLINGBESTAND", BESTAND) from None
    return found


def weiger_onbekend(model: type[BaseSettings]) -> None:
    """Refuses variables, files and keys that are no setting.

    Raises:
        KetenFout: `S-INSTELLING-ONBEKEND` with the names, and what was probably meant.
    """
    known = [VOORVOEGSEL + name.upper() for name in model.model_fields] + list(ANDERE)
    given = [name for name in os.environ if name.startswith(VOORVOEGSEL) and not name.startswith(FAMILIES)]
    _weiger(given, known)
    for bron in bronnen(model):
        if bron.naam == "geheim":
            files = Path(os.environ[GEHEIMEN]).iterdir()
            _weiger([path.name for path in files if not path.name.startswith(".")], list(model.model_fields))
        if bron.naam == "bestand":
            _weiger(bron.waarden(), list(model.model_fields))


def vertaal(fout: ValidationError | SettingsError) -> KetenFout:
    """The same refusal with a code and the names of the settings: what pydantic says holds the value."""
    if isinstance(fout, ValidationError):
        return KetenFout("S-INSTELLING", ", ".join(sorted({str(error["loc"][0]) for error in fout.errors()})))
    return KetenFout("S-INSTELLING", str(fout).partition('"')[2].partition('"')[0])


def _moet_er_zijn(variable: str, there: bool) -> None:
    if not there:
        raise KetenFout("S-INSTELLINGBESTAND", variable)


def _weiger(given: Iterable[str], known: list[str]) -> None:
    unknown = sorted(set(given) - set(known))
    if unknown:
        raise KetenFout("S-INSTELLING-ONBEKEND", ", ".join(_met_suggestie(name, known) for name in unknown))


def _met_suggestie(name: str, known: list[str]) -> str:
    near = difflib.get_close_matches(name, known, 1)
    return f"{name}, bedoeld is misschien {near[0]}" if near else name
