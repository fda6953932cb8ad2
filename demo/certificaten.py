"""A chain of certificates for demonstrations and tests: an authority, the organisation, and every recipient.

Shaped after PKIoverheid: the OIN is the serialNumber of the subject. P-256 keys, because making and using them takes a
fraction of what RSA takes. Nobody should trust this authority; its key lies beside what it signed.
"""

from __future__ import annotations

import os
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)
from cryptography.x509.oid import NameOID

JAAR = timedelta(days=365)
LEZEN_EN_ZETTEN = 0o600


@dataclass(frozen=True)
class Houder:
    """Whose certificate it is."""

    naam: str
    oin: str


@dataclass(frozen=True)
class Gezag:
    """The authority: signs certificates and says which were revoked."""

    sleutel: ec.EllipticCurvePrivateKey
    certificaat: x509.Certificate

    @classmethod
    def maak(cls, op: datetime) -> Gezag:
        """A new one, valid for ten years."""
        sleutel = ec.generate_private_key(ec.SECP256R1())
        naam = _naam(Houder("Testgezag signaalketen", "00000000000000000000"))
        builder = _builder(naam, naam, sleutel, op, 10 * JAAR)
        usage = x509.KeyUsage(False, False, False, False, False, True, True, False, False)
        builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        return cls(sleutel, builder.add_extension(usage, critical=True).sign(sleutel, SHA256()))

    @classmethod
    def lees(cls, folder: Path) -> Gezag:
        """The one that `bewaar` wrote."""
        sleutel = load_pem_private_key((folder / "gezag.key").read_bytes(), None)
        if not isinstance(sleutel, ec.EllipticCurvePrivateKey):
            raise TypeError(folder)
        return cls(sleutel, x509.load_pem_x509_certificate((folder / "gezag.pem").read_bytes()))

    def bewaar(self, folder: Path) -> None:
        """Writes key and certificate."""
        schrijf_sleutel(folder / "gezag.key", self.sleutel)
        (folder / "gezag.pem").write_bytes(self.certificaat.public_bytes(Encoding.PEM))

    def certificeer(
        self, houder: Houder, sleutel: ec.EllipticCurvePrivateKey, op: datetime, geldig: timedelta = 3 * JAAR
    ) -> x509.Certificate:
        """A certificate for a holder, valid from this moment."""
        builder = _builder(_naam(houder), self.certificaat.subject, sleutel, op, geldig)
        usage = x509.KeyUsage(True, False, False, False, True, False, False, False, False)
        return (
            builder.add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(usage, critical=True)
            .sign(self.sleutel, SHA256())
        )

    def lijst(self, ingetrokken: Mapping[int, datetime], op: datetime) -> x509.CertificateRevocationList:
        """The revocation list: serial numbers with the moment of revocation."""
        builder = x509.CertificateRevocationListBuilder().issuer_name(self.certificaat.subject)
        builder = builder.last_update(op).next_update(op + 10 * JAAR)
        for nummer, moment in ingetrokken.items():
            revoked = x509.RevokedCertificateBuilder().serial_number(nummer).revocation_date(moment).build()
            builder = builder.add_revoked_certificate(revoked)
        return builder.sign(self.sleutel, SHA256())


def maak_keten(folder: Path, organisatie: Houder, houders: Mapping[str, Houder], op: datetime) -> None:
    """Writes a whole chain: what an installation needs in `folder`, and keys that are not its own in `folder/demo`."""
    gezag = Gezag.maak(op)
    demo, ontvangers, sleutels = folder / "demo", folder / "ontvangers", folder / "demo" / "ontvangers"
    for each in (folder, demo, ontvangers, sleutels, folder / "intrekking"):
        each.mkdir(parents=True, exist_ok=True, mode=0o700)
    gezag.bewaar(demo)
    (folder / "vertrouwd.pem").write_bytes(gezag.certificaat.public_bytes(Encoding.PEM))
    schrijf_lijst(folder, gezag, {}, op)
    for code, houder in houders.items():
        schrijf_paar(gezag, houder, ontvangers / f"{code}.pem", sleutels / f"{code}.key", op)
    # Last: with these two there the chain counts as made.
    schrijf_paar(gezag, organisatie, folder / "afzender.pem", folder / "afzender.key", op)


def schrijf_paar(gezag: Gezag, houder: Houder, pem: Path, key: Path, op: datetime) -> None:
    """Makes a key with its certificate."""
    sleutel = ec.generate_private_key(ec.SECP256R1())
    schrijf_sleutel(key, sleutel)
    pem.write_bytes(gezag.certificeer(houder, sleutel, op).public_bytes(Encoding.PEM))


def schrijf_lijst(folder: Path, gezag: Gezag, ingetrokken: Mapping[int, datetime], op: datetime) -> None:
    """Writes the revocation list of a chain."""
    raw = gezag.lijst(ingetrokken, op).public_bytes(Encoding.PEM)
    aside = folder / "intrekking" / f".gezag.{os.getpid()}"
    aside.write_bytes(raw)
    aside.rename(folder / "intrekking" / "gezag.crl")


def trek_in(folder: Path, certificaten: Collection[x509.Certificate], op: datetime) -> None:
    """Adds certificates to the revocation list of a chain."""
    gezag = Gezag.lees(folder / "demo")
    lijst = x509.load_pem_x509_crl((folder / "intrekking" / "gezag.crl").read_bytes())
    known = {each.serial_number: each.revocation_date_utc for each in lijst}
    schrijf_lijst(folder, gezag, {each.serial_number: op for each in certificaten} | known, op)


def schrijf_sleutel(pad: Path, sleutel: ec.EllipticCurvePrivateKey) -> None:
    """Writes a private key that only its owner may read; never over another."""
    raw = sleutel.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    descriptor = os.open(pad, os.O_WRONLY | os.O_CREAT | os.O_EXCL, LEZEN_EN_ZETTEN)
    with os.fdopen(descriptor, "wb") as file:
        file.write(raw)


def _naam(houder: Houder) -> x509.Name:
    return x509.Name(
        [
            x509.NameAttribute(NameOID.COUNTRY_NAME, "NL"),
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, houder.naam[:64]),
            x509.NameAttribute(NameOID.COMMON_NAME, houder.naam[:64]),
            x509.NameAttribute(NameOID.SERIAL_NUMBER, houder.oin),
        ]
    )


def _builder(
    naam: x509.Name, uitgever: x509.Name, sleutel: ec.EllipticCurvePrivateKey, op: datetime, geldig: timedelta
) -> x509.CertificateBuilder:
    builder = x509.CertificateBuilder().subject_name(naam).issuer_name(uitgever).public_key(sleutel.public_key())
    builder = builder.serial_number(x509.random_serial_number())
    # A clock that is a little behind must not refuse what was made just now.
    builder = builder.not_valid_before(op - timedelta(hours=1)).not_valid_after(op + geldig)
    return builder.add_extension(x509.SubjectKeyIdentifier.from_public_key(sleutel.public_key()), critical=False)
