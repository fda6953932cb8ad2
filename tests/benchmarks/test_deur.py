"""The door against the usual way, in one run: pseudonyms by the column, or HMAC-SHA256 value by value."""

from __future__ import annotations

import hashlib
import hmac
import time
from collections.abc import Callable

import numpy as np
import pyarrow as pa
import pytest

from privacy.bsn import check_bsn
from privacy.pseudoniem import CHUNK_ROWS, Pseudonimiseerder

ROWS = 16 * CHUNK_ROWS
KEY = bytes(range(32))


def seconds(action: Callable[[], object], rounds: int = 3) -> float:
    """The quickest of some rounds."""
    times = []
    for _ in range(rounds):
        start = time.perf_counter()
        action()
        times.append(time.perf_counter() - start)
    return min(times)


@pytest.mark.zwaar
def test_pseudonyms_against_hmac_per_value(capsys: pytest.CaptureFixture[str]) -> None:
    column = bsn_column(ROWS)
    batches = [column.slice(start, CHUNK_ROWS) for start in range(0, ROWS, CHUNK_ROWS)]
    values = column.slice(0, CHUNK_ROWS).to_pylist()
    pseudonimiseerder = Pseudonimiseerder(KEY)

    def door() -> None:
        for batch in batches:
            kolom = check_bsn(batch)
            pseudonimiseerder.versleutel(kolom.cijfers, kolom.goed)

    def encrypt() -> None:
        for batch in checked:
            pseudonimiseerder.versleutel(batch.cijfers)

    def per_value() -> None:
        for value in values:
            hmac.new(KEY, value.encode(), hashlib.sha256).digest()

    checked = [check_bsn(batch) for batch in batches]
    ours, only = seconds(door) / ROWS, seconds(encrypt) / ROWS
    usual = seconds(per_value) / len(values)
    with capsys.disabled():
        print(f"\nper seconde: controle en pseudoniem {1 / ours / 1e6:.1f} M, alleen pseudoniem {1 / only / 1e6:.1f} M")
        print(f"HMAC per waarde {1 / usual / 1e6:.2f} M; verhouding {usual / ours:.0f} en {usual / only:.0f}")
    assert usual / ours > 3
    assert usual / only > 10


def bsn_column(rows: int) -> pa.Array:
    """Numbers with nine digits; whether they pass the elfproef makes no difference to the work."""
    numbers = np.random.default_rng(1).integers(900_000_000, 999_999_999, rows)
    return pa.array(numbers.astype(str), pa.string())
