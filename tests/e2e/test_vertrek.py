"""A gemeente leaves: it takes along what is held on its account, and what is its own alone is destroyed."""

from __future__ import annotations

import csv
import json
import stat
import sys
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from lineage import tabellen as t
from pipeline.bewaren.bewijs import verifieer
from pipeline.cli import main
from pipeline.instellingen import Instellingen
from pipeline.signaleer import run_map
from pipeline.status import stand
from pipeline.toelaten import toelaten
from pipeline.vertrek.vertrek import ruim_op
from pipeline.werk import draai
from schemas import load
from schemas.fout import KetenFout
from tests.bewaar import (
    DEN_HAAG,
    GEBOREN,
    UTRECHT,
    VAN_BEIDE,
    VAN_DEN_HAAG,
    VAN_UTRECHT,
    bestanden,
    neem_maand_op,
    populatie,
    rijen,
)
from tests.bouw import neem_op, personen_in_lake
from tests.geopend import geopend

pytestmark = pytest.mark.zwaar

EINDE, DAARNA = date(2026, 6, 30), date(2026, 7, 1)
Keten = Callable[..., tuple[int, str]]


@pytest.fixture
def keten(instellingen: Instellingen, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Keten:
    """Runs the command as the entry point does; gives the exit code and what it said."""
    monkeypatch.setenv("KETEN_DATA", str(instellingen.data))
    monkeypatch.setenv("COLUMNS", "240")
    monkeypatch.setenv("TERM", "dumb")

    def run(*args: str | Path) -> tuple[int, str]:
        monkeypatch.setattr(sys, "argv", ["keten", *map(str, args)])
        capsys.readouterr()
        with pytest.raises(SystemExit) as ended:
            main()
            sys.exit(0)
        text = "".join(capsys.readouterr())
        assert not any(bsn in text for bsn in GEBOREN)
        return int(ended.value.code or 0), text

    return run


@pytest.fixture
def beeindigd(monkeypatch: pytest.MonkeyPatch) -> None:
    """The agreement with Utrecht has ended."""
    ended = load.ontvangers()[UTRECHT].model_copy(update={"overeenkomst_tot": EINDE})
    monkeypatch.setitem(load.ontvangers(), UTRECHT, ended)


@pytest.fixture(params=[True, False], ids=["samen", "apart"])
def gedraaid(request: pytest.FixtureRequest, instellingen: Instellingen) -> Instellingen:
    """One month of inkomsten, delivered; the populations in one levering, or one for each gemeente."""
    neem_maand_op(instellingen, "2026-01", samen=request.param)
    draai(instellingen, "inkomsten", "2026-01")
    return instellingen


def in_lake(instellingen: Instellingen, tabel: str) -> set[str | None]:
    return set(personen_in_lake(instellingen, "inkomsten", tabel))


def ontvangers_in_run(instellingen: Instellingen) -> set[str]:
    run = rijen(instellingen, t.productrun)[-1]["run_id"]
    table = pq.read_table(run_map(instellingen, run) / "signal_inkomsten.parquet")
    return set(table["ontvanger"].to_pylist())


@pytest.mark.usefixtures("beeindigd")
def test_what_is_its_own_alone_goes(gedraaid: Instellingen) -> None:
    assert in_lake(gedraaid, "uwv.inkomstenverhouding") == set(GEBOREN)
    assert ontvangers_in_run(gedraaid) == {UTRECHT, DEN_HAAG}
    due = [(row.periode, row.reden) for row in stand(gedraaid, "inkomsten")]

    done = ruim_op(gedraaid, UTRECHT, DAARNA)

    assert done.bewijzen
    assert in_lake(gedraaid, "gemeente.bijstandspopulatie") == {VAN_DEN_HAAG, VAN_BEIDE}
    assert in_lake(gedraaid, "uwv.inkomstenverhouding") == {VAN_DEN_HAAG, VAN_BEIDE}
    assert in_lake(gedraaid, "brp.verblijfplaats") == {VAN_DEN_HAAG, VAN_BEIDE}
    assert ontvangers_in_run(gedraaid) == {DEN_HAAG}
    assert bestanden(gedraaid.uitleveringen / UTRECHT) == []
    assert bestanden(gedraaid.uitleveringen / DEN_HAAG)
    assert [(row.periode, row.reden) for row in stand(gedraaid, "inkomsten")] == due
    assert toelaten(gedraaid, doel="inkomsten") == []
    assert verifieer(gedraaid).problemen == ()
    assert {row["reden"] for row in rijen(gedraaid, t.vernietiging)} == {"exit"}
    assert ruim_op(gedraaid, UTRECHT, DAARNA).bewijzen == 0


@pytest.mark.usefixtures("beeindigd")
def test_only_a_levering_of_its_own_goes_as_received(gedraaid: Instellingen, request: pytest.FixtureRequest) -> None:
    together = "samen" in request.node.name
    landed = len(bestanden(gedraaid.landing))

    ruim_op(gedraaid, UTRECHT, DAARNA)

    assert len(bestanden(gedraaid.landing)) == landed - (0 if together else 1)
    gone = [row["levering_nr"] for row in rijen(gedraaid, t.levering) if row["status"] == "vernietigd"]
    assert len(gone) == (0 if together else 1)


@pytest.mark.usefixtures("beeindigd")
def test_its_records_are_left_out_when_a_levering_passes_again(gedraaid: Instellingen) -> None:
    ruim_op(gedraaid, UTRECHT, DAARNA)
    neem_op(gedraaid, "gemeente", {"p.csv": populatie((VAN_UTRECHT, UTRECHT), (VAN_DEN_HAAG, DEN_HAAG))}, "2026-02")
    neem_maand_op(gedraaid, "2026-03")

    passed = toelaten(gedraaid)

    counts = {key: n for levering in passed for key, n in levering.tellingen.items() if key[2] == "D-VERTREK"}
    assert counts["inkomsten", "gemeente.bijstandspopulatie", "D-VERTREK"] > 0
    assert VAN_UTRECHT not in in_lake(gedraaid, "gemeente.bijstandspopulatie")
    assert VAN_UTRECHT not in in_lake(gedraaid, "uwv.inkomstenverhouding")
    gedraaid_later = draai(gedraaid, "inkomsten", "2026-03")
    assert UTRECHT not in ontvangers_in_run(gedraaid)
    assert bestanden(gedraaid.uitleveringen / UTRECHT) == []
    assert gedraaid_later.uitlevering.redenen == {}


def test_not_while_the_agreement_runs(gedraaid: Instellingen, keten: Keten, monkeypatch: pytest.MonkeyPatch) -> None:
    before = bestanden(gedraaid.map())

    code, text = keten("vertrek", "ruim-op", UTRECHT, "--op", "2026-07-01")
    assert code == 3
    assert "V-OVEREENKOMST" in text
    ended = load.ontvangers()[UTRECHT].model_copy(update={"overeenkomst_tot": EINDE})
    monkeypatch.setitem(load.ontvangers(), UTRECHT, ended)
    with pytest.raises(KetenFout, match="V-OVEREENKOMST"):  # on its last day
        ruim_op(gedraaid, UTRECHT, EINDE)
    assert [path for path in bestanden(gedraaid.map()) if "ledger" not in path] == [
        path for path in before if "ledger" not in path
    ]


def test_unknown_recipient_is_refused(keten: Keten) -> None:
    code, text = keten("vertrek", "export", "9999", "--uit", "/tmp/nergens")
    assert code == 3
    assert "V-ONTVANGER" in text


def test_export_holds_what_is_its_own(gedraaid: Instellingen, keten: Keten, tmp_path: Path) -> None:
    code, text = keten("vertrek", "export", UTRECHT, "--uit", tmp_path / "mee")

    assert code == 0, text
    folder = tmp_path / "mee" / UTRECHT
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert json.loads((folder / "overeenkomst.json").read_text(encoding="utf-8"))["ontvanger"] == UTRECHT
    files = bestanden(folder)
    index = json.loads((folder / "inhoud.json").read_text(encoding="utf-8"))
    assert sorted([*index["bestanden"], "inhoud.json"]) == files
    messages = bestanden(gedraaid.uitleveringen / UTRECHT)
    assert {f"uitleveringen/{path}" for path in messages} <= set(files)
    with (folder / "gegevens" / "inkomsten_gemeente.bijstandspopulatie.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file, delimiter=";"))
    assert {row["gemeentecode"] for row in rows} == {UTRECHT}
    assert len(rows) == 2
    assert "persoon" not in rows[0]
    with next((folder / "signalen").glob("*_signalen.csv")).open(encoding="utf-8") as file:
        assert {row["ontvanger"] for row in csv.DictReader(file, delimiter=";")} == {UTRECHT}
    everything = b"".join((folder / path).read_bytes() for path in files)
    everything += b"".join(path.read_bytes() for path in (geopend(gedraaid) / UTRECHT).rglob("*") if path.is_file())
    assert VAN_DEN_HAAG.encode() not in everything
    assert VAN_UTRECHT.encode() in everything

    assert keten("vertrek", "export", UTRECHT, "--uit", tmp_path / "mee")[0] == 3


class TestOpdracht:
    def test_show_try_purge_and_verify(self, gedraaid: Instellingen, keten: Keten) -> None:
        assert keten("bewaren", "toon", "--op", "2026-02-01")[1].count("Aan vernietiging toe op 2026-02-01: 0") == 1
        before = bestanden(gedraaid.lake)

        code, text = keten("bewaren", "ruim-op", "--op", "2036-01-01", "--proef")
        assert code == 0
        assert "lake/inkomsten" in text
        assert bestanden(gedraaid.lake) == before

        code, text = keten("bewaren", "ruim-op", "--op", "2036-01-01")
        assert code == 0
        assert "Vernietigd met" in text
        code, text = keten("bewaren", "verifieer")
        assert code == 0
        assert "0 problemen" in text
        with gedraaid.grootboek.transactie() as connection:
            connection.execute(t.vernietiging.update().values(grondslag="anders"))
        code, text = keten("bewaren", "verifieer")
        assert code == 5
        assert "de inhoud is gewijzigd" in text

    def test_status_shows_closed_periods(self, gedraaid: Instellingen, keten: Keten) -> None:
        keten("bewaren", "ruim-op", "--op", "2029-12-01")
        assert "afgesloten" in keten("status")[1]

    def test_day_must_be_a_day(self, keten: Keten) -> None:
        assert keten("bewaren", "ruim-op", "--op", "2026-13-01")[0] == 2
