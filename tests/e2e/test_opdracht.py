"""The `keten` command as a user meets it: help in Dutch, exit codes, and words that name nobody."""

from __future__ import annotations

import json
import re
import shutil
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from message_formats.manifest import lees_manifest
from pipeline import dbt_build
from pipeline.cli import app, main
from pipeline.instellingen import Instellingen
from schemas.load import bronnen, producten
from tests.bouw import BIJSTAND, bijstand, maak_bsn, populatie_csv, schrijf_csv
from tests.e2e.conftest import Land
from tests.e2e.speur import Speurder

OPDRACHTEN = (
    "attendeer", "benchmark", "controleer", "demo", "docs", "draai", "gezond", "herkomst", "instellingen", "inzage",
    "lees", "metrieken", "ontvang", "rapport", "status",
)  # fmt: skip
PERIODE = "2026-01"
AANWEZIG, BUITENSTAANDER, GEDEELD = maak_bsn(1), maak_bsn(2), maak_bsn(3)


@dataclass(frozen=True)
class Uitkomst:
    code: int
    tekst: str


Keten = Callable[..., Uitkomst]


@pytest.fixture
def keten(instellingen: Instellingen, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Keten:
    """Runs the command as the entry point does, on an empty installation."""
    monkeypatch.setenv("KETEN_DATA", str(instellingen.data))
    monkeypatch.setenv("COLUMNS", "240")
    monkeypatch.setenv("TERM", "dumb")

    def run(*args: str | Path) -> Uitkomst:
        monkeypatch.setattr(sys, "argv", ["keten", *map(str, args)])
        capsys.readouterr()
        with pytest.raises(SystemExit) as ended:
            main()
            sys.exit(0)
        out, err = capsys.readouterr()
        assert not Speurder([AANWEZIG, BUITENSTAANDER, GEDEELD]).zoekt(out + err), "de uitvoer noemt iemand"
        return Uitkomst(int(ended.value.code or 0), out + err)

    return run


@pytest.fixture
def levering(tmp_path: Path) -> Path:
    folder = tmp_path / "levering"
    folder.mkdir()
    (folder / "populatie.csv").write_text(populatie_csv([AANWEZIG]), encoding="utf-8")
    return folder


# Help


@pytest.mark.parametrize("opdracht", ["", *OPDRACHTEN])
def test_help_is_dutch(keten: Keten, opdracht: str) -> None:
    outcome = keten(*([opdracht] if opdracht else []), "--help")

    assert outcome.code == 0
    first = outcome.tekst.partition("keten")[2]
    assert re.search(r"\b(van|een|het|door|de|en|uit|wat)\b", first)
    assert not re.search(r"\b(the|with|from|file|month)\b", first)


def test_every_subcommand_is_tested() -> None:
    named = {command.name or command.callback.__name__ for command in app.registered_commands if command.callback}

    assert named == set(OPDRACHTEN)


def test_help_of_the_whole_names_every_subcommand(keten: Keten) -> None:
    tekst = keten("--help").tekst

    assert all(re.search(rf"\b{opdracht}\b", tekst) for opdracht in OPDRACHTEN)


# Taking in


def test_levering_is_taken_in(keten: Keten, levering: Path) -> None:
    outcome = keten("ontvang", "gemeente", levering, "--periode", PERIODE)

    assert outcome.code == 0
    assert "ontvangen, 1 bestand(en)" in outcome.tekst
    assert re.search(r"inkomsten +gemeente\.bijstandspopulatie +gebruikt +1\b", outcome.tekst)


def test_the_same_files_again_are_one_levering(keten: Keten, levering: Path, tmp_path: Path) -> None:
    """Under another name and in another folder too."""
    keten("ontvang", "gemeente", levering, "--periode", PERIODE)
    copy = tmp_path / "anders.csv"
    shutil.copy(levering / "populatie.csv", copy)

    for path in (levering, copy):
        outcome = keten("ontvang", "gemeente", path, "--periode", PERIODE)
        assert outcome.code == 0
        assert "L-DUBBEL" in outcome.tekst
    assert len(Instellingen().grootboek.leveringen()) == 1


def test_unknown_bron_is_refused(keten: Keten, levering: Path) -> None:
    outcome = keten("ontvang", "belastingdienst", levering, "--periode", PERIODE)

    assert outcome.code == 3
    assert "L-BRON" in outcome.tekst
    assert "Traceback" not in outcome.tekst


@pytest.mark.parametrize("periode", ["2026-13", "2026-1", "januari", "2026-01-01", "", "2026-00"])
def test_wrong_periode_is_refused(keten: Keten, levering: Path, periode: str) -> None:
    outcome = keten("ontvang", "gemeente", levering, "--periode", periode)

    assert outcome.code == 3
    assert "L-PERIODE" in outcome.tekst
    assert Instellingen().grootboek.leveringen() == []


@pytest.mark.parametrize("opdracht", [("draai", "vsv"), ("demo", "--personen", "400")])
@pytest.mark.parametrize("periode", ["2026-13", "januari"])
def test_wrong_periode_of_a_run_is_refused(keten: Keten, opdracht: tuple[str, ...], periode: str) -> None:
    outcome = keten(*opdracht, "--periode", periode)

    assert outcome.code in (2, 3)
    assert "Traceback" not in outcome.tekst
    assert not Instellingen().map("runs").exists()


def test_periode_must_be_given(keten: Keten, levering: Path) -> None:
    assert keten("ontvang", "gemeente", levering).code == 2


def test_path_must_exist(keten: Keten, tmp_path: Path) -> None:
    assert keten("ontvang", "gemeente", tmp_path / "niets", "--periode", PERIODE).code == 2
    assert keten("lees", tmp_path / "niets").code == 2


def test_unknown_subcommand_and_product_are_refused(keten: Keten) -> None:
    outcome = keten("draai", "toeslagen", "--periode", PERIODE)

    assert keten("verzin").code == 2
    assert outcome.code == 2
    assert all(product in outcome.tekst for product in producten())


def test_unusable_file_is_put_aside_and_the_rest_taken(keten: Keten, levering: Path) -> None:
    (levering / "kapot.xml").write_text("<Bijstandspopulatie", encoding="utf-8")

    outcome = keten("ontvang", "gemeente", levering, "--periode", PERIODE)

    assert outcome.code == 5
    assert "bestand 1: B-KAPOT" in outcome.tekst
    assert re.search(r"gebruikt +1\b", outcome.tekst)


def test_rejected_person_is_counted_and_not_named(keten: Keten, levering: Path) -> None:
    wrong = str(int(GEDEELD) + 1)
    rows = schrijf_csv(BIJSTAND, [bijstand(AANWEZIG), bijstand(wrong)])
    (levering / "populatie.csv").write_text(rows, encoding="utf-8")

    outcome = keten("ontvang", "gemeente", levering, "--periode", PERIODE)

    assert outcome.code == 5
    assert re.search(r"R-BSN-ELFPROEF +1\b", outcome.tekst)
    assert wrong not in outcome.tekst


def test_empty_folder_is_parked_and_shown(keten: Keten, tmp_path: Path) -> None:
    empty = tmp_path / "leeg"
    empty.mkdir()

    outcome = keten("ontvang", "gemeente", empty, "--periode", PERIODE)

    assert outcome.code == 5
    assert "L-LEEG" in outcome.tekst
    assert "Geparkeerd gemeente-2026-01-" in keten("status").tekst


# Running


def test_run_without_leveringen_delivers_nothing(keten: Keten) -> None:
    outcome = keten("draai", "kvk", "--periode", PERIODE)

    assert outcome.code == 0
    assert re.search(r"kvk-2026-01-[0-9a-f]{12}: 0 signalen", outcome.tekst)


def test_failed_run_has_its_own_exit_code(keten: Keten, monkeypatch: pytest.MonkeyPatch) -> None:
    failed = dbt_build.DbtUitkomst(False, (), 0, ("not_null_signal_kvk_ontvanger",), ("signal_kvk: error",), 0.1)
    monkeypatch.setattr(dbt_build, "build", lambda *_args, **_options: failed)

    outcome = keten("draai", "kvk", "--periode", PERIODE)

    assert outcome.code == 4
    assert "S-MODEL" in outcome.tekst
    assert "not_null_signal_kvk_ontvanger" in outcome.tekst
    assert "Traceback" not in outcome.tekst


# Looking


def test_status_says_what_is_missing(keten: Keten, levering: Path) -> None:
    assert keten("status").code == 0
    keten("ontvang", "gemeente", levering, "--periode", PERIODE)

    outcome = keten("status")

    assert outcome.code == 0
    (regel,) = [line for line in outcome.tekst.splitlines() if line.strip().startswith("inkomsten")]
    assert PERIODE in regel
    assert "nieuw" in regel
    assert {"brp", "uwv"} <= set(re.findall(r"[a-z]+", regel))
    assert set(re.findall(r"[a-z]+", regel)) <= {*bronnen(), "inkomsten", "aan", "de", "beurt", "nieuw"}


def test_report_says_where_it_is(keten: Keten) -> None:
    outcome = keten("rapport")

    assert outcome.code == 0
    assert Path(outcome.tekst.strip()).is_file()


# Reading a delivery


@pytest.fixture
def uitlevering(land: Land, tmp_path: Path) -> Path:
    """A copy of what one gemeente received of one product."""
    source = max(
        land.instellingen.uitleveringen.glob("*/inkomsten/2026-03"), key=lambda path: len(list(path.iterdir()))
    )
    return shutil.copytree(source, tmp_path / "gekregen")


@pytest.fixture
def sleutels(land: Land) -> tuple[str | Path, ...]:
    """What a gemeente opens it with, and whose signature it trusts."""
    certificaten = land.instellingen.certificaten.map
    return "--sleutel", certificaten / "demo" / "ontvangers", "--vertrouwd", certificaten / "vertrouwd.pem"


def test_good_delivery_reads(keten: Keten, uitlevering: Path, sleutels: tuple[str | Path, ...], tmp_path: Path) -> None:
    outcome = keten("lees", uitlevering, "--uit", tmp_path / "uit", *sleutels)

    assert outcome.code == 0
    assert "goed" in outcome.tekst
    versie = lees_manifest(next(uitlevering.glob("*_manifest.json"))).versie
    saved = sorted(path.name for path in (tmp_path / "uit").iterdir())
    assert saved == [
        f"inkomstenbericht_v{versie}_{deel}.{soort}" for deel in ("bewijs", "signalen") for soort in ("csv", "parquet")
    ]
    assert all(str(tmp_path / "uit" / naam) in outcome.tekst for naam in saved)


def test_delivery_without_a_key_stays_closed(
    keten: Keten, uitlevering: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KETEN_CERTIFICATENMAP", str(tmp_path / "geen"))
    outcome = keten("lees", uitlevering)

    assert outcome.code == 5
    assert "K-SLEUTEL" in outcome.tekst
    assert "Handtekeningen zijn niet gecontroleerd" in outcome.tekst


@pytest.mark.parametrize("suffix", [".json.p7m", ".xml.p7m", ".csv.p7s", "_bewijs.csv.p7m"])
def test_changed_byte_is_noticed(
    keten: Keten, uitlevering: Path, sleutels: tuple[str | Path, ...], suffix: str
) -> None:
    path = next(
        path for path in sorted(uitlevering.iterdir()) if re.search(rf"_\d{{6}}{re.escape(suffix)}$", path.name)
    )
    content = bytearray(path.read_bytes())
    content[-3] ^= 1
    path.write_bytes(content)

    outcome = keten("lees", uitlevering, *sleutels)

    assert outcome.code == 5
    assert f"M-CONTROLEGETAL {path.name}" in outcome.tekst


def test_changed_count_is_noticed(keten: Keten, uitlevering: Path, sleutels: tuple[str | Path, ...]) -> None:
    path = next(uitlevering.glob("*_manifest.json"))
    manifest = json.loads(path.read_text(encoding="utf-8"))
    manifest["envelop"]["aantalSignalen"] += 1
    path.write_text(json.dumps(manifest), encoding="utf-8")

    outcome = keten("lees", uitlevering, *sleutels)

    assert outcome.code == 5
    assert "M-HANDTEKENING" in outcome.tekst
    assert re.search(r"\bM-(AANTAL|VERSCHIL)\b", outcome.tekst)


def test_folder_without_delivery_is_noticed(keten: Keten, tmp_path: Path) -> None:
    empty = tmp_path / "leeg"
    empty.mkdir()

    outcome = keten("lees", empty)

    assert outcome.code == 5
    assert "M-MANIFEST" in outcome.tekst
