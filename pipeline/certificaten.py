"""The certificates of an installation: with what is signed, for whom is encrypted, and which will expire.

    certificaten/vertrouwd.pem          the authorities that count
    certificaten/intrekking/*.crl       their revocation lists
    certificaten/afzender.pem, .key     the organisation's certificate (those above it after it) and private key
    certificaten/ontvangers/<code>.pem  the certificate of each recipient

Certificates come from outside and change at other times than agreements do, so they are no part of `schemas/`; what
ties one to an agreement is the OIN.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cached_property
from pathlib import Path

from cryptography import x509

from message_formats.certificaat import Vertrouwen, lees_certificaten, lees_sleutel, oin, publieke_sleutel
from message_formats.onderteken import Ondertekenaar
from message_formats.versleutel import Versleutelaar
from schemas.fout import KetenFout
from schemas.load import ontvangers
from schemas.ontvanger import Ontvanger

WAARSCHUW = timedelta(days=60)  # from this many days before it expires on
AFZENDER = "afzender"
VERLOOPT = "K-VERLOOPT"


@dataclass(frozen=True)
class Geldigheid:
    """How the certificate of the sender or a recipient stands; `code` is None when nothing is to be done."""

    wie: str
    tot: datetime | None
    code: str | None


@dataclass(frozen=True)
class Certificaten:
    """The folder with certificates, and the OIN this organisation delivers under."""

    map: Path
    afzender_oin: str
    _versleutelaars: dict[str, Versleutelaar] = field(default_factory=dict, compare=False)

    @cached_property
    def vertrouwen(self) -> Vertrouwen:
        """The authorities that count, with their revocation lists."""
        return Vertrouwen.lees(self.map / "vertrouwd.pem", sorted((self.map / "intrekking").glob("*.crl")))

    def ondertekenaar(self, op: datetime) -> Ondertekenaar:
        """With what is signed at a moment.

        Raises:
            KetenFout: `K-AFZENDER` when there is nothing to sign with, another `K-` code when it does not count.
        """
        if not (self.map / "afzender.pem").exists():
            raise KetenFout("K-AFZENDER")
        certificaat, *tussen = lees_certificaten(self.map / "afzender.pem")
        self._controleer(AFZENDER, certificaat, tussen, self.afzender_oin, op)
        sleutel = lees_sleutel(self.map / "afzender.key")
        if sleutel.public_key() != publieke_sleutel(certificaat):
            raise KetenFout("K-AFZENDER", "afzender.key")
        return Ondertekenaar(sleutel, certificaat, tuple(tussen))

    def versleutelaar(self, ontvanger: Ontvanger, op: datetime) -> Versleutelaar:
        """With what is encrypted for a recipient.

        Raises:
            KetenFout: a `K-` code when it has no certificate that counts at that moment.
        """
        known = self._versleutelaars.get(ontvanger.ontvanger)
        if known is None:
            certificaat = self.van_ontvanger(ontvanger, op)
            publieke_sleutel(certificaat)
            known = self._versleutelaars[ontvanger.ontvanger] = Versleutelaar(certificaat)
        return known

    def van_ontvanger(self, ontvanger: Ontvanger, op: datetime) -> x509.Certificate:
        """The certificate by which we know a recipient: for it we encrypt, with it it signs.

        Raises:
            KetenFout: a `K-` code when it has none that counts at that moment.
        """
        certificaat, *tussen = lees_certificaten(self.map / "ontvangers" / f"{ontvanger.ontvanger}.pem")
        self._controleer(ontvanger.ontvanger, certificaat, tussen, ontvanger.oin, op)
        return certificaat

    def _controleer(
        self, wie: str, certificaat: x509.Certificate, tussen: list[x509.Certificate], van: str, op: datetime
    ) -> None:
        if oin(certificaat) != van:
            raise KetenFout("K-OIN", wie)
        if code := self.vertrouwen.bezwaar(certificaat, op, tussen):
            raise KetenFout(code, wie)

    def geldigheid(self, op: datetime) -> Iterator[Geldigheid]:
        """How all certificates stand: the sender, and every recipient whose agreement has not ended."""
        yield self._stand(AFZENDER, self.map / "afzender.pem", op)
        for code, ontvanger in ontvangers().items():
            if ontvanger.geldt_op(op.date()):
                yield self._stand(code, self.map / "ontvangers" / f"{code}.pem", op)

    def _stand(self, wie: str, pad: Path, op: datetime) -> Geldigheid:
        try:
            tot = lees_certificaten(pad)[0].not_valid_after_utc
        except KetenFout as fout:
            return Geldigheid(wie, None, fout.code)
        try:
            if wie == AFZENDER:
                self.ondertekenaar(op)
            else:
                publieke_sleutel(self.van_ontvanger(ontvangers()[wie], op))
        except KetenFout as fout:
            return Geldigheid(wie, tot, fout.code)
        return Geldigheid(wie, tot, VERLOOPT if tot.date() - op.date() <= WAARSCHUW else None)
