"""From whom a retourbericht is: who it says, whose channel it came by, and who signed it.

The signature is a detached CMS signature beside the message, `<file>.p7s`, made with the certificate by which we know
the recipient: another one on its OIN, also of a trusted authority, is not enough. A samenwerkingsverband that receives
a product for a gemeente may answer for it too.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from cryptography.hazmat.primitives.hashes import SHA256

from lineage.ledger import Rij, now
from message_formats.ontsleutel import controleer_handtekening
from message_formats.openen import HANDTEKENING
from message_formats.retour import GelezenRetour
from pipeline.instellingen import Instellingen
from pipeline.uitlevering.adressaat import adressaat
from schemas.fout import KetenFout
from schemas.load import ontvangers
from schemas.ontvanger import Ontvanger


@dataclass(frozen=True)
class Afzender:
    """From whom it is, who sent it, and the SHA-256 of the certificate with which that signed; None when nobody did."""

    ontvanger: Ontvanger
    naar: str
    ondertekenaar: str | None


def stel_vast(
    instellingen: Instellingen, pad: Path, gelezen: GelezenRetour, uitlevering: Rij | None, kanaal: str | None
) -> Afzender:
    """From whom it is; `kanaal` is the recipient whose channel it came by, when that is known.

    Raises:
        KetenFout: `T-AFZENDER` when it is not from who received the delivery, `T-HANDTEKENING` when a signature is
            absent or wrong, `T-ONDERTEKENAAR` when it is of another or with a certificate that does not count.
    """
    op, envelop = now(), gelezen.envelop
    afzender = ontvangers().get(envelop["afzender_code"])
    if afzender is None or afzender.oin != envelop["afzender_oin"]:
        raise KetenFout("T-AFZENDER")
    if uitlevering is not None and uitlevering["ontvanger"] != afzender.ontvanger:
        raise KetenFout("T-AFZENDER")
    may = {wie.ontvanger: wie for wie in (afzender, *_verband(afzender, uitlevering, op))}
    if kanaal is not None and kanaal not in may:
        raise KetenFout("T-AFZENDER")
    handtekening = pad.with_name(pad.name + HANDTEKENING)
    if not handtekening.is_file():
        if any(wie.retour_ondertekend for wie in may.values()):
            raise KetenFout("T-HANDTEKENING")
        return Afzender(afzender, kanaal or afzender.ontvanger, None)
    wie, ondertekenaar = _ondertekenaar(instellingen, pad, handtekening, may, op)
    return Afzender(afzender, wie, ondertekenaar)


def _verband(afzender: Ontvanger, uitlevering: Rij | None, op: datetime) -> tuple[Ontvanger, ...]:
    """Who received the delivery for a recipient, when that is another."""
    if uitlevering is None:
        return ()
    try:
        return (adressaat(afzender, uitlevering["product"], op.date()),)
    except KetenFout:  # no agreement runs with it
        return ()


def _ondertekenaar(
    instellingen: Instellingen, pad: Path, handtekening: Path, may: dict[str, Ontvanger], op: datetime
) -> tuple[str, str]:
    """Who signed, and the SHA-256 of its certificate.

    A signature that was right when it was made by what it says itself still asks for a certificate that counts now:
    who stole a key that was revoked since can write any time in it.
    """
    certificaten = instellingen.certificaten
    try:
        gelezen = controleer_handtekening(pad, handtekening, certificaten.vertrouwen)
    except KetenFout as fout:
        code = {"M-ONDERTEKENAAR": "T-ONDERTEKENAAR"}.get(fout.code, "T-HANDTEKENING")
        raise KetenFout(code, fout.wijzer.rpartition(": ")[2] if code == "T-ONDERTEKENAAR" else "") from None
    reden = "K-OIN"
    for code, wie in may.items():
        try:
            if certificaten.van_ontvanger(wie, op) == gelezen.ondertekenaar:
                return code, gelezen.ondertekenaar.fingerprint(SHA256()).hex()
        except KetenFout as fout:
            reden = fout.code
    raise KetenFout("T-ONDERTEKENAAR", reden)
