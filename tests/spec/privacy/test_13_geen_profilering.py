"""Gedrag 13: geen profilering. Signalen zijn vaste regels die te lezen, te dateren en uit te leggen zijn.

Wat hier bewezen wordt: er is geen lerend model, geen toeval en geen score; dezelfde invoer geeft dezelfde signalen; wat
over de een wordt gezegd hangt niet af van anderen buiten het huishouden; en elk signaal noemt zijn regel en feiten. Wat
een test niet kan bewijzen: dat een regel zelf redelijk is, of dat een gemeente er zorgvuldig mee omgaat. Daarvoor staan
de regels in woorden in `schemas/producten` en beslist een mens.
"""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path

import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

from pipeline.dbt_build import build
from pipeline.instellingen import Instellingen
from schemas.berichten import berichten
from schemas.load import producten, read_csv
from tests.bouw import CHECKOUT
from tests.spec.privacy import dorp as d
from tests.spec.signals.casus import Casus, pseudonym, read_case, write_input

CASUS = CHECKOUT / "tests" / "spec" / "signals" / "kwijtschelding" / "bijstand_zonder_inkomenstoets"
LEREND = (
    *("scikit-learn", "sklearn", "xgboost", "lightgbm", "catboost", "torch", "tensorflow", "keras", "statsmodels"),
    *("scipy", "transformers", "jax", "prophet", "h2o", "onnxruntime"),
)
TOEVAL = re.compile(
    r"\b(random|rand|uuid|gen_random_uuid|setseed|sample|tablesample|hash)\s*\(|\busing\s+sample\b", re.I
)
SCORE = re.compile(r"\b\w*(score|risico|risk|kans|waarschijnlijk|probab|profiel|ranking|verdacht|fraude)\w*\b", re.I)


def sql() -> list[Path]:
    return sorted((CHECKOUT / "transforms").glob("m*/**/*.sql"))


def test_rules_hold_nothing_that_learns_or_draws_lots() -> None:
    """In de regels staat geen toeval, geen score en geen kans; en de keten gebruikt geen bibliotheek die leert."""
    for path in sql():
        text = re.sub(r"--[^\n]*|\{#.*?#\}", "", path.read_text(encoding="utf-8"), flags=re.DOTALL)
        assert not TOEVAL.search(text), path.name
        assert not SCORE.search(text), path.name
    locked = (CHECKOUT / "requirements.lock").read_text(encoding="utf-8").lower()
    names = set(re.findall(r"^([a-z0-9_.-]+)==", locked, re.MULTILINE))
    assert len(names) > 50
    assert not names & set(LEREND)


def test_no_message_carries_a_score() -> None:
    """Geen enkel berichtveld is een score, een kans of een oordeel over een persoon."""
    for definitie in berichten().values():
        for velden in (definitie.signaal, definitie.bewijs):
            assert not [naam for naam in velden if SCORE.search(naam)], definitie.bericht


def test_every_code_is_a_rule_in_words() -> None:
    """Elke signaalcode is verklaard: een naam en een uitleg in woorden, zonder verdenking."""
    for product in producten().values():
        assert product.signalen
        for code, signaal in product.signalen.items():
            assert len(signaal.toelichting.split()) >= 5, code
            assert not SCORE.search(f"{signaal.naam} {signaal.toelichting}"), code


def test_every_norm_is_dated_and_has_a_source() -> None:
    """Elke norm waaraan wordt getoetst heeft een begin en een bron."""
    normen = read_csv("codes/norm.csv")
    assert normen
    assert not [norm["norm"] for norm in normen if not norm["bron"] or not (norm["geldig_van"] or norm["geldig_tot"])]


def test_every_signal_can_be_read_dated_and_explained(dorp: Instellingen) -> None:
    """Elk geleverd signaal heeft een verklaarde code, een uitleg, een peildatum en bewijs dat naar een record wijst."""
    seen = 0
    for product in d.PRODUCTEN:
        declared = producten()[product].signalen
        for path in d.bericht(dorp, product, "json"):
            for signaal in json.loads(path.read_text(encoding="utf-8"))["signalen"]:
                seen += 1
                assert signaal["toelichting"] == declared[signaal["signaalCode"]].toelichting
                assert signaal["peildatum"] == "2026-01-31"
                assert signaal["bewijs"]
                for feit in signaal["bewijs"]:
                    assert feit["bron"]
                    assert feit["leveringId"]
                    assert feit["recordNr"] > 0
                    assert feit["kenmerk"]
    assert seen > 10


def _uitkomst(casus: Casus, folder: Path) -> Path:
    """Builds a case; the folder with what came out."""
    result = build(
        casus.product,
        write_input(casus, folder),
        folder / "uit",
        periode=casus.periode,
        aanwezig=casus.aanwezig,
        werkmap=folder / "werk",
    )
    assert result.ok, (result.fouten, result.tests_mislukt)
    return folder / "uit"


def _map(folder: Path) -> Path:
    folder.mkdir(parents=True)
    return folder


def test_same_input_gives_the_same_signals(tmp_path: Path) -> None:
    """Dezelfde invoer geeft byte voor byte dezelfde signalen en hetzelfde bewijs."""
    casus = read_case(CASUS)
    one, two = (_uitkomst(casus, _map(tmp_path / naam)) for naam in ("een", "twee"))
    for naam in ("signal_kwijtschelding.parquet", "bewijs_kwijtschelding.parquet"):
        assert (one / naam).read_bytes() == (two / naam).read_bytes()


@pytest.mark.zwaar
@pytest.mark.parametrize("naam", ["anna", "bas", "dirk"])
def test_a_signal_does_not_depend_on_other_people(tmp_path: Path, naam: str) -> None:
    """Wie alleen in de lijst staat krijgt hetzelfde signaal als tussen anderen: niemand wordt vergeleken."""
    casus = read_case(CASUS)
    alone = {tabel: [row for row in rows if row.get("persoon", naam) == naam] for tabel, rows in casus.invoer.items()}
    among, apart = (
        pq.read_table(_uitkomst(one, _map(tmp_path / waar)) / "signal_kwijtschelding.parquet")
        for waar, one in (("samen", casus), ("apart", replace(casus, invoer=alone)))
    )
    among = among.filter(pc.equal(among["persoon"], pseudonym(naam)))
    assert apart.num_rows == among.num_rows == 1
    assert apart.to_pylist() == among.to_pylist()
