"""Additive and restating leveringen: what counts, what is replaced, and which product runs become due again."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lineage import leveringen
from lineage.ledger import Ledger, Stap, now
from pipeline.instellingen import Instellingen
from pipeline.levering import besluit as levering_besluit
from pipeline.pins import huidige_pins
from pipeline.stand import Stand
from pipeline.status import stand
from pipeline.toelaten import toelaten
from tests.bouw import (
    IKV,
    PERIODE,
    bijstand,
    ikv,
    maak_bsn,
    neem_op,
    personen_in_lake,
    populatie_csv,
    schrijf_csv,
)
from tests.leveringen import neem_met_manifest, rij, stand_van

A, B, C = (maak_bsn(nummer) for nummer in range(1, 4))
VERVANGEND = {"soort": "vervangend"}
VOLGVERZOEK = ("gemeentecode", "burgerservicenummer", "product", "datumVan", "datumTot")
POPULATIE = "gemeente.bijstandspopulatie"


def lever(instellingen: Instellingen, *personen: str, periode: str = PERIODE, **manifest: Any) -> str:
    neem = neem_met_manifest if manifest else neem_op
    return neem(instellingen, "gemeente", {"b.csv": populatie_csv(personen)}, periode, **manifest).levering_id


def statussen(instellingen: Instellingen, *levering_ids: str) -> list[str]:
    return [stand_van(instellingen, levering_id)[0] for levering_id in levering_ids]


def in_lake(instellingen: Instellingen) -> list[str | None]:
    toelaten(instellingen)
    return sorted(personen_in_lake(instellingen, "inkomsten", POPULATIE), key=str)


def test_additive_leveringen_count_together(instellingen: Instellingen) -> None:
    een, twee = lever(instellingen, A), lever(instellingen, B, soort="aanvullend")

    assert statussen(instellingen, een, twee) == ["ontvangen", "ontvangen"]
    assert in_lake(instellingen) == [A, B]


def test_restating_levering_takes_the_place_of_the_earlier_ones(instellingen: Instellingen) -> None:
    een, twee = lever(instellingen, A), lever(instellingen, B)
    assert in_lake(instellingen) == [A, B]
    nieuw = lever(instellingen, B, C, **VERVANGEND)
    later = lever(instellingen, A)  # the same files as the first, which is known

    assert statussen(instellingen, een, twee, nieuw) == ["vervangen", "vervangen", "ontvangen"]
    assert later == een
    assert in_lake(instellingen) == [B, C]


def test_what_comes_after_it_adds_to_it(instellingen: Instellingen) -> None:
    lever(instellingen, A)
    lever(instellingen, B, **VERVANGEND)
    lever(instellingen, C)

    assert in_lake(instellingen) == [B, C]


def test_old_files_may_be_restated(instellingen: Instellingen) -> None:
    """The first files again, now as all there is: another levering than the first, with the same content."""
    een, twee = lever(instellingen, A), lever(instellingen, B)
    terug = lever(instellingen, A, **VERVANGEND)

    assert terug != een
    assert statussen(instellingen, een, twee, terug) == ["vervangen", "vervangen", "ontvangen"]
    assert in_lake(instellingen) == [A]


@pytest.mark.parametrize(
    ("periode", "manifest"), [("2026-02", VERVANGEND), (PERIODE, {**VERVANGEND, "aanleveraar": "0363"})]
)
def test_other_period_or_aanleveraar_is_left_alone(
    instellingen: Instellingen, periode: str, manifest: dict[str, Any]
) -> None:
    van_344 = lever(instellingen, A, aanleveraar="0344")
    nieuw = lever(instellingen, B, periode=periode, **manifest)

    assert statussen(instellingen, van_344, nieuw) == ["ontvangen", "ontvangen"]


def test_other_tables_are_left_alone(instellingen: Instellingen) -> None:
    volg = schrijf_csv(VOLGVERZOEK, [["0344", C, "kvk", "20260101", ""]])
    gevolgd = neem_op(instellingen, "gemeente", {"v.csv": volg}).levering_id
    een = lever(instellingen, A)
    lever(instellingen, B, **VERVANGEND)

    assert statussen(instellingen, gevolgd, een) == ["ontvangen", "vervangen"]


@pytest.mark.parametrize("eerder", ["meer tabellen", "alle aanleveraars"])
def test_restating_part_of_a_levering_is_parked(instellingen: Instellingen, eerder: str) -> None:
    volg = schrijf_csv(VOLGVERZOEK, [["0344", C, "kvk", "20260101", ""]])
    files = {"b.csv": populatie_csv([A]), "v.csv": volg} if eerder == "meer tabellen" else {"b.csv": populatie_csv([A])}
    een = neem_op(instellingen, "gemeente", files).levering_id
    extra = {} if eerder == "meer tabellen" else {"aanleveraar": "0344"}
    deel = lever(instellingen, B, **VERVANGEND, **extra)

    assert stand_van(instellingen, deel) == ("geparkeerd", "L-VERVANGT-DEEL")
    assert rij(instellingen, deel)["wijzer"] == een
    assert in_lake(instellingen) == [A]
    levering_besluit.goedkeuren(instellingen, deel, "beide gelden", "beheer")
    assert statussen(instellingen, een, deel) == ["ontvangen", "ontvangen"]
    assert in_lake(instellingen) == [A, B]


def _slecht(instellingen: Instellingen) -> str:
    """A restating levering that the door parks."""
    rows = [bijstand(B), *([bijstand("123456789")] * 1200)]
    text = schrijf_csv(list(_kolommen()), rows)
    return neem_met_manifest(instellingen, "gemeente", {"b.csv": text}, **VERVANGEND).levering_id


def _kolommen() -> tuple[str, ...]:
    return tuple(populatie_csv([]).strip().split(";"))


def test_parked_restating_levering_replaces_nothing_until_it_is_approved(instellingen: Instellingen) -> None:
    een = lever(instellingen, A)
    slecht = _slecht(instellingen)
    assert in_lake(instellingen) == [A]
    assert statussen(instellingen, een, slecht) == ["ontvangen", "geparkeerd"]

    levering_besluit.goedkeuren(instellingen, slecht, "de rest is terecht vervallen", "beheer")
    assert statussen(instellingen, een, slecht) == ["vervangen", "ontvangen"]
    assert in_lake(instellingen) == [B]


def test_refused_restating_levering_replaces_nothing(instellingen: Instellingen) -> None:
    een = lever(instellingen, A)
    slecht = _slecht(instellingen)
    toelaten(instellingen)
    levering_besluit.afkeuren(instellingen, slecht, "verkeerd bestand", "beheer")

    assert statussen(instellingen, een, slecht) == ["ontvangen", "afgekeurd"]
    assert in_lake(instellingen) == [A]


def test_parked_on_receipt_replaces_nothing(instellingen: Instellingen) -> None:
    een = lever(instellingen, A)
    wrong = neem_met_manifest(
        instellingen, "gemeente", {"b.csv": populatie_csv([B])}, **VERVANGEND, aanleveraar="9999"
    ).levering_id

    assert statussen(instellingen, een, wrong) == ["ontvangen", "geparkeerd"]
    levering_besluit.goedkeuren(instellingen, wrong, "code klopte niet", "beheer")
    assert statussen(instellingen, een, wrong) == ["ontvangen", "ontvangen"]  # whom it would replace was not known


# Due again


def _run(instellingen: Instellingen, product: str = "kvk", periode: str = PERIODE) -> str:
    """Enters a run of a product as it would be made now, without making it."""
    toelaten(instellingen)
    pins = huidige_pins(Stand(instellingen, periode), product)
    values = {
        "run_id": pins.run_id,
        "product": product,
        "periode": periode,
        "pins": pins.as_json(),
        "status": "gelukt",
        "aangemaakt_op": now(),
    }
    ledger = instellingen.grootboek
    ledger.registreer_run(values, [], Stap("signaleer", pins.run_id, product, periode))
    ledger.schrijf_stap(Stap("lever", pins.run_id, product, periode))
    return pins.run_id


def _reden(instellingen: Instellingen, product: str = "kvk", periode: str = PERIODE) -> str:
    toelaten(instellingen)
    [regel] = [regel for regel in stand(instellingen, product) if regel.periode == periode]
    return regel.reden


def test_late_levering_makes_a_run_due_again(instellingen: Instellingen) -> None:
    lever(instellingen, A)
    lever(instellingen, A, periode="2026-02")
    _run(instellingen)
    _run(instellingen, periode="2026-02")
    assert (_reden(instellingen), _reden(instellingen, periode="2026-02")) == ("", "")

    lever(instellingen, B)  # about January, after the run of February
    assert (_reden(instellingen), _reden(instellingen, periode="2026-02")) == ("gewijzigd", "gewijzigd")


def test_levering_of_a_later_period_leaves_an_earlier_run_alone(instellingen: Instellingen) -> None:
    lever(instellingen, A)
    _run(instellingen)
    lever(instellingen, B, periode="2026-02")

    assert _reden(instellingen) == ""


def test_restating_levering_makes_a_run_due_again(instellingen: Instellingen) -> None:
    een = lever(instellingen, A)
    first = _run(instellingen)
    slecht = _slecht(instellingen)
    assert _reden(instellingen) == ""  # parked: the old one counts

    levering_besluit.goedkeuren(instellingen, slecht, "klopt", "beheer")
    assert _reden(instellingen) == "gewijzigd"
    pins = huidige_pins(Stand(instellingen, PERIODE), "kvk")
    assert pins.run_id != first
    assert een not in pins.leveringen and slecht in pins.leveringen


def test_levering_of_a_bron_that_a_product_does_not_consult_changes_nothing(instellingen: Instellingen) -> None:
    lever(instellingen, A)
    _run(instellingen)
    neem_op(instellingen, "uwv", {"i.csv": schrijf_csv(IKV, [ikv(A)])})

    assert _reden(instellingen) == ""


# Against an oracle


@settings(max_examples=50)
@given(
    opzet=st.lists(
        st.tuples(
            st.sampled_from(["aanvullend", "vervangend"]),
            st.sampled_from(["a", "b", "a b"]),
            st.sampled_from([None, "0344"]),
            st.sampled_from(["ontvangen", "geparkeerd"]),
        ),
        max_size=7,
    )
)
def test_status_follows_from_what_counts(lege_ledger: Path, opzet: list[tuple[str, str, str | None, str]]) -> None:
    """One after the other, and every parked one approved at the end: always what the rule in words says."""
    with tempfile.TemporaryDirectory() as folder:
        _vergelijk(Ledger(f"sqlite:///{shutil.copy(lege_ledger, folder)}"), opzet)


def _vergelijk(ledger: Ledger, opzet: list[tuple[str, str, str | None, str]]) -> None:
    counts: list[tuple[str, set[str], str | None]] = []
    for nr, (soort, tabellen, wie, status) in enumerate(opzet, 1):
        _registreer(ledger, nr, soort, tabellen, wie, status)
        counts.append((soort if status == "ontvangen" else "telt niet", set(tabellen.split()), wie))
        assert _nu(ledger) == _verwacht(counts, [een[3] for een in opzet[:nr]])
    for nr, (soort, _, _, status) in enumerate(opzet, 1):
        if status == "geparkeerd":
            row = leveringen.vind(ledger, str(nr))
            assert row is not None and leveringen.besluit(ledger, row, "goedgekeurd", "x", "y")
            counts[nr - 1] = (soort, *counts[nr - 1][1:])
    assert _nu(ledger) == _verwacht(counts, ["ontvangen"] * len(counts))


def _registreer(ledger: Ledger, nr: int, soort: str, tabellen: str, wie: str | None, status: str) -> None:
    values = {
        "levering_id": str(nr),
        "bron": "uwv",
        "periode": PERIODE,
        "inhoud": str(nr),
        "omschrijving": "",
        "soort": soort,
        "aanleveraar": wie,
        "status": status,
        "ontvangen_op": now(),
    }
    bestand = {"bestand_nr": 1, "formaat": "csv", "tabellen": tabellen, "bytes": 1, "sha256": "0" * 64}
    ledger.registreer_levering(values, [bestand], Stap("ontvang", str(nr)))


def _nu(ledger: Ledger) -> list[str]:
    return [row["status"] for row in leveringen.alle(ledger)]


def _verwacht(counts: list[tuple[str, set[str], str | None]], statussen: list[str]) -> list[str]:
    result = []
    for index, (soort, tabellen, wie) in enumerate(counts):
        replaced = any(
            later == "vervangend" and other == wie and tabellen <= held for later, held, other in counts[index + 1 :]
        )
        result.append("vervangen" if replaced and soort != "telt niet" else statussen[index])
    return result
