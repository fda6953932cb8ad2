"""Leveringen as whoever runs the chain meets them: parked with a reason, decided with a reason, reported back on."""

from __future__ import annotations

import getpass
import json
import re
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
import sqlalchemy as sa
from typer.testing import CliRunner

from lineage import tabellen as t
from lineage.leveringen import alle, geteld
from pipeline.cli import app
from pipeline.instellingen import Instellingen
from schemas.fout import KetenFout
from schemas.load import find_tabel
from tests.bouw import BIJSTAND, PERIODE, bijstand, maak_bsn, populatie_csv, schrijf_csv
from tests.e2e.conftest import Land
from tests.e2e.speur import Speurder
from tests.leveringen import maak_manifest

A, B, C = (maak_bsn(nummer) for nummer in range(1, 4))


@dataclass(frozen=True)
class Uitkomst:
    code: int
    tekst: str
    fout: str = ""


Keten = Callable[..., Uitkomst]


@pytest.fixture
def keten(instellingen: Instellingen, monkeypatch: pytest.MonkeyPatch) -> Keten:
    monkeypatch.setenv("KETEN_DATA", str(instellingen.data))
    monkeypatch.setenv("COLUMNS", "240")
    monkeypatch.setenv("TERM", "dumb")

    def run(*args: str | Path) -> Uitkomst:
        outcome = CliRunner().invoke(app, [str(arg) for arg in args])
        fout = outcome.exception.code if isinstance(outcome.exception, KetenFout) else ""
        assert outcome.exception is None or fout or isinstance(outcome.exception, SystemExit), outcome.exception
        assert not Speurder([A, B, C]).zoekt(outcome.output)
        return Uitkomst(3 if fout else outcome.exit_code, outcome.output, fout)

    return run


def leg_neer(folder: Path, bestanden: dict[str, str]) -> Path:
    folder.mkdir(parents=True)
    for naam, inhoud in bestanden.items():
        (folder / naam).write_text(inhoud, encoding="utf-8")
    return folder


@pytest.fixture
def slecht(tmp_path: Path) -> Path:
    rows = [bijstand(A), *([bijstand("1")] * 1200)]
    return leg_neer(tmp_path / "slecht", {"a.csv": schrijf_csv(BIJSTAND, rows)})


def kenmerk(tekst: str) -> str:
    found = re.search(r"[a-z]+-\d{4}-\d{2}-[0-9a-f]{12}", tekst)
    assert found
    return found.group()


def test_parked_levering_is_shown_with_its_reason_and_what_to_do(keten: Keten, slecht: Path) -> None:
    outcome = keten("ontvang", "gemeente", slecht, "--periode", PERIODE)
    levering = kenmerk(outcome.tekst)

    assert outcome.code == 5
    for shown in (outcome.tekst, keten("status").tekst, keten("levering", "toon", levering).tekst):
        assert "L-DREMPEL-UITVAL (gemeente.bijstandspopulatie: 99.9%, ten hoogste 5%)" in shown
        for besluit in ("goedkeuren", "afkeuren"):
            assert f'keten levering {besluit} {levering} --reden "..."' in shown


def test_approve(keten: Keten, slecht: Path, instellingen: Instellingen) -> None:
    levering = kenmerk(keten("ontvang", "gemeente", slecht, "--periode", PERIODE).tekst)
    assert not list(instellingen.lake.glob("*/gemeente.*/*.parquet"))

    outcome = keten("levering", "goedkeuren", levering, "--reden", "  Gebeld met de gemeente op 2026-02-03. ")
    assert outcome.code == 0
    assert re.search(r"inkomsten +gemeente\.bijstandspopulatie +gebruikt +1\b", outcome.tekst)
    assert "Geparkeerd" not in keten("status").tekst
    shown = keten("levering", "toon", levering).tekst
    assert f"goedgekeurd door {getpass.getuser()}: Gebeld met de gemeente op 2026-02-03." in shown
    assert re.search(r"0344 +1 +1200\b", shown)  # the verwerkingsverslag
    assert keten("levering", "goedkeuren", levering, "--reden", "nog eens").fout == "L-BESLUIT-STATUS"


def test_refuse(keten: Keten, slecht: Path, instellingen: Instellingen) -> None:
    levering = kenmerk(keten("ontvang", "gemeente", slecht, "--periode", PERIODE).tekst)

    assert keten("levering", "afkeuren", levering, "--reden", "nieuwe volgt", "--door", "team inname").code == 0
    assert "afgekeurd door team inname: nieuwe volgt" in keten("levering", "toon", levering).tekst
    for besluit in ("goedkeuren", "afkeuren"):
        assert keten("levering", besluit, levering, "--reden", "toch").fout == "L-BESLUIT-STATUS"
    again = keten("ontvang", "gemeente", slecht, "--periode", PERIODE)
    assert (again.code, "L-DUBBEL" in again.tekst, "afgekeurd" in again.tekst) == (5, True, True)
    assert list(instellingen.uitleveringen.glob(f"0344/verwerkingsverslag/{levering}/*.json"))


@pytest.mark.parametrize(
    "reden", ["", "   ", f"gaat over {A}", f"{A[:3]} {A[3:6]} {A[6:]}", f"BSN:{A[:4]}.{A[4:6]}.{A[6:]}", "12345678"]
)
def test_reason_is_needed_and_names_nobody(keten: Keten, slecht: Path, reden: str) -> None:
    levering = kenmerk(keten("ontvang", "gemeente", slecht, "--periode", PERIODE).tekst)

    assert keten("levering", "goedkeuren", levering, "--reden", reden).fout == "L-REDEN"
    assert keten("levering", "afkeuren", levering, "--reden", "goed", "--door", reden or " ").fout == "L-REDEN"
    assert keten("levering", "goedkeuren", levering).code == 2
    assert "Geparkeerd" in keten("status").tekst


@pytest.mark.parametrize("reden", ["zie 2026-02-03", "zaak 1234567", "03-02-2026 en 04-02-2026", "1.201 records"])
def test_other_numbers_may_be_in_a_reason(keten: Keten, slecht: Path, reden: str) -> None:
    levering = kenmerk(keten("ontvang", "gemeente", slecht, "--periode", PERIODE).tekst)

    assert keten("levering", "afkeuren", levering, "--reden", reden).code == 0


def test_levering_without_a_usable_file_cannot_be_approved(keten: Keten, tmp_path: Path) -> None:
    leeg = leg_neer(tmp_path / "leeg", {"a.csv": "", "b.xml": "<Onbekend/>"})
    levering = kenmerk(keten("ontvang", "gemeente", leeg, "--periode", PERIODE).tekst)

    assert keten("levering", "goedkeuren", levering, "--reden", "moet").fout == "L-BESLUIT-LEEG"
    assert keten("levering", "afkeuren", levering, "--reden", "niets bruikbaars").code == 0


def test_unknown_levering(keten: Keten) -> None:
    for besluit in ("goedkeuren", "afkeuren"):
        assert keten("levering", besluit, "uwv-2026-01-000000000000", "--reden", "x").fout == "L-ONBEKEND"
    assert keten("levering", "toon", "uwv-2026-01-000000000000").fout == "L-ONBEKEND"


def test_list_of_leveringen(keten: Keten, slecht: Path, tmp_path: Path) -> None:
    goed = leg_neer(tmp_path / "goed", {"a.csv": populatie_csv([A])})
    keten("ontvang", "gemeente", goed, "--periode", PERIODE)
    keten("ontvang", "gemeente", slecht, "--periode", PERIODE)

    statussen = re.findall(r"^ ?gemeente-\S+ .*aanvullend +- +(\w+)", keten("levering", "lijst").tekst, re.MULTILINE)
    assert statussen == ["ontvangen", "geparkeerd"]
    assert len(re.findall("gemeente-2026", keten("levering", "lijst", "--status", "geparkeerd").tekst)) == 1


def test_manifest_that_does_not_fit_is_parked_without_a_name(keten: Keten, tmp_path: Path) -> None:
    files = {f"{B}.csv": populatie_csv([A]), "tweede.csv": populatie_csv([C])}
    manifest = maak_manifest("gemeente", PERIODE, files)
    manifest["bestanden"][0]["sha256"] = "0" * 64
    folder = leg_neer(tmp_path / "l", {**files, "levering.json": json.dumps(manifest)})
    outcome = keten("ontvang", "gemeente", folder, "--periode", PERIODE)

    assert outcome.code == 5
    assert "L-MANIFEST-DIGEST (bestand 1)" in outcome.tekst
    levering = kenmerk(outcome.tekst)
    assert keten("levering", "goedkeuren", levering, "--reden", "manifest was oud").code == 0
    assert re.search(r"0344 +2 +0\b", keten("levering", "toon", levering).tekst)


def test_restating_levering_from_receipt_to_report(keten: Keten, tmp_path: Path, instellingen: Instellingen) -> None:
    eerst = kenmerk(
        keten(
            "ontvang", "gemeente", leg_neer(tmp_path / "a", {"a.csv": populatie_csv([A])}), "--periode", PERIODE
        ).tekst
    )
    files = {"a.csv": populatie_csv([B, C])}
    manifest = json.dumps(maak_manifest("gemeente", PERIODE, files, soort="vervangend"))
    folder = leg_neer(tmp_path / "b", {**files, "levering.json": manifest})
    outcome = keten("ontvang", "gemeente", folder, "--periode", PERIODE)

    assert outcome.code == 0
    assert f"{eerst}: vervangen" in keten("levering", "toon", eerst).tekst
    again = keten("ontvang", "gemeente", tmp_path / "a", "--periode", PERIODE)
    assert (again.code, "L-DUBBEL" in again.tekst, "vervangen" in again.tekst) == (0, True, True)
    assert len(list(instellingen.uitleveringen.glob("0344/verwerkingsverslag/*/*.json"))) == 2


# A whole country


def test_no_levering_of_the_country_is_parked(land: Land) -> None:
    """However irregular: thresholds are for what somebody must look at."""
    assert {row["status"] for row in alle(land.instellingen.grootboek)} == {"ontvangen"}


def test_every_record_of_the_country_is_reported_back(land: Land) -> None:
    """As many as the door counted, over all who delivered; nobody is told a burgerservicenummer."""
    ledger = land.instellingen.grootboek
    counted: Counter[int] = Counter()
    for (nr, tabel), aantal in geteld(ledger).items():
        counted[nr] += aantal * (find_tabel(tabel).aanleveraar is not None)
    told: Counter[int] = Counter()
    for row in ledger.rijen(sa.select(t.verslag)):
        told[row["levering_nr"]] += row["aangenomen"] + row["afgekeurd"]

    assert told == Counter({nr: aantal for nr, aantal in counted.items() if aantal})
    assert len(told) == 9  # four in each month, and a bijstandspopulatie that came late
    paths = sorted(land.instellingen.uitleveringen.glob("*/verwerkingsverslag/*/*"))
    assert {path.parts[-4] for path in paths} > {"0344", "duo", "ws-0155"}
    assert not [path for path in paths if re.search(rb"(?<![0-9a-f])\d{8,9}(?![0-9a-f])", path.read_bytes())]
