"""The SQL of kvk and the oracle agree about any group of persons with bijstand and a company."""

from __future__ import annotations

from collections import Counter
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.spec.oracle.bouw import ALLE, VEEL, Geval, draai, instellen, kolommen, levering, verschil, voeg_samen
from tests.spec.oracle.gemeen import Row, laatste_dag
from tests.spec.oracle.kvk import Inschrijving, inschrijvingen
from tests.spec.oracle.test_inkomsten import PERIODEN, populatie, vorige_maand
from tests.spec.oracle.test_vsv import brp, nummer


@st.composite
def kvk(draw: st.DrawFn, naam: str, peildatum: date) -> dict[str, list[Row]]:
    """Companies known before, with changes and ends told this month, and new ones."""
    functies: list[Row] = []
    ondernemingen: list[Row] = []
    eerste = peildatum.replace(day=1)
    nu = {"levering": levering("kvk", tweede=True)}
    for i in range(draw(st.sampled_from((0, 1, 1, 2)))):
        kvk_nummer = f"7{i}{naam[1:].rjust(6, '0')}"
        nieuw = draw(st.booleans())
        dagen = (
            eerste - timedelta(days=1),
            eerste,
            eerste + timedelta(days=9),
            peildatum,
            peildatum + timedelta(days=1),
        )
        onvolledig = (str(nummer(eerste) // 100 * 100), str(eerste.year * 10000), str((eerste.year - 1) * 10000))
        begin = draw(st.sampled_from((*(str(nummer(dag)) for dag in dagen), *onvolledig))) if nieuw else "20250601"
        einde = draw(st.sampled_from(("", "", "", *(str(nummer(dag)) for dag in dagen if str(nummer(dag)) > begin))))
        for functie in draw(
            st.sampled_from(
                (("eigenaar",), ("vennoot",), ("bestuurder",), ("gevolmachtigde",), ("vennoot", "bestuurder"))
            )
        ):
            row = {"persoon": naam, "kvk_nummer": kvk_nummer, "functie": functie, "datum_aanvang": begin}
            if nieuw:
                functies.append({**row, "datum_einde": einde, **nu})
            else:
                functies.append({**row, "datum_einde": ""})
                if einde:
                    functies.append({**row, "datum_einde": einde, **nu})
        bedrijf = {
            "kvk_nummer": kvk_nummer,
            "rechtsvorm": "Eenmanszaak",
            "sbi_hoofdactiviteit": "4711",
            "plaats": "Utrecht",
        }
        if draw(st.integers(0, 4)):
            ondernemingen.append(bedrijf)
        anders = {
            "rechtsvorm": draw(st.sampled_from(("Eenmanszaak", "Eenmanszaak", "Vennootschap onder firma", ""))),
            "sbi_hoofdactiviteit": draw(st.sampled_from(("4711", "4711", "5610"))),
            "plaats": draw(st.sampled_from(("Utrecht", "Utrecht", "Zeist", ""))),
        }
        if draw(st.booleans()):
            ondernemingen.append({**bedrijf, **anders, **nu})
    return {"kvk.functionaris": functies, "kvk.onderneming": ondernemingen}


@st.composite
def groep(draw: st.DrawFn, aantal: int) -> Geval:
    """A periode with many persons; the first leveringen of KvK are of the month before."""
    periode = draw(st.sampled_from(PERIODEN))
    peildatum = laatste_dag(periode)
    delen = [draw(deel(f"k{i:03d}", peildatum)) for i in range(aantal) for deel in (brp, populatie, kvk)]
    tabellen: dict[str, list[Row]] = {naam: [] for naam in ALLE}
    return Geval(periode, {**tabellen, **voeg_samen(delen)})


def vergelijk(geval: Geval) -> None:
    """The signals are the same, and as many."""
    eerder = {levering("kvk"): vorige_maand(geval.periode)}
    vroeger = {
        naam: [row for row in rows if row["levering"] in eerder] if naam.startswith("kvk.") else rows
        for naam, rows in geval.tabellen.items()
    }
    verwacht = inschrijvingen(geval.tabellen, vroeger, geval.periode)
    rows, _ = draai("kvk", geval, eerder)
    gekregen = kolommen(rows, Inschrijving)
    fouten = verschil(verwacht, gekregen, geval.tabellen)
    assert not fouten, "\n".join([geval.periode, *fouten])
    assert Counter(gekregen) == Counter(verwacht)


@instellen(3)
@given(groep(80))
def test_sql_and_oracle_agree(geval: Geval) -> None:
    vergelijk(geval)


@pytest.mark.zwaar
@instellen(VEEL)
@given(groep(80))
def test_sql_and_oracle_agree_about_many(geval: Geval) -> None:
    vergelijk(geval)
