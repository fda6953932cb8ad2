"""The facts under a signal of product inkomsten the usual way: row by row, a dict for each.

Which facts those are says `transforms/models/signals/bewijs_inkomsten.sql`; here it is plain Python over the rows of
one person, as `tests.spec.oracle.inkomsten` is for the signals.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date

from tests.spec.oracle.gemeen import (
    Row,
    inkomstenperiode_van,
    laatste_dag,
    sinds,
    soort_ikv,
    uiterlijk,
    verblijfplaats,
)
from tests.spec.oracle.inkomsten import BEDRAGEN, Melding, als_opgave, opgaven

Feit = dict[str, object]
Rijen = dict[str, list[Row]]


def bewijs(nu: Rijen, toen: Rijen, ikv: Row, melding: Melding, peildatum: date) -> list[Feit]:
    """The facts under a signal about an inkomstenverhouding, in their order; `toen` is what was known before."""
    bijstand, tabel = bijstand_van(nu, ikv, melding, peildatum)
    facts = [*_feiten("gemeente", tabel, bijstand, _velden(bijstand, tabel))] if bijstand else []
    if plaats := verblijfplaats(nu["brp.verblijfplaats"], ikv["persoon"], peildatum):
        facts += _feiten("brp", "verblijfplaats", plaats, [("gemeente_van_inschrijving",) * 2])
    match melding.signaal_code:
        case "INK-02":
            rows = [row for row in opgaven(nu, ikv) if _in_maand(row, f"{peildatum:%Y-%m}")]
            for row in rows:
                facts += _soort(nu, ikv, row["datum_begin"])
            for row in rows:
                facts += _feiten("uwv", "inkomstenopgave", row, [(naam, naam) for naam in ("datum_begin", *BEDRAGEN)])
        case "INK-04":
            facts += _correctie(nu, toen, ikv, str(melding.tijdvak))
        case code:
            looptijd = [(naam, naam) for naam in ("datum_begin", "datum_einde")]
            facts += _feiten("uwv", "inkomstenverhouding", ikv, looptijd)
            facts += _soort(nu, ikv, ikv["datum_begin" if code == "INK-01" else "datum_einde"])
    uniek = {tuple(feit.items()): feit for feit in facts}
    return [{"volgnummer": nummer, **feit} for nummer, feit in enumerate(uniek.values(), 1)]


def bijstand_van(t: Rijen, ikv: Row, melding: Melding, peildatum: date) -> tuple[Row | None, str]:
    """The record of bijstand, or of who is followed, on which a signal rests, with its table."""
    persoon, eerste = ikv["persoon"], peildatum.replace(day=1)
    match melding.signaal_code:
        case "INK-01" | "INK-03":
            van_dag = tot_dag = uiterlijk(ikv["datum_begin" if melding.signaal_code == "INK-01" else "datum_einde"])
        case "INK-04":
            van_dag, tot_dag = date.min, laatste_dag(str(melding.tijdvak))
        case _:
            van_dag, tot_dag = eerste, peildatum
    rollen = [
        (1 if row["persoon"] == persoon else 2, row["datum_ingang"], row["datum_einde"], row["regeling"], row)
        for row in t["gemeente.bijstandspopulatie"]
        if persoon in (row["persoon"], row["partner"]) and row["gemeentecode"] == melding.ontvanger
    ] + [
        (3, row["datum_van"], row["datum_tot"], "", row)
        for row in t["gemeente.volgverzoek"]
        if (row["persoon"], row["product"], row["gemeentecode"]) == (persoon, "inkomsten", melding.ontvanger)
    ]
    geldig = [
        (rol, -int(begin or 0), regeling, -int(row["levering"]), int(row["record"]), row)
        for rol, begin, einde, regeling, row in rollen
        if sinds(begin) <= min(tot_dag, peildatum) and uiterlijk(einde) >= max(van_dag, eerste)
    ]
    if not geldig:
        return None, ""
    rol, *_, row = min(geldig, key=lambda each: each[:-1])
    return row, "volgverzoek" if rol == 3 else "bijstandspopulatie"


def _velden(row: Row, tabel: str) -> list[tuple[str, str]]:
    names = ("datum_van", "datum_tot") if tabel == "volgverzoek" else ("regeling", "datum_ingang", "datum_einde")
    return [(naam, naam) for naam in names if row[naam]]


def _soort(t: Rijen, ikv: Row, dag: str) -> Iterator[Feit]:
    """What kind of income it is, by the inkomstenperiode of that day."""
    if row := inkomstenperiode_van(t["uwv.inkomstenperiode"], als_opgave(ikv, dag)):
        yield from _feiten("uwv", "inkomstenperiode", row, [("code_soort_ikv",) * 2])
        if soort := soort_ikv(row["code_soort_ikv"], uiterlijk(dag)):
            yield _feit("uwv", "inkomstenperiode", row, "soort_inkomen", soort["omschrijving"])


def _correctie(nu: Rijen, toen: Rijen, ikv: Row, maand: str) -> Iterator[Feit]:
    """What was told of a month before, and what is told now."""
    was = [row for row in opgaven(toen, ikv) if _in_maand(row, maand)]
    rows = [row for row in opgaven(nu, ikv) if _in_maand(row, maand)]
    yield from _soort(nu, ikv, (rows or was or [ikv])[0]["datum_begin"])
    for row in was:
        yield from _feiten("uwv", "inkomstenopgave", row, _bedragen(row, "was"))
    if ikv["melding"] == "INTREKKING":
        yield _feit("uwv", "inkomstenverhouding", ikv, "melding", "INTREKKING")
        return
    for row in rows:
        yield from _feiten("uwv", "inkomstenopgave", row, _bedragen(row, "is"))


def _bedragen(row: Row, wanneer: str) -> list[tuple[str, str]]:
    loon = "bedrag_loon_sv" if row["bedrag_loon_sv"] else "bedrag_loon_lb"
    return [(f"bedrag_{wanneer}", loon), *((f"{naam}_{wanneer}", naam) for naam in BEDRAGEN[1:])]


def _in_maand(row: Row, maand: str) -> bool:
    return f"{uiterlijk(row['datum_begin']):%Y-%m}" == maand


def _feiten(bron: str, tabel: str, row: Row, velden: Iterable[tuple[str, str]]) -> Iterator[Feit]:
    for kenmerk, veld in velden:
        if row[veld]:
            yield _feit(bron, tabel, row, kenmerk, _datum(row[veld]) if veld.startswith("datum_") else row[veld])


def _feit(bron: str, tabel: str, row: Row, kenmerk: str, waarde: str) -> Feit:
    return {
        "bron": bron,
        "tabel": tabel,
        "levering_nr": row["levering"],
        "record_nr": row["record"],
        "kenmerk": kenmerk,
        "waarde": waarde,
    }


def _datum(waarde: str) -> str:
    """`20260105` as `2026-01-05`, shorter where the day or the month is not known."""
    if not int(waarde):
        return "onbekend"
    jaar, maand, dag = waarde[:4], waarde[4:6], waarde[6:]
    return "-".join([jaar, *([maand] if maand != "00" else []), *([dag] if dag != "00" else [])])
