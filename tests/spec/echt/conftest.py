"""The published test persons taken in and run with the `keten` command, once per session."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from click.testing import Result
from typer.testing import CliRunner

from pipeline.cli import app
from pipeline.instellingen import Instellingen

HIER = Path(__file__).parent
LO_BRP = "testset_persoonslijsten_gbav_20220502.csv"
PRODUCTEN = {
    ("toen", "2023-09"): ("inkomsten", "kwijtschelding", "vsv"),
    ("toen", "2025-12"): ("vsv",),
    ("toen", "2026-03"): ("vsv",),
    ("nu", "2026-03"): ("inkomsten", "kwijtschelding", "kvk"),
    ("nu", "2026-04"): ("inkomsten", "kvk"),
    ("nu", "2026-05"): ("inkomsten", "kvk"),
}


@dataclass
class Wereld:
    """An installation in which the answers were taken in, with what the commands said."""

    instellingen: Instellingen
    real: Path
    ontvangen: dict[str, Result] = field(default_factory=dict)
    gedraaid: dict[tuple[str, str], Result] = field(default_factory=dict)

    def keten(self, *args: str | Path) -> Result:
        """Runs the command on this installation."""
        env = {"KETEN_DATA": str(self.instellingen.data), "COLUMNS": "200"}
        return CliRunner().invoke(app, [str(arg) for arg in args], env=env)

    def ontvang(self, naam: str, bron: str, periode: str, *paden: Path) -> None:
        """Takes in one levering and keeps the outcome under a name."""
        self.ontvangen[naam] = self.keten("ontvang", bron, *paden, "--periode", periode)

    def antwoorden(self, periode: str) -> None:
        """Takes in what the bronnen answered, the persoonslijsten first."""
        suwinet = self.real / "suwinet"
        self.ontvang("lo_brp", "brp", periode, self.real / "brp" / LO_BRP)
        for naam, bron, patroon in (
            ("brp", "brp", "BRPDossierPersoonGSD_*"),
            ("uwv", "uwv", "UWVDossierInkomstenGSD_*"),
            ("rdw", "rdw", "RDWDossierGSD_*"),
        ):
            self.ontvang(naam, bron, periode, *sorted(suwinet.glob(patroon)))


@pytest.fixture(scope="session")
def werelden(real: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Wereld]]:
    """`toen`: asked in September 2023; `nu`: asked in March 2026, with two months after it."""
    with pytest.MonkeyPatch.context() as monkeypatch:
        for naam in ("KETEN_LEDGER", "KETEN_SLEUTEL", "KETEN_DATA"):
            monkeypatch.delenv(naam, raising=False)
        made = {naam: Wereld(Instellingen(data=tmp_path_factory.mktemp(naam) / "var"), real) for naam in ("toen", "nu")}
        _toen(made["toen"], tmp_path_factory.mktemp("duo"))
        _nu(made["nu"], tmp_path_factory.mktemp("kvk"))
        yield made


def _toen(wereld: Wereld, tmp: Path) -> None:
    aanlevering, suwinet = HIER / "aanlevering" / "toen" / "2023-09", wereld.real / "suwinet"
    wereld.ontvang("gemeente", "gemeente", "2023-09", aanlevering / "gemeente")
    wereld.ontvang("duo", "duo", "2023-09", *sorted(suwinet.glob("DUODossierPersoonGSD_*")), aanlevering / "duo")
    wereld.antwoorden("2023-09")
    wereld.ontvang("kvk", "kvk", "2023-09", aanlevering / "kvk")
    _draai(wereld, "toen")


def _nu(wereld: Wereld, tmp: Path) -> None:
    aanlevering, suwinet = HIER / "aanlevering" / "nu", wereld.real / "suwinet"
    profiel = wereld.real / "kvk" / "basisprofiel_69599084.json"
    wereld.ontvang("gemeente", "gemeente", "2026-03", aanlevering / "2026-03" / "gemeente")
    wereld.ontvang("bijstand", "gemeente", "2026-03", *sorted(suwinet.glob("Bijstandsregelingen_*")))
    wereld.antwoorden("2026-03")
    wereld.ontvang("kvk", "kvk", "2026-03", aanlevering / "2026-03" / "kvk", profiel)
    wereld.ontvang("gemeente april", "gemeente", "2026-04", aanlevering / "2026-04" / "gemeente")
    wereld.ontvang("kvk april", "kvk", "2026-04", _verhuisd(profiel, tmp))
    wereld.ontvang("gemeente mei", "gemeente", "2026-05", aanlevering / "2026-05" / "gemeente")
    wereld.ontvang("kvk mei", "kvk", "2026-05", aanlevering / "2026-05" / "kvk")
    _draai(wereld, "nu")


def _verhuisd(profiel: Path, tmp: Path) -> Path:
    """The Basisprofiel with another street, in a temporary folder."""
    document = json.loads(profiel.read_text(encoding="utf-8"))
    (adres,) = document["_embedded"]["hoofdvestiging"]["adressen"]
    adres["straatnaam"] = "Voorbeeldplein"
    path = tmp / "basisprofiel.json"
    path.write_text(json.dumps(document), encoding="utf-8")
    return path


def _draai(wereld: Wereld, naam: str) -> None:
    for (welke, periode), producten in PRODUCTEN.items():
        if welke == naam:
            for product in producten:
                wereld.gedraaid[product, periode] = wereld.keten("draai", product, "--periode", periode)
