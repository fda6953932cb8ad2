"""Opens what was encrypted, and holds a signature against what it should be of: the side of the recipient.

`ontsleutel` writes the plain file from a `.p7m` with the private key of the recipient; `controleer_handtekening` says
who signed. Both stream; both accept any CMS of the kinds that `versleutel` and `onderteken` make, also by other
software, in DER. What is not one of these, or was changed on the way, is refused with a code.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, BinaryIO

from asn1crypto import cms
from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec, padding
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import CBC
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.keywrap import InvalidUnwrap, aes_key_unwrap

from message_formats import der
from message_formats.certificaat import Sleutel, Vertrouwen, publieke_sleutel
from message_formats.versleutel import BLOK, ENVELOPED_DATA, OAEP, kek
from schemas.fout import KetenFout

_MOST_HEAD = 1 << 20  # bytes before the ciphertext: recipients, each some hundreds
_MOST_SIGNATURE = 1 << 20
_AES_BYTES = 16


@dataclass(frozen=True)
class Handtekening:
    """A signature that is right: who signed, and when he says he did."""

    ondertekenaar: x509.Certificate
    op: datetime


def ontsleutel(pad: Path, sleutel: Sleutel, doel: Path) -> None:
    """Writes the plain content of an encrypted file.

    Raises:
        KetenFout: `M-SLEUTEL` when it is not for the holder of this key, `M-VERSLEUTELING` when it is no such file or
            was damaged. What was written of `doel` is then removed.
    """
    try:
        with pad.open("rb") as file:
            ontvangers, iv, lengte = _lees_kop(file)
            inhoudsleutel = _open(ontvangers, sleutel)
            with doel.open("wb") as plain:
                for block in _blokken(file, inhoudsleutel, iv, lengte):
                    plain.write(block)
    except KetenFout as fout:
        doel.unlink(missing_ok=True)
        raise KetenFout(fout.code, pad.name) from None
    except (OSError, ValueError, TypeError, KeyError, EOFError):
        doel.unlink(missing_ok=True)
        raise KetenFout("M-VERSLEUTELING", pad.name) from None


def _lees_kop(file: BinaryIO) -> tuple[cms.RecipientInfos, bytes, int]:
    """Recipients, initialisation vector and the number of bytes of ciphertext, at which the file then stands."""
    _in(file, der.SEQUENCE)
    if file.read(len(ENVELOPED_DATA)) != ENVELOPED_DATA:
        raise ValueError
    for tag in (0xA0, der.SEQUENCE):
        _in(file, tag)
    file.read(_in(file, der.INTEGER))
    ontvangers = cms.RecipientInfos.load(_heel(file, der.SET), strict=True)
    _in(file, der.SEQUENCE)
    file.read(_in(file, der.OID))
    methode = cms.EncryptionAlgorithm.load(_heel(file, der.SEQUENCE), strict=True)
    if methode["algorithm"].native != "aes256_cbc":
        raise ValueError
    return ontvangers, methode["parameters"].native, _in(file, 0x80)


def _in(file: BinaryIO, tag: int) -> int:
    """Reads the tag, which must be this one, and returns the length of what follows."""
    first = file.read(2)
    if len(first) != 2 or first[0] != tag:
        raise ValueError
    if first[1] < 0x80:
        return first[1]
    size = file.read(first[1] & 0x7F)
    if not 0 < len(size) <= 8 or len(size) != first[1] & 0x7F:
        raise ValueError
    return int.from_bytes(size, "big")


def _heel(file: BinaryIO, tag: int) -> bytes:
    """A whole value of bounded size, its tag and length included."""
    lengte = _in(file, tag)
    inhoud = file.read(lengte) if lengte <= _MOST_HEAD else b""
    if len(inhoud) != lengte:
        raise ValueError
    return der.kop(tag, lengte) + inhoud


def _open(ontvangers: cms.RecipientInfos, sleutel: Sleutel) -> bytes:
    """The key of the content, from the recipient info that this key opens."""
    for info in ontvangers:
        for wrapped, open_met in _pogingen(info.name, info.chosen, sleutel):
            with suppress(InvalidUnwrap, ValueError, TypeError):
                inhoudsleutel = open_met(wrapped)
                if len(inhoudsleutel) == 32:
                    return bytes(inhoudsleutel)
    raise KetenFout("M-SLEUTEL")


def _pogingen(naam: str, info: Any, sleutel: Sleutel) -> Iterator[tuple[bytes, Any]]:
    """What may hold the key of the content, each with what opens it."""
    if naam == "ktri" and isinstance(sleutel, RSAPrivateKey):
        vulling = {"rsaes_oaep": OAEP, "rsaes_pkcs1v15": padding.PKCS1v15()}
        methode = vulling.get(info["key_encryption_algorithm"]["algorithm"].native)
        if isinstance(methode, padding.OAEP):
            yield info["encrypted_key"].native, lambda wrapped: sleutel.decrypt(wrapped, methode)
    if naam == "kari" and isinstance(sleutel, ec.EllipticCurvePrivateKey):
        punt = bytes(info["originator"].chosen["public_key"])
        with suppress(ValueError):
            eenmalig = ec.EllipticCurvePublicKey.from_encoded_point(sleutel.curve, punt)
            wrapper = kek(sleutel.exchange(ec.ECDH(), eenmalig))
            for each in info["recipient_encrypted_keys"]:
                yield each["encrypted_key"].native, lambda wrapped: aes_key_unwrap(wrapper, wrapped)


def _blokken(file: BinaryIO, sleutel: bytes, iv: bytes, lengte: int) -> Iterator[bytes]:
    """The plain content; what follows the ciphertext in the file makes it another file than was sent."""
    if lengte == 0 or lengte % _AES_BYTES:
        raise ValueError
    decryptor, rest, laatste = Cipher(AES(sleutel), CBC(iv)).decryptor(), lengte, b""
    while rest:
        block = file.read(min(BLOK, rest))
        if not block:
            raise EOFError
        rest -= len(block)
        yield laatste
        laatste = decryptor.update(block)
    extra = laatste[-1]
    if file.read(1) or not 0 < extra <= _AES_BYTES or laatste[-extra:] != bytes([extra]) * extra:
        raise ValueError
    yield laatste[:-extra]


def controleer_handtekening(pad: Path, handtekening: Path, vertrouwen: Vertrouwen) -> Handtekening:
    """Who signed a plain file, once the signature is of this file and its maker is trusted at the moment of signing.

    Raises:
        KetenFout: `M-HANDTEKENING` when it is no signature over this file, `M-ONDERTEKENAAR` with the reason
            (`K-VREEMD`, `K-VERLOPEN`, `K-INGETROKKEN`, `K-LIJST`) when its maker does not count.
    """
    try:
        raw = handtekening.read_bytes() if handtekening.stat().st_size <= _MOST_SIGNATURE else b""
        gelezen = _controleer(_digest(pad), raw)
    except (OSError, ValueError, TypeError, KeyError, IndexError, InvalidSignature):
        raise KetenFout("M-HANDTEKENING", handtekening.name) from None
    ondertekenaar, tussen, op = gelezen
    if bezwaar := vertrouwen.bezwaar(ondertekenaar, op, tussen):
        raise KetenFout("M-ONDERTEKENAAR", f"{handtekening.name}: {bezwaar}")
    return Handtekening(ondertekenaar, op)


def _controleer(sha256: bytes, raw: bytes) -> tuple[x509.Certificate, list[x509.Certificate], datetime]:
    info = cms.ContentInfo.load(raw, strict=True)
    if info["content_type"].native != "signed_data":
        raise ValueError
    data = info["content"]
    (signer,) = data["signer_infos"]  # ours have one; which of several counts is not for us to guess
    attributen = {attribuut["type"].native: attribuut["values"] for attribuut in signer["signed_attrs"]}
    (said,) = attributen["message_digest"]
    if signer["digest_algorithm"]["algorithm"].native != "sha256" or said.native != sha256:
        raise ValueError
    certificaten = [x509.load_der_x509_certificate(each.chosen.dump()) for each in data["certificates"]]
    ondertekenaar = next(each for each in certificaten if _is(each, signer["sid"]))
    # The tag of the attributes is that of a field; what was signed is a SET (RFC 5652, section 5.4).
    signed = bytes([der.SET]) + signer["signed_attrs"].dump()[1:]
    _verifieer(ondertekenaar, signer["signature"].native, signed)
    (op,) = attributen["signing_time"]
    return ondertekenaar, [each for each in certificaten if each != ondertekenaar], op.native


def _is(certificaat: x509.Certificate, sid: Any) -> bool:
    named = sid.chosen
    if sid.name != "issuer_and_serial_number" or named["serial_number"].native != certificaat.serial_number:
        return False
    return bool(named["issuer"].dump() == certificaat.issuer.public_bytes())


def _verifieer(certificaat: x509.Certificate, handtekening: bytes, signed: bytes) -> None:
    publiek = publieke_sleutel(certificaat)
    if isinstance(publiek, ec.EllipticCurvePublicKey):
        publiek.verify(handtekening, signed, ec.ECDSA(SHA256()))
    else:
        publiek.verify(handtekening, signed, padding.PKCS1v15(), SHA256())


def _digest(pad: Path) -> bytes:
    with pad.open("rb") as file:
        return hashlib.file_digest(file, "sha256").digest()
