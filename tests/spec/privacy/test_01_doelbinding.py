"""Gedrag 1: doelbinding. Zonder goedgekeurd doelprofiel gebeurt er niets, en met een profiel alleen wat erin staat."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
import sqlalchemy as sa
import yaml
from pydantic import ValidationError

from lineage import tabellen as t
from pipeline import passage as passage_module
from pipeline.instellingen import Instellingen
from pipeline.lever import lever
from pipeline.signaleer import run_map, signaleer
from pipeline.stand import Stand
from pipeline.toelaten import toelaten
from schemas import generate, load
from schemas.doel import Doel
from schemas.fout import KetenFout
from tests.bouw import BIJSTAND, maak_bsn, neem_op, personen_in_lake, schrijf_csv
from tests.spec.privacy import dorp as d
from tests.spec.privacy.conftest import vergeet

IKV = "uwv.inkomstenverhouding"
DEZE_MAAND, VOLGENDE_MAAND = d.PERIODE, "2026-02"


def verander(schemas: Path, doel: str, **meer: Any) -> None:
    """Changes a profile, as somebody with an editor would."""
    path = schemas / "doelen" / f"{doel}.yml"
    profiel = yaml.safe_load(path.read_text(encoding="utf-8")) | meer
    path.write_text(yaml.safe_dump(profiel, sort_keys=False), "utf-8")
    vergeet()


def in_lake(instellingen: Instellingen, doel: str) -> list[Path]:
    return sorted((instellingen.lake / doel).rglob("*.parquet"))


def aantallen(instellingen: Instellingen, doel: str, reden: str) -> dict[str, int]:
    """Per table how many records had this outcome, from the ledger."""
    c = t.telling.c
    query = sa.select(c.tabel, sa.func.sum(c.aantal).label("n")).where(c.doel == doel, c.reden == reden)
    return {row["tabel"]: int(row["n"]) for row in instellingen.grootboek.rijen(query.group_by(c.tabel))}


# -- a profile, approved, in this version ---------------------------------------------------------------------------


def test_no_profile_no_run(eigen_schemas: Path, instellingen: Instellingen) -> None:
    """Zonder doelprofiel wordt niets toegelaten, en kan een product niet eens bestaan."""
    d.neem_alles_op(instellingen)
    (eigen_schemas / "doelen" / "vsv.yml").unlink()
    vergeet()
    with pytest.raises(load.SchemaFout, match="zonder profiel geen product"):
        load.producten()
    with pytest.raises(KetenFout, match="G-PROFIEL"):
        toelaten(instellingen, doel="vsv")
    toelaten(instellingen)
    assert in_lake(instellingen, "vsv") == []
    assert in_lake(instellingen, "inkomsten") != []  # the others go on


def test_profile_that_is_not_approved_yet_is_refused(
    eigen_schemas: Path, instellingen: Instellingen, berekend_dorp: Instellingen
) -> None:
    """Een profiel waarvan de goedkeuring nog niet is ingegaan wordt bij elke stap geweigerd."""
    d.neem_alles_op(instellingen)
    morgen = (datetime.now(UTC) + timedelta(days=1)).date()
    verander(eigen_schemas, "vsv", goedgekeurd={"door": "Functionaris", "op": morgen})
    for stap in (lambda: toelaten(instellingen, doel="vsv"), lambda: signaleer(instellingen, "vsv", DEZE_MAAND)):
        with pytest.raises(KetenFout, match="G-GOEDKEURING"):
            stap()
    toelaten(instellingen)
    assert in_lake(instellingen, "vsv") == []
    held = lever(berekend_dorp, laatste_run(berekend_dorp, "vsv"))
    assert held.redenen == {"G-GOEDKEURING": 2}  # the gemeente and its region
    assert not list(berekend_dorp.uitleveringen.glob("*/vsv/**/*.json"))


def laatste_run(instellingen: Instellingen, product: str) -> str:
    run = instellingen.grootboek.laatste_run(product, DEZE_MAAND)
    assert run is not None
    return str(run["run_id"])


def test_profile_without_approval_fails_the_build(eigen_schemas: Path) -> None:
    """Een profiel zonder goedkeuring laat de bouw mislukken."""
    verander(eigen_schemas, "vsv", goedgekeurd=None)
    with pytest.raises(ValidationError, match="goedgekeurd"):
        load.doelen()


def test_changed_profile_without_a_new_version_is_refused(eigen_schemas: Path, instellingen: Instellingen) -> None:
    """Wie een profiel verandert en de versie laat staan, kan er niet mee werken."""
    d.neem_alles_op(instellingen)
    verander(eigen_schemas, "vsv", terugkijken_maanden=23)
    with pytest.raises(KetenFout, match="G-VERSIE"):
        toelaten(instellingen, doel="vsv")
    toelaten(instellingen)
    assert in_lake(instellingen, "vsv") == []


def test_build_says_which_profile_changed(eigen_schemas: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """De controle in de bouw noemt het profiel dat is veranderd terwijl de versie bleef staan."""
    verander(eigen_schemas, "vsv", omschrijving="Iets heel anders.")
    assert generate.main(["--controleer"]) == 1
    assert "gewijzigd zonder hogere versie: schemas/doelen/vsv.yml" in capsys.readouterr().out


def test_profile_cannot_go_back_to_an_older_version(
    eigen_schemas: Path, capsys: pytest.CaptureFixture[str], instellingen: Instellingen
) -> None:
    """Een lagere versie dan er al was wordt ook geweigerd."""
    verander(eigen_schemas, "vsv", versie=1)
    assert generate.main(["--controleer"]) == 1
    assert "schemas/doelen/vsv.yml" in capsys.readouterr().out
    with pytest.raises(KetenFout, match="G-VERSIE"):
        toelaten(instellingen, doel="vsv")


# -- what a profile must say ----------------------------------------------------------------------------------------


def test_field_without_a_noodzaak_fails_the_build(eigen_schemas: Path) -> None:
    """Een veld zonder noodzaak in woorden laat de bouw mislukken."""
    bronnen = yaml.safe_load((eigen_schemas / "doelen" / "vsv.yml").read_text(encoding="utf-8"))["bronnen"]
    bronnen[0]["velden"]["indicatie_startkwalificatie"] = " "
    verander(eigen_schemas, "vsv", bronnen=bronnen)
    with pytest.raises(load.SchemaFout, match="geen noodzaak"):
        load.doelen()


@pytest.mark.parametrize(
    ("grondslag", "mag"),
    [
        ("toestemming van de betrokkene", False),
        ("toestemming (artikel 6 lid 1 onder a AVG)", False),
        ("artikel 6, eerste lid, onder a, AVG", False),
        ("artikel 6 lid 1 onder e Algemene verordening gegevensbescherming", False),
        ("gerechtvaardigd belang", False),
        ("toestemming, omdat artikel 9 Wet op het voorbeeld dat eist", True),
        ("artikel 6 lid 1 onder e AVG en artikel 64 Participatiewet", True),
        ("artikel 64 Participatiewet", True),
    ],
)
def test_consent_is_no_ground_unless_a_law_says_so(eigen_schemas: Path, grondslag: str, mag: bool) -> None:
    """Toestemming is geen grondslag, tenzij een wetsartikel dat zegt; de AVG zelf is dat artikel niet."""
    verander(eigen_schemas, "vsv", grondslag=["artikel 63 Wet SUWI (Inlichtingenbureau)", grondslag])
    if mag:
        assert grondslag in load.doelen()["vsv"].grondslag
    else:
        with pytest.raises(load.SchemaFout, match="noemt geen wetsartikel"):
            load.doelen()


@pytest.mark.parametrize(
    "naam",
    [
        *("doel", "grondslag", "opdrachtgever", "verwerkingsverantwoordelijke", "populatie", "bronnen"),
        *("ontvangers", "bewaartermijn", "goedgekeurd", "versie", "betrokkenen"),
    ],
)
def test_every_profile_says_everything(eigen_schemas: Path, naam: str) -> None:
    """Elk profiel noemt doel, grondslag, opdrachtgever, populatie, bronnen, ontvangers, termijn en goedkeuring."""
    profiel = yaml.safe_load((eigen_schemas / "doelen" / "vsv.yml").read_text(encoding="utf-8"))
    Doel(**profiel)
    del profiel[naam]
    with pytest.raises(ValidationError, match=naam):
        Doel(**profiel)


# -- the order in which bronnen are consulted -----------------------------------------------------------------------


def test_order_that_contradicts_itself_fails_the_build(eigen_schemas: Path) -> None:
    """Een bron die over een andere beslist staat ervoor; anders mislukt de bouw."""
    profiel = yaml.safe_load((eigen_schemas / "doelen" / "kwijtschelding.yml").read_text(encoding="utf-8"))
    bronnen = profiel["bronnen"]
    later = [bron for bron in bronnen if bron["tabel"].startswith("gemeente.bijstand")]
    verander(eigen_schemas, "kwijtschelding", bronnen=[bron for bron in bronnen if bron not in later] + later)
    with pytest.raises(load.SchemaFout, match="wordt eerder geraadpleegd"):
        load.doelen()


def test_a_table_passes_after_those_that_decide_about_it(
    instellingen: Instellingen, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Aan de deur komt een bron pas aan de beurt als de bronnen die erover beslissen klaar zijn, voor elk doel."""
    seen: list[tuple[str, str]] = []
    verwerk = passage_module.Deur.verwerk

    def kijk_mee(deur: Any, batch: Any, toegangen: Any) -> None:
        seen.extend((toegang.doel, toegang.raadpleging.tabel) for toegang in toegangen)
        verwerk(deur, batch, toegangen)

    monkeypatch.setattr(passage_module.Deur, "verwerk", kijk_mee)
    neem_op(instellingen, "uwv", d.uwv())  # delivered first
    d.neem_alles_op(instellingen)
    toelaten(instellingen)
    last = {key: len(seen) - nr for nr, key in enumerate(reversed(seen), start=1)}
    for doel in load.doelen().values():
        populatie = [item.tabel for item in doel.populatie]
        for raadpleging in doel.bronnen:
            decided_by = [item.tabel for item in raadpleging.tenzij] + (
                [raadpleging.via.tabel] if raadpleging.via else []
            )
            decided_by += [naam for naam in populatie if raadpleging.tabel not in populatie]
            if (doel.doel, raadpleging.tabel) in last:
                first = seen.index((doel.doel, raadpleging.tabel))
                assert all(last.get((doel.doel, naam), -1) < first for naam in decided_by), raadpleging.tabel


def test_applicant_with_bijstand_is_not_looked_up_in_the_polis(dorp: Instellingen) -> None:
    """Wie kwijtschelding vraagt en bijstand heeft wordt niet in de polis opgezocht; de aantallen laten dat zien."""
    opgezocht = {d.EVA, d.JAN, d.GREET, d.HANS, d.KEES}  # no bijstand, other bijstand, or not any more
    vrijgesteld = {d.ANNA, d.BAS, d.DIRK}  # with her partner; and the one whose own partner is looked up
    for tabel in (IKV, "uwv.inkomstenperiode", "uwv.inkomstenopgave"):
        assert set(personen_in_lake(dorp, "kwijtschelding", tabel)) == opgezocht
        assert aantallen(dorp, "kwijtschelding", "gebruikt")[tabel] == len(opgezocht)
        assert aantallen(dorp, "kwijtschelding", "D-SUBSIDIARITEIT")[tabel] == len(vrijgesteld)
        assert aantallen(dorp, "kwijtschelding", "D-POPULATIE")[tabel] == len(d.BIJ_UWV) - len(opgezocht | vrijgesteld)
    assert set(personen_in_lake(dorp, "inkomsten", IKV)) >= vrijgesteld - {d.JAN}  # another doel, another question
    assert aantallen(dorp, "inkomsten", "D-SUBSIDIARITEIT") == {}


def test_income_is_no_obstacle_for_who_was_not_looked_up(dorp: Instellingen) -> None:
    """De uitkomst bij lopende bijstand is geen belemmering, en niet: niet te bepalen omdat UWV ontbreekt."""
    run_id = laatste_run(dorp, "kwijtschelding")
    rows = pq.read_table(run_map(dorp, run_id) / "signal_kwijtschelding.parquet").to_pylist()
    uitkomst = {row["aanvraagnummer"]: (row["uitkomst"], row["netto_inkomen_maand"] is None) for row in rows}
    assert uitkomst["A-1"] == ("GEEN_BELEMMERING", True)
    assert uitkomst["A-2"] == ("GEEN_BELEMMERING", False)
    assert uitkomst["A-3"] == ("NIET_TE_BEPALEN", True)  # the partner's wage is known, the bijstand beside it is not


def test_levering_passes_again_when_the_bijstand_has_ended(eigen_dorp: Instellingen) -> None:
    """Eindigt de bijstand, dan wordt iemand voor de volgende maand wel opgezocht; de vorige verandert niet."""
    without_anna = [rij for rij in d.UITKERINGEN if rij[0] != d.ANNA]
    neem_op(eigen_dorp, "gemeente", {"bijstand.csv": d.bijstandspopulatie(without_anna)}, VOLGENDE_MAAND)
    toelaten(eigen_dorp, doel="kwijtschelding", tot_periode=VOLGENDE_MAAND)
    assert d.ANNA not in opgezocht_in(eigen_dorp, DEZE_MAAND)
    assert {d.ANNA, d.BAS} <= opgezocht_in(eigen_dorp, VOLGENDE_MAAND)
    assert d.DIRK not in opgezocht_in(eigen_dorp, VOLGENDE_MAAND)
    assert toelaten(eigen_dorp, doel="kwijtschelding", tot_periode=DEZE_MAAND) == []
    assert toelaten(eigen_dorp, doel="kwijtschelding", tot_periode=VOLGENDE_MAAND) == []


def test_bijstand_counts_on_the_peildatum(eigen_dorp: Instellingen) -> None:
    """Zegt de gemeente van een maand nog niets, dan telt de bijstand van de vorige maand niet en wordt gekeken."""
    neem_op(eigen_dorp, "uwv", d.uwv([d.ANNA, d.EVA]), VOLGENDE_MAAND)
    toelaten(eigen_dorp, doel="kwijtschelding", tot_periode=VOLGENDE_MAAND)
    assert sorted(opgezocht(eigen_dorp, VOLGENDE_MAAND)).count(d.ANNA) == 2  # in the levering of January as well
    assert d.ANNA not in opgezocht_in(eigen_dorp, DEZE_MAAND)


def opgezocht_in(instellingen: Instellingen, periode: str) -> set[str]:
    """Who of the applicants a run of this period can see in the polis."""
    return set(opgezocht(instellingen, periode))


def opgezocht(instellingen: Instellingen, periode: str) -> list[str]:
    """The same, a record at a time."""
    stand = Stand(instellingen, periode)
    paths = stand.lake_paden(load.doelen()["kwijtschelding"]).get(IKV, [])
    tokens = [pq.ParquetFile(path).read(columns=["persoon"])["persoon"].combine_chunks() for path in paths]
    pseudonimiseerder = stand.pseudonimiseerder("kwijtschelding")
    return [bsn for column in tokens for bsn in pseudonimiseerder.ontsleutel_tekst(column).to_pylist()]


def test_door_and_signals_agree_on_who_has_bijstand(instellingen: Instellingen) -> None:
    """Deur en berekening houden dezelfde mensen voor bijstandsgerechtigd, ook bij herzieningen en halve datums."""
    random_ = random.Random(7)  # a fixed choice of cases
    applicants = [maak_bsn(2000 + nr) for nr in range(120)]
    regelingen, begins = ["PW", "IOAW", "IOAZ", "BBZ"], ["20250101", "20260101", "20260131", "20260200"]
    ends = ["", "", "20251231", "20260130", "20260131", "20260100", "20260000", "20250000", "99991231"]

    def lijst(size: int) -> str:
        chosen = random_.sample(applicants, size)
        pick = random_.choice
        rows = [
            [d.UTRECHT, wie, pick(["", pick(chosen)]), pick(regelingen), pick(begins), pick(ends)] for wie in chosen
        ]
        return schrijf_csv(BIJSTAND[:6], [row for row in rows if row[1] != row[2]])

    neem_op(instellingen, "gemeente", {"oud.csv": lijst(60)}, "2025-12")
    neem_op(
        instellingen,
        "gemeente",
        {"a.csv": d.aanvragen([(d.UTRECHT, f"{nr}", a, "") for nr, a in enumerate(applicants)])},
    )
    neem_op(instellingen, "gemeente", {"nu.csv": lijst(60)})
    neem_op(instellingen, "gemeente", {"herzien.csv": lijst(40)})  # some of the same persons, differently
    neem_op(instellingen, "brp", d.brp(applicants))
    neem_op(instellingen, "uwv", d.uwv(applicants))
    d.neem_alles_op(instellingen)  # so that no bron is missing
    run_id = signaleer(instellingen, "kwijtschelding", DEZE_MAAND).run_id
    opgezocht = set(personen_in_lake(instellingen, "kwijtschelding", IKV))
    rows = pq.read_table(run_map(instellingen, run_id) / "signal_kwijtschelding.parquet").to_pylist()
    per_aanvraag = {row["aanvraagnummer"]: row for row in rows}
    for nr, applicant in enumerate(applicants):
        row = per_aanvraag[str(nr)]
        assert row["signaal_code"] == "KW-GEEN", nr
        assert (row["netto_inkomen_maand"] is None) == (applicant not in opgezocht), nr
    assert 20 < len(opgezocht & set(applicants)) < 100


# -- to whom --------------------------------------------------------------------------------------------------------


def test_recipient_of_a_kind_outside_the_profile_gets_nothing(berekend_dorp: Instellingen) -> None:
    """Aan een soort ontvanger die het doelprofiel niet noemt wordt niet geleverd, ook niet met een overeenkomst."""
    with d.afgesproken(_0344={"soort": "waterschap"}):
        uitkomst = lever(berekend_dorp, laatste_run(berekend_dorp, "inkomsten"))
    assert uitkomst.redenen == {"U-ONTVANGER-DOEL": 1}
    assert d.bericht(berekend_dorp, "inkomsten", "json") == []
