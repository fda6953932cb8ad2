"""The three formats carry the same: written, read back, and read by independent parsers."""

import csv
import tempfile
from datetime import date
from pathlib import Path
from random import Random
from typing import Any
from unittest.mock import patch

import orjson
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from lxml import etree

from message_formats import render, write
from message_formats.names import bewijs_schema, camel, pascal, signaal_schema
from message_formats.read import lees_bericht
from message_formats.text import normalise
from message_formats.validate import valideer
from message_formats.write import Fragmenten
from schemas.berichten import berichten, wat_velden
from tests.unit.message_voorbeelden import FORMATEN, INKOMSTEN, KVK, make_bewijs, make_envelop, make_signalen, write_all

NASTY = st.text(
    alphabet=st.one_of(
        st.sampled_from("=+-@\t\r\n'\";&<>\\\x00\x1f\x7f\x85\u2028\ufffe\ufeff\uff1d\U0001f600é "),
        st.characters(exclude_categories=["Cs"]),
    ),
    max_size=10,
)
DATES = st.dates(date(1900, 1, 1), date(2100, 12, 31))
LONG = st.integers(-(2**63), 2**63 - 1)
SIGNAL = st.fixed_dictionaries(
    {
        "signaal_code": st.sampled_from(INKOMSTEN.signaalcodes),
        "naam_werkgever": st.none() | NASTY,
        "loonheffingennummer": st.none() | NASTY,
        "bedrag_loon_sv": st.none() | LONG,
        "ingang": st.none() | DATES,
        "einde": st.none() | DATES,
        "partner_burgerservicenummer": st.sampled_from([None, "999990020"]),
        "facts": st.lists(
            st.fixed_dictionaries({"waarde": st.none() | NASTY, "record_nr": st.none() | st.integers(0, 2**63 - 1)}),
            max_size=3,
        ),
    }
)


def build(rows: list[dict[str, Any]]) -> tuple[pa.Table, pa.Table]:
    signalen = make_signalen(INKOMSTEN, [{k: v for k, v in row.items() if k != "facts"} for row in rows])
    bewijs = make_bewijs(
        INKOMSTEN,
        [
            {"signaal_id": f"{number:032x}", "volgnummer": volgnummer, **fact}
            for number, row in enumerate(rows)
            for volgnummer, fact in enumerate(row["facts"], 1)
        ],
    )
    return signalen, bewijs


def normalised(table: pa.Table) -> pa.Table:
    columns = [
        pa.chunked_array(map(normalise, column.chunks), pa.string()) if pa.types.is_string(column.type) else column
        for column in table.columns
    ]
    return pa.table(columns, schema=table.schema)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(SIGNAL, max_size=5), st.sampled_from([1, 40]), st.booleans(), NASTY.filter(bool), st.randoms())
def test_three_formats_read_back_equal(
    some: list[dict[str, Any]], times: int, tabel: bool, naam: str, random: Any
) -> None:
    with patch.object(render, "WEINIG", render.WEINIG if tabel else 0):  # texts by the row, as of a long message, too
        heen_en_terug(some * times, naam, random)  # many alike: values that lie close together are looked up in a table


@settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.sampled_from([0, 999, 1000, 250_000]),
    st.lists(st.none() | st.integers(0, 60_000), min_size=300, max_size=400),
    st.randoms(),
)
def test_numbers_of_thousands_and_less_read_back_equal(least: int, numbers: list[int | None], random: Any) -> None:
    bedragen = [number if number is None else least + number for number in [*numbers, 0, 999, 1000, 60_000]]
    assert render.as_kolom(pa.array(bedragen, pa.int64())).eenheden is not None
    rows = [
        {"bedrag_loon_sv": bedrag, "facts": [{"waarde": "x", "record_nr": number}]}
        for number, bedrag in enumerate(bedragen, random.randrange(10**9))
    ]
    heen_en_terug(rows, "Utrecht", random)


@pytest.mark.parametrize("anders", ["a;b", "", "\x00", None])
def test_a_text_that_is_not_among_the_first_reads_back_equal(anders: str | None) -> None:
    rows = [{"naam_werkgever": f"bedrijf {number % 3}", "facts": []} for number in range(render.PROEF)]
    heen_en_terug([*rows, {"naam_werkgever": anders, "facts": []}], "Utrecht", Random(1))


def heen_en_terug(rows: list[dict[str, Any]], naam: str, random: Any) -> None:
    signalen, bewijs = build(rows)
    order = list(range(bewijs.num_rows))
    random.shuffle(order)  # the order in which bewijs comes in does not matter
    fragmenten = Fragmenten.bereid(INKOMSTEN, signalen, bewijs.take(pa.array(order, pa.int64())))
    start = random.randint(0, len(rows))
    stop = random.randint(start, len(rows))
    envelop = make_envelop(INKOMSTEN, fragmenten.aantallen(start, stop), ontvanger_naam=naam)
    with tempfile.TemporaryDirectory() as folder:
        paths = write_all(Path(folder), fragmenten, envelop, start, stop)
        expected = normalised(signalen.slice(start, stop - start))
        ids = expected.column("signaal_id").to_pylist()
        expected_bewijs = normalised(bewijs).to_pylist()
        envelopes = {}
        for formaat, (path, bewijs_path) in paths.items():
            assert valideer(path, formaat, INKOMSTEN) == []
            read = lees_bericht(path, formaat, INKOMSTEN, bewijs_path)
            assert read.signalen.equals(expected.combine_chunks())
            assert read.bewijs.to_pylist() == [fact for fact in expected_bewijs if fact["signaal_id"] in ids]
            envelopes[formaat] = read.envelop
        assert envelopes["json"] == envelopes["xml"]
        assert envelopes["csv"].items() <= envelopes["json"].items()
        by_oracles(paths, expected)


def by_oracles(paths: Any, expected: pa.Table) -> None:
    """What parsers that know nothing of this project find in the files."""
    records = [{naam: str(value) for naam, value in row.items() if value is not None} for row in expected.to_pylist()]
    document = orjson.loads(paths["json"][0].read_bytes())
    assert [{k: str(v) for k, v in row.items() if k != "bewijs"} for row in document["signalen"]] == [
        {camel(naam): value for naam, value in record.items()} for record in records
    ]
    namespace = f"{{{INKOMSTEN.urn}}}"
    signalen = etree.parse(paths["xml"][0]).getroot().find(f"{namespace}Signalen")
    assert [
        {child.tag.removeprefix(namespace): child.text for child in row if not child.tag.endswith("}Bewijs")}
        for row in signalen
    ] == [{pascal(naam): value for naam, value in record.items()} for record in records]
    with paths["csv"][0].open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file, delimiter=";", strict=True))
    assert len(rows) == len(records)
    for row, record in zip(rows, records, strict=True):
        for naam in signaal_schema(INKOMSTEN).names:
            assert row[camel(naam)].removeprefix("'") == record.get(naam, "").removeprefix("'")


@pytest.mark.parametrize("bericht", berichten().values(), ids=lambda bericht: bericht.urn)
def test_a_message_without_signals_is_valid(tmp_path: Path, bericht: Any) -> None:
    fragmenten = Fragmenten.bereid(bericht, make_signalen(bericht, []), make_bewijs(bericht, []))
    paths = write_all(tmp_path, fragmenten, make_envelop(bericht, {}), 0, 0)
    for formaat, (path, bewijs_path) in paths.items():
        assert valideer(path, formaat, bericht) == []
        assert bewijs_path is None or valideer(bewijs_path, formaat, bericht, "bewijs") == []
        read = lees_bericht(path, formaat, bericht, bewijs_path)
        assert read.signalen.num_rows == read.bewijs.num_rows == 0
        assert read.signalen.schema == signaal_schema(bericht)
        assert read.bewijs.schema == bewijs_schema(bericht)


@pytest.mark.parametrize("bericht", berichten().values(), ids=lambda bericht: bericht.urn)
def test_dat_leaves_out_what_the_agreement_does_not_have(tmp_path: Path, bericht: Any) -> None:
    secret = "GEHEIM"
    texts = {naam: secret for naam in wat_velden(bericht.signaal) if bericht.signaal[naam].type == "tekst"}
    signalen = make_signalen(bericht, [texts])
    bewijs = make_bewijs(
        bericht, [{"signaal_id": f"{0:032x}", "volgnummer": 1, "waarde": secret, "norm_waarde": secret}]
    )
    fragmenten = Fragmenten.bereid(bericht, signalen, bewijs)
    envelop = make_envelop(bericht, fragmenten.aantallen(0, 1))
    tables = []
    for formaat, (path, bewijs_path) in write_all(tmp_path, fragmenten, envelop, 0, 1, "dat").items():
        for file in filter(None, (path, bewijs_path)):
            assert secret.encode() not in file.read_bytes()
        assert valideer(path, formaat, bericht) == []
        read = lees_bericht(path, formaat, bericht, bewijs_path)
        for naam in wat_velden(bericht.signaal):
            assert read.signalen.column(naam).null_count == 1, naam
        assert read.bewijs.column("kenmerk").to_pylist() == ["bedrag_loon_sv"]
        assert read.bewijs.column("waarde").to_pylist() == [None]
        assert formaat == "csv" or read.envelop["inhoud"] == "dat"
        tables.append(read.signalen)
    assert tables[0].equals(tables[1])
    assert tables[0].equals(tables[2])


@pytest.mark.parametrize("chunk", [1, 7, 40])
def test_a_message_across_chunks_equals_its_rows(tmp_path: Path, chunk: int) -> None:
    """Chunks hold so many signals and facts together; where they begin and end is not to be seen."""
    total = 90
    signalen = make_signalen(KVK, [{"naam_onderneming": f"bedrijf {number}"} for number in range(total)])
    with_facts = range(35, 45)
    bewijs = make_bewijs(
        KVK,
        [{"signaal_id": f"{number:032x}", "volgnummer": volgnummer} for number in with_facts for volgnummer in (2, 1)],
    )
    with patch.object(write, "CHUNK", chunk):
        fragmenten = Fragmenten.bereid(KVK, signalen, bewijs)
        assert fragmenten.per_keer == max(chunk * total // (total + 20), 1)
        start, stop = 30, 75
        envelop = make_envelop(KVK, fragmenten.aantallen(start, stop))
        for formaat, (path, bewijs_path) in write_all(tmp_path, fragmenten, envelop, start, stop).items():
            read = lees_bericht(path, formaat, KVK, bewijs_path)
            assert read.signalen.equals(signalen.slice(start, stop - start).combine_chunks()), formaat
            assert read.bewijs.column("volgnummer").to_pylist() == [1, 2] * 10
            found = read.bewijs.column("signaal_id").to_pylist()
            assert found == [f"{number:032x}" for number in with_facts for _ in (1, 2)]


def test_a_signal_for_two_recipients_has_its_bewijs_twice(tmp_path: Path) -> None:
    signalen = make_signalen(KVK, [{}])
    bewijs = make_bewijs(KVK, [{"signaal_id": f"{n:032x}", "volgnummer": 1} for n in (0, 1)])
    fragmenten = Fragmenten.bereid(KVK, pa.concat_tables([signalen, signalen]), bewijs)
    for number in (0, 1):
        envelop = make_envelop(KVK, {"KVK-01": 1})
        paths = write_all(tmp_path / str(number), fragmenten, envelop, number, number + 1)
        for formaat, (path, bewijs_path) in paths.items():
            assert lees_bericht(path, formaat, KVK, bewijs_path).bewijs.num_rows == 1


def test_a_missing_column_is_refused_and_a_missing_partner_is_not() -> None:
    signalen = make_signalen(KVK, [{}])
    bewijs = make_bewijs(KVK, [])
    assert len(Fragmenten.bereid(KVK, signalen.drop_columns("partner_burgerservicenummer"), bewijs)) == 1
    with pytest.raises(KeyError, match="kvk_nummer"):
        Fragmenten.bereid(KVK, signalen.drop_columns("kvk_nummer"), bewijs)


def test_the_envelope_must_fit_the_rows(tmp_path: Path) -> None:
    fragmenten = Fragmenten.bereid(KVK, make_signalen(KVK, [{}]), make_bewijs(KVK, []))
    with pytest.raises(ValueError, match="aantal"):
        write_all(tmp_path, fragmenten, make_envelop(KVK, {}), 0, 1)
    with pytest.raises(ValueError, match="ander bericht"):
        write_all(tmp_path, fragmenten, make_envelop(INKOMSTEN, {"INK-01": 1}), 0, 1)
    with pytest.raises(ValueError, match="tellen niet op"):
        make_envelop(KVK, {"KVK-01": 1}, aantal_signalen=2)
    assert FORMATEN == ("json", "xml", "csv")
