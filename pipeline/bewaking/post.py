"""Tells by mail, over SMTP: one mail about all there is to tell, with an identification that follows from it."""

from __future__ import annotations

import smtplib
import ssl
from collections.abc import Sequence
from email.message import EmailMessage
from email.utils import format_datetime
from urllib.parse import unquote, urlsplit
from uuid import NAMESPACE_URL, uuid5

from lineage.ledger import Rij, now
from pipeline.bewaking.tekst import brief, onderwerpregel
from pipeline.instellingen import Instellingen
from pipeline.kanalen import geheim
from schemas.fout import KetenFout

TIMEOUT = 20.0  # seconds for each exchange with a server
POORTEN = {"smtp": 25, "smtp+starttls": 587, "smtps": 465}
WACHTWOORD = "post"  # the file with the password, in the folder with secrets


def stuur_post(instellingen: Instellingen, rijen: Sequence[Rij]) -> None:
    """Sends one mail about these to everybody it is for.

    Raises:
        KetenFout: `O-POST` with the kind of failure, `U-GEHEIM` when the password is not there.
    """
    server = urlsplit(instellingen.post)
    password = geheim(instellingen.paden["geheimenmap"], WACHTWOORD).read_text("utf-8") if server.username else ""
    try:
        with _open(server.scheme, server.hostname or "", server.port or POORTEN[server.scheme]) as smtp:
            if server.username:
                smtp.login(unquote(server.username), password.strip())
            refused = smtp.send_message(stel_op(instellingen, rijen))
    except (OSError, smtplib.SMTPException) as fout:
        # Only the kind: what a server says may name addresses.
        raise KetenFout("O-POST", type(fout).__name__) from None
    if refused:
        raise KetenFout("O-POST", f"{len(refused)} van {len(instellingen.adressen)} geadresseerden geweigerd")


def stel_op(instellingen: Instellingen, rijen: Sequence[Rij]) -> EmailMessage:
    """The mail about these."""
    mail = EmailMessage()
    mail["Subject"] = onderwerpregel(rijen)
    mail["From"], mail["To"] = instellingen.post_van, ", ".join(instellingen.adressen)
    mail["Date"] = format_datetime(now())
    which = "/".join(str(row["attendering_nr"]) for row in rijen)
    name = f"{instellingen.afzender_oin}/{rijen[0]['gevonden_op']}/{which}"
    mail["Message-ID"] = f"<{uuid5(NAMESPACE_URL, name)}@{instellingen.post_van.rpartition('@')[2]}>"
    mail["Auto-Submitted"] = "auto-generated"  # RFC 3834: no automatic answers
    mail.set_content(brief(instellingen, rijen))
    return mail


def _open(scheme: str, host: str, port: int) -> smtplib.SMTP:
    if scheme == "smtps":
        return smtplib.SMTP_SSL(host, port, timeout=TIMEOUT, context=ssl.create_default_context())
    smtp = smtplib.SMTP(host, port, timeout=TIMEOUT)
    if scheme == "smtp+starttls":
        smtp.starttls(context=ssl.create_default_context())
    return smtp
