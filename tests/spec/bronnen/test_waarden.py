"""Every value of the published test data is understood as its field declares, and the traps in it are declared.

What the publishers wrote against their own schema is listed here, per field and code: nothing else is refused.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pytest

from connectors.herken import herken
from connectors.lees import lees_bestand
from connectors.rijen import Bevinding, Rijen
from privacy.bsn import CODES, check_bsn
from privacy.typen import typeer
from schemas.fout import KetenFout
from schemas.load import bronnen, find_tabel

# Dates that are none; the record is uitval for a doel that asks for the field.
GEWEIGERD = {
    ("brp.ouder1", "geboortedatum_ouder"): ("R-DATUM", {"19821291"}),
    ("brp.ouder2", "geboortedatum_ouder"): ("R-DATUM", {"19480538"}),
    ("brp.persoon", "datum_overlijden"): ("R-DATUM", {"05"}),
    ("brp.persoon", "datum_opschorting"): ("R-DATUM", {"00002014"}),
    ("brp.persoon", "datum_geldigheid"): ("R-DATUM", {"0000000"}),
    ("brp.nationaliteit", "datum_document"): ("R-DATUM", {"1810", "0638"}),
    ("brp.nationaliteit", "code_rni_deelnemer"): ("R-VORM", {"20150131", "19931102"}),
    ("brp.ouder1", "datum_geldigheid"): ("R-DATUM", {"0000000", "000000000"}),
    ("brp.ouder2", "datum_geldigheid"): ("R-DATUM", {"0000000", "000000000"}),
    ("brp.overlijden_historie", "datum_overlijden"): ("R-DATUM", {"55"}),
    ("brp.reisdocument", "datum_uitgifte"): ("R-DATUM", {"20170229"}),
    ("brp.reisdocument", "datum_document"): ("R-DATUM", {"2020228"}),
    ("brp.reisdocument", "datum_geldigheid"): ("R-DATUM", {"2020228"}),
    ("brp.reisdocument", "datum_opneming"): ("R-DATUM", {"2020228"}),
    ("brp.verblijfplaats", "datum_opneming"): ("R-DATUM", {"1994031"}),
    ("brp.huwelijk", "datum_ontbinding"): ("R-DATUM", {"2015"}),
}
# Codes that our lists do not have: made up, or of gemeenten of the proefomgeving. They are kept, with a warning.
VREEMD = {
    ("brp.gezagsverhouding", "gemeente_document"): {"1811"},
    ("brp.huwelijk", "gemeente_akte"): {"1810"},
    ("brp.huwelijk", "gemeente_document"): {"1810"},
    ("brp.kind", "gemeente_akte"): {"1810", "M"},
    ("brp.kind", "gemeente_document"): {"1810", "1AA0012"},
    ("brp.nationaliteit", "gemeente_document"): {"1810", "1811"},
    ("brp.ouder1", "gemeente_akte"): {"1810"},
    ("brp.ouder1", "gemeente_document"): {"1810", "1811"},
    ("brp.ouder2", "gemeente_akte"): {"1810"},
    ("brp.ouder2", "gemeente_document"): {"1810", "1811"},
    ("brp.persoon", "gemeente_akte"): {"1810"},
    ("brp.persoon", "gemeente_document"): {"1810", "1811"},
    ("brp.persoon_historie", "gemeente_akte"): {"1810"},
    ("brp.persoon_historie", "gemeente_document"): {"1810"},
    ("brp.reisdocument", "gemeente_document"): {"1810"},
    ("brp.persoon", "gemeente_persoonskaart"): {"1810", "1811"},
    ("brp.verblijfplaats", "gemeente_van_inschrijving"): {"1802", "1810", "1811"},
    ("duo.resultaat", "code_niveau"): {"VO-MBO"},
    ("gemeente.vordering", "wet"): {"AWB"},
    ("uwv.inkomstenperiode", "code_soort_ikv"): {"85", "88", "99"},
    ("uwv.inkomstenperiode", "code_type_arbeidscontract"): {"U", "V"},
    ("uwv.inkomstenperiode", "code_aard_arbeidsverhouding"): {"15"},
    ("uwv.inkomstenperiode", "code_incidentele_vermindering"): {"B"},
}
# Fields with numbers that do not pass the elfproef; none of them is of the person the record is about.
ONECHTE_NUMMERS = {
    "brp.kind.burgerservicenummer_kind",
    "brp.ouder1.burgerservicenummer_ouder",
    "brp.ouder2.burgerservicenummer_ouder",
    "brp.persoon_historie.burgerservicenummer_toen",
    "gemeente.bijzondere_bijstand.burgerservicenummer_partner",
    "gemeente.vorderingspartner.burgerservicenummer_partner",
}


def bestanden(real: Path) -> Iterator[tuple[str, Path]]:
    """Every published file that holds records of a bron."""
    for path in [*sorted((real / "suwinet").glob("*.xml")), *sorted((real / "kvk").glob("*.json"))]:
        for bron in bronnen().values():
            with path.open("rb") as stream:
                try:
                    herken(stream, bron)
                except KetenFout:  # of another bron
                    continue
            yield bron.bron, path
    yield "brp", next((real / "brp").glob("*.csv"))


@pytest.fixture(scope="module")
def gelezen(real: Path) -> dict[str, pa.Table]:
    """All raw rows of the published data per table."""
    batches: dict[str, list[pa.RecordBatch]] = {}
    for bron, path in bestanden(real):
        for item in lees_bestand(path, bronnen()[bron], tuple(bronnen()[bron].tabellen)):
            if isinstance(item, Rijen):
                batches.setdefault(item.tabel, []).append(item.batch)
    return {tabel: pa.Table.from_batches(found) for tabel, found in batches.items()}


def kolom(gelezen: dict[str, pa.Table], tabel: str, veld: str) -> pa.Array:
    return gelezen[tabel][veld].combine_chunks()


def getypeerd(gelezen: dict[str, pa.Table], tabel: str, veld: str) -> list[object]:
    return typeer(find_tabel(tabel).velden[veld], kolom(gelezen, tabel, veld)).kolom.to_pylist()


def test_every_value_is_understood(gelezen: dict[str, pa.Table]) -> None:
    refused, strange = {}, {}
    for naam in gelezen:
        for veld, declared in find_tabel(naam).velden.items():
            if declared.type == "bsn":
                continue
            raw = kolom(gelezen, naam, veld)
            result = typeer(declared, raw)
            if result.fout is not None:
                refused[naam, veld] = (result.code, set(raw.filter(result.fout).to_pylist()))
            if result.vreemd is not None:
                strange[naam, veld] = set(raw.filter(result.vreemd).to_pylist())
    assert refused == GEWEIGERD
    assert strange == VREEMD


def test_numbers_of_the_persons_themselves_pass_the_elfproef(gelezen: dict[str, pa.Table]) -> None:
    strange = Counter[str]()
    for naam in gelezen:
        for veld, declared in find_tabel(naam).velden.items():
            if declared.type == "bsn":
                codes = check_bsn(kolom(gelezen, naam, veld)).code
                strange[f"{naam}.{veld}"] += int((codes > CODES.index("R-BSN-LEEG")).sum())
    assert {naam for naam, aantal in strange.items() if aantal} == ONECHTE_NUMMERS


class TestTraps:
    """What README.md of the published data warns for, as it comes out."""

    def test_cents_in_the_polis(self, gelezen: dict[str, pa.Table]) -> None:
        amounts = getypeerd(gelezen, "uwv.inkomstenopgave", "bedrag_loon_sv")
        assert max(amount for amount in amounts if amount is not None) > 100_000  # a month's wage, in cents

    def test_euros_without_parts_in_the_bijstand(self, gelezen: dict[str, pa.Table]) -> None:
        amounts = getypeerd(gelezen, "gemeente.vordering", "bedrag_aanvang")
        assert sorted(amounts) == [13500, 42000, 125000, 250000, 287500, 500000]

    def test_whole_euros_in_the_open_data(self, tmp_path: Path) -> None:
        path = tmp_path / "voertuigen.json"
        path.write_text(
            '[{"kenteken": "AB123C", "catalogusprijs": "37230", "bruto_bpm": "4955", '
            '"datum_eerste_toelating": "20210304", "export_indicator": "Nee", "aantal_cilinders": "4"}]'
        )
        [rijen] = lees_bestand(path, bronnen()["rdw"], ["voertuig"])
        assert isinstance(rijen, Rijen)
        read = {"rdw.voertuig": pa.Table.from_batches([rijen.batch])}
        expected = {"bedrag_catalogusprijs": 3723000, "bedrag_bpm": 495500, "datum_eerste_toelating": 20210304}
        expected |= {"indicatie_export": False, "aantal_cilinders": 4}
        assert {veld: getypeerd(read, "rdw.voertuig", veld)[0] for veld in expected} == expected

    def test_one_is_yes_and_two_is_no(self, gelezen: dict[str, pa.Table]) -> None:
        raw = kolom(gelezen, "uwv.inkomstenperiode", "indicatie_loonheffingskorting").to_pylist()
        typed = getypeerd(gelezen, "uwv.inkomstenperiode", "indicatie_loonheffingskorting")
        assert {"0", "1", "2"} <= set(raw)
        assert set(zip(raw, typed, strict=True)) == {("0", None), ("1", True), ("2", False), (None, None)}

    def test_letters_for_yes_and_no_in_the_bijstand(self, gelezen: dict[str, pa.Table]) -> None:
        raw = kolom(gelezen, "gemeente.vordering", "indicatie_recidive").to_pylist()
        typed = getypeerd(gelezen, "gemeente.vordering", "indicatie_recidive")
        assert set(zip(raw, typed, strict=True)) == {("J", True), ("N", False), (None, None)}

    def test_digit_or_letter_for_sex(self, gelezen: dict[str, pa.Table]) -> None:
        for tabel in ("brp.persoon", "svb.persoon", "gemeente.bijstandspersoon"):
            assert set(getypeerd(gelezen, tabel, "geslacht")) <= {"man", "vrouw", "onbekend", None}
        raw = set(kolom(gelezen, "gemeente.bijstandspersoon", "geslacht").to_pylist())
        assert raw & {"M", "V"}

    def test_incomplete_dates(self, gelezen: dict[str, pa.Table]) -> None:
        raw = kolom(gelezen, "brp.persoon", "geboortedatum")
        assert pc.any(pc.ends_with(raw, "0000")).as_py()
        typed = getypeerd(gelezen, "brp.persoon", "geboortedatum")
        assert {value % 100 == 0 for value in typed if value is not None} == {True, False}
        # A known day in an unknown month, and a wholly unknown date.
        assert dict(zip(raw.to_pylist(), typed, strict=True)).items() >= {"00000000": 0}.items()

    def test_open_ends(self, gelezen: dict[str, pa.Table]) -> None:
        """An end in the year 9999 is no end; no field that may not be open has one."""
        raw = kolom(gelezen, "uwv.inkomstenperiode", "datum_einde").to_pylist()
        typed = getypeerd(gelezen, "uwv.inkomstenperiode", "datum_einde")
        far = {text: value for text, value in zip(raw, typed, strict=True) if (text or "").startswith("9999")}
        assert far == {"99991230": None, "99991231": None}
        for naam in gelezen:
            for veld, declared in find_tabel(naam).velden.items():
                if declared.type == "datum" and not declared.open_einde:
                    assert not pc.any(pc.starts_with(kolom(gelezen, naam, veld), "9999")).as_py(), f"{naam}.{veld}"

    def test_deviations_are_counted(self, real: Path) -> None:
        [path] = (real / "suwinet").glob("Bijstandsregelingen_*_111111110.xml")
        found = [
            item for item in lees_bestand(path, bronnen()["gemeente"], ["vordering"]) if isinstance(item, Bevinding)
        ]
        assert [(item.code, item.aantal) for item in found] == [("W-AFWIJKING", 4)]  # two claims, two bare amounts each
