"""The manifest beside a levering: held against what was received, without repeating a name."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest
from pydantic import ValidationError

from pipeline.instellingen import Instellingen
from pipeline.levering.ontvang import ontvang
from pipeline.status import stand
from pipeline.toelaten import toelaten
from schemas.levering import LeveringManifest
from tests.bouw import BIJSTAND, CHECKOUT, PERIODE, bijstand, maak_bsn, neem_op, populatie_csv, schrijf_csv
from tests.e2e.speur import Speurder
from tests.leveringen import maak_manifest, neem_met_manifest, rij, stand_van

A, B, GEHEIM = (maak_bsn(nummer) for nummer in range(1, 4))
BESTANDEN = {"a.csv": populatie_csv([A]), "b.csv": populatie_csv([B])}
Verander = Callable[[dict[str, Any]], object]


def test_good_manifest_says_what_the_levering_is(instellingen: Instellingen) -> None:
    levering = neem_met_manifest(
        instellingen, "gemeente", BESTANDEN, soort="vervangend", volledig=False, aanleveraar="0344"
    )

    assert (levering.status, levering.code, levering.bestanden) == ("ontvangen", None, 2)
    row = rij(instellingen, levering.levering_id)
    assert (row["soort"], row["volledig"], row["aanleveraar"]) == ("vervangend", False, "0344")


def test_without_a_manifest_a_levering_adds_and_is_complete(instellingen: Instellingen) -> None:
    row = rij(instellingen, neem_op(instellingen, "gemeente", BESTANDEN).levering_id)

    assert (row["status"], row["soort"], row["volledig"], row["aanleveraar"]) == ("ontvangen", "aanvullend", True, None)


def test_manifest_without_files_only_says_what_it_is(instellingen: Instellingen) -> None:
    manifest = json.dumps({"bron": "gemeente", "periode": PERIODE, "naam": "x", "omschrijving": GEHEIM})
    levering = neem_op(instellingen, "gemeente", {**BESTANDEN, "levering.json": manifest})

    assert levering.status == "ontvangen"
    assert GEHEIM not in str(rij(instellingen, levering.levering_id))


def _zet(*pad: str | int, waarde: object) -> Verander:
    def change(manifest: dict[str, Any]) -> None:
        place: Any = manifest
        for part in pad[:-1]:
            place = place[part]
        place[pad[-1]] = waarde

    return change


@pytest.mark.parametrize(
    ("verander", "code", "wijzer"),
    [
        (_zet("bron", waarde="uwv"), "L-MANIFEST-BRON", None),
        (_zet("periode", waarde="2026-02"), "L-MANIFEST-PERIODE", None),
        (_zet("aanleveraar", waarde="9999"), "L-MANIFEST-AANLEVERAAR", None),
        (_zet("bestanden", 0, "sha256", waarde="0" * 64), "L-MANIFEST-DIGEST", "bestand 1"),
        (_zet("bestanden", 1, "bytes", waarde=1), "L-MANIFEST-DIGEST", "bestand 2"),
        (lambda m: m["bestanden"].pop(), "L-MANIFEST-EXTRA", "bestand 2"),
        (_zet("bestanden", waarde=[]), "L-MANIFEST-EXTRA", "bestand 1, bestand 2"),
        (
            lambda m: m["bestanden"].append({"naam": f"{GEHEIM}.csv", "sha256": "0" * 64}),
            "L-MANIFEST-ONTBREEKT",
            "manifest 3",
        ),
        (_zet("bestanden", 0, "naam", waarde="../../b.csv"), "L-MANIFEST-ONTBREEKT", "manifest 1"),
        (_zet("periode", waarde="januari"), "L-MANIFEST-ONLEESBAAR", "periode"),
        (_zet("aanleveraar", waarde="../0344"), "L-MANIFEST-ONLEESBAAR", "aanleveraar"),
        (_zet("soort", waarde=GEHEIM), "L-MANIFEST-ONLEESBAAR", "soort"),
        (_zet("bestanden", 1, "sha256", waarde=GEHEIM), "L-MANIFEST-ONLEESBAAR", "bestanden 2 sha256"),
        (_zet(GEHEIM, waarde=1), "L-MANIFEST-ONLEESBAAR", "onbekende sleutel"),
        (lambda m: m.pop("bron"), "L-MANIFEST-ONLEESBAAR", "bron"),
    ],
)
def test_wrong_manifest_parks_with_a_place(
    instellingen: Instellingen, verander: Verander, code: str, wijzer: str | None
) -> None:
    manifest = maak_manifest("gemeente", PERIODE, BESTANDEN)
    verander(manifest)
    levering = neem_op(instellingen, "gemeente", {**BESTANDEN, "levering.json": json.dumps(manifest)})

    assert (levering.status, levering.code, levering.wijzer) == ("geparkeerd", code, wijzer)
    assert toelaten(instellingen) == []
    assert not Speurder([GEHEIM]).zoek(instellingen.data / "ledger")


@pytest.mark.parametrize("tekst", ["", "{", "[]", "null", '"x"', "{" * 5000, "\x00", '{"bron": NaN}'])
def test_manifest_that_is_no_manifest(instellingen: Instellingen, tekst: str) -> None:
    levering = neem_op(instellingen, "gemeente", {**BESTANDEN, "levering.json": tekst})

    assert stand_van(instellingen, levering.levering_id) == ("geparkeerd", "L-MANIFEST-ONLEESBAAR")


def test_two_manifests_say_nothing(instellingen: Instellingen, tmp_path: Path) -> None:
    for folder in ("een", "twee"):
        (tmp_path / "l" / folder).mkdir(parents=True)
        (tmp_path / "l" / folder / "levering.json").write_text(json.dumps({"bron": "gemeente", "periode": PERIODE}))
        (tmp_path / "l" / folder / "a.csv").write_text(populatie_csv([A]))

    levering = ontvang(instellingen, "gemeente", [tmp_path / "l"], PERIODE)

    assert (levering.code, levering.wijzer) == ("L-MANIFEST-ONLEESBAAR", "meer dan een manifest")


def test_names_are_those_below_the_manifest(instellingen: Instellingen, tmp_path: Path) -> None:
    """In a folder of their own, and however an accent is written."""
    for naam in ("map/a.csv", "cafe\u0301.csv"):
        (tmp_path / "l" / naam).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "l" / naam).write_text(populatie_csv([A]) + "\n" * len(naam))
    said = [
        {"naam": naam, "sha256": hashlib.sha256((tmp_path / "l" / echt).read_bytes()).hexdigest()}
        for naam, echt in (("map/a.csv", "map/a.csv"), ("caf\u00e9.csv", "cafe\u0301.csv"))
    ]
    (tmp_path / "l" / "levering.json").write_text(
        json.dumps({"bron": "gemeente", "periode": PERIODE, "bestanden": said})
    )

    assert ontvang(instellingen, "gemeente", [tmp_path / "l"], PERIODE).status == "ontvangen"
    assert ontvang(instellingen, "gemeente", sorted((tmp_path / "l").iterdir()), PERIODE).code == "L-DUBBEL"


def test_same_files_with_a_better_manifest_are_another_levering(instellingen: Instellingen) -> None:
    wrong = json.dumps(maak_manifest("gemeente", "2026-02", BESTANDEN))
    first = neem_op(instellingen, "gemeente", {**BESTANDEN, "levering.json": wrong})
    again = neem_op(instellingen, "gemeente", {**BESTANDEN, "levering.json": wrong})
    better = neem_met_manifest(instellingen, "gemeente", BESTANDEN)
    bare = neem_op(instellingen, "gemeente", BESTANDEN)

    assert (again.levering_id, again.code, again.status) == (first.levering_id, "L-DUBBEL", "geparkeerd")
    assert (better.nieuw, better.status) == (True, "ontvangen")
    assert (bare.levering_id, bare.code) == (better.levering_id, "L-DUBBEL")


def _met_records(instellingen: Instellingen, inhoud: str, records: int) -> tuple[str, str | None]:
    manifest = maak_manifest("gemeente", PERIODE, {"a.csv": inhoud})
    manifest["bestanden"][0]["records"] = records
    levering = neem_op(instellingen, "gemeente", {"a.csv": inhoud, "levering.json": json.dumps(manifest)})
    toelaten(instellingen)
    return stand_van(instellingen, levering.levering_id)


@pytest.mark.parametrize(("records", "status"), [(4, "ontvangen"), (3, "geparkeerd"), (5, "geparkeerd")])
def test_records_are_counted_at_the_door(instellingen: Instellingen, records: int, status: str) -> None:
    """All of them: rejected ones, and a line that cannot be read."""
    inhoud = schrijf_csv(BIJSTAND, [bijstand(A), bijstand("1"), bijstand(B)]) + "een;losse;regel\n"

    code = None if status == "ontvangen" else "L-MANIFEST-AANTAL"
    assert _met_records(instellingen, inhoud, records) == (status, code)
    if code:
        [levering] = {path.name for path in (instellingen.landing / "gemeente").iterdir()}
        assert rij(instellingen, levering)["wijzer"] == "bestand 1"
        assert not list(instellingen.lake.rglob("000001-*.parquet"))


def test_period_waits_for_what_completes_it(instellingen: Instellingen) -> None:
    for bron in ("brp", "uwv"):
        levering = neem_op(instellingen, bron, {"x.csv": _leeg(bron)})
        assert levering.status == "ontvangen"
    neem_met_manifest(instellingen, "gemeente", {"a.csv": populatie_csv([A])}, volledig=False)
    assert [regel.ontbreekt for regel in stand(instellingen, "inkomsten")] == [("gemeente",)]

    neem_met_manifest(instellingen, "gemeente", {"b.csv": populatie_csv([B])})
    assert [regel.ontbreekt for regel in stand(instellingen, "inkomsten")] == [()]


def _leeg(bron: str) -> str:
    if bron == "uwv":
        return schrijf_csv(("Burgerservicenr", "Loonheffingennr", "VolgnrIkv", "DatBIkv"), [])
    return "PL;01.01.20;08.09.10\n"


@pytest.mark.parametrize(
    "manifest",
    [
        {"bron": "uwv", "periode": "2026-01"},
        {"bron": "uwv", "periode": "2026-13"},
        {"bron": "uwv"},
        {"bron": "uwv", "periode": "2026-01", "soort": "anders"},
        {"bron": "uwv", "periode": "2026-01", "extra": 1},
        {"bron": "uwv", "periode": "2026-01", "aanleveraar": "0344", "bestanden": None},
        {"bron": "uwv", "periode": "2026-01", "bestanden": [{"naam": "", "sha256": "0" * 64}]},
        {"bron": "uwv", "periode": "2026-01", "bestanden": [{"naam": "a", "sha256": "0" * 63}]},
        {"bron": "uwv", "periode": "2026-01", "bestanden": [{"naam": "a", "sha256": "0" * 64, "records": -1}]},
        maak_manifest("gemeente", PERIODE, BESTANDEN),
    ],
)
def test_published_schema_agrees_with_what_is_accepted(manifest: dict[str, Any]) -> None:
    schema = json.loads((CHECKOUT / "schemas/generated/levering.schema.json").read_text(encoding="utf-8"))
    try:
        LeveringManifest.model_validate_json(json.dumps(manifest))
        accepted = True
    except ValidationError:
        accepted = False

    assert jsonschema_rs.validator_for(schema).is_valid(manifest) == accepted
