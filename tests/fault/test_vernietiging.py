"""A purge that is killed at any moment is finished by the next: all is gone, and everything has exactly one proof."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

from lineage import tabellen as t
from lineage.vernietiging import voornemens
from pipeline.bewaren import vernietig as module
from pipeline.bewaren.bewijs import verifieer
from pipeline.bewaren.opruimen import ruim_op
from pipeline.bewaren.vernietig import Eenheid, alleen, vernietig_rijen
from pipeline.instellingen import Instellingen
from pipeline.toelaten import toelaten
from schemas.fout import KetenFout
from schemas.load import doelen
from tests.bewaar import bestanden, bewijzen, neem_maand_op, rijen
from tests.unit.test_bewaren import eerste_dag

DAG = eerste_dag("2026-01", doelen()["inkomsten"].bewaartermijn.maximum_maanden)


class Gedood(BaseException):
    """Stands for a kill: no code of the pipeline catches it."""


def _voor(stap: Callable[..., Any]) -> Callable[..., Any]:
    def killed(*args: Any, **kwargs: Any) -> Any:
        raise Gedood

    return killed


def _na(stap: Callable[..., Any]) -> Callable[..., Any]:
    def killed(*args: Any, **kwargs: Any) -> Any:
        stap(*args, **kwargs)
        raise Gedood

    return killed


def _half_gewist(stap: Callable[..., Any]) -> Callable[..., Any]:
    def killed(root: Path, plaatsen: list[str]) -> None:
        found = [path for plaats in plaatsen for folder in root.glob(plaats) for path in (folder, *folder.rglob("*"))]
        next(path for path in found if path.is_file()).unlink()
        raise Gedood

    return killed


MOMENTEN = [
    ("neem_afdruk", _voor),
    ("neem_voor", _voor),
    ("neem_voor", _na),
    ("wis", _voor),
    ("wis", _half_gewist),
    ("wis", _na),
    ("leg_vast", _voor),
    ("leg_vast", _na),
]


@pytest.fixture
def gevuld(instellingen: Instellingen) -> Instellingen:
    neem_maand_op(instellingen, "2026-01")
    toelaten(instellingen)
    return instellingen


@pytest.mark.parametrize(
    ("stap", "moment"), MOMENTEN, ids=[f"{moment.__name__[1:]}-{naam}" for naam, moment in MOMENTEN]
)
@pytest.mark.parametrize("keer", [1, 3])
def test_killed_purge_is_finished(
    gevuld: Instellingen, monkeypatch: pytest.MonkeyPatch, stap: str, moment: Callable[..., Any], keer: int
) -> None:
    real, calls = getattr(module, stap), []

    def sometimes(*args: Any, **kwargs: Any) -> Any:
        calls.append(stap)
        return (moment(real) if len(calls) == keer else real)(*args, **kwargs)

    with monkeypatch.context() as patch:
        patch.setattr(module, stap, sometimes)
        with pytest.raises(Gedood):
            ruim_op(gevuld, DAG)

    ruim_op(gevuld, DAG)

    assert bestanden(gevuld.lake / "inkomsten") == bestanden(gevuld.landing) == []
    proofs = bewijzen(gevuld)
    assert len(proofs) == len(set(proofs))
    assert {row["status"] for row in rijen(gevuld, t.levering)} == {"vernietigd"}
    assert {onderwerp for dataset, onderwerp, _ in proofs if dataset.startswith("leveringen/")} == {
        row["levering_id"] for row in rijen(gevuld, t.levering)
    }
    assert voornemens(gevuld.grootboek) == []
    assert verifieer(gevuld).problemen == ()


def test_unfinished_purge_is_reported(gevuld: Instellingen, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(module, "leg_vast", _voor(module.leg_vast))
        with pytest.raises(Gedood):
            ruim_op(gevuld, DAG)

    assert ["nog niet uitgevoerd" in problem for problem in verifieer(gevuld).problemen] == [True]


def test_one_at_a_time(gevuld: Instellingen) -> None:
    with alleen(gevuld), pytest.raises(KetenFout, match="V-BEZIG"):
        ruim_op(gevuld, DAG)


class TestRijen:
    """Rows go from several files as one: all of them, or none."""

    @pytest.fixture
    def tabellen(self, instellingen: Instellingen) -> list[Path]:
        paths = [instellingen.map("runs", f"{naam}.parquet") for naam in "abc"]
        paths[0].parent.mkdir(parents=True)
        for path in paths:
            table = pa.table({"x": pa.array(range(10), pa.int32())}).replace_schema_metadata({"sleutelversie": "2"})
            pq.write_table(table, path)
        return paths

    @staticmethod
    def _doe(instellingen: Instellingen, tabellen: list[Path]) -> None:
        sieves = {path: lambda table: table.filter(pc.less(table["x"], 7)) for path in tabellen}
        with alleen(instellingen):
            vernietig_rijen(instellingen, Eenheid("signalen/x", "proef", "ongegrond", "proef"), sieves)

    @pytest.mark.parametrize("stap", ["zet_klaar", "neem_voor", "vervang", "leg_vast"])
    @pytest.mark.parametrize("moment", [_voor, _na])
    def test_killed(
        self,
        instellingen: Instellingen,
        tabellen: list[Path],
        monkeypatch: pytest.MonkeyPatch,
        stap: str,
        moment: Callable[..., Any],
    ) -> None:
        with monkeypatch.context() as patch:
            patch.setattr(module, stap, moment(getattr(module, stap)))
            with pytest.raises(Gedood):
                self._doe(instellingen, tabellen)
        self._doe(instellingen, tabellen)

        assert [pq.read_table(path)["x"].to_pylist() for path in tabellen] == [list(range(7))] * 3
        (proof,) = rijen(instellingen, t.vernietiging)
        assert (proof["bestanden"], proof["rijen"]) == (3, 9)
        assert bestanden(instellingen.map("runs")) == ["a.parquet", "b.parquet", "c.parquet"]
        assert bestanden(instellingen.map(module.KLAARGEZET)) == []

    def test_killed_between_two_files(
        self, instellingen: Instellingen, tabellen: list[Path], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def one(klaargezet: Path, root: Path) -> None:
            nieuw = sorted(path for path in klaargezet.rglob("*") if path.is_file())[0]
            nieuw.replace(root / nieuw.relative_to(klaargezet))
            raise Gedood

        with monkeypatch.context() as patch:
            patch.setattr(module, "vervang", one)
            with pytest.raises(Gedood):
                self._doe(instellingen, tabellen)
        assert [pq.read_metadata(path).num_rows for path in tabellen] == [7, 10, 10]

        with alleen(instellingen):
            pass

        assert [pq.read_metadata(path).num_rows for path in tabellen] == [7, 7, 7]
        assert len(rijen(instellingen, t.vernietiging)) == 1

    def test_mark_of_the_key_version_stays(self, instellingen: Instellingen, tabellen: list[Path]) -> None:
        self._doe(instellingen, tabellen)

        assert (pq.read_metadata(tabellen[0]).metadata or {})[b"sleutelversie"] == b"2"
