"""The SQL of inkomsten and the oracle agree about any group of persons with bijstand and income."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.spec.oracle.bouw import ALLE, VEEL, Geval, draai, instellen, kolommen, levering, verschil, voeg_samen
from tests.spec.oracle.gemeen import Row, laatste_dag
from tests.spec.oracle.inkomsten import Melding, meldingen
from tests.spec.oracle.test_vsv import brp, nummer

PERIODEN = ("2026-01", "2026-02", "2026-03")
SOORTEN = ("15", "15", "15", "11", "18", "21", "31", "33", "40", "34", "42", "43", "45", "63")
BEDRAGEN = (0, 0, 1, -5000, 10000, 60000)


@st.composite
def populatie(draw: st.DrawFn, naam: str, peildatum: date) -> dict[str, list[Row]]:
    """Bijstand or a volgverzoek, of the person or with the person as partner, that begins or ends around the month."""
    eerste = peildatum.replace(day=1)
    dagen = (eerste - timedelta(days=1), eerste, eerste + timedelta(days=9), peildatum, peildatum + timedelta(days=1))
    begin = draw(st.sampled_from((*["20250101"] * 12, *(str(nummer(dag)) for dag in dagen))))
    einde = draw(st.sampled_from((*[""] * 12, *(str(nummer(dag)) for dag in dagen))))
    if einde and einde < begin:
        begin = "20250101"
    gemeente = {"gemeentecode": draw(st.sampled_from(("0344", "0344", "0344", "0034", "0363")))}
    soort = draw(st.integers(0, 9))
    if soort == 0:
        return {}
    if soort < 3:
        product = draw(st.sampled_from(("inkomsten", "inkomsten", "kvk")))
        row = {"persoon": naam, "product": product, "datum_van": begin, "datum_tot": einde or "20261231"}
        return {"gemeente.volgverzoek": [{**gemeente, **row}]}
    wie = {"persoon": naam, "partner": ""} if soort < 7 else {"persoon": f"{naam}-ander", "partner": naam}
    regeling = draw(st.sampled_from(("PW", "IOAW", "IOAZ", "BBZ")))
    row = {**gemeente, **wie, "regeling": regeling, "datum_ingang": begin, "datum_einde": einde}
    return {"gemeente.bijstandspopulatie": [row]}


@st.composite
def uwv(draw: st.DrawFn, naam: str, peildatum: date) -> dict[str, list[Row]]:
    """Inkomstenverhoudingen known before, with corrections this month, and new ones."""
    verhoudingen: list[Row] = []
    perioden: list[Row] = []
    opgaven: list[Row] = []
    eerste = peildatum.replace(day=1)
    vorige = (eerste - timedelta(days=1)).replace(day=1)
    nu = {"levering": levering("uwv", tweede=True)}
    for i in range(draw(st.sampled_from((0, 1, 1, 2)))):
        ikv = {"persoon": naam, "loonheffingennummer": f"12345678{i}L01", "volgnummer_ikv": str(i)}
        nieuw = draw(st.booleans())
        dag = draw(st.sampled_from((eerste, eerste + timedelta(days=9), peildatum))) if nieuw else date(2025, 6, 1)
        einden = [eerste - timedelta(days=1), eerste, peildatum, peildatum + timedelta(days=1)]
        einde = draw(st.sampled_from(("", "", "", *(str(nummer(e)) for e in einden if e >= dag))))
        begin = str(nummer(dag))
        verhouding = {**ikv, "datum_begin": begin, "datum_einde": "", "melding": "OPGAVE"}
        verhoudingen.append(verhouding | (nu if nieuw else {}))
        if not nieuw and einde:
            verhoudingen.append({**verhouding, "datum_einde": einde, **nu})
        elif nieuw:
            verhoudingen[-1] = {**verhoudingen[-1], "datum_einde": einde}
        if not nieuw and draw(st.integers(0, 7)) == 7:
            weg = draw(st.sampled_from((nu, nu, {})))  # in this periode, or before and told then
            verhoudingen.append({**verhouding, "melding": "INTREKKING", **weg})
        met_begin = {**ikv, "datum_begin_ikv": begin}
        soort = {"datum_begin": begin, "code_soort_ikv": draw(st.sampled_from(SOORTEN))}
        perioden.append({**met_begin, **soort} | (nu if nieuw else {}))
        tijdvakken = [dag] if nieuw else [vorige, eerste]
        for tijdvak in draw(st.lists(st.sampled_from(tijdvakken), unique=True)):
            sleutel = {**met_begin, "datum_begin": str(nummer(tijdvak)), "datum_einde": ""}
            opgaven.append({**sleutel, **draw(bedragen())} | (nu if tijdvak >= eerste else {}))
            if tijdvak < eerste and draw(st.booleans()):
                opgaven.append({**sleutel, **draw(bedragen()), **nu})
                if draw(st.integers(0, 3)) == 3:
                    opgaven.pop(-2)  # the first that is heard of this month
    return {
        "uwv.inkomstenverhouding": verhoudingen,
        "uwv.inkomstenperiode": perioden,
        "uwv.inkomstenopgave": opgaven,
    }


@st.composite
def bedragen(draw: st.DrawFn) -> dict[str, str]:
    """The amounts of an opgave, of which UWV may leave some out."""
    loon = str(draw(st.sampled_from(BEDRAGEN)))
    uren = str(draw(st.sampled_from((0, 40)))) if loon != "0" else "0"
    row = {"bedrag_loon_sv": loon, "bedrag_loon_lb": loon, "bedrag_ingehouden_lb": "0", "aantal_verloonde_uren": uren}
    leeg = draw(
        st.sampled_from((*[()] * 6, ("bedrag_ingehouden_lb",), ("bedrag_loon_sv",), ("aantal_verloonde_uren",)))
    )
    return row | dict.fromkeys(leeg, "")


@st.composite
def groep(draw: st.DrawFn, aantal: int) -> Geval:
    """A periode with many persons; the first leveringen of UWV are of the month before."""
    periode = draw(st.sampled_from(PERIODEN))
    peildatum = laatste_dag(periode)
    delen = [draw(deel(f"i{i:03d}", peildatum)) for i in range(aantal) for deel in (brp, populatie, uwv)]
    tabellen: dict[str, list[Row]] = {naam: [] for naam in ALLE}
    return Geval(periode, {**tabellen, **voeg_samen(delen)})


def vorige_maand(periode: str) -> str:
    """The periode before."""
    return f"{date.fromisoformat(f'{periode}-01') - timedelta(days=1):%Y-%m}"


def vergelijk(geval: Geval) -> None:
    """The signals are the same."""
    eerder = {levering("uwv"): vorige_maand(geval.periode)}
    vroeger = {
        naam: [row for row in rows if row["levering"] in eerder] if naam.startswith("uwv.") else rows
        for naam, rows in geval.tabellen.items()
    }
    verwacht = meldingen(geval.tabellen, vroeger, geval.periode)
    rows, _ = draai("inkomsten", geval, eerder)
    fouten = verschil(verwacht, kolommen(rows, Melding), geval.tabellen)
    assert not fouten, "\n".join([geval.periode, *fouten])
    assert len(rows) == len(verwacht)


@instellen(3)
@given(groep(80))
def test_sql_and_oracle_agree(geval: Geval) -> None:
    vergelijk(geval)


@pytest.mark.zwaar
@instellen(VEEL)
@given(groep(80))
def test_sql_and_oracle_agree_about_many(geval: Geval) -> None:
    vergelijk(geval)
