"""The processing log: its field names, and that nothing in it can be removed, changed or moved unseen."""

from __future__ import annotations

import stat
import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st

from lineage import tabellen as t
from lineage import verwerkingslog as keten
from lineage.ledger import Ledger, Stap
from pipeline.instellingen import Instellingen
from pipeline.logboek import Logboek
from privacy import verwerkingslog
from privacy.betrokkenen import Betrokkenen
from privacy.pseudoniem import Pseudonimiseerder
from privacy.verwerkingslog import (
    SCHEMA,
    Handeling,
    Logsleutels,
    Segment,
    as_cijfers,
    bestand,
    schrijf_segment,
)
from privacy.verwerkingslog_lezen import eerste_breuk
from tests.bouw import maak_bsn
from tests.e2e.speur import Speurder

SLEUTELS = Logsleutels(Pseudonimiseerder(bytes(range(32))), bytes(range(32, 64)), bytes(range(64, 96)))
MOMENT = datetime(2026, 3, 1, 6, 30, tzinfo=UTC)
BSNS = [maak_bsn(nummer) for nummer in range(1, 8)]
NUMMERS = np.array([int(bsn) for bsn in BSNS], np.int32)


def handeling(onderdeel: str = "vsv/abc") -> Handeling:
    activiteit = "urn:signaalketen:verwerking:vsv:1"
    return Handeling("duo-2026-02-abc", onderdeel, "toelaten duo-2026-02-abc", activiteit, MOMENT, MOMENT, "keten/1")


@pytest.fixture
def segment(tmp_path: Path) -> Segment:
    """Two handelingen with three and four betrokkenen: records 1 to 9."""
    work = [(handeling(), NUMMERS[:3]), (handeling("inkomsten/abc"), NUMMERS[3:])]
    return schrijf_segment(tmp_path / "logboek", "deur-proef", work, SLEUTELS)


def herschrijf(segment: Segment, change: Callable[[list[dict[str, object]]], None]) -> None:
    """Writes a segment again with changed records, as somebody would who has everything but the keys."""
    rows = pq.read_table(segment.pad).to_pylist()
    change(rows)
    plain = pq.read_table(segment.pad).schema
    columns = [pa.array([row[veld.name] for row in rows], _plain(veld.type)) for veld in plain]
    pq.write_table(pa.table(columns, names=plain.names), segment.pad)


def _plain(kind: pa.DataType) -> pa.DataType:
    return kind.value_type if pa.types.is_dictionary(kind) else kind


def test_fields_are_those_of_logboek_dataverwerkingen(segment: Segment) -> None:
    rows = pq.read_table(segment.pad).to_pylist()

    assert set(rows[0]) == {
        "trace_id",
        "span_id",
        "parent_span_id",
        "name",
        "start_time",
        "end_time",
        "status_code",
        "resource",
        "dpl.core.processing_activity_id",
        "dpl.core.data_subject_id",
        "dpl.core.data_subject_id_type",
        "schakel",
    }
    assert segment.records == len(rows) == 9
    assert [row["parent_span_id"] is None for row in rows] == [nr in (0, 4) for nr in range(9)]
    assert {row["parent_span_id"] for row in rows[1:4]} == {rows[0]["span_id"]}
    assert len({row["span_id"] for row in rows}) == 9
    assert {row["trace_id"] for row in rows} == {handeling().trace_id}
    assert {row["status_code"] for row in rows} == {"OK"}


def test_each_betrokkene_has_a_record_under_the_key_of_the_log(segment: Segment) -> None:
    table = pq.read_table(segment.pad)
    tokens = table["dpl.core.data_subject_id"].combine_chunks().drop_null()

    assert SLEUTELS.betrokkene.ontsleutel_tekst(tokens).to_pylist() == BSNS


def test_file_is_for_its_owner_and_names_nobody(segment: Segment) -> None:
    assert stat.S_IMODE(segment.pad.stat().st_mode) == 0o600
    assert stat.S_IMODE(segment.pad.parent.stat().st_mode) == 0o700
    assert not Speurder(BSNS).zoek(segment.pad.parent)


def test_whole_segment_is_whole(segment: Segment) -> None:
    assert eerste_breuk(segment, "deur-proef", SLEUTELS) is None


def test_one_without_betrokkenen_is_whole(tmp_path: Path) -> None:
    segment = schrijf_segment(tmp_path, "leeg", [(handeling(), NUMMERS[:0])], SLEUTELS)

    assert segment.records == 1
    assert eerste_breuk(segment, "leeg", SLEUTELS) is None


@pytest.mark.parametrize("record", range(1, 10))
def test_removed_record_is_named(segment: Segment, record: int) -> None:
    herschrijf(segment, lambda rows: rows.pop(record - 1))

    assert eerste_breuk(segment, "deur-proef", SLEUTELS) == record


@pytest.mark.parametrize("record", range(1, 10))
@pytest.mark.parametrize("veld", [naam for naam in SCHEMA.names if naam != "schakel"])
def test_changed_field_is_named(segment: Segment, record: int, veld: str) -> None:
    def change(rows: list[dict[str, object]]) -> None:
        old = rows[record - 1][veld]
        others = [row[veld] for row in rows if row[veld] != old] or [{int: 7, str: "anders"}.get(type(old), MOMENT)]
        rows[record - 1][veld] = MOMENT.replace(year=2027) if isinstance(old, datetime) else others[0]

    herschrijf(segment, change)

    assert eerste_breuk(segment, "deur-proef", SLEUTELS) == record


@pytest.mark.parametrize("record", range(1, 10))
def test_changed_schakel_is_noticed(segment: Segment, record: int) -> None:
    def change(rows: list[dict[str, object]]) -> None:
        rows[record - 1]["schakel"] = bytes(16)

    herschrijf(segment, change)

    assert eerste_breuk(segment, "deur-proef", SLEUTELS) == record


@pytest.mark.parametrize("record", range(2, 10))
def test_reordered_records_are_named(segment: Segment, record: int) -> None:
    def change(rows: list[dict[str, object]]) -> None:
        rows[record - 2], rows[record - 1] = rows[record - 1], rows[record - 2]

    herschrijf(segment, change)

    assert eerste_breuk(segment, "deur-proef", SLEUTELS) == record - 1


def test_reordered_with_their_numbers_are_named(segment: Segment) -> None:
    """Only the persons change places; numbers and schakels stay where they were."""

    def change(rows: list[dict[str, object]]) -> None:
        naam = "dpl.core.data_subject_id"
        rows[5][naam], rows[6][naam] = rows[6][naam], rows[5][naam]

    herschrijf(segment, change)

    assert eerste_breuk(segment, "deur-proef", SLEUTELS) == 6


@pytest.mark.parametrize("left", range(1, 9))
def test_cut_off_end_is_named(segment: Segment, left: int) -> None:
    """The records that are left fit; the ledger knows how it ended."""

    def change(rows: list[dict[str, object]]) -> None:
        del rows[left:]

    herschrijf(segment, change)

    assert eerste_breuk(segment, "deur-proef", SLEUTELS) == left + 1


def test_added_record_is_named(segment: Segment) -> None:
    herschrijf(segment, lambda rows: rows.append({**rows[-1], "span_id": int(str(rows[-1]["span_id"])) + 1}))

    assert eerste_breuk(segment, "deur-proef", SLEUTELS) == 10


def test_whole_segment_of_other_work_does_not_stand_in(segment: Segment, tmp_path: Path) -> None:
    other = schrijf_segment(tmp_path / "b", "deur-anders", [(handeling(), NUMMERS[:3])], SLEUTELS)

    assert eerste_breuk(replace(segment, pad=other.pad), "deur-proef", SLEUTELS) == 1


def test_schakels_need_the_keys(segment: Segment, tmp_path: Path) -> None:
    """Whoever makes a segment of his own without the keys makes one that does not fit."""
    keys = Logsleutels(SLEUTELS.betrokkene, bytes(32), bytes(32))
    forged = schrijf_segment(tmp_path / "b", "deur-proef", [(handeling(), NUMMERS[:2])], keys)

    assert eerste_breuk(forged, "deur-proef", SLEUTELS) == 1


@pytest.mark.parametrize("content", [b"", b"PAR1", b"geen parquet"])
def test_unreadable_file_is_noticed(segment: Segment, content: bytes) -> None:
    segment.pad.write_bytes(content)

    assert eerste_breuk(segment, "deur-proef", SLEUTELS) == 1


def test_every_byte_counts(segment: Segment) -> None:
    """A changed byte in the data is noticed or changes nothing that is read."""
    content = segment.pad.read_bytes()
    rows = pq.read_table(segment.pad).to_pylist()
    for place in range(0, len(content), 37):
        segment.pad.write_bytes(content[:place] + bytes([content[place] ^ 1]) + content[place + 1 :])
        if eerste_breuk(segment, "deur-proef", SLEUTELS) is None:
            assert pq.read_table(segment.pad).to_pylist() == rows


@given(st.integers(0, 40), st.integers(1, 16))
@pytest.mark.zwaar
def test_long_segments_are_written_in_pieces(count: int, rows: int) -> None:
    numbers = np.arange(900_000_000, 900_000_000 + count, dtype=np.int32)
    with pytest.MonkeyPatch.context() as patch, TemporaryDirectory() as folder:
        patch.setattr(verwerkingslog, "ROWS", rows)
        segment = schrijf_segment(Path(folder), "proef", [(handeling(), numbers), (handeling("b"), numbers)], SLEUTELS)
        assert segment.records == 2 * count + 2
        assert eerste_breuk(segment, "proef", SLEUTELS) is None


@given(st.lists(st.lists(st.integers(0, 999_999_999), max_size=30), max_size=12), st.integers(1, 40))
def test_betrokkenen_are_distinct_and_in_order(batches: list[list[int]], loose: int) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("privacy.betrokkenen._LOOSE", loose)
        gathered = Betrokkenen()
        for batch in batches:
            gathered.voeg_toe(np.array(batch, np.int32))
        assert gathered.nummers().tolist() == sorted({number for batch in batches for number in batch})


@given(st.lists(st.integers(0, 999_999_999), max_size=20))
def test_numbers_as_digits(numbers: list[int]) -> None:
    digits = as_cijfers(np.array(numbers, np.int32))

    assert [bytes(row).decode() for row in digits] == [f"{number:09d}" for number in numbers]


# The chain of segments


@pytest.fixture
def logboek(instellingen: Instellingen) -> Logboek:
    """Three segments, entered by three steps."""
    log = Logboek(instellingen)
    for nr in range(3):
        stap = Stap("proef", f"werk-{nr}")
        stap.logboek.append(log.los("inzage", f"werk-{nr}", MOMENT, NUMMERS[: nr + 1]))
        instellingen.grootboek.schrijf_stap(stap)
    return log


def _wijzig(instellingen: Instellingen, statement: sa.Executable) -> None:
    with instellingen.grootboek.transactie() as connection:
        connection.execute(statement)


def test_whole_log_is_whole(logboek: Logboek) -> None:
    oordeel = logboek.controleer()

    assert oordeel.breuken == ()
    assert (oordeel.segmenten, oordeel.records) == (3, 9)


def test_removed_file_is_named(logboek: Logboek) -> None:
    segment = logboek.segmenten()[1]
    bestand(logboek.map, segment["naam"]).unlink()

    (breuk,) = logboek.controleer().breuken
    assert (breuk.segment, breuk.wat) == (segment["naam"], "ontbreekt")


def test_removed_segment_is_noticed(logboek: Logboek, instellingen: Instellingen) -> None:
    _wijzig(instellingen, t.verwerkingslog.delete().where(t.verwerkingslog.c.segment_nr == 2))

    (breuk,) = logboek.controleer().breuken
    assert breuk.segment.startswith("inzage-werk-2-")


@pytest.mark.parametrize("veld", ["naam", "kop", "vorige", "keten"])
def test_changed_segment_is_noticed(logboek: Logboek, instellingen: Instellingen, veld: str) -> None:
    _wijzig(instellingen, t.verwerkingslog.update().where(t.verwerkingslog.c.segment_nr == 2).values({veld: "anders"}))

    assert logboek.controleer().breuken


def test_head_that_was_noted_shows_a_log_that_was_cut_off(logboek: Logboek, instellingen: Instellingen) -> None:
    """Whoever takes off the end, files and rows alike, cannot take away the head somebody noted."""
    noted = logboek.controleer().kop
    _wijzig(instellingen, t.verwerkingslog.delete().where(t.verwerkingslog.c.segment_nr == 3))

    assert logboek.controleer().breuken == ()
    assert logboek.controleer(noted).breuken
    assert not logboek.controleer(logboek.controleer().kop).breuken


def test_segment_of_a_killed_step_counts_for_nothing(logboek: Logboek) -> None:
    logboek.los("inzage", "gestorven", MOMENT, NUMMERS)

    oordeel = logboek.controleer()
    assert (oordeel.segmenten, oordeel.breuken, oordeel.los) == (3, (), 1)


def test_step_that_fails_leaves_no_segment(logboek: Logboek, instellingen: Instellingen) -> None:
    stap = Stap("proef", "werk-3")
    stap.logboek.append(logboek.los("inzage", "werk-3", MOMENT, NUMMERS))
    with pytest.raises(KeyboardInterrupt), instellingen.grootboek.transactie() as connection:
        instellingen.grootboek.schrijf_stap(stap, connection)
        raise KeyboardInterrupt

    assert len(logboek.segmenten()) == 3


def test_done_and_not_logged_is_noticed(logboek: Logboek, instellingen: Instellingen) -> None:
    """The ledger knows of every doorgang; without its handeling the log is not whole."""
    ledger = instellingen.grootboek
    values = {
        "levering_id": "uwv-2026-01-abc",
        "bron": "uwv",
        "periode": "2026-01",
        "inhoud": "x",
        "omschrijving": "",
        "status": "ontvangen",
        "ontvangen_op": MOMENT,
    }
    levering = ledger.registreer_levering(values, [], Stap("ontvang", "uwv-2026-01-abc"))
    ledger.registreer_doorgangen(levering["levering_nr"], {"vsv": "f" * 64}, {}, Stap("deur", "uwv-2026-01-abc"))

    (breuk,) = logboek.controleer().breuken
    assert breuk.segment == "uwv-2026-01-abc"
    assert "staat niet in het logboek" in breuk.wat


def test_processes_at_the_same_time_make_one_chain(instellingen: Instellingen) -> None:
    """Each with its own ledger, as Airflow tasks beside each other have; nobody waits longer than a transaction."""
    log, url = Logboek(instellingen), f"sqlite:///{instellingen.map('ledger', 'ledger.db')}"
    assert log.segmenten() == []
    together = threading.Barrier(4)
    failed: list[BaseException] = []

    def work(worker: int) -> None:
        ledger = Ledger(url)
        together.wait()
        for nr in range(12):
            naam = f"{worker}-{nr}" if nr % 3 else f"samen-{nr}"  # some work is the same
            stap = Stap("proef", naam)
            stap.logboek.append(log.los("inzage", naam, MOMENT.replace(second=worker), NUMMERS[:worker]))
            try:
                ledger.schrijf_stap(stap)
            except sa.exc.SQLAlchemyError as error:
                failed.append(error)

    workers = [threading.Thread(target=work, args=(worker,)) for worker in range(4)]
    for each in workers:
        each.start()
    for each in workers:
        each.join()

    assert not failed
    assert len(log.segmenten()) == 4 * 12
    assert log.controleer().breuken == ()


def test_chain_is_over_everything_a_segment_says() -> None:
    values = {"naam": "a", "records": 3, "kop": "c"}
    changed = [{**values, key: value} for key, value in {"naam": "A", "records": 4, "kop": "C"}.items()]
    digests = {keten.schakel("0", row) for row in [values, *changed]} | {keten.schakel("1", values)}

    assert len(digests) == 5


def test_same_work_done_again_is_logged_again(instellingen: Instellingen) -> None:
    log = Logboek(instellingen)
    first, second = (log.los("inzage", "een", MOMENT, NUMMERS) for _ in range(2))

    assert first.naam != second.naam
    assert first.records == second.records == 8
    assert len(list(log.map.iterdir())) == 2
