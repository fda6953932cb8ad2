"""The line on which a record begins, held against the csv module."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors import regel
from connectors.regel import regel_van

CEL = st.text(alphabet='ab1 \n"', min_size=1, max_size=6)


def _lines(text: str) -> list[int]:
    """The line on which each record begins, the header aside, as the csv module counts them."""
    reader, starts, before = csv.reader(io.StringIO(text), delimiter=";"), [], 0
    for row in reader:
        if row:
            starts.append(before + 1)
        before = reader.line_num
    return starts[1:]


@given(
    records=st.lists(st.tuples(CEL, CEL), min_size=1, max_size=12),
    empty=st.sets(st.integers(0, 12)),
    end=st.sampled_from(["\n", "\r\n"]),
    block=st.sampled_from([1, 2, 3, 7, 64, 1 << 20]),
)
def test_the_line_is_that_of_the_csv_module_wherever_a_block_ends(
    tmp_path_factory: pytest.TempPathFactory,
    records: list[tuple[str, str]],
    empty: set[int],
    end: str,
    block: int,
) -> None:
    text = io.StringIO()
    writer = csv.writer(text, delimiter=";", lineterminator=end)
    writer.writerow(["kop", "kop"])
    for number, record in enumerate(records):
        writer.writerow(record)
        text.write(end if number in empty else "")
    pad = tmp_path_factory.mktemp("regel") / "a.csv"
    pad.write_bytes(text.getvalue().encode())
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(regel, "_BLOCK", block)
        found = [regel_van(pad, "csv", number) for number in range(1, len(records) + 1)]
        assert regel_van(pad, "csv", len(records) + 1) is None
    assert found == _lines(text.getvalue().replace("\r\n", "\n"))


def test_json_lines_have_no_header_and_quotes_mean_nothing(tmp_path: Path) -> None:
    pad = tmp_path / "a.jsonl"
    pad.write_bytes(b'{"a": "een\\"twee"}\n\n{"a": 2}\n{"a": 3}')
    assert [regel_van(pad, "jsonregels", number) for number in (1, 2, 3, 4)] == [1, 3, 4, None]


@pytest.mark.parametrize("formaat", ["xml", "json", "parquet"])
def test_a_format_without_lines_has_none(tmp_path: Path, formaat: str) -> None:
    pad = tmp_path / "a"
    pad.write_bytes(b"<a>\n</a>")
    assert regel_van(pad, formaat, 1) is None
