"""Runs the `keten` command in this process as a user does, and a small town of young persons for it to work on."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from pipeline.cli import app
from pipeline.instellingen import Instellingen
from pipeline.scherm import KODE_FOUT
from pipeline.werk import draai
from schemas.fout import KetenFout
from tests.bouw import maak_bsn, neem_op, schrijf_csv
from tests.geopend import geopend, met_certificaten

BLIJFT, VERHUIST = maak_bsn(501), maak_bsn(502)
UTRECHT, DEN_HAAG, RMC_UTRECHT, RMC_DEN_HAAG = "0344", "0518", "rmc-19", "rmc-28"
FEBRUARI, MAART = "2026-02", "2026-03"
DUO = ("Burgerservicenr", "IndStartkwalificatieDuo")
PERSOON = ("burgerservicenummer", "geboortedatum", "datumOverlijden", "datumOpschorting", "redenOpschorting")
VERBLIJF = ("burgerservicenummer", "gemeenteVanInschrijving", "datumInschrijving", "datumBegin")


@dataclass(frozen=True)
class Uitkomst:
    """How a command ended and what it said."""

    code: int
    tekst: str


Keten = Callable[..., Uitkomst]


def keten_in(data: Path, monkeypatch: pytest.MonkeyPatch) -> Keten:
    """The command on an installation; `invoer` is what is typed."""
    monkeypatch.setenv("KETEN_DATA", str(data))
    monkeypatch.setenv("COLUMNS", "240")
    monkeypatch.setenv("TERM", "dumb")

    def run(*args: str | Path | int, invoer: str | None = None) -> Uitkomst:
        result = CliRunner().invoke(app, [str(arg) for arg in args], input=invoer)
        if isinstance(result.exception, KetenFout):
            return Uitkomst(KODE_FOUT, f"{result.output}{result.exception}")
        assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
        return Uitkomst(result.exit_code, result.output)

    return run


def neem_jongeren_op(instellingen: Instellingen, periode: str) -> None:
    """Two of nineteen without school, in Utrecht; in March one lives in Den Haag."""
    neem_op(instellingen, "duo", {"persoon.csv": schrijf_csv(DUO, [[BLIJFT, "2"], [VERHUIST, "2"]])}, periode)
    homes = [[wie, UTRECHT, "20200101", "20200101"] for wie in (BLIJFT, VERHUIST)]
    homes += [[VERHUIST, DEN_HAAG, "20260310", "20260310"]] if periode >= MAART else []
    born = [[wie, "20061101", "", "", ""] for wie in (BLIJFT, VERHUIST)]
    brp = {"persoon.csv": schrijf_csv(PERSOON, born), "verblijf.csv": schrijf_csv(VERBLIJF, homes)}
    neem_op(instellingen, "brp", brp, periode)


def maak_stad(data: Path) -> None:
    """February and March, delivered."""
    instellingen = met_certificaten(data)
    for periode in (FEBRUARI, MAART):
        neem_jongeren_op(instellingen, periode)
        draai(instellingen, "vsv", periode)


def laatste_bericht(instellingen: Instellingen, ontvanger: str, periode: str) -> dict[str, Any]:
    """The newest message a recipient was sent about a period."""
    paths = geopend(instellingen).glob(f"{ontvanger}/vsv/{periode}/vsvbericht_*_??????.json")
    document: dict[str, Any] = json.loads(max(paths).read_text(encoding="utf-8"))
    return document


def mutaties(instellingen: Instellingen, ontvanger: str, periode: str) -> dict[str, str]:
    """Person to mutatie in the newest message."""
    signalen = laatste_bericht(instellingen, ontvanger, periode)["signalen"]
    return {signaal["burgerservicenummer"]: signaal["mutatie"] for signaal in signalen}
