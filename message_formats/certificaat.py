"""Certificates: read, held against who they should be of, and against the trusted ones and the revocation lists.

A certificate of a Dutch government organisation (PKIoverheid) carries its OIN as the serialNumber of its subject; that
is what ties it to a recipient or to the sender.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey, EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from cryptography.x509.verification import Criticality, ExtensionPolicy, PolicyBuilder, Store, VerificationError

from schemas.fout import KetenFout

Sleutel = EllipticCurvePrivateKey | RSAPrivateKey
PubliekeSleutel = EllipticCurvePublicKey | RSAPublicKey

# Government certificates are of organisations, not of hosts: no rules of the web apply, but an authority is one.
_HOUDER = ExtensionPolicy.permit_all()
_GEZAG = ExtensionPolicy.permit_all().require_present(x509.BasicConstraints, Criticality.AGNOSTIC, None)


@dataclass(frozen=True)
class Vertrouwen:
    """Whose certificates count: the trusted authorities and their revocation lists."""

    gezag: tuple[x509.Certificate, ...]
    intrekkingen: tuple[x509.CertificateRevocationList, ...] = field(default=())

    @classmethod
    def lees(cls, gezag: Path, intrekkingen: Iterable[Path] = ()) -> Vertrouwen:
        """Reads trusted certificates from a PEM file, and revocation lists in PEM or DER.

        Raises:
            KetenFout: `K-CERTIFICAAT` when a file is absent or unreadable.
        """
        return cls(tuple(lees_certificaten(gezag)), tuple(map(_lees_lijst, intrekkingen)))

    def bezwaar(
        self, certificaat: x509.Certificate, op: datetime, tussen: Sequence[x509.Certificate] = ()
    ) -> str | None:
        """Why a certificate does not count at a moment, as a code; None when it does.

        `tussen` are certificates between it and an authority. Expiry is told apart from what was never right.
        """
        if not certificaat.not_valid_before_utc <= op <= certificaat.not_valid_after_utc:
            return "K-VERLOPEN"
        policy = PolicyBuilder().store(Store(list(self.gezag))).time(op)
        verifier = policy.extension_policies(ca_policy=_GEZAG, ee_policy=_HOUDER).build_client_verifier()
        try:
            keten = verifier.verify(certificaat, list(tussen)).chain
        except VerificationError:
            return "K-VREEMD"
        return self._ingetrokken(keten, op)

    def _ingetrokken(self, keten: Sequence[x509.Certificate], op: datetime) -> str | None:
        """Whether a list says that a certificate of the chain was revoked; a list that is out of date says nothing."""
        for certificaat, uitgever in pairwise(keten):
            for lijst in self.intrekkingen:
                if lijst.issuer != uitgever.subject or not _is_van(lijst, uitgever):
                    continue
                if lijst.next_update_utc is not None and lijst.next_update_utc < op:
                    return "K-LIJST"
                found = lijst.get_revoked_certificate_by_serial_number(certificaat.serial_number)
                if found is not None and found.revocation_date_utc <= op:
                    return "K-INGETROKKEN"
        return None


def _is_van(lijst: x509.CertificateRevocationList, uitgever: x509.Certificate) -> bool:
    sleutel = uitgever.public_key()
    return isinstance(sleutel, EllipticCurvePublicKey | RSAPublicKey) and lijst.is_signature_valid(sleutel)


def oin(certificaat: x509.Certificate) -> str | None:
    """The OIN in a certificate."""
    found = certificaat.subject.get_attributes_for_oid(x509.NameOID.SERIAL_NUMBER)
    return str(found[0].value) if found else None


def publieke_sleutel(certificaat: x509.Certificate) -> PubliekeSleutel:
    """The public key of a certificate.

    Raises:
        KetenFout: `K-VREEMD` when it is of a kind with which nothing is signed or encrypted here.
    """
    try:
        sleutel = certificaat.public_key()
    except (ValueError, UnsupportedAlgorithm):
        raise KetenFout("K-VREEMD") from None
    if isinstance(sleutel, EllipticCurvePublicKey | RSAPublicKey):
        return sleutel
    raise KetenFout("K-VREEMD")


def lees_certificaten(pad: Path) -> list[x509.Certificate]:
    """The certificates in a PEM file, in their order.

    Raises:
        KetenFout: `K-CERTIFICAAT`.
    """
    try:
        return x509.load_pem_x509_certificates(pad.read_bytes())
    except (OSError, ValueError):
        raise KetenFout("K-CERTIFICAAT", pad.name) from None


def _lees_lijst(pad: Path) -> x509.CertificateRevocationList:
    try:
        raw = pad.read_bytes()
        return x509.load_pem_x509_crl(raw) if raw.startswith(b"-----") else x509.load_der_x509_crl(raw)
    except (OSError, ValueError):
        raise KetenFout("K-CERTIFICAAT", pad.name) from None


def lees_sleutel(pad: Path, wachtwoord: bytes | None = None) -> Sleutel:
    """The private key in a PEM file that only its owner may read.

    Raises:
        KetenFout: `K-SLEUTEL` when it is absent, open to others, locked, or of an unknown kind.
    """
    try:
        with pad.open("rb") as file:
            if os.name == "posix" and stat.S_IMODE(os.fstat(file.fileno()).st_mode) & 0o077:
                raise KetenFout("K-SLEUTEL", pad.name)
            sleutel = load_pem_private_key(file.read(), wachtwoord)
    except (OSError, ValueError, TypeError, UnsupportedAlgorithm):
        raise KetenFout("K-SLEUTEL", pad.name) from None
    if isinstance(sleutel, EllipticCurvePrivateKey | RSAPrivateKey):
        return sleutel
    raise KetenFout("K-SLEUTEL", pad.name)


def nu() -> datetime:
    """The moment against which certificates are held."""
    return datetime.now(UTC)
