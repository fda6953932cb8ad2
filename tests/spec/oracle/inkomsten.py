"""Inkomsten by signals.md section 1 (INK-01 to INK-04): plain and slow."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from tests.spec.oracle.gemeen import (
    BIJSTAND,
    Row,
    Tabellen,
    groep_van,
    herzien,
    laatste_dag,
    niet_ingetrokken,
    sinds,
    uiterlijk,
    van,
    verblijf,
)

BEDRAGEN = ("bedrag_loon_sv", "bedrag_loon_lb", "bedrag_ingehouden_lb", "aantal_verloonde_uren")
NIETS: dict[str, int | None] = dict.fromkeys(BEDRAGEN, 0)  # what is left of what was withdrawn


@dataclass(frozen=True)
class Melding:
    """One signal about a person and an inkomstenverhouding."""

    persoon: str
    signaal_code: str
    ontvanger: str
    volgnummer_ikv: str
    bedrag_loon_sv: int | None = None
    bedrag_loon_lb: int | None = None
    bedrag_ingehouden_lb: int | None = None
    aantal_verloonde_uren: int | None = None
    tijdvak: str | None = None
    bedrag_was: int | None = None
    bedrag_is: int | None = None


def meldingen(tabellen: Tabellen, vroeger: Tabellen, periode: str) -> set[Melding]:
    """The signals of a periode; `vroeger` is what was known before the leveringen of this periode."""
    peildatum = laatste_dag(periode)
    t = {naam: herzien(tabellen, naam) for naam in tabellen}
    v = {naam: herzien(vroeger, naam) for naam in tabellen}
    return {melding for _, melding in met_ikv(t, v, peildatum)}


def met_ikv(t: dict[str, list[Row]], v: dict[str, list[Row]], peildatum: date) -> Iterator[tuple[Row, Melding]]:
    """Every signal with the inkomstenverhouding it is about, from rows of which each is the latest of its record."""
    for ikv in t["uwv.inkomstenverhouding"]:
        gemeente, _ = verblijf(t["brp.persoon"], t["brp.verblijfplaats"], ikv["persoon"], peildatum)
        if gemeente:
            for code, inhoud in _over(t, v, ikv, gemeente, peildatum):
                yield ikv, Melding(ikv["persoon"], code, gemeente, ikv["volgnummer_ikv"], **inhoud)


def _over(
    t: dict[str, list[Row]], v: dict[str, list[Row]], ikv: Row, gemeente: str, peildatum: date
) -> Iterator[tuple[str, dict[str, int | str | None]]]:
    """What there is to say about one inkomstenverhouding to the gemeente where the person lives."""
    eerste = peildatum.replace(day=1)
    vorige = f"{eerste - timedelta(days=1):%Y-%m}"  # the last month of which a levering was known, in these countries
    ingetrokken = ikv["melding"] == "INTREKKING"
    # What was withdrawn before was told then.
    pas_ingetrokken = ingetrokken and all(row["melding"] != "INTREKKING" for row in zelfde(v, ikv))
    begin, einde = uiterlijk(ikv["datum_begin"]), uiterlijk(ikv["datum_einde"])
    soort, _ = soort_op(t, ikv, ikv["datum_begin"])
    begint = eerste <= begin <= peildatum
    if not ingetrokken and soort not in BIJSTAND and begint and gevolgd(t, ikv["persoon"], gemeente, begin, begin):
        yield "INK-01", {}
    if not gevolgd(t, ikv["persoon"], gemeente, eerste, peildatum):
        return
    # An end that was not known before is told late, as a begin is (the case laat_gemeld_begin).
    laat = einde < eerste and any(uiterlijk(row["datum_einde"]) != einde for row in zelfde(v, ikv))
    eindigt = (eerste <= einde <= peildatum or laat) and gevolgd(t, ikv["persoon"], gemeente, einde, einde)
    if not ingetrokken and soort not in BIJSTAND and eindigt:
        yield "INK-03", {}
    nu = opgaven(t, ikv)
    if rows := [row for row in nu if _maand(row) == _maand({"datum_begin": f"{peildatum:%Y%m%d}"})]:
        som = tel_op(rows)
        if any(som.values()):
            yield "INK-02", som
    toen = opgaven(v, ikv)
    # What comes for the first time about a month that UWV has delivered before is a correction of nothing (ADR 0021).
    bekend = {_maand(row) for row in toen if uiterlijk(row["datum_begin"]) < eerste}
    alsnog = {_maand(row) for row in nu if uiterlijk(row["datum_begin"]) < eerste}
    maanden = sorted(bekend | {maand for maand in alsnog if maand <= vorige})
    for maand in maanden:
        was, is_ = (tel_op([row for row in rows if _maand(row) == maand]) for rows in (toen, nu))
        # signals.md does not say when bijstand must run: in the month that is corrected, as the SQL has it.
        dag = laatste_dag(maand)
        if (was != is_ or pas_ingetrokken) and gevolgd(t, ikv["persoon"], gemeente, dag.replace(day=1), dag):
            is_ = NIETS if ingetrokken else is_
            yield "INK-04", is_ | {"tijdvak": maand, **_was_en_is(was, is_)}
    dag = laatste_dag(f"{begin:%Y-%m}")
    toen_al = gevolgd(t, ikv["persoon"], gemeente, dag.replace(day=1), dag)
    if pas_ingetrokken and not maanden and soort not in BIJSTAND and toen_al:
        yield "INK-04", NIETS | {"tijdvak": f"{begin:%Y-%m}", **_was_en_is(tel_op([]), NIETS)}


def tel_op(rows: list[Row]) -> dict[str, int | None]:
    """The amounts of opgaven together; what UWV does not give stays absent."""
    gegeven = {kolom: [int(row[kolom]) for row in rows if row[kolom]] for kolom in BEDRAGEN}
    return {kolom: sum(bedragen) if bedragen else None for kolom, bedragen in gegeven.items()}


def _was_en_is(was: dict[str, int | None], is_: dict[str, int | None]) -> dict[str, int | None]:
    return {f"bedrag_{naam}": _loon(bedragen) for naam, bedragen in (("was", was), ("is", is_))}


def _loon(bedragen: dict[str, int | None]) -> int | None:
    return bedragen["bedrag_loon_lb"] if bedragen["bedrag_loon_sv"] is None else bedragen["bedrag_loon_sv"]


def zelfde(t: dict[str, list[Row]], ikv: Row) -> list[Row]:
    """An inkomstenverhouding as it was."""
    sleutel = ("volgnummer_ikv", "datum_begin")
    rows = van(t["uwv.inkomstenverhouding"], ikv["persoon"])
    return [row for row in rows if all(row[kolom] == ikv[kolom] for kolom in sleutel)]


def opgaven(t: dict[str, list[Row]], ikv: Row) -> list[Row]:
    """The opgaven of an inkomstenverhouding that are income: not withdrawn, and not the bijstand itself."""
    rows = niet_ingetrokken(t["uwv.inkomstenverhouding"], van(t["uwv.inkomstenopgave"], ikv["persoon"]))
    return [
        row
        for row in rows
        if row["volgnummer_ikv"] == ikv["volgnummer_ikv"]
        and row["datum_begin_ikv"] == ikv["datum_begin"]
        and groep_van(t["uwv.inkomstenperiode"], row)[0] not in BIJSTAND
    ]


def soort_op(t: dict[str, list[Row]], ikv: Row, dag: str) -> tuple[str, str]:
    """The code and group of an inkomstenverhouding on a day (yyyymmdd)."""
    return groep_van(t["uwv.inkomstenperiode"], als_opgave(ikv, dag))


def als_opgave(ikv: Row, dag: str) -> Row:
    """An inkomstenverhouding as an inkomstenopgave of it that begins on a day (yyyymmdd)."""
    return {**ikv, "datum_begin_ikv": ikv["datum_begin"], "datum_begin": dag}


def _maand(row: Row) -> str:
    return f"{uiterlijk(row['datum_begin']):%Y-%m}"


def gevolgd(t: dict[str, list[Row]], persoon: str, gemeente: str, van_dag: date, tot_dag: date) -> bool:
    """Whether the gemeente where somebody lives pays bijstand, or has the person followed, on a day of these."""
    looptijden = [
        (row["datum_ingang"], row["datum_einde"])
        for row in t["gemeente.bijstandspopulatie"]
        if persoon in (row["persoon"], row["partner"]) and row["gemeentecode"] == gemeente
    ] + [
        (row["datum_van"], row["datum_tot"])
        for row in t["gemeente.volgverzoek"]
        if (row["persoon"], row["product"], row["gemeentecode"]) == (persoon, "inkomsten", gemeente)
    ]
    return any(sinds(begin) <= tot_dag and uiterlijk(einde) >= van_dag for begin, einde in looptijden)
