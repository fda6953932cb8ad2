"""The SQL of VSV and the oracle agree about any group of young people."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.spec.oracle.bouw import ALLE, VEEL, Geval, draai, instellen, kolommen, levering, verschil, voeg_samen
from tests.spec.oracle.gemeen import Row, laatste_dag
from tests.spec.oracle.vsv import Jongere, jongeren

PERIODEN = ("2023-12", "2024-01", "2025-12", "2026-01", "2026-02")
UWV = frozenset(naam for naam in ALLE if naam.startswith("uwv."))
# 0053 went into 1966 and 0001 into 0053; 1999 is the RNI.
GEMEENTEN = (*["0344"] * 9, "0034", "0034", "0003", "0001", "1999")
SOORTEN = (
    *("15", "15", "15", "15", "11", "17", "31", "31", "31", "33", "32", "37", "40", "46", "43", "42", "21", "23", "56"),
    *("59", "60", "18", "22", "24", "36", "38", "53", "62", "63"),
)
BEDRAGEN = (0, -100, 1, 100, 29999, 30000, 30001, 47299, 47300, 57999, 58000, 58001, 90000)
NIVEAUS = ("VO-PRO", "VSO", "VO-VMBO-BB", "VO-HAVO", "VO-VWO", "MBO-1", "MBO-2", "MBO-4", "HBO-BA")


def nummer(dag: date) -> int:
    """A day as the number that the lake holds."""
    return dag.year * 10000 + dag.month * 100 + dag.day


@st.composite
def datum_bij(draw: st.DrawFn, peildatum: date) -> str:
    """A day near the peildatum, or a date with an unknown day or month of its year."""
    soort = draw(st.sampled_from("pppvnndmj"))
    jaar = peildatum.year - draw(st.sampled_from((0, 0, 1)))
    if soort in "dmj":
        return str({"d": jaar * 10000 + peildatum.month * 100, "m": jaar * 10000 + 100, "j": jaar * 10000}[soort])
    dagen = {"p": 0, "v": -draw(st.sampled_from((1, 2, 30, 400))), "n": draw(st.sampled_from((1, 2, 40)))}[soort]
    return str(nummer(peildatum + timedelta(days=dagen)))


@st.composite
def geboortedatum(draw: st.DrawFn, peildatum: date) -> str:
    """Around the ages that matter, to the day, and with an unknown part."""
    jaar = peildatum.year - draw(st.sampled_from((15, 16, 16, 17, 20, 22, 22, 23, 23, 24, 26, 26, 27)))
    soort = draw(st.sampled_from("ppvnmmjjgsu"))
    # On 29 February nobody of these years is at a limit; the age is shown and must be that of 1 March.
    if soort == "s" and jaar % 4 == 0:
        return str(jaar * 10000 + 229)
    eind = laatste_dag(f"{jaar}-{peildatum.month:02d}")
    return {
        "p": str(nummer(eind)),
        "v": str(nummer(eind - timedelta(days=1))),
        "n": str(nummer(eind + timedelta(days=1))),
        "m": str(jaar * 10000 + peildatum.month * 100),
        "j": str(jaar * 10000),
        "g": str(jaar * 10000 + 615),
        "s": str(jaar * 10000 + 301),
        "u": draw(st.sampled_from(("0", str(jaar * 10000 + 1200)))),
    }[soort]


@st.composite
def brp(draw: st.DrawFn, naam: str, peildatum: date) -> dict[str, list[Row]]:
    """A persoonslijst, most of them of somebody who lives in a gemeente."""
    soort = draw(
        st.sampled_from((*["gewoon"] * 14, "overleden", "vertrokken", "opgeschort", "verhuisd", "hersteld", "geen"))
    )
    persoon = {"persoon": naam, "geboortedatum": draw(geboortedatum(peildatum))}
    plaats = {
        "persoon": naam,
        "gemeente_van_inschrijving": draw(st.sampled_from(GEMEENTEN)),
        "datum_inschrijving": "20150101",
        "datum_begin": "20150101",
    }
    plaatsen = [plaats]
    if soort == "geen":
        return {"brp.persoon": [], "brp.verblijfplaats": []}
    dag = draw(datum_bij(peildatum))
    if soort == "overleden":
        persoon["datum_overlijden"] = dag
    elif soort == "opgeschort":
        persoon |= {"datum_opschorting": dag, "reden_opschorting": draw(st.sampled_from("OER"))}
    elif soort == "vertrokken":
        # As a persoonslijst says it: the RNI from the day of departure, no address in a gemeente any more.
        weg = {"gemeente_van_inschrijving": "1999", "datum_inschrijving": dag, "datum_begin": ""}
        plaatsen.append({**plaats, **weg, "land_buitenland": "5010", "datum_vertrek": dag})
    elif soort == "verhuisd":
        nieuw = {"gemeente_van_inschrijving": "0363", "datum_inschrijving": dag, "datum_begin": dag}
        plaatsen.append({**plaats, **nieuw, "indicatie_onjuist": draw(st.sampled_from(("", "", "O")))})
    elif soort == "hersteld":
        plaatsen = [
            {**plaats, "actueel": "ja"},
            {**plaats, "gemeente_van_inschrijving": "0518", "datum_begin": "20180101", "actueel": "nee"},
        ]
    personen = [persoon]
    if draw(st.integers(0, 7)) == 7:
        later = {"geboortedatum": draw(geboortedatum(peildatum)), "datum_overlijden": ""}
        personen.append({**persoon, **later, "levering": levering("brp", tweede=True)})
    return {"brp.persoon": personen, "brp.verblijfplaats": plaatsen}


@st.composite
def duo(draw: st.DrawFn, naam: str, peildatum: date) -> dict[str, list[Row]]:
    """A school career: enrolments one after another, of which the last ends around the peildatum or runs."""
    kwalificatie = draw(st.sampled_from((*["nee"] * 9, "ja", "")))
    personen = [{"persoon": naam, "indicatie_startkwalificatie": kwalificatie}]
    if draw(st.integers(0, 7)) == 7:
        anders = "nee" if kwalificatie == "ja" else "ja"
        ander = {"indicatie_startkwalificatie": anders, "levering": levering("duo", tweede=True)}
        personen.append({"persoon": naam, **ander})
    overeenkomsten: list[Row] = []
    deelnames: list[Row] = []
    aantal = draw(st.integers(0, 2))
    for i in range(aantal):
        begin = str((2018 + 2 * i) * 10000 + 801)
        einde = str((2020 + 2 * i) * 10000 + 731)
        if i == aantal - 1:
            einde = draw(st.one_of(st.just(einde), st.just(einde), st.just(""), datum_bij(peildatum)))
            if draw(st.integers(0, 4)) == 4:
                begin, einde = draw(datum_bij(peildatum)), ""
        sleutel = {"persoon": naam, "brin": f"0{i}AA", "datum_inschrijving": begin}
        overeenkomsten.append({**sleutel, "datum_uitschrijving": einde})
        if draw(st.integers(0, 9)) == 9:
            nieuw = {"datum_uitschrijving": "20220731", "levering": levering("duo", tweede=True)}
            overeenkomsten.append({**sleutel, **nieuw})
        niveau = draw(st.sampled_from(NIVEAUS))
        deelnames.append({**sleutel, "datum_begin": begin, "datum_einde": einde, "code_niveau": niveau})
    resultaten: list[Row] = []
    if draw(st.integers(0, 3)) == 3:
        niveau, uitslag = draw(st.sampled_from(NIVEAUS)), draw(st.sampled_from("GGGC"))
        dag = draw(datum_bij(peildatum))
        resultaten.append({"persoon": naam, "code_niveau": niveau, "datum_resultaat": dag, "code_resultaat": uitslag})
    return {
        "duo.persoon": personen,
        "duo.onderwijsovereenkomst": overeenkomsten,
        "duo.deelname": deelnames,
        "duo.resultaat": resultaten,
    }


@st.composite
def uwv(draw: st.DrawFn, naam: str, peildatum: date) -> dict[str, list[Row]]:
    """No to three inkomstenverhoudingen with opgaven in this month and the one before."""
    verhoudingen: list[Row] = []
    perioden: list[Row] = []
    opgaven: list[Row] = []
    eerste = peildatum.replace(day=1)
    for i in range(draw(st.sampled_from((0, 1, 1, 2, 3)))):
        ikv = {"persoon": naam, "loonheffingennummer": f"12345678{i}L01", "volgnummer_ikv": "1"}
        met_begin = {**ikv, "datum_begin_ikv": "20230101"}
        einde = draw(st.sampled_from(("", "", str(nummer(peildatum)), str(nummer(eerste)))))
        verhoudingen.append({**ikv, "datum_begin": "20230101", "datum_einde": einde, "melding": ""})
        if draw(st.integers(0, 9)) == 9:
            weg = {"melding": "INTREKKING", "levering": levering("uwv", tweede=True)}
            verhoudingen.append({**ikv, "datum_begin": "20230101", "datum_einde": einde, **weg})
        soort = {"code_soort_ikv": draw(st.sampled_from(SOORTEN))}
        perioden.append({**met_begin, "datum_begin": "20230101", **soort})
        if draw(st.integers(0, 4)) == 4:
            anders = {"code_soort_ikv": draw(st.sampled_from(SOORTEN))}
            perioden[-1] = {**perioden[-1], "datum_einde": str(nummer(eerste - timedelta(days=1)))}
            perioden.append({**met_begin, "datum_begin": str(nummer(eerste)), **anders})
        dagen = (eerste, eerste, eerste + timedelta(days=14), peildatum, eerste - timedelta(days=3))
        for dag in draw(st.lists(st.sampled_from(dagen), max_size=2, unique=True)):
            tijdvak = {**met_begin, "datum_begin": str(nummer(dag)), "datum_einde": str(nummer(dag + timedelta(6)))}
            opgaven.append({**tijdvak, "bedrag_loon_sv": str(draw(st.sampled_from(BEDRAGEN)))})
            if draw(st.integers(0, 5)) == 5:
                nieuw = {"bedrag_loon_sv": str(draw(st.sampled_from(BEDRAGEN)))}
                opgaven.append({**tijdvak, **nieuw, "levering": levering("uwv", tweede=True)})
    return {
        "uwv.inkomstenverhouding": verhoudingen,
        "uwv.inkomstenperiode": perioden,
        "uwv.inkomstenopgave": opgaven,
    }


@st.composite
def bijstand(draw: st.DrawFn, naam: str, peildatum: date) -> dict[str, list[Row]]:
    """Sometimes bijstand, as the person or as the partner."""
    if draw(st.integers(0, 7)) < 7:
        return {"gemeente.bijstandspopulatie": []}
    wie = draw(st.sampled_from(({"persoon": naam, "partner": ""}, {"persoon": f"{naam}-ander", "partner": naam})))
    regeling = draw(st.sampled_from(("PW", "IOAW", "IOAZ", "BBZ")))
    eerste = peildatum.replace(day=1)
    dagen = (eerste, peildatum, peildatum + timedelta(days=1))
    ingang = draw(st.sampled_from(("20230101", "20220000", "20221100", *(str(nummer(dag)) for dag in dagen))))
    einden = [peildatum, peildatum - timedelta(days=1), eerste, eerste - timedelta(days=1)]
    einde = draw(st.sampled_from(("", *(str(nummer(dag)) for dag in einden))))
    if einde and einde < ingang:  # an end before the begin is no period, and nothing says what it would be
        ingang = "20230101"
    row = {"gemeentecode": "0344", **wie, "regeling": regeling, "datum_ingang": ingang, "datum_einde": einde}
    return {"gemeente.bijstandspopulatie": [row]}


@st.composite
def groep(draw: st.DrawFn, aantal: int, aanwezig: frozenset[str] = ALLE) -> Geval:
    """A periode with many young people."""
    periode = draw(st.sampled_from(PERIODEN))
    peildatum = laatste_dag(periode)
    delen = [draw(deel(f"j{i:03d}", peildatum)) for i in range(aantal) for deel in (brp, duo, uwv, bijstand)]
    tabellen = {naam: [] for naam in ALLE if naam.split(".")[0] in {"brp", "duo", "uwv", "gemeente"}}
    return Geval(periode, {**tabellen, **voeg_samen(delen)}, aanwezig)


def vergelijk(geval: Geval) -> None:
    """Signals and the counts of who was left out are the same, and nobody is in two doelgroepen."""
    verwacht, uitgesloten = jongeren(geval.tabellen, geval.periode, met_uwv=geval.aanwezig >= UWV)
    rows, sql_uitgesloten = draai("vsv", geval)
    fouten = verschil(verwacht, kolommen(rows, Jongere), geval.tabellen)
    assert not fouten, "\n".join([geval.periode, *fouten])
    assert len(rows) == len(verwacht)
    assert _niet_hier(sql_uitgesloten) == _niet_hier(uitgesloten)


def _niet_hier(aantallen: Mapping[str, int]) -> dict[str, int]:
    """Counts with RNI and emigrated as one: who leaves the country is in the RNI, and either name is right."""
    weg = {"rni", "geemigreerd"}
    samen = sum(aantallen.get(reden, 0) for reden in weg)
    return {reden: aantal for reden, aantal in aantallen.items() if reden not in weg} | {"niet_in_nederland": samen}


@instellen(3)
@given(groep(100))
def test_sql_and_oracle_agree(geval: Geval) -> None:
    vergelijk(geval)


@instellen(2)
@given(groep(100, ALLE - UWV))
def test_sql_and_oracle_agree_without_uwv(geval: Geval) -> None:
    vergelijk(geval)


@pytest.mark.zwaar
@instellen(VEEL)
@given(groep(100))
def test_sql_and_oracle_agree_about_many(geval: Geval) -> None:
    vergelijk(geval)
