"""Everything that holds now, on request or by agreement; and a period that comes back to what it was."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from lineage import tabellen as t
from message_formats.lees import lees_map
from pipeline.instellingen import Instellingen
from pipeline.status import stand
from pipeline.uitlevering import samenstel
from pipeline.werk import draai
from schemas.load import ontvangers
from tests.e2e.keten import (
    BLIJFT,
    DEN_HAAG,
    MAART,
    RMC_DEN_HAAG,
    RMC_UTRECHT,
    UTRECHT,
    VERHUIST,
    Keten,
    laatste_bericht,
    mutaties,
    neem_jongeren_op,
)
from tests.geopend import opener

pytestmark = pytest.mark.zwaar

TABEL, RECORD = "duo.persoon", 2


def envelop(instellingen: Instellingen, ontvanger: str) -> dict[str, Any]:
    return dict(laatste_bericht(instellingen, ontvanger, MAART)["envelop"])


def nummers(instellingen: Instellingen, ontvanger: str) -> list[int]:
    u = t.uitlevering.c
    query = sa.select(u.volgnummer).where(u.ontvanger == ontvanger, u.volgnummer.is_not(None))
    return [row["volgnummer"] for row in instellingen.grootboek.rijen(query.order_by(u.volgnummer))]


def test_on_request_for_one(keten_stad: Keten, eigen_stad: Instellingen) -> None:
    before = envelop(eigen_stad, UTRECHT)
    others = {naar: envelop(eigen_stad, naar) for naar in (DEN_HAAG, RMC_UTRECHT)}

    told = keten_stad("draai", "vsv", "--periode", MAART, "--volledig", "--ontvanger", UTRECHT)

    assert told.code == 0, told.tekst
    after = envelop(eigen_stad, UTRECHT)
    assert (before["leveringsoort"], after["leveringsoort"]) == ("mutaties", "volledig")
    assert after["volgnummer"] == before["volgnummer"] + 1
    assert after["berichtIdentificatie"] != before["berichtIdentificatie"]
    assert mutaties(eigen_stad, UTRECHT, MAART) == {BLIJFT: "ongewijzigd"}
    assert others == {naar: envelop(eigen_stad, naar) for naar in others}
    listed = keten_stad("lees", eigen_stad.uitleveringen / UTRECHT)
    assert listed.code == 0, listed.tekst
    assert "volledig" in listed.tekst
    assert not any(regel.aan_de_beurt for regel in stand(eigen_stad, "vsv"))
    assert keten_stad("log", "verifieer").code == 0
    assert draai(eigen_stad, "vsv", MAART).signalering.nieuw is False
    assert nummers(eigen_stad, UTRECHT) == [1, 2, 3]


def test_on_request_for_all_and_mutaties_go_on_from_there(keten_stad: Keten, eigen_stad: Instellingen) -> None:
    assert keten_stad("draai", "vsv", "--periode", MAART, "--volledig").code == 0
    received = {naar: envelop(eigen_stad, naar) for naar in (UTRECHT, DEN_HAAG, RMC_UTRECHT, RMC_DEN_HAAG)}
    assert {item["leveringsoort"] for item in received.values()} == {"volledig"}
    assert mutaties(eigen_stad, RMC_DEN_HAAG, MAART) == {VERHUIST: "ongewijzigd"}

    for levering in eigen_stad.grootboek.leveringen(bronnen=["duo"]):
        keten_stad("correctie", "meld", levering["levering_id"], TABEL, RECORD, "--reden", "Heeft een diploma getoond")
    assert keten_stad("draai", "vsv", "--periode", MAART).code == 0

    assert mutaties(eigen_stad, DEN_HAAG, MAART) == {VERHUIST: "ingetrokken"}
    assert envelop(eigen_stad, DEN_HAAG)["leveringsoort"] == "mutaties"
    assert envelop(eigen_stad, UTRECHT) == received[UTRECHT]

    # Nothing holds for Den Haag any more: a message that says so, in all formats.
    assert keten_stad("draai", "vsv", "--periode", MAART, "--volledig", "--ontvanger", DEN_HAAG).code == 0
    assert envelop(eigen_stad, DEN_HAAG)["aantalSignalen"] == 0
    assert mutaties(eigen_stad, DEN_HAAG, MAART) == {}
    assert lees_map(eigen_stad.uitleveringen / DEN_HAAG, opener(eigen_stad)).goed


def test_asking_wrongly(keten_stad: Keten) -> None:
    assert keten_stad("draai", "vsv", "--periode", MAART, "--volledig", "--ontvanger", "9999").code == 2
    assert keten_stad("draai", "vsv", "--periode", MAART, "--ontvanger", UTRECHT).code == 2


def test_by_agreement(tmp_path: Path, instellingen: Instellingen, monkeypatch: pytest.MonkeyPatch) -> None:
    agreed = ontvangers() | {UTRECHT: ontvangers()[UTRECHT].model_copy(update={"leveringsoort": "volledig"})}
    monkeypatch.setattr(samenstel, "ontvangers", lambda: agreed)
    for periode in ("2026-02", MAART):
        neem_jongeren_op(instellingen, periode)
        draai(instellingen, "vsv", periode)

    bericht = laatste_bericht(instellingen, UTRECHT, MAART)

    assert bericht["envelop"]["leveringsoort"] == "volledig"
    assert mutaties(instellingen, UTRECHT, MAART) == {BLIJFT: "ongewijzigd"}  # who moved is not in it
    assert mutaties(instellingen, RMC_UTRECHT, MAART) == {VERHUIST: "beeindigd"}


def test_what_was_found_ungrounded_is_not_in_it(keten_stad: Keten, eigen_stad: Instellingen) -> None:
    (signaal,) = (
        item
        for item in laatste_bericht(eigen_stad, UTRECHT, "2026-02")["signalen"]
        if item["burgerservicenummer"] == BLIJFT
    )
    with eigen_stad.grootboek.transactie() as connection:
        moment = sa.func.current_timestamp()
        retour = {"retour_id": "r", "ontvanger": UTRECHT, "status": "aangenomen", "aantal": 1, "ontvangen_op": moment}
        connection.execute(t.retour.insert().values(retour))
        oordeel = {
            "retour_id": "r",
            "signaal_id": signaal["signaalId"],
            "ontvanger": UTRECHT,
            "product": "vsv",
            "signaal_code": signaal["signaalCode"],
            "oordeel": "ongegrond",
            "ontvangen_op": moment,
        }
        connection.execute(t.terugmelding.insert().values(oordeel))

    assert keten_stad("draai", "vsv", "--periode", MAART, "--volledig").code == 0

    assert mutaties(eigen_stad, UTRECHT, MAART) == {}
    assert mutaties(eigen_stad, RMC_UTRECHT, MAART) == {BLIJFT: "ongewijzigd"}  # its own verdict was not asked


def test_period_that_comes_back_to_earlier_pins_is_told_so(keten_stad: Keten, eigen_stad: Instellingen) -> None:
    """As when a change of a norm, a model or a recipient is taken back."""
    first = draai(eigen_stad, "vsv", MAART).signalering.run_id
    (levering,) = [lev for lev in eigen_stad.grootboek.leveringen(bronnen=["brp"]) if lev["periode"] == MAART]
    with eigen_stad.grootboek.transactie() as connection:
        c = t.levering.c
        hide = t.levering.update().where(c.levering_nr == levering["levering_nr"])
        connection.execute(hide.values(status="vervangen"))
    other = draai(eigen_stad, "vsv", MAART)
    assert other.signalering.nieuw
    assert mutaties(eigen_stad, DEN_HAAG, MAART) == {VERHUIST: "ingetrokken"}
    with eigen_stad.grootboek.transactie() as connection:
        connection.execute(hide.values(status="ontvangen"))
    assert [regel.reden for regel in stand(eigen_stad, "vsv") if regel.periode == MAART] == ["gewijzigd"]

    back = draai(eigen_stad, "vsv", MAART)

    assert back.signalering.nieuw
    assert back.signalering.run_id not in (first, other.signalering.run_id)
    assert mutaties(eigen_stad, DEN_HAAG, MAART) == {VERHUIST: "nieuw"}
    assert mutaties(eigen_stad, UTRECHT, MAART) == {VERHUIST: "ingetrokken"}
    assert back.signalering.signalen == {"VSV-D1": 2}
    assert not any(regel.aan_de_beurt for regel in stand(eigen_stad, "vsv"))
    assert draai(eigen_stad, "vsv", MAART).signalering == type(back.signalering)(
        back.signalering.run_id, False, back.signalering.signalen
    )
