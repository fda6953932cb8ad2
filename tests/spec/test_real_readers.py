"""The published test data is recognised and read whole; what to expect is worked out here, without the readers.

The expected rows come from `xml.etree` and `csv`: other parsers, with paths written down again from the published
schemas.
"""

from __future__ import annotations

import csv
import json
import xml.etree.ElementTree as ET
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from connectors.lees import herken_bestand, lees_bestand
from connectors.rijen import Bevinding
from pipeline.instellingen import Instellingen
from pipeline.levering.ontvang import ontvang
from pipeline.toelaten import toelaten
from schemas.fout import KetenFout
from schemas.load import bronnen
from tests.bouw import alle_bestanden, lees_lake, personen_in_lake, populatie_csv

# Per kind of answer: the bron, and per table the elements below ClientSuwi that are its rows ("" is ClientSuwi itself).
ANTWOORDEN: dict[str, tuple[str, dict[str, tuple[str, ...]]]] = {
    "UWVDossierInkomstenGSD_UWVPersoonsIkvInfo": (
        "uwv",
        {
            "inkomstenverhouding": ("Inkomstenverhouding",),
            "inkomstenperiode": ("Inkomstenverhouding/Inkomstenperiode",),
            "inkomstenopgave": ("Inkomstenverhouding/Inkomstenopgave",),
        },
    ),
    "DUODossierPersoonGSD_DUOPersoonsInfo": (
        "duo",
        {
            "persoon": ("",),
            "onderwijsovereenkomst": ("Onderwijsovereenkomst",),
            "deelname": ("Onderwijsovereenkomst/DeelnameOpleidingGeregistrDuo",),
            "resultaat": ("ResultaatOpleidingGeregistrDuo",),
        },
    ),
    "DUODossierStudiefinancieringGSD_DUOStudiefinancieringInfo": (
        "duo",
        {"studiefinanciering": ("Studiefinanciering",)},
    ),
    "RDWDossierGSD_VoertuigbezitInfoPersoon": (
        "rdw",
        {
            "voertuigbezit": ("Aansprakelijke",),
            "voertuigstatus": ("Aansprakelijke/Voertuig/StatusVoertuig",),
            "adres": ("RdwAdres/FeitelijkAdres/Straatadres",),
            "persoon": ("",),
        },
    ),
    "RDWDossierGSD_KentekenInfo": (
        "rdw",
        {
            "voertuig": ("Aansprakelijke/Voertuig",),
            "aansprakelijkheid": ("Aansprakelijke",),
            "verzekering": ("Aansprakelijke/Voertuig/Verzekering",),
            "keuring": ("Aansprakelijke/Voertuig/Keuring",),
        },
    ),
    "BRPDossierPersoonGSD_AanvraagPersoon": (
        "brp",
        {
            "persoon": ("",),
            "huwelijk": ("Huwelijk", "HuwelijkHistorisch"),
            "nationaliteit": ("Nationaliteit", "NationaliteitHistorisch"),
            "verblijfstitel": ("Verblijfstitel", "VerblijfstitelHistorisch"),
            "ouder1": ("Ouder1",),
            "ouder2": ("Ouder2",),
            "kind": ("Kind",),
            "verblijfplaats": ("AangifteAdreshoudingBrp", "VerblijfplaatsHistorisch"),
        },
    ),
    "Bijstandsregelingen_BijstandsregelingenInfo": (
        "gemeente",
        {
            "bijstandspersoon": ("",),
            "bijstandsaanvraag": ("AanvraagUitkering",),
            "vordering": ("Vordering",),
            "vorderingspartner": ("Vordering/PartnerVordering",),
            "bijzondere_bijstand": ("SpecifiekeGegevensBijzBijstand",),
            "uitkeringsverhouding": ("Uitkeringsverhouding",),
        },
    ),
    "SVBDossierPersoonGSD_SVBPersoonsInfo": (
        "svb",
        {
            "persoon": ("",),
            "kind": ("Kind",),
            "uitkeringsverhouding": ("Uitkeringsverhouding",),
            "uitkeringsperiode": ("Uitkeringsverhouding/Uitkeringsperiode",),
            "uitkeringsbedrag": (
                "Uitkeringsverhouding/Uitkeringsperiode/BrutoUitkeringsbedr",
                "Uitkeringsverhouding/Uitkeringsperiode/NettoUitkeringsbedr",
            ),
        },
    ),
}
LO_VELDEN = {
    "verblijfplaats": {
        "gemeente_van_inschrijving": "08.09.10",
        "datum_inschrijving": "08.09.20",
        "datum_begin": "08.10.30",
        "land_buitenland": "08.13.10",
        "datum_vertrek": "08.13.20",
        "indicatie_onjuist": "08.84.10",
    },
    "huwelijk": {
        "burgerservicenummer_partner": "05.01.20",
        "datum_sluiting": "05.06.10",
        "datum_ontbinding": "05.07.10",
        "indicatie_onjuist": "05.84.10",
    },
    "nationaliteit": {"code_nationaliteit": "04.05.10"},
    "kind": {"burgerservicenummer_kind": "09.01.20"},
}


def antwoorden(real: Path) -> Iterator[tuple[Path, str, dict[str, tuple[str, ...]]]]:
    for path in sorted((real / "suwinet").glob("*.xml")):
        soort = path.stem.rpartition("_")[0]
        if soort in ANTWOORDEN:
            yield path, *ANTWOORDEN[soort]


def lokaal(element: ET.Element) -> str:
    return element.tag.rpartition("}")[2]


def afdalen(element: ET.Element, pad: str) -> list[ET.Element]:
    found = [element]
    for stap in [deel for deel in pad.split("/") if deel]:
        found = [kind for ouder in found for kind in ouder if lokaal(kind).lower() == stap.lower()]
    return found


def tekst(element: ET.Element, pad: str) -> str | None:
    [*found] = afdalen(element, pad)
    return (found[0].text or "").strip() or None if found else None


def clienten(path: Path) -> list[ET.Element]:
    return [kind for kind in ET.parse(path).getroot() if lokaal(kind) == "ClientSuwi"]


def lees(path: Path, bron: str) -> tuple[dict[str, list[dict[str, object]]], list[Bevinding]]:
    rijen: dict[str, list[dict[str, object]]] = {}
    bevindingen = []
    for item in lees_bestand(path, bronnen()[bron], tuple(bronnen()[bron].tabellen)):
        if isinstance(item, Bevinding):
            bevindingen.append(item)
        else:
            rijen.setdefault(item.tabel.partition(".")[2], []).extend(item.batch.to_pylist())
    return rijen, bevindingen


def test_every_answer_is_read_whole(real: Path) -> None:
    totals: Counter[str] = Counter()
    files = 0
    for path, bron, tabellen in antwoorden(real):
        assert herken_bestand(path, bronnen()[bron]).formaat == "xml", path.name
        rijen, _ = lees(path, bron)
        for tabel, paden in tabellen.items():
            expected = sum(len(afdalen(client, pad)) for client in clienten(path) for pad in paden)
            assert len(rijen.get(tabel, [])) == expected, f"{path.name}: {tabel}"
            totals[f"{bron}.{tabel}"] += expected
        files += 1
    assert files == len(list((real / "suwinet").glob("*.xml"))) == 60
    assert totals["uwv.inkomstenopgave"] > 400
    assert {naam for naam, aantal in totals.items() if not aantal} == {"gemeente.uitkeringsverhouding", "svb.kind"}


def test_values_of_the_polis(real: Path) -> None:
    """Every inkomstenopgave, field by field, amounts with their sign."""

    def bedrag(element: ET.Element, naam: str) -> str | None:
        waarde = tekst(element, f"{naam}/WaardeBedr")
        return ("-" if tekst(element, f"{naam}/CdPositiefNegatief") == "-" else "") + waarde if waarde else None

    checked = 0
    for path, bron, _ in antwoorden(real):
        if bron != "uwv":
            continue
        expected = [
            {
                "burgerservicenummer": tekst(client, "Burgerservicenr"),
                "loonheffingennummer": tekst(ikv, "AdministratieveEenheid/Loonheffingennr"),
                "volgnummer_ikv": tekst(ikv, "VolgnrIkv"),
                "datum_begin_ikv": tekst(ikv, "DatBIkv"),
                "datum_begin": tekst(iko, "DatBIko"),
                "datum_einde": tekst(iko, "DatEIko"),
                "aantal_verloonde_uren": tekst(iko, "AantVerloondeUrenIko"),
                "bedrag_loon_sv": bedrag(iko, "BedrBrutoloonSv"),
                "bedrag_loon_lb": bedrag(iko, "BedrLoonLbPremieVolksverz"),
                "bedrag_ingehouden_lb": bedrag(iko, "BedrIngehoudenLbPremieVolksverz"),
                "bedrag_vakantietoeslag": bedrag(iko, "BedrVakantietoeslag"),
            }
            for client in clienten(path)
            for ikv in afdalen(client, "Inkomstenverhouding")
            for iko in afdalen(ikv, "Inkomstenopgave")
        ]
        rows = [{veld: rij[veld] for veld in expected[0]} for rij in lees(path, bron)[0].get("inkomstenopgave", [])]
        assert rows == expected, path.name
        checked += len(rows)
    assert checked > 400


@pytest.mark.parametrize(
    "soort",
    [
        "RDWDossierGSD_VoertuigbezitInfoPersoon",
        "BRPDossierPersoonGSD_AanvraagPersoon",
        "DUODossierPersoonGSD_DUOPersoonsInfo",
    ],
)
def test_person_of_an_answer_is_the_one_in_its_name(real: Path, soort: str) -> None:
    for path, bron, _ in antwoorden(real):
        if path.stem.startswith(soort):
            persons = {rij["burgerservicenummer"] for rijen in lees(path, bron)[0].values() for rij in rijen}
            expected = {tekst(client, "Burgerservicenr") for client in clienten(path)}
            assert persons == expected, path.name


def test_fwi_and_nothing_found_are_outcomes(real: Path) -> None:
    seen: Counter[str] = Counter()
    for path, bron, _ in antwoorden(real):
        root = ET.parse(path).getroot()
        expected = [
            {"FWI": "W-FWI", "NietsGevonden": "W-NIETS-GEVONDEN"}[lokaal(kind)]
            for kind in root
            if lokaal(kind) in ("FWI", "NietsGevonden")
        ]
        codes = [item.code for item in lees(path, bron)[1] if item.code in ("W-FWI", "W-NIETS-GEVONDEN")]
        assert codes == expected, path.name
        seen.update(codes)
    assert seen["W-FWI"] >= 1


def test_answer_offered_as_another_bron_is_refused(real: Path) -> None:
    for path, bron, _ in antwoorden(real):
        for andere in set(bronnen()) - {bron}:
            with pytest.raises(KetenFout, match="B-ONBEKEND"):
                herken_bestand(path, bronnen()[andere])


def persoonslijsten(real: Path) -> tuple[Path, list[list[str]], list[str]]:
    path = real / "brp" / "testset_persoonslijsten_gbav_20220502.csv"
    with path.open(encoding="utf-8-sig", newline="") as file:
        kop, *rijen = csv.reader(file, delimiter=";")
    return path, rijen, kop


def test_persoonslijsten(real: Path) -> None:
    path, rijen, kop = persoonslijsten(real)
    gelezen, bevindingen = lees(path, "brp")
    assert bevindingen == []
    bsn_van, persoon = [], ""
    for rij in rijen:
        persoon = rij[kop.index("01.01.20")] if rij[0] else persoon
        bsn_van.append(persoon or None)

    starts = [nummer for nummer, rij in enumerate(rijen, 1) if rij[0]]
    assert [rij["record_nr"] for rij in gelezen["persoon"]] == starts
    assert len(starts) == 687
    assert sum(bool(rij[kop.index("01.01.20")]) for rij in rijen) == 739  # 54 history rows hold a number too
    for rij in gelezen["persoon"]:
        bron = rijen[int(str(rij["record_nr"])) - 1]
        assert rij["burgerservicenummer"] == (bron[kop.index("01.01.20")] or None)
        assert rij["geboortedatum"] == (bron[kop.index("01.03.10")] or None)
        assert rij["reden_opschorting"] == (bron[kop.index("07.67.20")] or None)

    for tabel, elementen in LO_VELDEN.items():
        categorie = next(iter(elementen.values()))[:2]
        own = [nr for nr, element in enumerate(kop) if element.startswith(categorie) and not element.endswith("H")]
        end, told, expected = kop.index(f"{categorie}.H"), "", []
        for nummer, (rij, bsn) in enumerate(zip(rijen, bsn_van, strict=True), 1):
            if any(rij[plaats] for plaats in own):
                actueel = {categorie: "ja", str(int(categorie) + 50): "nee"}.get(told)  # the row before says it
                if categorie == "08":  # and a person has one residence
                    actueel = "nee"
                values = {veld: rij[kop.index(element)] or None for veld, element in elementen.items()}
                row = {
                    "record_nr": nummer,
                    "burgerservicenummer": bsn,
                    "actueel": "ja" if rij[0] else actueel,
                    **values,
                }
                expected.append(row)
            told = rij[end]
        assert [{veld: rij[veld] for veld in expected[0]} for rij in gelezen[tabel]] == expected, tabel
        assert {rij["actueel"] for rij in expected} >= {"ja", "nee"}
        assert len(expected) > 100


def test_company_of_the_kvk(real: Path) -> None:
    path = next((real / "kvk").glob("basisprofiel_*.json"))
    profiel = json.loads(path.read_text("utf-8"))
    inside = {"activiteit", "handelsnaam", "ligging", "website"}
    assert set(herken_bestand(path, bronnen()["kvk"]).tabellen) == {"onderneming", *inside}
    [rij] = lees(path, "kvk")[0]["onderneming"]
    hoofd = next(sbi for sbi in profiel["sbiActiviteiten"] if sbi["indHoofdactiviteit"] == "Ja")
    bezoek = next(
        adres for adres in profiel["_embedded"]["hoofdvestiging"]["adressen"] if adres["type"] == "bezoekadres"
    )
    assert rij["kvk_nummer"] == profiel["kvkNummer"] == "69599084"
    assert rij["naam"] == profiel["naam"]
    assert rij["rechtsvorm"] == profiel["_embedded"]["eigenaar"]["rechtsvorm"]
    assert rij["datum_aanvang"] == profiel["materieleRegistratie"]["datumAanvang"]
    assert rij["sbi_hoofdactiviteit"] == hoofd["sbiCode"]
    assert (rij["straatnaam"], rij["huisnummer"], rij["plaats"]) == (
        bezoek["straatnaam"],
        str(bezoek["huisnummer"]),
        bezoek["plaats"],
    )


def neem_in(instellingen: Instellingen, bron: str, paden: Sequence[Path]) -> None:
    uitkomst = ontvang(instellingen, bron, paden, "2026-01")
    assert uitkomst.status == "ontvangen"
    assert uitkomst.onbruikbaar == {}


def test_all_of_it_through_the_door(real: Path, instellingen: Instellingen, tmp_path: Path) -> None:
    """The persons with an answer of UWV form the population; each bron is one levering of loose answers."""
    per_bron: dict[str, list[Path]] = {}
    for path, bron, _ in antwoorden(real):
        per_bron.setdefault(bron, []).append(path)
    per_bron["brp"].append(persoonslijsten(real)[0])
    personen = {str(tekst(client, "Burgerservicenr")) for path in per_bron["uwv"] for client in clienten(path)}
    (tmp_path / "bijstand.csv").write_text(populatie_csv(sorted(personen)), "utf-8")
    neem_in(instellingen, "gemeente", [tmp_path / "bijstand.csv"])
    for bron, paden in per_bron.items():
        neem_in(instellingen, bron, paden)
    tellingen: Counter[str] = Counter()
    for levering in toelaten(instellingen):
        for (doel, tabel, reden), aantal in levering.tellingen.items():
            if doel in ("inkomsten", "") and tabel != "bestand":
                tellingen[f"{tabel} {reden}"] += aantal

    opgaven = sum(len(afdalen(c, "Inkomstenverhouding/Inkomstenopgave")) for p in per_bron["uwv"] for c in clienten(p))
    assert tellingen["uwv.inkomstenopgave gebruikt"] == opgaven
    assert lees_lake(instellingen, "inkomsten", "uwv.inkomstenopgave").num_rows == opgaven
    for tabel in ("persoon", "verblijfplaats"):
        rejected = {key: n for key, n in tellingen.items() if key.startswith(f"brp.{tabel} R-") and n}
        assert set(rejected) <= {f"brp.{tabel} R-BSN-LEEG"}, rejected  # persons without a number are in the test set
    assert set(personen_in_lake(instellingen, "inkomsten", "brp.persoon")) <= personen


def test_no_number_of_a_person_is_in_the_lake(real: Path, instellingen: Instellingen, tmp_path: Path) -> None:
    """One published answer has it: the person works for a firm with his own number."""
    answers = [path for path, bron, _ in antwoorden(real) if bron == "uwv"]
    personen = {str(tekst(client, "Burgerservicenr")) for path in answers for client in clienten(path)}
    (tmp_path / "bijstand.csv").write_text(populatie_csv(sorted(personen)), "utf-8")
    neem_in(instellingen, "gemeente", [tmp_path / "bijstand.csv"])
    neem_in(instellingen, "uwv", answers)
    toelaten(instellingen)
    for path in alle_bestanden(instellingen.lake):
        content = str(pq.read_table(path).to_pylist())
        assert not [bsn for bsn in personen if bsn in content], path.parent.name
