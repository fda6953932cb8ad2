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
from schemas.load import all_tabellen, bronnen, find_tabel
from schemas.model import Tabel

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


def zonder_verklaring(tabel: Tabel, pads: set[str]) -> set[str]:
    return {pad for pad in pads if (pad in genomen(tabel)) == (tabel.reden_niet(pad) is not None)}


def test_every_key_of_a_basisprofiel_is_taken_or_declared_as_not_taken(real: Path) -> None:
    content = json.loads((real / "kvk/basisprofiel_69599084.json").read_text("utf-8"))
    pads = {pad for pad, _ in bladeren(content)}
    assert len(pads) > 30
    assert zonder_verklaring(find_tabel("kvk.onderneming"), pads) == set()


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


def test_every_column_of_the_open_data_is_taken_or_declared_as_not_taken() -> None:
    assert len(GEKENTEKENDE_VOERTUIGEN) > 90
    assert zonder_verklaring(find_tabel("rdw.voertuig"), set(GEKENTEKENDE_VOERTUIGEN)) == set()


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
