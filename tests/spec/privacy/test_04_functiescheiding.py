"""Gedrag 4: functiescheiding. Wie rekent heeft geen sleutel; wie een sleutel heeft rekent niet."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from pipeline.instellingen import Instellingen
from pipeline.lever import lever
from pipeline.signaleer import signaleer
from pipeline.toelaten import toelaten
from schemas.arrow import PSEUDONIEM, lake_schema
from schemas.fout import KetenFout
from schemas.load import all_tabellen
from tests.bouw import CHECKOUT
from tests.spec.privacy import dorp as d

REKENT = ("transforms", "lineage", "message_formats", "reports", "connectors", "dags", "schemas")
SLEUTEL = {"sleutelbos", "Sleutelbos", "sleutel", "Pseudonimiseerder", "pseudonimiseerder"}


def namen(path: Path) -> set[str]:
    """Every name and attribute a module uses."""
    nodes = list(ast.walk(ast.parse(path.read_text(encoding="utf-8"))))
    return {node.id for node in nodes if isinstance(node, ast.Name)} | {
        node.attr for node in nodes if isinstance(node, ast.Attribute)
    }


def test_calculating_needs_no_key(instellingen: Instellingen) -> None:
    """Met de sleutel weggehaald na de deur worden alle signalen gewoon gemaakt; leveren kan dan niet."""
    d.neem_alles_op(instellingen)
    toelaten(instellingen, tot_periode=d.PERIODE)
    sleutel = instellingen.map("sleutels", "master.key")
    sleutel.rename(instellingen.data / "elders")
    instellingen = Instellingen(data=instellingen.data)  # another process, that never saw it
    made = signaleer(instellingen, "inkomsten", d.PERIODE)
    assert made.nieuw
    assert made.signalen
    with pytest.raises(KetenFout, match="P-SLEUTEL"):
        lever(instellingen, made.run_id)
    assert not list(instellingen.uitleveringen.glob("*/inkomsten/**/*"))
    (instellingen.data / "elders").rename(sleutel)
    assert lever(Instellingen(data=instellingen.data), made.run_id).ontvangers == {"geleverd": 1}


@pytest.mark.parametrize("kamer", REKENT)
def test_rooms_without_keys_do_not_know_them(kamer: str) -> None:
    """Buiten de deur en het berichtenwerk komt het woord sleutel (van een doel) in de code niet voor."""
    for path in (CHECKOUT / kamer).rglob("*.py"):
        assert not namen(path) & (SLEUTEL - {"sleutel"}), (
            path.name
        )  # a table has a `sleutel` too: the fields of its key


def test_steps_that_calculate_do_not_ask_for_a_key() -> None:
    """De stappen die signalen maken en vergelijken vragen nergens om een sleutel."""
    for naam in ("signaleer", "dbt_build", "mutaties", "status", "rapport"):
        assert not namen(CHECKOUT / "pipeline" / f"{naam}.py") & SLEUTEL, naam


def test_models_never_see_a_bsn() -> None:
    """De modellen lezen tabellen zonder burgerservicenummer: alleen een pseudoniem van zestien bytes."""
    for naam, tabel in all_tabellen():
        schema = lake_schema(tabel)
        for veld, declared in tabel.velden.items():
            if declared.type in ("bsn", "lhnr"):
                assert veld not in schema.names or declared.type == "lhnr", naam
        pseudonyms = [field for field in schema if field.type == PSEUDONIEM]
        assert len(pseudonyms) == sum(veld.type in ("bsn", "lhnr") for veld in tabel.velden.values()), naam
    for path in (CHECKOUT / "transforms" / "models").rglob("*.sql"):
        assert "burgerservicenummer" not in path.read_text(encoding="utf-8").lower(), path.name


def test_door_holds_no_signals_and_delivery_no_extracts(dorp: Instellingen) -> None:
    """De deur schrijft alleen naar het lake en de quarantaine, rekenen alleen naar runs, leveren alleen naar buiten."""
    pipeline = CHECKOUT / "pipeline"
    assert "run_map" not in (pipeline / "toelaten.py").read_text(encoding="utf-8")
    for path in (pipeline / "lever.py", *(pipeline / "uitlevering").glob("*.py")):
        assert "landing" not in path.read_text(encoding="utf-8"), path.name
    assert not list(dorp.lake.rglob("signal_*"))


def test_docs_say_how_keys_are_kept_apart() -> None:
    """De documentatie zegt hoe de rollen in productie worden gescheiden: andere Airflow-verbindingen en geheimen."""
    text = " ".join(path.read_text(encoding="utf-8") for path in (CHECKOUT / "docs").rglob("*.md"))
    for term in ("Airflow", "secret", "connection"):
        assert term in text, term
