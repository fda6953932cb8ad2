"""Encrypts for one recipient: CMS EnvelopedData (RFC 5652), AES-256-CBC, and takes the digests on the way.

The file is read once and written once, in blocks; beside the blocks nothing of it is in memory. The length of the
ciphertext follows from that of the file, so the structure around it is written before it. A large file has a second
thread that takes the digests while the first encrypts.

The key of the content is random for every file. It is wrapped for the recipient by what its certificate has: with an
RSA key by RSAES-OAEP (RFC 4055, SHA-256); with an elliptic key by an ephemeral Diffie-Hellman (RFC 5753).
Why CBC: it is what every reader of CMS opens; AuthEnvelopedData is not. Integrity is in the signature and the manifest.
"""

from __future__ import annotations

import hashlib
import os
from collections import deque
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import BinaryIO

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, padding
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.ciphers import Cipher, CipherContext
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import CBC
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.x963kdf import X963KDF
from cryptography.hazmat.primitives.keywrap import aes_key_wrap
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from message_formats import der
from message_formats.certificaat import publieke_sleutel
from message_formats.onderteken import DATA, SHA_256, uitgever_en_nummer

ENVELOPED_DATA = der.oid("1.2.840.113549.1.7.3")
_AES_256_CBC = der.oid("2.16.840.1.101.3.4.1.42")
_AES_256_WRAP = der.seq(der.oid("2.16.840.1.101.3.4.1.45"))
_ECDH = der.seq(der.oid("1.3.132.1.11.1"), _AES_256_WRAP)  # dhSinglePass-stdDH-sha256kdf-scheme
_EC_KEY = der.seq(der.oid("1.2.840.10045.2.1"))
_MGF1 = der.seq(der.oid("1.2.840.113549.1.1.8"), SHA_256)
_OAEP = der.seq(der.oid("1.2.840.113549.1.1.7"), der.seq(der.expliciet(0, SHA_256), der.expliciet(1, _MGF1)))
OAEP = padding.OAEP(padding.MGF1(SHA256()), SHA256(), None)
BLOK = 1 << 18
_GROOT = 1 << 22
_RING = 8  # blocks of which the digest may be behind
_AES_BYTES = 16


@dataclass(frozen=True)
class Digests:
    """SHA-256 of the content of a file and of what was written."""

    inhoud: bytes
    geschreven: bytes


@dataclass(frozen=True)
class Versleutelaar:
    """Encrypts for the holder of a certificate."""

    certificaat: x509.Certificate

    @cached_property
    def _wie(self) -> bytes:
        return uitgever_en_nummer(self.certificaat)

    def versleutel(self, bron: Path, doel: Path) -> Digests:
        """Writes a file encrypted, in DER (`.p7m`)."""
        sleutel, iv = os.urandom(32), os.urandom(_AES_BYTES)
        grootte = bron.stat().st_size
        head = self._kop(sleutel, iv, grootte + _AES_BYTES - grootte % _AES_BYTES)
        encryptor = Cipher(AES(sleutel), CBC(iv)).encryptor()
        with bron.open("rb") as plain, doel.open("wb") as file:
            return (_groot if grootte > _GROOT else _klein)(plain, file, encryptor, head)

    def _kop(self, sleutel: bytes, iv: bytes, lengte: int) -> bytes:
        """All that stands before the ciphertext, which is the end of the structure."""
        publiek = publieke_sleutel(self.certificaat)
        if isinstance(publiek, RSAPublicKey):
            versie, ontvanger = 0, self._met_rsa(publiek, sleutel)
        else:
            versie, ontvanger = 2, self._met_ec(publiek, sleutel)
        methode = der.seq(_AES_256_CBC, der.octets(iv))
        inhoud = DATA + methode + der.kop(0x80, lengte)
        before = der.geheel(versie) + der.verzameling(ontvanger) + der.kop(der.SEQUENCE, len(inhoud) + lengte) + inhoud
        head = der.kop(der.SEQUENCE, len(before) + lengte) + before
        head = ENVELOPED_DATA + der.kop(0xA0, len(head) + lengte) + head
        return der.kop(der.SEQUENCE, len(head) + lengte) + head

    def _met_rsa(self, publiek: RSAPublicKey, sleutel: bytes) -> bytes:
        """A KeyTransRecipientInfo."""
        return der.seq(der.geheel(0), self._wie, _OAEP, der.octets(publiek.encrypt(sleutel, OAEP)))

    def _met_ec(self, publiek: ec.EllipticCurvePublicKey, sleutel: bytes) -> bytes:
        """A KeyAgreeRecipientInfo with a key of its own."""
        eenmalig = ec.generate_private_key(publiek.curve)
        wrapped = aes_key_wrap(kek(eenmalig.exchange(ec.ECDH(), publiek)), sleutel)
        punt = eenmalig.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
        afzender = der.expliciet(0, der.expliciet(1, _EC_KEY, der.tlv(der.BITS, b"\0", punt)))
        return der.expliciet(1, der.geheel(3), afzender, _ECDH, der.seq(der.seq(self._wie, der.octets(wrapped))))


def kek(gedeeld: bytes) -> bytes:
    """The key that wraps, from what both sides can calculate (RFC 5753, section 7.2; no UKM)."""
    info = der.seq(_AES_256_WRAP, der.expliciet(2, der.octets((8 * 32).to_bytes(4, "big"))))
    return X963KDF(SHA256(), 32, info).derive(gedeeld)


def _opvulling(grootte: int) -> bytes:
    """What CBC needs behind a content of so many bytes; never nothing (RFC 5652, section 6.3)."""
    extra = _AES_BYTES - grootte % _AES_BYTES
    return bytes([extra]) * extra


def _klein(plain: BinaryIO, file: BinaryIO, encryptor: CipherContext, head: bytes) -> Digests:
    inhoud = plain.read()
    geschreven = head + encryptor.update(inhoud + _opvulling(len(inhoud))) + encryptor.finalize()
    file.write(geschreven)
    return Digests(hashlib.sha256(inhoud).digest(), hashlib.sha256(geschreven).digest())


def _groot(plain: BinaryIO, file: BinaryIO, encryptor: CipherContext, head: bytes) -> Digests:
    """Encrypts while a second thread takes digests; the blocks lie in a ring, so nothing is allocated on the way."""
    inhoud, geschreven, grootte = hashlib.sha256(), hashlib.sha256(head), 0
    file.write(head)
    ring = deque((memoryview(bytearray(BLOK)), memoryview(bytearray(BLOK + _AES_BYTES))) for _ in range(_RING))
    behind: deque[Future[None]] = deque()

    def digest(block: memoryview, cipher: memoryview) -> None:
        inhoud.update(block)
        geschreven.update(cipher)

    with ThreadPoolExecutor(1) as digester:
        while True:
            if len(behind) == _RING:
                behind.popleft().result()
            ring.rotate(-1)
            block, cipher = ring[0]
            count = plain.readinto(block)  # type: ignore[attr-defined]
            if not count:
                break
            grootte += count
            written = cipher[: encryptor.update_into(block[:count], cipher)]
            behind.append(digester.submit(digest, block[:count], written))
            file.write(written)
        for future in behind:
            future.result()
    laatste = encryptor.update(_opvulling(grootte)) + encryptor.finalize()
    geschreven.update(laatste)
    file.write(laatste)
    return Digests(inhoud.digest(), geschreven.digest())
