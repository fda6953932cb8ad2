"""Signing and encryption, with openssl as the judge of what is written and as another maker of what is read."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from hypothesis import given
from hypothesis import strategies as st

from demo.certificaten import Gezag, Houder
from message_formats import der
from message_formats.certificaat import Sleutel, Vertrouwen, lees_sleutel, oin
from message_formats.onderteken import Ondertekenaar
from message_formats.ontsleutel import controleer_handtekening, ontsleutel
from message_formats.versleutel import Versleutelaar
from schemas.fout import KetenFout

OP = datetime(2026, 3, 31, 12, tzinfo=UTC)
GEMEENTE = Houder("Gemeente Utrecht", "00000001900000344000")
GROOTTES = [0, 1, 15, 16, 17, 5000, (1 << 18) - 1, 1 << 18, (1 << 22) + 1, (9 << 20) + 7]
openssl = pytest.mark.skipif(shutil.which("openssl") is None, reason="openssl ontbreekt; CI heeft het")


@dataclass(frozen=True)
class Partij:
    sleutel: Sleutel
    certificaat: x509.Certificate

    def bewaar(self, folder: Path) -> tuple[Path, Path]:
        """Key and certificate as files."""
        key, pem = folder / "partij.key", folder / "partij.pem"
        key.write_bytes(self.sleutel.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
        key.chmod(0o600)
        pem.write_bytes(self.certificaat.public_bytes(Encoding.PEM))
        return key, pem


@pytest.fixture(scope="module")
def gezag() -> Gezag:
    return Gezag.maak(OP)


def certificeer(gezag: Gezag, sleutel: Sleutel, houder: Houder = GEMEENTE) -> x509.Certificate:
    """A certificate for a key of any kind."""
    if isinstance(sleutel, ec.EllipticCurvePrivateKey):
        return gezag.certificeer(houder, sleutel, OP)
    naam = x509.Name([x509.NameAttribute(x509.NameOID.SERIAL_NUMBER, houder.oin)])
    builder = x509.CertificateBuilder().subject_name(naam).issuer_name(gezag.certificaat.subject)
    builder = builder.public_key(sleutel.public_key()).serial_number(x509.random_serial_number())
    builder = builder.not_valid_before(OP - timedelta(days=1)).not_valid_after(OP + timedelta(days=900))
    return builder.sign(gezag.sleutel, SHA256())


MAKERS: dict[str, Callable[[], Sleutel]] = {
    "p256": lambda: ec.generate_private_key(ec.SECP256R1()),
    "p384": lambda: ec.generate_private_key(ec.SECP384R1()),
    "rsa3072": lambda: rsa.generate_private_key(65537, 3072),
}


@pytest.fixture(scope="module", params=MAKERS)
def partij(request: pytest.FixtureRequest, gezag: Gezag) -> Partij:
    """A holder of a certificate, with each kind of key."""
    sleutel = MAKERS[request.param]()
    return Partij(sleutel, certificeer(gezag, sleutel))


@pytest.fixture
def vertrouwen(gezag: Gezag) -> Vertrouwen:
    return Vertrouwen((gezag.certificaat,), (gezag.lijst({}, OP),))


@pytest.fixture(params=GROOTTES)
def bericht(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """A file of some size, also such as end on a block."""
    path = tmp_path / "bericht.json"
    path.write_bytes(os.urandom(request.param))
    return path


def run(*args: str | Path) -> None:
    subprocess.run(["openssl", "cms", *args], check=True, capture_output=True)


@openssl
def test_openssl_opens_what_we_encrypt(partij: Partij, bericht: Path, tmp_path: Path) -> None:
    key, pem = partij.bewaar(tmp_path)
    p7m, plain = tmp_path / "bericht.p7m", tmp_path / "open"

    digests = Versleutelaar(partij.certificaat).versleutel(bericht, p7m)

    assert digests.inhoud == hashlib.sha256(bericht.read_bytes()).digest()
    assert digests.geschreven == hashlib.sha256(p7m.read_bytes()).digest()
    run("-decrypt", "-binary", "-inform", "DER", "-in", p7m, "-inkey", key, "-recip", pem, "-out", plain)
    assert plain.read_bytes() == bericht.read_bytes()


def test_we_open_what_we_encrypt(partij: Partij, bericht: Path, tmp_path: Path) -> None:
    p7m, plain = tmp_path / "bericht.p7m", tmp_path / "open"
    Versleutelaar(partij.certificaat).versleutel(bericht, p7m)

    ontsleutel(p7m, partij.sleutel, plain)

    assert plain.read_bytes() == bericht.read_bytes()
    if bericht.stat().st_size > 100:
        assert bericht.read_bytes()[:100] not in p7m.read_bytes()


@openssl
def test_we_open_what_openssl_encrypts(partij: Partij, tmp_path: Path) -> None:
    key, pem = partij.bewaar(tmp_path)
    bericht, p7m, plain = tmp_path / "bericht", tmp_path / "bericht.p7m", tmp_path / "open"
    bericht.write_bytes(os.urandom(70_000))
    options = (
        ("rsa_padding_mode:oaep", "rsa_oaep_md:sha256", "rsa_mgf1_md:sha256")
        if isinstance(partij.sleutel, rsa.RSAPrivateKey)
        else ("ecdh_kdf_md:sha256",)
    )
    how = [word for option in options for word in ("-keyopt", option)]
    run("-encrypt", "-binary", "-outform", "DER", "-aes-256-cbc", "-aes256-wrap", "-in", bericht, "-out", p7m,
        "-recip", pem, *how)  # fmt: skip

    ontsleutel(p7m, lees_sleutel(key), plain)

    assert plain.read_bytes() == bericht.read_bytes()


@openssl
def test_openssl_verifies_what_we_sign(partij: Partij, gezag: Gezag, bericht: Path, tmp_path: Path) -> None:
    p7s, ca = tmp_path / "bericht.p7s", tmp_path / "ca.pem"
    ca.write_bytes(gezag.certificaat.public_bytes(Encoding.PEM))
    digest = hashlib.sha256(bericht.read_bytes()).digest()
    p7s.write_bytes(Ondertekenaar(partij.sleutel, partij.certificaat).onderteken(digest, datetime.now(UTC)))
    check = ("-verify", "-binary", "-inform", "DER", "-in", p7s, "-CAfile", ca, "-purpose", "any", "-out", os.devnull)

    run(*check, "-content", bericht)
    bericht.write_bytes(bericht.read_bytes() + b"x")
    with pytest.raises(subprocess.CalledProcessError):
        run(*check, "-content", bericht)


@openssl
def test_we_verify_what_openssl_signs(partij: Partij, vertrouwen: Vertrouwen, bericht: Path, tmp_path: Path) -> None:
    key, pem = partij.bewaar(tmp_path)
    p7s = tmp_path / "bericht.p7s"
    run("-sign", "-binary", "-md", "sha256", "-outform", "DER", "-in", bericht, "-signer", pem, "-inkey", key,
        "-out", p7s)  # fmt: skip

    handtekening = controleer_handtekening(bericht, p7s, vertrouwen)

    assert oin(handtekening.ondertekenaar) == GEMEENTE.oin
    assert abs(handtekening.op - datetime.now(UTC)) < timedelta(minutes=5)


@pytest.fixture
def getekend(partij: Partij, tmp_path: Path) -> tuple[Path, Path]:
    """A file with its signature."""
    bericht, p7s = tmp_path / "bericht", tmp_path / "bericht.p7s"
    bericht.write_bytes(b"inhoud")
    p7s.write_bytes(
        Ondertekenaar(partij.sleutel, partij.certificaat).onderteken(hashlib.sha256(b"inhoud").digest(), OP)
    )
    return bericht, p7s


def test_signature_is_of_this_file_and_unchanged(getekend: tuple[Path, Path], vertrouwen: Vertrouwen) -> None:
    bericht, p7s = getekend
    assert controleer_handtekening(bericht, p7s, vertrouwen).op == OP
    raw = p7s.read_bytes()
    # The last byte of the signature, one of the signed time, none at all, and half of it.
    time = raw.index(b"260331120000Z")
    for changed in (raw[:-1] + bytes([raw[-1] ^ 1]), raw[:time] + b"27" + raw[time + 2 :], b"", raw[: len(raw) // 2]):
        p7s.write_bytes(changed)
        with pytest.raises(KetenFout, match="M-HANDTEKENING"):
            controleer_handtekening(bericht, p7s, vertrouwen)
    p7s.write_bytes(raw)
    bericht.write_bytes(b"inhoud!")
    with pytest.raises(KetenFout, match="M-HANDTEKENING"):
        controleer_handtekening(bericht, p7s, vertrouwen)


def test_signer_must_count(getekend: tuple[Path, Path], partij: Partij, gezag: Gezag, vertrouwen: Vertrouwen) -> None:
    nummer = partij.certificaat.serial_number
    cases = {
        "K-VREEMD": Vertrouwen((Gezag.maak(OP).certificaat,)),
        "K-INGETROKKEN": Vertrouwen(vertrouwen.gezag, (gezag.lijst({nummer: OP - timedelta(days=1)}, OP),)),
        "K-LIJST": Vertrouwen(vertrouwen.gezag, (gezag.lijst({}, OP - timedelta(days=8000)),)),
    }
    for code, other in cases.items():
        with pytest.raises(KetenFout, match=f"M-ONDERTEKENAAR.*{code}"):
            controleer_handtekening(*getekend, other)
    # Revoked after it was signed: what was signed before stands. A list by somebody else says nothing.
    later = gezag.lijst({nummer: OP + timedelta(days=1)}, OP)
    forged = Gezag(ec.generate_private_key(ec.SECP256R1()), gezag.certificaat).lijst({nummer: OP}, OP)
    for lists in ((later,), (forged,)):
        controleer_handtekening(*getekend, Vertrouwen(vertrouwen.gezag, lists))


def test_certificate_has_a_term(partij: Partij, vertrouwen: Vertrouwen) -> None:
    assert vertrouwen.bezwaar(partij.certificaat, OP) is None
    for moment in (OP - timedelta(days=30), OP + timedelta(days=5000)):
        assert vertrouwen.bezwaar(partij.certificaat, moment) == "K-VERLOPEN"


@pytest.fixture
def gesloten(partij: Partij, tmp_path: Path) -> Path:
    """An encrypted file."""
    (tmp_path / "bericht").write_bytes(b"inhoud " * 50_000)
    Versleutelaar(partij.certificaat).versleutel(tmp_path / "bericht", tmp_path / "bericht.p7m")
    return tmp_path / "bericht.p7m"


@pytest.mark.parametrize("soort", MAKERS)
def test_another_key_does_not_open(gesloten: Path, tmp_path: Path, soort: str) -> None:
    with pytest.raises(KetenFout, match="M-SLEUTEL"):
        ontsleutel(gesloten, MAKERS[soort](), tmp_path / "open")
    assert not (tmp_path / "open").exists()


def test_what_was_cut_or_added_does_not_open(gesloten: Path, partij: Partij, tmp_path: Path) -> None:
    raw = gesloten.read_bytes()
    for changed in (b"", raw[:50], raw[:-1], raw[:-16], raw + b"x", b"{}", b"\x30\x84" + b"\xff" * 40):
        gesloten.write_bytes(changed)
        with pytest.raises(KetenFout, match=r"M-VERSLEUTELING|M-SLEUTEL"):
            ontsleutel(gesloten, partij.sleutel, tmp_path / "open")
        assert not (tmp_path / "open").exists()


def test_key_open_to_others_is_refused(partij: Partij, tmp_path: Path) -> None:
    key, _ = partij.bewaar(tmp_path)
    assert lees_sleutel(key)
    key.chmod(0o640)
    with pytest.raises(KetenFout, match="K-SLEUTEL"):
        lees_sleutel(key)


@given(st.integers(0, 2**70))
def test_numbers_are_der(getal: int) -> None:
    assert der.geheel(getal) == _asn1(getal)


def _asn1(getal: int) -> bytes:
    from asn1crypto import core  # noqa: PLC0415

    encoded: bytes = core.Integer(getal).dump()
    return encoded
