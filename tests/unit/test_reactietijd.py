"""What is learned from verdicts, worked out by hand for a ledger of invented ones."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median

import pytest

from lineage import tabellen as t
from lineage.ledger import Ledger
from lineage.reactietijd import Reactietijd, reactietijden
from reports.antwoorden import lees_oordelen
from reports.blad import Verborgen
from reports.kwaliteit import oordeel_bladen

BEGIN = datetime(2026, 3, 1, 9, tzinfo=UTC)
Oordeel = tuple[str, str, int]  # signal, verdict, days after the delivery


@pytest.fixture
def ledger(tmp_path: Path, lege_ledger: Path) -> Ledger:
    (tmp_path / "ledger.db").write_bytes(lege_ledger.read_bytes())
    return Ledger(f"sqlite:///{tmp_path / 'ledger.db'}")


def geef(ledger: Ledger, oordelen: Sequence[Oordeel], code: str = "VSV-D1") -> None:
    for nr, (signaal, oordeel, dagen) in enumerate(oordelen):
        moment = BEGIN + timedelta(days=dagen, minutes=nr)
        retour_id = f"{code}-{nr}"
        retour = {"retour_id": retour_id, "ontvanger": "0344", "status": "aangenomen", "aantal": 1}
        melding = {
            "retour_id": retour_id, "signaal_id": f"{code}-{signaal}", "ontvanger": "0344", "product": "vsv",
            "signaal_code": code, "oordeel": oordeel, "code": "0200", "geleverd_op": BEGIN, "ontvangen_op": moment,
        }  # fmt: skip
        with ledger.transactie() as connection:
            connection.execute(t.retour.insert().values(retour | {"ontvangen_op": moment}))
            connection.execute(t.terugmelding.insert().values(melding))


def test_newest_verdict_counts_with_its_time(ledger: Ledger) -> None:
    first = [("a", "in_onderzoek", 1), ("a", "gegrond", 10)]
    rest = [(f"b{nr}", "gegrond", nr) for nr in range(5)] + [(f"c{nr}", "ongegrond", 20 + nr) for nr in range(5)]
    waiting = [(f"d{nr}", "in_onderzoek", 3) for nr in range(6)]
    geef(ledger, [*first, *rest, *waiting])

    days = sorted([10, *range(5), *range(20, 25)])
    (oordelen,) = lees_oordelen(ledger)
    assert oordelen.aantallen == {"gegrond": 6, "ongegrond": 5, "in_onderzoek": 6}
    assert oordelen.reactie == Reactietijd(median(days), days[9])


def test_even_number_has_a_middle_between_two(ledger: Ledger) -> None:
    geef(ledger, [(f"a{nr}", "gegrond", nr) for nr in range(3)] + [(f"b{nr}", "gegrond", 7 + nr) for nr in range(3)])
    assert reactietijden(ledger) == {("vsv", "VSV-D1"): Reactietijd(4.5, 9)}


@pytest.mark.parametrize(("gegrond", "ongegrond"), [(4, 8), (8, 1), (2, 2), (0, 4), (1, 0), (6, 7)])
def test_small_counts_and_what_would_give_them_away_are_left_out(ledger: Ledger, gegrond: int, ongegrond: int) -> None:
    given = [(f"g{nr}", "gegrond", 2) for nr in range(gegrond)] + [
        (f"o{nr}", "ongegrond", 2) for nr in range(ongegrond)
    ]
    geef(ledger, given)
    share, verdicts, soon = oordeel_bladen(lees_oordelen(ledger), "1 april 2026")
    small = 0 < gegrond < 5 or 0 < ongegrond < 5
    assert isinstance(verdicts.rijen[0][2], Verborgen) == (small and gegrond > 0)
    assert isinstance(share.rijen[0][3], Verborgen) == small
    assert (soon.rijen[0][3] == "te weinig oordelen") == (gegrond + ongegrond < 5)


def test_codes_are_apart(ledger: Ledger) -> None:
    for code, oordeel in (("VSV-D1", "gegrond"), ("VSV-D2", "ongegrond")):
        geef(ledger, [(f"s{nr}", oordeel, nr) for nr in range(5)], code)
    assert [(each.signaal_code, each.aantallen) for each in lees_oordelen(ledger)] == [
        ("VSV-D1", {"gegrond": 5}),
        ("VSV-D2", {"ongegrond": 5}),
    ]
    assert set(reactietijden(ledger)) == {("vsv", "VSV-D1"), ("vsv", "VSV-D2")}


def test_nothing_answered_is_nothing_learned(ledger: Ledger) -> None:
    assert not reactietijden(ledger)
    assert not lees_oordelen(ledger)
