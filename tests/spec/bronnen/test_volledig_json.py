"""What is published as JSON or as columns is read completely: a key is taken by a field, or declared as not taken."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from connectors.herken import herken
from connectors.lees import lees_bestand
from connectors.rijen import Rijen
from schemas.bron import Tabel
from schemas.load import all_tabellen, bronnen, find_tabel

# The columns of RDW open data m9d7-ebf2 (Gekentekende voertuigen).
_KOLOMMEN = """
aanhangwagen_autonoom_geremd aanhangwagen_middenas_geremd aantal_cilinders aantal_deuren aantal_rolstoelplaatsen
aantal_staanplaatsen aantal_wielen aantal_zitplaatsen aerodyn_voorz afstand_hart_koppeling_tot_achterzijde_voertuig
afstand_voorzijde_voertuig_tot_hart_koppeling afwijkende_maximum_snelheid api_gekentekende_voertuigen_assen
api_gekentekende_voertuigen_brandstof api_gekentekende_voertuigen_carrosserie
api_gekentekende_voertuigen_carrosserie_specifiek api_gekentekende_voertuigen_voertuigklasse breedte
breedte_voertuig_maximum breedte_voertuig_minimum bruto_bpm catalogusprijs cilinderinhoud
code_toelichting_tellerstandoordeel datum_eerste_tenaamstelling_in_nederland
datum_eerste_tenaamstelling_in_nederland_dt datum_eerste_toelating datum_eerste_toelating_dt datum_tenaamstelling
datum_tenaamstelling_dt eerste_kleur europese_uitvoeringcategorie_toevoeging europese_voertuigcategorie
europese_voertuigcategorie_toevoeging export_indicator gem_lading_wrde handelsbenaming hoogte_voertuig
hoogte_voertuig_maximum hoogte_voertuig_minimum inrichting jaar_laatste_registratie_tellerstand kenteken laadvermogen
lengte lengte_voertuig_maximum lengte_voertuig_minimum massa_alt_aandr massa_bedrijfsklaar_maximaal
massa_bedrijfsklaar_minimaal massa_ledig_voertuig massa_rijklaar maximale_constructiesnelheid
maximum_last_onder_de_vooras_sen_tezamen_koppeling maximum_massa_samenstelling maximum_massa_technisch_maximaal
maximum_massa_technisch_minimaal maximum_massa_trekken_ongeremd maximum_ondersteunende_snelheid
maximum_trekken_massa_geremd merk openstaande_terugroepactie_indicator oplegger_geremd plaats_chassisnummer
registratie_datum_goedkeuring_afschrijvingsmoment_bpm registratie_datum_goedkeuring_afschrijvingsmoment_bpm_dt
rupsonderstelconfiguratiecode subcategorie_nederland taxi_indicator technisch_toelaatbaar_massa_koppelpunt
technische_max_massa_voertuig tellerstandoordeel tenaamstellen_mogelijk toegestane_maximum_massa_voertuig tweede_kleur
type type_gasinstallatie type_remsysteem_voertuig_code typegoedkeuringsnummer uitvoering variant verl_cab_ind
vermogen_massarijklaar verticale_belasting_koppelpunt_getrokken_voertuig vervaldatum_apk vervaldatum_apk_dt
vervaldatum_tachograaf vervaldatum_tachograaf_dt voertuigsoort volgnummer_wijziging_eu_typegoedkeuring wacht_op_keuren
wam_verzekerd wielbasis wielbasis_voertuig_maximum wielbasis_voertuig_minimum zuinigheidsclassificatie
"""
GEKENTEKENDE_VOERTUIGEN = _KOLOMMEN.split()


def genomen(tabel: Tabel) -> set[str]:
    """The paths of keys that a field takes, and the keys by which an element of an array is chosen."""
    assert tabel.json_ is not None
    pads = [plaats.pad for plaats in tabel.json_.velden.values()]
    chosen = {
        f"{kaal(pad[: match.start()])}/{match[1]}" for pad in pads for match in re.finditer(r"\[([^=]+)=[^\]]*\]", pad)
    }
    return chosen | {kaal(pad) for pad in pads}


def genomen_door_anderen(naam: str) -> set[str]:
    """The paths inside the records of a table that the tables inside it take."""
    taken = set()
    for tabel in bronnen()[naam.partition(".")[0]].tabellen.values():
        for vorm in tabel.json_binnen:
            if vorm.tabel == naam.partition(".")[2]:
                pads = (plaats.pad for plaats in vorm.velden.values() if plaats.pad and not plaats.pad.startswith("/"))
                taken |= {vorm.rij if pad == "." else f"{vorm.rij}/{pad}" for pad in pads}
    return taken


def kaal(pad: str) -> str:
    return re.sub(r"\[[^\]]*\]", "", pad)


def bladeren(value: object, pad: str = "") -> Iterator[tuple[str, str]]:
    """Every value in a document with the path of its keys; an array is no step."""
    match value:
        case dict():
            for key, below in value.items():
                yield from bladeren(below, f"{pad}/{key}" if pad else key)
        case list():
            for below in value:
                yield from bladeren(below, pad)
        case _:
            yield pad, str(value)


def zonder_verklaring(naam: str, pads: set[str]) -> set[str]:
    tabel = find_tabel(naam)
    taken = genomen(tabel) | genomen_door_anderen(naam)
    return {pad for pad in pads if (pad in taken) == (tabel.reden_niet(pad) is not None)}


def test_every_key_of_a_basisprofiel_is_taken_or_declared_as_not_taken(real: Path) -> None:
    content = json.loads((real / "kvk/basisprofiel_69599084.json").read_text("utf-8"))
    pads = {pad for pad, _ in bladeren(content)}
    assert len(pads) > 30
    assert zonder_verklaring("kvk.onderneming", pads) == set()


def test_every_value_of_a_basisprofiel_that_is_taken_is_read(real: Path) -> None:
    path, tabel = real / "kvk/basisprofiel_69599084.json", find_tabel("kvk.onderneming")
    [rijen] = lees_bestand(path, bronnen()["kvk"], ["onderneming"])
    assert isinstance(rijen, Rijen)
    [row] = rijen.batch.to_pylist()
    assert tabel.json_ is not None
    content = dict(bladeren(json.loads(path.read_text("utf-8"))))
    for veld, plaats in tabel.json_.velden.items():
        if "[" not in plaats.pad:
            assert row[veld] == content.get(plaats.pad), veld
    assert (row["sbi_hoofdactiviteit"], row["sbi_omschrijving"]) == ("1011", "Slachterijen (geen pluimvee-)")
    assert (row["straatnaam"], row["huisnummer"], row["land"]) == ("Abebe Bikilalaan", "17", "Nederland")
    assert row["volledig_adres"].endswith("1034WL Amsterdam")
    assert (row["correspondentie_plaats"], row["eigenaar_plaats"]) == (None, None)


ADRES = {"type": "bezoekadres", "geoData": {"addresseerbaarObjectId": "0363010000000001", "gpsLatitude": 52.0815}}
PROFIEL = {
    "kvkNummer": "69599084",
    "naam": "Test",
    "handelsnamen": [{"naam": "Een", "volgorde": 0}, {"naam": "Twee", "volgorde": 1}],
    "sbiActiviteiten": [{"sbiCode": "1011", "sbiOmschrijving": "Slachterijen", "indHoofdactiviteit": "Ja"}],
    "_embedded": {
        "hoofdvestiging": {
            "vestigingsnummer": "000038509504",
            "indNonMailing": "Nee",
            "handelsnamen": [{"naam": "Drie", "volgorde": 2}],
            "adressen": [ADRES],
            "websites": ["www.een.example", "www.twee.example"],
            "sbiActiviteiten": [{"sbiCode": "1012", "sbiOmschrijving": "Vlees", "indHoofdactiviteit": "Nee"}],
        },
        "eigenaar": {"rechtsvorm": "Eenmanszaak", "websites": ["www.ik.example"]},
    },
}
IN_HET_PROFIEL = ("handelsnaam", "activiteit", "website", "ligging")


def rijen_van(path: Path, *tabellen: str) -> dict[str, list[dict[str, object]]]:
    """Every row of these tables in a file, without fields that are empty."""
    result: dict[str, list[dict[str, object]]] = {naam: [] for naam in tabellen}
    for item in lees_bestand(path, bronnen()["kvk"], tabellen):
        assert isinstance(item, Rijen)
        rows = item.batch.to_pylist()
        result[item.tabel.partition(".")[2]] += [{k: v for k, v in row.items() if v is not None} for row in rows]
    return result


def test_names_and_activities_of_the_published_basisprofiel_are_read(real: Path) -> None:
    found = rijen_van(real / "kvk/basisprofiel_69599084.json", *IN_HET_PROFIEL)
    assert [row["naam"] for row in found["handelsnaam"]] == [
        "Test EMZ Dagobert",
        "Tweede handelsnaam 1MZ",
        "Derde handelsnaam 1MZ",
        "Vierde handelsnaam 1MZ",
    ]
    assert [(row["sbi_code"], row["indicatie_hoofdactiviteit"]) for row in found["activiteit"]] == [
        ("1011", "Ja"),
        ("1012", "Nee"),
        ("1013", "Nee"),
    ]
    assert {row["kvk_nummer"] for rows in found.values() for row in rows} == {"69599084"}


@pytest.mark.parametrize("vorm", ["een", "reeks", "regels"])
def test_what_stands_inside_a_basisprofiel_is_rows_of_its_own(tmp_path: Path, vorm: str) -> None:
    """In one object, an array and JSON lines alike; a record that cannot be read does not take others along."""
    path = tmp_path / "a.json"
    tekst = json.dumps(PROFIEL)
    path.write_text({"een": json.dumps(PROFIEL, indent=1), "reeks": f"[{tekst},\n{tekst}]"}.get(vorm, f"{tekst}\n" * 2))
    times = 1 if vorm == "een" else 2
    found = rijen_van(path, "onderneming", *IN_HET_PROFIEL)
    assert {naam: len(rows) for naam, rows in found.items()} == {
        "onderneming": times,
        "handelsnaam": 3 * times,
        "activiteit": 2 * times,
        "website": 3 * times,
        "ligging": times,
    }
    assert [row["record_nr"] for row in found["handelsnaam"]] == list(range(1, 3 * times + 1))
    assert found["website"][:3] == [
        {"record_nr": nr, "kvk_nummer": "69599084", "onderdeel": van, "adres": adres} | meer
        for nr, (van, adres, meer) in enumerate(
            [
                ("hoofdvestiging", "www.een.example", {"vestigingsnummer": "000038509504"}),
                ("hoofdvestiging", "www.twee.example", {"vestigingsnummer": "000038509504"}),
                ("eigenaar", "www.ik.example", {}),
            ],
            start=1,
        )
    ]
    assert found["ligging"][0]["breedtegraad"] == "52.0815"
    assert found["onderneming"][0]["non_mailing_hoofdvestiging"] == "Nee"


def test_a_signal_of_the_mutatieservice_is_read(tmp_path: Path) -> None:
    """The list of signals and the message of one, in the form that published clients read (see the bron)."""
    signaal = {"id": "s-1", "timestamp": "2024-05-14T15:25:13.773Z", "kvknummer": "69792917"}
    lijst, bericht = tmp_path / "lijst.json", tmp_path / "bericht.json"
    lijst.write_text(json.dumps({"pagina": 1, "totaal": 1, "signalen": [signaal]}))
    over = {"kvkNummer": "69792917", "nonMailing": True, "totaalWerkzamePersonen": 12}
    over |= {"wordtUitgeoefendIn": [{"vestigingsnummer": "000015317528", "isHoofdvestiging": True}]}
    kop = {"berichtId": "b-1", "signaalType": "SignaalAdreswijziging_2025_01", "heeftBetrekkingOp": over}
    bericht.write_text(json.dumps({"signaal": kop}))
    assert rijen_van(lijst, "mutatiesignaal")["mutatiesignaal"][0]["kvk_nummer"] == "69792917"
    found = rijen_van(bericht, "mutatiebericht", "mutatievestiging")
    assert found["mutatiebericht"] == [
        {
            "record_nr": 1,
            "bericht_id": "b-1",
            "soort_signaal": "SignaalAdreswijziging_2025_01",
            "kvk_nummer": "69792917",
            "indicatie_non_mailing": "true",
            "aantal_werkzame_personen": "12",
        }
    ]
    assert found["mutatievestiging"] == [
        {
            "record_nr": 1,
            "bericht_id": "b-1",
            "vestigingsnummer": "000015317528",
            "indicatie_hoofdvestiging": "true",
        }
    ]


def test_every_column_of_the_open_data_is_taken_or_declared_as_not_taken() -> None:
    assert len(GEKENTEKENDE_VOERTUIGEN) > 90
    assert zonder_verklaring("rdw.voertuig", set(GEKENTEKENDE_VOERTUIGEN)) == set()


@pytest.mark.parametrize(("extra", "unknown"), [((), 0), (("iets_nieuws", "iets_anders"), 2)])
def test_only_columns_that_nobody_declared_are_unknown(tmp_path: Path, extra: tuple[str, ...], unknown: int) -> None:
    path = tmp_path / "a.csv"
    path.write_text(",".join([*GEKENTEKENDE_VOERTUIGEN, *extra]) + "\n", "utf-8")
    with path.open("rb") as stream:
        herkend = herken(stream, bronnen()["rdw"])
    assert (herkend.tabellen, herkend.onbekende_kolommen) == (("voertuig",), unknown)


def test_what_is_not_taken_has_a_reason_and_is_taken_by_no_field() -> None:
    for naam, tabel in all_tabellen():
        assert all(len(reden.split()) > 3 for reden in tabel.niet_gelezen.values()), naam
        taken = {plaats.pad for vorm in (tabel.csv, tabel.parquet) if vorm for plaats in vorm.kolommen.values()}
        taken |= genomen(tabel)
        assert [pad for pad in taken if tabel.reden_niet(pad)] == [], naam
