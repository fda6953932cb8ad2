"""A past run is repeated to the byte when everything it was made with has moved on; and what cannot be, says so."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from demo.certificaten import Gezag, Houder, schrijf_paar
from lineage import tabellen as t
from message_formats.certificaat import nu
from pipeline.instellingen import Instellingen
from pipeline.signaleer import run_map
from tests.bouw import CHECKOUT, maak_bsn, neem_op, schrijf_csv
from tests.e2e.keten import DEN_HAAG, DUO, MAART, RMC_DEN_HAAG, UTRECHT, Keten, laatste_bericht

pytestmark = pytest.mark.zwaar

NIEUW_OIN = "00000001900000518999"


def toen(instellingen: Instellingen) -> str:
    run = instellingen.grootboek.laatste_run("vsv", MAART)
    assert run is not None
    return str(run["run_id"])


def geleverd(instellingen: Instellingen, run_id: str) -> dict[str, str]:
    """`<ontvanger>/<naam>` to the digest in the ledger of the file as it is when opened."""
    return {
        f"{naar}/{naam}": sha256
        for naar, row in instellingen.grootboek.uitleveringen(run_id).items()
        if row["status"] == "geleverd"
        for naam, sha256 in json.loads(row["vastgelegd"])["bestanden"].items()
    }


def digests(folder: Path) -> dict[str, str]:
    return {
        pad.relative_to(folder).as_posix(): hashlib.sha256(pad.read_bytes()).hexdigest()
        for pad in sorted(folder.rglob("*"))
        if pad.is_file()
    }


def keten_met(declaraties: Path, instellingen: Instellingen, *args: str) -> tuple[int, str]:
    """The command in a process of its own that works with other declarations."""
    environment = {**os.environ, "KETEN_DECLARATIES": str(declaraties), "KETEN_DATA": str(instellingen.data)}
    command = [sys.executable, "-m", "pipeline.cli", *args]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    return done.returncode, done.stdout + done.stderr


def vervang(pad: Path, oud: str, nieuw: str) -> None:
    text = pad.read_text(encoding="utf-8")
    assert oud in text, f"{pad}: {oud}"
    pad.write_text(text.replace(oud, nieuw), encoding="utf-8")


def volgende_jaargang(folder: Path) -> Path:
    """The declarations with another norm, code list, recipient, product text, message and model."""
    for kamer in ("schemas", "transforms"):
        skip = shutil.ignore_patterns("target", "logs", "__pycache__", "*.py")
        shutil.copytree(CHECKOUT / kamer, folder / kamer, ignore=skip)
    schemas = folder / "schemas"
    agreements, model = schemas / "ontvangers" / "ontvanger.csv", folder / "transforms/models/signals/signal_vsv.sql"
    vervang(schemas / "codes" / "norm.csv", "vsv_leeftijd_van,16,", "vsv_leeftijd_van,17,")
    vervang(schemas / "codes" / "gemeente.csv", "Utrecht", "Groot-Utrecht")
    vervang(agreements, ",Utrecht,", ",Groot-Utrecht,")
    vervang(agreements, "'s-Gravenhage,00000001900000518000", f"Den Haag,{NIEUW_OIN}")
    vervang(schemas / "producten" / "vsv.yml", "Deze jong", "Nieuw. Deze jong")
    vervang(model, "cast(prioriteit as integer)", "cast(prioriteit + 10 as integer)")
    return schemas


def nieuw_certificaat(instellingen: Instellingen) -> None:
    """Den Haag has a certificate on its new number; without it nothing is encrypted for it."""
    folder = instellingen.certificaten.map
    pem, key = folder / "ontvangers" / f"{DEN_HAAG}.pem", folder / "demo" / "ontvangers" / f"{DEN_HAAG}.key"
    for pad in (pem, key):
        pad.unlink()
    schrijf_paar(Gezag.lees(folder / "demo"), Houder("Den Haag", NIEUW_OIN), pem, key, nu())


@pytest.fixture
def verder(keten_stad: Keten, eigen_stad: Instellingen, tmp_path: Path) -> tuple[Path, str]:
    """Everything has moved on since the run of March: returns the declarations of now, and that run."""
    run_id = toen(eigen_stad)
    schemas = volgende_jaargang(tmp_path / "nieuw")
    nieuw_certificaat(eigen_stad)
    (duo,) = [lev for lev in eigen_stad.grootboek.leveringen(bronnen=["duo"]) if lev["periode"] == MAART]
    assert (
        keten_stad("correctie", "meld", duo["levering_id"], "duo.persoon", 2, "--reden", "Heeft een diploma").code == 0
    )
    neem_op(eigen_stad, "duo", {"p.csv": schrijf_csv(DUO, [[maak_bsn(503), "2"]])}, MAART)
    code, said = keten_met(schemas, eigen_stad, "draai", "vsv", "--periode", MAART)
    assert code == 0, said
    assert toen(eigen_stad) != run_id
    assert keten_stad("sleutel", "roteer", "vsv").code == 0
    return schemas, run_id


def test_to_the_byte_after_everything_moved_on(verder: tuple[Path, str], eigen_stad: Instellingen) -> None:
    schemas, run_id = verder
    before = {naam: digests(eigen_stad.map(naam)) for naam in ("uitleveringen", "runs", "lake")}
    numbers = eigen_stad.grootboek.volgnummers("vsv")

    code, told = keten_met(schemas, eigen_stad, "draai", "vsv", "--periode", MAART, "--zoals", run_id)

    assert code == 0, told
    assert f"{run_id}: alles is gelijk aan toen (16 gelijk, 3 inhoud gelijk)" in told
    folder = eigen_stad.map("herhalingen", run_id)
    expected = geleverd(eigen_stad, run_id)
    assert {naam.partition("/")[0] for naam in expected} == {UTRECHT, DEN_HAAG, "rmc-19", RMC_DEN_HAAG}
    assert len(expected) == 16  # JSON, XML, CSV and its bewijs
    assert digests(folder / "berichten") == expected
    assert told.count("inhoud gelijk: ") == 3  # the files of the run, which are under another key now
    assert before == {naam: digests(eigen_stad.map(naam)) for naam in before}
    assert eigen_stad.grootboek.volgnummers("vsv") == numbers
    assert folder.stat().st_mode & 0o077 == 0
    (stap,) = eigen_stad.grootboek.rijen(sa.select(t.stap).where(t.stap.c.soort == "herhaal"))
    assert (stap["onderwerp"], stap["status"], stap["code"]) == (run_id, "gelukt", None)


def test_without_rotation_the_signals_are_the_same_to_the_byte(keten_stad: Keten, eigen_stad: Instellingen) -> None:
    run_id = toen(eigen_stad)
    told = keten_stad("draai", "vsv", "--periode", MAART, "--zoals", run_id)
    assert told.code == 0, told.tekst
    assert f"{run_id}: alles is gelijk aan toen (19 gelijk)" in told.tekst
    again, then = digests(eigen_stad.map("herhalingen", run_id, "signalen")), digests(run_map(eigen_stad, run_id))
    assert set(again) == {
        "leveringen.parquet",
        *(f"{soort}_vsv.parquet" for soort in ("signal", "bewijs", "uitgesloten")),
    }
    assert again == {naam: then[naam] for naam in again}
    assert keten_stad("log", "verifieer").code == 0


def test_controle_keeps_nothing_and_finds_a_changed_digest(keten_stad: Keten, eigen_stad: Instellingen) -> None:
    run_id = toen(eigen_stad)
    made = t.run_bestand.c
    with eigen_stad.grootboek.transactie() as connection:
        changed = t.run_bestand.update().where(made.run_id == run_id, made.naam == "bewijs_vsv.parquet")
        connection.execute(changed.values(sha256="0" * 64, inhoud="0" * 64))
        row = eigen_stad.grootboek.uitleveringen(run_id)[DEN_HAAG]
        made_with = json.loads(row["vastgelegd"])
        naam = sorted(made_with["bestanden"])[0]
        made_with["bestanden"][naam] = "0" * 64
        where = (t.uitlevering.c.run_id == run_id, t.uitlevering.c.ontvanger == DEN_HAAG)
        connection.execute(t.uitlevering.update().where(*where).values(vastgelegd=json.dumps(made_with)))

    told = keten_stad("controleer", run_id)

    assert told.code == 5
    assert "anders: bewijs_vsv.parquet" in told.tekst
    assert f"anders: {DEN_HAAG}/{naam}" in told.tekst
    assert told.tekst.count("anders: ") == 2
    assert list(eigen_stad.map("herhalingen").iterdir()) == []
    (stap,) = eigen_stad.grootboek.rijen(sa.select(t.stap).where(t.stap.c.code == "Z-VERSCHIL"))
    assert stap["soort"] == "controleer"


def test_all_runs_are_checked_one_after_another(keten_stad: Keten, eigen_stad: Instellingen) -> None:
    told = keten_stad("controleer", "--alle")
    assert told.code == 0, told.tekst
    runs = [str(row["run_id"]) for row in eigen_stad.grootboek.rijen(sa.select(t.productrun))]
    assert len(runs) == 2
    assert all(f"{run_id}: alles is gelijk aan toen" in told.tekst for run_id in runs)
    checked = eigen_stad.grootboek.rijen(sa.select(t.stap).where(t.stap.c.soort == "controleer"))
    assert sorted(row["onderwerp"] for row in checked) == sorted(runs)


def test_one_run_that_cannot_be_repeated_does_not_keep_the_others_from_it(
    keten_stad: Keten, eigen_stad: Instellingen
) -> None:
    februari, maart = eigen_stad.grootboek.laatste_run("vsv", "2026-02"), toen(eigen_stad)
    assert februari is not None
    pins = json.loads(februari["pins"]) | {"referentie": "0" * 64}
    made = t.run_bestand.c
    with eigen_stad.grootboek.transactie() as connection:
        this = t.productrun.c.run_id == februari["run_id"]
        connection.execute(t.productrun.update().where(this).values(pins=json.dumps(pins)))
        changed = t.run_bestand.update().where(made.run_id == maart, made.naam == "bewijs_vsv.parquet")
        connection.execute(changed.values(sha256="0" * 64, inhoud="0" * 64))

    told = keten_stad("controleer", "--alle")

    assert told.code == 5
    assert f"{februari['run_id']}: niet te herhalen" in told.tekst and "Z-INVOER" in told.tekst
    assert f"{maart}: niet alles is gelijk aan toen" in told.tekst
    assert told.tekst.count("anders: ") == 1
    assert keten_stad("controleer", februari["run_id"]).code == 3  # asked for by name it is an error


def oordeel(instellingen: Instellingen, ontvanger: str, signaal: dict[str, Any]) -> None:
    """The recipient finds a signal ungrounded."""
    with instellingen.grootboek.transactie() as connection:
        moment = sa.func.datetime("now", "+1 hour")
        retour = {"retour_id": ontvanger, "ontvanger": ontvanger, "status": "aangenomen", "aantal": 1}
        connection.execute(t.retour.insert().values({**retour, "ontvangen_op": moment}))
        values = {
            "retour_id": ontvanger,
            "signaal_id": signaal["signaalId"],
            "ontvanger": ontvanger,
            "product": "vsv",
            "signaal_code": signaal["signaalCode"],
            "oordeel": "ongegrond",
            "ontvangen_op": moment,
        }
        connection.execute(t.terugmelding.insert().values(values))


def test_what_was_found_ungrounded_does_not_come_back(keten_stad: Keten, eigen_stad: Instellingen) -> None:
    run_id = toen(eigen_stad)
    (signaal,) = laatste_bericht(eigen_stad, DEN_HAAG, MAART)["signalen"]
    for ontvanger in (DEN_HAAG, RMC_DEN_HAAG):
        oordeel(eigen_stad, ontvanger, signaal)
    assert keten_stad("bewaren", "ruim-op").code == 0

    told = keten_stad("draai", "vsv", "--periode", MAART, "--zoals", run_id)

    assert told.code == 5
    assert told.tekst.count("vernietigd: ") == 8
    assert "anders: " not in told.tekst
    folder = eigen_stad.map("herhalingen", run_id)
    assert {pad.name for pad in (folder / "berichten").iterdir()} == {UTRECHT, "rmc-19"}
    assert not (folder / "signalen").exists()


def test_what_cannot_be_repeated_has_a_code(keten_stad: Keten, eigen_stad: Instellingen) -> None:
    run_id = toen(eigen_stad)
    assert "Z-RUN" in keten_stad("controleer", "vsv-2026-03-000000000000").tekst
    assert "Z-RUN" in keten_stad("draai", "vsv", "--periode", "2026-02", "--zoals", run_id).tekst
    assert keten_stad("controleer").code == 2

    (archief,) = eigen_stad.map("declaraties").glob("*.zip")
    content = archief.read_bytes()
    archief.unlink()
    assert "Z-DECLARATIES" in keten_stad("controleer", run_id).tekst
    archief.write_bytes(content)

    (bestand,) = [
        pad for pad in (eigen_stad.lake / "vsv" / "brp.persoon").glob("*.parquet") if pad.name.startswith("000004")
    ]
    bestand.unlink()
    told = keten_stad("controleer", run_id)
    assert (told.code, "Z-INVOER" in told.tekst, bestand.name in told.tekst) == (3, True, True)
    with eigen_stad.grootboek.transactie() as connection:
        connection.execute(t.productrun.update().values(vastgelegd=None))
    assert "Z-OUD" in keten_stad("controleer", run_id).tekst
    assert keten_stad("bewaren", "ruim-op", "--op", "2040-01-01").code == 0
    assert "Z-VERNIETIGD" in keten_stad("controleer", run_id).tekst


def test_code_that_does_not_understand_it_says_which_does(keten_stad: Keten, eigen_stad: Instellingen) -> None:
    """Pins that this code cannot read stand for a run of another version."""
    run_id = toen(eigen_stad)
    row = eigen_stad.grootboek.run(run_id)
    assert row is not None
    made_with = json.loads(row["vastgelegd"]) | {"programma": "signaalketen 9.9"}
    pins = json.loads(row["pins"]) | {"motor": "spark"}
    with eigen_stad.grootboek.transactie() as connection:
        changed = t.productrun.update().where(t.productrun.c.run_id == run_id)
        connection.execute(changed.values(vastgelegd=json.dumps(made_with), pins=json.dumps(pins)))

    told = keten_stad("controleer", run_id)

    assert told.code == 3
    assert "Z-PROGRAMMA" in told.tekst
    assert "signaalketen 9.9" in told.tekst
