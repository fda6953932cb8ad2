"""Definitions that contradict themselves, the product or the doelprofiel are refused."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from pydantic import ValidationError

from schemas import berichten as module
from schemas.berichten import BerichtVeld, berichten, find_bericht
from schemas.load import ROOT, SchemaFout, producten

FILE = "berichten/vsvbericht/v1.0.yml"


@pytest.fixture
def copy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A copy of the definitions that a test may spoil."""
    shutil.copytree(ROOT / "berichten", tmp_path / "berichten")
    monkeypatch.setattr(module, "ROOT", tmp_path)
    monkeypatch.setattr(module, "berichten", berichten.__wrapped__)
    module._gemeenschappelijk.cache_clear()
    yield tmp_path
    module._gemeenschappelijk.cache_clear()


def change(copy: Path, file: str, old: str, new: str) -> None:
    path = copy / file
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")
    module.berichten()


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        ("herkomst: [brp.persoon.geboortedatum], ", "herkomst: [brp.persoon.naam], ", "doelprofiel"),
        ("herkomst: [brp.persoon.geboortedatum], ", "herkomst: [uitlevering.geheim], ", "doelprofiel"),
        ("[VSV-D1, VSV-D2, VSV-D3]", "[VSV-D1, VSV-D2, VSV-D4]", "product niet heeft"),
        ("[VSV-D1, VSV-D2, VSV-D3]", "[VSV-D1, VSV-D2]", "ontbreken"),
        ("weglaten: {partner_burgerservicenummer:", "weglaten: {burgerservicenummer:", "weglaten"),
        ("  leeftijd:", "  ingang:", "al gemeenschappelijk"),
        ("  leeftijd:", "  leeftijdInJaren:", "snake_case"),
        ('versie: "1.0"', 'versie: "1.1"', "bestandsnaam"),
        ("product: vsv", "product: vsw", "geen product"),
    ],
)
def test_a_wrong_definition_is_refused(copy: Path, old: str, new: str, reason: str) -> None:
    with pytest.raises(SchemaFout, match=reason):
        change(copy, FILE, old, new)


def test_the_unspoilt_copy_is_accepted(copy: Path) -> None:
    change(copy, FILE, "VSV-bericht", "VSV-bericht")


@pytest.mark.parametrize(
    "wrong",
    [
        {"type": "tekst", "klasse": "wat", "verplicht": True, "max_lengte": 5},
        {"type": "tekst", "klasse": "dat"},
        {"type": "code", "klasse": "dat"},
        {"type": "getal", "klasse": "dat"},
        {"type": "datum", "klasse": "dat", "voorbeeld": ""},
        {"type": "datum", "klasse": "dat", "onbekend": 1},
        {"type": "datum", "klasse": "dat", "herkomst": ()},
    ],
)
def test_a_wrong_field_is_refused(wrong: dict[str, object]) -> None:
    right: dict[str, object] = {"omschrijving": "x", "herkomst": ("product.versie",), "voorbeeld": "x"}
    with pytest.raises(ValidationError):
        BerichtVeld(**{**right, **wrong})  # type: ignore[arg-type]


def over_aantallen(monkeypatch: pytest.MonkeyPatch, naam: str) -> None:
    """Has a product count persons instead of naming them."""
    counting = producten()[naam].model_copy(update={"over": "aantallen"})
    monkeypatch.setattr(module, "producten", lambda: {**producten(), naam: counting})


def test_a_message_of_counts_names_nobody(copy: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    persons = module.berichten()["kvkbericht", "1.0"]
    over_aantallen(monkeypatch, "kvk")
    counts = module.berichten()["kvkbericht", "1.0"]
    assert set(persons.signaal) - set(counts.signaal) == {"burgerservicenummer", "partner_burgerservicenummer"}
    assert [veld.klasse for veld in counts.signaal.values() if veld.klasse == "identifier"] == []
    assert counts.bewijs == persons.bewijs


def test_a_message_of_counts_may_not_name_anybody(copy: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    over_aantallen(monkeypatch, "kvk")
    named = '  bsn_ander: {type: bsn, klasse: identifier, voorbeeld: "999990019", '
    named += "herkomst: [signaal.persoon], omschrijving: Nog iemand.}\n"
    with pytest.raises(SchemaFout, match="noemt niemand"):
        change(copy, "berichten/kvkbericht/v1.0.yml", "velden:\n", f"velden:\n{named}")


def test_every_product_has_its_message() -> None:
    for product in producten().values():
        bericht = find_bericht(product.bericht, product.versie)
        assert bericht.product == product.product
        assert bericht.urn == f"urn:signaalketen:bericht:{product.bericht}:{product.versie}"
    with pytest.raises(SchemaFout):
        find_bericht("inkomstenbericht", "9.0")


def test_envelope_and_common_fields_are_the_same_in_all() -> None:
    first, *others = berichten().values()
    free = {"waarden", "voorbeeld"}
    for other in others:
        assert list(first.envelop) == list(other.envelop)
        for naam in set(first.signaal) & set(other.signaal) & {"signaal_id", "signaal_code", "ingang", "toelichting"}:
            assert first.signaal[naam].model_dump(exclude=free) == other.signaal[naam].model_dump(exclude=free)
        assert first.bewijs == other.bewijs
