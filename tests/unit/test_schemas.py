"""The declarations: they load, they refuse what is wrong, and a bron is added by files alone."""

from __future__ import annotations

import csv
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from pydantic import ValidationError

from connectors.lees import lees_bestand
from connectors.rijen import Rijen
from pipeline.instellingen import Instellingen
from pipeline.toelaten import toelaten
from schemas import doelversie, load
from schemas.arrow import lake_schema, raw_schema
from schemas.berichten import berichten
from schemas.bron import Tabel
from schemas.doel import Doel
from schemas.fout import KetenFout
from schemas.ontvanger import Ontvanger
from schemas.reference import reference_tables
from tests.bouw import lees_lake, maak_bsn, neem_op, personen_in_lake, populatie_csv, schrijf_csv

CACHED = (
    load.bronnen,
    load.doelen,
    load.producten,
    load.ontvangers,
    load.meldingen,
    load.codelijst,
    load.geraadpleegd,
    reference_tables,
    doelversie.vastgelegd,
    doelversie.huidig,
    berichten,
)


@pytest.fixture
def eigen_schemas(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A copy of `schemas/` that a test may change, in force until it ends."""
    root = tmp_path / "schemas"
    shutil.copytree(load.ROOT, root, ignore=shutil.ignore_patterns("*.py", "__pycache__", "generated"))
    monkeypatch.setattr(load, "ROOT", root)
    _forget()
    yield root
    monkeypatch.undo()
    _forget()


def _forget() -> None:
    for function in CACHED:
        function.cache_clear()


def verander(path: Path, **meer: Any) -> None:
    path.write_text(
        yaml.safe_dump({**yaml.safe_load(path.read_text(encoding="utf-8")), **meer}, sort_keys=False), "utf-8"
    )


def gelezen(path: Path) -> Any:
    return yaml.safe_load(path.read_text(encoding="utf-8"))


class TestEverythingLoads:
    def test_all_kinds(self) -> None:
        assert set(load.bronnen()) == {"brp", "duo", "gemeente", "kvk", "rdw", "svb", "uwv"}
        assert set(load.doelen()) == set(load.producten()) >= {"inkomsten", "kvk", "kwijtschelding", "vsv"}
        assert len(list(load.all_tabellen())) == len(list(load.ROOT.glob("bronnen/*/*.yml"))) - len(load.bronnen())
        assert len(berichten()) >= 4

    @pytest.mark.parametrize("naam", [naam for naam, _ in load.all_tabellen()])
    def test_every_table(self, naam: str) -> None:
        tabel = load.find_tabel(naam)
        assert naam.endswith(f".{tabel.tabel}")
        assert tabel.sleutel
        assert raw_schema(tabel).names == ["record_nr", *tabel.velden]
        assert "burgerservicenummer" not in lake_schema(tabel).names
        for veld in tabel.velden.values():
            assert (veld.type in ("bsn", "lhnr")) == (veld.klasse == "identifier")
            assert veld.type != "janee" or set((veld.waarden or {}).values()) - {"onbekend"} == {"ja", "nee"}
            assert veld.type != "bedrag" or veld.eenheid
            assert veld.codelijst is None or load.codelijst(veld.codelijst)

    def test_unknown_table(self) -> None:
        with pytest.raises(load.SchemaFout):
            load.find_tabel("uwv.geen")

    def test_every_product_has_signals_with_a_toelichting(self) -> None:
        for product in load.producten().values():
            assert product.signalen
            assert all(signaal.toelichting.endswith(".") for signaal in product.signalen.values())

    def test_every_noodzaak_is_a_sentence(self) -> None:
        for doel in load.doelen().values():
            for raadpleging in doel.bronnen:
                assert all(len(noodzaak.split()) >= 3 for noodzaak in raadpleging.velden.values())

    def test_reference_tables_have_rows(self) -> None:
        assert {naam for naam, table in reference_tables().items() if table.num_rows == 0} == set()

    def test_melding_codes_are_complete(self) -> None:
        for code, melding in load.meldingen().items():
            assert melding.code == code
            assert melding.betekenis and melding.wat_te_doen
        with pytest.raises(KeyError):
            KetenFout("B-BESTAAT-NIET")

    def test_error_carries_its_code_and_what_to_do(self) -> None:
        fout = KetenFout("B-KOLOM-ONTBREEKT", "Burgerservicenr")
        assert fout.code == "B-KOLOM-ONTBREEKT"
        assert "Burgerservicenr" in str(fout)
        assert load.meldingen()["B-KOLOM-ONTBREEKT"].wat_te_doen in str(fout)


class TestGemeenten:
    actueel = tuple(
        row for row in load.read_csv("codes/gemeente.csv") if row["gemeentecode"] == row["gemeente_actueel"]
    )

    def test_344_gemeenten_in_39_rmc_regios(self) -> None:
        gemeenten = [row for row in self.actueel if not row["geldig_tot"] and row["rmc_regio"]]
        assert len(gemeenten) == 344
        assert {row["rmc_regio"] for row in gemeenten} == {f"{nummer:02d}" for nummer in range(1, 40)}
        assert {row["rmc_regio"] for row in load.read_csv("codes/rmc_regio.csv")} == {f"{n:02d}" for n in range(1, 40)}

    def test_equals_the_published_division(self, real: Path) -> None:
        with (real / "geo" / "gemeente_rmc_regio_2022.csv").open(encoding="utf-8-sig", newline="") as file:
            published = {row["gemeentecode"]: row["rmc_regio"] for row in csv.DictReader(file)}
        ours = {row["gemeentecode"]: row["rmc_regio"] for row in self.actueel if row["rmc_regio"]}
        assert len(published) == 344
        assert {code: ours.get(code) for code in published} == published

    def test_merged_gemeente_leads_to_its_successor(self) -> None:
        rows = {row["gemeentecode"]: row for row in load.read_csv("codes/gemeente.csv")}
        for row in rows.values():
            if row["opvolger"] and row["opvolger"] in rows:
                assert rows[row["opvolger"]]["gemeente_actueel"] == row["gemeente_actueel"], row["gemeentecode"]

    def test_every_gemeente_and_region_is_a_recipient(self) -> None:
        gemeenten = {row["gemeentecode"] for row in self.actueel if not row["geldig_tot"] and row["rmc_regio"]}
        regios = {f"rmc-{nummer:02d}" for nummer in range(1, 40)}
        soorten: dict[str, set[str]] = {}
        for ontvanger in load.ontvangers().values():
            soorten.setdefault(ontvanger.soort, set()).add(ontvanger.ontvanger)
        assert soorten["gemeente"] == gemeenten
        assert soorten["rmc"] == regios
        assert soorten["waterschap"]
        assert len({ontvanger.oin for ontvanger in load.ontvangers().values()}) == len(load.ontvangers())


class TestRefused:
    def doel(self, **meer: Any) -> dict[str, Any]:
        return {**gelezen(load.ROOT / "doelen" / "vsv.yml"), **meer}

    def test_field_without_noodzaak(self, eigen_schemas: Path) -> None:
        profiel = self.doel()
        profiel["bronnen"][0]["velden"]["indicatie_startkwalificatie"] = "  "
        verander(eigen_schemas / "doelen" / "vsv.yml", **profiel)
        with pytest.raises(load.SchemaFout, match="indicatie_startkwalificatie heeft geen noodzaak"):
            load.doelen()

    def test_field_that_the_table_does_not_have(self, eigen_schemas: Path) -> None:
        profiel = self.doel()
        profiel["bronnen"][0]["velden"]["schoenmaat"] = "Omdat het kan en niemand het tegenhoudt."
        verander(eigen_schemas / "doelen" / "vsv.yml", **profiel)
        with pytest.raises(load.SchemaFout, match="schoenmaat"):
            load.doelen()

    def test_population_outside_the_profile(self, eigen_schemas: Path) -> None:
        verander(eigen_schemas / "doelen" / "vsv.yml", populatie=[{"tabel": "duo.persoon", "velden": ["bsn_ouder"]}])
        with pytest.raises(load.SchemaFout, match="buiten het profiel"):
            load.doelen()

    def test_table_without_a_person_and_without_via(self, eigen_schemas: Path) -> None:
        profiel = gelezen(eigen_schemas / "doelen" / "kvk.yml")
        for raadpleging in profiel["bronnen"]:
            raadpleging.pop("via", None)
        verander(eigen_schemas / "doelen" / "kvk.yml", **profiel)
        with pytest.raises(load.SchemaFout, match="geen persoon en geen via"):
            load.doelen()

    def test_product_without_doelprofiel(self, eigen_schemas: Path) -> None:
        (eigen_schemas / "doelen" / "vsv.yml").unlink()
        with pytest.raises(load.SchemaFout, match="zonder profiel geen product"):
            load.producten()

    @pytest.mark.parametrize(
        "meer",
        [
            {"grondslag": []},
            {"bewaartermijn": {"minimum_maanden": 1, "maximum_maanden": 61, "bron": "x"}},
            {"bewaartermijn": {"minimum_maanden": -1, "maximum_maanden": 12, "bron": "x"}},
            {"populatie": []},
            {"bronnen": []},
            {"goedgekeurd": None},
            {"toestemming": True},
        ],
    )
    def test_doelprofiel(self, meer: dict[str, Any]) -> None:
        Doel(**self.doel())
        with pytest.raises(ValidationError):
            Doel(**self.doel(**meer))

    @pytest.mark.parametrize("place", ["tabel", "veld", "plaats", "bron"])
    def test_unknown_key(self, eigen_schemas: Path, place: str) -> None:
        path = eigen_schemas / "bronnen" / "uwv" / ("bron.yml" if place == "bron" else "inkomstenopgave.yml")
        declared = gelezen(path)
        where = {
            "tabel": declared,
            "bron": declared,
            "veld": declared.get("velden", {}).get("datum_einde"),
            "plaats": (declared.get("xml") or [{"velden": {}}])[0]["velden"].get("bedrag_loon_sv"),
        }[place]
        where["verplichtt"] = True
        path.write_text(yaml.safe_dump(declared), "utf-8")
        with pytest.raises(ValidationError, match="verplichtt"):
            load.bronnen()

    @pytest.mark.parametrize(
        ("meer", "match"),
        [
            ({"sleutel": ["geen"]}, "sleutel noemt onbekende velden"),
            ({"csv": {"kolommen": {"geen": "Geen"}}}, "formaat noemt onbekende velden"),
            ({"csv": {"kolommen": {"datum_einde": "DatEIko"}}}, "verplichte velden zonder plaats"),
            ({"xml": [], "csv": None, "parquet": None, "json": None}, "geen enkel formaat"),
        ],
    )
    def test_table_that_contradicts_itself(self, eigen_schemas: Path, meer: dict[str, Any], match: str) -> None:
        verander(eigen_schemas / "bronnen" / "uwv" / "inkomstenopgave.yml", **meer)
        with pytest.raises(load.SchemaFout, match=match):
            load.bronnen()

    def test_recipient_with_a_wrong_oin(self) -> None:
        goed = next(iter(load.ontvangers().values()))
        with pytest.raises(ValidationError):
            Ontvanger(**{**goed.model_dump(), "oin": "123"})

    def test_declarations_cannot_be_changed(self) -> None:
        with pytest.raises(ValidationError):
            load.find_tabel("uwv.inkomstenopgave").tabel = "anders"


BRON = {
    "bron": "pensioenen",
    "naam": "Pensioenregister",
    "omschrijving": "Uitkeringen van pensioenfondsen.",
    "houder": "Pensioenfondsen",
    "frequentie": "maandelijks",
    "herkomst": "test",
}
TABEL = {
    "tabel": "uitkering",
    "omschrijving": "Een uitkering van een pensioenfonds.",
    "sleutel": ["burgerservicenummer", "datum_begin"],
    "velden": {
        "burgerservicenummer": {
            "type": "bsn",
            "klasse": "identifier",
            "verplicht": True,
            "omschrijving": "De persoon.",
        },
        "datum_begin": {"type": "datum", "klasse": "wat", "verplicht": True, "omschrijving": "Eerste dag."},
        "bedrag": {"type": "bedrag", "eenheid": "cent", "klasse": "wat", "omschrijving": "Bedrag per maand."},
        "adres": {"type": "tekst", "klasse": "wat", "omschrijving": "Adres; geen doel vraagt erom."},
    },
    "csv": {
        "kolommen": {
            "burgerservicenummer": "bsn",
            "datum_begin": "begin",
            "bedrag": {"pad": "bedrag", "eenheid": "euro"},
            "adres": "adres",
        }
    },
    "xml": [
        {
            "document": "Uitkeringen",
            "namespace": "urn:pensioenen",
            "rij": "Persoon/Uitkering",
            "velden": {
                "burgerservicenummer": "../Bsn",
                "datum_begin": "@begin",
                "bedrag": "Bedrag",
                "adres": "../Adres",
            },
        }
    ],
}


def test_a_bron_and_its_use_are_added_by_files_alone(
    eigen_schemas: Path, instellingen: Instellingen, tmp_path: Path
) -> None:
    """No Python is written: a bron in two formats, consulted by an existing doel, from file to lake."""
    (eigen_schemas / "bronnen" / "pensioenen").mkdir()
    (eigen_schemas / "bronnen" / "pensioenen" / "bron.yml").write_text(yaml.safe_dump(BRON), "utf-8")
    (eigen_schemas / "bronnen" / "pensioenen" / "uitkering.yml").write_text(yaml.safe_dump(TABEL), "utf-8")
    profiel = gelezen(eigen_schemas / "doelen" / "inkomsten.yml")
    noodzaak = "Een pensioen is inkomen naast de bijstand."
    velden = dict.fromkeys(["burgerservicenummer", "datum_begin", "bedrag"], noodzaak)
    profiel["bronnen"].append({"tabel": "pensioenen.uitkering", "velden": velden})
    profiel["versie"] += 1
    verander(eigen_schemas / "doelen" / "inkomsten.yml", **profiel)
    (eigen_schemas / doelversie.REGISTER).write_text(doelversie.register(), "utf-8")
    _forget()

    in_doel, buiten = maak_bsn(1), maak_bsn(2)
    rijen = [[in_doel, "20260101", "1500,25", "Straat 1"], [buiten, "20260101", "99", "Straat 2"]]
    xml = (
        f'<u:Uitkeringen xmlns:u="urn:pensioenen"><u:Persoon><u:Bsn>{in_doel}</u:Bsn><u:Adres>Straat 1</u:Adres>'
        '<u:Uitkering begin="20260201"><u:Bedrag>150025</u:Bedrag></u:Uitkering></u:Persoon></u:Uitkeringen>'
    )
    neem_op(instellingen, "gemeente", {"bijstand.csv": populatie_csv([in_doel])})
    neem_op(
        instellingen, "pensioenen", {"a.csv": schrijf_csv(["bsn", "begin", "bedrag", "adres"], rijen), "b.xml": xml}
    )
    toelaten(instellingen)

    table = lees_lake(instellingen, "inkomsten", "pensioenen.uitkering")
    assert table.column_names == ["levering_nr", "record_nr", "persoon", "datum_begin", "bedrag"]
    assert table["bedrag"].to_pylist() == [150025, 150025]
    assert table["datum_begin"].to_pylist() == [20260101, 20260201]
    assert personen_in_lake(instellingen, "inkomsten", "pensioenen.uitkering") == [in_doel, in_doel]


def test_a_field_is_added_by_one_line(eigen_schemas: Path, tmp_path: Path) -> None:
    path = eigen_schemas / "bronnen" / "duo" / "persoon.yml"
    declared = gelezen(path)
    declared["velden"]["telefoon"] = {"type": "tekst", "klasse": "wat", "omschrijving": "Telefoonnummer."}
    declared["csv"]["kolommen"]["telefoon"] = "Telefoonnr"
    path.write_text(yaml.safe_dump(declared), "utf-8")
    bestand = tmp_path / "duo.csv"
    bestand.write_text(f"Burgerservicenr;IndStartkwalificatieDuo;Telefoonnr\n{maak_bsn(1)};2;0612\n", "utf-8")
    [rijen] = lees_bestand(bestand, load.bronnen()["duo"], {"persoon"})
    assert isinstance(rijen, Rijen)
    assert rijen.batch.column("telefoon").to_pylist() == ["0612"]


def test_tabel_model_reads_short_and_long_places() -> None:
    tabel = Tabel.model_validate(TABEL)
    assert tabel.csv is not None
    assert tabel.csv.kolommen["adres"].pad == "adres"
    assert tabel.csv.kolommen["bedrag"].eenheid == "euro"
