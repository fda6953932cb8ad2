"""Channels that fail: never half a delivery, never two, no gap in the numbers, and the next time it goes on."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from threading import Event

import pytest

from connectors.kanaal import Kanaal, MapKanaal, Storing
from lineage.ledger import Rij
from lineage.pogingen import pogingen
from message_formats.certificaat import lees_sleutel
from message_formats.keuring import Keuring
from message_formats.lees import lees_map
from message_formats.openen import Opener
from pipeline.instellingen import Instellingen
from pipeline.lever import lever
from pipeline.pins import referentie_digest
from pipeline.signaleer import signaleer
from pipeline.uitlevering.schrijf import Schrijver
from reports.gegevens import lees
from schemas import load
from schemas.ontvanger import Machtiging, Ontvanger
from schemas.reference import reference_tables
from tests.e2e.keten import FEBRUARI, MAART, RMC_UTRECHT, UTRECHT, neem_jongeren_op
from tests.geopend import met_certificaten, opener

pytestmark = pytest.mark.zwaar


class Gedood(BaseException):
    """The process is gone: nothing after it runs."""


@dataclass
class Wankel:
    """A folder as a channel that goes wrong; `stuk` says when, from what is asked of it."""

    echt: MapKanaal
    kans: float = 0.0
    dood_na: int | None = None
    toeval: random.Random = field(default_factory=lambda: random.Random(1))
    geleverd: list[str] = field(default_factory=list)
    gevraagd: int = 0

    def lever(self, bestanden: Sequence[Path], plaats: str) -> None:
        self._wankel()
        if self.dood_na is not None and len(self.geleverd) >= self.dood_na:
            self.echt.lever(bestanden[:-1], plaats)  # all but the manifest
            raise Gedood
        self.geleverd.append(plaats)
        self.echt.lever(bestanden, plaats)
        self._wankel()  # the answer may get lost as well

    def haal(self, plaats: str, naam: str) -> bytes | None:
        self._wankel()
        return self.echt.haal(plaats, naam)

    def _wankel(self) -> None:
        self.gevraagd += 1
        if self.toeval.random() < self.kans:
            raise Storing("ConnectionLost")


@pytest.fixture
def stad(instellingen: Instellingen, monkeypatch: pytest.MonkeyPatch) -> Instellingen:
    """Signals of February for some recipients, and no waiting."""
    neem_jongeren_op(instellingen, FEBRUARI)
    return instellingen.model_copy(update={"kanaalwacht": 0.0, "kanaalpogingen": 8})


def via(instellingen: Instellingen, kanaal: Kanaal) -> None:
    """Lets everything that goes through the folder go through another channel."""
    instellingen.kanalen._open["map"] = kanaal


def nummers(instellingen: Instellingen, naar: str) -> list[int]:
    uitkomst = lees_map(instellingen.uitleveringen / naar / "vsv", opener(instellingen))
    assert uitkomst.goed, [str(probleem) for probleem in uitkomst.problemen]
    return sorted(levering.envelop["volgnummer"] for levering in uitkomst.leveringen)


def test_three_in_ten_calls_fail(stad: Instellingen) -> None:
    kanaal = Wankel(MapKanaal(stad.uitleveringen), kans=0.3)
    via(stad, kanaal)
    run = signaleer(stad, "vsv", FEBRUARI).run_id

    uitkomst = lever(stad, run)

    assert set(uitkomst.ontvangers) == {"geleverd"}
    assert lees_map(stad.uitleveringen, opener(stad)).goed
    attempts = pogingen(stad.grootboek, run)
    failed = [row for row in attempts if row["uitkomst"] == "mislukt"]
    assert failed
    assert {row["reden"] for row in failed} == {"ConnectionLost"}
    assert len(attempts) - len(failed) == uitkomst.ontvangers["geleverd"]
    [reported] = lees(stad.grootboek).runs
    assert sum(zending.mislukt for zending in reported.zendingen) == len(failed)
    assert all(zending.bestanden > 3 for zending in reported.zendingen)
    before = kanaal.gevraagd
    assert lever(stad, run) == uitkomst
    assert kanaal.gevraagd == before


def test_what_is_written_ahead_goes_too_when_a_delivery_breaks_off(
    stad: Instellingen, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pipeline.lever.GROEP", 1)
    ahead, broken, written, schrijf = Event(), Event(), list[Path](), Schrijver.schrijf

    def wacht(self: Schrijver, row: Rij, ontvanger: Ontvanger, folder: Path) -> list[Keuring]:
        if written:
            ahead.set()
            assert broken.wait(60)
        written.append(folder)
        return schrijf(self, row, ontvanger, folder)

    class Breekt(MapKanaal):
        def lever(self, bestanden: Sequence[Path], plaats: str) -> None:
            assert ahead.wait(60)
            broken.set()
            raise Gedood

    monkeypatch.setattr(Schrijver, "schrijf", wacht)
    via(stad, Breekt(stad.uitleveringen))
    run = signaleer(stad, "vsv", FEBRUARI).run_id

    with pytest.raises(Gedood):
        lever(stad, run)

    assert len(written) == 2
    assert not [path for path in stad.uitleveringen.rglob("*") if path.is_file()]


def test_channel_that_is_down_leaves_it_open_and_the_next_time_it_goes(stad: Instellingen) -> None:
    via(stad, Wankel(MapKanaal(stad.uitleveringen), kans=1.0))
    run = signaleer(stad, "vsv", FEBRUARI).run_id

    uitkomst = lever(stad, run)

    assert set(uitkomst.ontvangers) == {"voorgenomen"}
    assert set(uitkomst.redenen) == {"U-KANAAL"}
    assert not [path for path in stad.uitleveringen.rglob("*") if path.is_file()]
    planned = stad.grootboek.uitleveringen(run)
    # The first tried all its times; the channel was then known to be down, and the others tried once.
    assert len(pogingen(stad.grootboek, run)) == 8 + len(planned) - 1
    assert [row["run_id"] for row in stad.grootboek.onafgemaakt("vsv")] == [run]

    via(stad, MapKanaal(stad.uitleveringen))
    assert set(lever(stad, run).ontvangers) == {"geleverd"}
    now = stad.grootboek.uitleveringen(run)
    same = ("volgnummer", "bericht_identificatie", "dagtekening")
    assert {naar: [row[naam] for naam in same] for naar, row in now.items()} == {
        naar: [row[naam] for naam in same] for naar, row in planned.items()
    }
    assert stad.grootboek.onafgemaakt("vsv") == []


def test_process_that_dies_midway(stad: Instellingen) -> None:
    """One recipient has it whole, one all but the manifest; the next process does the second, and not the first."""
    run = signaleer(stad, "vsv", FEBRUARI).run_id
    via(stad, Wankel(MapKanaal(stad.uitleveringen), dood_na=1))
    with pytest.raises(Gedood):
        lever(stad, run)
    manifests = list(stad.uitleveringen.glob("[!.]*/*/*/*_manifest.json"))
    assert len(manifests) == 1
    first = manifests[0].read_bytes()
    assert {row["status"] for row in stad.grootboek.uitleveringen(run).values()} == {"voorgenomen"}

    kanaal = Wankel(MapKanaal(stad.uitleveringen))
    via(stad, kanaal)
    uitkomst = lever(stad, run)

    assert set(uitkomst.ontvangers) == {"geleverd"}
    assert manifests[0].read_bytes() == first
    done = manifests[0].relative_to(stad.uitleveringen).parent.as_posix()
    assert done not in kanaal.geleverd
    assert len(kanaal.geleverd) == uitkomst.ontvangers["geleverd"] - 1
    assert lees_map(stad.uitleveringen, opener(stad)).goed


def test_earlier_delivery_goes_first_and_numbers_have_no_gap(stad: Instellingen) -> None:
    via(stad, Wankel(MapKanaal(stad.uitleveringen), kans=1.0))
    februari = signaleer(stad, "vsv", FEBRUARI).run_id
    lever(stad, februari)
    neem_jongeren_op(stad, MAART)
    maart = signaleer(stad, "vsv", MAART).run_id

    held = lever(stad, maart)  # still down
    assert held.redenen.get("U-WACHT")

    via(stad, MapKanaal(stad.uitleveringen))
    for run in stad.grootboek.onafgemaakt("vsv"):
        lever(stad, run["run_id"])
    assert {row["status"] for row in stad.grootboek.uitleveringen(februari).values()} == {"geleverd"}
    for naar in (UTRECHT, RMC_UTRECHT):
        found = nummers(stad, naar)
        assert found == list(range(1, len(found) + 1))


@pytest.mark.parametrize("loopt", [True, False])
def test_samenwerkingsverband_receives_for_a_gemeente(
    stad: Instellingen, monkeypatch: pytest.MonkeyPatch, loopt: bool
) -> None:
    """Encrypted for the verband and not for the gemeente, whose message it stays; only while its agreement runs."""
    verband = load.ontvangers()["0363"].model_copy(
        update={
            "ontvanger": "swv-01",
            "soort": "samenwerkingsverband",
            "producten": frozenset(),
            "overeenkomst_tot": None if loopt else date(2026, 1, 31),
        }
    )
    monkeypatch.setitem(load.ontvangers(), "swv-01", verband)
    monkeypatch.setattr("pipeline.pins._referentie_nu", lambda: referentie_digest(reference_tables()))
    machtiging = Machtiging(
        gemeente=UTRECHT, samenwerkingsverband="swv-01", producten=frozenset({"vsv"}), van=date(2026, 1, 1), tot=None,
        grondslag="gemeenschappelijke regeling; verwerkersovereenkomst AVG art. 28",
    )  # fmt: skip
    monkeypatch.setattr("pipeline.uitlevering.adressaat.machtigingen", lambda: (machtiging,))
    (stad.data / "certificaten").unlink()
    met_certificaten(stad.data)

    uitkomst = lever(stad, signaleer(stad, "vsv", FEBRUARI).run_id)

    if not loopt:
        assert uitkomst.redenen == {"U-MACHTIGING": 1}
        return
    assert "voorgenomen" not in uitkomst.ontvangers
    sleutels = stad.data / "certificaten" / "demo" / "ontvangers"
    theirs = lees_map(stad.uitleveringen / UTRECHT, Opener(sleutels / "swv-01.key", stad.certificaten.vertrouwen))
    assert theirs.goed
    assert {levering.envelop["ontvanger_code"] for levering in theirs.leveringen} == {UTRECHT}
    assert lees_sleutel(sleutels / f"{UTRECHT}.key")
    own = lees_map(stad.uitleveringen / UTRECHT, Opener(sleutels / f"{UTRECHT}.key"))
    assert {probleem.code for probleem in own.problemen} == {"M-SLEUTEL"}
    assert lees_map(stad.uitleveringen / RMC_UTRECHT, opener(stad)).goed
