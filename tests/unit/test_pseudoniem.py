"""Pseudonyms: there and back for the key holder, nothing for anyone else."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from hypothesis import given, settings
from hypothesis import strategies as st

from privacy.bsn import check_bsn
from privacy.pseudoniem import CHUNK_ROWS, Pseudonimiseerder
from privacy.sleutels import Sleutelbestand, Sleutelbos
from schemas.fout import KetenFout
from tests.bouw import maak_bsn, volgende_bsn

SLEUTEL, ANDERE = bytes(range(32)), bytes(range(1, 33))
bsns = st.integers(1, 999_999_960).map(volgende_bsn)


def maak(lijst: list[str | None], sleutel: bytes = SLEUTEL) -> pa.Array:
    kolom = check_bsn(pa.array(lijst, pa.string()))
    return Pseudonimiseerder(sleutel).versleutel(kolom.cijfers, kolom.goed)


@settings(max_examples=200, deadline=None)
@given(st.lists(st.one_of(st.none(), bsns), max_size=40), st.data())
def test_there_and_back_with_nulls_and_slices(lijst: list[str | None], data: st.DataObject) -> None:
    tokens = maak(lijst)
    begin = data.draw(st.integers(0, len(lijst)))
    lengte = data.draw(st.integers(0, len(lijst) - begin))
    terug = Pseudonimiseerder(SLEUTEL).ontsleutel_tekst(tokens.slice(begin, lengte))
    assert terug.to_pylist() == lijst[begin : begin + lengte]


def test_construction_is_one_aes_block_of_the_padded_digits() -> None:
    """As privacy.md describes it, made here with the cipher itself; changing it orphans every lake."""
    encryptor = Cipher(algorithms.AES256(SLEUTEL), modes.ECB()).encryptor()
    assert maak(["123456782"])[0].as_py() == encryptor.update(b"123456782" + bytes(7))


@settings(max_examples=100, deadline=None)
@given(st.lists(st.one_of(st.none(), bsns), max_size=20), st.data())
def test_reencryption_gives_what_the_new_key_would_have_given(lijst: list[str | None], data: st.DataObject) -> None:
    begin = data.draw(st.integers(0, len(lijst)))
    van, naar = Pseudonimiseerder(SLEUTEL), Pseudonimiseerder(ANDERE, 2)
    for soort in (pa.binary(16), pa.binary()):
        tokens = maak(lijst).cast(soort).slice(begin)
        assert van.herversleutel(tokens, naar) == maak(lijst, ANDERE).cast(soort).slice(begin)
    nummers = pa.array([None if bsn is None else f"{bsn}L01" for bsn in lijst], pa.string())
    assert van.herversleutel(van.versleutel_lhnr(nummers), naar) == naar.versleutel_lhnr(nummers)


@settings(max_examples=100, deadline=None)
@given(st.binary(min_size=16, max_size=16))
def test_reencryption_refuses_what_is_not_under_the_key(token: bytes) -> None:
    van, naar = Pseudonimiseerder(SLEUTEL), Pseudonimiseerder(ANDERE, 2)
    for vreemd in (pa.array([token], pa.binary(16)), maak([maak_bsn(1)], ANDERE), pa.array([token[:15]], pa.binary())):
        with pytest.raises(KetenFout, match="P-VREEMD"):
            van.herversleutel(vreemd, naar)


@pytest.mark.parametrize(
    "blok", [b"12345678X", b"123456782\0\0\0\0\0\0\1", b"123456782L0", b"123456782X01", b"123456782L01\1"]
)
def test_reencryption_knows_a_person_and_an_employer_and_nothing_else(blok: bytes) -> None:
    encryptor = Cipher(algorithms.AES256(SLEUTEL), modes.ECB()).encryptor()
    token = pa.array([encryptor.update(blok.ljust(16, b"\0"))], pa.binary(16))
    with pytest.raises(KetenFout, match="P-VREEMD"):
        Pseudonimiseerder(SLEUTEL).open_blokken(token)


def test_more_rows_than_one_chunk() -> None:
    lijst = [maak_bsn(nummer % 997) for nummer in range(CHUNK_ROWS + 3)]
    tokens = maak(lijst)
    assert Pseudonimiseerder(SLEUTEL).ontsleutel_tekst(tokens).to_pylist() == lijst
    assert tokens[0] == tokens[997] != tokens[1]


@settings(max_examples=100, deadline=None)
@given(bsns)
def test_token_of_another_key_is_refused(bsn: str) -> None:
    with pytest.raises(KetenFout) as fout:
        Pseudonimiseerder(SLEUTEL).ontsleutel(maak([bsn], ANDERE))
    assert fout.value.code == "P-VREEMD"
    assert bsn not in str(fout.value)


@settings(max_examples=100, deadline=None)
@given(st.binary(min_size=16, max_size=16))
def test_forged_token_is_refused(token: bytes) -> None:
    with pytest.raises(KetenFout, match="P-VREEMD"):
        Pseudonimiseerder(SLEUTEL).ontsleutel(pa.array([token], pa.binary(16)))


@pytest.mark.parametrize("blok", [b"12345678X" + bytes(7), b"123456782" + b"\0\0\0\0\0\0\1", bytes(16)])
def test_block_that_is_no_padded_number_is_refused(blok: bytes) -> None:
    encryptor = Cipher(algorithms.AES256(SLEUTEL), modes.ECB()).encryptor()
    token = pa.array([encryptor.update(blok)], pa.binary(16))
    with pytest.raises(KetenFout, match="P-VREEMD"):
        Pseudonimiseerder(SLEUTEL).ontsleutel(token)


def test_one_foreign_token_among_good_ones_refuses_all() -> None:
    tokens = pa.concat_arrays([maak([maak_bsn(1)]), maak([maak_bsn(2)], ANDERE), maak([maak_bsn(3)])])
    with pytest.raises(KetenFout, match="P-VREEMD"):
        Pseudonimiseerder(SLEUTEL).ontsleutel(tokens)
    assert len(Pseudonimiseerder(SLEUTEL).ontsleutel(tokens.slice(0, 1))) == 1


def test_same_person_in_two_doelen_never_equal(tmp_path: Path) -> None:
    bestand = Sleutelbestand(tmp_path / "sleutels" / "master.key")
    bestand.maak()
    bos = Sleutelbos(bestand)
    lijst = [maak_bsn(nummer) for nummer in range(1000)]
    sleutels = [("inkomsten", 1), ("vsv", 1), ("kvk", 1), ("kwijtschelding", 1), ("inkomsten", 2)]
    tokens = [set(maak(lijst, bos.sleutel(doel, versie)).to_pylist()) for doel, versie in sleutels]
    assert all(len(one) == 1000 for one in tokens)
    assert len(set().union(*tokens)) == 5 * 1000


def test_token_does_not_look_like_a_burgerservicenummer() -> None:
    lijst = [maak_bsn(nummer) for nummer in range(1000)]
    for bsn, token in zip(lijst, maak(lijst).to_pylist(), strict=True):
        assert not token[:9].isdigit()
        assert bsn.encode() not in token
        assert bsn not in token.hex()


def test_nulls_are_null_and_hold_no_person() -> None:
    kolom = check_bsn(pa.array(["123456782", "123456789", None]))
    tokens = Pseudonimiseerder(SLEUTEL).versleutel(kolom.cijfers, kolom.goed)
    assert tokens.is_null().to_pylist() == [False, True, True]
    assert tokens.null_count == 2


def test_no_rows() -> None:
    leeg = Pseudonimiseerder(os.urandom(32)).versleutel(np.zeros((0, 9), np.uint8))
    assert len(leeg) == 0
    assert len(Pseudonimiseerder(SLEUTEL).ontsleutel_tekst(leeg)) == 0
