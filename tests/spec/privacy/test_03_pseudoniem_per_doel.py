"""Gedrag 3: een pseudoniem per doel. Zonder de sleutels is iemand in twee producten niet te koppelen."""

from __future__ import annotations

import re

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from typer.testing import CliRunner

from pipeline import sleutelrotatie
from pipeline.cli import app
from pipeline.instellingen import Instellingen
from pipeline.sleutelrotatie import roteer, stand_van_sleutels
from pipeline.stand import Stand
from pipeline.toelaten import toelaten
from privacy.pseudoniem import Pseudonimiseerder
from schemas.arrow import PSEUDONIEM
from schemas.fout import KetenFout
from schemas.load import doelen
from tests.bouw import personen_in_lake
from tests.spec.privacy import dorp as d


def tokens(instellingen: Instellingen, doel: str) -> set[bytes]:
    """Every pseudonym there is of a doel, in the lake and in what was calculated."""
    found: set[bytes] = set()
    for folder in (instellingen.lake / doel, instellingen.map("runs", doel)):
        for path in folder.rglob("*.parquet"):
            table = pq.ParquetFile(path).read()
            for naam, kolom in zip(table.column_names, table.columns, strict=True):
                if kolom.type == PSEUDONIEM or naam in ("persoon", "partner"):
                    found |= set(kolom.to_pylist()) - {None}
    return found


def test_same_person_in_two_doelen_cannot_be_joined(dorp: Instellingen) -> None:
    """Wie alle bestanden heeft en geen sleutel vindt tussen de doelen geen enkele overeenkomst."""
    per_doel = {doel: tokens(dorp, doel) for doel in d.PRODUCTEN}
    assert all(len(found) >= 2 for found in per_doel.values())
    for one in d.PRODUCTEN:
        for other in d.PRODUCTEN:
            if one != other:
                assert not per_doel[one] & per_doel[other]
    people = {doel: set(personen_in_lake(dorp, doel, "brp.persoon")) for doel in d.PRODUCTEN}
    assert set.intersection(*people.values()) == {d.ANNA}  # who has the keys sees that she is in all three


def test_token_does_not_look_like_a_bsn(dorp: Instellingen) -> None:
    """Een pseudoniem is zestien bytes, geen negen cijfers, en verschilt in alles van dat van een buur."""
    found = {token for doel in d.PRODUCTEN for token in tokens(dorp, doel)}
    for token in found:
        assert len(token) == 16
        assert not re.search(rb"\d{8,9}", token)
        assert token.count(0) < 8  # no padding to be seen
    pseudonimiseerder = Stand(dorp).pseudonimiseerder("vsv")
    digits = [[ord(cijfer) for cijfer in bsn] for bsn in ("111222333", "111222334")]
    one, other = pseudonimiseerder.versleutel(np.array(digits, np.uint8)).to_pylist()
    assert sum(a == b for a, b in zip(one, other, strict=True)) < 6


def test_no_key_is_stored_with_the_data(dorp: Instellingen) -> None:
    """De sleutel van een doel staat nergens op schijf; de hoofdsleutel alleen in zijn eigen bestand."""
    secret = [dorp.map("sleutels", "master.key").read_bytes()]
    secret += [dorp.sleutelbos.sleutel(doel) for doel in doelen()]
    for path in dorp.data.rglob("*"):
        if path.is_file() and path.parent != dorp.map("sleutels"):
            content = path.read_bytes()
            assert not [key for key in secret if key in content or key.hex().encode() in content], path


def test_rotation_changes_every_token_and_nothing_is_lost(eigen_dorp: Instellingen) -> None:
    """Na `keten sleutel roteer` heeft iedereen een ander pseudoniem, is alles nog te lezen, en hoeft niets opnieuw."""
    before, people = tokens(eigen_dorp, "inkomsten"), set(personen_in_lake(eigen_dorp, "inkomsten", "brp.persoon"))
    other = tokens(eigen_dorp, "vsv")
    done = CliRunner().invoke(app, ["sleutel", "roteer", "inkomsten"], env={"KETEN_DATA": str(eigen_dorp.data)})
    assert done.exit_code == 0
    again = Instellingen(data=eigen_dorp.data)
    assert not tokens(again, "inkomsten") & before
    assert set(personen_in_lake(again, "inkomsten", "brp.persoon")) == people
    assert tokens(again, "vsv") == other
    assert toelaten(again, doel="inkomsten", tot_periode=d.PERIODE) == []


def test_old_version_stays_readable_until_nothing_is_under_it(
    eigen_dorp: Instellingen, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Breekt een rotatie af, dan blijft de oude versie leesbaar; pas als er niets meer onder staat vervalt zij."""
    verval = sleutelrotatie.laat_vervallen
    monkeypatch.setattr(sleutelrotatie, "laat_vervallen", _breek_af)
    with pytest.raises(KeyboardInterrupt):
        roteer(eigen_dorp, "inkomsten")
    assert _status(eigen_dorp) == {1: "leesbaar", 2: "actief"}
    monkeypatch.setattr(sleutelrotatie, "laat_vervallen", verval)
    roteer(eigen_dorp, "inkomsten")
    assert _status(eigen_dorp) == {1: "vervallen", 2: "actief"}


def _breek_af(*_: object, **__: object) -> list[int]:
    raise KeyboardInterrupt


def _status(instellingen: Instellingen) -> dict[int, str]:
    return {row.versie: row.status for row in stand_van_sleutels(instellingen) if row.doel == "inkomsten"}


def test_foreign_forged_and_retired_tokens_are_refused(eigen_dorp: Instellingen) -> None:
    """Een pseudoniem van een ander doel, een verzonnen pseudoniem en een van een vervallen sleutel worden geweigerd."""
    old = pa.array(sorted(tokens(eigen_dorp, "inkomsten"))[:1], PSEUDONIEM)
    foreign = pa.array(sorted(tokens(eigen_dorp, "vsv"))[:1], PSEUDONIEM)
    forged = pa.array([bytes(range(16))], PSEUDONIEM)
    roteer(eigen_dorp, "inkomsten")
    pseudonimiseerder = Stand(Instellingen(data=eigen_dorp.data)).pseudonimiseerder("inkomsten")
    for column in (old, foreign, forged):
        with pytest.raises(KetenFout, match="P-VREEMD"):
            pseudonimiseerder.ontsleutel(column)


def test_keys_of_doelen_are_independent(dorp: Instellingen) -> None:
    """Elke combinatie van doel en versie heeft een eigen sleutel, afgeleid van de hoofdsleutel."""
    keys = [dorp.sleutelbos.sleutel(doel, versie) for doel in doelen() for versie in (1, 2, 3)]
    assert len(set(keys)) == len(keys)
    assert {len(key) for key in keys} == {32}
    own = pa.array(sorted(tokens(dorp, "vsv"))[:1], PSEUDONIEM)
    with pytest.raises(KetenFout, match="P-VREEMD"):
        Pseudonimiseerder(dorp.sleutelbos.sleutel("vsv", 2), 2).ontsleutel(own)
