"""Escaping a column, against orjson, lxml and csv as oracles."""

import csv
import io
import re
from collections.abc import Callable

import numpy as np
import orjson
import pyarrow as pa
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from lxml import etree

from message_formats.text import (
    Rows,
    all_equal,
    escape_csv,
    escape_json,
    escape_xml,
    normalise,
    restore_csv,
    rows_csv,
    rows_json,
    rows_xml,
)

NASTY = st.text(
    alphabet=st.one_of(
        st.sampled_from("=+-@\t\r\n'\";&<>\\\x00\x07\x1f\x7f\x85\u2028\ufffe\uffff\ufeff\uff1d\U0001f600é "),
        st.characters(exclude_categories=["Cs"]),
    ),
    max_size=12,
)
COLUMN = st.lists(st.one_of(st.none(), NASTY), min_size=1, max_size=8)
ILLEGAL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")


def column(values: list[str | None]) -> pa.StringArray:
    return pa.array(values, pa.string())


def cleaned(values: list[str | None]) -> list[str | None]:
    return [ILLEGAL.sub("\ufffd", value) if value else None for value in values]


@given(st.lists(st.sampled_from(["a", "b", "é", "ab", ""]), max_size=4), st.integers(0, 3))
def test_a_column_of_one_text_is_recognised(values: list[str], offset: int) -> None:
    assert all_equal(column(values)[offset:]) == (len(set(values[offset:])) <= 1)


@given(COLUMN)
def test_normalise_replaces_what_xml_cannot_hold(values: list[str | None]) -> None:
    assert normalise(column(values)).to_pylist() == cleaned(values)


@given(st.lists(st.none() | st.text(st.characters(exclude_categories=[]), max_size=4), min_size=1, max_size=6))
def test_normalise_mends_lone_surrogates_and_broken_utf8(values: list[str | None]) -> None:
    raw = [None if value is None else value.encode("utf-8", "surrogatepass") for value in values]
    broken = pa.Array.from_buffers(pa.string(), len(raw), pa.array(raw, pa.binary()).buffers())
    whole = normalise(broken)
    whole.validate(full=True)
    mended = [None if value is None else value.decode("utf-8", "replace") for value in raw]
    assert whole.to_pylist() == cleaned(mended)


@pytest.mark.parametrize(("rows", "escape"), [(rows_json, escape_json), (rows_xml, escape_xml), (rows_csv, escape_csv)])
@given(values=COLUMN, offset=st.integers(0, 3))
def test_every_row_that_escaping_changes_is_found(
    rows: Callable[[pa.StringArray], Rows],
    escape: Callable[[pa.StringArray], pa.StringArray],
    values: list[str | None],
    offset: int,
) -> None:
    texts = column(cleaned(values))[offset:]
    changed = np.flatnonzero([a != b for a, b in zip(texts.to_pylist(), escape(texts).to_pylist(), strict=True)])
    assert set(changed) <= set(rows(texts))


@given(COLUMN, st.integers(0, 3))
def test_json_is_written_as_orjson_does(values: list[str | None], offset: int) -> None:
    texts = cleaned(values)
    expected = [None if text is None else orjson.dumps(text)[1:-1].decode() for text in texts]
    assert escape_json(column(texts)[offset:]).to_pylist() == expected[offset:]


@given(COLUMN, st.integers(0, 3))
def test_xml_is_written_as_lxml_does(values: list[str | None], offset: int) -> None:
    texts = cleaned(values)

    def by_lxml(text: str | None) -> str | None:
        if text is None:
            return None
        element = etree.Element("a")
        element.text = text
        return etree.tostring(element, encoding="unicode")[3:-4]

    assert escape_xml(column(texts)[offset:]).to_pylist() == [by_lxml(text) for text in texts][offset:]


@given(COLUMN, st.integers(0, 3))
@example(["=1+1", "'=1+1", "'t Hoekje", "\uff1dx", "\t", "-", None], 0)
@example(["a", "=b"], 1)
def test_csv_reads_back_with_the_csv_module(values: list[str | None], offset: int) -> None:
    texts = cleaned(values)
    cells = escape_csv(column(texts)[offset:]).to_pylist()
    line = ";".join(["x", *(cell or "" for cell in cells), "x"])
    (row,) = csv.reader(io.StringIO(line, newline=""), delimiter=";", strict=True)
    read = pa.array(row[1:-1], pa.string())
    assert [text or None for text in restore_csv(read).to_pylist()] == texts[offset:]
    assert not [cell for cell in row if cell[:1] in set("=+-@\t\r\n\uff1d\uff0b\uff0d\uff20") - {""}]


@given(COLUMN)
def test_csv_quotes_as_the_csv_module_does(values: list[str | None]) -> None:
    texts = [
        text if text and text[0] not in "=+-@\t\r\n'\uff1d\uff0b\uff0d\uff20" else None for text in cleaned(values)
    ]
    out = io.StringIO(newline="")
    csv.writer(out, delimiter=";", lineterminator="\r\n").writerow(["x", *(text or "" for text in texts), "x"])
    cells = escape_csv(column(texts)).to_pylist()
    assert ";".join(["x", *(cell or "" for cell in cells), "x"]) + "\r\n" == out.getvalue()


@pytest.mark.parametrize(
    ("text", "cell"),
    [
        ("=1+1", "'=1+1"),
        ("@SUM(A1)", "'@SUM(A1)"),
        ("'t Hoekje", "'t Hoekje"),
        ("'=x", "''=x"),
        ("a;b", '"a;b"'),
        ('a"b', '"a""b"'),
        ("\tx", "'\tx"),
        ("\rx", '"\'\rx"'),
    ],
)
def test_csv_cell(text: str, cell: str) -> None:
    assert escape_csv(column([text])).to_pylist() == [cell]
