"""VSV by signals.md section 2: plain and slow."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from tests.spec.oracle.gemeen import (
    NOOIT,
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
    sinds,
    uiterlijk,
    van,
    verblijf,
)

WERK = frozenset({"loon", "zw"})  # "ZW counts as work"
# "Pensions and lijfrente are ignored"; of the other three signals.md says nothing: they are no work and no benefit.
TELT_NIET = frozenset({"pensioen", "lijfrente", "vut", "ontslagvergoeding", "overig"})


@dataclass(frozen=True, order=True)
class Jongere:
    """What a signal says of a young person; prioriteit and income are empty without UWV: they are not known."""

    persoon: str
    signaal_code: str
    ontvanger: str
    leeftijd: int
    prioriteit: int | None
    inkomen_werk: int | None


def jongeren(tabellen: Tabellen, periode: str, *, met_uwv: bool = True) -> tuple[set[Jongere], dict[str, int]]:
    """The signals of a periode, and how many persons were left out per reason."""
    peildatum = laatste_dag(periode)
    t = {naam: herzien(tabellen, naam) for naam in tabellen}
    signalen: set[Jongere] = set()
    uitgesloten: dict[str, int] = {}
    for persoon in sorted({row["persoon"] for row in t["duo.persoon"]}):
        gemeente, reden = verblijf(t["brp.persoon"], t["brp.verblijfplaats"], persoon, peildatum)
        geboren = uiterlijk(next((row["geboortedatum"] for row in van(t["brp.persoon"], persoon)), ""))
        reden = reden or ("geboortedatum_onbekend" if geboren == NOOIT else "")
        if reden:
            uitgesloten[reden] = uitgesloten.get(reden, 0) + 1
            continue
        jaren = leeftijd(geboren, peildatum)
        prio, werk = prioriteit(t, persoon, peildatum, jaren) if met_uwv else (None, None)
        if code := doelgroep(t, persoon, peildatum, jaren, prio):
            signalen.add(Jongere(persoon, code, gemeente, jaren, prio, werk))
    return signalen, uitgesloten


def doelgroep(t: dict[str, list[Row]], persoon: str, peildatum: date, jaren: int, prio: int | None) -> str:
    """D2 goes before D1; D3 only from the age limit and with prioriteit 1 or 2."""
    if ingeschreven(t, persoon, peildatum):
        return ""
    zonder = not startkwalificatie(t, persoon, peildatum)
    grens = norm("vsv_leeftijd_grens", peildatum)
    if norm("vsv_leeftijd_van", peildatum) <= jaren < grens:
        if laatste_niveau(t, persoon, peildatum) in _niveaus("speciaal"):
            return "VSV-D2"
        return "VSV-D1" if zonder else ""
    if grens <= jaren < norm("vsv_d3_leeftijd_grens", peildatum) and zonder and prio in {1, 2}:
        return "VSV-D3"
    return ""


def ingeschreven(t: dict[str, list[Row]], persoon: str, peildatum: date) -> bool:
    """Whether an onderwijsovereenkomst runs; the day of uitschrijving is its last day."""
    rows = van(t["duo.onderwijsovereenkomst"], persoon)
    return any(loopt(row["datum_inschrijving"], row["datum_uitschrijving"], peildatum) for row in rows)


def startkwalificatie(t: dict[str, list[Row]], persoon: str, peildatum: date) -> bool:
    """DUO says so, or a diploma at such a level was obtained on the peildatum at the latest."""
    return any(row["indicatie_startkwalificatie"] == "ja" for row in van(t["duo.persoon"], persoon)) or any(
        row["code_resultaat"] == "G"
        and row["code_niveau"] in _niveaus("startkwalificatie")
        and uiterlijk(row["datum_resultaat"]) <= peildatum
        for row in van(t["duo.resultaat"], persoon)
    )


def laatste_niveau(t: dict[str, list[Row]], persoon: str, peildatum: date) -> str:
    """The level of the deelname that began last."""
    rows = [row for row in van(t["duo.deelname"], persoon) if sinds(row["datum_begin"]) <= peildatum]
    return max(rows, key=lambda row: sinds(row["datum_begin"]))["code_niveau"] if rows else ""


def _niveaus(kolom: str) -> set[str]:
    return {row["niveau"] for row in codelijst("niveau_opleiding") if row[kolom] == "ja"}


def prioriteit(t: dict[str, list[Row]], persoon: str, peildatum: date, jaren: int) -> tuple[int, int]:
    """The prioriteit by the IKOs that begin in the month, and the income from work."""
    werk, uitkering = 0, False
    for row in niet_ingetrokken(t["uwv.inkomstenverhouding"], van(t["uwv.inkomstenopgave"], persoon)):
        bedrag = int(row["bedrag_loon_sv"] or "0")
        if bedrag <= 0 or uiterlijk(row["datum_begin"]).replace(day=1) != peildatum.replace(day=1):
            continue
        _, groep = groep_van(t["uwv.inkomstenperiode"], row)
        if groep in WERK:
            werk += bedrag
        elif groep not in TELT_NIET:
            uitkering = True
    for row in t["gemeente.bijstandspopulatie"]:
        # Within the month, as the doel says ("of de uitkering in de periode loopt") and as the IKOs are of the month.
        loopt_nog = max(sinds(row["datum_ingang"]), peildatum.replace(day=1)) <= uiterlijk(row["datum_einde"])
        begonnen = sinds(row["datum_ingang"]) <= peildatum
        uitkering |= persoon in (row["persoon"], row["partner"]) and begonnen and loopt_nog
    if uitkering:
        return (4 if werk else 5), werk
    if not werk:
        return 1, 0
    ouder = "vsv_inkomensgrens_23plus"
    drempel = norm(ouder if jaren >= norm("vsv_inkomensgrens_leeftijd", peildatum) else "vsv_inkomensgrens", peildatum)
    return (3 if werk >= drempel else 2), werk
