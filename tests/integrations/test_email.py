"""E-mail: one contract for the sandbox and for SMTP against a real server."""

from __future__ import annotations

import asyncio
import datetime as dt
import email
import email.policy
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from app.integrations.email.port import Attachment, EmailSender, OutgoingEmail
from app.integrations.email.sandbox import SandboxEmail
from app.integrations.email.smtp import SmtpEmail, SmtpServer
from app.integrations.errors import ProviderError
from app.integrations.registry import Surroundings
from tests.support.clock import FrozenClock
from tests.support.sandbox_outbox import SandboxOutbox

pytestmark = pytest.mark.proves("KRN-09", "SEC-01")

SENDER = "clinica@example.ro"
HELLO = OutgoingEmail(
    to="stefan@example.ro",
    subject="Programare confirmată",
    text="Bună, Ștefan!\nTe așteptăm marți.",
    html="<p>Bună, Ștefan!</p>",
    from_name="Clinica Mișcare, S.R.L.",
    reply_to="receptie@example.ro",
    attachments=(
        Attachment("vizita.ics", "text/calendar; charset=utf-8", b"BEGIN:VCALENDAR", "REQUEST"),
        Attachment("acord analiză.pdf", "application/pdf", b"%PDF-1.7"),
    ),
)


class Mailbox:
    """What the server does with mail: keeps it, or answers as told."""

    def __init__(self) -> None:
        self.received: list[EmailMessage] = []
        self.recipient_answer = "250 OK"
        self.data_answer = "250 OK"
        self.wait_after_data = 0.0

    async def handle_RCPT(  # noqa: N802 - aiosmtpd calls it by this name
        self, _server: Any, _session: Any, envelope: Any, to: str, *_: Any
    ) -> str:
        envelope.rcpt_tos.append(to)
        return self.recipient_answer

    async def handle_DATA(  # noqa: N802 - as above
        self, _server: Any, _session: Any, envelope: Any
    ) -> str:
        message = email.message_from_bytes(envelope.content, policy=email.policy.default)
        assert isinstance(message, EmailMessage)
        if self.data_answer.startswith("2"):
            self.received.append(message)
        await asyncio.sleep(self.wait_after_data)
        return self.data_answer


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture
def mailbox() -> Mailbox:
    return Mailbox()


@pytest.fixture
def server(mailbox: Mailbox) -> Iterator[SmtpServer]:
    port = _free_port()
    controller = Controller(mailbox, hostname="127.0.0.1", port=port)
    controller.start()
    yield SmtpServer("127.0.0.1", port, "", "", tls_at_once=False)
    controller.stop()


@pytest.fixture(params=["sandbox", "smtp"])
def delivered(
    request: pytest.FixtureRequest,
) -> tuple[EmailSender, Callable[[], list[tuple[str, str, str]]]]:
    """A sender, and a look at what arrived: recipient, subject and first line."""
    if request.param == "sandbox":
        outbox = SandboxOutbox()
        sandbox = SandboxEmail({"sender": SENDER}, Surroundings(outbox, FrozenClock()))
        return sandbox, lambda: [
            (record.recipient, record.subject, record.body.splitlines()[0])
            for record in outbox.records
        ]
    mailbox = request.getfixturevalue("mailbox")
    smtp = SmtpEmail(request.getfixturevalue("server"), SENDER, FrozenClock())
    return smtp, lambda: [
        (mail["To"], mail["Subject"], mail.get_body(("plain",)).get_content().splitlines()[0])
        for mail in mailbox.received
    ]


class TestContract:
    """What messaging may rely on, whichever provider a clinic has."""

    def test_a_message_arrives_whole(self, delivered: Any) -> None:
        sender, arrived = delivered
        receipt = sender.send(HELLO, "visit-1-confirmed")
        assert arrived() == [("stefan@example.ro", "Programare confirmată", "Bună, Ștefan!")]
        assert receipt.provider == sender.name
        assert receipt.reference

    def test_the_same_key_has_the_same_reference_and_another_key_another(
        self, delivered: Any
    ) -> None:
        sender, _ = delivered
        first, again, other = (sender.send(HELLO, key) for key in ("a", "a", "b"))
        assert first.reference == again.reference != other.reference

    def test_checking_sends_nothing(self, delivered: Any) -> None:
        sender, arrived = delivered
        sender.check()
        assert arrived() == []

    def test_nothing_shows_in_reprs(self) -> None:
        shown = repr(HELLO)
        assert "stefan" not in shown
        assert "Programare" not in shown
        assert "VCALENDAR" not in shown


class TestSandbox:
    """What the outbox page relies on."""

    def test_a_key_is_recorded_once_with_its_attachments(self) -> None:
        outbox = SandboxOutbox()
        sender = SandboxEmail({}, Surroundings(outbox, FrozenClock()))
        sender.send(HELLO, "a")
        sender.send(HELLO, "a")
        (record,) = outbox.records
        assert record.sent_at == FrozenClock().now()
        assert record.attachments[1] == {
            "filename": "acord analiză.pdf",
            "mime": "application/pdf",
            "bytes": 8,
            "content": "JVBERi0xLjc=",
        }
        assert record.html == HELLO.html
        for private in ("stefan", "Programare", "Bună", "JVBE"):
            assert private not in repr(record)


class TestSmtp:
    """What only a server on a network can do."""

    def test_headers_and_parts(self, server: SmtpServer, mailbox: Mailbox) -> None:
        SmtpEmail(server, SENDER, FrozenClock()).send(HELLO, "a")
        (mail,) = mailbox.received
        assert mail["From"].addresses[0].display_name == "Clinica Mișcare, S.R.L."
        assert mail["From"].addresses[0].addr_spec == SENDER
        assert mail["Reply-To"] == "receptie@example.ro"
        assert mail["Date"].datetime == FrozenClock().now()
        assert mail["Message-ID"].endswith("@example.ro>")
        html = mail.get_body(("html",))
        assert html is not None
        assert html.get_content().strip() == "<p>Bună, Ștefan!</p>"
        calendar, pdf = mail.iter_attachments()
        assert calendar.get_content_type() == "text/calendar"
        assert calendar.get_param("method") == "REQUEST"
        assert pdf.get_filename() == "acord analiză.pdf"
        assert pdf.get_content() == b"%PDF-1.7"

    @pytest.mark.parametrize(
        "change",
        [
            {"subject": "Hi\r\nBcc: all@example.ro"},
            {"to": "a@example.ro\r\nBcc: all@example.ro"},
            {"to": "a@example.ro, b@example.ro"},
            {"to": "nobody"},
            {"to": ""},
            {"from_name": "x\nBcc: all@example.ro"},
            {"reply_to": "x@y\r\nBcc: all@example.ro"},
        ],
    )
    def test_no_header_can_be_smuggled_in(
        self, server: SmtpServer, mailbox: Mailbox, change: dict[str, str]
    ) -> None:
        fields = {"to": "a@example.ro", "subject": "Hi", "text": "x"} | change
        with pytest.raises(ProviderError) as refused:
            SmtpEmail(server, SENDER, FrozenClock()).send(OutgoingEmail(**fields), "a")
        assert refused.value.permanent
        assert mailbox.received == []

    @pytest.mark.parametrize(
        ("where", "answer", "fault", "permanent"),
        [
            ("recipient_answer", "550 no such user", "recipient_refused", True),
            ("recipient_answer", "451 greylisted", "recipient_refused", False),
            ("data_answer", "554 looks like spam", "answer_554", True),
            ("data_answer", "452 full", "answer_452", False),
        ],
    )
    def test_refusals_say_whether_to_try_again(
        self,
        server: SmtpServer,
        mailbox: Mailbox,
        where: str,
        answer: str,
        fault: str,
        permanent: bool,
    ) -> None:
        setattr(mailbox, where, answer)
        with pytest.raises(ProviderError) as refused:
            SmtpEmail(server, SENDER, FrozenClock()).send(HELLO, "a")
        assert (refused.value.fault, refused.value.permanent) == (fault, permanent)
        assert not refused.value.outcome_unknown
        assert "stefan@" not in f"{refused.value!r} {refused.value} {refused.value.__cause__}"

    def test_silence_after_the_message_leaves_the_outcome_unknown(
        self, server: SmtpServer, mailbox: Mailbox
    ) -> None:
        mailbox.wait_after_data = 5
        started = time.monotonic()
        with pytest.raises(ProviderError) as refused:
            SmtpEmail(server, SENDER, FrozenClock(), total_seconds=0.4).send(HELLO, "a")
        assert time.monotonic() - started < 4
        assert (refused.value.permanent, refused.value.outcome_unknown) == (False, True)
        mailbox.wait_after_data = 0
        SmtpEmail(server, SENDER, FrozenClock()).send(HELLO, "a")
        first, second = mailbox.received
        assert first["Message-ID"] == second["Message-ID"]

    def test_no_server_is_temporary(self) -> None:
        nobody = SmtpServer("127.0.0.1", _free_port(), "", "", tls_at_once=False)
        for call in (lambda s: s.check(), lambda s: s.send(HELLO, "a")):
            with pytest.raises(ProviderError) as refused:
                call(SmtpEmail(nobody, SENDER, FrozenClock()))
            assert refused.value.fault == "unreachable"
            assert (refused.value.permanent, refused.value.outcome_unknown) == (False, False)

    def test_wrong_credentials_are_permanent(self, mailbox: Mailbox) -> None:
        def refuse(*_: Any) -> AuthResult:
            return AuthResult(success=False, handled=False)

        port = _free_port()
        controller = Controller(
            mailbox, "127.0.0.1", port, authenticator=refuse, auth_require_tls=False
        )  # fmt: skip
        controller.hostname, controller.port = "127.0.0.1", port
        controller.start()
        server = SmtpServer("127.0.0.1", port, "user", "wrong", tls_at_once=False)
        with pytest.raises(ProviderError) as refused:
            SmtpEmail(server, SENDER, FrozenClock()).check()
        controller.stop()
        assert (refused.value.fault, refused.value.permanent) == ("login_refused", True)

    def test_a_certificate_nobody_vouches_for_is_refused(
        self, mailbox: Mailbox, tmp_path: Path
    ) -> None:
        port = _free_port()
        controller = Controller(
            mailbox, hostname="127.0.0.1", port=port, tls_context=_self_signed(tmp_path)
        )
        controller.start()
        server = SmtpServer("127.0.0.1", port, "", "", tls_at_once=False)
        with pytest.raises(ProviderError) as refused:
            SmtpEmail(server, SENDER, FrozenClock()).send(HELLO, "a")
        controller.stop()
        assert (refused.value.fault, refused.value.permanent) == ("certificate", True)
        assert mailbox.received == []

    def test_a_server_that_drips_is_cut_off(self) -> None:
        with socket.socket() as listener:
            listener.bind(("127.0.0.1", 0))
            listener.listen(1)
            threading.Thread(target=_drip, args=(listener,), daemon=True).start()
            port = listener.getsockname()[1]
            server = SmtpServer("127.0.0.1", port, "", "", tls_at_once=False)
            started = time.monotonic()
            with pytest.raises(ProviderError):
                SmtpEmail(server, SENDER, FrozenClock(), total_seconds=0.3).check()
            assert time.monotonic() - started < 2

    def test_addresses_with_escapes_are_read(self) -> None:
        found = SmtpServer.from_url("smtps://us%40er:p%2Fw@mail.example")
        assert (found.host, found.port, found.user, found.password) == (
            "mail.example",
            465,
            "us@er",
            "p/w",
        )
        assert SmtpServer.from_url("smtp://mail.example").port == 587


def _drip(listener: socket.socket) -> None:
    connection, _ = listener.accept()
    with connection:
        connection.sendall(b"220 hello\r\n")
        try:
            while True:
                connection.sendall(b"2")
                time.sleep(0.05)
        except OSError:
            return


def _self_signed(folder: Path) -> ssl.SSLContext:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    today = dt.datetime.now(dt.UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(today - dt.timedelta(days=1))
        .not_valid_after(today + dt.timedelta(days=1))
        .sign(key, hashes.SHA256())
    )
    pem = folder / "server.pem"
    pem.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        + certificate.public_bytes(serialization.Encoding.PEM)
    )
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(pem)
    return context
