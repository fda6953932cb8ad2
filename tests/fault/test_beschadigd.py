"""A file that is not what was written is found before anybody is told what follows from it; the rest goes on."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import sqlalchemy as sa

from lineage import afdrukken
from lineage import tabellen as t
from pipeline import heelheid
from pipeline.instellingen import Instellingen
from pipeline.lever import lever
from pipeline.signaleer import run_map, signaleer
from pipeline.toelaten import toelaten
from pipeline.werk import draai
from schemas.fout import KetenFout
from tests.bewaar import rijen
from tests.bouw import alle_bestanden
from tests.e2e.keten import FEBRUARI, MAART, neem_jongeren_op

Schade = Callable[[Path, Path], None]


def _byte(path: Path, _: Path) -> None:
    raw = bytearray(path.read_bytes())
    raw[len(raw) // 3] ^= 1
    path.write_bytes(raw)


def _afgekapt(path: Path, _: Path) -> None:
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def _leeg(path: Path, _: Path) -> None:
    path.write_bytes(b"")


def _weg(path: Path, _: Path) -> None:
    path.unlink()


def _verwisseld(path: Path, ander: Path) -> None:
    path.write_bytes(ander.read_bytes())


SCHADE: dict[str, Schade] = {
    "byte": _byte, "afgekapt": _afgekapt, "leeg": _leeg, "weg": _weg, "verwisseld": _verwisseld
}  # fmt: skip
schade = pytest.mark.parametrize("hoe", SCHADE.values(), ids=list(SCHADE))


@contextmanager
def beschadigd(path: Path, hoe: Schade, ander: Path) -> Iterator[None]:
    """Damages a file, and puts it back as from a backup. It may have other names, which stay whole."""
    backup = path.with_name(f"backup-{path.name}")
    shutil.copy2(path, backup)
    path.unlink()
    shutil.copy2(backup, path)
    hoe(path, ander)
    yield
    path.unlink(missing_ok=True)
    backup.rename(path)


def code(hoe: Schade) -> str:
    return "O-ONTBREEKT" if hoe is _weg else "O-BESCHADIGD"


def geleverd(instellingen: Instellingen) -> list[Path]:
    return [path for path in alle_bestanden(instellingen.uitleveringen) if "verwerkingsverslag" not in path.parts]


class TestHeelheid:
    """The rule itself, on files of our own."""

    @pytest.fixture
    def paden(self, instellingen: Instellingen) -> tuple[Path, Path]:
        paths = tuple(instellingen.map("lake", "x", "t", f"{naam}.parquet") for naam in "ab")
        paths[0].parent.mkdir(parents=True)
        for nummer, path in enumerate(paths):
            path.write_bytes(bytes([nummer]) * 1000)
        with instellingen.grootboek.transactie() as connection:
            afdrukken.leg_vast(connection, heelheid.afdrukken_van(instellingen, paths))
        return paths

    @schade
    def test_damage_is_found_and_its_place_is_said(
        self, instellingen: Instellingen, paden: tuple[Path, Path], hoe: Schade
    ) -> None:
        heelheid.controleer(instellingen, paden)
        with beschadigd(paden[0], hoe, paden[1]), pytest.raises(KetenFout) as found:
            heelheid.controleer(instellingen, paden)
        assert (found.value.code, found.value.wijzer) == (code(hoe), "lake/x/t/a.parquet")
        heelheid.controleer(instellingen, paden)

    def test_file_from_before_digests_were_kept(self, instellingen: Instellingen, paden: tuple[Path, Path]) -> None:
        old = paden[0].with_name("c.parquet")
        old.write_bytes(b"oud")
        heelheid.controleer(instellingen, [old])
        old.unlink()
        with pytest.raises(KetenFout, match="O-ONTBREEKT"):
            heelheid.controleer(instellingen, [old])

    def test_file_that_is_being_replaced_may_be_either(
        self, instellingen: Instellingen, paden: tuple[Path, Path]
    ) -> None:
        aside = paden[0].with_name(".a")
        aside.write_bytes(b"nieuw")
        heelheid.kondig_aan(instellingen, {aside: paden[0]})
        heelheid.controleer(instellingen, paden)
        aside.rename(paden[0])
        heelheid.controleer(instellingen, paden)
        heelheid.rond_af(instellingen)
        heelheid.controleer(instellingen, paden)
        paden[0].write_bytes(bytes(1000))  # what it was before is no longer right
        with pytest.raises(KetenFout, match="O-BESCHADIGD"):
            heelheid.controleer(instellingen, paden)

    @pytest.mark.parametrize(
        ("patroon", "over"),
        [
            ("lake/x/t", []),
            ("lake/x/*/a.parquet", ["lake/x/t/b.parquet"]),
            ("lake/x/*/a*.parquet", ["lake/x/t/b.parquet"]),
            ("lake/*/*/b.parquet", ["lake/x/t/a.parquet"]),
            ("lake/x", []),
            ("lake/x/tt", ["lake/x/t/a.parquet", "lake/x/t/b.parquet"]),
            ("x/t/a.parquet", ["lake/x/t/a.parquet", "lake/x/t/b.parquet"]),
        ],
    )
    def test_what_is_destroyed_is_forgotten(
        self, instellingen: Instellingen, paden: tuple[Path, Path], patroon: str, over: list[str]
    ) -> None:
        assert len(paden) == 2
        with instellingen.grootboek.transactie() as connection:
            afdrukken.vergeet(connection, [patroon])
        assert sorted(heelheid.bekend(instellingen, "lake")) == over


@pytest.mark.zwaar
class TestStappen:
    """What the steps do about it."""

    @pytest.fixture
    def stad(self, instellingen: Instellingen) -> Instellingen:
        neem_jongeren_op(instellingen, FEBRUARI)
        toelaten(instellingen)
        return instellingen

    @schade
    def test_lake(self, stad: Instellingen, hoe: Schade) -> None:
        (path,) = (stad.lake / "vsv" / "duo.persoon").glob("*.parquet")
        ander = next((stad.lake / "vsv" / "brp.persoon").glob("*.parquet"))
        with beschadigd(path, hoe, ander):
            with pytest.raises(KetenFout) as found:
                draai(stad, "vsv", FEBRUARI)
            assert (found.value.code, found.value.wijzer) == (code(hoe), path.relative_to(stad.map()).as_posix())
            failed = rijen(stad, t.stap)[-1]
            assert (failed["soort"], failed["status"], failed["code"]) == ("signaleer", "mislukt", code(hoe))
            assert rijen(stad, t.productrun) == []
            assert geleverd(stad) == []
            if hoe is _byte:
                assert draai(stad, "kvk", FEBRUARI).signalering.nieuw  # another product has nothing to do with it
        if hoe is _byte:
            assert set(draai(stad, "vsv", FEBRUARI).uitlevering.ontvangers) == {"geleverd"}

    @pytest.mark.parametrize(("soort", "hoe"), [("bewijs", _byte), *(("signal", hoe) for hoe in SCHADE.values())])
    def test_signals(self, stad: Instellingen, hoe: Schade, soort: str) -> None:
        run = signaleer(stad, "vsv", FEBRUARI).run_id
        path = run_map(stad, run) / f"{soort}_vsv.parquet"
        with beschadigd(path, hoe, path.with_name("uitgesloten_vsv.parquet")):
            with pytest.raises(KetenFout) as found:
                lever(stad, run)
            assert (found.value.code, found.value.wijzer) == (code(hoe), path.relative_to(stad.map()).as_posix())
            assert geleverd(stad) == []
            assert stad.grootboek.uitleveringen(run) == {}
            failed = rijen(stad, t.stap)[-1]
            assert (failed["soort"], failed["status"], failed["code"]) == ("lever", "mislukt", code(hoe))
            with pytest.raises(KetenFout, match=code(hoe)):
                signaleer(stad, "vsv", FEBRUARI)

        assert set(lever(stad, run).ontvangers) == {"geleverd"}

    @pytest.mark.parametrize("hoe", [_byte, _weg])
    def test_signals_of_the_month_before(self, stad: Instellingen, hoe: Schade) -> None:
        """Held against nothing, every signal would be new, and none would have ended."""
        februari = draai(stad, "vsv", FEBRUARI).signalering.run_id
        neem_jongeren_op(stad, MAART)
        maart = signaleer(stad, "vsv", MAART).run_id
        before = len(geleverd(stad))
        path = run_map(stad, februari) / "signal_vsv.parquet"
        with beschadigd(path, hoe, path), pytest.raises(KetenFout, match=code(hoe)):
            lever(stad, maart)
        assert len(geleverd(stad)) == before
        assert set(lever(stad, maart).ontvangers) == {"geleverd"}

    @pytest.mark.parametrize("hoe", [_byte, _weg])
    def test_reference_tables(self, stad: Instellingen, hoe: Schade) -> None:
        signaleer(stad, "kvk", FEBRUARI)
        (path,) = stad.map("referentie").glob("*/norm.parquet")
        with beschadigd(path, hoe, path):
            with pytest.raises(KetenFout) as found:
                draai(stad, "vsv", FEBRUARI)
            assert found.value.code == "O-BESCHADIGD"
            assert found.value.wijzer == f"referentie/{path.parent.name}"
            assert geleverd(stad) == []

    @schade
    def test_what_was_received(self, instellingen: Instellingen, hoe: Schade) -> None:
        """A file in the landing area that changed after it was received is not read: it would be another levering."""
        neem_jongeren_op(instellingen, FEBRUARI)
        duo, brp = (next(instellingen.landing.glob(f"{bron}/*/000001.csv")) for bron in ("duo", "brp"))
        with beschadigd(duo, hoe, brp):
            with pytest.raises(KetenFout) as found:
                toelaten(instellingen)
            place = duo.parent if hoe is _weg else duo
            assert (found.value.code, found.value.wijzer) == (code(hoe), heelheid.plaats_van(instellingen, place))
            passed = rijen(instellingen, t.doorgang)
            nummers = {row["levering_nr"] for row in rijen(instellingen, t.levering) if row["bron"] == "duo"}
            assert not [row for row in passed if row["levering_nr"] in nummers]
            assert [row["status"] for row in rijen(instellingen, t.levering)] == ["ontvangen"] * 2
        assert {row.levering_id[:3] for row in toelaten(instellingen)} == {"brp", "duo"}

    @pytest.mark.parametrize("hoe", [_afgekapt, _leeg])
    def test_manifest_at_the_recipient(self, stad: Instellingen, hoe: Schade) -> None:
        """One that is not ours means that the delivery is not there: it is made again, under the same number."""
        run = signaleer(stad, "vsv", FEBRUARI).run_id
        lever(stad, run)
        manifest = next(path for path in geleverd(stad) if path.name.endswith("_manifest.json"))
        first = {naar: row["volgnummer"] for naar, row in stad.grootboek.uitleveringen(run).items()}
        with stad.grootboek.transactie() as connection:  # as when killed before it was entered
            connection.execute(sa.update(t.uitlevering).values(status="voorgenomen"))
            connection.execute(sa.delete(t.uitlevering_bestand))
        whole = manifest.read_bytes()
        hoe(manifest, manifest)

        assert set(lever(stad, run).ontvangers) == {"geleverd"}

        assert {naar: row["volgnummer"] for naar, row in stad.grootboek.uitleveringen(run).items()} == first
        assert len(manifest.read_bytes()) > len(whole) // 2
        assert manifest.read_bytes().strip().endswith(b"}")
