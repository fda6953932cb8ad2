"""What the rules of every product share: dates, restating, norms, residence. From signals.md, not from the SQL."""

from __future__ import annotations

import calendar
import csv
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from functools import cache
from pathlib import Path

from schemas.load import find_tabel

CODES = Path(__file__).resolve().parents[3] / "schemas" / "codes"
Row = Mapping[str, str]
Tabellen = Mapping[str, Sequence[Row]]
NOOIT = date(9999, 12, 31)
BIJSTAND = frozenset({"34", "42", "43", "45"})


@cache
def codelijst(naam: str) -> tuple[Row, ...]:
    """The rows of a code list."""
    with (CODES / f"{naam}.csv").open(encoding="utf-8", newline="") as file:
        return tuple(csv.DictReader(file))


@cache
def ontvangerlijst() -> tuple[Row, ...]:
    """The recipients with what they chose."""
    with (CODES.parent / "ontvangers" / "ontvanger.csv").open(encoding="utf-8", newline="") as file:
        return tuple(csv.DictReader(file))


def norm(naam: str, peildatum: date) -> int:
    """The value of a norm that applies on the peildatum."""
    dag = peildatum.isoformat()
    found = [
        int(row["waarde"])
        for row in codelijst("norm")
        if row["norm"] == naam and row["geldig_van"] <= dag <= (row["geldig_tot"] or "9999")
    ]
    assert len(found) == 1, (naam, peildatum, found)
    return found[0]


def laatste_dag(periode: str) -> date:
    """The peildatum of a periode."""
    jaar, maand = map(int, periode.split("-"))
    return date(jaar, maand, calendar.monthrange(jaar, maand)[1])


def uiterlijk(waarde: str) -> date:
    """The latest day an incomplete date can be; a date that is wholly unknown or absent is never certain."""
    getal = int(waarde or "0")
    jaar, maand, dag = getal // 10000, getal // 100 % 100, getal % 100
    if not jaar:
        return NOOIT
    maand, dag = (maand, dag) if maand else (12, 31)
    return date(jaar, maand, dag or calendar.monthrange(jaar, maand)[1])


def sinds(waarde: str) -> date:
    """The day from which something certainly holds; what has no known begin holds already (ADR 0021)."""
    return uiterlijk(waarde) if int(waarde or "0") else date.min


def vroegst(waarde: str) -> date:
    """The earliest day an incomplete date can be; absent is never."""
    if not waarde:
        return NOOIT
    getal = int(waarde)
    return date(getal // 10000, getal // 100 % 100 or 1, getal % 100 or 1) if getal else date.min


def loopt(begin: str, einde: str, dag: date) -> bool:
    """Whether something runs on a day; the last day counts."""
    return sinds(begin) <= dag <= uiterlijk(einde)


def leeftijd(geboren: date, peildatum: date) -> int:
    """Whole years on the peildatum."""
    return peildatum.year - geboren.year - ((peildatum.month, peildatum.day) < (geboren.month, geboren.day))


def herzien(tabellen: Tabellen, naam: str) -> list[Row]:
    """Of every record only the latest: a later levering restates a record with the same key."""
    korter = {"burgerservicenummer": "persoon", "burgerservicenummer_partner": "partner"}
    sleutel = [korter.get(veld, veld) for veld in find_tabel(naam).sleutel]
    latest: dict[tuple[str, ...], Row] = {}
    for row in sorted(tabellen.get(naam, ()), key=lambda row: int(row.get("levering") or 1)):
        latest[tuple(row.get(veld, "") for veld in sleutel)] = row
    return list(latest.values())


def van(rows: Iterable[Row], persoon: str, kolom: str = "persoon") -> list[Row]:
    """The rows about a person."""
    return [row for row in rows if row.get(kolom) == persoon]


def opvolger(code: str, dag: date) -> str:
    """The gemeente that has taken the place of this one on a day, over any number of mergers."""
    volgende = {row["gemeentecode"]: row for row in codelijst("gemeente")}
    while volgende[code]["opvolger"] and volgende[code]["geldig_tot"] <= dag.isoformat():
        code = volgende[code]["opvolger"]
    return code


def verblijf(personen: Sequence[Row], plaatsen: Sequence[Row], persoon: str, peildatum: date) -> tuple[str, str]:
    """The gemeente where a person lives on the peildatum, or why the person counts nowhere.

    Death, suspension and departure count as soon as they are possible: a signal is about who certainly lives there.
    """
    lijst = van(personen, persoon)
    if not lijst:
        return "", "niet_in_brp"
    rij = lijst[0]
    opgeschort = rij.get("reden_opschorting", "") if vroegst(rij.get("datum_opschorting", "")) <= peildatum else ""
    if vroegst(rij.get("datum_overlijden", "")) <= peildatum or opgeschort == "O":
        return "", "overleden"
    plaats = verblijfplaats(plaatsen, persoon, peildatum)
    if plaats is None:
        return "", "niet_in_brp"
    if opgeschort == "E" or (plaats.get("land_buitenland") and vroegst(plaats.get("datum_vertrek", "")) <= peildatum):
        return "", "geemigreerd"
    if opgeschort == "R" or plaats["gemeente_van_inschrijving"] == "1999":
        return "", "rni"
    return opvolger(plaats["gemeente_van_inschrijving"], peildatum), ""


def verblijfplaats(plaatsen: Sequence[Row], persoon: str, peildatum: date) -> Row | None:
    """The verblijfplaats that holds on the peildatum."""
    geldig = [row for row in van(plaatsen, persoon) if not row.get("indicatie_onjuist") and _begin(row) <= peildatum]
    actueel = [row for row in geldig if row.get("actueel") == "ja"] or geldig
    return max(actueel, key=_begin, default=None)


def _begin(row: Row) -> date:
    weg = row.get("land_buitenland") or row["gemeente_van_inschrijving"] == "1999"
    dag = row.get("datum_begin") or row.get("datum_vertrek") or row.get("datum_inschrijving", "")
    return vroegst(dag) if weg else sinds(dag)


def groep_van(rows: Sequence[Row], opgave: Row) -> tuple[str, str]:
    """The code and group of an inkomstenopgave: those of the inkomstenperiode of its IKV that holds when it begins."""
    inkomstenperiode = inkomstenperiode_van(rows, opgave)
    if inkomstenperiode is None:
        return "", ""
    code = inkomstenperiode["code_soort_ikv"]
    soort = soort_ikv(code, uiterlijk(opgave["datum_begin"]))
    return code, soort["groep"] if soort else ""


def inkomstenperiode_van(rows: Sequence[Row], opgave: Row) -> Row | None:
    """The inkomstenperiode of the IKV of an inkomstenopgave that holds when it begins."""
    dag = uiterlijk(opgave["datum_begin"])
    perioden = [row for row in rows if _ikv(row) == _ikv(opgave) and uiterlijk(row["datum_begin"]) <= dag]
    return max(perioden, key=lambda row: uiterlijk(row["datum_begin"]), default=None)


def soort_ikv(code: str, dag: date) -> Row | None:
    """What a kind of inkomstenverhouding is on a day."""
    geldig = (row for row in codelijst("soort_ikv") if row["geldig_van"] <= f"{dag}" <= (row["geldig_tot"] or "9999"))
    return next((row for row in geldig if row["code"] == code), None)


def niet_ingetrokken(verhoudingen: Sequence[Row], opgaven: Sequence[Row]) -> list[Row]:
    """The opgaven of which the IKV has not been withdrawn."""
    weg = {_ikv(row, "datum_begin") for row in verhoudingen if row.get("melding") == "INTREKKING"}
    return [row for row in opgaven if _ikv(row) not in weg]


def _ikv(row: Row, begin: str = "datum_begin_ikv") -> tuple[str, ...]:
    return row["persoon"], row["loonheffingennummer"], row["volgnummer_ikv"], row[begin]
