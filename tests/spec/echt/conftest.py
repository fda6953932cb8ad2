"""The published test persons taken in and run with the `keten` command, once per session."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, field
from functools import cached_property, partial
from pathlib import Path

import pytest
from typer.testing import CliRunner

from pipeline.cli import app
from pipeline.instellingen import Instellingen
from tests.e2e.eenmalig import eenmalig, schone_omgeving
from tests.geopend import met_certificaten

HIER = Path(__file__).parent
LO_BRP = "testset_persoonslijsten_gbav_20220502.csv"
PRODUCTEN = {
    ("toen", "2023-09"): ("inkomsten", "kwijtschelding", "vsv"),
    ("toen", "2025-12"): ("vsv",),
    ("toen", "2026-03"): ("vsv",),
    ("nu", "2026-03"): ("inkomsten", "kwijtschelding", "kvk"),
    ("nu", "2026-04"): ("inkomsten", "kvk"),
    ("nu", "2026-05"): ("inkomsten",),
}


@dataclass(frozen=True)
class Uitkomst:
    """What a command said, and its exit code."""

    exit_code: int
    output: str
    exception: str | None


@dataclass
class Wereld:
    """An installation in which the answers were taken in, with what the commands said."""

    map: Path
    real: Path
    ontvangen: dict[str, Uitkomst] = field(default_factory=dict)
    gedraaid: dict[str, Uitkomst] = field(default_factory=dict)

    @cached_property
    def instellingen(self) -> Instellingen:
        """The settings of this installation."""
        return met_certificaten(self.map / "var")

    def keten(self, *args: str | Path) -> Uitkomst:
        """Runs the command on this installation."""
        env = {"KETEN_DATA": str(self.instellingen.data), "COLUMNS": "200"}
        result = CliRunner().invoke(app, [str(arg) for arg in args], env=env)
        failed = result.exception is not None and not isinstance(result.exception, SystemExit)
        return Uitkomst(result.exit_code, result.output, repr(result.exception) if failed else None)

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
        schone_omgeving(monkeypatch)
        made = {}
        for naam, maak in (("toen", _toen), ("nu", _nu)):
            folder = eenmalig(tmp_path_factory, f"echt-{naam}", partial(_bewaar, naam, maak, real))
            made[naam] = Wereld(folder, real)
            said = json.loads((folder / "gezegd.json").read_text(encoding="utf-8"))
            for wat, outcomes in said.items():
                getattr(made[naam], wat).update({key: Uitkomst(**outcome) for key, outcome in outcomes.items()})
        yield made


def _bewaar(naam: str, maak: Callable[[Wereld], None], real: Path, folder: Path) -> None:
    """Makes a world and keeps what the commands said, for the other processes that share these tests."""
    wereld = Wereld(folder, real)
    maak(wereld)
    for (welke, periode), producten in PRODUCTEN.items():
        if welke == naam:
            for product in producten:
                outcome = wereld.keten("draai", product, "--periode", periode)
                wereld.gedraaid[f"{product} {periode}"] = outcome
    said = {
        wat: {key: asdict(outcome) for key, outcome in getattr(wereld, wat).items()}
        for wat in ("ontvangen", "gedraaid")
    }
    (folder / "gezegd.json").write_text(json.dumps(said), encoding="utf-8")


def _toen(wereld: Wereld) -> None:
    aanlevering, suwinet = HIER / "aanlevering" / "toen" / "2023-09", wereld.real / "suwinet"
    wereld.ontvang("gemeente", "gemeente", "2023-09", aanlevering / "gemeente")
    wereld.ontvang("duo", "duo", "2023-09", *sorted(suwinet.glob("DUODossierPersoonGSD_*")), aanlevering / "duo")
    wereld.antwoorden("2023-09")
    wereld.ontvang("kvk", "kvk", "2023-09", aanlevering / "kvk")


def _nu(wereld: Wereld) -> None:
    aanlevering, suwinet = HIER / "aanlevering" / "nu", wereld.real / "suwinet"
    profiel = wereld.real / "kvk" / "basisprofiel_69599084.json"
    wereld.ontvang("gemeente", "gemeente", "2026-03", aanlevering / "2026-03" / "gemeente")
    wereld.ontvang("bijstand", "gemeente", "2026-03", *sorted(suwinet.glob("Bijstandsregelingen_*")))
    wereld.antwoorden("2026-03")
    wereld.ontvang("kvk", "kvk", "2026-03", aanlevering / "2026-03" / "kvk", profiel)
    wereld.ontvang("gemeente april", "gemeente", "2026-04", aanlevering / "2026-04" / "gemeente")
    verhuisd = _verhuisd(profiel, wereld.map / "basisprofiel.json")
    wereld.ontvang("kvk april", "kvk", "2026-04", aanlevering / "2026-04" / "kvk", verhuisd)
    wereld.ontvang("gemeente mei", "gemeente", "2026-05", aanlevering / "2026-05" / "gemeente")


def _verhuisd(profiel: Path, path: Path) -> Path:
    """The Basisprofiel with another street, in a temporary folder."""
    document = json.loads(profiel.read_text(encoding="utf-8"))
    (adres,) = document["_embedded"]["hoofdvestiging"]["adressen"]
    adres["straatnaam"] = "Voorbeeldplein"
    path.write_text(json.dumps(document), encoding="utf-8")
    return path
