"""Telling the beheerder over real servers on the loopback address: SMTP with and without TLS, and HTTP."""

from __future__ import annotations

import json
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_address
from pathlib import Path
from typing import Any, cast

import pytest
import sqlalchemy as sa
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, Envelope
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from lineage import tabellen as t
from lineage.ledger import Stap
from pipeline.bewaking.airflow import run_te_lang, sluit, taak_mislukt
from pipeline.bewaking.attendeer import attendeer, bewaak
from pipeline.instellingen import Instellingen
from schemas.fout import KetenFout
from tests.e2e.keten import keten_in
from tests.servers import vrije_poort
from tests.unit.test_attenderingen import CLOUDEVENT, parkeer

WACHTWOORD, TOKEN = "een heel lang wachtwoord", "een-heel-lang-token"
ADRESSEN = {"post_van": "keten@keten.example", "post_aan": "a@beheer.example, b@beheer.example"}


class Postbus:
    """What an SMTP server took: the mails, to whom."""

    def __init__(self) -> None:
        self.mails: list[EmailMessage] = []
        self.aan: list[list[str]] = []
        self.weiger = ""

    async def handle_RCPT(self, _server: Any, _session: Any, envelope: Envelope, address: str, _options: Any) -> str:
        if address == self.weiger:
            return "550 geen postvak"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Envelope) -> str:
        assert isinstance(envelope.content, bytes)
        self.mails.append(cast("EmailMessage", message_from_bytes(envelope.content, policy=default)))
        self.aan.append(list(envelope.rcpt_tos))
        return "250 OK"


@contextmanager
def smtp(poort: int, **meer: Any) -> Iterator[Postbus]:
    postbus = Postbus()
    controller = Controller(postbus, hostname="127.0.0.1", port=poort, **meer)
    controller.start()
    try:
        yield postbus
    finally:
        controller.stop()


class Ontvangen:
    """What an HTTP server was posted, and what it answers."""

    def __init__(self) -> None:
        self.status, self.verzoeken = 204, list[tuple[dict[str, str], list[dict[str, Any]]]]()

    @property
    def gebeurtenissen(self) -> list[dict[str, Any]]:
        return [event for _, events in self.verzoeken for event in events]


@contextmanager
def http() -> Iterator[tuple[str, Ontvangen]]:
    received = Ontvangen()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            if received.status < 300:
                received.verzoeken.append((dict(self.headers), body))
            self.send_response(received.status)
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/haak", received
    finally:
        server.shutdown()
        server.server_close()


def met(instellingen: Instellingen, **waarden: str) -> Instellingen:
    return Instellingen(data=instellingen.data, **waarden)


def geheim(instellingen: Instellingen, naam: str, waarde: str) -> None:
    folder = instellingen.paden["geheimenmap"]
    folder.mkdir(exist_ok=True)
    (folder / naam).write_text(waarde + "\n", encoding="utf-8")
    (folder / naam).chmod(0o600)


def redenen(instellingen: Instellingen) -> list[tuple[str, int, str | None, bool]]:
    b = t.attendering_bezorging.c
    rows = instellingen.grootboek.rijen(sa.select(t.attendering_bezorging).order_by(b.attendering_nr, b.kanaal))
    return [(row["kanaal"], row["pogingen"], row["reden"], row["verteld_op"] is not None) for row in rows]


def test_off_by_default(instellingen: Instellingen) -> None:
    parkeer(instellingen.grootboek, 1)
    assert bewaak(instellingen) == 1
    assert attendeer(instellingen).verteld == {}
    assert redenen(instellingen) == []


def test_once_by_mail_and_once_to_the_webhook(instellingen: Instellingen) -> None:
    poort = vrije_poort()
    levering_id = parkeer(instellingen.grootboek, 1)
    geheim(instellingen, "webhook", TOKEN)
    with smtp(poort) as postbus, http() as (url, received):
        set_up = met(instellingen, post=f"smtp://127.0.0.1:{poort}", webhook=url, **ADRESSEN)
        for expected in (1, 0, 0):
            bewaak(set_up)
            assert attendeer(set_up).controleer() == {"post": expected, "webhook": expected}
        [mail], [to] = postbus.mails, postbus.aan
        assert to == ["a@beheer.example", "b@beheer.example"]
        assert levering_id in mail.get_content()
        assert mail["Auto-Submitted"] == "auto-generated"
        [(headers, [event])] = received.verzoeken
        CLOUDEVENT.validate(event)
        assert event["subject"] == levering_id
        assert headers["Content-Type"].startswith("application/cloudevents-batch+json")
        assert headers["Authorization"] == f"Bearer {TOKEN}"

        set_up.grootboek.schrijf_stap(Stap("lever", "a", "vsv", "2026-01", "mislukt", "U-AANSLUITING"))
        bewaak(set_up)
        assert attendeer(set_up).controleer() == {"post": 1, "webhook": 1}
        assert "U-AANSLUITING" in postbus.mails[1]["Subject"]
        assert levering_id not in postbus.mails[1].get_content()


def test_a_server_that_is_away_stops_nothing_and_is_tried_again(instellingen: Instellingen) -> None:
    poort = vrije_poort()
    parkeer(instellingen.grootboek, 1)
    with http() as (url, received):
        set_up = met(instellingen, post=f"smtp://127.0.0.1:{poort}", webhook=url, **ADRESSEN)
        bewaak(set_up)
        outcome = attendeer(set_up)
        assert outcome.verteld == {"webhook": 1}
        assert outcome.mislukt["post"].code == "O-POST"
        with pytest.raises(KetenFout, match="O-POST"):
            outcome.controleer()
        assert redenen(set_up) == [("post", 1, "ConnectionRefusedError", False), ("webhook", 1, None, True)]
        assert attendeer(set_up).verteld == {"webhook": 1}  # that the mail does not work
        assert received.gebeurtenissen[-1]["data"]["code"] == "O-POST"
        with smtp(poort) as postbus:
            assert attendeer(set_up).verteld == {"post": 1, "webhook": 0}
            assert len(postbus.mails) == 1
        assert attendeer(set_up).verteld == {"post": 0, "webhook": 0}


@pytest.mark.parametrize("status", [302, 401, 500])
def test_a_webhook_that_does_not_take_it_is_tried_again(instellingen: Instellingen, status: int) -> None:
    parkeer(instellingen.grootboek, 1)
    with http() as (url, received):
        set_up = met(instellingen, webhook=url)
        bewaak(set_up)
        received.status = status
        assert attendeer(set_up).mislukt["webhook"].wijzer == f"HTTP {status}"
        received.status = 202
        assert attendeer(set_up).verteld == {"webhook": 1}


def test_an_addressee_that_is_refused_counts_as_not_told(instellingen: Instellingen) -> None:
    poort = vrije_poort()
    parkeer(instellingen.grootboek, 1)
    with smtp(poort) as postbus:
        postbus.weiger = "b@beheer.example"
        set_up = met(instellingen, post=f"smtp://127.0.0.1:{poort}", **ADRESSEN)
        bewaak(set_up)
        fout = attendeer(set_up).mislukt["post"]
        assert fout.wijzer == "1 van 2 geadresseerden geweigerd"
        assert "beheer.example" not in str(fout)


def test_many_things_are_one_mail_and_a_few_requests(instellingen: Instellingen) -> None:
    for nummer in range(1, 251):
        parkeer(instellingen.grootboek, nummer)
    poort = vrije_poort()
    with smtp(poort) as postbus, http() as (url, received):
        set_up = met(instellingen, post=f"smtp://127.0.0.1:{poort}", webhook=url, **ADRESSEN)
        bewaak(set_up)
        assert attendeer(set_up).controleer() == {"post": 250, "webhook": 250}
        assert len(postbus.mails) == 1
        assert [len(events) for _, events in received.verzoeken] == [100, 100, 50]


class TestTls:
    @pytest.fixture
    def tls(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ssl.SSLContext:
        """A server's side with a certificate that this process trusts."""
        key = ec.generate_private_key(ec.SECP256R1())
        naam = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "127.0.0.1")])
        now = datetime.now(UTC)
        builder = x509.CertificateBuilder(naam, naam, key.public_key(), x509.random_serial_number())
        builder = builder.not_valid_before(now - timedelta(days=1)).not_valid_after(now + timedelta(days=1))
        names = x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))])
        certificate = builder.add_extension(names, critical=False).sign(key, hashes.SHA256())
        pem = tmp_path / "server.pem"
        secret = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        pem.write_bytes(certificate.public_bytes(Encoding.PEM) + secret)
        monkeypatch.setenv("SSL_CERT_FILE", str(pem))
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(pem)
        return context

    @staticmethod
    def _mag(_server: Any, _session: Any, _envelope: Any, _mechanism: str, gegeven: Any) -> AuthResult:
        good = (gegeven.login, gegeven.password) == (b"keten", WACHTWOORD.encode())
        return AuthResult(success=good, handled=good)

    def test_starttls_with_a_password(self, instellingen: Instellingen, tls: ssl.SSLContext) -> None:
        poort = vrije_poort()
        parkeer(instellingen.grootboek, 1)
        demands = {"tls_context": tls, "require_starttls": True, "auth_required": True, "authenticator": self._mag}
        with smtp(poort, **demands) as postbus:
            set_up = met(instellingen, post=f"smtp+starttls://keten@127.0.0.1:{poort}", **ADRESSEN)
            bewaak(set_up)
            assert attendeer(set_up).mislukt["post"].code == "U-GEHEIM"  # there is no password yet
            geheim(set_up, "post", "een ander wachtwoord")
            assert attendeer(set_up).mislukt["post"].wijzer == "SMTPAuthenticationError"
            geheim(set_up, "post", WACHTWOORD)
            assert attendeer(set_up).controleer() == {"post": 1}
            assert len(postbus.mails) == 1

    def test_a_certificate_nobody_vouches_for_is_refused(
        self, instellingen: Instellingen, tls: ssl.SSLContext, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        poort = vrije_poort()
        parkeer(instellingen.grootboek, 1)
        monkeypatch.delenv("SSL_CERT_FILE")
        with smtp(poort, tls_context=tls) as postbus:
            set_up = met(instellingen, post=f"smtp+starttls://127.0.0.1:{poort}", **ADRESSEN)
            bewaak(set_up)
            assert attendeer(set_up).mislukt["post"].wijzer == "SSLCertVerificationError"
            assert postbus.mails == []

    def test_a_server_without_starttls_is_not_spoken_to_in_the_clear(self, instellingen: Instellingen) -> None:
        poort = vrije_poort()
        parkeer(instellingen.grootboek, 1)
        with smtp(poort) as postbus:
            set_up = met(instellingen, post=f"smtp+starttls://127.0.0.1:{poort}", **ADRESSEN)
            bewaak(set_up)
            assert attendeer(set_up).mislukt["post"].wijzer == "SMTPNotSupportedError"
            assert postbus.mails == []


class TestTweedeKanaal:
    """What Airflow sees: the callbacks, as it calls them."""

    def test_a_run_that_takes_too_long(self, instellingen: Instellingen, monkeypatch: pytest.MonkeyPatch) -> None:
        with http() as (url, received):
            monkeypatch.setenv("KETEN_DATA", str(instellingen.data))
            monkeypatch.setenv("KETEN_WEBHOOK", url)
            context = {"dag_run": {"dag_id": "signal_vsv", "dag_run_id": "scheduled__1"}, "deadline": {}}
            for _ in range(2):
                run_te_lang(context)
            [event] = received.gebeurtenissen
        assert (event["subject"], event["data"]["code"]) == ("signal_vsv scheduled__1", "O-LOOPTIJD")

    @pytest.mark.parametrize(
        ("fout", "code"), [(KetenFout("L-AANSLUITING", "vsv/uwv.x"), "L-AANSLUITING"), (ValueError("geheim"), "O-TAAK")]
    )
    def test_a_task_that_failed_tells_its_code_and_not_its_words(
        self, instellingen: Instellingen, monkeypatch: pytest.MonkeyPatch, fout: Exception, code: str
    ) -> None:
        class Taak:
            dag_id, task_id, run_id = "ingest_uwv", "toelaten", "manual__1"

        with http() as (url, received):
            monkeypatch.setenv("KETEN_DATA", str(instellingen.data))
            monkeypatch.setenv("KETEN_WEBHOOK", url)
            taak_mislukt({"exception": fout, "ti": Taak()})
            [event] = received.gebeurtenissen
        assert (event["subject"], event["data"]["code"]) == ("ingest_uwv toelaten manual__1", code)
        assert "geheim" not in json.dumps(event)


class Airflow:
    """What a task may ask: the state of each run and of each task instance."""

    def __init__(self, runs: dict[str, str], taken: list[tuple[str, str, str]]) -> None:
        self.runs, self.taken = runs, taken

    def get_dr_count(self, dag_id: str, *, run_ids: list[str], states: list[str]) -> int:
        return sum(
            f"{dag_id} {run_id}" in self.runs and self.runs[f"{dag_id} {run_id}"] in states for run_id in run_ids
        )

    def get_ti_count(
        self, dag_id: str, *, task_ids: list[str], run_ids: list[str], states: list[str] | None = None
    ) -> int:
        wanted = {f"{dag_id} {task_id} {run_id}" for task_id in task_ids for run_id in run_ids}
        return sum(naam in wanted and (states is None or state in states) for naam, _, state in self.taken)


RUN, TAAK = "deliver_vsv manual__1", "deliver_vsv lever manual__1"


class TestVoorbij:
    """What Airflow saw, when it is over."""

    @pytest.fixture
    def gezien(self, instellingen: Instellingen, monkeypatch: pytest.MonkeyPatch) -> Instellingen:
        class Taak:
            dag_id, task_id, run_id = TAAK.split()

        monkeypatch.setenv("KETEN_DATA", str(instellingen.data))
        dag_id, run_id = RUN.split()
        run_te_lang({"dag_run": {"dag_id": dag_id, "dag_run_id": run_id}})
        taak_mislukt({"exception": ValueError("geheim"), "ti": Taak()})
        parkeer(instellingen.grootboek, 1)
        bewaak(instellingen)
        return instellingen

    @pytest.mark.parametrize(
        ("run", "taken", "open_"),
        [
            ("running", ["failed"], ["dagrun", "taak"]),
            ("queued", ["success", "failed"], ["dagrun", "taak"]),  # of a mapped task one failed
            ("failed", ["success", "failed"], ["taak"]),  # it does not last any more
            ("running", ["success", "running"], ["dagrun", "taak"]),  # was cleared
            ("success", ["success", "success", "skipped"], []),
            (None, [], []),  # is gone
        ],
    )
    def test_until_it_is(self, gezien: Instellingen, run: str | None, taken: list[str], open_: list[str]) -> None:
        sluit(gezien, Airflow({RUN: run} if run else {}, [(TAAK, str(nr), state) for nr, state in enumerate(taken)]))
        a = t.attendering.c
        rows = gezien.grootboek.rijen(sa.select(a.soort).where(a.opgelost_op.is_(None)))
        assert sorted(row["soort"] for row in rows) == sorted(["levering", *open_])

    def test_the_same_later_is_told_again(self, gezien: Instellingen) -> None:
        sluit(gezien, Airflow({}, []))
        dag_id, run_id = RUN.split()
        with http() as (url, received):
            with pytest.MonkeyPatch.context() as patch:
                patch.setenv("KETEN_WEBHOOK", url)
                run_te_lang({"dag_run": {"dag_id": dag_id, "dag_run_id": run_id}})
            assert RUN in [event["subject"] for event in received.gebeurtenissen]


def test_the_command_and_what_status_shows(instellingen: Instellingen, monkeypatch: pytest.MonkeyPatch) -> None:
    parkeer(instellingen.grootboek, 1)
    keten = keten_in(instellingen.data, monkeypatch)
    first = keten("attendeer")
    assert (first.code, "geen kanaal ingesteld" in first.tekst) == (0, True)
    with http() as (url, received):
        monkeypatch.setenv("KETEN_WEBHOOK", url)
        assert "Via webhook verteld: 1" in keten("attendeer").tekst
        assert len(received.gebeurtenissen) == 1
    instellingen.grootboek.schrijf_stap(Stap("lever", "a", "vsv", "2026-01", "mislukt", "U-AANSLUITING"))
    away = keten("attendeer")  # the server has gone
    assert (away.code, "O-WEBHOOK (ConnectError)" in away.tekst) == (5, True)
