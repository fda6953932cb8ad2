"""A block that is read at once gives what its lines give one by one, or says that it cannot be read so."""

from __future__ import annotations

import io
import json

import orjson
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from connectors import json_regels
from connectors.json_regels import blokken, kolommen
from connectors.lees_json import _as_text
from schemas.fout import KetenFout

SLEUTELS = ("a", "b")
waarden = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**70), 2**70),
    st.integers(0, 99),
    st.floats(allow_nan=True),
    st.text(max_size=5),
    st.sampled_from(["", " ", "2026-01-01", "2026-01-01T00:00:00Z", "1", "01", "true", "é", "\\", '"', "\u2028"]),
    st.lists(st.integers(), max_size=2),
    st.dictionaries(st.sampled_from(SLEUTELS), st.integers(), max_size=1),
)
objecten = st.dictionaries(st.sampled_from(["a", "b", "c"]), waarden, max_size=3)
regels = st.one_of(
    objecten.map(lambda waarde: json.dumps(waarde, ensure_ascii=False)),
    objecten.map(json.dumps),
    st.sampled_from(["", " ", "{", "[1]", "null", '{"a": 1}{"a": 2}', '{"a": 01}', '{"a": 1, "a": 2}', '{"a": "\t"}']),
)


def een_voor_een(block: bytes) -> dict[str, list[str | None]] | None:
    """The texts of every line; None when a line is no object."""
    try:
        records = [orjson.loads(line) for line in block.split(b"\n") if line.strip()]
    except orjson.JSONDecodeError:
        return None
    if not all(isinstance(record, dict) for record in records):
        return None
    return {key: [_as_text(record.get(key)) for record in records] for key in SLEUTELS}


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
def test_block_equals_its_lines(lijst: list[str]) -> None:
    block = "\n".join(lijst).encode(errors="surrogatepass")
    found = kolommen(block, SLEUTELS)
    if found is not None:
        assert {key: column.to_pylist() for key, column in found.items()} == een_voor_een(block)


@pytest.mark.parametrize(
    "block",
    [
        b'{"a": "x", "b": "y"}\n' * 3,
        b'{"a": 1, "b": true, "c": {"d": [1, 2.5]}}\n{"a": -20, "b": false}',
        '{"a": "é", "b": "\\n"}\n'.encode(),
    ],
)
def test_regular_block_is_read_at_once(block: bytes) -> None:
    found = kolommen(block, SLEUTELS)
    assert found is not None
    assert {key: column.to_pylist() for key, column in found.items()} == een_voor_een(block)


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
