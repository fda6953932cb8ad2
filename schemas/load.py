"""Reads the declarations in this folder and checks them against each other, once per process.

Everything here is pure reading: `bronnen()`, `doelen()`, `producten()`, `ontvangers()` and `meldingen()` return frozen
models; a declaration that does not fit raises `SchemaFout` with the file and the reason.
"""

from __future__ import annotations

import csv
import os
import re
from collections.abc import Iterator
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from schemas.bron import VAN_ONTVANGERS, Bron, Tabel
from schemas.doel import Doel, Raadpleging, Tenzij
from schemas.model import Melding
from schemas.ontvanger import Kanaal, Kanalen, Machtiging, Ontvanger
from schemas.product import Product

ROOT = Path(os.environ.get("KETEN_DECLARATIES") or Path(__file__).parent)  # set by a repetition: those of then
_ARTIKEL = re.compile(r"\b(?:artikel|art\.)\s*\d[\w.:]*\s+\S", re.IGNORECASE)
_ARTIKEL_AVG = re.compile(
    r"\b(?:artikel|art\.)(?:(?!\bartikel|\bart\.)[^;()])*?\b(?:AVG|GDPR|Algemene verordening gegevensbescherming)\b",
    re.IGNORECASE,
)


class SchemaFout(ValueError):
    """A declaration in `schemas/` is wrong; the message names the file and what to mend."""


def read_yaml(path: Path) -> dict[str, Any]:
    """The object in a YAML file of this folder."""
    with path.open(encoding="utf-8") as file:
        content = yaml.load(file, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))  # noqa: S506 # nosec B506 # a safe loader
    if not isinstance(content, dict):
        raise SchemaFout(f"{path.relative_to(ROOT)}: geen YAML-object")
    return content


def read_csv(name: str) -> list[dict[str, str]]:
    """Rows of a code list, for example `codes/norm.csv`; every value is text, empty when absent."""
    with (ROOT / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@cache
def bronnen() -> dict[str, Bron]:
    """All bronnen by name, each with its tables."""
    return {bron.bron: bron for bron in map(_read_bron, sorted((ROOT / "bronnen").iterdir())) if bron}


def _read_bron(folder: Path) -> Bron:
    tabellen = [Tabel(**read_yaml(path)) for path in sorted(folder.glob("*.yml")) if path.stem != "bron"]
    bron = Bron(**read_yaml(folder / "bron.yml"), tabellen={tabel.tabel: tabel for tabel in tabellen})
    if bron.kanaal not in (None, VAN_ONTVANGERS, *kanalen()):
        raise SchemaFout(f"bronnen/{bron.bron}/bron.yml: onbekend kanaal {bron.kanaal}")
    for tabel in tabellen:
        _check_tabel(f"bronnen/{bron.bron}/{tabel.tabel}.yml", tabel)
        if tabel.aanleveraar not in (None, bron.bron, *tabel.velden):
            raise SchemaFout(f"bronnen/{bron.bron}/{tabel.tabel}.yml: aanleveraar is geen veld en niet de bron")
        for vorm in tabel.json_binnen:
            if vorm.tabel not in bron.tabellen or bron.tabellen[vorm.tabel].json_ is None:
                raise SchemaFout(
                    f"bronnen/{bron.bron}/{tabel.tabel}.yml: json_binnen noemt {vorm.tabel}, die er niet is"
                )
    return bron


def _check_tabel(file: str, tabel: Tabel) -> None:
    mappings = list(tabel.plaatsen())
    if not mappings:
        raise SchemaFout(f"{file}: geen enkel formaat")
    for mapping in mappings:
        if unknown := set(mapping) - set(tabel.velden):
            raise SchemaFout(f"{file}: formaat noemt onbekende velden {sorted(unknown)}")
        if missing := {naam for naam, veld in tabel.velden.items() if veld.verplicht} - set(mapping):
            raise SchemaFout(f"{file}: verplichte velden zonder plaats {sorted(missing)}")
    for what, named in (("sleutel", set(tabel.sleutel)), ("voorbeeld", set(tabel.voorbeeld))):
        if unknown := named - set(tabel.velden):
            raise SchemaFout(f"{file}: {what} noemt onbekende velden {sorted(unknown)}")
    for naam, veld in tabel.velden.items():
        if veld.codelijst and veld.codelijst != "ontvanger" and not (ROOT / f"codes/{veld.codelijst}.csv").exists():
            raise SchemaFout(f"{file}: {naam} noemt een codelijst die er niet is: {veld.codelijst}")


def find_tabel(naam: str) -> Tabel:
    """The table `<bron>.<tabel>`."""
    bron, _, tabel = naam.partition(".")
    try:
        return bronnen()[bron].tabellen[tabel]
    except KeyError:
        raise SchemaFout(f"tabel {naam} bestaat niet in schemas/bronnen") from None


def all_tabellen() -> Iterator[tuple[str, Tabel]]:
    """Every table of every bron with its full name `<bron>.<tabel>`."""
    for bron in bronnen().values():
        for tabel in bron.tabellen.values():
            yield f"{bron.bron}.{tabel.tabel}", tabel


@cache
def doelen() -> dict[str, Doel]:
    """All doelprofielen by name."""
    result = {}
    for path in sorted((ROOT / "doelen").glob("*.yml")):
        doel = Doel(**read_yaml(path))
        _check_doel(f"doelen/{path.name}", doel)
        result[doel.doel] = doel
    return result


def _check_doel(file: str, doel: Doel) -> None:
    _check_grondslag(file, doel)
    _check_volgorde(file, doel)
    consulted = {raadpleging.tabel: raadpleging for raadpleging in doel.bronnen}
    for naam, raadpleging in consulted.items():
        velden = find_tabel(naam).velden
        for veld, noodzaak in raadpleging.velden.items():
            if veld not in velden:
                raise SchemaFout(f"{file}: {naam} heeft geen veld {veld}")
            if not noodzaak.strip():
                raise SchemaFout(f"{file}: {naam}.{veld} heeft geen noodzaak")
        if not any(velden[veld].type == "bsn" for veld in raadpleging.velden) and raadpleging.via is None:
            raise SchemaFout(f"{file}: {naam} heeft geen persoon en geen via")
        if raadpleging.via and raadpleging.via.veld not in consulted[raadpleging.via.tabel].velden:
            raise SchemaFout(f"{file}: via {raadpleging.via.tabel}.{raadpleging.via.veld} is niet in het profiel")
    for populatie in doel.populatie:
        if missing := set(populatie.velden) - set(consulted[populatie.tabel].velden):
            raise SchemaFout(f"{file}: populatie gebruikt velden buiten het profiel {sorted(missing)}")


def _check_grondslag(file: str, doel: Doel) -> None:
    """Every grondslag names an article of a law; the AVG itself asks for another law (art. 6 lid 3)."""
    for grondslag in doel.grondslag:
        if not _ARTIKEL.search(_ARTIKEL_AVG.sub("", grondslag)):
            raise SchemaFout(f"{file}: '{grondslag}' noemt geen wetsartikel; toestemming alleen is geen grondslag")


def _check_volgorde(file: str, doel: Doel) -> None:
    """A table stands after those that decide what of it is consulted: the population, `via`, `tenzij`."""
    names = [raadpleging.tabel for raadpleging in doel.bronnen]
    if len(names) != len(set(names)):
        raise SchemaFout(f"{file}: een tabel staat er twee keer in")
    populatie = {item.tabel for item in doel.populatie}
    if populatie != set(names[: len(populatie)]):
        raise SchemaFout(f"{file}: de doelpopulatie staat niet vooraan in bronnen")
    for place, raadpleging in enumerate(doel.bronnen):
        decided_by = [item.tabel for item in raadpleging.tenzij] + ([raadpleging.via.tabel] if raadpleging.via else [])
        if later := set(decided_by) - set(names[:place]):
            raise SchemaFout(f"{file}: {raadpleging.tabel} wordt eerder geraadpleegd dan {sorted(later)}")
        for tenzij in raadpleging.tenzij:
            _check_tenzij(file, doel, raadpleging, tenzij)


def _check_tenzij(file: str, doel: Doel, raadpleging: Raadpleging, tenzij: Tenzij) -> None:
    source = next(item for item in doel.bronnen if item.tabel == tenzij.tabel)
    needed = {*tenzij.personen, tenzij.van, tenzij.tot, *tenzij.waarbij}
    if missing := needed - set(source.velden):
        raise SchemaFout(f"{file}: tenzij {tenzij.tabel} gebruikt velden buiten het profiel {sorted(missing)}")
    if source.via or source.tenzij or raadpleging.via or raadpleging.tabel in {item.tabel for item in doel.populatie}:
        raise SchemaFout(f"{file}: tenzij {tenzij.tabel} bij {raadpleging.tabel} kan niet; het gaat om personen")


@cache
def producten() -> dict[str, Product]:
    """All products by name; each belongs to a doel that exists."""
    result = {}
    for path in sorted((ROOT / "producten").glob("*.yml")):
        product = Product(**read_yaml(path))
        if product.doel not in doelen():
            raise SchemaFout(f"producten/{path.name}: geen doelprofiel {product.doel}; zonder profiel geen product")
        if product.bundel == "rmc" and "rmc" not in doelen()[product.doel].ontvangers:
            raise SchemaFout(f"producten/{path.name}: bundelt per RMC-regio, die geen ontvanger is in het doelprofiel")
        result[product.product] = product
    return result


@cache
def ontvangers() -> dict[str, Ontvanger]:
    """All recipients by code: a gemeentecode, `rmc-NN` or `ws-NNNN`."""
    result = {row["ontvanger"]: _read_ontvanger(row) for row in read_csv("ontvangers/ontvanger.csv")}
    if unknown := {ontvanger.kanaal for ontvanger in result.values()} - kanalen().keys():
        raise SchemaFout(f"ontvangers/ontvanger.csv: onbekend kanaal {', '.join(sorted(unknown))}")
    return result


def _read_ontvanger(row: dict[str, str]) -> Ontvanger:
    values: dict[str, Any] = dict(row)
    values["producten"] = frozenset(row["producten"].split())
    values["partner"] = row["partner"] == "ja"
    values["retour_ondertekend"] = row.get("retour_ondertekend") == "ja"  # absent in declarations of before 0044
    values["formaten"] = tuple(row["formaten"].split())
    values["percentage_kosten_van_bestaan"] = int(row["percentage_kosten_van_bestaan"] or 0) or None
    values["aow_norm"] = {"ja": True, "nee": False}.get(row["aow_norm"])
    values["overeenkomst_tot"] = row["overeenkomst_tot"] or None
    values["overeenkomst_ingetrokken"] = row["overeenkomst_ingetrokken"] or None
    return Ontvanger(**values)


@cache
def machtigingen() -> tuple[Machtiging, ...]:
    """Which gemeente lets which samenwerkingsverband receive for it."""
    result = tuple(map(_read_machtiging, read_csv("ontvangers/machtiging.csv")))
    for machtiging in result:
        gemeente, verband = (ontvangers().get(code) for code in (machtiging.gemeente, machtiging.samenwerkingsverband))
        soorten = [known.soort if known else None for known in (gemeente, verband)]
        if soorten != ["gemeente", "samenwerkingsverband"] or machtiging.producten - producten().keys():
            raise SchemaFout(f"ontvangers/machtiging.csv: {machtiging.gemeente} noemt wat er niet is")
    return result


def _read_machtiging(row: dict[str, str]) -> Machtiging:
    values: dict[str, Any] = dict(row)
    values["producten"] = frozenset(row["producten"].split())
    values["tot"] = row["tot"] or None
    return Machtiging(**values)


@cache
def kanalen() -> dict[str, Kanaal]:
    """The channels through which is delivered, by name."""
    return Kanalen(kanalen=read_yaml(ROOT / "kanaal.yml")).kanalen


def bronnen_van(product: str) -> list[str]:
    """The bronnen a product consults, in the order of its doelprofiel."""
    names = [raadpleging.tabel.partition(".")[0] for raadpleging in doelen()[producten()[product].doel].bronnen]
    return list(dict.fromkeys(names))


@cache
def meldingen() -> dict[str, Melding]:
    """All coded messages by code."""
    return {row["code"]: Melding(**row) for row in read_csv("codes/melding.csv")}


@cache
def _draaiboeken() -> dict[str, str]:
    return {row["begin"]: row["draaiboek"] for row in read_csv("draaiboek.csv")}


def draaiboek(code: str) -> str:
    """The name of the runbook for a code: that of the longest beginning of it that `draaiboek.csv` has."""
    return _draaiboeken()[max((begin for begin in _draaiboeken() if code.startswith(begin)), key=len)]


@cache
def codelijst(naam: str) -> frozenset[str]:
    """The codes of a list in `codes/` that fields refer to: every code ever, whatever its period. Or the recipients."""
    if naam == "ontvanger":
        return frozenset(ontvangers())
    if not (ROOT / f"codes/{naam}.csv").exists():
        raise SchemaFout(f"codelijst {naam} bestaat niet")
    return frozenset(next(iter(row.values())) for row in read_csv(f"codes/{naam}.csv"))


def geldige_codes(naam: str, op: date) -> frozenset[str]:
    """The codes of a list in `codes/` that are valid on a day; without begin or end that side is open."""
    return frozenset(
        next(iter(row.values()))
        for row in read_csv(f"codes/{naam}.csv")
        if (row["geldig_van"] or "0001-01-01") <= op.isoformat() <= (row["geldig_tot"] or "9999-12-31")
    )


@cache
def geraadpleegd() -> dict[str, frozenset[str]]:
    """The tables `<bron>.<tabel>` that some doel consults, each with the fields that some doel asks for."""
    result: dict[str, frozenset[str]] = {}
    for doel in doelen().values():
        for raadpleging in doel.bronnen:
            result[raadpleging.tabel] = result.get(raadpleging.tabel, frozenset()) | frozenset(raadpleging.velden)
    return result
