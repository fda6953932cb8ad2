"""An opname says what reading says, or is not used; and it goes with the levering it is of."""

from __future__ import annotations

import ast
import errno
import logging
import os
import shutil
import sys
import time
from collections.abc import Callable, Sequence
from datetime import date
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.rijen import Bevinding, Rijen
from pipeline import passage
from pipeline.bewaren.bewijs import verifieer
from pipeline.bewaren.opruimen import ruim_op
from pipeline.instellingen import Instellingen
from pipeline.levering import opname, opnamebestand
from pipeline.levering.besluit import goedkeuren
from pipeline.levering.opname import MAP, Opnames, leescode
from pipeline.levering.opnamebestand import MAX_BEVINDINGEN, Opnemer, Slot, lees_slot, speel_af
from pipeline.toelaten import toelaten
from pipeline.vertrek.export import exporteer
from schemas.fout import KetenFout
from schemas.load import bronnen, doelen
from tests.bouw import (
    BIJSTAND,
    CHECKOUT,
    IKV,
    alle_bestanden,
    als_json,
    bijstand,
    ikv,
    maak_bsn,
    neem_op,
    personen_in_lake,
    populatie_csv,
    schrijf_csv,
    schrijf_json,
)
from tests.fault.inputs.geval import ANDERE, client, parquet, suwi, zip_van
from tests.leveringen import rij
from tests.opgenomen import ALLES, NIETS, beeld, bekende_opnames, groei, opnames, vergelijk, zonder_opnames

TABEL = "uwv.inkomstenverhouding"
A, B, C, D = (maak_bsn(nummer) for nummer in range(1, 5))


@pytest.fixture(autouse=True)
def _alles(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(opname, "VANAF", ALLES)


@pytest.fixture
def gelezen(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The files that were really read, by number and bron."""
    found: list[str] = []
    lees = passage.lees_bestand

    def telt(path: Path, bron: object, *rest: object) -> object:
        found.append(f"{bron.bron} {path.name[:6]}")  # type: ignore[attr-defined]
        return lees(path, bron, *rest)  # type: ignore[arg-type]

    monkeypatch.setattr(passage, "lees_bestand", telt)
    return found


# -- the file ---------------------------------------------------------------------------------------------------------

teksten = st.one_of(st.none(), st.text(max_size=5), st.sampled_from(["", "900000001", "ë" * 200, "x" * 300]))
TABELLEN = {"uwv.een": ["a", "b"], "uwv.twee": ["c"]}


@st.composite
def rijen(draw: st.DrawFn) -> Rijen:
    tabel = draw(st.sampled_from(sorted(TABELLEN)))
    nummers = draw(st.lists(st.integers(1, 2**40), min_size=1, max_size=8, unique=True).map(sorted))
    columns = [pa.array(draw(st.lists(teksten, min_size=len(nummers), max_size=len(nummers))), pa.string())]
    columns += [pa.array(["vast"] * len(nummers), pa.string())] * (len(TABELLEN[tabel]) - 1)
    batch = pa.RecordBatch.from_arrays([pa.array(nummers, pa.int64()), *columns], ["record_nr", *TABELLEN[tabel]])
    return Rijen(tabel, batch.slice(draw(st.integers(0, len(nummers) - 1))))


bevindingen = st.builds(
    Bevinding,
    st.sampled_from(["R-KAPOT", "W-FWI"]),
    st.sampled_from([None, *TABELLEN]),
    st.one_of(st.none(), st.integers(1, 9)),
    st.one_of(st.none(), st.integers(1, 9)),
    st.integers(1, 9),
)


def gelijk(een: Sequence[Rijen | Bevinding], ander: Sequence[Rijen | Bevinding]) -> bool:
    pairs = list(zip(een, ander, strict=True))
    return all(
        a == b
        if isinstance(a, Bevinding) or isinstance(b, Bevinding)
        else (a.tabel == b.tabel and a.batch.equals(b.batch) and a.batch.schema == b.batch.schema)
        for a, b in pairs
    )


def opgenomen(pad: Path, items: Sequence[Rijen | Bevinding], slot: Slot) -> Path:
    opnemer = Opnemer(pad)
    for item in items:
        opnemer.neem_op(item)
    opnemer.sluit(slot)
    return pad


class TestBestand:
    @given(st.lists(st.one_of(rijen(), bevindingen), max_size=12))
    def test_gives_back_what_was_put_in(
        self, tmp_path_factory: pytest.TempPathFactory, items: list[Rijen | Bevinding]
    ) -> None:
        slot = Slot("lezing", (3,), TABELLEN, deelbaar=True)
        pad = opgenomen(tmp_path_factory.mktemp("opname") / "o.arrow", items, slot)
        assert lees_slot(pad) == slot
        found = list(speel_af(pad, TABELLEN))
        assert gelijk(found, items)
        for item in found:
            if isinstance(item, Rijen):
                item.batch.validate(full=True)
        less = [
            Rijen(item.tabel, item.batch.select(["record_nr", "a"])) if isinstance(item, Rijen) else item
            for item in items
            if item.tabel in (None, "uwv.een")
        ]
        assert gelijk(list(speel_af(pad, {"uwv.een": ["a"]})), less)

    def test_many_findings(self, tmp_path: Path) -> None:
        items = [Bevinding("R-KAPOT", "uwv.een", record_nr=nr) for nr in range(1, 2 * MAX_BEVINDINGEN + 2)]
        pad = opgenomen(tmp_path / "o.arrow", items, Slot("x", (), {}))
        assert list(speel_af(pad, TABELLEN)) == items

    @pytest.mark.parametrize("left", [0, 10, 0.5, 0.99])
    def test_of_what_is_cut_off_nothing_is_said(self, tmp_path: Path, left: float) -> None:
        nummers = pa.array(np.arange(1, 50))
        batch = pa.RecordBatch.from_arrays([nummers, nummers.cast(pa.string())], ["record_nr", "a"])
        pad = opgenomen(tmp_path / "o.arrow", [Rijen("uwv.een", batch)], Slot("x", (), TABELLEN))
        whole = pad.read_bytes()
        pad.write_bytes(whole[: int(left * len(whole)) if left < 1 else int(left)])
        assert lees_slot(pad) is None
        assert lees_slot(tmp_path / "niets") is None

    def test_what_goes_wrong_with_writing_is_raised(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        def vol(_: object) -> None:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

        monkeypatch.setattr(opnamebestand, "_inpakken", vol)
        opnemer = Opnemer(tmp_path / "o.arrow")
        batch = pa.RecordBatch.from_arrays([pa.array([1])], ["record_nr"])
        opnemer.neem_op(Rijen("uwv.een", batch))
        with pytest.raises(OSError, match="No space"):
            opnemer.sluit(Slot("x", (), {}))
        opnemer.breek_af()
        assert alle_bestanden(tmp_path) == []


class TestDekt:
    """Which opname says what another reading would."""

    @pytest.mark.parametrize(
        ("heeft", "vraagt", "deelbaar", "dekt"),
        [
            ({"a": ["x", "y"]}, {"a": ["x", "y"]}, False, True),
            ({"a": ["x", "y"]}, {"a": ["x"]}, True, True),
            ({"a": ["x", "y"]}, {"a": ["x"]}, False, False),  # what is found may depend on what else is looked for
            ({"a": ["x"]}, {"a": ["x", "y"]}, True, False),
            ({"a": ["x"], "b": ["y"]}, {"b": ["y"]}, True, True),
            ({"a": ["x"], "b": ["y"]}, {"b": ["y"]}, False, False),
            ({"a": ["x"]}, {"b": []}, True, False),
        ],
    )
    def test_of_tables_and_fields(self, heeft: dict, vraagt: dict, deelbaar: bool, dekt: bool) -> None:
        assert Slot("l", (), heeft, deelbaar).dekt(Slot("l", (), vraagt)) is dekt

    def test_of_another_reading_never(self) -> None:
        slot = Slot("l", (2,), {"a": ["x"]}, deelbaar=True)
        assert slot.dekt(Slot("l", (2,), {"a": ["x"]}))
        assert not slot.dekt(Slot("ander", (2,), {"a": ["x"]}))
        assert not slot.dekt(Slot("l", (), {"a": ["x"]}))


# -- leveringen that pass again ---------------------------------------------------------------------------------------


RIJEN = [ikv(A), ikv(B), ikv("123456789"), ikv(C, begin="kapot"), ikv(D), ikv(ANDERE)]
OBJECTEN = schrijf_json(IKV, RIJEN)
LEVERINGEN: dict[str, tuple[str, dict[str, str | bytes]]] = {
    "csv met kapotte regels": ("uwv", {"a.csv": schrijf_csv(IKV, RIJEN) + "1;2\n", "b.csv": schrijf_csv(IKV, RIJEN)}),
    "csv in een zip": ("uwv", {"a.zip": zip_van([("a.csv", schrijf_csv(IKV, RIJEN).encode())])}),
    "csv met onbekende kolom": ("uwv", {"a.csv": schrijf_csv((*IKV, "Anders"), [[*each, "x"] for each in RIJEN])}),
    "xml in een zip": (
        "uwv",
        {
            "a.zip": zip_van(
                [
                    ("1.xml", suwi(client(A) + client("1") + client(B, begin="x")).encode()),
                    ("2.xml", suwi("<NietsGevonden/>").encode()),
                    ("3.xml", suwi(client(C).replace("DatBIkv", "datbikv")).encode()),
                    ("4.xml", suwi(client(D))[:-40].encode()),
                    ("5.txt", b"niets van ons"),
                    ("6.csv", schrijf_csv(IKV, RIJEN).encode()),
                ]
            )
        },
    ),
    "json, ook met een regel die geen record is": (
        "uwv",
        {
            "a.jsonl": "\n".join([als_json(OBJECTEN[0]), "niets", *map(als_json, OBJECTEN[1:])]),
            "b.json": als_json([OBJECTEN[1], "niets", OBJECTEN[0]]),
        },
    ),
    "persoonslijsten": (
        "brp",
        {
            "p.csv": "\n".join(
                [
                    "a-nummer;01.01.20;02.01.10;05.01.20;05.06.10;08.09.10;08.10.30;01.03.10",
                    f"1;{A};x;{B};20200101;0344;20200101;19800101",
                    ";;;;;0363;20190101;",
                    f"2;{B};x;;;0363;20210101;19810101",
                    "kapot",
                    f"3;{C};x;;;0344;20220101;x",
                    "",
                ]
            )
        },
    ),
}


class TestZelfde:
    """A passage from an opname gives what reading gives: lake, quarantine, counts, places, verslag."""

    @pytest.mark.parametrize("soort", LEVERINGEN)
    def test_every_format(
        self, instellingen: Instellingen, monkeypatch: pytest.MonkeyPatch, gelezen: list[str], soort: str
    ) -> None:
        bron, bestanden = LEVERINGEN[soort]
        neem_op(instellingen, "gemeente", {"b.csv": populatie_csv([A])})
        levering = neem_op(instellingen, bron, bestanden)
        assert levering.status == "ontvangen" and not levering.onbruikbaar
        toelaten(instellingen)
        assert len([pad for pad in opnames(instellingen) if pad.parts[-4] == bron]) >= len(bestanden)
        vergelijk(instellingen, monkeypatch)
        gelezen.clear()
        groei(instellingen, [D], "2026-03")
        assert [each for each in gelezen if each.startswith(bron)] == []

    def test_a_levering_that_was_parked_and_approved(
        self, instellingen: Instellingen, monkeypatch: pytest.MonkeyPatch, gelezen: list[str]
    ) -> None:
        neem_op(instellingen, "gemeente", {"b.csv": populatie_csv([A])})
        rows = [ikv(A, nr) for nr in range(1000)] + [ikv("1", nr) for nr in range(200)]
        levering = neem_op(instellingen, "uwv", {"i.csv": schrijf_csv(IKV, rows)})
        toelaten(instellingen)
        assert rij(instellingen, levering.levering_id)["status"] == "geparkeerd"
        assert len([pad for pad in opnames(instellingen) if pad.parts[-4] == "uwv"]) == 1
        ander = zonder_opnames(instellingen, instellingen.data.with_name("ander"))
        for each, vanaf in ((ander, NIETS), (instellingen, ALLES)):
            gelezen.clear()
            monkeypatch.setattr(opname, "VANAF", vanaf)
            goedkeuren(each, levering.levering_id, "nagekeken", "tester")
            toelaten(each)
        assert gelezen == []
        mine, theirs = beeld(instellingen), beeld(ander)
        assert [naam for naam in mine if mine[naam] != theirs[naam]] == []
        assert len(personen_in_lake(instellingen, "inkomsten", "uwv.inkomstenverhouding")) == 1000

    def test_file_that_breaks_off_is_not_recorded_and_the_rest_is(
        self, instellingen: Instellingen, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        neem_op(instellingen, "gemeente", {"b.csv": populatie_csv([A])})
        kapot = schrijf_csv(IKV, [ikv(A, naam="#")]).splitlines()[1].encode().replace(b"#", b"\xff")
        lang = schrijf_csv(IKV, [ikv(A, nr) for nr in range(100_000)]).encode() + kapot
        levering = neem_op(instellingen, "uwv", {"a.csv": schrijf_csv(IKV, RIJEN), "b.csv": lang})
        toelaten(instellingen)
        assert instellingen.grootboek.bestanden(2)[1]["code"]
        names = [pad.name[:6] for pad in opnames(instellingen) if levering.levering_id in pad.parts]
        assert names == ["000001"]
        vergelijk(instellingen, monkeypatch)


@pytest.fixture
def klaar(instellingen: Instellingen, gelezen: list[str]) -> Instellingen:
    """A population and a levering of UWV that passed, and of which there is an opname."""
    neem_op(instellingen, "gemeente", {"b.csv": populatie_csv([A])})
    neem_op(instellingen, "uwv", {"i.csv": schrijf_csv(IKV, RIJEN)})
    toelaten(instellingen)
    assert sorted(gelezen) == ["gemeente 000001", "uwv 000001"]
    gelezen.clear()
    return instellingen


def van_uwv(instellingen: Instellingen) -> list[Path]:
    return [pad for pad in opnames(instellingen) if pad.parts[-4] == "uwv"]


class TestGebruikt:
    """It is used when it is what was written and says what reading says, and never otherwise."""

    def gelezen_na_groei(self, klaar: Instellingen, gelezen: list[str]) -> bool:
        groei(klaar)
        assert sorted(map(str, personen_in_lake(klaar, "inkomsten", "uwv.inkomstenverhouding"))) == [A, B, B]
        return "uwv 000001" in gelezen

    def test_whole(self, klaar: Instellingen, gelezen: list[str]) -> None:
        assert not self.gelezen_na_groei(klaar, gelezen)
        assert bekende_opnames(klaar).keys() == {pad.relative_to(klaar.data).as_posix() for pad in opnames(klaar)}

    @pytest.mark.parametrize("schade", ["byte", "afgekapt", "verwisseld", "weg", "map weg"])
    def test_damaged_is_read_and_recorded_anew(
        self, klaar: Instellingen, gelezen: list[str], schade: str, caplog: pytest.LogCaptureFixture
    ) -> None:
        [pad] = van_uwv(klaar)
        before = pad.read_bytes()
        match schade:
            case "byte":
                pad.write_bytes(before[:200] + bytes([before[200] ^ 1]) + before[201:])
            case "afgekapt":
                pad.write_bytes(before[:-1])
            case "verwisseld":
                pad.write_bytes(next(each for each in opnames(klaar) if each != pad).read_bytes())
            case "weg":
                pad.unlink()
            case "map weg":
                shutil.rmtree(pad.parent)
        with caplog.at_level(logging.WARNING):
            assert self.gelezen_na_groei(klaar, gelezen)
        assert ("opname is niet wat geschreven werd" in caplog.text) == (schade == "byte")
        assert A not in caplog.text
        assert pad.read_bytes() == before
        gelezen.clear()
        groei(klaar, [D], "2026-03")
        assert gelezen == ["gemeente 000001"]  # the new one

    def test_that_the_ledger_does_not_know(self, klaar: Instellingen, gelezen: list[str]) -> None:
        """Of a process that was killed before it entered it."""
        with klaar.grootboek.transactie() as connection:
            connection.exec_driver_sql("delete from afdruk where plaats like '%/opname/%'")
        assert self.gelezen_na_groei(klaar, gelezen)

    def test_of_another_declaration(
        self, klaar: Instellingen, gelezen: list[str], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        [old] = van_uwv(klaar)
        bron = bronnen()["uwv"]
        monkeypatch.setitem(bronnen(), "uwv", bron.model_copy(update={"omschrijving": "anders"}))
        self.anders_gelezen(klaar, gelezen, old)

    def test_of_other_code(self, klaar: Instellingen, gelezen: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
        [old] = van_uwv(klaar)
        monkeypatch.setattr(opname, "leescode", lambda: "een andere lezer")
        self.anders_gelezen(klaar, gelezen, old)

    def anders_gelezen(self, klaar: Instellingen, gelezen: list[str], old: Path) -> None:
        assert self.gelezen_na_groei(klaar, gelezen)
        [new] = van_uwv(klaar)
        assert new.name != old.name and not old.exists()
        assert old.relative_to(klaar.data).as_posix() not in bekende_opnames(klaar)
        gelezen.clear()
        groei(klaar, [D], "2026-03")
        assert gelezen == ["gemeente 000001"]  # the new one

    def test_damaged_levering_is_told_however_whole_its_opname(self, klaar: Instellingen) -> None:
        [source] = klaar.landing.glob("uwv/*/000001.csv")
        source.write_text(source.read_text().replace("Werkgever", "Werknemer"))
        with pytest.raises(KetenFout, match="O-BESCHADIGD"):
            groei(klaar)

    def test_code_that_reads_is_all_of_it(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """What `lees_bestand` comes to: modules of which the source counts, and packages of which the version does."""
        modules, waiting = set[str](), ["connectors.lees"]
        while waiting:
            module = waiting.pop()
            modules.add(module)
            tree = ast.parse((CHECKOUT / f"{module.replace('.', '/')}.py").read_text(encoding="utf-8"))
            found = {each.module for each in ast.walk(tree) if isinstance(each, ast.ImportFrom) and each.module}
            found |= {name.name for each in ast.walk(tree) if isinstance(each, ast.Import) for name in each.names}
            own = {each for each in found if each.partition(".")[0] in ("connectors", "schemas")}
            packages = {each.partition(".")[0] for each in found - own} - sys.stdlib_module_names
            assert packages <= {*opname._PARSERS, "pydantic"}, module
            waiting += own - modules - {"schemas.fout"}  # the codes of errors: what breaks off is not kept
        sources = {f"{module.replace('.', '/')}.py" for module in modules if not module.startswith("connectors.")}
        assert sources <= {*opname._OOK}
        before = leescode()
        leescode.cache_clear()
        monkeypatch.setattr(opname, "_OOK", (*opname._OOK, "schemas/fout.py"))
        assert leescode() != before
        leescode.cache_clear()


class TestMinder:
    """An opname of more serves a passage that asks for less."""

    def test_one_doel_after_all(self, klaar: Instellingen, gelezen: list[str]) -> None:
        neem_op(klaar, "gemeente", {"b.csv": populatie_csv([B])}, "2026-02")
        toelaten(klaar, doel="inkomsten")
        assert [each for each in gelezen if each.startswith("uwv")] == []
        assert len(van_uwv(klaar)) == 1

    def test_all_after_one_doel(self, instellingen: Instellingen, gelezen: list[str]) -> None:
        """The opname of more takes the place of that of less."""
        neem_op(instellingen, "gemeente", {"b.csv": populatie_csv([A])})
        neem_op(instellingen, "uwv", {"i.csv": schrijf_csv(IKV, RIJEN)})
        toelaten(instellingen, doel="uitstroommonitor")
        [less] = van_uwv(instellingen)
        toelaten(instellingen)
        assert gelezen.count("uwv 000001") == 2
        [more] = van_uwv(instellingen)
        assert less != more
        assert list(bekende_opnames(instellingen)) == [
            pad.relative_to(instellingen.data).as_posix() for pad in opnames(instellingen)
        ]

    def test_not_where_findings_depend_on_what_is_looked_for(
        self, instellingen: Instellingen, gelezen: list[str]
    ) -> None:
        neem_op(instellingen, "gemeente", {"b.csv": populatie_csv([A])})
        document = suwi(client(A).replace("DatBIkv", "datbikv"))
        neem_op(instellingen, "uwv", {"i.xml": document})
        toelaten(instellingen)
        [pad] = van_uwv(instellingen)
        slot = lees_slot(pad)
        assert slot is not None and not slot.deelbaar
        gelezen.clear()
        neem_op(instellingen, "gemeente", {"b.csv": populatie_csv([B])}, "2026-02")
        toelaten(instellingen, doel="uitstroommonitor")
        assert gelezen.count("uwv 000001") == 1
        assert len(van_uwv(instellingen)) == 2

    def test_holds_no_field_that_nobody_asked_for(self, klaar: Instellingen) -> None:
        slot = lees_slot(van_uwv(klaar)[0])
        assert slot is not None
        velden = set(slot.tabellen[TABEL])
        asked = {
            veld for doel in doelen().values() for rij in doel.bronnen if rij.tabel == TABEL for veld in rij.velden
        }
        every = bronnen()["uwv"].tabellen["inkomstenverhouding"].velden.keys()
        assert velden == asked < every
        found = [item for item in speel_af(van_uwv(klaar)[0], {TABEL: every}) if isinstance(item, Rijen)]
        assert {naam for item in found for naam in item.batch.schema.names} == {"record_nr", *asked}


class TestNiet:
    """Of what there is no opname."""

    def test_small_files(self, instellingen: Instellingen, monkeypatch: pytest.MonkeyPatch) -> None:
        text = schrijf_csv(IKV, [ikv(A, nr) for nr in range(50)])
        monkeypatch.setattr(opname, "VANAF", len(text))
        neem_op(instellingen, "gemeente", {"b.csv": populatie_csv([A])})
        neem_op(instellingen, "uwv", {"a.csv": text, "b.csv": text[:-1]})
        toelaten(instellingen)
        assert [pad.name[:6] for pad in opnames(instellingen)] == ["000001"]

    def test_parquet(self, instellingen: Instellingen) -> None:
        neem_op(instellingen, "uwv", {"a.parquet": parquet()})
        toelaten(instellingen)
        assert opnames(instellingen) == []

    @pytest.mark.parametrize("waar", ["lezen", "schrijven"])
    def test_passage_that_is_broken_off(
        self, instellingen: Instellingen, monkeypatch: pytest.MonkeyPatch, waar: str
    ) -> None:
        neem_op(instellingen, "gemeente", {"b.csv": populatie_csv([A])})
        neem_op(instellingen, "uwv", {"i.csv": schrijf_csv(IKV, RIJEN)})
        lees, verwerk = passage.lees_bestand, passage.Deur.verwerk

        def breek_lezen(*args: object) -> object:
            for item in lees(*args):  # type: ignore[arg-type]
                yield item
                if item.tabel == "uwv.inkomstenverhouding":
                    raise KeyboardInterrupt

        def breek_schrijven(deur: object, batch: object, toegangen: Sequence[object]) -> None:
            verwerk(deur, batch, toegangen)  # type: ignore[arg-type]
            if toegangen[0].raadpleging.tabel == "uwv.inkomstenverhouding":  # type: ignore[attr-defined]
                raise KeyboardInterrupt

        if waar == "lezen":
            monkeypatch.setattr(passage, "lees_bestand", breek_lezen)
        else:
            monkeypatch.setattr(passage.Deur, "verwerk", breek_schrijven)
        with pytest.raises(KeyboardInterrupt):
            toelaten(instellingen)
        assert [pad.name for pad in van_uwv(instellingen) if pad.name.startswith(".")] == []
        monkeypatch.undo()
        toelaten(instellingen)
        assert personen_in_lake(instellingen, "inkomsten", "uwv.inkomstenverhouding") == [A]

    def test_full_disk(self, instellingen: Instellingen, monkeypatch: pytest.MonkeyPatch) -> None:
        neem_op(instellingen, "uwv", {"i.csv": schrijf_csv(IKV, RIJEN)})

        def vol(_: object) -> None:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

        monkeypatch.setattr(opnamebestand, "_inpakken", vol)
        with pytest.raises(KetenFout, match="O-SCHIJF"):
            toelaten(instellingen)
        assert opnames(instellingen) == []


class TestBewaren:
    """It is as the levering it is of, and goes with it."""

    def test_only_for_who_may_read_the_levering(self, klaar: Instellingen) -> None:
        [pad] = van_uwv(klaar)
        assert pad.parent.parent.name.startswith("uwv-2026-01")
        assert pad.parent.stat().st_mode & 0o077 == 0

    def test_is_destroyed_with_the_levering(self, klaar: Instellingen) -> None:
        assert van_uwv(klaar) and bekende_opnames(klaar)
        ruim_op(klaar, date(2035, 1, 1))
        assert alle_bestanden(klaar.landing) == []
        assert bekende_opnames(klaar) == {}
        assert verifieer(klaar).problemen == ()

    def test_what_a_killed_process_left_is_cleared(self, klaar: Instellingen) -> None:
        [pad] = van_uwv(klaar)
        left = pad.with_name(f".{pad.name}.999999")
        left.write_bytes(b"half")
        long_ago = time.time() - 3 * 86400
        os.utime(left, (long_ago, long_ago))
        ruim_op(klaar, date.today())
        assert not left.exists() and pad.exists()

    def test_is_not_handed_to_who_leaves(self, instellingen: Instellingen, tmp_path: Path) -> None:
        neem_op(instellingen, "gemeente", {"b.csv": schrijf_csv(BIJSTAND, [bijstand(A, gemeente="0344")])})
        toelaten(instellingen)
        assert opnames(instellingen)
        folder = exporteer(instellingen, "0344", tmp_path / "uit")
        handed = alle_bestanden(folder / "leveringen")
        assert [pad.name for pad in handed] == ["000001.csv"]
        assert not [pad for pad in folder.rglob("*") if pad.name == MAP]


def test_bound_on_what_waits(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A disk that is slower than the reader does not fill the memory."""
    waiting: list[int] = []
    pack: Callable[[pa.RecordBatch], pa.RecordBatch] = opnamebestand._inpakken

    def traag(batch: pa.RecordBatch) -> pa.RecordBatch:
        waiting.append(len(opnemer._waiting))
        return pack(batch)

    monkeypatch.setattr(opnamebestand, "_inpakken", traag)
    batch = pa.RecordBatch.from_arrays([pa.array([1, 2])], ["record_nr"])
    opnemer = Opnemer(tmp_path / "o.arrow")
    for _ in range(50):
        opnemer.neem_op(Rijen("uwv.een", batch))
        assert len(opnemer._waiting) <= opnamebestand.AHEAD
    opnemer.sluit(Slot("x", (), {}))
    assert max(waiting) <= opnamebestand.AHEAD


def test_opnames_are_looked_up_only_for_files_that_have_one(
    instellingen: Instellingen, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Thousands of small files must not cost a question each."""
    monkeypatch.setattr(opname.heelheid, "bekend", lambda *_: pytest.fail("gevraagd"))
    small = {"bestand_nr": 1, "bytes": ALLES - 1, "formaat": "csv", "tabellen": "uwv.inkomstenverhouding"}
    found = Opnames(instellingen, bronnen()["uwv"], instellingen.landing).lees(small, {}, (), lambda: iter(()))
    assert list(found) == []
