"""Settings: where each comes from, which place wins, what is refused, and that a refusal or a table holds no secret."""

from __future__ import annotations

import os
import re
import traceback
from pathlib import Path

import pytest
from typer.testing import CliRunner

from pipeline.cli import app
from pipeline.instellingbronnen import ANDERE, FAMILIES, VOORVOEGSEL
from pipeline.instellingen import Instellingen
from schemas.fout import KetenFout
from tests.bouw import CHECKOUT

GEHEIM = "geheim-wachtwoord"


@pytest.fixture(autouse=True)
def schoon(monkeypatch: pytest.MonkeyPatch) -> None:
    for naam in [naam for naam in os.environ if naam.startswith("KETEN_")]:
        monkeypatch.delenv(naam)


@pytest.fixture
def bestand(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    path = tmp_path / "signaalketen.toml"
    monkeypatch.setenv("KETEN_INSTELLINGEN", str(path))
    return path


@pytest.fixture
def geheimen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "geheimen"
    folder.mkdir()
    monkeypatch.setenv("KETEN_GEHEIMEN", str(folder))
    return folder


def toon() -> dict[str, str]:
    """The rows of `keten instellingen` by name, with their blanks made one."""
    done = CliRunner().invoke(app, ["instellingen"], env={"COLUMNS": "250"}, catch_exceptions=False)
    assert done.exit_code == 0
    return {line.split()[0]: " ".join(line.split()[1:]) for line in done.output.splitlines() if line.strip()}


def test_the_strongest_place_wins(bestand: Path, geheimen: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    bestand.write_text('threads = 3\ngeheugen = "3GB"\nmotor = "spark"\n[spark]\n"spark.x" = "1"\n')
    (geheimen / "geheugen").write_text("4GB\n")
    (geheimen / "threads").write_text("4")
    monkeypatch.setenv("KETEN_THREADS", "5")

    found = Instellingen()
    assert (found.threads, found.geheugen, found.motor, found.spark) == (5, "4GB", "spark", {"spark.x": "1"})
    assert Instellingen(threads=6).threads == 6
    rows = toon()
    assert [rows[naam].split()[-1] for naam in ("threads", "geheugen", "motor", "ouder")] == [
        "omgeving",
        "geheim",
        "bestand",
        "standaard",
    ]


def test_the_files_of_a_mounted_secret_are_followed(geheimen: Path) -> None:
    """Kubernetes mounts a hidden folder and links into it."""
    (geheimen / "..data").mkdir()
    (geheimen / "..data" / "afzender_oin").write_text("00000001111111111000")
    (geheimen / "afzender_oin").symlink_to("..data/afzender_oin")
    assert Instellingen().afzender_oin == "00000001111111111000"


@pytest.mark.parametrize(
    ("naam", "waarde", "verwacht"),
    [
        ("KETEN_THREDS", "2", "S-INSTELLING-ONBEKEND .KETEN_THREDS, bedoeld is misschien KETEN_THREADS"),
        ("KETEN_XYZZY", "2", "S-INSTELLING-ONBEKEND .KETEN_XYZZY"),
        ("KETEN_THREADS", GEHEIM, "S-INSTELLING .threads"),
        ("KETEN_SPARK", "{" + GEHEIM, "S-INSTELLING .spark"),
        ("KETEN_OPENLINEAGE", "ftp://a:" + GEHEIM + "@b", "S-INSTELLING .openlineage"),
        ("KETEN_INSTELLINGEN", "/bestaat/niet", "S-INSTELLINGBESTAND .KETEN_INSTELLINGEN"),
        ("KETEN_GEHEIMEN", "/bestaat/niet", "S-INSTELLINGBESTAND .KETEN_GEHEIMEN"),
    ],
)
def test_refused_with_a_code_and_without_the_value(
    monkeypatch: pytest.MonkeyPatch, naam: str, waarde: str, verwacht: str
) -> None:
    monkeypatch.setenv(naam, waarde)
    with pytest.raises(KetenFout, match=verwacht) as raised:
        Instellingen()
    assert GEHEIM not in "".join(traceback.format_exception(raised.value))


def test_a_key_of_the_file_and_a_file_of_the_folder(bestand: Path, geheimen: Path) -> None:
    bestand.write_text("thread = 2\n")
    with pytest.raises(KetenFout, match=r"S-INSTELLING-ONBEKEND .thread, bedoeld is misschien threads"):
        Instellingen()
    bestand.write_text("threads = \n")
    with pytest.raises(KetenFout, match="S-INSTELLINGBESTAND"):
        Instellingen()
    bestand.write_text('[spark]\n"spark.x" = 1\n')
    with pytest.raises(KetenFout, match=r"S-INSTELLING .spark"):
        Instellingen()
    bestand.write_text("")
    (geheimen / "wachtwoord").write_text(GEHEIM)
    with pytest.raises(KetenFout, match=r"S-INSTELLING-ONBEKEND .wachtwoord"):
        Instellingen()


def test_what_is_shown_holds_no_secret(bestand: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KETEN_HOOFDSLEUTEL", GEHEIM)
    monkeypatch.setenv("KETEN_OPENLINEAGE", f"https://lees:{GEHEIM}@lineage.example/api?api_key={GEHEIM}")
    bestand.write_text(f'ledger = "postgresql://ik:{GEHEIM}@db/keten"\n[spark]\n"spark.password" = "{GEHEIM}"\n')
    rows = toon()
    assert rows["ledger"] == "postgresql://ik:***@db/keten bestand"
    assert rows["openlineage"] == "https://lees:***@lineage.example/api?*** omgeving"
    assert rows["spark"] == "spark.password=*** bestand"
    assert rows["Ook"] == "gezet: KETEN_HOOFDSLEUTEL, KETEN_INSTELLINGEN"
    assert GEHEIM not in str(rows)


def test_what_follows_from_data_is_worked_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KETEN_DATA", str(tmp_path))
    rows = toon()
    assert rows["ledger"] == f"sqlite:///{tmp_path}/ledger/ledger.db standaard"
    assert rows["sleutel"] == f"{tmp_path}/sleutels/master.key standaard"
    assert not list(tmp_path.iterdir())  # looking makes nothing


def test_a_run_works_below_the_data_or_where_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    process = str(os.getpid())
    assert Instellingen(data=tmp_path / "var").rekenmap == tmp_path / "var" / "dbt" / process
    monkeypatch.setenv("KETEN_WERKMAP", str(tmp_path / "snel"))
    assert Instellingen(data=tmp_path / "var").rekenmap == tmp_path / "snel" / process


def test_every_variable_that_is_read_anywhere_is_known() -> None:
    known = {VOORVOEGSEL + naam.upper() for naam in Instellingen.model_fields} | set(ANDERE)
    texts = [
        path.read_text(encoding="utf-8")
        for pattern in ("*/**/*.py", "transforms/**/*.yml", "transforms/**/*.sql", "docs/*.md", "README.md")
        for path in CHECKOUT.glob(pattern)
        if path.name not in ("test_instellingen.py", "test_sleutels.py")
        and not {".venv", "target", "var"} & set(path.relative_to(CHECKOUT).parts)
    ]
    named = {naam for text in texts for naam in re.findall(r"\bKETEN_[A-Z0-9_]*[A-Z0-9]\b", text)}
    assert {"KETEN_DBT_THREADS", "KETEN_DATA", "KETEN_REAL", "KETEN_SPARK_HOST"} <= named
    unknown = {naam for naam in named - known if not f"{naam}_".startswith(FAMILIES)}
    assert not unknown


def test_every_setting_is_documented() -> None:
    text = (CHECKOUT / "docs" / "instellingen.md").read_text(encoding="utf-8")
    assert not [naam for naam in Instellingen.model_fields if f"`{naam}`" not in text]
