"""Kwijtschelding by signals.md section 3: plain and slow."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from tests.spec.oracle.gemeen import (
    BIJSTAND,
    Row,
    Tabellen,
    codelijst,
    groep_van,
    herzien,
    laatste_dag,
    leeftijd,
    loopt,
    niet_ingetrokken,
    norm,
    ontvangerlijst,
    sinds,
    uiterlijk,
    van,
    verblijf,
)

ZONDER_INKOMENSTOETS = frozenset({"PW", "WWB", "ABW", "IOAW", "IOAZ"})
Tabel = Mapping[str, list[Row]]


@dataclass(frozen=True)
class Antwoord:
    """One answer about an application; `persoon` is the applicant."""

    persoon: str
    ontvanger: str
    aanvraagnummer: str
    signaal_code: str
    uitkomst: str
    reden: str | None = None
    netto_inkomen_maand: int | None = None
    betalingscapaciteit: int | None = None
    bedrag_kwijtschelding: int | None = None
    kenteken: str | None = None
    waarde_voertuig: int | None = None
    aantal_voertuigen: int | None = None
    kvk_nummer: str | None = None


def antwoorden(tabellen: Tabellen, periode: str, *, met_uwv: bool = True) -> set[Antwoord]:
    """The answers to all applications."""
    peildatum = laatste_dag(periode)
    t = {naam: herzien(tabellen, naam) for naam in tabellen}
    return {
        antwoord
        for aanvraag in t["gemeente.kwijtscheldingsaanvraag"]
        for antwoord in antwoord_op(t, aanvraag, peildatum, met_uwv=met_uwv)
    }


def antwoord_op(t: Tabel, aanvraag: Row, peildatum: date, *, met_uwv: bool) -> list[Antwoord]:
    """Every belemmering of the household, or else one answer that there is none or that it cannot be known."""
    wie = aanvraag["persoon"], aanvraag["ontvanger"], aanvraag["aanvraagnummer"]
    if int(aanvraag["aantal_volwassenen"]) >= 3:
        return [Antwoord(*wie, "KW-NTB", "NIET_TE_BEPALEN", "drie_of_meer_volwassenen")]
    huishouden = [persoon for persoon in (aanvraag["persoon"], aanvraag["partner"]) if persoon]
    gevonden = [
        *voertuigen(t, huishouden, peildatum),
        *({"signaal_code": "KW-OND", "kvk_nummer": kvk} for kvk in ondernemingen(t, huishouden, peildatum)),
        *({"signaal_code": "KW-BRP", "reden": reden} for reden in afwijking(t, aanvraag, peildatum)),
    ]
    inkomen = inkomensoordeel(t, aanvraag, huishouden, peildatum, met_uwv=met_uwv)
    if isinstance(inkomen, dict) and inkomen["betalingscapaciteit"]:
        bedrag = (
            None if gevonden or bijstand_in(t, huishouden, peildatum) else kwijtschelding(aanvraag, inkomen, peildatum)
        )
        gevonden.append({**inkomen, "signaal_code": "KW-INK", "bedrag_kwijtschelding": bedrag})
    if gevonden:
        return [Antwoord(*wie, uitkomst="BELEMMERING", **belemmering) for belemmering in gevonden]
    if isinstance(inkomen, str):
        return [Antwoord(*wie, "KW-NTB", "NIET_TE_BEPALEN", inkomen)]
    bedrag = kwijtschelding(aanvraag, inkomen or {"betalingscapaciteit": 0}, peildatum)
    return [Antwoord(*wie, "KW-GEEN", "GEEN_BELEMMERING", **(inkomen or {}), bedrag_kwijtschelding=bedrag)]


def kwijtschelding(aanvraag: Row, inkomen: dict[str, Any], peildatum: date) -> int | None:
    """What remains of the aanslag after 80% of the betalingscapaciteit (art. 11), if the aanslag is known."""
    if not aanvraag["bedrag_aanslag"]:
        return None
    aandeel: int = inkomen["betalingscapaciteit"] * norm("kw_aandeel_betalingscapaciteit", peildatum) // 100
    return max(0, int(aanvraag["bedrag_aanslag"]) - aandeel)


def inkomensoordeel(
    t: Tabel, aanvraag: Row, huishouden: list[str], peildatum: date, *, met_uwv: bool
) -> dict[str, Any] | str | None:
    """The income of the household, or why it cannot be known, or nothing when it is not tested."""
    bijstand = bijstand_in(t, huishouden, peildatum)
    if len(bijstand) == len(huishouden):
        return None  # UWV is not consulted about them
    if not met_uwv:
        return "bron_ontbreekt"
    rows = [
        row
        for persoon in huishouden
        for row in niet_ingetrokken(t["uwv.inkomstenverhouding"], van(t["uwv.inkomstenopgave"], persoon))
        if 0 <= _maanden_geleden(row["datum_begin"], peildatum) < norm("kw_maanden_inkomen", peildatum)
    ]
    if bijstand:
        rows = [
            row for row in rows if groep_van(t["uwv.inkomstenperiode"], row)[0] not in BIJSTAND and _netto(row) != 0
        ]
        if not rows:
            return None
    if any(_netto(row) is None for row in rows):
        return "inkomen_niet_te_bepalen"
    som = sum(_netto(row) or 0 for row in rows)
    netto, kosten = som // norm("kw_maanden_inkomen", peildatum), kosten_van_bestaan(aanvraag, peildatum)
    if bijstand and netto <= kosten:
        return "inkomen_niet_te_bepalen"  # the amount of the bijstand is missing from the sum
    return {"netto_inkomen_maand": netto, "betalingscapaciteit": 12 * max(0, netto - kosten)}


def _netto(row: Row) -> int | None:
    loon, ingehouden = row["bedrag_loon_lb"], row["bedrag_ingehouden_lb"]
    return int(loon) - int(ingehouden) if loon and ingehouden else None


def _maanden_geleden(datum: str, peildatum: date) -> int:
    dag = uiterlijk(datum)
    return (peildatum.year - dag.year) * 12 + peildatum.month - dag.month


def bijstand_in(t: Tabel, huishouden: list[str], peildatum: date) -> list[str]:
    """Who of the household has bijstand."""
    return [persoon for persoon in huishouden if in_bijstand(t, persoon, peildatum)]


def in_bijstand(t: Tabel, persoon: str, peildatum: date) -> bool:
    """Whether Participatiewet, IOAW or IOAZ runs for a person, in the population or by the gemeente's own answer."""
    vormen = (
        ("gemeente.bijstandspopulatie", "regeling", "datum_ingang"),
        ("gemeente.uitkeringsverhouding", "wet", "datum_begin"),
    )
    return any(
        persoon in (row["persoon"], row["partner"])
        and row[wet] in ZONDER_INKOMENSTOETS
        and loopt(row[begin], row["datum_einde"], peildatum)
        for tabel, wet, begin in vormen
        for row in t[tabel]
    )


def kosten_van_bestaan(aanvraag: Row, peildatum: date) -> int:
    """The norm of the household times the percentage of the recipient, in whole cents; the AOW norm if it chose so."""
    keuze = next(row for row in ontvangerlijst() if row["ontvanger"] == aanvraag["ontvanger"])
    aow = "aow_" if aanvraag["indicatie_pensioengerechtigd"] == keuze["aow_norm"] == "ja" else ""
    bedrag = norm(f"kw_norm_{aow}{aanvraag['huishoudtype']}", peildatum)
    return bedrag * int(keuze["percentage_kosten_van_bestaan"]) // 100


def voertuigen(t: Tabel, huishouden: list[str], peildatum: date) -> list[dict[str, Any]]:
    """More than one car or motorcycle, and every one worth more than the exemption."""
    kentekens = {
        row["kenteken"]
        for row in t["rdw.voertuigbezit"]
        if row["persoon"] in huishouden and loopt(row["datum_begin"], row["datum_einde"], peildatum)
    }
    tellen = [
        row
        for row in t["rdw.voertuig"]
        if row["kenteken"] in kentekens
        and row["soort_voertuig"] in {"P", "M"}
        and "ja" not in (row["indicatie_export"], row["indicatie_gesloopt"])
    ]
    duur = [
        {"signaal_code": "KW-VTG-W", "kenteken": row["kenteken"], "waarde_voertuig": waarde(row, peildatum)}
        for row in tellen
        if waarde(row, peildatum) > norm("kw_auto_vrijstelling", peildatum)
    ]
    meer = [{"signaal_code": "KW-VTG-2"}] if len(tellen) > 1 else []
    return [{**gevonden, "aantal_voertuigen": len(tellen)} for gevonden in [*duur, *meer]]


def waarde(voertuig: Row, peildatum: date) -> int:
    """Catalogusprijs by whole years of age; a motorcycle over the age has one value."""
    toegelaten = uiterlijk(voertuig["datum_eerste_toelating"])
    jaren = leeftijd(toegelaten, peildatum)
    oud = norm("kw_motor_leeftijd_oud", peildatum)
    jarig = (peildatum.month, peildatum.day) == (toegelaten.month, toegelaten.day)
    if voertuig["soort_voertuig"] == "M" and (jaren > oud or (jaren == oud and not jarig)):
        return norm("kw_motor_waarde_oud", peildatum)  # over nine years: not on the day itself
    procent = next(
        int(row["percentage"])
        for row in codelijst("voertuigafschrijving")
        if int(row["leeftijd_van"]) <= jaren <= int(row["leeftijd_tot"])
    )
    return int(voertuig["bedrag_catalogusprijs"]) * procent // 100


def ondernemingen(t: Tabel, huishouden: list[str], peildatum: date) -> set[str]:
    """The companies that somebody of the household is owner or partner of."""
    return {
        row["kvk_nummer"]
        for row in t["kvk.functionaris"]
        if row["persoon"] in huishouden
        and row["functie"] in {"eigenaar", "vennoot"}
        and loopt(row["datum_aanvang"], row["datum_einde"], peildatum)
    }


def afwijking(t: Tabel, aanvraag: Row, peildatum: date) -> set[str]:
    """Deceased, out of the area of the recipient, or another household than the BRP knows."""
    gemeente, reden = verblijf(t["brp.persoon"], t["brp.verblijfplaats"], aanvraag["persoon"], peildatum)
    gevonden = {"overleden"} if reden == "overleden" else set()
    waterschap = aanvraag["ontvanger"].startswith("ws-")  # its area is not known by gemeente, only that one left
    if not gevonden and (reden or (not waterschap and gemeente != aanvraag["ontvanger"])):
        gevonden.add("niet_in_gebied")
    partners = gehuwd_met(t, aanvraag["persoon"], peildatum)
    if partners and aanvraag["partner"] not in partners:
        gevonden.add("huishouden_wijkt_af")
    return gevonden


def gehuwd_met(t: Tabel, persoon: str, peildatum: date) -> set[str]:
    """Whom somebody is married to on the peildatum; the day of dissolution is not a day of the marriage."""
    rows = [row for row in van(t["brp.huwelijk"], persoon) if not row["indicatie_onjuist"]]
    ontbonden = {
        row["partner"] for row in rows if row["datum_ontbinding"] and sinds(row["datum_ontbinding"]) <= peildatum
    }
    gesloten = {row["partner"] for row in rows if row["datum_sluiting"] and sinds(row["datum_sluiting"]) <= peildatum}
    return gesloten - ontbonden
