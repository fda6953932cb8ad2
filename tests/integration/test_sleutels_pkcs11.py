"""The master key in a PKCS#11 token, with SoftHSM as the token."""

from __future__ import annotations

import hashlib
import hmac
import os
import subprocess
from pathlib import Path

import pytest

from pipeline.instellingen import Instellingen
from pipeline.sleutelrotatie import maak_hoofdsleutel, roteer
from pipeline.toelaten import toelaten
from privacy.sleutels import Sleutelbestand, Sleutelbos
from privacy.sleutels_pkcs11 import LABEL, Tokensleutel
from schemas.fout import KetenFout
from tests.bouw import maak_bsn, neem_op, personen_in_lake, populatie_csv

MODULE = Path("/usr/lib/softhsm/libsofthsm2.so")
PINCODE = "4711-test"
MASTER = bytes(range(32))

pytestmark = pytest.mark.skipif(not MODULE.exists(), reason=f"SoftHSM ontbreekt ({MODULE}): apt-get install softhsm2")
pkcs11 = pytest.importorskip("pkcs11", reason="python-pkcs11 ontbreekt: installeer signaalketen[kms]")


@pytest.fixture
def token(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Tokensleutel:
    """An empty token of its own."""
    (tmp_path / "tokens").mkdir()
    conf = tmp_path / "softhsm2.conf"
    conf.write_text(f"directories.tokendir = {tmp_path / 'tokens'}\nobjectstore.backend = file\nlog.level = ERROR\n")
    monkeypatch.setenv("SOFTHSM2_CONF", str(conf))
    make = [
        "softhsm2-util",
        "--init-token",
        "--free",
        "--label",
        "signaalketen",
        "--so-pin",
        "beheer",
        "--pin",
        PINCODE,
    ]
    subprocess.run(make, check=True, capture_output=True)
    pin = tmp_path / "pin"
    pin.write_text(PINCODE + "\n")
    pin.chmod(0o600)
    return Tokensleutel(MODULE, "signaalketen", pin)


def zet_in_token(token: Tokensleutel, waarde: bytes, *, uitleesbaar: bool = False) -> None:
    with token._sessie(rw=True) as session:
        session.create_object(
            {
                pkcs11.Attribute.CLASS: pkcs11.ObjectClass.SECRET_KEY,
                pkcs11.Attribute.KEY_TYPE: pkcs11.KeyType.GENERIC_SECRET,
                pkcs11.Attribute.LABEL: LABEL,
                pkcs11.Attribute.TOKEN: True,
                pkcs11.Attribute.PRIVATE: True,
                pkcs11.Attribute.SENSITIVE: not uitleesbaar,
                pkcs11.Attribute.EXTRACTABLE: uitleesbaar,
                pkcs11.Attribute.SIGN: True,
                pkcs11.Attribute.VALUE: waarde,
            }
        )


def test_token_makes_the_key_once_and_never_gives_it(token: Tokensleutel) -> None:
    assert not token.bestaat()
    with pytest.raises(KetenFout, match="P-SLEUTEL"):
        token.leid_af(b"x")
    token.maak()
    assert token.bestaat()
    with pytest.raises(KetenFout, match="P-BESTAAT"):
        token.maak()
    with token._sessie() as session:
        key = token._sleutel(session)
        assert key[pkcs11.Attribute.SENSITIVE]
        assert not key[pkcs11.Attribute.EXTRACTABLE]
        with pytest.raises(pkcs11.AttributeSensitive):
            key[pkcs11.Attribute.VALUE]
    bos = Sleutelbos(token)
    assert len({bos.sleutel(doel, versie) for doel in ("vsv", "kvk") for versie in (1, 2)}) == 4
    assert bos.sleutel("vsv") == bos.sleutel("vsv")


def test_key_from_a_file_moves_to_a_token_and_pseudonyms_stay(token: Tokensleutel, tmp_path: Path) -> None:
    """The token holds HKDF-Extract of the key in the file; both then derive the same."""
    bestand = Sleutelbestand(tmp_path / "master.key")
    bestand.maak()
    zet_in_token(token, hmac.new(bytes(32), bestand.pad.read_bytes(), hashlib.sha256).digest())
    for label in (b"signaalketen/pseudoniem/vsv/1", b"signaalketen/signaal/kvk"):
        assert token.leid_af(label) == bestand.leid_af(label)


def test_key_that_can_be_read_out_is_refused(token: Tokensleutel) -> None:
    zet_in_token(token, MASTER, uitleesbaar=True)
    with pytest.raises(KetenFout, match="P-TOKEN"):
        token.leid_af(b"x")


def test_two_keys_with_the_label_are_refused(token: Tokensleutel) -> None:
    token.maak()
    zet_in_token(token, MASTER)
    with pytest.raises(KetenFout, match="P-TOKEN"):
        token.leid_af(b"x")


@pytest.mark.parametrize("fout", ["module", "geen module", "label", "pin", "rechten"])
def test_wrong_settings_are_one_coded_error(token: Tokensleutel, tmp_path: Path, fout: str) -> None:
    token.maak()
    module, label = token.module, token.token
    if fout == "module":
        module = tmp_path / "geen.so"
    elif fout == "geen module":
        module = tmp_path / "softhsm2.conf"
    elif fout == "label":
        label = "anders"
    elif fout == "pin":
        token.pin.write_text("0000-fout")
    else:
        token.pin.chmod(0o644)
    with pytest.raises(KetenFout, match="P-SLEUTEL" if fout == "rechten" else "P-TOKEN") as caught:
        Tokensleutel(module, label, token.pin).leid_af(b"x")
    assert PINCODE not in str(caught.value)
    assert caught.value.__cause__ is None


def test_process_that_is_forked_uses_it_too(token: Tokensleutel) -> None:
    token.maak()
    here = token.leid_af(b"x")
    read, write = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            os.write(write, token.leid_af(b"x"))
        finally:
            os._exit(0)
    os.waitpid(child, 0)
    assert os.read(read, 64) == here == token.leid_af(b"x")


def test_door_and_rotation_with_the_key_in_a_token(
    token: Tokensleutel, instellingen: Instellingen, monkeypatch: pytest.MonkeyPatch
) -> None:
    for naam, waarde in {"SLEUTELBRON": "pkcs11", "PKCS11_LABEL": token.token, "PKCS11_PIN": str(token.pin)}.items():
        monkeypatch.setenv(f"KETEN_{naam}", waarde)
    huis = Instellingen(data=instellingen.data)
    with pytest.raises(KetenFout, match="P-SLEUTEL"):  # a token gets no key by itself
        neem_op(huis, "gemeente", {"b.csv": populatie_csv([maak_bsn(1)])})
        toelaten(huis)
    maak_hoofdsleutel(huis)
    toelaten(huis)
    before = personen_in_lake(huis, "inkomsten", "gemeente.bijstandspopulatie")
    assert roteer(huis, "inkomsten").versie == 2
    assert personen_in_lake(huis, "inkomsten", "gemeente.bijstandspopulatie") == before == [maak_bsn(1)]
    assert not list(huis.data.rglob("*.key"))
