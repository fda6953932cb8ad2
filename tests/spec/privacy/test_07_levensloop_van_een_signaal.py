"""Gedrag 7: de levensloop van een signaal. De gemeente oordeelt, en wat ongegrond is wordt aantoonbaar vernietigd."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
import sqlalchemy as sa

from lineage import tabellen as t
from lineage.retour import GEGROND, IN_ONDERZOEK, ONGEGROND, oordelen
from pipeline.bewaren.bewijs import verifieer
from pipeline.bewaren.opruimen import ruim_op
from pipeline.instellingen import Instellingen
from pipeline.periode import maand_erbij
from pipeline.retour.herbeoordeling import te_herbeoordelen
from pipeline.retour.retour import Verwerkt, verwerk
from pipeline.werk import draai
from schemas.load import doelen, ontvangers
from tests.bouw import neem_op
from tests.e2e.speur import Speurder
from tests.spec.privacy import dorp as d

Signaal = dict[str, Any]


def geleverd(instellingen: Instellingen) -> dict[tuple[str, str], str]:
    """What Utrecht was sent: (person, code) to the number of the signal."""
    [path] = d.bericht(instellingen, "inkomsten", "json")
    signalen = json.loads(path.read_text(encoding="utf-8"))["signalen"]
    return {(signaal["burgerservicenummer"], signaal["signaalCode"]): signaal["signaalId"] for signaal in signalen}


def antwoord(instellingen: Instellingen, per_signaal: Mapping[str, str], nummer: str = "een") -> Verwerkt:
    """Utrecht answers with a verdict per signal."""
    [path] = d.bericht(instellingen, "inkomsten", "json")
    envelop = {
        "berichtCode": "retourbericht",
        "berichtVersie": 1,
        "berichtSubversie": 0,
        "afzenderOin": ontvangers()[d.UTRECHT].oin,
        "afzenderCode": d.UTRECHT,
        "ontvangerOin": instellingen.afzender_oin,
        "retourIdentificatie": f"retour-{nummer}",
        "dagtekening": "2026-02-20T09:30:00Z",
        "berichtIdentificatie": json.loads(path.read_text(encoding="utf-8"))["envelop"]["berichtIdentificatie"],
        "retourcode": "0200",
    }
    signalen = [{"signaalId": nr, "retourcode": "0200", "oordeel": oordeel} for nr, oordeel in per_signaal.items()]
    answer = instellingen.data / f"retour-{nummer}.json"
    answer.write_text(json.dumps({"envelop": envelop, "signalen": signalen}), "utf-8")
    outcome = verwerk(instellingen, answer)
    answer.unlink()
    return outcome


def in_runs(instellingen: Instellingen) -> set[bytes]:
    """Of whom there still is a signal, as pseudonyms."""
    found: set[bytes] = set()
    for path in instellingen.map("runs", "inkomsten").rglob("signal_*.parquet"):
        found |= set(pq.ParquetFile(path).read(columns=["persoon"])["persoon"].to_pylist())
    return found


@pytest.mark.parametrize("oordeel", [GEGROND, ONGEGROND, IN_ONDERZOEK])
def test_gemeente_can_answer_in_three_ways(eigen_dorp: Instellingen, oordeel: str) -> None:
    """De gemeente kan van elk signaal zeggen dat het gegrond of ongegrond is, of dat zij het onderzoekt."""
    sent = geleverd(eigen_dorp)
    outcome = antwoord(eigen_dorp, dict.fromkeys(sent.values(), oordeel))
    assert outcome.code is None
    assert outcome.oordelen == {oordeel: len(sent)}
    assert {row["oordeel"] for row in oordelen(eigen_dorp.grootboek)} == {oordeel}


def test_other_answers_are_refused(eigen_dorp: Instellingen) -> None:
    """Een ander oordeel wordt geweigerd, en ook een oordeel over een signaal dat deze gemeente niet kreeg."""
    sent = geleverd(eigen_dorp)
    assert antwoord(eigen_dorp, dict.fromkeys(sent.values(), "misschien")).code == "T-SCHEMA"
    strange = antwoord(eigen_dorp, {"0" * 32: ONGEGROND}, "twee")
    assert (strange.oordelen, set(strange.niet_aangenomen.values())) == ({}, {"T-SIGNAAL"})


def test_ungrounded_signal_is_destroyed_with_a_proof(eigen_dorp: Instellingen) -> None:
    """Een ongegrond signaal verdwijnt uit de runs en uit de bewaarde kopie; wat blijft is een bewijs zonder persoon."""
    sent = geleverd(eigen_dorp)
    of_carl = {nr for (wie, _), nr in sent.items() if wie == d.CARL}
    before = in_runs(eigen_dorp)
    antwoord(eigen_dorp, dict.fromkeys(of_carl, ONGEGROND))
    ruim_op(eigen_dorp, datetime.now(UTC).date())
    assert len(in_runs(eigen_dorp)) == len(before) - 1
    assert d.bericht(eigen_dorp, "inkomsten", "json") == []  # a copy with one signal less is not what was sent
    rows = eigen_dorp.grootboek.rijen(sa.select(t.vernietiging))
    assert {row["reden"] for row in rows} == {"ongegrond"}
    text = json.dumps(rows, default=str)
    assert not Speurder(d.PERSOON.values()).zoekt(text)
    assert not [token for token in before if token.hex() in text]
    assert verifieer(eigen_dorp).problemen == ()


def test_destroyed_signal_is_not_sent_again(eigen_dorp: Instellingen) -> None:
    """Komt dezelfde regel opnieuw uit, dan krijgt de gemeente een ongegrond signaal niet nog eens."""
    sent = geleverd(eigen_dorp)
    antwoord(eigen_dorp, {nr: ONGEGROND for (wie, _), nr in sent.items() if wie == d.CARL})
    ruim_op(eigen_dorp, datetime.now(UTC).date())
    neem_op(eigen_dorp, "uwv", {"leeg.csv": d.uwv([d.NIEMAND])["ikv.csv"]})  # makes the month due again
    draai(eigen_dorp, "inkomsten", d.PERIODE)
    again = [path for path in d.bericht(eigen_dorp, "inkomsten", "json") if d.CARL in path.read_text(encoding="utf-8")]
    assert again == []


def test_grounded_signal_stays(eigen_dorp: Instellingen) -> None:
    """Een gegrond signaal blijft gewoon bewaard."""
    before = in_runs(eigen_dorp)
    antwoord(eigen_dorp, dict.fromkeys(geleverd(eigen_dorp).values(), GEGROND))
    ruim_op(eigen_dorp, datetime.now(UTC).date())
    assert in_runs(eigen_dorp) == before
    assert eigen_dorp.grootboek.rijen(sa.select(t.vernietiging)) == []


def test_undecided_signals_come_up_for_review(eigen_dorp: Instellingen) -> None:
    """Wat langer dan de termijn van het doelprofiel in onderzoek of onbeantwoord is, komt ter herbeoordeling terug."""
    sent = geleverd(eigen_dorp)
    antwoord(eigen_dorp, dict.fromkeys(sent.values(), IN_ONDERZOEK))
    today = datetime.now(UTC).date()
    term = doelen()["inkomsten"].herbeoordeling_maanden
    after = date.fromisoformat(f"{maand_erbij(f'{today:%Y-%m}', term + 1)}-28")
    assert te_herbeoordelen(eigen_dorp, today) == {}
    found = te_herbeoordelen(eigen_dorp, after)
    assert found["inkomsten", d.UTRECHT] == len(sent)
    assert found["vsv", d.UTRECHT] == 1, "wat nooit beantwoord is komt ook terug"


def test_proof_does_not_depend_on_who_it_was(eigen_dorp: Instellingen, tmp_path: Path) -> None:
    """In het grootboek staat van een oordeel het nummer van het signaal, nooit de persoon."""
    antwoord(eigen_dorp, dict.fromkeys(geleverd(eigen_dorp).values(), ONGEGROND))
    ruim_op(eigen_dorp, datetime.now(UTC).date())
    ledger = tmp_path / "grootboek"
    ledger.mkdir()
    for path in eigen_dorp.map("ledger").iterdir():
        (ledger / path.name).write_bytes(path.read_bytes())
    assert Speurder(d.PERSOON.values()).zoek(ledger) == []
