"""What the declarations say about values is enforced at the door, from file to lake."""

from __future__ import annotations

from pipeline.instellingen import Instellingen
from pipeline.toelaten import toelaten
from tests.bouw import lees_lake, maak_bsn, neem_op, schrijf_csv

A, B, C = maak_bsn(1), maak_bsn(2), maak_bsn(3)


def tellingen(instellingen: Instellingen, doel: str, tabel: str) -> dict[str, int]:
    return {
        reden: aantal
        for uitkomst in toelaten(instellingen)
        for (naar, naam, reden), aantal in uitkomst.tellingen.items()
        if (naar, naam) == (doel, tabel) and aantal
    }


def neem_jongeren_op(instellingen: Instellingen, naam: str, inhoud: str) -> None:
    personen = schrijf_csv(["Burgerservicenr", "IndStartkwalificatieDuo"], [[bsn, "2"] for bsn in (A, B, C)])
    neem_op(instellingen, "duo", {"persoon.csv": personen, naam: inhoud})


def test_value_of_another_form_is_uitval(instellingen: Instellingen) -> None:
    kolommen = ["Burgerservicenr", "BrinNr", "DatInschrijvingOpleiding", "DatUitschrijvingOpleiding"]
    rijen = [[A, "01AB", "20250801", "99991231"], [B, "ROC Zuid", "20250801", ""], [C, "02CD", "20250800", ""]]
    neem_jongeren_op(instellingen, "overeenkomst.csv", schrijf_csv(kolommen, rijen))
    assert tellingen(instellingen, "vsv", "duo.onderwijsovereenkomst") == {"gebruikt": 2, "R-VORM": 1}
    table = lees_lake(instellingen, "vsv", "duo.onderwijsovereenkomst")
    assert table["datum_inschrijving"].to_pylist() == [20250801, 20250800]
    assert table["datum_uitschrijving"].to_pylist() == [None, None]


def test_code_ahead_of_our_list_is_used_and_counted(instellingen: Instellingen) -> None:
    kolommen = [
        "Burgerservicenr",
        "BrinNr",
        "DatInschrijvingOpleiding",
        "DatBDeelnameOpleiding",
        "CdNiveauOpleidingDuo",
    ]
    rijen = [[A, "01AB", "20250801", "20250801", "MBO-2"], [B, "01AB", "20250801", "20250801", "MBO-9"]]
    neem_jongeren_op(instellingen, "deelname.csv", schrijf_csv(kolommen, rijen))
    assert tellingen(instellingen, "vsv", "duo.deelname") == {"gebruikt": 2, "W-CODE": 1}
    assert lees_lake(instellingen, "vsv", "duo.deelname")["code_niveau"].to_pylist() == ["MBO-2", "MBO-9"]


def test_a_bron_that_no_doel_consults_is_received_and_stays_outside(instellingen: Instellingen) -> None:
    kolommen = ["Burgerservicenr", "CdSzWet", "DatBUitkeringsverhouding"]
    ontvangst = neem_op(instellingen, "svb", {"a.csv": schrijf_csv(kolommen, [[A, "AOW", "20260101"]])})
    assert (ontvangst.status, ontvangst.onbruikbaar) == ("ontvangen", {})
    assert toelaten(instellingen) == []
    assert not list(instellingen.lake.rglob("svb.*"))
