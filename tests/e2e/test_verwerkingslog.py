"""The processing log of a town: what was done is in it once, whatever was killed on the way, and no more."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from lineage import ledger
from pipeline.instellingen import Instellingen
from pipeline.lever import lever
from pipeline.logboek import Logboek, activiteit
from pipeline.signaleer import signaleer
from pipeline.stand import Stand
from pipeline.toelaten import toelaten
from privacy.verwerkingslog import bestand
from tests.e2e.keten import (
    BLIJFT,
    FEBRUARI,
    MAART,
    RMC_UTRECHT,
    UTRECHT,
    VERHUIST,
    Keten,
    neem_jongeren_op,
)
from tests.e2e.speur import Speurder


class Gedood(BaseException):
    """Stands for a process that is killed: nothing catches it."""


def logged(instellingen: Instellingen) -> Counter[tuple[str, str]]:
    """Handeling and betrokkene of every record that counts."""
    log, found = Logboek(instellingen), Counter[tuple[str, str]]()
    for segment in log.segmenten():
        for row in pq.read_table(bestand(log.map, segment["naam"])).to_pylist():
            if row["dpl.core.data_subject_id"] is not None:
                token = pa.array([row["dpl.core.data_subject_id"]], pa.binary(16))
                found[
                    row["name"], log.sleutels(segment["sleutelversie"]).betrokkene.ontsleutel_tekst(token)[0].as_py()
                ] += 1
    return found


def test_door_and_delivery_log_everybody_once(eigen_stad: Instellingen) -> None:
    found = logged(eigen_stad)

    words = {name.split()[0] for name, _ in found}
    assert words == {"toelaten", "leveren"}
    # What February brought passes again in March, when the population is another one: that is a processing of its own.
    assert {count for (name, _), count in found.items() if f"-{FEBRUARI}-" not in name or "leveren" in name} == {1}
    assert {wie for _, wie in found} == {BLIJFT, VERHUIST}
    march = {name: {wie for other, wie in found if other == name} for name, _ in found if f"vsv-{MAART}" in name}
    assert {name.split()[-1]: who for name, who in march.items()} == {
        "0344": {VERHUIST},
        "rmc-19": {VERHUIST},
        "0518": {VERHUIST},
        "rmc-28": {VERHUIST},
    }
    doors = Counter(name for name, _ in found if name.startswith("toelaten"))
    assert set(doors.values()) == {2}
    assert len(doors) == 4


def test_ids_are_those_of_the_register(eigen_stad: Instellingen) -> None:
    activities = {row["dpl.core.processing_activity_id"] for _, row in Logboek(eigen_stad).handelingen()}

    assert activities == {activiteit("vsv")}
    assert activiteit("vsv").startswith("urn:signaalketen:verwerking:vsv:")


def test_cannot_be_joined_with_the_pseudonyms_of_a_doel(eigen_stad: Instellingen) -> None:
    log = Logboek(eigen_stad)
    of_log = set()
    for segment in log.segmenten():
        of_log |= set(pq.read_table(bestand(log.map, segment["naam"]))["dpl.core.data_subject_id"].to_pylist())
    of_doel = set()
    for path in eigen_stad.lake.glob("vsv/*/[0-9]*.parquet"):
        of_doel |= set(pq.read_table(path)["persoon"].to_pylist())

    assert len(of_log - {None}) == len(of_doel) == 2
    assert not of_log & of_doel


def test_nobody_is_named(eigen_stad: Instellingen) -> None:
    assert not Speurder([BLIJFT, VERHUIST]).zoek(eigen_stad.map("logboek"))


def test_verify_through_the_command(keten_stad: Keten, eigen_stad: Instellingen) -> None:
    good = keten_stad("log", "verifieer")
    kop = good.tekst.partition("kop ")[2].split()[0]
    assert good.code == 0
    assert keten_stad("log", "verifieer", "--kop", kop).code == 0
    assert keten_stad("log", "verifieer", "--kop", "0" * 64).code == 5
    assert keten_stad("log", "toon", "--aantal", 3).code == 0

    log = Logboek(eigen_stad)
    segment = log.segmenten()[0]
    path = bestand(log.map, segment["naam"])
    rows = pq.read_table(path)
    pq.write_table(pa.concat_tables([rows.slice(0, 1), rows.slice(2)]), path)
    broken = keten_stad("log", "verifieer")
    assert broken.code == 5
    assert f"record 2 van {segment['naam']} klopt niet" in broken.tekst

    path.unlink()
    missing = keten_stad("log", "verifieer")
    assert (missing.code, f"{segment['naam']} ontbreekt" in missing.tekst) == (5, True)


def test_door_that_is_killed_logs_once(instellingen: Instellingen, monkeypatch: pytest.MonkeyPatch) -> None:
    """Killed when its segments are written and nothing is entered."""
    neem_jongeren_op(instellingen, FEBRUARI)
    with monkeypatch.context() as patch, pytest.raises(Gedood):
        patch.setattr(ledger.Ledger, "registreer_doorgangen", _sterf)
        toelaten(instellingen, doel="vsv")
    assert logged(instellingen) == {}
    assert Logboek(instellingen).controleer().los > 0

    toelaten(instellingen, doel="vsv")

    assert set(logged(instellingen).values()) == {1}
    assert Logboek(instellingen).controleer().breuken == ()


@pytest.mark.parametrize("when", ["before", "between"])
def test_delivery_that_is_killed_logs_once(
    instellingen: Instellingen, monkeypatch: pytest.MonkeyPatch, when: str
) -> None:
    """Killed before anything was entered, or when half of the recipients were."""
    neem_jongeren_op(instellingen, FEBRUARI)
    run = signaleer(instellingen, "vsv", FEBRUARI).run_id
    rond_af, calls = ledger.Ledger.rond_af, []

    def kill(self: ledger.Ledger, *args: object) -> None:
        if when == "before" or calls:
            raise Gedood
        calls.append(1)
        rond_af(self, *args)  # type: ignore[arg-type]

    monkeypatch.setattr("pipeline.lever.GROEP", 1)
    with monkeypatch.context() as patch, pytest.raises(Gedood):
        patch.setattr(ledger.Ledger, "rond_af", kill)
        lever(instellingen, run)

    lever(instellingen, run)

    found = Counter({key: count for key, count in logged(instellingen).items() if key[0].startswith("leveren")})
    assert found == {(f"leveren {run} {naar}", wie): 1 for naar in (UTRECHT, RMC_UTRECHT) for wie in (BLIJFT, VERHUIST)}
    assert Logboek(instellingen).controleer().breuken == ()


def _sterf(*_args: object) -> None:
    raise Gedood


def test_passing_again_is_logged_again(eigen_stad: Instellingen, keten_stad: Keten) -> None:
    """A levering that passes under another toelating is another processing of the same persons."""
    (levering,) = [lev for lev in Stand(eigen_stad).leveringen if lev["bron"] == "duo" and lev["periode"] == MAART]
    before = logged(eigen_stad)

    keten_stad("correctie", "meld", levering["levering_id"], "duo.persoon", 2, "--reden", "klopt niet")
    toelaten(eigen_stad, doel="vsv")

    name = f"toelaten {levering['levering_id']}"
    after = logged(eigen_stad)
    assert (before[name, BLIJFT], after[name, BLIJFT]) == (1, 2)
    assert (before[name, VERHUIST], after[name, VERHUIST]) == (1, 1)
    assert [who for other, who in after if other.startswith("correctie")] == [VERHUIST]
    assert Logboek(eigen_stad).controleer().breuken == ()


def test_folder_is_for_its_owner(eigen_stad: Instellingen) -> None:
    folder: Path = eigen_stad.map("logboek")

    assert folder.stat().st_mode & 0o077 == 0
    assert all(path.stat().st_mode & 0o177 == 0 for path in folder.iterdir())
