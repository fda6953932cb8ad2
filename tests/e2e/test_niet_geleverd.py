"""Who may not receive: without an agreement or certificate that counts nothing leaves, it is said, and others go on."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from demo.certificaten import Gezag, Houder, schrijf_paar
from lineage.ledger import now
from pipeline.instellingen import Instellingen
from pipeline.lever import lever
from pipeline.proefketen import trek_in
from pipeline.signaleer import signaleer
from schemas import load
from schemas.load import meldingen, ontvangers
from tests.e2e.eenmalig import schone_omgeving
from tests.e2e.keten import FEBRUARI, RMC_UTRECHT, UTRECHT, keten_in, neem_jongeren_op
from tests.geopend import met_certificaten

pytestmark = pytest.mark.zwaar


@pytest.fixture(scope="module")
def klaar(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """A town with a run that was not delivered yet, and the run."""
    with pytest.MonkeyPatch.context() as monkeypatch:
        schone_omgeving(monkeypatch)
        data = tmp_path_factory.mktemp("klaar") / "var"
        instellingen = met_certificaten(data)
        neem_jongeren_op(instellingen, FEBRUARI)
        return data, signaleer(instellingen, "vsv", FEBRUARI).run_id


@pytest.fixture
def stad(klaar: tuple[Path, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Instellingen:
    """A copy of it for one test."""
    schone_omgeving(monkeypatch)
    shutil.copytree(klaar[0], tmp_path / "var", ignore=shutil.ignore_patterns("ledger.db*"))
    with (
        closing(sqlite3.connect(klaar[0] / "ledger" / "ledger.db")) as source,
        closing(sqlite3.connect(tmp_path / "var" / "ledger" / "ledger.db")) as target,
    ):
        source.backup(target)
    return Instellingen(data=tmp_path / "var")


@pytest.fixture(autouse=True)
def in_order() -> Iterator[None]:
    """Who was taken out of the list stands at its own place again, not at the end: pages list them in this order."""
    before = dict(load.ontvangers())
    yield
    load.ontvangers().clear()
    load.ontvangers().update(before)


Ingreep = Callable[[Instellingen, pytest.MonkeyPatch], None]


def _overeenkomst(**anders: Any) -> Ingreep:
    def doe(_: Instellingen, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setitem(load.ontvangers(), UTRECHT, ontvangers()[UTRECHT].model_copy(update=anders))

    return doe


def _onbekend(_: Instellingen, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(load.ontvangers(), UTRECHT)


def _pem(instellingen: Instellingen) -> Path:
    return instellingen.certificaten.map / "ontvangers" / f"{UTRECHT}.pem"


def _verlopen(instellingen: Instellingen, _: pytest.MonkeyPatch) -> None:
    gezag = Gezag.lees(instellingen.certificaten.map / "demo")
    houder, begin = Houder("Utrecht", ontvangers()[UTRECHT].oin), now() - timedelta(days=3 * 365 + 1)
    schrijf_paar(gezag, houder, _pem(instellingen), instellingen.certificaten.map / "demo" / "oud.key", begin)


GISTEREN = now().date() - timedelta(days=1)
GEVALLEN: dict[str, tuple[Ingreep, str]] = {
    "no such recipient": (_onbekend, "U-ONTVANGER"),
    "no agreement for this product": (_overeenkomst(producten=frozenset({"kvk"})), "U-OVEREENKOMST"),
    "agreement has ended": (_overeenkomst(overeenkomst_tot=GISTEREN), "U-OVEREENKOMST"),
    "agreement has not begun": (_overeenkomst(overeenkomst_van=GISTEREN + timedelta(days=2)), "U-OVEREENKOMST"),
    "agreement was revoked": (_overeenkomst(overeenkomst_ingetrokken=GISTEREN), "U-INGETROKKEN"),
    "no certificate": (lambda instellingen, _: _pem(instellingen).unlink(), "K-CERTIFICAAT"),
    "certificate has expired": (_verlopen, "K-VERLOPEN"),
    "certificate was revoked": (lambda instellingen, _: trek_in(instellingen, UTRECHT), "K-INGETROKKEN"),
    "certificate of another": (
        lambda instellingen, _: shutil.copy(_pem(instellingen).with_name("0363.pem"), _pem(instellingen)) and None,
        "K-OIN",
    ),
}


@pytest.mark.parametrize("geval", GEVALLEN)
def test_nothing_is_delivered_and_it_is_reported(
    stad: Instellingen, klaar: tuple[Path, str], monkeypatch: pytest.MonkeyPatch, geval: str
) -> None:
    ingreep, code = GEVALLEN[geval]
    ingreep(stad, monkeypatch)

    uitkomst = lever(stad, klaar[1])

    assert uitkomst.redenen == {code: 1}
    assert uitkomst.ontvangers == {"tegengehouden": 1, "geleverd": 1}
    assert not list((stad.uitleveringen / UTRECHT).rglob("*"))
    assert list((stad.uitleveringen / RMC_UTRECHT).rglob("*_manifest.json"))
    (row,) = [row for row in stad.grootboek.uitleveringen(klaar[1]).values() if row["ontvanger"] == UTRECHT]
    assert (row["status"], row["code"], row["volgnummer"]) == ("tegengehouden", code, None)
    shown = keten_in(stad.data, monkeypatch)("status")
    assert f"Tegengehouden vsv {FEBRUARI} {UTRECHT}: {code}" in shown.tekst
    assert meldingen()[code].betekenis in shown.tekst
