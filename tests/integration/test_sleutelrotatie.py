"""A rotation changes every pseudonym of a doel and nothing that anybody outside can see."""

from __future__ import annotations

import json
import multiprocessing
import os
import shutil
import signal
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from typer.testing import CliRunner

from lineage.sleutels import versies
from pipeline import passage as deur
from pipeline.cli import app
from pipeline.geleverd import geleverd_pad
from pipeline.instellingen import Instellingen
from pipeline.signaleer import run_map
from pipeline.sleutelrotatie import roteer, stand_van_sleutels
from pipeline.stand import Stand
from pipeline.status import stand
from pipeline.toelaten import toelaten
from pipeline.werk import draai
from privacy.pseudoniem import Pseudonimiseerder
from privacy.sleutelmerk import nummer_kolom, pseudoniem_kolommen, versie_van
from schemas.fout import KetenFout
from tests.bouw import BIJSTAND, IKV, bijstand, ikv, maak_bsn, neem_op, personen_in_lake, schrijf_csv
from tests.geopend import geopend, met_certificaten

pytestmark = pytest.mark.zwaar

A, B, C = (maak_bsn(nummer) for nummer in range(11, 14))
GEMEENTE, JANUARI, FEBRUARI = "0344", "2026-01", "2026-02"
Signalen = dict[tuple[str, str], tuple[str, str]]


def lever_aan(instellingen: Instellingen, periode: str, ikvs: list[list[object]], jongeren: list[str]) -> None:
    """A month of what inkomsten and vsv need."""
    neem_op(instellingen, "gemeente", {"b.csv": schrijf_csv(BIJSTAND, [bijstand(A, partner=B), bijstand(C)])}, periode)
    neem_op(instellingen, "uwv", {"i.csv": schrijf_csv(IKV, ikvs)}, periode)
    duo = schrijf_csv(("Burgerservicenr", "IndStartkwalificatieDuo"), [[bsn, "2"] for bsn in jongeren])
    neem_op(instellingen, "duo", {"d.csv": duo}, periode)
    persoon = schrijf_csv(
        ("burgerservicenummer", "geboortedatum", "datumOverlijden"), [[bsn, "20061101", ""] for bsn in (A, B, C)]
    )
    kolommen = ("burgerservicenummer", "gemeenteVanInschrijving", "datumInschrijving", "datumBegin")
    verblijf = schrijf_csv(kolommen, [[bsn, GEMEENTE, "20200101", "20200101"] for bsn in (A, B, C)])
    neem_op(instellingen, "brp", {"p.csv": persoon, "v.csv": verblijf}, periode)


def ikvs(*personen: str) -> list[list[object]]:
    """Of each person one that begins in January, the last one's employer a sole trader."""
    rows = [ikv(bsn, volgnummer=nummer) for nummer, bsn in enumerate(personen, 1)]
    rows[-1][1] = f"{maak_bsn(99)}L01"
    return rows


def berichten(instellingen: Instellingen, product: str, periode: str, volgnummer: int) -> Signalen:
    """What the gemeente was sent: (person, code) to (mutatie, signaalId)."""
    found = {}
    for pad in geopend(instellingen).glob(f"{GEMEENTE}/{product}/{periode}/*_{volgnummer:06d}.json"):
        for item in json.loads(pad.read_text(encoding="utf-8"))["signalen"]:
            found[item["burgerservicenummer"], item["signaalCode"]] = item["mutatie"], item["signaalId"]
    return found


def bestanden(instellingen: Instellingen, doel: str) -> list[Path]:
    """Every Parquet file of a doel with something under a key."""
    paden = [*instellingen.map("lake", doel).rglob("*.parquet"), *instellingen.map("runs", doel).rglob("*.parquet")]
    return sorted(pad for pad in paden if nummer_kolom(pad) or pseudoniem_kolommen(pq.read_schema(pad)))


def tokens(instellingen: Instellingen, doel: str) -> set[object]:
    """All pseudonyms of a doel, and the numbers computed from them."""
    found: set[object] = set()
    for pad in bestanden(instellingen, doel):
        table = pq.ParquetFile(pad).read()
        names = [*pseudoniem_kolommen(table.schema), *([nummer_kolom(pad)] if nummer_kolom(pad) else [])]
        found |= {value for name in names for value in table[name].to_pylist()} - {None}
    return found


def rest(instellingen: Instellingen, doel: str) -> dict[str, list[dict[str, object]]]:
    """All that is not under a key, per file."""
    result = {}
    for pad in bestanden(instellingen, doel):
        table = pq.ParquetFile(pad).read()
        names = [*pseudoniem_kolommen(table.schema), *([nummer_kolom(pad)] if nummer_kolom(pad) else [])]
        result[str(pad)] = table.drop_columns(names).to_pylist()
    return result


@pytest.fixture(scope="module")
def geleverd(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The data of an installation that delivered January of inkomsten and vsv."""
    with pytest.MonkeyPatch.context() as monkeypatch:
        for naam in [naam for naam in os.environ if naam.startswith("KETEN_")]:
            monkeypatch.delenv(naam)
        instellingen = met_certificaten(tmp_path_factory.mktemp("rotatie") / "var")
        lever_aan(instellingen, JANUARI, ikvs(A, B, C), [A, B])
        for product in ("inkomsten", "vsv"):
            draai(instellingen, product, JANUARI)
        return instellingen.data


@pytest.fixture
def huis(geleverd: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Instellingen]:
    """A copy of it for one test."""
    for naam in [naam for naam in os.environ if naam.startswith("KETEN_")]:
        monkeypatch.delenv(naam)
    shutil.copytree(geleverd, tmp_path / "var")
    monkeypatch.setenv("KETEN_DATA", str(tmp_path / "var"))
    yield Instellingen()


def test_everything_is_under_the_new_key_and_nothing_else_changed(huis: Instellingen) -> None:
    before, other, besides = tokens(huis, "inkomsten"), tokens(huis, "vsv"), rest(huis, "inkomsten")
    personen = sorted(filter(None, personen_in_lake(huis, "inkomsten", "gemeente.bijstandspopulatie")))
    rotatie = roteer(huis, "inkomsten")
    assert (rotatie.versie, rotatie.vervallen, rotatie.bestanden) == (2, (1,), len(bestanden(huis, "inkomsten")))
    assert {versie_van(pad) for pad in bestanden(huis, "inkomsten")} == {2}
    after = tokens(huis, "inkomsten")
    assert len(after) == len(before) >= 8  # three persons, two employers, three signals
    assert not after & before
    assert rest(huis, "inkomsten") == besides
    text = json.dumps(besides, default=str)  # no pseudonym hides in what stays, a subject for one
    assert not [token for token in before if isinstance(token, bytes) and str(uuid.UUID(bytes=token)) in text]
    assert (
        sorted(filter(None, personen_in_lake(huis, "inkomsten", "gemeente.bijstandspopulatie"))) == personen == [A, C]
    )
    assert tokens(huis, "vsv") == other
    status = [(row["doel"], row["versie"], row["status"]) for row in versies(huis.grootboek)]
    assert [row for row in status if row[0] in ("inkomsten", "vsv")] == [
        ("inkomsten", 1, "vervallen"),
        ("inkomsten", 2, "actief"),
        ("vsv", 1, "actief"),
    ]


def test_a_run_of_before_is_the_same_run_and_still_readable(huis: Instellingen) -> None:
    runs = {product: draai(huis, product, JANUARI).signalering.run_id for product in ("inkomsten", "vsv")}
    for product in runs:
        roteer(huis, product)
    for product, run_id in runs.items():
        opnieuw = draai(huis, product, JANUARI)
        assert (opnieuw.signalering.run_id, opnieuw.signalering.nieuw) == (run_id, False)
        assert not [regel for regel in stand(huis, product) if regel.aan_de_beurt]
        assert toelaten(huis, doel=product) == []
        assert berichten(huis, product, JANUARI, 2) == {}
        signalen = pq.ParquetFile(run_map(huis, run_id) / f"signal_{product}.parquet").read()
        bewijs = pq.ParquetFile(run_map(huis, run_id) / f"bewijs_{product}.parquet").read()
        assert set(bewijs["signaal_id"].to_pylist()) == set(signalen["signaal_id"].to_pylist())
        persoon = signalen["persoon"].cast(pa.binary(16)).combine_chunks()
        assert set(Stand(huis).pseudonimiseerder(product).ontsleutel_tekst(persoon).to_pylist()) <= {A, B, C}


def test_next_month_repeats_nothing_and_the_number_is_the_same(huis: Instellingen) -> None:
    january = berichten(huis, "vsv", JANUARI, 1)
    assert {key: mutatie for key, (mutatie, _) in january.items()} == {(A, "VSV-D1"): "nieuw", (B, "VSV-D1"): "nieuw"}
    roteer(huis, "vsv")
    lever_aan(huis, FEBRUARI, ikvs(A, B, C), [A, B, C])
    draai(huis, "vsv", FEBRUARI)
    february = berichten(huis, "vsv", FEBRUARI, 2)
    assert {key: mutatie for key, (mutatie, _) in february.items()} == {(C, "VSV-D1"): "nieuw"}

    roteer(huis, "vsv")  # and again, with runs of both months there
    diploma = schrijf_csv(("Burgerservicenr", "IndStartkwalificatieDuo"), [[A, "1"], [B, "2"], [C, "1"]])
    neem_op(huis, "duo", {"d.csv": diploma}, FEBRUARI)
    draai(huis, "vsv", FEBRUARI)
    corrected = berichten(huis, "vsv", FEBRUARI, 3)
    assert {key: mutatie for key, (mutatie, _) in corrected.items()} == {
        (A, "VSV-D1"): "ingetrokken",
        (C, "VSV-D1"): "ingetrokken",
    }
    assert corrected[A, "VSV-D1"][1] == january[A, "VSV-D1"][1]
    assert corrected[C, "VSV-D1"][1] == february[C, "VSV-D1"][1]


def test_a_correction_after_a_rotation_withdraws_under_the_number_that_was_sent(huis: Instellingen) -> None:
    first = berichten(huis, "inkomsten", JANUARI, 1)
    assert {key for key in first if key[1] == "INK-01"} == {(A, "INK-01"), (B, "INK-01"), (C, "INK-01")}
    roteer(huis, "inkomsten")
    rows = ikvs(A, B, C)
    withdrawn = [[*row[:6], "INTREKKING"] if row[0] == C else row for row in rows]
    neem_op(huis, "uwv", {"i.csv": schrijf_csv(IKV, withdrawn)}, JANUARI)
    draai(huis, "inkomsten", JANUARI)
    second = berichten(huis, "inkomsten", JANUARI, 2)
    assert {key: mutatie for key, (mutatie, _) in second.items() if key[1] == "INK-01"} == {
        (C, "INK-01"): "ingetrokken"
    }
    assert second[C, "INK-01"][1] == first[C, "INK-01"][1]
    assert second.keys() <= {(C, "INK-01"), (C, "INK-04")}  # nothing about A and B, whose employers have new pseudonyms


def test_what_was_delivered_is_found_from_the_run_and_from_the_message(huis: Instellingen) -> None:
    roteer(huis, "inkomsten")
    run_id = draai(huis, "inkomsten", JANUARI).signalering.run_id
    sent = pq.ParquetFile(geleverd_pad(huis, run_id)).read()
    signalen = pq.ParquetFile(run_map(huis, run_id) / "signal_inkomsten.parquet").read()
    assert set(sent["intern_id"].to_pylist()) == set(signalen["signaal_id"].to_pylist())
    assert set(sent["signaal_id"].to_pylist()) == {id_ for _, id_ in berichten(huis, "inkomsten", JANUARI, 1).values()}
    own = dict(zip(signalen["signaal_id"].to_pylist(), signalen["persoon"].to_pylist(), strict=True))
    assert all(own[row["intern_id"]] == row["persoon"] for row in sent.to_pylist())


def _killed_at(data: Path, rename: int) -> None:
    """Rotates in a process of its own that is killed when it is about to rename a file for the nth time."""
    seen, original = [0], Path.rename

    def count(self: Path, target: Path) -> Path:
        seen[0] += 1
        if seen[0] == rename:
            os.kill(os.getpid(), signal.SIGKILL)
        return original(self, target)

    Path.rename = count  # type: ignore[method-assign]
    roteer(Instellingen(data=data), "inkomsten")


@pytest.mark.parametrize("rename", [1, 3, 6])
def test_killed_rotation_is_finished_by_the_next(huis: Instellingen, rename: int) -> None:
    old = tokens(huis, "inkomsten")
    process = multiprocessing.get_context("spawn").Process(target=_killed_at, args=(huis.data, rename))
    process.start()
    process.join()
    assert process.exitcode == -signal.SIGKILL
    marks = [versie_van(pad) for pad in bestanden(huis, "inkomsten")]
    assert (marks.count(2), 1 in marks) == (rename - 1, True)
    statussen = {row["versie"]: row["status"] for row in versies(huis.grootboek, "inkomsten")}
    assert statussen == {1: "leesbaar", 2: "actief"}
    with pytest.raises(KetenFout, match="P-ROTATIE"):  # half a lake matches nobody: nothing runs on it
        lever_aan(huis, FEBRUARI, ikvs(A, B, C), [A])
        draai(huis, "inkomsten", FEBRUARI)
    rotatie = roteer(huis, "inkomsten")
    assert (rotatie.versie, rotatie.vervallen) == (2, (1,))
    assert {versie_van(pad) for pad in bestanden(huis, "inkomsten")} == {2}
    assert not tokens(huis, "inkomsten") & old
    draai(huis, "inkomsten", FEBRUARI)
    assert personen_in_lake(huis, "inkomsten", "uwv.inkomstenverhouding") == [A, B, C] * 2
    assert berichten(huis, "inkomsten", FEBRUARI, 2) == {}


def test_tokens_of_a_retired_version_are_refused(huis: Instellingen) -> None:
    doel = "inkomsten"
    pad = next(pad for pad in bestanden(huis, doel) if "bijstandspopulatie" in str(pad))
    copy = pad.read_bytes()
    retired = pq.ParquetFile(pad).read()["persoon"].combine_chunks()
    roteer(huis, doel)
    holder = Stand(huis).pseudonimiseerder(doel)
    foreign = (
        Stand(huis)
        .pseudonimiseerder("vsv")
        .versleutel(holder.ontsleutel(pq.ParquetFile(pad).read()["persoon"].combine_chunks()))
    )
    for vreemd in (retired, foreign):
        with pytest.raises(KetenFout, match="P-VREEMD"):
            holder.ontsleutel(vreemd)
    pad.write_bytes(copy)  # a file that came back from a backup
    lever_aan(huis, FEBRUARI, ikvs(A), [A])
    with pytest.raises(KetenFout, match="O-BESCHADIGD"):
        draai(huis, doel, FEBRUARI)
    assert roteer(huis, doel).versie == 2
    draai(huis, doel, FEBRUARI)


def test_file_with_a_foreign_token_stops_the_rotation_and_stays(huis: Instellingen) -> None:
    pad = next(pad for pad in bestanden(huis, "inkomsten") if "bijstandspopulatie" in str(pad))
    table = pq.ParquetFile(pad).read()
    forged = pa.array([bytes(16)] * table.num_rows, pa.binary(16))
    table = table.set_column(table.column_names.index("persoon"), "persoon", forged)
    pq.write_table(table, pad)
    content = pad.read_bytes()
    with pytest.raises(KetenFout, match="P-VREEMD"):
        roteer(huis, "inkomsten")
    assert pad.read_bytes() == content
    assert not list(pad.parent.glob(".*"))


def test_door_that_was_busy_when_the_key_rotated_does_not_count(
    huis: Instellingen, monkeypatch: pytest.MonkeyPatch
) -> None:
    lever_aan(huis, FEBRUARI, ikvs(A, B), [A])
    original = deur.Passage.leg_vast

    def rotate_first(self: Any) -> None:
        monkeypatch.setattr(deur.Passage, "leg_vast", original)
        roteer(huis, "inkomsten")
        original(self)

    monkeypatch.setattr(deur.Passage, "leg_vast", rotate_first)
    with pytest.raises(KetenFout, match="P-ROTATIE"):
        toelaten(huis)
    toelaten(huis)
    assert not list(_under(huis, 1))
    assert personen_in_lake(huis, "inkomsten", "uwv.inkomstenverhouding")[-2:] == [A, B]


def _under(instellingen: Instellingen, versie: int) -> Iterator[Path]:
    return (pad for pad in bestanden(instellingen, "inkomsten") if versie_van(pad) == versie)


class TestCommand:
    def keten(self, *woorden: str) -> Any:
        return CliRunner().invoke(app, ["sleutel", *woorden], terminal_width=200)

    def test_status_and_rotation_show_no_key(self, huis: Instellingen) -> None:
        secrets = [huis.hoofdsleutel.pad.read_bytes()]
        secrets += [huis.sleutelbos.sleutel("inkomsten", versie) for versie in (1, 2)]
        outputs = [self.keten("status"), self.keten("roteer", "inkomsten"), self.keten("status")]
        assert [output.exit_code for output in outputs] == [0, 0, 0], outputs
        text = "".join(output.output for output in outputs)
        assert not [secret for secret in secrets if secret.hex()[:16] in text]
        assert "vervallen" in outputs[2].output
        assert huis.sleutelbos.controlegetal("inkomsten", 2) in outputs[2].output
        regels = {(regel.doel, regel.versie): regel.bestanden for regel in stand_van_sleutels(huis)}
        assert regels["inkomsten", 1] == 0
        assert regels["inkomsten", 2] == len(bestanden(huis, "inkomsten"))

    def test_new_master_key_only_where_there_is_none(self, huis: Instellingen, tmp_path: Path) -> None:
        content = huis.hoofdsleutel.pad.read_bytes()
        assert isinstance(self.keten("nieuw").exception, KetenFout)
        assert huis.hoofdsleutel.pad.read_bytes() == content
        huis.hoofdsleutel.pad.unlink()
        lost = self.keten("nieuw")  # what is under the lost key would never be read again
        assert isinstance(lost.exception, KetenFout)
        assert lost.exception.code == "P-SLEUTEL"
        fresh = CliRunner().invoke(app, ["sleutel", "nieuw"], env={"KETEN_DATA": str(tmp_path / "vers")})
        assert fresh.exit_code == 0
        assert (tmp_path / "vers" / "sleutels" / "master.key").stat().st_mode & 0o777 == 0o600

    def test_unknown_doel(self, huis: Instellingen) -> None:
        assert self.keten("roteer", "bestaatniet").exit_code == 2


def test_key_of_another_installation_reads_nothing(huis: Instellingen) -> None:
    pad = next(pad for pad in bestanden(huis, "inkomsten") if "bijstandspopulatie" in str(pad))
    tokens_here = pq.ParquetFile(pad).read()["persoon"].combine_chunks()
    with pytest.raises(KetenFout, match="P-VREEMD"):
        Pseudonimiseerder(os.urandom(32)).ontsleutel(tokens_here)
