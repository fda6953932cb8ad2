"""Signs: a detached CMS signature (RFC 5652, SignedData) over a digest that was taken elsewhere.

The signature is over the signed attributes (content type, digest, time), so a file of any size is read once, by whoever
takes its digest. It is over the plain content: it stays of use when the file has been opened.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, padding
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding

from message_formats import der
from message_formats.certificaat import Sleutel

DATA, SIGNED_DATA = der.oid("1.2.840.113549.1.7.1"), der.oid("1.2.840.113549.1.7.2")
_CONTENT_TYPE, _DIGEST = der.oid("1.2.840.113549.1.9.3"), der.oid("1.2.840.113549.1.9.4")
_TIME = der.oid("1.2.840.113549.1.9.5")
_NULL = der.tlv(der.NULL)
SHA_256 = der.seq(der.oid("2.16.840.1.101.3.4.2.1"))
_WITH_ECDSA = der.seq(der.oid("1.2.840.10045.4.3.2"))
_WITH_RSA = der.seq(der.oid("1.2.840.113549.1.1.11"), _NULL)


@dataclass(frozen=True)
class Ondertekenaar:
    """Who signs: the key, its certificate, and those between it and a trusted authority."""

    sleutel: Sleutel
    certificaat: x509.Certificate
    tussen: tuple[x509.Certificate, ...] = ()

    @cached_property
    def _certificaten(self) -> bytes:
        return der.expliciet(0, *(each.public_bytes(Encoding.DER) for each in (self.certificaat, *self.tussen)))

    @cached_property
    def _wie(self) -> bytes:
        return uitgever_en_nummer(self.certificaat)

    def onderteken(self, sha256: bytes, op: datetime) -> bytes:
        """A signature in DER over the content with this digest, at a moment in UTC."""
        attributen = [
            _attribuut(_CONTENT_TYPE, DATA),
            _attribuut(_DIGEST, der.octets(sha256)),
            _attribuut(_TIME, der.tlv(der.UTCTIME, op.strftime("%y%m%d%H%M%SZ").encode())),
        ]
        signed = der.verzameling(*attributen)
        methode, handtekening = self._handtekening(signed)
        signer = der.seq(der.geheel(1), self._wie, SHA_256, b"\xa0" + signed[1:], methode, der.octets(handtekening))
        inhoud = der.seq(
            der.geheel(1), der.verzameling(SHA_256), der.seq(DATA), self._certificaten, der.verzameling(signer)
        )
        return der.seq(SIGNED_DATA, der.expliciet(0, inhoud))

    def _handtekening(self, signed: bytes) -> tuple[bytes, bytes]:
        if isinstance(self.sleutel, ec.EllipticCurvePrivateKey):
            return _WITH_ECDSA, self.sleutel.sign(signed, ec.ECDSA(SHA256()))
        return _WITH_RSA, self.sleutel.sign(signed, padding.PKCS1v15(), SHA256())


def uitgever_en_nummer(certificaat: x509.Certificate) -> bytes:
    """The IssuerAndSerialNumber by which a CMS message names a certificate, as it stands in the certificate itself."""
    return der.seq(certificaat.issuer.public_bytes(), der.geheel(certificaat.serial_number))


def _attribuut(soort: bytes, waarde: bytes) -> bytes:
    return der.seq(soort, der.verzameling(waarde))
