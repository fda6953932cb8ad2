"""A product of counts through the whole house: persons come in, and a message leaves in which there are none."""

from __future__ import annotations

import json
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from lineage import tabellen as t
from message_formats.lees import lees_map
from pipeline.instellingen import Instellingen
from pipeline.logboek import Logboek
from pipeline.werk import draai
from schemas.berichten import berichten
from schemas.load import producten
from tests.bouw import BIJSTAND, maak_bsn, neem_op, schrijf_csv
from tests.e2e.keten import PERSOON, VERBLIJF, keten_in
from tests.e2e.speur import Speurder
from tests.geopend import geopend, opener

MENSEN = [maak_bsn(700 + nummer) for nummer in range(8)]
UTRECHT, DECEMBER, JANUARI = "0344", "2025-12", "2026-01"
IKO = ("Burgerservicenr", "Loonheffingennr", "VolgnrIkv", "DatBIkv", "DatBIko", "DatEIko", "BedrBrutoloonSv")
IKP = ("Burgerservicenr", "Loonheffingennr", "VolgnrIkv", "DatBIkv", "DatBIkp", "CdSrtIkv")
PRODUCT = "uitstroommonitor"


@pytest.fixture
def geteld(instellingen: Instellingen) -> Instellingen:
    """Eight whose bijstand ended in December; in January six have work, and two of them were counted wrong at first."""
    rows = [[UTRECHT, wie, "", "PW", "20240101", "20251215", "alleenstaande", 140150] for wie in MENSEN]
    neem_op(instellingen, "gemeente", {"populatie.csv": schrijf_csv(BIJSTAND, rows)}, DECEMBER)
    brp = {
        "persoon.csv": schrijf_csv(PERSOON, [[wie, "19800101", "", "", ""] for wie in MENSEN]),
        "verblijf.csv": schrijf_csv(VERBLIJF, [[wie, UTRECHT, "20200101", "20200101"] for wie in MENSEN]),
    }
    neem_op(instellingen, "brp", brp, JANUARI)
    _polis(instellingen, MENSEN[:5])
    return instellingen


def _polis(instellingen: Instellingen, werkend: list[str]) -> None:
    job = ["123456789L01", 1, "20250101"]
    iko = [[wie, *job, "20260101", "20260131", 150000] for wie in werkend]
    ikp = [[wie, *job, "20250101", "15"] for wie in werkend]
    neem_op(instellingen, "uwv", {"iko.csv": schrijf_csv(IKO, iko), "ikp.csv": schrijf_csv(IKP, ikp)}, JANUARI)


def test_counts_are_delivered_and_nobody_is_named(
    geteld: Instellingen, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    draai(geteld, PRODUCT, JANUARI)
    folder = geteld.uitleveringen / UTRECHT / PRODUCT / JANUARI
    plain = geopend(geteld) / UTRECHT / PRODUCT / JANUARI
    assert list(plain.iterdir())
    assert not Speurder(MENSEN).zoek(plain)
    uitkomst = lees_map(folder, opener(geteld))
    assert uitkomst.goed, uitkomst.problemen
    [meting] = uitkomst.leveringen[0].signalen.to_pylist()
    assert (meting["maand_einde"], meting["onderdrukking"], meting["aantal_beeindigd"]) == (DECEMBER, "deel", 8)
    assert (meting["aantal_werk"], meting["aantal_geen_van_beide"], meting["aantal_uitkering"]) == (None, None, 0)
    handelingen = [record["name"] for _, record in _log(geteld)]
    assert not [naam for naam in handelingen if str(naam).startswith(f"leveren {PRODUCT}")]
    assert not Logboek(geteld).controleer().breuken  # nor is it missed
    # What is corrected later is sent again: two who worked after all.
    _polis(geteld, MENSEN[5:])
    draai(geteld, PRODUCT, JANUARI)
    [path] = (geopend(geteld) / UTRECHT / PRODUCT / JANUARI).glob("*_000002.json")
    [signaal] = json.loads(path.read_text(encoding="utf-8"))["signalen"]
    assert (signaal["mutatie"], signaal["onderdrukking"], signaal["aantalWerk"]) == ("gewijzigd", "geen", 8)
    assert keten_in(geteld.data, monkeypatch)("inzage", invoer=f"{MENSEN[0]}\n").code == 0


def test_nothing_kept_of_a_count_has_a_person(geteld: Instellingen) -> None:
    draai(geteld, PRODUCT, JANUARI)
    [signals] = geteld.map("runs", PRODUCT).rglob("signal_*.parquet")
    assert "persoon" not in pq.read_schema(signals).names
    [sent] = geteld.map("runs", PRODUCT).rglob("geleverd_*.parquet")
    assert pq.read_table(sent)["persoon"].null_count == 1
    [row] = geteld.grootboek.rijen(t.uitlevering.select())
    assert (row["status"], row["aantal"]) == ("geleverd", 1)


def test_messages_of_counts_have_no_identifiers() -> None:
    counting = {naam for naam, product in producten().items() if product.over == "aantallen"}
    assert counting == {
        bericht.product for bericht in berichten().values() if "burgerservicenummer" not in bericht.signaal
    }


def _log(instellingen: Instellingen) -> list[tuple[object, dict[str, object]]]:
    return list(Logboek(instellingen).handelingen())
