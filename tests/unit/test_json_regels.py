"""A block that is read at once gives what its lines give one by one, or says that it cannot be read so."""

from __future__ import annotations

import io
import json
import re
from typing import Any

import orjson
import pyarrow as pa
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from connectors import json_regels
from connectors.json_paden import Paden
from connectors.json_regels import blokken, kolommen
from connectors.lees_json import _as_text
from schemas.fout import KetenFout

PADEN = ("a", "b", "o/a", "o/p/a", "o/lijst[s=x]/a", "o/lijst[s=x]/p/b", "lijst[s=y]/b", "lijst[s=y]/s")
waarden = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**70), 2**70),
    st.integers(0, 99),
    st.floats(allow_nan=True),
    st.text(max_size=5),
    st.sampled_from(["", " ", "2026-01-01", "2026-01-01T00:00:00Z", "1", "01", "true", "é", "\\", '"', "\u2028"]),
    st.lists(st.integers(), max_size=2),
    st.dictionaries(st.sampled_from(("a", "b")), st.integers(), max_size=1),
)
plat = st.dictionaries(st.sampled_from(["a", "b", "c"]), waarden, max_size=3)
kort = st.one_of(st.none(), st.text(max_size=1), st.integers(0, 9))
element = st.one_of(
    waarden,
    st.fixed_dictionaries(
        {"s": st.sampled_from(["x", "y", "z", "", None, 3])},
        optional={"a": kort, "b": kort, "p": st.fixed_dictionaries({}, optional={"a": kort, "b": kort}), "z": waarden},
    ),
)
lijst = st.one_of(waarden, st.lists(element, max_size=3))
diep = st.fixed_dictionaries({}, optional={"a": kort, "p": st.one_of(kort, plat), "lijst": lijst})
objecten = st.one_of(
    plat,
    st.fixed_dictionaries({}, optional={"a": kort, "b": kort, "o": st.one_of(waarden, diep), "lijst": lijst}),
)


def soms(**velden: st.SearchStrategy[object]) -> st.SearchStrategy[object]:
    """An object with some of these keys, or nothing."""
    return st.none() | st.fixed_dictionaries({}, optional=velden)


def lijst_van(**velden: st.SearchStrategy[object]) -> st.SearchStrategy[object]:
    """An array of objects that say what they are, or of nothing."""
    return st.none() | st.lists(soms(s=st.sampled_from(["x", "y", None]), **velden), max_size=3)


# Records as an extract has them: each value is of one kind, and not everything is there.
gelijksoortig = st.fixed_dictionaries(
    {},
    optional={
        "a": st.text(max_size=1),
        "lijst": lijst_van(b=st.integers(-5, 5)),
        "o": soms(
            a=st.booleans(),
            p=soms(a=st.text(max_size=1)),
            lijst=lijst_van(a=st.integers(0, 9), p=soms(b=st.text(max_size=1))),
        ),
    },
)
regels = st.one_of(
    objecten.map(lambda waarde: json.dumps(waarde, ensure_ascii=False)),
    objecten.map(json.dumps),
    st.sampled_from(["", " ", "{", "[1]", "null", '{"a": 1}{"a": 2}', '{"a": 01}', '{"a": 1, "a": 2}', '{"a": "\t"}']),
)


def op_pad(value: Any, pad: str) -> object:
    """What stands at a path, step by step."""
    for stap in pad.split("/"):
        sleutel, *of = re.split(r"[\[\]=]", stap)
        value = value.get(sleutel) if isinstance(value, dict) else None
        if of and isinstance(value, list):
            value = next((item for item in value if isinstance(item, dict) and item.get(of[0]) == of[1]), None)
    return value


def een_voor_een(block: bytes) -> list[list[str | None]] | None:
    """The texts of every line, per path; None when a line is no object."""
    try:
        records = [orjson.loads(line) for line in block.split(b"\n") if line.strip()]
    except orjson.JSONDecodeError:
        return None
    if not all(isinstance(record, dict) for record in records):
        return None
    return [[_as_text(op_pad(record, pad)) for record in records] for pad in PADEN]


def als_lijsten(found: list[pa.Array]) -> list[list[str | None]]:
    return [column.to_pylist() for column in found]


@given(objecten)
def test_record_is_walked_as_each_path_is(record: dict[str, Any]) -> None:
    assert Paden(PADEN).vind(record) == [op_pad(record, pad) for pad in PADEN]


@given(st.lists(regels, min_size=1, max_size=6))
@example(['{"a": "x", "b": 1}', '{"a": "y", "b": 2}'])
@example(["{}", "null"])
@example(['{"a": 1}', '{"a": 1.0}'])
@example(['{"a": 1}', '{"a": 1e2}'])
@example(['{"a": 1}', '{"a": NaN}'])
@example(['{"a": -0}', '{"a": 1}'])
@example(['{"a": true}', '{"a": 1}'])
@example(['{"a": null, "b": "2026-01-01"}', '{"a": "x"}'])
@example(['{"a": "x"}{"a": "y"}', "", '{"a": "z"}'])
@example(['{"o": {"a": 1}}', '{"o": null}', '{"o": {}}', "{}"])
@example(['{"o": {"a": 1}}', '{"o": {"a": 2, "a": 3}}'])
@example(['{"o": {"a": 1}}', '{"o": [{"a": 2}]}'])
@example(['{"o": {"lijst": [{"s": "x", "a": 1}, null, {"s": "x", "a": 2}]}}', '{"o": {"lijst": []}}', '{"o": {}}'])
@example(['{"o": {"lijst": [{"s": "y"}]}}', '{"o": {"lijst": {"s": "x", "a": "z"}}}'])
@example(['{"lijst": [{"s": "y", "b": 1}]}', '{"lijst": [{"s": 3, "b": 1}]}', '{"lijst": [{"s": "y", "b": 2}]}'])
def test_block_equals_its_lines(lijst: list[str]) -> None:
    block = "\n".join(lijst).encode(errors="surrogatepass")
    found = kolommen(block, Paden(PADEN))
    if found is not None:
        assert als_lijsten(found) == een_voor_een(block)


@given(st.lists(gelijksoortig, min_size=1, max_size=5))
def test_block_of_records_that_are_alike_equals_its_lines(records: list[object]) -> None:
    block = "\n".join(json.dumps(record, ensure_ascii=False) for record in records).encode(errors="surrogatepass")
    found = kolommen(block, Paden(PADEN))
    if found is not None:
        assert als_lijsten(found) == een_voor_een(block)


@pytest.mark.parametrize(
    "block",
    [
        b'{"a": "x", "b": "y"}\n' * 3,
        b'{"a": 1, "b": true, "c": {"d": [1, 2.5]}}\n{"a": -20, "b": false}',
        '{"a": "é", "b": "\\n"}\n'.encode(),
        b'{"o": {"a": 1, "lijst": [{"s": "z"}, {"s": "x", "a": "p", "p": {"b": true}}]}}\n{"o": null, "lijst": []}\n{}',
    ],
)
def test_regular_block_is_read_at_once(block: bytes) -> None:
    found = kolommen(block, Paden(PADEN))
    assert found is not None
    assert als_lijsten(found) == een_voor_een(block)


@pytest.mark.parametrize("paden", [("a", "a/b"), ("a/b", "a[s=x]/b"), ("a[s=x]/b", "a[s=y]/b"), ("a[s=x]",)])
def test_what_no_column_can_be_is_read_line_by_line(paden: tuple[str, ...]) -> None:
    assert kolommen(b"{}", Paden(paden)) is None


@pytest.mark.parametrize("blok", [1, 2, 7, 1000])
def test_blocks_are_whole_lines(monkeypatch: pytest.MonkeyPatch, blok: int) -> None:
    monkeypatch.setattr(json_regels, "BLOCK_BYTES", blok)
    inhoud = b"een\ntwee\n\ndrie"
    for begin in (b"", b"\xef\xbb\xbf"):
        found = list(blokken(io.BytesIO(begin + inhoud)))
        assert b"".join(found) == inhoud
        assert all(block.endswith(b"\n") for block in found[:-1])


def test_line_without_end_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(json_regels, "BLOCK_BYTES", 100)
    monkeypatch.setattr(json_regels, "MAX_LINE_BYTES", 1000)
    with pytest.raises(KetenFout, match="B-KAPOT"):
        list(blokken(io.BytesIO(b"x" * 2000)))
